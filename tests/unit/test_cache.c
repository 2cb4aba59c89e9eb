/* test_cache.c - the cache against plain reference models
 * SPDX-License-Identifier: ISC
 */
#include "answers/cache.h"
#include "base/hash.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MEMORY (256 * 1024)
#define MODEL  2048

static const struct hash_key key_of_tests = {0x0123456789abcdefU, 0xfedcba9876543210U};

struct made { /* an answer that belongs to number `n` */
    struct dns_question question;
    struct cache_key key;
    uint8_t message[CACHE_MESSAGE_MAX + 64];
    struct dns_answer answer;
};

/* What does not count in the hash must be told apart by the cache itself. */
static struct cache_key
key_of(const struct dns_question *question, uint16_t flags)
{
    uint64_t hash = hash_siphash24(&key_of_tests, question->name.wire, question->name.size);
    return (struct cache_key){question, flags, false, (uint32_t)hash};
}

/* "n<number>.example." TYPE 16, the message filled up to `size` octets with the number */
static void
make(struct made *made, uint32_t number, size_t size)
{
    struct bytes_writer w = bytes_writer(made->question.name.wire, DNS_NAME_MAX);
    char label[16];
    int digits = snprintf(label, sizeof label, "n%u", number);
    bytes_put_u8(&w, (uint8_t)digits);
    bytes_put_copy(&w, label, (size_t)digits);
    bytes_put_copy(&w, "\7example", 9);
    made->question.name.size = (uint8_t)w.pos;
    made->question.type = DNS_TYPE_TXT;
    made->question.class = DNS_CLASS_IN;
    made->key = key_of(&made->question, DNS_RD);
    w = bytes_writer(made->message, sizeof made->message);
    bytes_put_zeros(&w, DNS_HEADER_SIZE);
    bytes_put_copy(&w, made->question.name.wire, made->question.name.size);
    bytes_put_u16(&w, DNS_TYPE_TXT);
    bytes_put_u16(&w, DNS_CLASS_IN);
    made->answer = (struct dns_answer){.question_end = (uint16_t)w.pos};
    while (w.pos < size)
        bytes_put_u8(&w, (uint8_t)(number + w.pos));
    made->answer.end = (uint16_t)w.pos;
}

static struct cache *
new_cache(size_t bytes)
{
    void *memory = calloc(1, bytes);
    cr_assert_not_null(memory);
    return cache_init(memory, bytes);
}

static bool
holds(struct cache *cache, uint32_t number, size_t size, uint32_t now_s)
{
    static struct made made;
    static uint8_t out[DNS_MESSAGE_MAX];
    struct cache_hit hit;
    make(&made, number, size);
    if (cache_get(cache, &made.key, now_s, out, sizeof out, &hit) != CACHE_FRESH)
        return false;
    cr_assert_eq(hit.size, made.answer.end);
    cr_assert_eq(memcmp(out, made.message, hit.size), 0, "answer %u is another's", number);
    return true;
}

static void
keep(struct cache *cache, uint32_t number, size_t size, uint32_t ttl_s, uint32_t now_s)
{
    static struct made made;
    make(&made, number, size);
    cr_assert_eq(cache_put(cache, &made.key, made.message, &made.answer, ttl_s, 0, now_s),
                 STATUS_OK);
}

Test(cache, gives_back_what_was_kept_whatever_its_size)
{
    struct cache *cache = new_cache(MEMORY);
    for (uint32_t size = 40; size < 8000; size += 37) {
        keep(cache, size, size, 10, 0);
        cr_assert(holds(cache, size, size, 9));
    }
    free(cache);
}

Test(cache, never_answers_past_the_ttl)
{
    struct cache *cache = new_cache(MEMORY);
    keep(cache, 1, 100, 60, 1000);
    cr_assert(holds(cache, 1, 100, 1059));
    cr_assert_not(holds(cache, 1, 100, 1060));
    free(cache);
}

Test(cache, serves_stale_only_within_its_stale_time)
{
    static struct made made;
    uint8_t out[512];
    struct cache_hit hit;
    struct cache *cache = new_cache(MEMORY);
    make(&made, 7, 100);
    cr_assert_eq(cache_put(cache, &made.key, made.message, &made.answer, 10, 5, 100), STATUS_OK);
    cr_assert_eq(cache_get(cache, &made.key, 109, out, sizeof out, &hit), CACHE_FRESH);
    cr_assert_eq(cache_get(cache, &made.key, 110, out, sizeof out, &hit), CACHE_STALE);
    cr_assert_eq(cache_get(cache, &made.key, 114, out, sizeof out, &hit), CACHE_STALE);
    cr_assert_eq(cache_get(cache, &made.key, 115, out, sizeof out, &hit), CACHE_MISS);
    free(cache);
}

Test(cache, holds_a_stale_answer_until_a_time_or_a_fresh_one)
{
    static struct made made;
    uint8_t out[512];
    struct cache_hit hit;
    struct cache *cache = new_cache(MEMORY);
    make(&made, 7, 100);
    cache_hold(cache, &made.key, 200); /* there is none: no effect */
    cr_assert_eq(cache_put(cache, &made.key, made.message, &made.answer, 10, 500, 100), STATUS_OK);
    cr_assert_eq(cache_get(cache, &made.key, 120, out, sizeof out, &hit), CACHE_STALE);
    cr_assert_not(hit.is_held);
    cache_hold(cache, &made.key, 150);
    cr_assert_eq(cache_get(cache, &made.key, 149, out, sizeof out, &hit), CACHE_STALE);
    cr_assert(hit.is_held);
    cr_assert_eq(cache_get(cache, &made.key, 150, out, sizeof out, &hit), CACHE_STALE);
    cr_assert_not(hit.is_held);
    cache_hold(cache, &made.key, 300);
    cr_assert_eq(cache_put(cache, &made.key, made.message, &made.answer, 10, 500, 160), STATUS_OK);
    cr_assert_eq(cache_get(cache, &made.key, 180, out, sizeof out, &hit), CACHE_STALE);
    cr_assert_not(hit.is_held, "it is another answer");
    free(cache);
}

Test(cache, tells_type_class_flags_and_dnssec_apart)
{
    static struct made made;
    uint8_t out[512];
    struct cache_hit hit;
    struct cache *cache = new_cache(MEMORY);
    keep(cache, 3, 100, 10, 0);
    make(&made, 3, 100);
    made.key.dnssec_ok = true;
    cr_assert_eq(cache_get(cache, &made.key, 1, out, sizeof out, &hit), CACHE_MISS);
    made.key = key_of(&made.question, DNS_RD | DNS_CD);
    cr_assert_eq(cache_get(cache, &made.key, 1, out, sizeof out, &hit), CACHE_MISS);
    made.key = key_of(&made.question, 0);
    cr_assert_eq(cache_get(cache, &made.key, 1, out, sizeof out, &hit), CACHE_MISS);
    made.key = key_of(&made.question, DNS_RD | DNS_AD);
    cr_assert_eq(cache_get(cache, &made.key, 1, out, sizeof out, &hit), CACHE_FRESH,
                 "AD does not count");
    made.question.type = DNS_TYPE_A;
    cr_assert_eq(cache_get(cache, &made.key, 1, out, sizeof out, &hit), CACHE_MISS);
    made.question.type = DNS_TYPE_TXT;
    made.question.class = DNS_CLASS_CHAOS;
    cr_assert_eq(cache_get(cache, &made.key, 1, out, sizeof out, &hit), CACHE_MISS);
    free(cache);
}

Test(cache, refuses_an_answer_to_another_question)
{
    static struct made made, other;
    struct cache *cache = new_cache(MEMORY);
    make(&made, 5, 100);
    make(&other, 6, 100);
    cr_assert_eq(cache_put(cache, &made.key, other.message, &other.answer, 10, 0, 0), STATUS_FULL);
    cr_assert_eq(cache_counts(cache)->refused, 1);
    cr_assert_eq(cache_counts(cache)->entries, 0);
    free(cache);
}

Test(cache, keeps_the_question_in_lower_case)
{
    static struct made made;
    uint8_t out[512];
    struct cache_hit hit;
    struct cache *cache = new_cache(MEMORY);
    make(&made, 9, 100);
    made.message[DNS_HEADER_SIZE + 1] = 'N';
    cr_assert_eq(cache_put(cache, &made.key, made.message, &made.answer, 10, 0, 0), STATUS_OK);
    cr_assert_eq(cache_get(cache, &made.key, 0, out, sizeof out, &hit), CACHE_FRESH);
    cr_assert_eq(out[DNS_HEADER_SIZE + 1], 'n');
    free(cache);
}

/* S3-FIFO written down once more, plainly: two arrays by age, every answer one chunk */
struct model {
    struct model_entry {
        uint32_t number;
        unsigned frequency;
    } small[MODEL], main[MODEL];
    size_t small_count, main_count, room;
    bool ghost[MODEL * 2]; /* by number; the cache's ghosts may also forget by collision */
};

static struct model_entry *
model_find(struct model *m, uint32_t number)
{
    for (size_t i = 0; i < m->small_count; i++)
        if (m->small[i].number == number)
            return &m->small[i];
    for (size_t i = 0; i < m->main_count; i++)
        if (m->main[i].number == number)
            return &m->main[i];
    return NULL;
}

static struct model_entry
model_shift(struct model_entry *queue, size_t *count)
{
    struct model_entry oldest = queue[0];
    (*count)--;
    memmove(queue, queue + 1, *count * sizeof *queue);
    return oldest;
}

static void
model_evict(struct model *m)
{
    for (;;) {
        bool small = m->small_count > m->room / 10 || m->main_count == 0;
        struct model_entry oldest =
            small ? model_shift(m->small, &m->small_count) : model_shift(m->main, &m->main_count);
        if (oldest.frequency == 0) {
            if (small)
                m->ghost[oldest.number] = true;
            return;
        }
        oldest.frequency = small ? 0 : oldest.frequency - 1;
        m->main[m->main_count++] = oldest;
    }
}

/* `main`: whether the cache still remembered it as a ghost, which the model cannot know for
 * collisions */
static void
model_put(struct model *m, uint32_t number, bool main)
{
    if (m->small_count + m->main_count == m->room)
        model_evict(m);
    if (main)
        m->main[m->main_count++] = (struct model_entry){number, 0};
    else
        m->small[m->small_count++] = (struct model_entry){number, 0};
}

Test(cache, evicts_as_the_reference_model_does)
{
    unsigned seed = (unsigned)time(NULL);
    cr_log_info("seed %u", seed);
    srand(seed);
    struct cache *cache = new_cache(CACHE_BYTES_MIN);
    static struct model model;
    model = (struct model){.room = cache_counts(cache)->chunks};
    cr_assert(model.room < MODEL);
    for (unsigned step = 0; step < 40000; step++) {
        uint32_t number = (uint32_t)rand() % (uint32_t)(rand() % 3 == 0 ? 3000 : 200);
        struct model_entry *entry = model_find(&model, number);
        if (entry != NULL && entry->frequency < 3)
            entry->frequency++;
        bool kept = holds(cache, number, 60, 5);
        cr_assert_eq(kept, entry != NULL, "seed %u step %u number %u", seed, step, number);
        if (!kept) {
            uint64_t returned = cache_counts(cache)->returned;
            keep(cache, number, 60, 100, 5);
            bool main = cache_counts(cache)->returned > returned;
            cr_assert(!main || model.ghost[number], "a ghost that was never evicted");
            model_put(&model, number, main);
        }
        cr_assert_eq(cache_counts(cache)->entries, model.small_count + model.main_count);
        cr_assert(cache_counts(cache)->chunks_used <= cache_counts(cache)->chunks);
    }
    free(cache);
}

Test(cache, popular_names_survive_a_flood_of_random_names)
{
    struct cache *cache = new_cache(MEMORY);
    uint32_t popular = cache_counts(cache)->chunks / 4, flood = 1000000;
    unsigned asked = 0, found = 0;
    for (uint32_t i = 0; i < popular; i++) {
        keep(cache, i, 60, 1000000, 0);
        cr_assert(holds(cache, i, 60, 0));
    }
    for (unsigned round = 0; round < 40; round++)
        for (uint32_t i = 0; i < popular; i++) {
            asked++;
            if (holds(cache, i, 60, 1))
                found++;
            else
                keep(cache, i, 60, 1000000, 1);
            for (unsigned k = 0; k < 10; k++)
                keep(cache, flood++, 60, 1000000, 1);
        }
    cr_assert(found * 100 >= asked * 95, "only %u of %u hits survived", found, asked);
    free(cache);
}

/* Whatever is done, no byte outside the block is touched (the sanitizer watches) and the counts add
 * up. */
/* --- forgetting ------------------------------------------------------------------------------ */

/* As make(), of a name below that one: "www.n<number>.example." */
static void
make_below(struct made *made, uint32_t number, size_t size, uint16_t type, uint16_t flags)
{
    static struct made upper;
    struct dns_name *name = &made->question.name;
    make(&upper, number, size);
    memcpy(name->wire, "\3www", 4);
    memcpy(name->wire + 4, upper.question.name.wire, upper.question.name.size);
    name->size = (uint8_t)(upper.question.name.size + 4);
    made->question.type = type;
    made->question.class = DNS_CLASS_IN;
    made->key = key_of(&made->question, flags);
    struct bytes_writer w = bytes_writer(made->message, sizeof made->message);
    bytes_put_zeros(&w, DNS_HEADER_SIZE);
    bytes_put_copy(&w, name->wire, name->size);
    bytes_put_u16(&w, type);
    bytes_put_u16(&w, DNS_CLASS_IN);
    made->answer = (struct dns_answer){.question_end = (uint16_t)w.pos};
    while (w.pos < size)
        bytes_put_u8(&w, (uint8_t)(number + w.pos));
    made->answer.end = (uint16_t)w.pos;
}

static bool
holds_below(struct cache *cache, uint32_t number, size_t size, uint16_t type, uint16_t flags)
{
    static struct made made;
    static uint8_t out[DNS_MESSAGE_MAX];
    struct cache_hit hit;
    make_below(&made, number, size, type, flags);
    return cache_get(cache, &made.key, 0, out, sizeof out, &hit) == CACHE_FRESH;
}

static void
keep_below(struct cache *cache, uint32_t number, size_t size, uint16_t type, uint16_t flags)
{
    static struct made made;
    make_below(&made, number, size, type, flags);
    cr_assert_eq(cache_put(cache, &made.key, made.message, &made.answer, 60, 0, 0), STATUS_OK);
}

static struct cache_flush
flush_of(const char *name, bool is_below)
{
    struct cache_flush flush = {.is_below = is_below};
    cr_assert_eq(dns_name_parse(name, &flush.name), STATUS_OK);
    return flush;
}

Test(cache, forgets_a_name_with_all_its_types_and_nothing_else)
{
    struct cache *cache = new_cache(MEMORY);
    keep(cache, 1, 100, 60, 0);
    keep(cache, 2, 600, 60, 0);
    keep_below(cache, 1, 300, DNS_TYPE_A, DNS_RD);
    keep_below(cache, 1, 2000, DNS_TYPE_A, DNS_RD | DNS_CD);
    keep_below(cache, 1, 90, DNS_TYPE_TXT, DNS_RD);
    struct cache_flush flush = flush_of("www.n1.example.", false);
    while (!cache_flush_step(cache, &flush, 1))
        ;
    cr_assert_eq(flush.dropped, 3);
    cr_assert_eq(cache_counts(cache)->entries, 2);
    cr_assert_eq(cache_counts(cache)->evicted, 0, "an operator's doing is no want of room");
    cr_assert_not(holds_below(cache, 1, 300, DNS_TYPE_A, DNS_RD));
    cr_assert(holds(cache, 1, 100, 0), "the name above it stays");
    cr_assert(holds(cache, 2, 600, 0));
    free(cache);
}

Test(cache, forgets_all_below_a_name_by_whole_labels)
{
    struct cache *cache = new_cache(MEMORY);
    keep(cache, 1, 100, 60, 0);
    keep(cache, 11, 100, 60, 0);
    keep_below(cache, 1, 300, DNS_TYPE_A, DNS_RD);
    keep_below(cache, 11, 300, DNS_TYPE_A, DNS_RD);
    struct cache_flush flush = flush_of("n1.example.", true);
    cr_assert(cache_flush_step(cache, &flush, UINT32_MAX));
    cr_assert_eq(flush.dropped, 2);
    cr_assert_not(holds(cache, 1, 100, 0));
    cr_assert_not(holds_below(cache, 1, 300, DNS_TYPE_A, DNS_RD));
    cr_assert(holds(cache, 11, 100, 0));
    cr_assert(holds_below(cache, 11, 300, DNS_TYPE_A, DNS_RD));
    struct cache_flush all = flush_of(".", true);
    cr_assert(cache_flush_step(cache, &all, UINT32_MAX));
    cr_assert_eq(all.dropped, 2);
    cr_assert_eq(cache_counts(cache)->entries, 0);
    cr_assert_eq(cache_counts(cache)->chunks_used, 0);
    free(cache);
}

/* Whatever enters, leaves and is evicted between two steps. */
Test(cache, forgets_what_was_there_while_the_cache_is_used)
{
    struct prng prng = prng_begin("cache_flush");
    struct cache *cache = new_cache(CACHE_BYTES_MIN);
    for (uint32_t round = 0; round < 200; round++) {
        struct cache_flush flush = flush_of("example.", true);
        uint32_t count = 1 + prng_below(&prng, 300);
        for (uint32_t i = 0; i < count; i++)
            keep(cache, i, 40 + prng_below(&prng, 700), 60, round);
        while (!cache_flush_step(cache, &flush, 1 + prng_below(&prng, 40)))
            keep(cache, 1000000 + prng_below(&prng, 50), 40 + prng_below(&prng, 700), 60, round);
        for (uint32_t i = 0; i < count; i++) {
            static struct made made;
            static uint8_t out[DNS_MESSAGE_MAX];
            struct cache_hit hit;
            make(&made, i, 40);
            cr_assert_eq(cache_get(cache, &made.key, round, out, sizeof out, &hit), CACHE_MISS,
                         "%u of round %u is still there", i, round);
        }
    }
    free(cache);
}

Test(cache, stays_within_its_memory_with_answers_of_all_sizes)
{
    unsigned seed = (unsigned)time(NULL);
    cr_log_info("seed %u", seed);
    srand(seed);
    struct cache *cache = new_cache(CACHE_BYTES_MIN + 1000);
    static struct made made;
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t number = (uint32_t)rand() % 500;
        size_t size = 40 + number * 37 % 9000;
        if (rand() % 2 == 0) {
            holds(cache, number, size, step / 100);
            continue;
        }
        make(&made, number, size);
        enum status status =
            cache_put(cache, &made.key, made.message, &made.answer, 50, 10, step / 100);
        cr_assert(status == STATUS_OK || status == STATUS_FULL);
        const struct cache_counts *counts = cache_counts(cache);
        cr_assert_eq(counts->stored - counts->replaced - counts->evicted, counts->entries);
        cr_assert(counts->chunks_used <= counts->chunks);
    }
    free(cache);
}

/* --- the table against a plain list */

#define ENTRIES 48 /* of 64 slots */

static struct cache_slot slots[64];
static struct cache_index table = {slots, 63};

static bool
finds(uint32_t hash, uint32_t entry)
{
    uint32_t at = 0, found;
    while ((found = cache_index_next(&table, hash, &at)) != CACHE_INDEX_NONE)
        if (found == entry)
            return true;
    return false;
}

Test(cache, has_a_free_slot_whatever_the_number_of_entries)
{
    for (size_t entries = 1; entries < 100000; entries += 1 + entries / 7) {
        size_t count = cache_index_slots(entries);
        cr_assert(count > entries && (count & (count - 1)) == 0, "%zu", entries);
    }
}

/* Few hashes, near the table's edge: runs are long, wrap around, and have many equals. */
Test(cache, finds_what_entered_until_it_leaves)
{
    struct prng prng = prng_begin("cache_index");
    uint32_t hashes[ENTRIES + 1] = {0};
    bool is_in[ENTRIES + 1] = {false};
    for (unsigned step = 0; step < 200000; step++) {
        uint32_t entry = 1 + prng_below(&prng, ENTRIES);
        if (is_in[entry]) {
            cache_index_leave(&table, hashes[entry], entry);
        } else {
            hashes[entry] = (58 + prng_below(&prng, 10)) | prng_below(&prng, 3) << 8;
            cache_index_enter(&table, hashes[entry], entry);
        }
        is_in[entry] = !is_in[entry];
        for (uint32_t i = 1; i <= ENTRIES; i++)
            cr_assert_eq(finds(hashes[i], i), is_in[i], "step %u entry %u", step, i);
    }
}

/* --- which answers are kept, and how long */

static const struct cache_times limits = {
    .ttl_min_s = 5, .ttl_max_s = 86400, .negative_max_s = 900, .failure_s = 5};

static struct dns_answer
positive(uint32_t ttl_s)
{
    return (struct dns_answer){
        .flags = DNS_QR, .counts = {1, 0, 0}, .has_ttl = true, .ttl_min = ttl_s};
}

static struct dns_answer
negative(uint16_t rcode, uint32_t minimum_s)
{
    return (struct dns_answer){.flags = (uint16_t)(DNS_QR | rcode),
                               .rcode = rcode,
                               .counts = {0, 1, 0},
                               .has_ttl = true,
                               .has_soa = true,
                               .ttl_min = 3600,
                               .soa_minimum = minimum_s};
}

Test(cache, keeps_an_answer_for_its_least_ttl_within_floor_and_ceiling)
{
    struct dns_answer answer = positive(300);
    cr_assert_eq(cache_ttl(&limits, &answer), 300);
    answer = positive(2);
    cr_assert_eq(cache_ttl(&limits, &answer), 5);
    answer = positive(1000000);
    cr_assert_eq(cache_ttl(&limits, &answer), 86400);
}

Test(cache, does_not_keep_ttl_zero_or_truncated_answers)
{
    struct dns_answer answer = positive(0);
    cr_assert_eq(cache_ttl(&limits, &answer), 0);
    answer = positive(300);
    answer.flags |= DNS_TC;
    cr_assert_eq(cache_ttl(&limits, &answer), 0);
}

Test(cache, keeps_negative_answers_as_the_soa_says)
{
    struct dns_answer answer = negative(DNS_NXDOMAIN, 60);
    cr_assert_eq(cache_ttl(&limits, &answer), 60);
    answer = negative(DNS_NOERROR, 60);
    cr_assert_eq(cache_ttl(&limits, &answer), 60);
    answer = negative(DNS_NXDOMAIN, 100000);
    cr_assert_eq(cache_ttl(&limits, &answer), 900);
}

Test(cache, does_not_keep_a_negative_answer_without_soa_or_a_referral)
{
    struct dns_answer answer = negative(DNS_NXDOMAIN, 60);
    answer.has_soa = false;
    cr_assert_eq(cache_ttl(&limits, &answer), 0);
    answer = (struct dns_answer){.flags = DNS_QR, .counts = {0, 2, 0}, .ttl_min = 300};
    cr_assert_eq(cache_ttl(&limits, &answer), 0);
}

Test(cache, an_alias_that_ends_in_nothing_is_kept_for_the_lesser_of_both)
{
    struct dns_answer answer = negative(DNS_NOERROR, 600);
    answer.counts[0] = 1;
    answer.ttl_min = 30;
    cr_assert_eq(cache_ttl(&limits, &answer), 30);
}

Test(cache, keeps_failures_briefly)
{
    struct dns_answer answer = {.flags = DNS_QR | (unsigned)DNS_SERVFAIL, .rcode = DNS_SERVFAIL};
    cr_assert_eq(cache_ttl(&limits, &answer), 5);
    cr_assert(cache_is_failure(&answer));
    answer = negative(DNS_NXDOMAIN, 60);
    cr_assert_not(cache_is_failure(&answer));
}
