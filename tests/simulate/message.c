/* message.c - see message.h
 * SPDX-License-Identifier: ISC
 */
#include "message.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HEADER 12
#define OPT    41
#define EDE    15
#define COOKIE 10

static const uint8_t opt[] = {0, 0, OPT, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};

static uint16_t
u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void
put16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static size_t
put_name(uint8_t *to, const char *name)
{
    size_t at = 0;
    while (*name != '\0') {
        size_t length = strcspn(name, ".");
        to[at] = (uint8_t)length;
        memcpy(to + at + 1, name, length);
        at += 1 + length;
        name += length + (name[length] == '.');
    }
    to[at] = 0;
    return at + 1;
}

size_t
message_ask(uint8_t *to, uint16_t id, const char *name, uint16_t type, uint16_t opt_octets)
{
    memset(to, 0, HEADER);
    put16(to, id);
    to[2] = 1; /* RD */
    to[5] = 1;
    size_t at = HEADER + put_name(to + HEADER, name);
    put16(to + at, type);
    put16(to + at + 2, 1);
    at += 4;
    if (opt_octets > 0) {
        memcpy(to + at, opt, sizeof opt);
        put16(to + at + 3, opt_octets);
        to[11] = 1;
        at += sizeof opt;
    }
    return at;
}

size_t
message_add_cookie(uint8_t *message, size_t size, const uint8_t *cookie, size_t cookie_size)
{
    put16(message + size - 2, (unsigned)(4 + cookie_size));
    put16(message + size, COOKIE);
    put16(message + size + 2, (unsigned)cookie_size);
    memcpy(message + size + 4, cookie, cookie_size);
    return size + 4 + cookie_size;
}

/* @return where the question ends; 0: there is none */
static size_t
end_of_question(const uint8_t *message, size_t size)
{
    size_t at = HEADER;
    if (size < HEADER || u16(message + 4) != 1)
        return 0;
    while (at < size && message[at] != 0 && message[at] < 64)
        at += 1U + message[at];
    return at + 5 <= size && message[at] == 0 ? at + 5 : 0;
}

size_t
message_answer(uint8_t *to, const uint8_t *query, size_t size, const uint8_t address[4],
               unsigned count, uint32_t ttl_s)
{
    size_t at = end_of_question(query, size);
    if (at == 0)
        return 0;
    bool has_opt = u16(query + 10) > 0;
    uint8_t record[] = {0xc0, HEADER, 0, MESSAGE_A, 0, 1, 0, 0, 0, 0, 0, 4};
    put16(record + 6, ttl_s >> 16);
    put16(record + 8, ttl_s & 0xffff);
    memcpy(to, query, at);
    to[2] |= 0x80; /* QR */
    to[3] = 0x80;  /* RA */
    memset(to + 6, 0, 6);
    put16(to + 6, count);
    for (unsigned i = 0; i < count; i++, at += sizeof record + 4) {
        memcpy(to + at, record, sizeof record);
        memcpy(to + at + sizeof record, address, 4);
        to[at + sizeof record + 3] = (uint8_t)(address[3] + i);
    }
    if (has_opt) {
        memcpy(to + at, opt, sizeof opt);
        to[11] = 1;
        at += sizeof opt;
    }
    return at;
}

size_t
message_error(uint8_t *to, const uint8_t *query, unsigned rcode)
{
    memset(to, 0, HEADER);
    memcpy(to, query, 4);
    to[2] |= 0x80;
    to[3] = (uint8_t)(0x80 | rcode);
    return HEADER;
}

/* --- reading --------------------------------------------------------------------------------- */

/* A name, which may be one pointer. @return octets it takes; 0: none */
static size_t
skip_name(const uint8_t *message, size_t size, size_t at)
{
    size_t begin = at;
    while (at < size && message[at] != 0) {
        if (message[at] >= 0xc0)
            return at + 2 - begin;
        at += 1U + message[at];
    }
    return at + 1 - begin;
}

static void
read_name(const uint8_t *message, size_t end, char *name, size_t room)
{
    size_t used = 0;
    for (size_t at = HEADER; at < end && message[at] != 0; at += 1U + message[at])
        for (unsigned i = 0; i <= message[at] && used + 1 < room; i++)
            if (i > 0)
                name[used++] = (char)message[at + i];
            else if (used > 0)
                name[used++] = '.';
    name[used] = '\0';
}

static void
read_options(const uint8_t *data, size_t size, struct message_facts *facts)
{
    for (size_t at = 0; at + 4 <= size; at += 4U + u16(data + at + 2)) {
        size_t octets = u16(data + at + 2);
        if (at + 4 + octets > size)
            return;
        if (u16(data + at) == EDE && octets >= 2)
            facts->ede = u16(data + at + 4);
        if (u16(data + at) == COOKIE && octets <= MESSAGE_COOKIE_MAX) {
            facts->cookie_size = octets;
            memcpy(facts->cookie, data + at + 4, octets);
        }
    }
}

/* @return octets of the record; 0: it is cut */
static size_t
read_record(const uint8_t *message, size_t size, size_t at, bool is_first,
            struct message_facts *facts)
{
    size_t name = skip_name(message, size, at), fixed = at + name;
    if (fixed + 10 > size)
        return 0;
    const uint8_t *record = message + fixed;
    size_t data = u16(record + 8);
    if (fixed + 10 + data > size)
        return 0;
    if (u16(record) == OPT) {
        facts->has_opt = true;
        facts->rcode |= (unsigned)record[4] << 4;
        read_options(record + 10, data, facts);
    } else if (is_first && u16(record) == MESSAGE_A && data == 4) {
        facts->has_address = true;
        memcpy(facts->address, record + 10, 4);
        facts->ttl_s = (uint32_t)u16(record + 4) << 16 | u16(record + 6);
    }
    return name + 10 + data;
}

bool
message_read(const uint8_t *message, size_t size, struct message_facts *facts)
{
    *facts = (struct message_facts){.ede = 0xffff};
    if (size < HEADER)
        return false;
    facts->id = u16(message);
    facts->flags = u16(message + 2);
    facts->rcode = message[3] & 15;
    facts->is_truncated = (message[2] & 2) != 0;
    facts->answers = u16(message + 6);
    size_t at = end_of_question(message, size);
    facts->question_end = at;
    if (at > 0) {
        read_name(message, at - 5, facts->name, sizeof facts->name);
        facts->type = u16(message + at - 4);
    } else if (u16(message + 4) != 0) {
        return false;
    } else {
        at = HEADER;
    }
    unsigned records = facts->answers + u16(message + 8) + u16(message + 10);
    for (unsigned i = 0; i < records; i++) {
        size_t record = read_record(message, size, at, i == 0, facts);
        if (record == 0)
            return false;
        at += record;
    }
    return at == size;
}

unsigned
message_count(const char *name)
{
    unsigned long count = name[0] == 'b' ? strtoul(name + 1, NULL, 10) : 0;
    return count > 0 && count < 256 ? (unsigned)count : 1;
}

uint32_t
message_ttl(const char *name)
{
    unsigned long ttl_s = tolower((unsigned char)name[0]) == 'l' ? strtoul(name + 1, NULL, 10) : 0;
    return ttl_s > 0 && ttl_s <= UINT32_MAX ? (uint32_t)ttl_s : MESSAGE_TTL_S;
}

enum script
message_script(const char *name, uint64_t *delay_us)
{
    int kind = tolower((unsigned char)name[0]);
    *delay_us = 0;
    if (kind == 'n' && name[1] == '-')
        return SCRIPT_SILENT;
    if (kind == 'e' && name[1] == '-')
        return SCRIPT_ERROR;
    if (kind == 'x' && name[1] == '-')
        return SCRIPT_NEVER;
    if (kind == 'd')
        *delay_us = strtoull(name + 1, NULL, 10) * 1000;
    return SCRIPT_ANSWER;
}
