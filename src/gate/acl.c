/* acl.c - see acl.h
 * SPDX-License-Identifier: ISC
 */
#include "gate/acl.h"

#include "base/bytes.h"

#include <string.h>

struct words { /* an address as it is compared */
    uint32_t ipv4;
    uint64_t ipv6[2];
};

static struct words
words_of(const struct addr *addr)
{
    struct bytes_reader four = bytes_reader(addr->bytes, sizeof addr->bytes);
    struct bytes_reader sixteen = four;
    struct words words = {.ipv4 = bytes_get_u32(&four)};
    words.ipv6[0] = bytes_get_u64(&sixteen);
    words.ipv6[1] = bytes_get_u64(&sixteen);
    return words;
}

/* A word with its `ones` highest bits set, 0..64. */
static uint64_t
high_bits(unsigned ones)
{
    return ones == 0 ? 0 : UINT64_MAX << (64 - ones);
}

static bool
add_prefix(struct acl_list *list, const struct addr_prefix *prefix)
{
    struct words words = words_of(&prefix->addr);
    unsigned length = prefix->length;
    if (prefix->addr.family == ADDR_IPV4 && length <= 32) {
        uint32_t mask = (uint32_t)(high_bits(length) >> 32);
        list->ipv4[list->ipv4_count++] = (struct acl_ipv4){words.ipv4 & mask, mask};
        return true;
    }
    if (prefix->addr.family != ADDR_IPV6 || length > 128)
        return false;
    uint64_t high = high_bits(length < 64 ? length : 64);
    uint64_t low = high_bits(length > 64 ? length - 64 : 0);
    list->ipv6[list->ipv6_count++] =
        (struct acl_ipv6){{words.ipv6[0] & high, words.ipv6[1] & low}, {high, low}};
    return true;
}

static bool
add_prefixes(struct acl_list *list, const struct addr_prefix *prefixes, size_t count)
{
    if (count > ACL_PREFIXES_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_prefix(list, &prefixes[i]))
            return false;
    return true;
}

enum status
acl_init(struct acl *acl, const struct addr_prefix *allow, size_t allow_count,
         const struct addr_prefix *deny, size_t deny_count)
{
    memset(acl, 0, sizeof *acl);
    if (add_prefixes(&acl->allow, allow, allow_count) && add_prefixes(&acl->deny, deny, deny_count))
        return STATUS_OK;
    memset(acl, 0, sizeof *acl);
    return STATUS_INVALID;
}

static bool
holds(const struct acl_list *list, uint8_t family, const struct words *words)
{
    bool found = false;
    if (family == ADDR_IPV4)
        for (uint32_t i = 0; i < list->ipv4_count && !found; i++)
            found = (words->ipv4 & list->ipv4[i].mask) == list->ipv4[i].net;
    if (family == ADDR_IPV6)
        for (uint32_t i = 0; i < list->ipv6_count && !found; i++) {
            const struct acl_ipv6 *entry = &list->ipv6[i];
            found = (words->ipv6[0] & entry->mask[0]) == entry->net[0] &&
                    (words->ipv6[1] & entry->mask[1]) == entry->net[1];
        }
    return found;
}

bool
acl_allows(const struct acl *acl, const struct addr *client)
{
    struct words words = words_of(client);
    return holds(&acl->allow, client->family, &words) && !holds(&acl->deny, client->family, &words);
}

/* --- martians --- */

static const uint8_t zeros[16];
static const uint8_t loopback6[16] = {[15] = 1};

void
acl_reflectors_add(struct acl_reflectors *ports, uint16_t port)
{
    ports->bits[port / 64] |= (uint64_t)1 << (port % 64);
}

bool
acl_reflectors_has(const struct acl_reflectors *ports, uint16_t port)
{
    return (ports->bits[port / 64] >> (port % 64) & 1) != 0;
}

static bool
is_loopback(const struct addr *addr)
{
    if (addr->family == ADDR_IPV4)
        return addr->bytes[0] == 127;
    return memcmp(addr->bytes, loopback6, sizeof loopback6) == 0;
}

static bool
is_known(const struct addr *addr)
{
    return memcmp(addr->bytes, zeros, sizeof zeros) != 0;
}

/* An address that no host has: 0.0.0.0/8, multicast, 240.0.0.0/4 with broadcast; ::, ff00::/8. */
static bool
is_nobody(const struct addr *addr)
{
    if (addr->family == ADDR_IPV4)
        return addr->bytes[0] == 0 || addr->bytes[0] >= 224;
    return addr->bytes[0] == 0xff || !is_known(addr);
}

bool
acl_is_martian(const struct addr *from, const struct addr *us)
{
    if (from->port == 0 || is_nobody(from)) /* no answer could be sent there */
        return true;
    if (is_loopback(from) && is_known(us) && !is_loopback(us))
        return true;
    /* a query from our own socket would be answered to ourselves; our host may ask from others */
    return from->port == us->port && from->family == us->family && is_known(us) &&
           memcmp(from->bytes, us->bytes, sizeof from->bytes) == 0;
}
