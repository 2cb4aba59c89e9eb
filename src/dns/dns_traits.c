/* dns_traits.c - see dns_traits.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_traits.h"

#include "dns/dns_private.h"
#include "dns/dns_svcb.h"

enum { TYPE_DNAME = 39, TYPE_SVCB = 64, TYPE_HTTPS = 65 };

struct place { /* one record, behind its owner */
    uint16_t type, class;
    size_t data, size; /* of the RDATA: offset, octets */
};

static struct place
get_place(struct bytes_reader *r)
{
    struct place place;
    dns_name_pass(r);
    place.type = bytes_get_u16(r);
    place.class = bytes_get_u16(r);
    bytes_skip(r, sizeof(uint32_t)); /* TTL */
    place.size = bytes_get_u16(r);
    place.data = r->pos;
    bytes_skip(r, place.size);
    return place;
}

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
            (is_ipv4 ? dns_private_has_ipv4(address) : dns_private_has_ipv6(address)))
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
        return dns_private_has_ipv4(data);
    if (place->type == DNS_TYPE_AAAA)
        return dns_private_has_ipv6(data);
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
