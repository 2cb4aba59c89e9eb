/* oracle_policy.c - each client gets what access list and rates give it, and nobody more
 * SPDX-License-Identifier: ISC
 */
#include "oracle.h"

#include "policy.h"

#include <stdlib.h>
#include <string.h>

#define COOKIE_SIZE    24 /* the client's half and ours */
#define REFUSED        5
#define EDE_PROHIBITED 18
#define WINDOWS        1024

static struct {
    struct ask **taken; /* in the order in which fronts took them */
    size_t count, room;
} policy_asks;

void
oracle_policy_begin(void)
{
    policy_asks.count = 0;
    policy_begin();
}

static void
note(struct ask *ask)
{
    if (policy_asks.count == policy_asks.room) {
        policy_asks.room = policy_asks.room > 0 ? 2 * policy_asks.room : 1024;
        policy_asks.taken = realloc(policy_asks.taken, policy_asks.room * sizeof(struct ask *));
        if (policy_asks.taken == NULL)
            abort();
    }
    policy_asks.taken[policy_asks.count++] = ask;
}

void
oracle_policy_taken(struct ask *ask)
{
    if (!world.policy.is_on)
        return;
    ask->taken_us = kernel_now();
    ask->fate = policy_take(&world.policy, &ask->from, ask->conn != NULL,
                            ask->cookie_size == COOKIE_SIZE, kernel_now() / KERNEL_MS);
    note(ask);
}

/* --- what it got ----------------------------------------------------------------------------- */

static bool
is_fate(const struct ask *ask)
{
    const struct message_facts *facts = &ask->facts;
    bool is_short = facts->is_truncated && facts->answers == 0;
    bool is_refused = facts->rcode == REFUSED && facts->ede == EDE_PROHIBITED;
    switch (ask->fate) {
    case POLICY_SERVED:
        return ask->responses > 0 && !is_short && !is_refused;
    case POLICY_SLIPPED:
        return ask->responses > 0 && is_short;
    case POLICY_DROPPED:
        return ask->responses == 0;
    case POLICY_REFUSED:
        return ask->responses > 0 && is_refused;
    }
    return false;
}

static void
judge_fate(const struct ask *ask)
{
    static const char *const violations[] = {
        [POLICY_SERVED] = "a query within its rate is limited",
        [POLICY_SLIPPED] = "a query over its rate, whose turn it is, is not answered by TC=1",
        [POLICY_DROPPED] = "a query that must be dropped gets a response",
        [POLICY_REFUSED] = "a proven client over its rate does not get REFUSED",
    };
    if (!is_fate(ask))
        oracle_violation_of(violations[ask->fate], ": %s, %u responses, RCODE %u, EDE %u",
                            ask->act->text, ask->responses, ask->facts.rcode, ask->facts.ede);
}

/* --- in any window --------------------------------------------------------------------------- */

static struct window { /* of a network: what it was served, and has not leaked yet */
    enum policy_table table;
    struct addr_prefix network;
    uint64_t at_us;
    double queries;
} windows[WINDOWS];

static struct window *
window_of(const struct addr *client, enum policy_table table, unsigned length)
{
    for (size_t i = 0; i < WINDOWS; i++) {
        struct window *window = &windows[i];
        const struct policy_list one = {.of = {window->network}, .count = 1};
        if (window->network.addr.family == ADDR_NONE) {
            window->table = table;
            window->network = (struct addr_prefix){.addr = *client, .length = (uint8_t)length};
            return window;
        }
        if (window->table == table && window->network.length == length && policy_has(&one, client))
            return window;
    }
    abort();
}

/* Queries served to a network between any two moments: burst and rate, and one that was half over. */
static void
judge_window(const struct ask *ask, enum policy_table table, const struct policy_rate *rate)
{
    struct window *window = window_of(&ask->from, table, rate->length);
    double most = rate->burst + 1 + rate->per_s / 1000.0;
    window->queries -= rate->per_s * (double)(ask->taken_us - window->at_us) / 1e6;
    window->queries = (window->queries > 0 ? window->queries : 0) + 1;
    window->at_us = ask->taken_us;
    if (window->queries > most)
        oracle_violation_of("a network is served more than its rate", ": /%u, %s", rate->length,
                            ask->act->text);
}

/* Of those whose rates are certain: a valid cookie may have been needed, or not. */
static void
judge_windows(const struct ask *ask)
{
    enum policy_table table = ask->conn != NULL ? POLICY_PROVEN : POLICY_UNPROVEN;
    const struct policy_rates *rates = &world.policy.rates[table][ask->from.family == ADDR_IPV6];
    if (ask->responses == 0 || ask->facts.answers == 0 || ask->cookie_size == COOKIE_SIZE ||
        policy_has(&world.policy.exempt, &ask->from))
        return;
    for (unsigned i = 0; i < rates->count; i++)
        judge_window(ask, table, &rates->of[i]);
}

void
oracle_policy_end(void)
{
    memset(windows, 0, sizeof windows);
    for (size_t i = 0; i < policy_asks.count; i++) {
        judge_fate(policy_asks.taken[i]);
        judge_windows(policy_asks.taken[i]);
    }
}
