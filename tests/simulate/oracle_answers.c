/* oracle_answers.c - the right answer, in time, to those whose upstream has one
 * SPDX-License-Identifier: ISC
 */
#include "oracle.h"

#include "world_faults.h"
#include "world_upstreams.h"

#include <string.h>
#include <strings.h>

#define MARGIN_US     (30 * KERNEL_MS) /* the front's 10 ms before the end of a query, and 20 */
#define SETTLE_US     (10 * KERNEL_S)  /* upstreams must have been well so long */
#define FAULTY_WAY_US (20 * KERNEL_S)  /* that an answer can be held up */
#define SUSPICION_US                                                                               \
    (100 * KERNEL_MS) /* an upstream that is silent so long is probed (docs/LIMITS.md) */
#define PROBE_US    (50 * KERNEL_MS)
#define DEAD_POOLED 8  /* connections that are found dead, one after the other */
#define STALE_TTL_S 30 /* RFC 8767 */
#define EDE_STALE   3
#define RECHECK_US                                                                                 \
    (50 * KERNEL_S) /* 30 s after a failure (RFC 8767), and upstreams must be found well */
#define QUICK_US (500 * KERNEL_MS)

/* The time that an answer takes when all is well: dial, handshake, question; the slowest upstream. */
static uint64_t
time_of_way(void)
{
    uint64_t most_us = 0;
    for (unsigned i = 0; i < world.upstreams; i++) {
        uint64_t us = 3 * world_upstreams_rtt(i) + KERNEL_MS;
        most_us = us > most_us ? us : most_us;
    }
    return most_us;
}

/* L1: all upstreams were well, so whoever asks what they answer gets it, and when.
 * @return false: nothing can be said. @param by_us  written: when at the latest */
static bool
is_due(const struct ask *ask, uint64_t *by_us)
{
    uint64_t delay_us, life_us = world.query_ms * KERNEL_MS;
    uint64_t idle_us = process_idle_us() - ask->idle_us;
    if ((world.row->flags & WORLD_NO_POLICY) == 0 || ask->arrived_us == 0 || ask->is_flood ||
        ask->fate != POLICY_SERVED || oracle_tcp_may_be_late(ask) ||
        message_script(ask->act->text, &delay_us) != SCRIPT_ANSWER)
        return false;
    if (world_faults_over_us() + SETTLE_US > ask->arrived_us && world_faults_over_us() != 0)
        return false;
    if (ask->arrived_us < kernel_began() + KERNEL_S) /* it starts */
        return false;
    uint64_t takes_us = time_of_way() + delay_us + 5 * KERNEL_MS + idle_us + oracle_tcp_way_us(ask);
    *by_us = ask->arrived_us + takes_us;
    return takes_us + MARGIN_US <= life_us;
}

/* L2: one upstream is well, so whoever asks is answered when the others have been given up.
 * @return false: nothing can be said */
static bool
is_due_by_one(const struct ask *ask, uint64_t *by_us)
{
    uint64_t rtt_us = 0, life_us = world.query_ms * KERNEL_MS;
    if ((world.row->flags & WORLD_ONE_WELL) == 0 || ask->arrived_us < kernel_began() + KERNEL_S)
        return false;
    for (unsigned i = 0; i < world.upstreams; i++)
        rtt_us = world_upstreams_rtt(i) > rtt_us ? world_upstreams_rtt(i) : rtt_us;
    uint64_t suspected_us = 4 * rtt_us > SUSPICION_US ? 4 * rtt_us : SUSPICION_US;
    uint64_t probed_us = 2 * rtt_us > PROBE_US ? 2 * rtt_us : PROBE_US;
    uint64_t takes_us = suspected_us + probed_us + DEAD_POOLED * rtt_us + time_of_way() +
                        5 * KERNEL_MS + process_idle_us() - ask->idle_us;
    *by_us = ask->arrived_us + takes_us;
    return takes_us + MARGIN_US <= life_us;
}

/* It was due by then. */
static void
judge_liveness(const struct ask *ask, uint64_t by_us, const char *unanswered, const char *late)
{
    if (ask->facts.rcode != 0 || ask->facts.answers == 0)
        oracle_violation_of(unanswered, ": %s got RCODE %u", ask->act->text, ask->facts.rcode);
    else if (ask->ended_us > by_us)
        oracle_violation_of(late, ": %s by %u us", ask->act->text,
                            (unsigned)(ask->ended_us - by_us));
}

static void
judge_data(const struct ask *ask)
{
    const struct message_facts *facts = &ask->facts;
    const struct world_made *made = NULL;
    if (facts->rcode != 0 || facts->answers == 0)
        return;
    if (facts->has_address)
        made = world_upstreams_made(facts->address, ask->act->text);
    if (made == NULL) {
        oracle_violation_of("an answer that no upstream gave", ": %s", ask->act->text);
        return;
    }
    oracle_routes_answered(made, ask);
    /* the proxy counts from when it read it */
    bool is_quick = (world.row->flags & WORLD_NO_FAULT) != 0 && !oracle_tcp_may_be_late(ask);
    uint64_t way_us = is_quick ? time_of_way() + oracle_tcp_way_us(ask) : FAULTY_WAY_US;
    way_us += world.pacing_wait_ms * KERNEL_MS;
    uint64_t age_us = kernel_now() - made->at_us;
    uint64_t age_s = age_us > way_us ? (age_us - way_us) / KERNEL_S : 0;
    uint32_t ttl_s = message_ttl(ask->act->text);
    uint64_t left_s = age_s < ttl_s ? ttl_s - age_s : 0;
    bool is_stale = facts->ede == EDE_STALE && facts->ttl_s <= STALE_TTL_S;
    if (age_s > world.ttl_s + (is_stale ? world.stale_s : 0) + 1)
        oracle_violation_of("an answer is served past its time", ": %s, made %llu s ago",
                            ask->act->text, (unsigned long long)age_s);
    if (facts->ttl_s > left_s && !is_stale)
        oracle_violation_of("an answer lives longer than its record", ": %u s, %u left",
                            (unsigned)facts->ttl_s, (unsigned)left_s);
}

/* While upstreams work nobody gets a stale answer. */
static void
judge_stale(const struct ask *ask)
{
    uint64_t delay_us, over_us = world_faults_over_us();
    if (ask->facts.ede != EDE_STALE || message_script(ask->act->text, &delay_us) != SCRIPT_ANSWER ||
        delay_us > QUICK_US || (over_us != 0 && over_us + RECHECK_US > ask->arrived_us))
        return;
    oracle_violation_of("a stale answer while upstreams work", ": %s", ask->act->text);
}

/* An error that all upstreams give is told, not replaced. */
static void
judge_error(const struct ask *ask)
{
    uint64_t delay_us;
    if ((world.row->flags & WORLD_NO_FAULT) != 0 &&
        message_script(ask->act->text, &delay_us) == SCRIPT_ERROR &&
        ask->facts.rcode != MESSAGE_ERROR_RCODE)
        oracle_violation_of("an upstream's error is not told", ": %s got RCODE %u", ask->act->text,
                            ask->facts.rcode);
}

void
oracle_answers_judge(const struct ask *ask)
{
    const struct message_facts *facts = &ask->facts;
    uint64_t by_us;
    if ((facts->flags & 0x8000) == 0)
        oracle_violation("a query in place of a response");
    if (strcmp(facts->name, ask->act->text) != 0 || facts->type != ask->type)
        oracle_violation_of("a response to another question", ": %s, not %s", facts->name,
                            ask->act->text);
    judge_data(ask);
    judge_stale(ask);
    judge_error(ask);
    if ((world.row->flags & WORLD_ANSWERS) != 0 && (facts->rcode != 0 || facts->answers == 0))
        oracle_violation_of("the death of a worker costs an answer", ": %s got RCODE %u",
                            ask->act->text, facts->rcode);
    if (is_due(ask, &by_us))
        judge_liveness(ask, by_us, "an upstream would have answered (L1)",
                       "an answer is late (L1)");
    if (is_due_by_one(ask, &by_us))
        judge_liveness(ask, by_us, "the upstream that is well would have answered (L2)",
                       "an answer is late (L2)");
}

void
oracle_answers_overdue(const struct ask *ask)
{
    if ((world.row->flags & (WORLD_NO_POLICY | WORLD_ENDS)) == 0)
        return;
    if (ask->conn != NULL && (ask->conn->closed_us != 0 || ask->conn->has_left))
        return;                                       /* judged when it was closed */
    if (world_faults_front_died_us() >= ask->sent_us) /* it died with the query */
        return;
    if (world_faults_is_stopped() && ask->arrived_us + KERNEL_MS > world_faults_stopped_us())
        return; /* nothing is read once it was told to stop */
    oracle_violation_of("a query without an end (L3)", ": %s", ask->act->text);
}
