/* prove_limiter.c - the arithmetic of the limiter: no level passes its bound, no product its width
 * SPDX-License-Identifier: ISC
 *
 * The functions are static ones of gate/limiter.c. A rule is any that its own reader makes of a rate
 * and burst up to RATE_MOST.
 */
#include "gate/limiter.c"

#include "prove.h"

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
}

/* What has room stays within the burst, what is charged within the debt. */
void
prove_limiter_room(void)
{
    struct limiter_rule rule = any_rule();
    uint32_t price = (uint32_t)any_up_to(LIMITER_PRICE_MAX);
    uint64_t now = nondet_u64(), empty_at = nondet_u64();
    ASSUME(now <= (uint64_t)1 << 63);
    uint64_t left = time_left(empty_at, now);
    ASSUME(left <= LIMITER_DEBT * rule.capacity_ticks);
    CLAIM(empty_at <= now ? left == 0 : now + left == empty_at, "the level is the time left");
    uint64_t poured = left + price * rule.unit_ticks;
    CLAIM(poured >= left, "what is poured is more");
    CLAIM(!has_room(&rule, left, price) || poured <= rule.capacity_ticks,
          "what passes stays within the burst");
    CLAIM(at_most(poured, LIMITER_DEBT * rule.capacity_ticks) <= LIMITER_DEBT * rule.capacity_ticks,
          "what is charged stays within the debt");
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
}

/* A group of a table: what it replaces is the one that is empty soonest. */
void
prove_limiter_place(void)
{
    struct limiter_group *group = any_octets(sizeof *group);
    struct limiter_group before = *group;
    struct limiter_table table;
    limiter_table_init(&table, group, LIMITER_GROUP, (struct hash_key){0});
    uint64_t tag = nondet_u64(), now = nondet_u64(), empty_at = nondet_u64();
    size_t i = any_up_to(LIMITER_GROUP - 1);
    ASSUME(tag != 0);
    struct limiter_ref ref = limiter_table_find(&table, tag);
    CLAIM(ref.group == group && ref.slot <= LIMITER_GROUP, "a place of the group, or none");
    CLAIM(ref.slot == LIMITER_GROUP ? before.tags[i] != tag : before.tags[ref.slot] == tag,
          "it is found exactly where it stands");
    ASSUME(ref.slot == LIMITER_GROUP);
    limiter_table_place(&table, &ref, now, empty_at);
    CLAIM(ref.slot < LIMITER_GROUP, "it has a place");
    CLAIM(group->tags[ref.slot] == tag && group->empty_at[ref.slot] == empty_at, "it stands there");
    CLAIM(before.empty_at[ref.slot] <= before.empty_at[i], "the one that is empty soonest went");
    CLAIM(i == ref.slot ||
              (group->tags[i] == before.tags[i] && group->empty_at[i] == before.empty_at[i]),
          "no other is touched");
    CLAIM(table.replaced == (before.empty_at[ref.slot] > now), "it is counted if it was not empty");
}

void
prove_limiter_price(void)
{
    uint32_t price = limiter_price_of_size(any_up_to(UINT16_MAX));
    CLAIM(price <= LIMITER_PRICE_MAX, "no answer costs more");
}
