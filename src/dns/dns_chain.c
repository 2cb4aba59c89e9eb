/* dns_chain.c - see dns_chain.h */
#include "dns/dns_chain.h"

#include <limits.h>

#define TYPE_DNAME  39
#define TYPE_RRSIG  46
#define IPV4_OCTETS 4
#define IPV6_OCTETS 16

struct chain {
    struct dns_name names[DNS_CHAIN_MAX];
    unsigned count;
    unsigned steps; /* names that may still be compared */
};

struct place { /* one record, behind its owner */
    uint16_t type, class, size;
    size_t data; /* offset of the RDATA */
};

static void
get_place(struct bytes_reader *r, struct place *place)
{
    place->type = bytes_get_u16(r);
    place->class = bytes_get_u16(r);
    bytes_skip(r, sizeof(uint32_t)); /* TTL */
    place->size = bytes_get_u16(r);
    place->data = r->pos;
    bytes_skip(r, place->size);
}

/* Is `upper` the same name as `name`, or above it? */
static bool
is_at_or_above(const struct dns_name *upper, const struct dns_name *name)
{
    struct bytes_reader r = bytes_reader(name->wire, name->size);
    while (bytes_left(&r) > upper->size)
        bytes_skip(&r, bytes_get_u8(&r));
    size_t left = bytes_left(&r);
    const uint8_t *suffix = bytes_get_view(&r, left);
    return left == upper->size && dns_name_is_wire(upper, suffix, left);
}

/* Most records belong to the name that was led to last. */
static bool
chain_has(struct chain *chain, const struct dns_name *owner)
{
    for (unsigned i = chain->count; i-- > 0 && chain->steps > 0; chain->steps--)
        if (dns_name_is_equal(&chain->names[i], owner))
            return true;
    return false;
}

static bool
chain_is_below(struct chain *chain, const struct dns_name *owner)
{
    for (unsigned i = chain->count; i-- > 0 && chain->steps > 0; chain->steps--)
        if (is_at_or_above(owner, &chain->names[i]))
            return true;
    return false;
}

/* An alias adds the name that it leads to, if that is a new one. @return false: too many */
static bool
follow(struct chain *chain, const uint8_t *message, const struct dns_answer *answer,
       const struct place *place)
{
    struct dns_name target;
    struct bytes_reader r = bytes_reader(message, answer->end);
    bytes_seek(&r, place->data);
    if (!dns_name_skip(&r, &target))
        return false;
    if (chain_has(chain, &target))
        return true;
    if (chain->count == DNS_CHAIN_MAX)
        return false;
    chain->names[chain->count++] = target;
    return true;
}

/* A record of the answer section. Signatures and aliases of a zone (DNAME) stand above the names.
 */
static bool
answer_fits(struct chain *chain, const uint8_t *message, const struct dns_answer *answer,
            const struct dns_name *owner, const struct place *place)
{
    if (chain_has(chain, owner))
        return place->type != DNS_TYPE_CNAME || follow(chain, message, answer, place);
    bool may_be_above = place->type == TYPE_DNAME || place->type == TYPE_RRSIG; /* of a DNAME */
    return may_be_above && chain_is_below(chain, owner);
}

static bool
authority_fits(struct chain *chain, const struct dns_name *owner, const struct place *place)
{
    bool names_zone = place->type == DNS_TYPE_SOA || place->type == DNS_TYPE_NS;
    return !names_zone || chain_is_below(chain, owner);
}

/*
 * Walk the answer section once; the reader ends behind it. @return records that nothing has led to
 * so far; UINT_MAX: a record does not parse
 */
static unsigned
count_strangers(struct chain *chain, struct bytes_reader *r, const uint8_t *message,
                const struct dns_answer *answer)
{
    unsigned strangers = 0;
    bytes_seek(r, answer->question_end);
    for (unsigned i = 0; i < answer->counts[0]; i++) {
        struct dns_name owner;
        struct place place;
        if (!dns_name_skip(r, &owner))
            return UINT_MAX;
        get_place(r, &place);
        if (!answer_fits(chain, message, answer, &owner, &place))
            strangers++;
    }
    return strangers;
}

/* Nothing says that an alias stands before what it leads to: as long as new names are found, those
 * who were strangers are looked at again. */
static bool
answer_section_fits(struct chain *chain, struct bytes_reader *r, const uint8_t *message,
                    const struct dns_answer *answer)
{
    unsigned known, strangers;
    do {
        known = chain->count;
        strangers = count_strangers(chain, r, message, answer);
    } while (strangers != 0 && strangers != UINT_MAX && chain->count > known && chain->steps > 0);
    return strangers == 0;
}

bool
dns_chain_is_whole(const uint8_t *message, const struct dns_answer *answer,
                   const struct dns_question *question)
{
    struct chain chain = {.count = 1, .steps = DNS_CHAIN_STEPS};
    struct bytes_reader r = bytes_reader(message, answer->end);
    chain.names[0] = question->name;
    if (!answer_section_fits(&chain, &r, message, answer))
        return false;
    for (unsigned i = 0; i < answer->counts[1]; i++) {
        struct dns_name owner;
        struct place place;
        if (!dns_name_skip(&r, &owner))
            return false;
        get_place(&r, &place);
        if (r.failed || !authority_fits(&chain, &owner, &place))
            return false;
    }
    return !r.failed;
}

static bool
ipv4_is_private(const uint8_t a[IPV4_OCTETS])
{
    return a[0] == 0 || a[0] == 10 || a[0] == 127 || (a[0] == 100 && (a[1] & 0xc0) == 64) ||
           (a[0] == 169 && a[1] == 254) || (a[0] == 172 && (a[1] & 0xf0) == 16) ||
           (a[0] == 192 && a[1] == 168);
}

static bool
ipv6_is_private(const uint8_t a[IPV6_OCTETS])
{
    static const uint8_t zeros[IPV6_OCTETS - 1], mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(a, zeros, sizeof zeros) == 0) /* unspecified, loopback */
        return a[IPV6_OCTETS - 1] <= 1;
    if (memcmp(a, mapped, sizeof mapped) == 0)
        return ipv4_is_private(a + sizeof mapped);
    return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0x80) == 0x80);
}

bool
dns_chain_has_private(const uint8_t *message, const struct dns_answer *answer)
{
    struct bytes_reader r = bytes_reader(message, answer->end);
    bytes_seek(&r, answer->question_end);
    for (unsigned i = 0; i < answer->counts[0]; i++) {
        struct place place;
        dns_name_pass(&r);
        get_place(&r, &place);
        if (r.failed)
            return false;
        struct bytes_reader data = bytes_reader(message, answer->end);
        bytes_seek(&data, place.data);
        const uint8_t *octets = bytes_get_view(&data, place.size);
        if (octets == NULL || place.class != DNS_CLASS_IN)
            continue;
        if ((place.type == DNS_TYPE_A && place.size == IPV4_OCTETS && ipv4_is_private(octets)) ||
            (place.type == DNS_TYPE_AAAA && place.size == IPV6_OCTETS && ipv6_is_private(octets)))
            return true;
    }
    return false;
}
