/* fuzz_cache.c - the cache against a list of what was stored last
 * SPDX-License-Identifier: ISC
 *
 * Input: operations of four octets: what, which name, and two numbers. Invariants: an answer comes
 * back whole, under its own question only, fresh only while its TTL lasts and stale only while that
 * lasts; what was stored just now is there; the counts say what is there, and nothing outside the
 * block is touched (the block is exactly as large as was promised).
 */
#include "answers/cache.h"

#include <stdlib.h>

#define NAMES  256
#define MEMORY (CACHE_BYTES_MIN + 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct model {
    bool stored;
    uint8_t version;
    uint16_t rcode;
    size_t size;
    uint32_t fresh_until, stale_until;
} models[NAMES];

struct made {
    struct dns_question question;
    struct cache_key key;
    struct dns_answer answer;
    uint8_t message[CACHE_MESSAGE_MAX + 512];
};

static void
must(bool holds)
{
    if (!holds)
        abort();
}

/* Two bits of the number are flags of the query, the rest is the name. */
static void
make(struct made *made, uint8_t number, uint8_t version, size_t size, uint16_t rcode)
{
    size_t label = 1 + (number >> 3) % 32 * 2U; /* names of many sizes */
    struct bytes_writer w = bytes_writer(made->question.name.wire, DNS_NAME_MAX);
    for (unsigned labels = 0; labels < 1U + number % 3; labels++) {
        bytes_put_u8(&w, (uint8_t)label);
        for (size_t i = 0; i < label; i++)
            bytes_put_u8(&w, (uint8_t)('a' + (number >> 2) % 26));
    }
    bytes_put_u8(&w, 0);
    made->question.name.size = (uint8_t)w.pos;
    made->question.type = (uint16_t)(number >> 2);
    made->question.class = DNS_CLASS_IN;
    made->key = (struct cache_key){.question = &made->question,
                                   .flags = number & 1 ? DNS_RD | DNS_AD : 0,
                                   .dnssec_ok = number & 2,
                                   .hash = number / 4 * 0x9e3779b1U};
    w = bytes_writer(made->message, sizeof made->message);
    bytes_put_zeros(&w, DNS_HEADER_SIZE);
    bytes_put_copy(&w, made->question.name.wire, made->question.name.size);
    bytes_put_u16(&w, made->question.type);
    bytes_put_u16(&w, made->question.class);
    made->answer = (struct dns_answer){.question_end = (uint16_t)w.pos, .rcode = rcode};
    for (; w.pos + 4 <= size; version++)
        bytes_put_u32(&w, number * 0x01020304U + version * 0x10203U);
    made->answer.end = (uint16_t)w.pos;
}

/* @return whether it was kept */
static bool
put(struct cache *cache, uint8_t number, uint8_t a, uint8_t b, uint32_t now_s)
{
    static struct made made;
    struct model *model = &models[number];
    uint8_t version = (uint8_t)(model->version + 1);
    uint32_t ttl_s = a % 16, stale_s = b % 8 * 4U;
    size_t size = b < 240 ? b * 4U : b * 64U;
    uint16_t rcode = a & 16 ? DNS_SERVFAIL : a & 32 ? DNS_NXDOMAIN : DNS_NOERROR;
    make(&made, number, version, size, rcode);
    enum status status =
        cache_put(cache, &made.key, made.message, &made.answer, ttl_s, stale_s, now_s);
    must(status == STATUS_OK || status == STATUS_FULL);
    must(status == STATUS_OK || ttl_s == 0 ||
         made.answer.end > MEMORY / 8); /* too large for a part of the cache */
    if (status != STATUS_OK)
        return false;
    *model = (struct model){
        true, version, rcode, made.answer.end, now_s + ttl_s, now_s + ttl_s + stale_s};
    return true;
}

/* @return whether it is there */
static bool
get(struct cache *cache, uint8_t number, uint32_t now_s)
{
    static struct made made;
    static uint8_t out[CACHE_MESSAGE_MAX];
    struct cache_hit hit;
    const struct model *model = &models[number];
    make(&made, number, 0, 0, 0); /* the question */
    bool better = cache_has_better(cache, &made.key, now_s);
    enum cache_result result = cache_get(cache, &made.key, now_s, out, sizeof out, &hit);
    must(better == (result != CACHE_MISS && model->rcode != DNS_SERVFAIL));
    if (result == CACHE_MISS)
        return false;
    make(&made, number, model->version, model->size, model->rcode);
    must(model->stored && hit.size == model->size && hit.answer.rcode == model->rcode);
    must(memcmp(out, made.message, hit.size) == 0);
    must(now_s < model->stale_until);
    must((result == CACHE_FRESH) == (now_s < model->fresh_until));
    must(hit.age_s + (model->fresh_until - now_s) == hit.ttl_s || result == CACHE_STALE);
    return true;
}

static void
check_counts(const struct cache *cache)
{
    const struct cache_counts *counts = cache_counts(cache);
    must(counts->chunks_used <= counts->chunks && counts->entries <= counts->chunks_used);
    must((size_t)counts->chunks * CACHE_CHUNK_BYTES < MEMORY);
    must(counts->stored >= counts->replaced + counts->evicted);
}

static struct cache *
anew(void *memory)
{
    memset(memory, 0, MEMORY);
    memset(models, 0, sizeof models);
    return cache_init(memory, MEMORY);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *memory = malloc(MEMORY);
    must(memory != NULL);
    struct cache *cache = anew(memory);
    uint32_t now_s = 1000;
    for (size_t at = 0; at + 4 <= size; at += 4) {
        uint8_t number = data[at + 1];
        switch (data[at] % 4) {
        case 0:
        case 1:
            if (put(cache, number, data[at + 2], data[at + 3], now_s) && data[at + 2] & 64)
                must(get(cache, number, now_s));
            break;
        case 2:
            (void)get(cache, number, now_s);
            break;
        default:
            now_s += data[at + 2] % 8;
            if (data[at + 3] == 255)
                cache = anew(memory);
            break;
        }
        check_counts(cache);
    }
    uint32_t found = 0;
    for (unsigned number = 0; number < NAMES; number++)
        found += get(cache, (uint8_t)number, now_s);
    must(found <= cache_counts(cache)->entries);
    free(memory);
    return 0;
}
