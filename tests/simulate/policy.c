/* policy.c - see policy.h
 * SPDX-License-Identifier: ISC
 */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS      65536
#define UNITS        64 /* of a query; prices are told in them */
#define ADMITTED     16 /* whatever arrives */
#define ASKED        48 /* and goes on to an upstream */
#define DEBT         4  /* bursts that a bucket can owe at most */
#define SHARES       65536
#define TICKS_PER_MS ((uint64_t)1 << 24)

struct bucket { /* its level is the time in which it leaks empty */
    enum policy_table table;
    unsigned length;
    struct addr network;
    uint64_t empty_at;
};

static struct {
    struct bucket all[BUCKETS];
    size_t count;
    unsigned refusals; /* since the last that was answered by TC=1 */
} buckets;

void
policy_begin(void)
{
    buckets.count = 0;
    buckets.refusals = 0;
}

static bool
is_bit_equal(const struct addr *a, const struct addr *b, unsigned bit)
{
    unsigned mask = 0x80U >> bit % 8;
    return (a->bytes[bit / 8] & mask) == (b->bytes[bit / 8] & mask);
}

static bool
is_within(const struct addr *client, const struct addr *network, unsigned length)
{
    bool is_equal = client->family == network->family;
    for (unsigned bit = 0; bit < length && is_equal; bit++)
        is_equal = is_bit_equal(client, network, bit);
    return is_equal;
}

bool
policy_has(const struct policy_list *list, const struct addr *addr)
{
    bool has = false;
    for (unsigned i = 0; i < list->count; i++)
        has = has || is_within(addr, &list->of[i].addr, list->of[i].length);
    return has;
}

bool
policy_allows(const struct policy *policy, const struct addr *client)
{
    return policy_has(&policy->allow, client) && !policy_has(&policy->deny, client);
}

/* --- rates ----------------------------------------------------------------------------------- */

static uint64_t
ticks_of_unit(const struct policy_rate *rate)
{
    return (1000 * TICKS_PER_MS / UNITS + rate->per_s / 2) / rate->per_s;
}

static uint64_t
ticks_of_burst(const struct policy_rate *rate)
{
    return ticks_of_unit(rate) * UNITS * rate->burst;
}

/* A network that is new here has as much of its burst used as the one around it. */
static uint64_t
inherited(const struct policy_rate *rate, const struct policy_rate *around, uint64_t left)
{
    uint64_t whole = ticks_of_burst(around);
    uint64_t used = left < whole ? left : whole;
    return ticks_of_burst(rate) * ((used * SHARES + whole - 1) / whole) / SHARES;
}

static struct bucket *
find(enum policy_table table, const struct addr *client, unsigned length)
{
    for (size_t i = 0; i < buckets.count; i++)
        if (buckets.all[i].table == table && buckets.all[i].length == length &&
            is_within(client, &buckets.all[i].network, length))
            return &buckets.all[i];
    return NULL;
}

/* What each of a client's buckets holds, the shortest prefix's last. */
static void
levels(const struct policy_rates *rates, enum policy_table table, const struct addr *client,
       uint64_t now, uint64_t left[POLICY_LENGTHS])
{
    for (unsigned i = rates->count; i-- > 0;) {
        const struct bucket *bucket = find(table, client, rates->of[i].length);
        if (bucket != NULL)
            left[i] = bucket->empty_at > now ? bucket->empty_at - now : 0;
        else if (i == rates->count - 1)
            left[i] = 0;
        else
            left[i] = inherited(&rates->of[i], &rates->of[i + 1], left[i + 1]);
    }
}

static void
pour(const struct policy_rates *rates, enum policy_table table, const struct addr *client,
     uint64_t now, unsigned price)
{
    uint64_t left[POLICY_LENGTHS];
    levels(rates, table, client, now, left);
    for (unsigned i = 0; i < rates->count; i++) {
        const struct policy_rate *rate = &rates->of[i];
        struct bucket *bucket = find(table, client, rate->length);
        uint64_t more = left[i] + price * ticks_of_unit(rate), most = DEBT * ticks_of_burst(rate);
        if (bucket == NULL) {
            if (buckets.count == BUCKETS)
                abort();
            bucket = &buckets.all[buckets.count++];
            *bucket = (struct bucket){.table = table, .length = rate->length, .network = *client};
        }
        bucket->empty_at = now + (more < most ? more : most);
    }
}

static const struct policy_rates *
rates_of(const struct policy *policy, enum policy_table table, const struct addr *client)
{
    return &policy->rates[table][client->family == ADDR_IPV6];
}

/* What is refused is poured nowhere. */
static bool
is_admitted(const struct policy *policy, enum policy_table table, const struct addr *client,
            uint64_t now)
{
    const struct policy_rates *rates = rates_of(policy, table, client);
    uint64_t left[POLICY_LENGTHS];
    levels(rates, table, client, now, left);
    for (unsigned i = 0; i < rates->count; i++)
        if (left[i] + ADMITTED * ticks_of_unit(&rates->of[i]) > ticks_of_burst(&rates->of[i]))
            return false;
    pour(rates, table, client, now, ADMITTED);
    return true;
}

enum policy_fate
policy_take(const struct policy *policy, const struct addr *client, bool is_tcp, bool has_cookie,
            uint64_t now_ms)
{
    uint64_t now = now_ms * TICKS_PER_MS;
    enum policy_table table = is_tcp ? POLICY_PROVEN : POLICY_UNPROVEN;
    bool is_told = false, has_room;
    if (!policy_allows(policy, client))
        return POLICY_DROPPED;
    if (policy_has(&policy->exempt, client))
        return POLICY_SERVED;
    has_room = is_admitted(policy, table, client, now);
    if (!has_room && !is_tcp && policy->slip > 0 && ++buckets.refusals == policy->slip) {
        buckets.refusals = 0;
        is_told = true;
    }
    if (!has_room && has_cookie) {
        table = POLICY_PROVEN;
        has_room = is_admitted(policy, table, client, now);
    }
    if (has_room) {
        pour(rates_of(policy, table, client), table, client, now, ASKED);
        return POLICY_SERVED;
    }
    if (table == POLICY_PROVEN)
        return POLICY_REFUSED;
    return is_told ? POLICY_SLIPPED : POLICY_DROPPED;
}
