/* dns_mutator.c - changes DNS messages as messages
 * SPDX-License-Identifier: ISC
 *
 * A random change of octets mostly breaks the first length it meets. Here a message is read loosely
 * into places (labels, names, types, lengths, records, options of an OPT), and one of them is
 * changed, left out, doubled or added, with counts and lengths put right, or now and then not.
 * What does not read as a message at all goes to the fuzzer's own changes, as does one change in
 * four. A target says by dns_mutator_at where the message begins in its input.
 */
#include "dns_mutator.h"
#include "dns_places.h"

static bool
change_name(void)
{
    uint8_t name[300];
    const struct record *record = below(3) > 0 ? any_record() : NULL;
    size_t at = record != NULL ? record->name_at : m.places.question_at;
    size_t end = at > 0 ? pass_name(at) : 0;
    if (end == 0)
        return false;
    if (below(3) == 0) { /* spelled otherwise */
        for (size_t i = at; i < end; i++)
            if ((m.octets[i] | 0x20) >= 'a' && (m.octets[i] | 0x20) <= 'z' && below(2) == 0)
                m.octets[i] ^= 0x20;
        return true;
    }
    return splice(at, end - at, name, make_name(name));
}

/* A name inside RDATA, where one may stand. */
static bool
change_target(void)
{
    uint8_t name[300];
    const struct record *record = any_record();
    if (record == NULL)
        return false;
    size_t at = record->data_at + (get16(record->type_at) == 64 ? 2 : 0);
    size_t end = pass_name(at);
    end = end == 0 || end > record->end ? record->end : end;
    if (at > end)
        return false;
    size_t size = make_name(name);
    lengthen(record, (long)size - (long)(end - at));
    return splice(at, end - at, name, size);
}

/* --- records --------------------------------------------------------------------------------- */

static const uint16_t types[] = {1,   2,   5,   6,   12,  13,  15,  16,    28, 33,   35,
                                 39,  41,  43,  46,  47,  48,  50,  64,    65, 99,   249,
                                 250, 251, 252, 253, 254, 255, 257, 65280, 0,  65535};

static uint16_t
any_type(void)
{
    return types[below(sizeof types / sizeof types[0])];
}

static bool
change_numbers(void)
{
    static const uint32_t ttls[] = {0, 1, 60, 3600, 86400, 0x7fffffff, 0x80000000, 0xffffffff};
    const struct record *record = any_record();
    bool is_of_question = m.places.question_end > 0 && (record == NULL || below(4) == 0);
    if (record == NULL && !is_of_question)
        return false;
    size_t at = is_of_question ? m.places.question_end - 4 : record->type_at;
    switch (below(4)) {
    case 0:
        set16(at, any_type());
        break;
    case 1:
        set16(at + 2, below(4) > 0 ? 1 : below(2) ? 3 : below(65536));
        break;
    case 2:
        if (record != NULL) {
            uint32_t ttl = ttls[below(sizeof ttls / sizeof ttls[0])];
            set16(record->type_at + 4, ttl >> 16);
            set16(record->type_at + 6, ttl & 0xffff);
        }
        break;
    default:
        if (record != NULL)
            set16(record->type_at + 8, get16(record->type_at + 8) + below(5) - 2);
    }
    return true;
}

static size_t
make_data(unsigned type, uint8_t to[600])
{
    size_t size = type == 1 ? 4 : type == 28 ? 16 : type == 6 ? 22 : below(40);
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(below(3) == 0 ? below(256) : below(4));
    if (type == 1 && below(2) == 0)
        memcpy(to, (const uint8_t[]){192, 168, 1, 1}, 4);
    if (type == 2 || type == 5 || type == 12 || type == 39)
        size = make_name(to);
    return size;
}

static bool
add_record(void)
{
    uint8_t made[1000];
    unsigned section = 1 + below(3), type = any_type();
    const struct record *before = any_record();
    size_t at = before != NULL && before->section == section ? before->end : m.size;
    for (unsigned i = 0; i < m.places.count; i++) /* behind the last of its section */
        if (m.places.records[i].section == section)
            at = m.places.records[i].end;
    if (m.places.question_end == 0)
        return false;
    size_t size = below(3) > 0 ? 2 : make_name(made);
    if (size == 2) {
        made[0] = 0xc0;
        made[1] = HEADER;
    }
    uint8_t fixed[RECORD] = {(uint8_t)(type >> 8), (uint8_t)type, 0, 1, 0, 0, 0,
                             (uint8_t)below(64)};
    memcpy(made + size, fixed, RECORD);
    size_t data = make_data(type, made + size + RECORD);
    made[size + 8] = (uint8_t)(data >> 8);
    made[size + 9] = (uint8_t)data;
    count_more(section, 1);
    return splice(at, 0, made, size + RECORD + data);
}

static bool
drop_or_double_record(void)
{
    const struct record *record = any_record(), *other = any_record();
    if (record == NULL)
        return false;
    size_t size = record->end - record->name_at;
    if (below(2) == 0) {
        count_more(record->section, -1);
        return splice(record->name_at, size, NULL, 0);
    }
    count_more(other->section, 1);
    return splice(other->end, 0, m.octets + record->name_at, size);
}

static bool
swap_records(void)
{
    static uint8_t copy[ROOM];
    const struct record *a = any_record(), *b = any_record();
    if (a == NULL || a->end > b->name_at)
        return false;
    size_t a_size = a->end - a->name_at, b_size = b->end - b->name_at;
    memcpy(copy, m.octets + a->name_at, a_size);
    size_t at = a->name_at, b_at = b->name_at;
    return splice(at, a_size, m.octets + b_at, b_size) &&
           splice(b_at + b_size - a_size, b_size, copy, a_size);
}

/* --- EDNS ------------------------------------------------------------------------------------ */

static size_t
make_option(uint8_t to[600])
{
    static const uint16_t codes[] = {3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 65001};
    unsigned code = codes[below(sizeof codes / sizeof codes[0])];
    unsigned size = below(12) == 0 ? below(500) : below(20);
    if (code == 10 && below(4) > 0)
        size = below(2) ? 8 : 16 + below(25);
    if (code == 11 && below(4) > 0)
        size = below(2) * 2;
    to[0] = 0;
    to[1] = (uint8_t)code;
    to[2] = (uint8_t)(size >> 8);
    to[3] = (uint8_t)(below(24) == 0 ? size + 1 : size);
    for (unsigned i = 0; i < size; i++)
        to[4 + i] = (uint8_t)(code == 12 ? 0 : below(256));
    return 4U + size;
}

static bool
add_opt(void)
{
    uint8_t made[1 + RECORD] = {0, 0, TYPE_OPT, 4, 0xd0};
    if (below(2) == 0)
        made[7] = 0x80; /* DO */
    if (below(8) == 0)
        made[6] = (uint8_t)below(3); /* version */
    count_more(3, 1);
    return splice(m.size, 0, made, sizeof made);
}

static bool
change_opt(void)
{
    uint8_t option[600];
    if (m.places.opt == RECORDS_MAX || below(24) == 0)
        return add_opt();
    const struct record *opt = &m.places.records[m.places.opt];
    size_t at = opt->data_at;
    for (unsigned skip = below(4); skip > 0 && at + 4 <= opt->end; skip--)
        at += 4 + get16(at + 2);
    at = at <= opt->end ? at : opt->data_at;
    size_t old = 0;
    switch (below(4)) {
    case 0: /* a field: size, extended RCODE, version, flags */
        m.octets[opt->type_at + 2 + below(6)] = (uint8_t)(below(2) ? below(256) : 1U << below(8));
        return true;
    case 1: /* an option less */
        old = at + 4 <= opt->end ? 4 + get16(at + 2) : 0;
        if (at + old > opt->end)
            return false;
        lengthen(opt, -(long)old);
        return splice(at, old, NULL, 0);
    default: {
        size_t size = make_option(option);
        lengthen(opt, (long)size);
        return splice(at, 0, option, size);
    }
    }
}

/* --- the header ------------------------------------------------------------------------------ */

static bool
change_header(void)
{
    switch (below(5)) {
    case 0:
        m.octets[2] ^= (uint8_t)(1U << below(8));
        return true;
    case 1:
        m.octets[3] ^= (uint8_t)(1U << below(8));
        return true;
    case 2:
        m.octets[3] = (uint8_t)((m.octets[3] & 0xf0) | below(16));
        return true;
    case 3:
        set16(4 + 2 * (size_t)below(4), below(8) == 0 ? below(65536) : below(4));
        return true;
    default:
        set16(0, below(65536));
        return true;
    }
}

static bool
change_once(void)
{
    static bool (*const changes[])(void) = {
        change_name,           change_name,  change_target, change_numbers, add_record,
        drop_or_double_record, swap_records, change_opt,    change_opt,     change_header,
    };
    return changes[below(sizeof changes / sizeof changes[0])]();
}

size_t
dns_mutator_change(uint8_t *message, size_t size, size_t room, uint64_t seed)
{
    if (size > MESSAGE_MAX || size < HEADER)
        return 0;
    memcpy(m.octets, message, size);
    m.size = size;
    m.random = seed * 2 + 1;
    bool is_changed = false;
    for (unsigned times = 1 + below(3), tries = 0; times > 0 && tries < 8; tries++) {
        if (!read_places())
            break;
        bool did = change_once();
        is_changed |= did;
        times -= did;
    }
    if (!is_changed || m.size > room)
        return 0;
    memcpy(message, m.octets, m.size);
    return m.size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    size_t before = dns_mutator_at, changed = 0;
    if (seed % 4 != 0 && size > before && room > before)
        changed = dns_mutator_change(data + before, size - before, room - before, seed / 4);
    return changed > 0 ? before + changed : LLVMFuzzerMutate(data, size, room);
}
