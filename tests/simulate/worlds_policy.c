/* worlds_policy.c - worlds that are about who may ask, and how much
 * SPDX-License-Identifier: ISC
 */
#include "worlds.h"

#include "draw.h"
#include "world_clients.h"
#include "world_tcp.h"

#include <stdio.h>
#include <string.h>

#define LONG_US (20 * KERNEL_S)

static char access_text[4096]; /* for the configuration */
static size_t access_size;

static void
put(const char *text)
{
    access_size +=
        (size_t)snprintf(access_text + access_size, sizeof access_text - access_size, "%s", text);
}

static void
put_list(const char *name, const struct policy_list *list)
{
    char text[ADDR_TEXT_MAX], item[ADDR_TEXT_MAX + 4];
    put(name);
    put(": [");
    for (unsigned i = 0; i < list->count; i++) {
        snprintf(item, sizeof item, "\"%s\", ", addr_prefix_format(&list->of[i], text));
        put(item);
    }
    put("]");
}

static void
clear_behind(struct addr *addr, unsigned length)
{
    for (unsigned bit = length; bit < 128; bit++)
        addr->bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
}

static bool
is_in_list(const struct policy_list *list, const struct addr_prefix *prefix)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->of[i].length == prefix->length && addr_is_equal(&list->of[i].addr, &prefix->addr))
            return true;
    return false;
}

/* Prefixes around clients, of any length. @param wide  the first so many are not long */
static void
draw_list(uint64_t *dice, struct policy_list *list, unsigned wide)
{
    unsigned count = wide + (unsigned)draw_next(dice, POLICY_PREFIXES - wide + 1);
    for (unsigned i = 0; i < count; i++) {
        uint64_t longer = draw_next(dice, i < wide ? 12 : 25);
        uint64_t who = worlds_client(dice, 1U << 16);
        struct addr_prefix prefix = {.addr = world_clients_address(who)};
        prefix.length = (uint8_t)((who >= WORLDS_IPV6 ? 104 : 8) + longer);
        clear_behind(&prefix.addr, prefix.length);
        if (!is_in_list(list, &prefix))
            list->of[list->count++] = prefix;
    }
}

static void
begin_policy(void)
{
    access_size = 0;
    world.policy.is_on = true;
    put("acl: {");
    put_list("allow", &world.policy.allow);
    put(", ");
    put_list("deny", &world.policy.deny);
    put("}, ");
}

/* What nobody may ask has a name that no upstream may hear. */
static void
ask(uint64_t at_us, uint64_t who, uint64_t number)
{
    struct addr client = world_clients_address(who);
    worlds_ask(at_us, who, policy_allows(&world.policy, &client) ? "" : "x-", number);
}

void
worlds_access(uint64_t *dice)
{
    uint64_t number = 0;
    draw_list(dice, &world.policy.allow, 2);
    draw_list(dice, &world.policy.deny, 0);
    begin_policy();
    put("rates: {mode: off}");
    world_begin_config_of(1 + (unsigned)draw_next(dice, 2), 1, access_text);
    world_say("cache: {size: %s}, timeouts: {tcp_idle: 3s}",
              draw_next(dice, 2) == 0 ? "off" : "4MiB");
    world.tcp_idle_ms = 3000;
    for (uint64_t at_us = WORLDS_BEGIN_US, conn = 0; at_us < LONG_US;
         at_us += 1 + draw_next(dice, 20 * KERNEL_MS)) {
        uint64_t who = worlds_client(dice, 1U << 16);
        if (draw_next(dice, 2) == 0) { /* beside a border */
            const struct policy_list *list =
                draw_next(dice, 2) == 0 ? &world.policy.allow : &world.policy.deny;
            const struct addr_prefix *prefix = &list->of[draw_next(dice, POLICY_PREFIXES)];
            const uint8_t *tail = prefix->addr.bytes + (prefix->addr.family == ADDR_IPV6 ? 13 : 1);
            uint64_t first = (uint64_t)tail[0] << 16 | (uint64_t)tail[1] << 8 | tail[2];
            who = (first + draw_next(dice, 3) - 1) & 0xffffff;
            who |= prefix->addr.family == ADDR_IPV6 ? WORLDS_IPV6 : 0;
        }
        ask(at_us, who, number++);
        if (draw_next(dice, 8) > 0)
            continue;
        struct act *act = world_add(at_us, ACT_CONNECT, who);
        struct addr client = world_clients_address(who);
        act->number = conn;
        act = world_add(at_us + draw_next(dice, KERNEL_MS), ACT_SAY, conn++);
        snprintf(act->text, sizeof act->text, "%st%llu.example",
                 policy_allows(&world.policy, &client) ? "" : "x-", (unsigned long long)number++);
    }
}

/* --- rates ----------------------------------------------------------------------------------- */

static void
put_rates(const char *name, const struct policy_rates *rates)
{
    char item[64];
    put(name);
    put(": [");
    for (unsigned i = 0; i < rates->count; i++) {
        snprintf(item, sizeof item, "\"/%u %u/s %u\", ", rates->of[i].length, rates->of[i].per_s,
                 rates->of[i].burst);
        put(item);
    }
    put("], ");
}

/* Of a client, of the network around it and of the one around that, or of some of these. */
static void
draw_rates(uint64_t *dice, struct policy_rates *rates, const unsigned lengths[3], unsigned times)
{
    unsigned per_s = (2 + (unsigned)draw_next(dice, 40)) * times;
    unsigned burst = per_s * (1 + (unsigned)draw_next(dice, 3));
    for (unsigned i = 0; i < 3; i++) {
        if (i == 2 || draw_next(dice, 8) > 0)
            rates->of[rates->count++] =
                (struct policy_rate){.length = lengths[i], .per_s = per_s, .burst = burst};
        unsigned more = 1 + (unsigned)draw_next(dice, 4);
        per_s *= more;
        burst *= more;
    }
}

/* A client asks at about so many times the rate of one. */
static void
add_client(uint64_t *dice, uint64_t who, unsigned per_s, uint64_t *number)
{
    uint64_t apart_us = 2 * KERNEL_S / (per_s > 0 ? per_s : 1);
    uint64_t at_us = WORLDS_BEGIN_US + draw_next(dice, 10 * KERNEL_S);
    uint64_t end_us = at_us + draw_next(dice, 10 * KERNEL_S);
    for (; at_us < end_us; at_us += 1 + draw_next(dice, apart_us))
        ask(at_us, who, (*number)++);
}

static void
add_connection(uint64_t *dice, uint64_t who, uint64_t conn, unsigned per_s, uint64_t *number)
{
    uint64_t at_us = WORLDS_BEGIN_US + draw_next(dice, 10 * KERNEL_S);
    world_add(at_us, ACT_CONNECT, who)->number = conn;
    for (unsigned i = 0; i < 100 && at_us < LONG_US; i++) {
        at_us += 1 + draw_next(dice, 2 * KERNEL_S / (per_s > 0 ? per_s : 1));
        struct act *act = world_add(at_us, ACT_SAY, conn);
        snprintf(act->text, sizeof act->text, "q%llu.example", (unsigned long long)(*number)++);
    }
}

void
worlds_begin_rates(uint64_t *dice)
{
    static const unsigned lengths[2][3] = {{32, 24, 20}, {128, 120, 108}};
    struct policy *policy = &world.policy;
    char text[64];
    for (unsigned family = 0; family < 2; family++) {
        draw_rates(dice, &policy->rates[POLICY_UNPROVEN][family], lengths[family], 1);
        draw_rates(dice, &policy->rates[POLICY_PROVEN][family], lengths[family], 2);
    }
    policy->allow = (struct policy_list){
        .of = {{.addr = {.family = ADDR_IPV4}}, {.addr = {.family = ADDR_IPV6}}}, .count = 2};
    if (draw_next(dice, 3) == 0)
        draw_list(dice, &policy->exempt, 1);
    policy->slip = (unsigned)draw_next(dice, 4);
    begin_policy();
    snprintf(text, sizeof text, "rates: {mode: enforce, slip: %u, ", policy->slip);
    put(text);
    put_rates("ipv4", &policy->rates[POLICY_UNPROVEN][0]);
    put_rates("ipv6", &policy->rates[POLICY_UNPROVEN][1]);
    put_rates("proven_ipv4", &policy->rates[POLICY_PROVEN][0]);
    put_rates("proven_ipv6", &policy->rates[POLICY_PROVEN][1]);
    put_list("exempt", &policy->exempt);
    put("}");
    world_begin_config_of(1, 1, access_text);
}

void
worlds_rates(uint64_t *dice)
{
    const struct policy *policy = &world.policy;
    uint64_t number = 0;
    worlds_begin_rates(dice);
    world_say("cache: {size: off}, timeouts: {tcp_idle: 3s}");
    world.tcp_idle_ms = 3000;
    world.cookies_in = 3;
    for (unsigned i = 0, conn = 0; i < 24; i++) {
        uint64_t place = draw_next(dice, 3 * 3 * 6),
                 who = place / 18 << 12 | place / 6 % 3 << 8 | place % 6;
        who += draw_next(dice, 2) * WORLDS_IPV6;
        unsigned per_s = policy->rates[POLICY_UNPROVEN][who >= WORLDS_IPV6].of[0].per_s;
        per_s = per_s * (1 + (unsigned)draw_next(dice, 20)) / 5;
        if (draw_next(dice, 5) > 0)
            add_client(dice, who, per_s, &number);
        else
            add_connection(dice, who, conn++, per_s, &number);
    }
}
