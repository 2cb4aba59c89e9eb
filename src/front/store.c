/* store.c - see store.h
 * SPDX-License-Identifier: ISC
 */
#include "front/store.h"

#include "dns/dns_chain.h"
#include "dns/dns_traits.h"
#include "front/deliver.h"
#include "front/front.h"
#include "front/queue.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"

#define MS_PER_S 1000u

static uint32_t
now_s(const struct front *front)
{
    return (uint32_t)(front->loop.now_us / 1000000U);
}

/* Configured durations are in ms; a part of a second counts as a whole one. */
static uint32_t
seconds(uint32_t ms)
{
    return ms / MS_PER_S + (ms % MS_PER_S != 0);
}

void
store_change(struct front *front)
{
    struct store *store = &front->store;
    const struct config *config = front->config;
    store->freshness = (struct freshness){
        .ttl_min_s = seconds(config->cache_ttl_min_ms),
        .ttl_max_s = seconds(config->cache_ttl_max_ms),
        .negative_max_s = seconds(config->cache_negative_max_ms),
        .failure_s = seconds(config->cache_failure_ms),
    };
}

void
store_reserve(struct front *front)
{
    struct store *store = &front->store;
    size_t bytes = (size_t)front->config->cache_bytes;
    store_change(front);
    store->prefetch = leak_make(0, STORE_PREFETCH_BURST, front_now_ms(front));
    if (bytes == 0)
        return;
    uint32_t slots = inflight_slots(front->config->queries);
    void *memory = memory_reserve(bytes), *dues = memory_reserve(deadlines_bytes(slots));
    store->message = memory_reserve(CACHE_MESSAGE_MAX);
    store->waits = memory_reserve(slots * sizeof *store->waits);
    if (memory == NULL || store->message == NULL || store->waits == NULL || dues == NULL)
        log_fatal("no memory for a cache of %zu octets", bytes);
    deadlines_init(&store->dues, dues, slots);
    uint8_t key[16];
    random_fill(key, sizeof key);
    struct hash_key hash_key = hash_key_from(key);
    store->cache = cache_init(memory, bytes, &hash_key);
    explicit_bzero(key, sizeof key);
}

void
store_look(struct front *front, const struct query *draft)
{
    struct dns_question *asked = &front->store.asked;
    const struct dns_question *question = &draft->dns.question;
    asked->type = question->type;
    asked->class = question->class;
    asked->name.size = question->name.size;
    memcpy(asked->name.wire, question->name.wire, question->name.size);
    dns_name_lower(&asked->name);
    front->store.has_stale = false;
}

static struct cache_key
key_of_draft(const struct front *front, const struct query *draft)
{
    return (struct cache_key){&front->store.asked, draft->dns.flags,
                              draft->dns.edns.present && draft->dns.edns.dnssec_ok};
}

static struct cache_key
key_of_question(const struct inflight_question *question)
{
    return (struct cache_key){&question->question, question->flags, question->dnssec_ok};
}

/* Ask with nobody waiting, unless it is asked already. @return whether it is asked now */
static bool
ask_alone(struct front *front, const struct query *draft)
{
    struct inflight_question *question;
    if (inflight_start(&front->inflight, &draft->dns, front_now_ms(front), front_life_ms(front),
                       &question) != INFLIGHT_STARTED)
        return false;
    queue_push(front, question, draft);
    return true;
}

/* Ask again while the answer still serves. */
static void
refresh(struct front *front, const struct query *draft, const struct cache_hit *hit)
{
    uint32_t left_s = hit->ttl_s - hit->age_s;
    if (!front->config->cache_prefetch || hit->hits < STORE_PREFETCH_HITS ||
        left_s > hit->ttl_s / STORE_PREFETCH_PART || freshness_is_failure(&hit->answer) ||
        leak_free(&front->store.prefetch, front_now_ms(front)) == 0)
        return;
    if (!ask_alone(front, draft))
        return;
    (void)leak_take(&front->store.prefetch, 1, front_now_ms(front));
    stats_add(front->stats, STAT_CACHE_PREFETCHED, 1);
}

static void
give_fresh(struct front *front, const struct query *draft, struct cache_hit *hit)
{
    struct store *store = &front->store;
    if (hit->age_s > 0)
        dns_answer_age(store->message, &hit->answer, hit->age_s, false, 0);
    if (freshness_is_failure(&hit->answer) && hit->answer.ede == DNS_EDE_NONE)
        hit->answer.ede = DNS_EDE_CACHED_ERROR;
    leak_earn(&store->prefetch, STORE_PREFETCH_MILLI);
    histogram_add(&front->stats->latency, 0);
    deliver_kept(front, draft, store->message, &hit->answer, WHY_CACHE_HIT);
}

/* The answer as it is told when it is past its time (RFC 8767 section 5). */
static void
make_stale(struct store *store, struct cache_hit *hit)
{
    dns_answer_age(store->message, &hit->answer, 0, true, STORE_STALE_TTL_S);
    hit->answer.ede = DNS_EDE_STALE_ANSWER;
    hit->answer.ede_text_size = 0; /* it explained another error */
}

bool
store_answer(struct front *front, struct query *draft)
{
    struct store *store = &front->store;
    struct cache_key key = key_of_draft(front, draft);
    struct cache_hit hit;
    if (store->cache == NULL)
        return false;
    enum cache_result result =
        cache_get(store->cache, &key, now_s(front), store->message, CACHE_MESSAGE_MAX, &hit);
    enum local_verdict policy =
        result == CACHE_MISS ? LOCAL_FINE
                             : local_judge(front, &store->asked.name, store->message, &hit.answer);
    if (policy == LOCAL_FINE && result != CACHE_MISS && (hit.answer.traits & DNS_TRAIT_UNFIT) != 0)
        result = CACHE_MISS; /* policy changed since */
    if (policy != LOCAL_FINE && result == CACHE_FRESH) {
        deliver_withheld(front, draft, policy);
        return true;
    }
    if (result == CACHE_FRESH) {
        give_fresh(front, draft, &hit);
        refresh(front, draft, &hit);
        return true;
    }
    store->has_stale = result == CACHE_STALE && policy == LOCAL_FINE;
    if (!store->has_stale || (store->failing_until_us <= front->loop.now_us && !hit.is_held &&
                              !inflight_is_stood_in(&front->inflight, &draft->dns)))
        return false;
    make_stale(store, &hit); /* others waited in vain a moment ago */
    deliver_kept(front, draft, store->message, &hit.answer, WHY_CACHE_STALE);
    if (ask_alone(front, draft))
        limit_charge(front, draft, LIMITER_PRICE_MISS);
    return true;
}

void
store_watch(struct front *front, const struct inflight_question *question)
{
    struct store *store = &front->store;
    uint32_t slot = inflight_slot(&front->inflight, question);
    uint64_t wait_us = (uint64_t)front->config->cache_stale_after_ms * 1000;
    if (!store->has_stale)
        return;
    store->waits[slot] = (struct store_wait){.asked_us = front->loop.now_us,
                                             .due_us = front->loop.now_us + wait_us,
                                             .generation = question->generation};
    deadlines_set(&store->dues, slot, front->loop.now_us + wait_us / 2);
}

void
store_keep(struct front *front, const struct inflight_question *question, const uint8_t *message,
           const struct dns_answer *answer, bool is_withheld)
{
    struct store *store = &front->store;
    if (store->cache == NULL)
        return;
    bool is_failure = freshness_is_failure(answer);
    uint32_t ttl_s = freshness_ttl(&store->freshness, answer);
    bool is_whole = dns_chain_is_whole(message, answer, &question->question);
    bool is_unfit = ttl_s == 0 || !is_whole; /* to be given; that it is refused is kept */
    if (is_withheld && (ttl_s < store->freshness.failure_s || is_unfit))
        ttl_s = store->freshness.failure_s;
    if (ttl_s == 0)
        return;
    if (answer->end > CACHE_MESSAGE_MAX) {
        stats_add(front->stats, STAT_CACHE_TOO_LARGE, 1);
        return;
    }
    if (!is_whole && !is_withheld) {
        stats_add(front->stats, STAT_CACHE_STRANGE, 1);
        return;
    }
    struct cache_key key = key_of_question(question);
    /* a failure does not take the place of what can still stand in for it */
    if (is_failure && cache_has_better(store->cache, &key, now_s(front)))
        return;
    uint32_t stale_s = is_failure || is_unfit ? 0 : seconds(front->config->cache_stale_ms);
    struct dns_answer kept = *answer;
    kept.traits |= is_unfit ? DNS_TRAIT_UNFIT : 0U;
    if (answer->ede_text_size > 0) {
        dns_answer_pack(store->message, CACHE_MESSAGE_MAX, message, &kept);
        message = store->message;
    }
    if (cache_put(store->cache, &key, message, &kept, ttl_s, stale_s, now_s(front)) != STATUS_OK)
        stats_add(front->stats, STAT_CACHE_TOO_LARGE, 1);
}

bool
store_stand_in(struct front *front, struct inflight_question *question)
{
    struct store *store = &front->store;
    struct cache_hit hit;
    if (store->cache == NULL || question->waiting_count == 0)
        return false;
    struct cache_key key = key_of_question(question);
    enum cache_result result =
        cache_get(store->cache, &key, now_s(front), store->message, CACHE_MESSAGE_MAX, &hit);
    if (result == CACHE_MISS || freshness_is_failure(&hit.answer) ||
        (hit.answer.traits & DNS_TRAIT_UNFIT) != 0 ||
        local_judge(front, &question->question.name, store->message, &hit.answer) != LOCAL_FINE)
        return false;
    make_stale(store, &hit);
    question->is_stood_in = true;
    cache_hold(store->cache, &key, now_s(front) + STORE_RECHECK_S);
    deliver_stand_in(front, question, store->message, &hit.answer);
    return true;
}

/* --- do upstreams fail? --------------------------------------------------------------------- */

/* Ask for what any server knows: the name servers of the root, with nobody waiting. */
static void
probe(struct front *front)
{
    static const struct query asked = {
        .client = {.addr = {.family = ADDR_IPV4}, .is_proven = true},
        .dns = {.flags = DNS_RD,
                .question = {.name = {.size = 1}, .type = DNS_TYPE_NS, .class = DNS_CLASS_IN}},
    };
    enum inflight_result result;
    struct inflight_question *question;
    result = inflight_start(&front->inflight, &asked.dns, front_now_ms(front), front_life_ms(front),
                            &question);
    if (result == INFLIGHT_JOINED)
        return; /* one is under way */
    front->store.probed_us = front->loop.now_us;
    if (result != INFLIGHT_STARTED)
        return; /* so much is under way that it says as much */
    queue_push(front, question, &asked);
    stats_add(front->stats, STAT_PROBES, 1);
}

static bool
is_probe(const struct dns_question *question)
{
    return question->name.size == 1 && question->type == DNS_TYPE_NS;
}

void
store_note_down(struct front *front)
{
    front->store.failing_until_us = front->loop.now_us + STORE_RECHECK_S * 1000000U;
}

void
store_note_word(struct front *front, const struct inflight_question *question,
                const struct dns_answer *answer)
{
    struct store *store = &front->store;
    /* whoever refuses to tell of the root is there all the same */
    bool is_there = is_probe(&question->question) && answer->rcode != DNS_SERVFAIL;
    if (freshness_is_failure(answer) && !is_there)
        return;
    store->word_us = front->loop.now_us;
    store->failing_until_us = 0;
}

/* Half of a client's patience is over, or all of it. */
static void
look_at(struct front *front, uint32_t slot, struct inflight_question *question)
{
    struct store *store = &front->store;
    struct store_wait *wait = &store->waits[slot];
    bool is_quiet = store->word_us < wait->asked_us;
    if (!wait->is_half_waited) {
        wait->is_half_waited = true;
        deadlines_set(&store->dues, slot, wait->due_us);
        if (is_quiet)
            probe(front);
        return;
    }
    deadlines_clear(&store->dues, slot);
    if (is_quiet && store->word_us < store->probed_us)
        store_note_down(front);
    (void)store_stand_in(front, question);
}

void
store_expire(struct front *front)
{
    struct store *store = &front->store;
    while (store_deadline_us(front) <= front->loop.now_us) {
        uint32_t slot = deadlines_first(&store->dues);
        struct inflight_question *question = inflight_at(&front->inflight, slot);
        if (question != NULL && question->generation == store->waits[slot].generation)
            look_at(front, slot, question);
        else
            deadlines_clear(&store->dues, slot); /* it has come to its end */
    }
}

uint64_t
store_deadline_us(const struct front *front)
{
    return deadlines_first_at(&front->store.dues);
}
