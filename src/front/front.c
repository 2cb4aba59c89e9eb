/* front.c - see front.h
 * SPDX-License-Identifier: ISC
 */
#include "front/front.h"

#include "lane/heartbeat.h"

#include "front/admit.h"
#include "front/front_control.h"
#include "front/tcp_accept.h"
#include "front/tcp_greeting.h"
#include "front/tcp_table.h"
#include "os/log.h"

/* --- what a turn takes ----------------------------------------------------------------------- */

/* A connection may come at the cost of another, whose queries end with it. */
static void
take_connections(struct front *front, const struct clock_time *now)
{
    struct query_client gone;
    while (tcp_accept_next(&front->tcp, now, &gone))
        if (gone.connection != 0)
            admit_gone(front, &gone, now);
}

static void
take_parked(struct front *front, const struct clock_time *now)
{
    struct query_client gone;
    while (tcp_accept_next_parked(&front->tcp, now, &gone))
        admit_gone(front, &gone, now);
}

static void
take_udp(struct front *front, const struct clock_time *now)
{
    const uint8_t *message;
    size_t size;
    struct query *draft = inflight_draft(&front->waiting.queries);
    struct verdict verdict;
    while (udp_next(&front->udp, &draft->client, &message, &size)) {
        if (balancers_pass(&front->balancers, &draft->client, &message, &size, now, &verdict)) {
            admit_message(front, draft, message, size, now);
        } else {
            draft->arrived_us = now->now_us;
            admit_not(front, draft, &verdict, now);
        }
        draft = inflight_draft(&front->waiting.queries);
    }
}

static void
take_tcp(struct front *front, const struct clock_time *now)
{
    const uint8_t *message;
    size_t size;
    struct query *draft = inflight_draft(&front->waiting.queries);
    while (tcp_next(&front->tcp, &draft->client, &message, &size)) {
        admit_message(front, draft, message, size, now);
        draft = inflight_draft(&front->waiting.queries);
    }
}

static void
take_answers(struct front *front, const struct clock_time *now)
{
    struct handoff_answer answer;
    struct inflight_question *question;
    while ((question = uplink_next(&front->uplink, &answer)) != NULL)
        admit_answer(front, question, &answer, now);
}

/* SERVFAIL, while the client still waits for an answer. */
static void
expire_questions(struct front *front, const struct clock_time *now)
{
    for (int i = 0; i < FRONT_EXPIRE_BATCH && front->waiting.inflight.alive > 0; i++) {
        struct inflight_question *question = inflight_first_due(&front->waiting.inflight);
        if (question == NULL || question->deadline_ms > now->now_ms)
            return;
        admit_timeout(front, question, now);
    }
}

/* A part of what an operator wants forgotten. */
static void
flush_some(struct front *front)
{
    if (flush_step(&front->recall.flush, front->recall.cache))
        front_control_flushed(front);
}

/* --- the rest after a turn ------------------------------------------------------------------- */

void
front_nap_init(struct nap *nap, uint64_t now_us, const struct nap_count *count)
{
    *nap = (struct nap){.window_us = now_us, .before = *count, .last = count->messages};
}

bool
front_nap_is_due(const struct nap *nap, uint64_t now_us)
{
    return now_us - nap->window_us >= NAP_WINDOW_US;
}

/* Processor time of the lane. We are not told the worker's: a question costs it about what it
 * costs us, and it cannot make us believe in more than one for each query. */
static uint64_t
lane_us(const struct nap_count *before, const struct nap_count *now)
{
    uint64_t own_us = now->cpu_us - before->cpu_us;
    uint64_t queries = now->queries - before->queries;
    uint64_t questions = now->questions - before->questions;
    if (questions >= queries)
        return own_us * 2;
    return own_us + own_us * questions / queries;
}

static uint32_t
shorter(uint32_t us, uint64_t windows)
{
    return windows * NAP_STEP_US < us ? us - (uint32_t)windows * NAP_STEP_US : 0;
}

void
front_nap_judge(struct nap *nap, uint64_t now_us, const struct nap_count *count)
{
    uint64_t took_us = now_us - nap->window_us; /* it grows with a pause before the turn */
    uint64_t used_us = lane_us(&nap->before, count);
    uint64_t messages = count->messages - nap->before.messages;
    bool is_worth = messages * NAP_MAX_US >= NAP_GATHER * took_us;
    if (!is_worth || used_us * 100 < NAP_LOW_SHARE * took_us)
        nap->us = shorter(nap->us, took_us / NAP_WINDOW_US);
    else if (used_us * 100 >= NAP_HIGH_SHARE * took_us && nap->us < NAP_MAX_US)
        nap->us += NAP_STEP_US;
    nap->window_us = now_us;
    nap->before = *count;
}

uint32_t
front_nap_after_turn(struct nap *nap, uint64_t messages)
{
    uint64_t in_turn = messages - nap->last;
    nap->last = messages;
    return in_turn < NAP_FULL ? nap->us : 0;
}

static uint64_t
counted(const struct front *front, enum stats_counter counter)
{
    return stats_load(&front->self.stats->counts[counter]);
}

/* What has passed since the process began; its processor time only if asked for. */
static struct nap_count
count_passed(const struct front *front, bool with_cpu)
{
    uint64_t queries = counted(front, STAT_UDP_QUERIES) + counted(front, STAT_TCP_QUERIES);
    uint64_t answers = counted(front, STAT_UDP_ANSWERS) + counted(front, STAT_TCP_ANSWERS);
    return (struct nap_count){.cpu_us = with_cpu ? evloop_cpu_us() : 0,
                              .queries = queries,
                              .questions = front->uplink.taken,
                              .messages = queries + answers};
}

/* Let messages gather, if this is a time for it. */
static void
rest(struct front *front)
{
    uint64_t now_us = front->loop.now_us;
    bool is_due = front_nap_is_due(&front->nap, now_us);
    struct nap_count count = count_passed(front, is_due);
    if (is_due)
        front_nap_judge(&front->nap, now_us, &count);
    uint32_t us = front_nap_after_turn(&front->nap, count.messages);
    if (us > 0)
        evloop_rest(us);
}

/* --- the turn -------------------------------------------------------------------------------- */

/* Is there a connection, or one that waits to come? Else there is nothing to do for TCP. */
static bool
is_tcp_used(const struct tcp *tcp)
{
    return tcp->open > 0 || tcp->park.count > 0 || tcp->greetings.count > 0 ||
           tcp->accept_again_us != 0;
}

/* Can a worker have said something? It rings where we sleep, and it owes nothing but answers. */
static bool
is_uplink_used(const struct front *front)
{
    bool is_used = front->waiting.inflight.alive > 0;
    for (unsigned i = 0; i < UPLINK_LINKS; i++)
        is_used = is_used || front->uplink.links[i].has_more;
    return is_used;
}

static uint64_t
sooner(uint64_t a_us, uint64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

static uint64_t
deadline_us(const struct front *front)
{
    const struct inflight *questions = &front->waiting.inflight;
    const struct inflight_question *question =
        questions->alive > 0 ? inflight_first_due(questions) : NULL;
    uint64_t earliest = front->loop.now_us + HEARTBEAT_MS * 1000;
    if (question != NULL)
        earliest = sooner(earliest, question->deadline_ms * 1000);
    if (is_tcp_used(&front->tcp))
        earliest = sooner(earliest, tcp_deadline_us(&front->tcp));
    if (front->stop_us != 0)
        earliest = sooner(earliest, front->reads_us != 0 ? front->reads_us : front->stop_us);
    earliest = sooner(earliest, recall_deadline_us(&front->recall));
    if (front->pacing.count > 0)
        earliest = sooner(earliest, pacing_deadline_us(&front->pacing));
    return earliest;
}

bool
front_is_over(const struct front *front)
{
    bool is_empty =
        front->waiting.queries.alive == 0 && front->pacing.count == 0 && front->tcp.open == 0;
    return front->stop_us != 0 && front->reads_us == 0 &&
           (is_empty || front->loop.now_us >= front->stop_us);
}

/*
 * What a client sent before we were told to stop is in the kernel by then: it is taken, until a turn
 * finds nothing. Where another penstock has taken the sockets over, that is its to read; the
 * connections are still ours, and may come to their end.
 */
static void
read_last(struct front *front, const struct clock_time *now)
{
    uint64_t read = counted(front, STAT_UDP_QUERIES) + counted(front, STAT_TCP_QUERIES) +
                    counted(front, STAT_TCP_ACCEPTED);
    bool is_quiet = read == front->read;
    front->read = read;
    bool is_done = front->is_held ? front->tcp.open == 0 && front->tcp.park.count == 0 &&
                                        front->tcp.greetings.count == 0
                                  : is_quiet;
    if (!is_done && now->now_us < front->reads_us)
        return;
    front->reads_us = 0;
    udp_stop(&front->udp);
    tcp_stop(&front->tcp);
}

static void
show_levels(struct front *front)
{
    stats_add(front->self.stats, STAT_TURNS, 1);
    child_usage_show(&front->usage, front->self.stats, front->loop.now_us);
    stats_set(front->self.stats, STAT_QUERIES_ALIVE, front->waiting.queries.alive);
    stats_set(front->self.stats, STAT_QUESTIONS_QUEUED, front->waiting.inflight.queued);
    if (front->recall.cache != NULL) {
        const struct cache_counts *cache = cache_counts(front->recall.cache);
        stats_set(front->self.stats, STAT_CACHE_ENTRIES, cache->entries);
        stats_set(front->self.stats, STAT_CACHE_BYTES,
                  (uint64_t)cache->chunks_used * CACHE_CHUNK_BYTES);
        stats_set(front->self.stats, STAT_CACHE_MISSES, front->before.cache_misses + cache->misses);
        stats_set(front->self.stats, STAT_CACHE_EVICTED,
                  front->before.cache_evicted + cache->evicted);
    }
    if (!is_uplink_used(front))
        stats_set(front->self.stats, STAT_RING_DEPTH, 0);
    stats_set(front->self.stats, STAT_ANSWERS_HELD, front->pacing.count);
    stats_set(front->self.stats, STAT_RATES_FORGIVEN_MS,
              front->before.rates_forgiven_ms +
                  limiter_forgiven_ms(&front->rate.tables[RATE_UNPROVEN]) +
                  limiter_forgiven_ms(&front->rate.tables[RATE_PROVEN]));
}

/* Connections: those whose time has come or is over, what had to wait until others were answered,
 * and answers. */
static void
turn_tcp(struct front *front, const struct clock_time *now)
{
    take_parked(front, now);
    tcp_accept_resume(&front->tcp, now);
    tcp_table_expire(&front->tcp, now);
    tcp_greeting_expire(&front->tcp, now);
    take_tcp(front, now);
    tcp_settle(&front->tcp, now);
}

void
front_begin(struct front *front)
{
    struct nap_count nothing = count_passed(front, true);
    front->before =
        (struct front_before){.cache_misses = counted(front, STAT_CACHE_MISSES),
                              .cache_evicted = counted(front, STAT_CACHE_EVICTED),
                              .rates_forgiven_ms = counted(front, STAT_RATES_FORGIVEN_MS)};
    front_nap_init(&front->nap, front->loop.now_us, &nothing);
}

/* Handlers only mark what is ready: here it is taken and answered. */
uint64_t
front_turn(struct front *front, struct clock_time time)
{
    const struct clock_time *now = &time;
    evloop_dispatch(&front->loop, time);
    bool is_awake = is_uplink_used(front);
    if (is_awake)
        uplink_wake(&front->uplink);
    if (front->tcp.has_arrivals)
        take_connections(front, now);
    take_udp(front, now);
    if (is_tcp_used(&front->tcp))
        take_tcp(front, now);
    if (front->reads_us != 0)
        read_last(front, now);
    if (is_uplink_used(front))
        take_answers(front, now);
    admit_stale(front, now);
    expire_questions(front, now);
    if (front->pacing.count > 0)
        deliver_release(&front->deliver, now);
    if (is_tcp_used(&front->tcp))
        turn_tcp(front, now);
    if (front->waiting.inflight.queued > 0)
        uplink_submit(&front->uplink); /* before the answers: the worker begins while we send */
    if (front->uplink.has_broken)
        front_control_report(front);
    deliver_flush(&front->deliver);
    if (front->recall.flush.is_under_way)
        flush_some(front);
    recording_tick(&front->recording, now);
    show_levels(front);
    rest(front);
    bool is_asleep = !(is_awake || is_uplink_used(front)) || uplink_sleep(&front->uplink);
    if (!is_asleep || front->recall.flush.is_under_way)
        return 0;
    if (front->reads_us != 0 && !front->is_held)
        return 0;
    return deadline_us(front);
}
