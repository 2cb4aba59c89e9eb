/* messages.c - see messages.h
 * SPDX-License-Identifier: ISC
 */
#include "messages.h"

#include "dns/dns_layout.h"

#define NAMES_MAX 64

enum {
    TYPE_HINFO = 13,
    TYPE_RRSIG = 46,
    TYPE_NSEC = 47,
    TYPE_DNSKEY = 48,
    TYPE_SVCB = 64,
    TYPE_HTTPS = 65,
    TYPE_CAA = 257,
};

struct maker {
    struct prng *prng;
    struct bytes_writer w;
    unsigned names_count;
    size_t names[NAMES_MAX]; /* where names begin that a pointer may lead to */
};

static bool
one_in(struct maker *m, unsigned count)
{
    return prng_below(m->prng, count) == 0;
}

static void
put_random(struct maker *m, size_t count)
{
    uint8_t *to = bytes_put_view(&m->w, count);
    if (to != NULL)
        prng_fill(m->prng, to, count);
}

static void
put_label(struct maker *m, unsigned size)
{
    bytes_put_u8(&m->w, (uint8_t)size);
    for (unsigned i = 0; i < size; i++)
        bytes_put_u8(&m->w, one_in(m, 200) ? (uint8_t)prng_next(m->prng)
                                           : (uint8_t)("aAbBcCz0-_"[prng_below(m->prng, 10)]));
}

static void
put_pointer(struct maker *m)
{
    size_t target = m->names_count > 0 ? m->names[prng_below(m->prng, m->names_count)] : m->w.pos;
    if (one_in(m, 60))
        target = prng_below(m->prng, (unsigned)m->w.pos + 8);
    if (one_in(m, 60))
        target = m->w.pos + prng_below(m->prng, 40);
    if (one_in(m, 60))
        target = prng_below(m->prng, DNS_HEADER_SIZE);
    bytes_put_u16(&m->w, (uint16_t)(0xc000U | (target & 0x3fff)));
}

static void
put_name(struct maker *m, bool may_compress)
{
    size_t begin = m->w.pos;
    unsigned labels = prng_below(m->prng, 5), each = 12;
    if (one_in(m, 30)) { /* about as long as a name may be */
        labels = 4;
        each = 63;
    }
    for (unsigned i = 0; i < labels; i++)
        put_label(m, each == 63 ? 57 + prng_below(m->prng, 7) : 1 + prng_below(m->prng, each));
    if (one_in(m, 300))
        put_label(m, 64 + prng_below(m->prng, 128)); /* a reserved kind of label */
    if (may_compress && !one_in(m, 3))
        put_pointer(m);
    else
        bytes_put_u8(&m->w, 0);
    if (m->names_count < NAMES_MAX && begin < 0x4000 && m->w.pos > begin + 1)
        m->names[m->names_count++] = begin;
}

static void
put_strings(struct maker *m, unsigned count)
{
    for (; count > 0; count--)
        put_label(m, prng_below(m->prng, 20));
}

static void
put_layout(struct maker *m, struct dns_layout layout)
{
    put_random(m, layout.before);
    put_strings(m, layout.strings);
    for (; layout.names > 0; layout.names--)
        put_name(m, !one_in(m, 3));
    put_random(m, layout.after == DNS_LAYOUT_ANY ? prng_below(m->prng, 40) : layout.after);
}

/* RDATA as its type wants it. */
static void
put_data(struct maker *m, uint16_t type)
{
    struct dns_layout layout = dns_layout_of(type);
    if (layout.names > 0) {
        put_layout(m, layout);
        return;
    }
    switch (type) {
    case DNS_TYPE_A:
        put_random(m, one_in(m, 40) ? 5 : 4);
        break;
    case DNS_TYPE_AAAA:
        put_random(m, one_in(m, 40) ? 15 : 16);
        break;
    case DNS_TYPE_TXT:
    case TYPE_HINFO:
        put_strings(m, type == TYPE_HINFO ? 2 : 1 + prng_below(m->prng, 3));
        break;
    case DNS_TYPE_DS:
        put_random(m, 4 + 20);
        break;
    case TYPE_DNSKEY:
        put_random(m, 4 + 32);
        break;
    case TYPE_RRSIG:
        put_random(m, 18);
        put_name(m, false);
        put_random(m, 64);
        break;
    case TYPE_NSEC:
        put_name(m, false);
        bytes_put_u32(&m->w, 0x00024001);
        break;
    case TYPE_SVCB:
    case TYPE_HTTPS:
        bytes_put_u16(&m->w, 1);
        put_name(m, one_in(m, 30));
        break;
    case TYPE_CAA:
        bytes_put_u16(&m->w, 5);
        bytes_put_copy(&m->w, "issuea", 6);
        break;
    default:
        put_random(m, prng_below(m->prng, 30));
        break;
    }
}

static uint16_t
any_type(struct maker *m)
{
    static const uint16_t types[] = {
        1,  28, 2,  5,  6,  12, 15, 16, 33, 35, 3,  7,  9,   13,  14,  17,  18,  21,  24,  26,  30,
        36, 39, 39, 39, 43, 46, 47, 48, 64, 65, 99, 50, 257, 251, 252, 252, 252, 255, 249, 253, 0,
    };
    if (one_in(m, 20))
        return (uint16_t)prng_next(m->prng);
    return types[prng_below(m->prng, sizeof types / sizeof types[0])];
}

static uint16_t
any_class(struct maker *m)
{
    return one_in(m, 12) ? (uint16_t)prng_below(m->prng, 256) : DNS_CLASS_IN;
}

static void
put_record(struct maker *m)
{
    uint16_t type = any_type(m);
    put_name(m, true);
    bytes_put_u16(&m->w, type);
    bytes_put_u16(&m->w, any_class(m));
    bytes_put_u32(&m->w, one_in(m, 10) ? (uint32_t)prng_next(m->prng) : prng_below(m->prng, 90000));
    size_t size_at = m->w.pos;
    bytes_put_u16(&m->w, 0);
    if (one_in(m, 12))
        put_random(m, prng_below(m->prng, 24));
    else if (!one_in(m, 40))
        put_data(m, type);
    bytes_set_u16(&m->w, size_at, (uint16_t)(m->w.pos - size_at - 2 + one_in(m, 60)));
}

static void
put_option(struct maker *m)
{
    static const uint16_t codes[] = {3, 5, 8, 10, 10, 11, 12, 15, 15, 26946};
    static const uint8_t cookies[] = {8, 16, 24, 40, 7, 12, 41, 0};
    uint16_t code = codes[prng_below(m->prng, sizeof codes / sizeof codes[0])];
    size_t size = prng_below(m->prng, 24);
    if (code == DNS_OPTION_COOKIE)
        size = cookies[prng_below(m->prng, sizeof cookies)];
    if (code == DNS_OPTION_KEEPALIVE)
        size = prng_below(m->prng, 4);
    bytes_put_u16(&m->w, code);
    bytes_put_u16(&m->w, (uint16_t)(size + (one_in(m, 60) ? 1 + prng_below(m->prng, 9) : 0)));
    put_random(m, size);
}

/* @param version_in  one of how many is of another version */
static void
put_opt(struct maker *m, unsigned version_in)
{
    if (one_in(m, 30))
        put_name(m, true);
    else
        bytes_put_u8(&m->w, 0);
    bytes_put_u16(&m->w, DNS_TYPE_OPT);
    bytes_put_u16(&m->w, one_in(m, 4) ? (uint16_t)prng_next(m->prng) : 1232);
    bytes_put_u8(&m->w, one_in(m, 6) ? (uint8_t)prng_next(m->prng) : 0);
    bytes_put_u8(&m->w, one_in(m, version_in) ? (uint8_t)prng_next(m->prng) : 0);
    bytes_put_u16(&m->w, one_in(m, 8) ? (uint16_t)prng_next(m->prng) : one_in(m, 2) ? 0x8000 : 0);
    size_t size_at = m->w.pos;
    bytes_put_u16(&m->w, 0);
    for (unsigned i = prng_below(m->prng, 5); i > 0; i--)
        put_option(m);
    if (one_in(m, 40))
        put_random(m, 1 + prng_below(m->prng, 3)); /* no whole option */
    bytes_set_u16(&m->w, size_at, (uint16_t)(m->w.pos - size_at - 2));
}

static void
put_tsig(struct maker *m)
{
    put_name(m, one_in(m, 20));
    bytes_put_u16(&m->w, DNS_TYPE_TSIG);
    bytes_put_u16(&m->w, one_in(m, 10) ? DNS_CLASS_IN : DNS_CLASS_ANY);
    bytes_put_u32(&m->w, one_in(m, 10));
    size_t size_at = m->w.pos;
    bytes_put_u16(&m->w, 0);
    put_name(m, false);
    put_random(m, 6 + 2);
    bytes_put_u16(&m->w, 32);
    put_random(m, 32 + 2);
    if (!one_in(m, 3))
        bytes_put_u32(&m->w, 0); /* no error, no other data */
    bytes_set_u16(&m->w, size_at, (uint16_t)(m->w.pos - size_at - 2));
}

static void
put_additional(struct maker *m, uint16_t *count)
{
    unsigned opts = one_in(m, 12) ? 2 : !one_in(m, 3);
    for (; opts > 0; opts--, ++*count)
        put_opt(m, opts > 1 ? 3 : 12);
    if (one_in(m, 20)) {
        put_tsig(m);
        ++*count;
    }
    if (one_in(m, 40)) {
        put_record(m);
        ++*count;
    }
}

size_t
messages_make(struct prng *prng, uint8_t *to)
{
    struct maker m = {.prng = prng, .w = bytes_writer(to, MESSAGES_ROOM)};
    bool is_response = one_in(&m, 2);
    uint16_t counts[4] = {1, 0, 0, 0};
    uint16_t flags = (uint16_t)(prng_next(prng) & (DNS_RD | DNS_AD | DNS_CD | DNS_Z));
    flags |= is_response ? DNS_QR | DNS_RA : 0;
    if (is_response && one_in(&m, 4))
        flags |= (uint16_t)(prng_next(prng) & (DNS_AA | DNS_TC | DNS_RCODE));
    if (one_in(&m, 30))
        flags = (uint16_t)prng_next(prng);
    bytes_put_zeros(&m.w, DNS_HEADER_SIZE);
    if (one_in(&m, 30))
        counts[0] = (uint16_t)prng_below(prng, 3);
    for (unsigned i = 0; i < counts[0]; i++) {
        put_name(&m, one_in(&m, 20));
        bytes_put_u16(&m.w, any_type(&m));
        bytes_put_u16(&m.w, any_class(&m));
    }
    for (unsigned section = 1; is_response && section < 4; section++)
        for (unsigned i = prng_below(prng, 4); i > 0; i--, counts[section]++)
            put_record(&m);
    if (one_in(&m, 60) && counts[3] == 0) { /* an OPT that is no additional record */
        put_opt(&m, 12);
        counts[2]++;
    }
    put_additional(&m, &counts[3]);
    if (one_in(&m, 30))
        put_random(&m, 1 + prng_below(prng, 4));
    if (m.w.failed)
        return 0;
    bytes_set_u16(&m.w, 0, (uint16_t)prng_next(prng));
    bytes_set_u16(&m.w, 2, flags);
    for (unsigned i = 0; i < 4; i++)
        bytes_set_u16(&m.w, 4 + 2U * i, counts[i]);
    return m.w.pos;
}

/* Take `count` octets away at `at`, or double them. */
static size_t
move(uint8_t *message, size_t size, size_t at, size_t count, bool is_doubled)
{
    if (count > size - at)
        count = size - at;
    if (is_doubled && count > MESSAGES_ROOM - size)
        return size;
    if (is_doubled) {
        memmove(message + at + count, message + at, size - at);
        return size + count;
    }
    memmove(message + at, message + at + count, size - at - count);
    return size - count;
}

size_t
messages_spoil(struct prng *prng, uint8_t *message, size_t size)
{
    static const uint8_t telling[] = {0, 1, 0x3f, 0x40, 0x80, 0xc0, 0xc0, 0xff, 12, 41};
    for (unsigned i = 1 + prng_below(prng, 3); i > 0 && size > 0; i--) {
        size_t at = prng_below(prng, (unsigned)size);
        switch (prng_below(prng, 6)) {
        case 0:
            message[at] ^= (uint8_t)(1U << prng_below(prng, 8));
            break;
        case 1:
            message[at] = telling[prng_below(prng, sizeof telling)];
            break;
        case 2:
            if (size >= DNS_HEADER_SIZE)
                message[5 + 2 * prng_below(prng, 4)] = (uint8_t)prng_below(prng, 4);
            break;
        case 3:
            size = prng_below(prng, 4) == 0 ? at : size;
            break;
        default:
            size = move(message, size, at, 1 + prng_below(prng, 12), prng_below(prng, 2) == 0);
            break;
        }
    }
    return size;
}
