/* recall.c - see recall.h
 * SPDX-License-Identifier: ISC
 */
#include "front/recall.h"

#include "dns/dns_traits.h"
#include "os/log.h"
#include "os/memory.h"

#define MS_PER_S 1000u
#define US_PER_S 1000000u

/* Configured durations are in ms; a part of a second counts as a whole one. */
static uint32_t
seconds(uint32_t ms)
{
    return ms / MS_PER_S + (ms % MS_PER_S != 0);
}

void
recall_change(struct recall *recall, const struct config *config)
{
    recall->config = config;
    recall->times = (struct cache_times){
        .ttl_min_s = seconds(config->cache_ttl_min_ms),
        .ttl_max_s = seconds(config->cache_ttl_max_ms),
        .negative_max_s = seconds(config->cache_negative_max_ms),
        .failure_s = seconds(config->cache_failure_ms),
    };
}

void
recall_reserve(struct recall *recall, const struct config *config, const struct recall_parts *parts,
               const struct clock_time *now)
{
    size_t bytes = (size_t)config->cache_bytes;
    recall->stats = parts->stats;
    recall->local = parts->local;
    recall->waiting = parts->waiting;
    recall_change(recall, config);
    recall->prefetch = leak_make(0, RECALL_PREFETCH_BURST, now->now_ms);
    recall->dues.first_at = UINT64_MAX; /* without a cache nothing is ever due */
    if (bytes == 0)
        return;
    uint32_t slots = inflight_slots(config->queries * WAITING_QUESTIONS);
    void *memory = memory_reserve(bytes), *dues = memory_reserve(deadlines_bytes(slots));
    recall->message = memory_reserve(CACHE_MESSAGE_MAX);
    recall->waits = memory_reserve(slots * sizeof *recall->waits);
    if (memory == NULL || recall->message == NULL || recall->waits == NULL || dues == NULL)
        log_fatal("cannot reserve memory for a cache of %zu octets", bytes);
    deadlines_init(&recall->dues, dues, slots);
    recall->cache = cache_init(memory, bytes);
}

static struct cache_key
key_of_query(const struct query *query)
{
    return (struct cache_key){&query->dns.question, query->dns.flags,
                              query->dns.edns.present && query->dns.edns.dnssec_ok, query->hash};
}

static struct cache_key
key_of_question(const struct inflight_question *question)
{
    return (struct cache_key){&question->question, question->flags, question->dnssec_ok,
                              question->hash};
}

/* Ask again while the answer still serves. */
static void
refresh(struct recall *recall, const struct query *query, const struct clock_time *now)
{
    const struct cache_hit *hit = &recall->hit;
    uint32_t left_s = hit->ttl_s - hit->age_s;
    if (!recall->config->cache_prefetch || hit->hits < RECALL_PREFETCH_HITS ||
        left_s > hit->ttl_s / RECALL_PREFETCH_PART || cache_is_failure(&hit->answer) ||
        leak_free(&recall->prefetch, now->now_ms) == 0)
        return;
    if (waiting_ask(recall->waiting, query, now) != INFLIGHT_STARTED)
        return;
    (void)leak_take(&recall->prefetch, 1, now->now_ms);
    stats_add(recall->stats, STAT_CACHE_PREFETCHED, 1);
}

static struct verdict
verdict_of(const struct recall *recall, enum why why)
{
    return (struct verdict){.end = VERDICT_ANSWER,
                            .why = (uint8_t)why,
                            .form = VERDICT_RECORDS,
                            .message = recall->message,
                            .answer = &recall->hit.answer};
}

static struct verdict
give_fresh(struct recall *recall)
{
    struct cache_hit *hit = &recall->hit;
    if (hit->age_s > 0)
        dns_answer_age(recall->message, &hit->answer, hit->age_s, false, 0);
    if (cache_is_failure(&hit->answer) && hit->answer.ede == DNS_EDE_NONE)
        hit->answer.ede = DNS_EDE_CACHED_ERROR;
    if (recall->prefetch.level > 0)
        leak_earn(&recall->prefetch, RECALL_PREFETCH_MILLI);
    stats_latency(recall->stats, STATS_STAGE_ANSWER, 0);
    return verdict_of(recall, WHY_CACHE_HIT);
}

/* The answer as it is told when it is past its time (RFC 8767 section 5). */
static struct verdict
give_stale(struct recall *recall)
{
    struct cache_hit *hit = &recall->hit;
    dns_answer_age(recall->message, &hit->answer, 0, true, RECALL_STALE_TTL_S);
    hit->answer.ede = DNS_EDE_STALE_ANSWER;
    hit->answer.ede_text_size = 0; /* it explained another error */
    return verdict_of(recall, WHY_CACHE_STALE);
}

static enum cache_result
find(struct recall *recall, const struct cache_key *key, const struct clock_time *now)
{
    enum cache_result result =
        cache_get(recall->cache, key, now->now_s, recall->message, CACHE_MESSAGE_MAX, &recall->hit);
    bool is_outdated =
        result != CACHE_MISS && routing_is_outdated(&recall->local->routing, &key->question->name,
                                                    now->now_s - recall->hit.age_s);
    return is_outdated ? CACHE_MISS : result;
}

static bool
is_unfit(const struct cache_hit *hit)
{
    return (hit->answer.traits & DNS_TRAIT_UNFIT) != 0;
}

/* A moment ago other clients waited and no upstream answered; those of a route are not known by it. */
static bool
is_in_need(const struct recall *recall, const struct query *draft, const struct clock_time *now)
{
    bool is_failing = recall->failing_until_us > now->now_us &&
                      !local_is_routed(recall->local, &draft->dns.question);
    return is_failing || recall->hit.is_held ||
           inflight_is_stood_in(&recall->waiting->inflight, &draft->dns);
}

bool
recall_pass(struct recall *recall, struct query *draft, const struct clock_time *now,
            struct verdict *verdict)
{
    struct cache_key key = key_of_query(draft);
    draft->has_stale = false;
    if (recall->cache == NULL)
        return true;
    enum cache_result result = find(recall, &key, now);
    if (result == CACHE_MISS)
        return true;
    if (!local_allows(recall->local, &draft->dns.question.name, recall->message,
                      &recall->hit.answer, verdict))
        return result != CACHE_FRESH;
    if (is_unfit(&recall->hit)) /* it was kept because policy refused it: that has changed */
        return true;
    if (result == CACHE_FRESH) {
        *verdict = give_fresh(recall);
        refresh(recall, draft, now);
        return false;
    }
    draft->has_stale = true;
    if (!is_in_need(recall, draft, now))
        return true;
    *verdict = give_stale(recall);
    if (waiting_ask(recall->waiting, draft, now) == INFLIGHT_STARTED)
        verdict->price = LIMITER_PRICE_MISS;
    return false;
}

void
recall_watch(struct recall *recall, const struct inflight_question *question,
             const struct query *query, const struct clock_time *now)
{
    uint32_t slot = inflight_slot(&recall->waiting->inflight, question);
    uint64_t wait_us = (uint64_t)recall->config->cache_stale_after_ms * 1000;
    if (!query->has_stale)
        return;
    recall->waits[slot] = (struct recall_wait){.asked_us = now->now_us,
                                               .due_us = now->now_us + wait_us,
                                               .generation = question->generation};
    deadlines_set(&recall->dues, slot, now->now_us + wait_us / 2);
}

void
recall_keep(struct recall *recall, const struct inflight_question *question, const uint8_t *message,
            const struct dns_answer *answer, bool is_withheld, const struct clock_time *now)
{
    if (recall->cache == NULL || !flush_lets_keep(&recall->flush, question) ||
        routing_is_outdated(&recall->local->routing, &question->question.name,
                            (uint32_t)(question->since_us / US_PER_S)))
        return;
    bool is_failure = cache_is_failure(answer);
    uint32_t ttl_s = cache_ttl(&recall->times, answer);
    bool is_whole = dns_traits_is_whole(message, answer, &question->question);
    bool cannot_serve = ttl_s == 0 || !is_whole; /* to be given; that it is refused is kept */
    if (is_withheld && (ttl_s < recall->times.failure_s || cannot_serve))
        ttl_s = recall->times.failure_s;
    if (ttl_s == 0)
        return;
    if (answer->end > CACHE_MESSAGE_MAX) {
        stats_add(recall->stats, STAT_CACHE_TOO_LARGE, 1);
        return;
    }
    if (!is_whole && !is_withheld) {
        stats_add(recall->stats, STAT_CACHE_STRANGE, 1);
        return;
    }
    struct cache_key key = key_of_question(question);
    /* a failure does not take the place of what can still stand in for it */
    if (is_failure && cache_has_better(recall->cache, &key, now->now_s))
        return;
    uint32_t stale_s = is_failure || cannot_serve ? 0 : seconds(recall->config->cache_stale_ms);
    struct dns_answer kept = *answer;
    kept.traits |= cannot_serve ? DNS_TRAIT_UNFIT : 0U;
    if (answer->ede_text_size > 0) {
        dns_answer_pack(recall->message, CACHE_MESSAGE_MAX, message, &kept);
        message = recall->message;
    }
    if (cache_put(recall->cache, &key, message, &kept, ttl_s, stale_s, now->now_s) != STATUS_OK)
        stats_add(recall->stats, STAT_CACHE_TOO_LARGE, 1);
}

bool
recall_stand_in(struct recall *recall, struct inflight_question *question,
                const struct clock_time *now, struct verdict *verdict)
{
    const struct dns_answer *answer = &recall->hit.answer;
    if (recall->cache == NULL || question->waiting_count == 0)
        return false;
    struct cache_key key = key_of_question(question);
    struct verdict withheld;
    if (find(recall, &key, now) == CACHE_MISS || cache_is_failure(answer) ||
        is_unfit(&recall->hit) ||
        !local_allows(recall->local, &question->question.name, recall->message, answer, &withheld))
        return false;
    *verdict = give_stale(recall);
    question->is_stood_in = true;
    cache_hold(recall->cache, &key, now->now_s + RECALL_RECHECK_S);
    return true;
}

/* --- do upstreams fail? --------------------------------------------------------------------- */

/* Ask for what any server knows, the name servers of the root; no client waits for it. */
static void
probe(struct recall *recall, const struct clock_time *now)
{
    static const struct query asked = {
        .client = {.addr = {.family = ADDR_IPV4}, .is_proven = true},
        .dns = {.flags = DNS_RD,
                .question = {.name = {.size = 1}, .type = DNS_TYPE_NS, .class = DNS_CLASS_IN}},
    };
    enum inflight_result result = waiting_ask(recall->waiting, &asked, now);
    if (result == INFLIGHT_JOINED)
        return;                      /* one is under way */
    recall->probed_us = now->now_us; /* where too much is under way for it, that says as much */
    if (result == INFLIGHT_STARTED)
        stats_add(recall->stats, STAT_PROBES, 1);
}

static bool
is_probe(const struct dns_question *question)
{
    return question->name.size == 1 && question->type == DNS_TYPE_NS;
}

static void
note_failing(struct recall *recall, const struct clock_time *now)
{
    recall->failing_until_us = now->now_us + RECALL_RECHECK_S * 1000000U;
}

void
recall_note_down(struct recall *recall, const struct inflight_question *question,
                 const struct clock_time *now)
{
    if (!local_is_routed(recall->local, &question->question)) /* it says nothing of the others */
        note_failing(recall, now);
}

void
recall_note_word(struct recall *recall, const struct inflight_question *question,
                 const struct dns_answer *answer, const struct clock_time *now)
{
    /* a server that refuses to tell of the root is there all the same */
    bool is_there = is_probe(&question->question) && answer->rcode != DNS_SERVFAIL;
    if ((cache_is_failure(answer) && !is_there) ||
        local_is_routed(recall->local, &question->question))
        return;
    recall->word_us = now->now_us;
    recall->failing_until_us = 0;
}

/* Half of a client's patience is over, or all of it. @return true: a stale answer stands in */
static bool
look_at(struct recall *recall, uint32_t slot, struct inflight_question *question,
        const struct clock_time *now, struct verdict *verdict)
{
    struct recall_wait *wait = &recall->waits[slot];
    bool is_quiet = recall->word_us < wait->asked_us;
    if (!wait->is_half_waited) {
        wait->is_half_waited = true;
        deadlines_set(&recall->dues, slot, wait->due_us);
        if (is_quiet)
            probe(recall, now);
        return false;
    }
    deadlines_clear(&recall->dues, slot);
    if (is_quiet && recall->word_us < recall->probed_us)
        note_failing(recall, now);
    return recall_stand_in(recall, question, now, verdict);
}

struct inflight_question *
recall_next_due(struct recall *recall, const struct clock_time *now, struct verdict *verdict)
{
    while (recall_deadline_us(recall) <= now->now_us) {
        uint32_t slot = recall->dues.first;
        struct inflight_question *question = inflight_at(&recall->waiting->inflight, slot);
        if (question == NULL || question->generation != recall->waits[slot].generation)
            deadlines_clear(&recall->dues, slot); /* it has come to its end */
        else if (look_at(recall, slot, question, now, verdict))
            return question;
    }
    return NULL;
}

uint64_t
recall_deadline_us(const struct recall *recall)
{
    return recall->dues.first_at;
}
