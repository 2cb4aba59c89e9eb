/* dns_places.h - a DNS message, read loosely into places that can be changed
 * SPDX-License-Identifier: ISC
 *
 * For dns_mutator.c: what is in it need not be sound, and offsets are kept within the message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HEADER      12
#define RECORD      10 /* octets from TYPE to RDATA */
#define TYPE_OPT    41
#define RECORDS_MAX 64
#define MESSAGE_MAX 65535
#define ROOM        (MESSAGE_MAX + 512)

struct record {
    size_t name_at, type_at, data_at, end;
    unsigned section; /* 1 answer, 2 authority, 3 additional: its count stands at 4 + 2 * section */
};

struct places {
    size_t question_at, question_end; /* both 0: none */
    struct record records[RECORDS_MAX];
    unsigned count;
    size_t opt; /* index of the OPT; RECORDS_MAX: none */
};

static struct {
    uint8_t octets[ROOM];
    size_t size;
    struct places places;
    uint64_t random;
} m;

static unsigned
below(unsigned most)
{
    m.random ^= m.random << 13;
    m.random ^= m.random >> 7;
    m.random ^= m.random << 17;
    return (unsigned)((m.random >> 16) % most);
}

static unsigned
get16(size_t at)
{
    return at + 2 <= m.size ? (unsigned)m.octets[at] << 8 | m.octets[at + 1] : 0;
}

static void
set16(size_t at, unsigned value)
{
    if (at + 2 > m.size)
        return;
    m.octets[at] = (uint8_t)(value >> 8);
    m.octets[at + 1] = (uint8_t)value;
}

/* --- reading --------------------------------------------------------------------------------- */

/* @return the offset behind the name as it stands there; 0: it does not end */
static size_t
pass_name(size_t at)
{
    while (at < m.size) {
        uint8_t length = m.octets[at];
        if (length == 0)
            return at + 1;
        if (length >= 0xc0)
            return at + 2 <= m.size ? at + 2 : 0;
        at += 1U + (length & 63);
    }
    return 0;
}

static size_t
pass_record(size_t at, unsigned section)
{
    struct record *record = &m.places.records[m.places.count];
    size_t type_at = pass_name(at);
    if (type_at == 0 || type_at + RECORD > m.size)
        return 0;
    *record = (struct record){at, type_at, type_at + RECORD, 0, section};
    record->end = record->data_at + get16(type_at + 8);
    if (record->end > m.size)
        record->end = m.size;
    if (get16(type_at) == TYPE_OPT)
        m.places.opt = m.places.count;
    m.places.count++;
    return record->end;
}

/* @return false: not even a header */
static bool
read_places(void)
{
    m.places = (struct places){.opt = RECORDS_MAX};
    if (m.size < HEADER)
        return false;
    size_t at = HEADER;
    if (get16(4) > 0) {
        size_t end = pass_name(at);
        if (end == 0 || end + 4 > m.size)
            return true;
        m.places.question_at = at;
        m.places.question_end = at = end + 4;
    }
    for (unsigned section = 1; section <= 3; section++)
        for (unsigned left = get16(4 + 2 * section); left > 0; left--) {
            at = m.places.count < RECORDS_MAX && at < m.size ? pass_record(at, section) : 0;
            if (at == 0)
                return true;
        }
    return true;
}

/* --- moving ---------------------------------------------------------------------------------- */

/* Put `size` octets in the place of `old` at `at`. @return false: no room */
static bool
splice(size_t at, size_t old, const uint8_t *octets, size_t size)
{
    static uint8_t copy[ROOM]; /* they may be our own */
    if (at + old > m.size || m.size - old + size > MESSAGE_MAX)
        return false;
    if (size > 0)
        memcpy(copy, octets, size);
    memmove(m.octets + at + size, m.octets + at + old, m.size - at - old);
    if (size > 0)
        memcpy(m.octets + at, copy, size);
    m.size = m.size - old + size;
    return true;
}

static void
count_more(unsigned section, int by)
{
    if (below(16) > 0) /* mostly right */
        set16(4 + 2 * section, (get16(4 + 2 * section) + (unsigned)by) & 0xffff);
}

static void
lengthen(const struct record *record, long by)
{
    if (below(16) > 0)
        set16(record->type_at + 8, (unsigned)((long)get16(record->type_at + 8) + by) & 0xffff);
}

static struct record *
any_record(void)
{
    return m.places.count > 0 ? &m.places.records[below(m.places.count)] : NULL;
}

/* --- names ----------------------------------------------------------------------------------- */

static const char *const names[] = {
    "\0",
    "\7example\3com\0",
    "\3www\7example\3com\0",
    "\1a\0",
    "\1*\7example\0",
    "\011localhost\0",
    "\5local\0",
    "\7invalid\0",
    "\4test\0",
    "\010resolver\4arpa\0",
    "\1"
    "1\1"
    "0\1"
    "0\3"
    "127\7in-addr\4arpa\0",
    "\2id\6server\0",
};

/* A name of the list, one that ends in a pointer, or one as long as names may be, and longer. */
static size_t
make_name(uint8_t to[300])
{
    size_t size = 0;
    unsigned form = below(8);
    if (form < 4) {
        const char *name = names[below(sizeof names / sizeof names[0])];
        while (name[size] != 0)
            size += 1U + (uint8_t)name[size];
        memcpy(to, name, ++size);
        return size;
    }
    unsigned labels = form == 4 ? 127 + below(3) : below(5);
    for (unsigned i = 0; i < labels && size < 258; i++) {
        unsigned length = form == 4 ? 1 : 1 + below(form == 5 ? 64 : 8);
        to[size++] = (uint8_t)(length & 63);
        for (unsigned k = 0; k < (length & 63) && size < 290; k++)
            to[size++] = (uint8_t)(below(4) == 0 ? below(256) : (below(2) ? 'a' : 'A') + below(26));
    }
    if (form >= 6) { /* a pointer: to the question, to a record, to itself, ahead */
        const struct record *record = any_record();
        size_t target = below(3) == 0 && record != NULL ? record->name_at : HEADER + below(32);
        to[size++] = (uint8_t)(0xc0 | target >> 8);
        to[size++] = (uint8_t)target;
    } else {
        to[size++] = 0;
    }
    return size;
}
