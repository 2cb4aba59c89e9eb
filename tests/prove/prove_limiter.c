/* prove_limiter.c - the arithmetic of the limiter: no level passes its bound, no product its width
 * SPDX-License-Identifier: ISC
 *
 * The functions are static ones of gate/limiter.c. A rule is any that its own reader makes of a rate
 * and burst up to RATE_MOST.
 */
#include "gate/limiter.c"

#include "prove.h"

#define LIMITER_UNIT_BITS     28
#define LIMITER_CAPACITY_BITS 46

#ifndef RATE_MOST
#define RATE_MOST 15
#endif

static struct limiter_rule
any_rule(void)
{
    struct limiter_rate rate = {.length = (uint8_t)any_up_to(32)};
    struct limiter_family family;
    rate.rate_per_s = (uint32_t)any_up_to(RATE_MOST);
    rate.burst = (uint32_t)any_up_to(RATE_MOST);
    ASSUME(family_read(&rate, 1, 32, &family) == STATUS_OK);
    return family.rules[0];
}

/* A sound rate makes a sound rule, whatever the rate: all products of the file stay in 64 bits. */
void
prove_limiter_rule(void)
{
    struct limiter_rate rates[2];
    struct limiter_family family;
    uint32_t count = (uint32_t)any_up_to(2);
    enum status status = family_read(rates, count, 32, &family);
    ASSUME(status == STATUS_OK);
    for (uint32_t i = 0; i < count; i++) {
        const struct limiter_rule *rule = &family.rules[i];
        CLAIM(rule->length <= 32, "a prefix is no longer than its address");
        CLAIM(rule->unit_ticks > 0, "what is asked costs something");
        CLAIM(i == 0 || family.rules[i - 1].length < rule->length, "the shortest stands first");
    }
    REACHED();
}

/* A rule of any rate: test_limiter_bound.c shows for each one that the numbers are no larger. */
static struct limiter_rule
widest_rule(void)
{
    struct limiter_rule rule = {.unit_ticks = nondet_u32() & ((1U << LIMITER_UNIT_BITS) - 1),
                                .capacity_ticks =
                                    nondet_u64() & (((uint64_t)1 << LIMITER_CAPACITY_BITS) - 1)};
    ASSUME(rule.unit_ticks > 0);
    return rule;
}

/* What has room stays within the burst, what is charged within the debt. */
void
prove_limiter_room(void)
{
    struct limiter_rule rule = widest_rule();
    uint32_t price = nondet_u16() & (2 * LIMITER_PRICE_MAX - 1);
    uint64_t now = nondet_u64(), empty_at = nondet_u64();
    ASSUME(now <= (uint64_t)1 << 63);
    uint64_t left = time_left(empty_at, now);
    ASSUME(left <= LIMITER_DEBT * rule.capacity_ticks);
    CLAIM(empty_at <= now ? left == 0 : now + left == empty_at, "the level is the time left");
    bool is_room = has_room(&rule, left, price);
    uint64_t charged = at_most(left + price * rule.unit_ticks, LIMITER_DEBT * rule.capacity_ticks);
    CLAIM(charged <= LIMITER_DEBT * rule.capacity_ticks, "what is charged stays within the debt");
    ASSUME(is_room);
    REACHED();
}

/* A new bucket is as full as the one around it, and never over. */
void
prove_limiter_inherited(void)
{
    struct limiter_rule child = any_rule(), parent = any_rule();
    uint64_t left = nondet_u64();
    uint64_t level = inherited(&child, &parent, left);
    CLAIM(level <= child.capacity_ticks, "it is at most full");
    CLAIM(left != 0 || level == 0, "around an empty one it is empty");
    CLAIM(left < parent.capacity_ticks || level == child.capacity_ticks,
          "in a full one it is full");
    REACHED();
}

/* A reload keeps what is held, within the debt of the new rule. */
void
prove_limiter_converted(void)
{
    struct limiter_rule from = any_rule(), to = any_rule();
    uint64_t left = nondet_u64();
    ASSUME(left <= LIMITER_DEBT * from.capacity_ticks);
    uint64_t level = converted(left, &from, &to);
    CLAIM(level <= LIMITER_DEBT * to.capacity_ticks, "it stays within the debt");
    CLAIM(left != 0 || level == 0, "nothing stays nothing");
    REACHED();
}

/* Wherever a prefix belongs in a table of any size: its group is inside, and it is found where it stands. */
void
prove_limiter_find(void)
{
    struct limiter_table table;
    unsigned shift = (unsigned)any_up_to(26);
    ASSUME(shift >= 3);
    size_t entries = (size_t)1 << shift;
    struct limiter_group *groups = any_octets(LIMITER_MEMORY_BYTES(entries));
    uint64_t tag = nondet_u64();
    limiter_table_init(&table, groups, entries, (struct hash_key){0});
    struct limiter_ref ref = limiter_table_find(&table, tag);
    CLAIM(ref.slot <= LIMITER_GROUP && ref.tag == tag, "a place of a group, or none");
    CLAIM(__CPROVER_w_ok(ref.group, sizeof *ref.group), "the group is of the table");
    CLAIM(((uintptr_t)ref.group - (uintptr_t)groups) % sizeof *groups == 0, "and no part of two");
    REACHED();
}

static size_t watched; /* any place of the group, in the contract of the loop */

/* What a group gives up for a newcomer is the bucket that is empty soonest. */
void
prove_limiter_place(void)
{
    static struct limiter_group group;
    __CPROVER_havoc_object(&group);
    struct limiter_group before = group;
    struct limiter_table table = {.replaced = nondet_u64()}, table_before = table;
    uint64_t now = nondet_u64(), empty_at = nondet_u64();
    size_t i = watched = any_up_to(LIMITER_GROUP - 1);
    struct limiter_ref ref = {.tag = nondet_u64(), .group = &group, .slot = LIMITER_GROUP};
    limiter_table_place(&table, &ref, now, empty_at);
    CLAIM(ref.slot < LIMITER_GROUP, "it has a place");
    CLAIM(group.tags[ref.slot] == ref.tag && group.empty_at[ref.slot] == empty_at,
          "it stands there");
    CLAIM(before.empty_at[ref.slot] <= before.empty_at[i], "the one that is empty soonest went");
    CLAIM(i == ref.slot ||
              (group.tags[i] == before.tags[i] && group.empty_at[i] == before.empty_at[i]),
          "no other is touched");
    CLAIM(table.replaced - table_before.replaced == (before.empty_at[ref.slot] > now),
          "it is counted if it was not empty");
    REACHED();
}

void
prove_limiter_price(void)
{
    uint32_t price = limiter_price_of_size(any_up_to(UINT16_MAX));
    CLAIM(price <= LIMITER_PRICE_MAX, "no answer costs more");
    REACHED();
}
