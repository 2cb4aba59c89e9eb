/* fuzz_cache.c - the cache against a list of what was stored last
 * SPDX-License-Identifier: ISC
 *
 * Input: operations of four octets: what, which name, and two numbers. Invariants: an answer comes
 * back whole, under its own question only and with that in lower case, fresh only while its TTL
 * lasts and stale only while that lasts; what was stored just now is there; how often it was asked
 * for and whether it is held is what was done; the counts say what is there, and nothing outside
 * the block is touched (the block is exactly as large as was promised).
 */
#include "answers/cache.h"

#include "fuzz.h"

#define NAMES          256
#define OPERATIONS_MAX 64 /* more of them find nothing that these do not, and cost time */
#define MEMORY         (CACHE_BYTES_MIN + 1000)
#define BODY_MAX       (CACHE_MESSAGE_MAX + 512)

static struct model {
    bool stored;
    uint8_t version;
    uint16_t rcode;
    uint32_t size, hits;
    uint32_t fresh_until, stale_until, held_until;
} models[NAMES];

static struct made {
    struct dns_question question; /* in lower case */
    struct cache_key key;
    uint8_t head[DNS_HEADER_SIZE + DNS_NAME_MAX + 4]; /* of the message, in lower case */
    size_t head_size;
} made;

static uint8_t pattern[BODY_MAX + 4096]; /* what stands behind the question */
static uint8_t message[BODY_MAX], out[CACHE_MESSAGE_MAX];
static uint8_t *memory;
static struct cache *cache;
static uint32_t now_s;

static const uint8_t *
body_of(uint8_t number, uint8_t version)
{
    return pattern + (number * 5U + version * 257U) % 4096;
}

/* Two bits of the number are flags of the query, the rest is the name. */
static void
make(uint8_t number)
{
    size_t label = 1 + (number >> 3) % 32 * 2U; /* names of many sizes */
    struct dns_name *name = &made.question.name;
    struct bytes_writer w = bytes_writer(name->wire, DNS_NAME_MAX);
    for (unsigned labels = 0; labels < 1U + number % 3; labels++) {
        bytes_put_u8(&w, (uint8_t)label);
        memset(bytes_put_view(&w, label), 'a' + (number >> 2) % 26, label);
    }
    bytes_put_u8(&w, 0);
    name->size = (uint8_t)w.pos;
    made.question.type = (uint16_t)(number >> 2);
    made.question.class = DNS_CLASS_IN;
    made.key = (struct cache_key){.question = &made.question,
                                  .flags = number & 1 ? DNS_RD | DNS_AD : 0,
                                  .dnssec_ok = number & 2,
                                  .hash = number / 4 * 0x9e3779b1U};
    w = bytes_writer(made.head, sizeof made.head);
    bytes_put_zeros(&w, DNS_HEADER_SIZE);
    bytes_put_copy(&w, name->wire, name->size);
    bytes_put_u16(&w, made.question.type);
    bytes_put_u16(&w, made.question.class);
    made.head_size = w.pos;
}

/* As its asker spelled it, in capitals. @return its size */
static size_t
write_message(uint8_t number, uint8_t version, size_t size)
{
    size = size > made.head_size ? size : made.head_size;
    memcpy(message, made.head, made.head_size);
    for (size_t i = DNS_HEADER_SIZE; i < made.head_size - 5; i++)
        message[i] &= message[i] >= 'a' ? 0xdf : 0xff;
    memcpy(message + made.head_size, body_of(number, version), size - made.head_size);
    return size;
}

/* @return whether it was kept */
static bool
put(uint8_t number, uint8_t a, uint8_t b)
{
    struct model *model = &models[number];
    const struct cache_counts *counts = cache_counts(cache);
    uint64_t replaced = counts->replaced;
    uint8_t version = (uint8_t)(model->version + 1);
    uint32_t ttl_s = a % 16, stale_s = b % 8 * 4U;
    uint16_t rcode = a & 16 ? DNS_SERVFAIL : a & 32 ? DNS_NXDOMAIN : DNS_NOERROR;
    make(number);
    size_t size = write_message(number, version, b < 240 ? b * 8U : b * 66U);
    struct dns_answer answer = {
        .question_end = (uint16_t)made.head_size, .end = (uint16_t)size, .rcode = rcode};
    enum status status = cache_put(cache, &made.key, message, &answer, ttl_s, stale_s, now_s);
    must(status == STATUS_OK || status == STATUS_FULL);
    must(status == STATUS_OK || ttl_s == 0 || size > MEMORY / 8); /* too large for its part */
    if (status != STATUS_OK)
        return false;
    bool was_there = counts->replaced > replaced;
    must(!was_there || model->stored);
    *model = (struct model){.stored = true,
                            .version = version,
                            .rcode = rcode,
                            .size = (uint32_t)size,
                            .hits = was_there ? model->hits : 0,
                            .fresh_until = now_s + ttl_s,
                            .stale_until = now_s + ttl_s + stale_s};
    return true;
}

/* @return whether it is there */
static bool
get(uint8_t number)
{
    struct cache_hit hit;
    struct model *model = &models[number];
    make(number);
    bool better = cache_has_better(cache, &made.key, now_s);
    enum cache_result result = cache_get(cache, &made.key, now_s, out, sizeof out, &hit);
    must(better == (result != CACHE_MISS && model->rcode != DNS_SERVFAIL));
    if (result == CACHE_MISS)
        return false;
    must(model->stored && hit.size == model->size && hit.answer.rcode == model->rcode);
    must(memcmp(out, made.head, made.head_size) == 0);
    must(memcmp(out + made.head_size, body_of(number, model->version), hit.size - made.head_size) ==
         0);
    must(now_s < model->stale_until);
    must((result == CACHE_FRESH) == (now_s < model->fresh_until));
    must(hit.age_s + (model->fresh_until - now_s) == hit.ttl_s || result == CACHE_STALE);
    must(hit.hits == ++model->hits && hit.is_held == (model->held_until > now_s));
    return true;
}

/* Of whatever is there; what is not is not held later, when it comes. */
static void
hold(uint8_t number, uint32_t until_s)
{
    struct model *model = &models[number];
    make(number);
    cache_hold(cache, &made.key, until_s);
    model->held_until = until_s;
}

static void
check_counts(void)
{
    const struct cache_counts *counts = cache_counts(cache);
    must(counts->chunks_used <= counts->chunks && counts->entries <= counts->chunks_used);
    must((size_t)counts->chunks * CACHE_CHUNK_BYTES < MEMORY);
    must(counts->stored == counts->entries + counts->replaced + counts->evicted);
}

/* Everything that is there, and that it fits in what is said to be used. */
static void
check_all(void)
{
    const struct cache_counts *counts = cache_counts(cache);
    uint32_t found = 0, chunks = 0;
    for (unsigned number = 0; number < NAMES; number++)
        if (models[number].stored && get((uint8_t)number)) {
            found++;
            chunks += (models[number].size + CACHE_CHUNK_BYTES - 1) / CACHE_CHUNK_BYTES;
        }
    must(found <= counts->entries && chunks <= counts->chunks_used);
}

static void
anew(void)
{
    memset(memory, 0, MEMORY);
    memset(models, 0, sizeof models);
    cache = cache_init(memory, MEMORY);
}

static void
operate(const uint8_t operation[4])
{
    uint8_t number = operation[1];
    switch (operation[0] % 8) {
    case 0:
    case 1:
    case 2:
        if (put(number, operation[2], operation[3]) && operation[2] & 64)
            must(get(number));
        break;
    case 3:
    case 4:
        (void)get(number);
        break;
    case 5:
        hold(number, now_s + operation[2] % 8);
        break;
    default:
        now_s += operation[2] % 8;
        if (operation[3] == 255)
            anew();
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (memory == NULL) {
        memory = malloc(MEMORY);
        must(memory != NULL);
        for (size_t i = 0; i < sizeof pattern; i++)
            pattern[i] = (uint8_t)(i * i / 7 + i / 3);
    }
    anew();
    now_s = 1000;
    for (size_t at = 0; at + 4 <= size && at < OPERATIONS_MAX * 4; at += 4) {
        operate(data + at);
        check_counts();
    }
    check_all();
    return 0;
}
