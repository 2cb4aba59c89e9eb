/* dns_traits.c - see dns_traits.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_traits.h"

#include "dns/dns_svcb.h"

#include <limits.h>

#define OCTET_BITS 8

enum { TYPE_DNAME = 39, TYPE_RRSIG = 46, TYPE_SVCB = 64, TYPE_HTTPS = 65 };

struct place { /* one record, behind its owner */
    uint16_t type, class;
    size_t data, size; /* of the RDATA: offset, octets */
};

/* @param r  stands behind the owner; left behind the record */
static struct place
get_place(struct bytes_reader *r)
{
    struct place place;
    place.type = bytes_get_u16(r);
    place.class = bytes_get_u16(r);
    bytes_skip(r, sizeof(uint32_t)); /* TTL */
    place.size = bytes_get_u16(r);
    place.data = r->pos;
    bytes_skip(r, place.size);
    return place;
}

/* --- private addresses --- */

struct prefix {
    uint8_t octets[DNS_IPV6_OCTETS];
    uint8_t bits;
};

static bool
is_in(const struct prefix *prefix, const uint8_t *address)
{
    size_t whole = prefix->bits / OCTET_BITS;
    unsigned rest = prefix->bits % OCTET_BITS;
    if (memcmp(address, prefix->octets, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ prefix->octets[whole]) >> (OCTET_BITS - rest)) == 0;
}

bool
dns_traits_is_private_ipv4(const uint8_t address[DNS_IPV4_OCTETS])
{
    static const struct prefix prefixes[] = {
        {{0}, 8},                   /* this network */
        {{10}, 8},                  /* private */
        {{100, 64}, 10},            /* shared, between a provider and its customers */
        {{127}, 8},                 /* loopback */
        {{169, 254}, 16},           /* link-local */
        {{172, 16}, 12},            /* private */
        {{192, 168}, 16},           /* private */
        {{224}, 4},                 /* multicast */
        {{255, 255, 255, 255}, 32}, /* broadcast */
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (is_in(&prefixes[i], address))
            return true;
    return false;
}

/*
 * The IPv4 address within the prefix of local NAT64s, 64:ff9b:1::/48, of which a network takes a
 * part of 48, 56, 64 or 96 bits. What follows the address is zero (RFC 6052 section 2.2), so where
 * the zeros begin tells which; octet 8 is always left out.
 */
static bool
local_nat64_is_private(const uint8_t a[DNS_IPV6_OCTETS])
{
    static const uint8_t zeros[5];
    if (memcmp(a + 11, zeros, 5) == 0)
        return dns_traits_is_private_ipv4((const uint8_t[]){a[6], a[7], a[9], a[10]});
    if (memcmp(a + 12, zeros, 4) == 0)
        return dns_traits_is_private_ipv4((const uint8_t[]){a[7], a[9], a[10], a[11]});
    if (memcmp(a + 13, zeros, 3) == 0)
        return dns_traits_is_private_ipv4(a + 9);
    return dns_traits_is_private_ipv4(a + 12);
}

static bool
teredo_is_private(const uint8_t a[DNS_IPV6_OCTETS])
{
    uint8_t client[DNS_IPV4_OCTETS]; /* RFC 4380 section 4: every bit is turned over */
    for (size_t i = 0; i < sizeof client; i++)
        client[i] = (uint8_t)~a[12 + i];
    return dns_traits_is_private_ipv4(a + 4) || dns_traits_is_private_ipv4(client);
}

bool
dns_traits_is_private_ipv6(const uint8_t address[DNS_IPV6_OCTETS])
{
    static const struct prefix own[] = {
        {{0xfc}, 7},       /* unique local */
        {{0xfe, 0x80}, 9}, /* link-local, and site-local of old */
        {{0xff}, 8},       /* multicast */
    };
    static const struct {
        struct prefix prefix;
        uint8_t at; /* octet where the IPv4 address begins */
    } embedding[] = {
        {{{0}, 96}, 12}, /* compatible; and so the unspecified and the loopback address */
        {{{[10] = 0xff, 0xff}, 96}, 12},   /* mapped */
        {{{[8] = 0xff, 0xff}, 96}, 12},    /* translated */
        {{{0, 0x64, 0xff, 0x9b}, 96}, 12}, /* NAT64 */
        {{{0x20, 0x02}, 16}, 2},           /* 6to4 */
    };
    static const struct prefix local_nat64 = {{0, 0x64, 0xff, 0x9b, 0, 1}, 48};
    static const struct prefix teredo = {{0x20, 0x01}, 32};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (is_in(&own[i], address))
            return true;
    for (size_t i = 0; i < sizeof embedding / sizeof embedding[0]; i++)
        if (is_in(&embedding[i].prefix, address))
            return dns_traits_is_private_ipv4(address + embedding[i].at);
    if (is_in(&local_nat64, address))
        return local_nat64_is_private(address);
    if (is_in(&teredo, address))
        return teredo_is_private(address);
    /* ISATAP: an interface identifier that ends in an IPv4 address, its universal bit set or not */
    bool is_isatap =
        (address[8] & ~2U) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
    return is_isatap && dns_traits_is_private_ipv4(address + 12);
}

/* --- traits and aliases --- */

static bool
is_service(const struct place *place)
{
    return place->class == DNS_CLASS_IN && (place->type == TYPE_SVCB || place->type == TYPE_HTTPS);
}

static const uint8_t *
data_of(const struct bytes_reader *message, const struct place *place)
{
    struct bytes_reader r = bytes_reader(message->data, message->size);
    bytes_seek(&r, place->data);
    return bytes_get_view(&r, place->size);
}

static bool
hints_are_private(const struct dns_svcb_param *param)
{
    bool is_ipv4 = param->key == DNS_SVCB_IPV4HINT;
    if (!is_ipv4 && param->key != DNS_SVCB_IPV6HINT)
        return false;
    struct bytes_reader r = bytes_reader(param->value, param->size);
    while (bytes_left(&r) > 0) {
        const uint8_t *address = bytes_get_view(&r, is_ipv4 ? DNS_IPV4_OCTETS : DNS_IPV6_OCTETS);
        if (address == NULL ||
            (is_ipv4 ? dns_traits_is_private_ipv4(address) : dns_traits_is_private_ipv6(address)))
            return true;
    }
    return false;
}

static bool
service_is_private(const uint8_t *data, size_t size)
{
    struct dns_svcb svcb;
    struct dns_svcb_param param;
    if (!dns_svcb_read(data, size, &svcb))
        return true;
    while (dns_svcb_next(&svcb, &param))
        if (hints_are_private(&param))
            return true;
    return false;
}

/* dns_answer_parse() saw that an A has four octets and an AAAA sixteen. */
static bool
is_private(const struct bytes_reader *message, const struct place *place)
{
    bool is_address =
        place->class == DNS_CLASS_IN && (place->type == DNS_TYPE_A || place->type == DNS_TYPE_AAAA);
    if (!is_address && !is_service(place))
        return false;
    const uint8_t *data = data_of(message, place);
    if (data == NULL)
        return true;
    if (place->type == DNS_TYPE_A)
        return dns_traits_is_private_ipv4(data);
    if (place->type == DNS_TYPE_AAAA)
        return dns_traits_is_private_ipv6(data);
    return service_is_private(data, place->size);
}

static bool
is_alias(const struct place *place)
{
    return place->type == DNS_TYPE_CNAME || place->type == TYPE_DNAME || is_service(place);
}

uint8_t
dns_traits_of(const uint8_t *message, const struct dns_answer *answer)
{
    unsigned traits = 0;
    struct bytes_reader r = bytes_reader(message, answer->end);
    unsigned records = (unsigned)answer->counts[0] + answer->counts[1] + answer->counts[2];
    bytes_seek(&r, answer->question_end);
    for (unsigned i = 0; i < records && !r.failed; i++) {
        dns_name_pass(&r);
        struct place place = get_place(&r);
        if (i < answer->counts[0] && is_alias(&place))
            traits |= DNS_TRAIT_ALIAS;
        if ((traits & DNS_TRAIT_PRIVATE) == 0 && is_private(&r, &place))
            traits |= DNS_TRAIT_PRIVATE;
    }
    return (uint8_t)traits;
}

struct dns_aliases
dns_traits_aliases(const uint8_t *message, const struct dns_answer *answer)
{
    struct dns_aliases walk = {
        .r = bytes_reader(message, answer->end),
        .records_left = answer->counts[0],
        .names_left = DNS_ALIASES_MAX,
    };
    bytes_seek(&walk.r, answer->question_end);
    return walk;
}

/* @return false: it leads nowhere else */
static bool
get_target(const struct bytes_reader *message, const struct place *place, struct dns_name *target)
{
    struct bytes_reader r = bytes_reader(message->data, message->size);
    bytes_seek(&r, place->data);
    if (is_service(place)) /* whatever its parameters, and compressed or not: some will follow it */
        bytes_skip(&r, sizeof(uint16_t)); /* priority */
    if (!dns_name_skip(&r, target))
        return false;
    dns_name_lower(target);
    return target->size > 1;
}

bool
dns_traits_next_alias(struct dns_aliases *walk, struct dns_name *target)
{
    while (walk->records_left > 0 && !walk->r.failed) {
        walk->records_left--;
        dns_name_pass(&walk->r);
        struct place place = get_place(&walk->r);
        if (!is_alias(&place))
            continue;
        if (walk->names_left == 0) {
            walk->is_cut = true;
            return false;
        }
        walk->names_left--;
        if (get_target(&walk->r, &place, target))
            return true;
    }
    return false;
}

/* --- whose records it holds --- */

struct chain {
    struct dns_name names[DNS_CHAIN_MAX];
    unsigned count;
    unsigned steps; /* names that may still be compared */
};

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
        if (dns_name_is_below(&chain->names[i], owner))
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

/* A record of the answer section. Signatures and a zone's alias (DNAME) stand above the names. */
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
        if (!dns_name_skip(r, &owner))
            return UINT_MAX;
        struct place place = get_place(r);
        if (!answer_fits(chain, message, answer, &owner, &place))
            strangers++;
    }
    return strangers;
}

/* Nothing says that an alias stands before what it leads to: as long as new names are found, those
 * that were strangers are looked at again. */
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
dns_traits_is_whole(const uint8_t *message, const struct dns_answer *answer,
                    const struct dns_question *question)
{
    struct chain chain WRITTEN_FIRST;
    struct bytes_reader r = bytes_reader(message, answer->end);
    chain.names[0] = question->name;
    chain.count = 1;
    chain.steps = DNS_CHAIN_STEPS;
    if (!answer_section_fits(&chain, &r, message, answer))
        return false;
    for (unsigned i = 0; i < answer->counts[1]; i++) {
        struct dns_name owner;
        if (!dns_name_skip(&r, &owner))
            return false;
        struct place place = get_place(&r);
        if (r.failed || !authority_fits(&chain, &owner, &place))
            return false;
    }
    return !r.failed;
}
