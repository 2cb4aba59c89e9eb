/* limiter.c - see limiter.h
 * SPDX-License-Identifier: ISC
 *
 * A bucket is one number: the moment at which it will have leaked empty. Its level is the time left
 * until then, a price is the time in which it leaks away, and a burst is the most time there may be
 * left. So nothing has to be updated while time passes, and recovery is exact.
 */
#include "gate/limiter.h"

#include <string.h>

#define FILL_FULL 65536u /* a level as a share of the burst */

/* the products below stay within 64 bits */
_Static_assert((uint64_t)LIMITER_DRAIN_S_MAX * 1000 * LIMITER_TICKS_PER_MS < UINT64_MAX / FILL_FULL,
               "capacity times share");
_Static_assert(1000 * LIMITER_TICKS_PER_MS / LIMITER_QUERY < (uint64_t)1 << 28, "one unit at 1/s");

_Static_assert(sizeof(struct limiter_group) == LIMITER_GROUP * LIMITER_ENTRY_BYTES,
               "the documented bytes per bucket are the real ones");

void
limiter_table_init(struct limiter_table *b, void *memory, size_t entries, struct hash_key key)
{
    *b = (struct limiter_table){
        .groups = memory, .groups_mask = entries / LIMITER_GROUP - 1, .key = key};
}

struct limiter_ref
limiter_table_find(const struct limiter_table *b, uint64_t tag)
{
    struct limiter_group *group = &b->groups[ADDR_TAG_PLACE(tag) & b->groups_mask];
    unsigned slot = 0;
    while (slot < LIMITER_GROUP && group->tags[slot] != tag)
        slot++;
    return (struct limiter_ref){.tag = tag, .group = group, .slot = slot};
}

void
limiter_table_place(struct limiter_table *b, struct limiter_ref *ref, uint64_t now,
                    uint64_t empty_at)
{
    struct limiter_group *group = ref->group;
    unsigned soonest = 0;
    for (unsigned i = 1; i < LIMITER_GROUP; i++) {
        if (group->empty_at[i] < group->empty_at[soonest])
            soonest = i;
    }
    if (group->empty_at[soonest] > now) {
        b->replaced++;
        b->forgiven_ticks += group->empty_at[soonest] - now;
        b->forgiven_ms += b->forgiven_ticks / LIMITER_TICKS_PER_MS;
        b->forgiven_ticks %= LIMITER_TICKS_PER_MS;
    }
    group->tags[soonest] = ref->tag;
    group->empty_at[soonest] = empty_at;
    ref->slot = soonest;
}

/* --- rules --- */

struct limiter_config
limiter_config_default(void)
{
    return (struct limiter_config){
        .ipv4 = {{32, 750, 1500}, {24, 3000, 6000}, {20, 12000, 24000}},
        .ipv6 = {{64, 750, 1500}, {56, 3000, 6000}, {48, 12000, 24000}},
        .ipv4_count = 3,
        .ipv6_count = 3,
        .slip = 2,
    };
}

static bool
rate_is_sound(const struct limiter_rate *rate)
{
    return rate->rate_per_s >= 1 && rate->rate_per_s <= LIMITER_RATE_MAX && rate->burst >= 1 &&
           rate->burst <= LIMITER_BURST_MAX && rate->burst / rate->rate_per_s < LIMITER_DRAIN_S_MAX;
}

static enum status
family_read(const struct limiter_rate rates[], uint32_t count, unsigned length_max,
            struct limiter_family *family)
{
    if (count > LIMITER_LENGTHS_MAX)
        return STATUS_INVALID;
    *family = (struct limiter_family){.count = count};
    for (uint32_t i = 0; i < count; i++) {
        const struct limiter_rate *rate = &rates[i];
        unsigned below = i == 0 ? length_max + 1 : rates[i - 1].length;
        if (!rate_is_sound(rate) || rate->length >= below)
            return STATUS_INVALID;
        uint64_t unit =
            (1000 * LIMITER_TICKS_PER_MS / LIMITER_QUERY + rate->rate_per_s / 2) / rate->rate_per_s;
        family->rules[count - 1 - i] = (struct limiter_rule){
            .length = rate->length,
            .unit_ticks = unit,
            .capacity_ticks = unit * LIMITER_QUERY * rate->burst,
        };
    }
    return STATUS_OK;
}

static enum status
config_read(const struct limiter_config *config, struct limiter_family families[2])
{
    if (family_read(config->ipv4, config->ipv4_count, 32, &families[0]) != STATUS_OK)
        return STATUS_INVALID;
    return family_read(config->ipv6, config->ipv6_count, 128, &families[1]);
}

static struct addr_lengths
set_of(const struct limiter_family families[2], struct hash_key key)
{
    struct addr_lengths set = {.key = key};
    for (unsigned family = 0; family < 2; family++) {
        set.counts[family] = (uint8_t)families[family].count;
        for (uint32_t i = 0; i < families[family].count; i++)
            set.lengths[family][i] = (uint8_t)families[family].rules[i].length;
    }
    addr_lengths_mark(&set);
    return set;
}

enum status
limiter_init(struct limiter *lim, const struct limiter_config *config, void *memory, size_t entries,
             struct hash_key key)
{
    *lim = (struct limiter){.slip = config->slip};
    if (entries < LIMITER_ENTRIES_MIN || entries > LIMITER_ENTRIES_MAX ||
        (entries & (entries - 1)) != 0 || config_read(config, lim->families) != STATUS_OK) {
        *lim = (struct limiter){0};
        return STATUS_INVALID;
    }
    lim->set = set_of(lim->families, key);
    size_t share = entries / LIMITER_LENGTHS_MAX;
    for (size_t i = 0; i < LIMITER_LENGTHS_MAX; i++)
        limiter_table_init(&lim->buckets[i], (uint8_t *)memory + i * LIMITER_MEMORY_BYTES(share),
                           share, key);
    return STATUS_OK;
}

/* Rules stand shortest prefix first, the configuration and the tables longest first. */
static inline unsigned
place_of(const struct limiter_family *family, unsigned rule)
{
    return family->count - 1 - rule;
}

/* Find the bucket of rule `i`. */
static inline struct limiter_ref
find(const struct limiter *lim, const struct limiter_family *family, const struct addr *client,
     struct addr_keys *keys, unsigned i)
{
    return limiter_table_find(&lim->buckets[place_of(family, i)],
                              addr_keys_at(keys, &lim->set, client, i));
}

static inline uint64_t
at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

static inline uint64_t
time_left(uint64_t empty_at, uint64_t now)
{
    return empty_at > now ? empty_at - now : 0;
}

/* As full, as a share of its burst, as the bucket of the shorter prefix around it. */
static uint64_t
inherited(const struct limiter_rule *child, const struct limiter_rule *parent, uint64_t parent_left)
{
    uint64_t capped = at_most(parent_left, parent->capacity_ticks);
    uint64_t fill = (capped * FILL_FULL + parent->capacity_ticks - 1) / parent->capacity_ticks;
    return child->capacity_ticks * fill / FILL_FULL;
}

/* How long the bucket of rule `i` needs to leak empty; those before it are known. */
static inline uint64_t
level(const struct limiter_family *family, const struct limiter_ref *ref, unsigned i, uint64_t now,
      const uint64_t lefts[LIMITER_LENGTHS_MAX])
{
    const struct limiter_rule *rule = &family->rules[i];
    if (ref->slot < LIMITER_GROUP)
        return time_left(ref->group->empty_at[ref->slot], now);
    return i == 0 ? 0 : inherited(rule, rule - 1, lefts[i - 1]);
}

static inline bool
has_room(const struct limiter_rule *rule, uint64_t left, uint32_t price)
{
    return left + price * rule->unit_ticks <= rule->capacity_ticks;
}

static inline void
pour(struct limiter_table *table, struct limiter_ref *ref, uint64_t now, uint64_t left)
{
    if (ref->slot < LIMITER_GROUP)
        ref->group->empty_at[ref->slot] = now + left;
    else
        limiter_table_place(table, ref, now, now + left);
}

static enum limiter_verdict
refuse(struct limiter *lim, const struct addr *client, unsigned i)
{
    unsigned family = addr_family_index(client);
    lim->over[family][place_of(&lim->families[family], i)]++;
    lim->tripped_length = lim->families[family].rules[i].length;
    if (lim->slip > 0 && ++lim->slip_turn >= lim->slip) {
        lim->slip_turn = 0;
        lim->slipped++;
        return LIMITER_SLIP;
    }
    lim->dropped++;
    return LIMITER_DROP;
}

static enum limiter_verdict
pass(struct limiter *lim)
{
    lim->passed++;
    return LIMITER_PASS;
}

enum limiter_verdict
limiter_take(struct limiter *lim, const struct addr *client, struct addr_keys *keys, uint32_t price,
             uint64_t now_ms)
{
    const struct limiter_family *family = &lim->families[addr_family_index(client)];
    const unsigned count = family->count;
    uint64_t now = now_ms * LIMITER_TICKS_PER_MS;
    struct limiter_ref refs[LIMITER_LENGTHS_MAX];
    uint64_t lefts[LIMITER_LENGTHS_MAX];
    if (count == 0)
        return pass(lim);
    /* the longest prefix first: most floods come from one source, and cost one look */
    struct limiter_ref last = find(lim, family, client, keys, count - 1);
    if (last.slot < LIMITER_GROUP &&
        !has_room(&family->rules[count - 1], time_left(last.group->empty_at[last.slot], now),
                  price))
        return refuse(lim, client, count - 1);
    /* then from the shortest on, because a new bucket is as full as the one around it */
    for (unsigned i = 0; i < count; i++) {
        refs[i] = i < count - 1 ? find(lim, family, client, keys, i) : last;
        lefts[i] = level(family, &refs[i], i, now, lefts);
        if (!has_room(&family->rules[i], lefts[i], price))
            return refuse(lim, client, i);
    }
    for (unsigned i = 0; i < count; i++)
        pour(&lim->buckets[place_of(family, i)], &refs[i], now,
             lefts[i] + price * family->rules[i].unit_ticks);
    return pass(lim);
}

void
limiter_charge(struct limiter *lim, const struct addr *client, struct addr_keys *keys,
               uint32_t price, uint64_t now_ms)
{
    const struct limiter_family *family = &lim->families[addr_family_index(client)];
    uint64_t now = now_ms * LIMITER_TICKS_PER_MS;
    uint64_t lefts[LIMITER_LENGTHS_MAX];
    for (unsigned i = 0; i < family->count; i++) {
        const struct limiter_rule *rule = &family->rules[i];
        struct limiter_ref ref = find(lim, family, client, keys, i);
        lefts[i] = level(family, &ref, i, now, lefts);
        uint64_t left = lefts[i] + price * rule->unit_ticks;
        pour(&lim->buckets[place_of(family, i)], &ref, now,
             at_most(left, LIMITER_DEBT * rule->capacity_ticks));
    }
}

unsigned
limiter_look(const struct limiter *lim, const struct addr *client, uint64_t now_ms,
             struct limiter_level levels[LIMITER_LENGTHS_MAX])
{
    const struct limiter_family *family = &lim->families[addr_family_index(client)];
    uint64_t now = now_ms * LIMITER_TICKS_PER_MS, lefts[LIMITER_LENGTHS_MAX];
    struct addr_keys keys = {0};
    for (unsigned i = 0; i < family->count; i++) {
        const struct limiter_rule *rule = &family->rules[i];
        struct limiter_ref ref = find(lim, family, client, &keys, i);
        lefts[i] = level(family, &ref, i, now, lefts);
        levels[i] = (struct limiter_level){
            .length = rule->length,
            .level_milli =
                (uint32_t)at_most(lefts[i] / rule->unit_ticks * 1000 / LIMITER_QUERY, UINT32_MAX),
            .is_kept = ref.slot < LIMITER_GROUP};
    }
    return family->count;
}

uint32_t
limiter_price_of_size(size_t octets)
{
    if (octets <= LIMITER_BULK_FREE)
        return 0;
    size_t begun = (octets - LIMITER_BULK_FREE + LIMITER_BULK_OCTETS - 1) / LIMITER_BULK_OCTETS;
    return (uint32_t)at_most(begun * LIMITER_PRICE_BULK, LIMITER_PRICE_MAX);
}

/* The same number of queries, told in the time that they take to leak at the new rate. */
static uint64_t
converted(uint64_t left, const struct limiter_rule *from, const struct limiter_rule *to)
{
    uint64_t units = left / from->unit_ticks;
    uint64_t rest = left % from->unit_ticks;
    return at_most(units * to->unit_ticks + rest * to->unit_ticks / from->unit_ticks,
                   LIMITER_DEBT * to->capacity_ticks);
}

/* Carry one bucket of table `place` over to the rules of `next`, or free it if none is for it. */
static void
convert(const struct limiter *lim, const struct limiter_family next[2], unsigned place,
        uint64_t *tag, uint64_t *empty_at, uint64_t now)
{
    unsigned family = ADDR_TAG_CLASS(*tag);
    const struct limiter_family *was = &lim->families[family], *will = &next[family];
    const struct limiter_rule *from = &was->rules[was->count - 1 - place];
    const struct limiter_rule *to =
        place < will->count ? &will->rules[will->count - 1 - place] : NULL;
    if (to == NULL || to->length != from->length)
        *tag = *empty_at = 0;
    else
        *empty_at = now + converted(time_left(*empty_at, now), from, to);
}

static void
convert_table(struct limiter *lim, const struct limiter_family next[2], unsigned place,
              uint64_t now)
{
    struct limiter_table *table = &lim->buckets[place];
    for (uint64_t g = 0; g <= table->groups_mask; g++) {
        struct limiter_group *group = &table->groups[g];
        for (unsigned slot = 0; slot < LIMITER_GROUP; slot++) {
            if (group->tags[slot] != 0)
                convert(lim, next, place, &group->tags[slot], &group->empty_at[slot], now);
        }
    }
}

enum status
limiter_reload(struct limiter *lim, const struct limiter_config *config, uint64_t now_ms)
{
    struct limiter_family next[2];
    if (config_read(config, next) != STATUS_OK)
        return STATUS_INVALID;
    for (unsigned place = 0; place < LIMITER_LENGTHS_MAX; place++)
        convert_table(lim, next, place, now_ms * LIMITER_TICKS_PER_MS);
    memcpy(lim->families, next, sizeof next);
    lim->set = set_of(lim->families, lim->set.key);
    lim->slip = config->slip;
    return STATUS_OK;
}

uint64_t
limiter_forgiven_ms(const struct limiter *lim)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < LIMITER_LENGTHS_MAX; i++)
        sum += lim->buckets[i].forgiven_ms;
    return sum;
}
