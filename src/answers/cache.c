/* cache.c - see cache.h
 * SPDX-License-Identifier: ISC
 *
 * The block holds the head, the chunks and the index: a table with linear probing that
 * holds the whole hash beside each entry's place, so that a miss touches no entry. An entry is a
 * first chunk with its fields and the first octets of the message, and further chunks in a chain.
 * Chunks are named by index; 0 is none, so zeroed memory is an empty cache.
 *
 * S3-FIFO: a new answer enters the small queue, a tenth of the memory. What was not asked for again
 * while it stood there is evicted from it, and only its hash is remembered for a while (the
 * ghosts); what was moves to the main queue. From the main queue the oldest is evicted, but one
 * that was asked for goes round again, up to FREQUENCY_MAX times. So names asked once evict each other.
 */
#include "answers/cache.h"

#include "base/list.h"

#define NONE          CACHE_INDEX_NONE
#define SMALL_PART    10 /* the small queue is one in ten chunks */
#define FREQUENCY_MAX 3
#define IN_MAIN       0x80 /* bit of struct entry.asked */
#define SLOTS_MIN     64   /* of the index */

struct chunk {
    uint32_t next; /* next chunk of the message or of the free list */
    uint8_t data[CACHE_CHUNK_BYTES - sizeof(uint32_t)];
};

struct entry {               /* a first chunk */
    uint32_t next;           /* as in struct chunk */
    struct list_links links; /* queue by age */
    uint32_t hash;
    uint32_t stored_s, ttl_s, stale_s, held_until_s; /* the last: see cache_hold() */
    uint32_t hits;
    uint16_t size;     /* octets of the message */
    uint8_t frequency; /* times asked for since it entered or went round, up to FREQUENCY_MAX */
    uint8_t asked;     /* RD, CD, DO, and whether it stands in the main queue */
    struct dns_answer answer;
    uint8_t data[CACHE_CHUNK_BYTES - 9 * sizeof(uint32_t) - 4 - sizeof(struct dns_answer)];
};

_Static_assert(sizeof(struct chunk) == CACHE_CHUNK_BYTES, "chunks tile the block");
_Static_assert(sizeof(struct entry) == CACHE_CHUNK_BYTES, "an entry is a chunk");

struct queue {
    struct list entries; /* the oldest comes first */
    uint32_t chunks;     /* used by its entries */
};

struct cache {
    struct cache_counts counts;
    struct cache_index index;
    struct chunk *chunks; /* chunks[0] is never used */
    uint32_t ghosts_mask;
    uint32_t chunks_count; /* chunks[1..chunks_count] */
    uint32_t fresh;        /* chunks above it were never used */
    uint32_t free;         /* list of chunks given back */
    struct queue small, main;
    uint32_t *ghosts; /* hashes of what left the small queue, each at its place */
};

/* --- the index -------------------------------------------------------------------------------- */

size_t
cache_index_slots(size_t entries)
{
    size_t slots = SLOTS_MIN;
    while (slots * 3 < entries * 4)
        slots *= 2;
    return slots;
}

void
cache_index_enter(struct cache_index *index, uint32_t hash, uint32_t entry)
{
    uint32_t at = hash & index->mask;
    while (index->slots[at].entry != CACHE_INDEX_NONE)
        at = (at + 1) & index->mask;
    index->slots[at] = (struct cache_slot){hash, entry};
}

/* Closes the gap: what was pushed past it moves up. */
void
cache_index_leave(struct cache_index *index, uint32_t hash, uint32_t entry)
{
    struct cache_slot *slots = index->slots;
    uint32_t mask = index->mask, gap = hash & mask;
    while (slots[gap].entry != entry)
        gap = (gap + 1) & mask;
    for (uint32_t at = (gap + 1) & mask; slots[at].entry != CACHE_INDEX_NONE;
         at = (at + 1) & mask) {
        uint32_t home = slots[at].hash & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue; /* its home lies behind the gap */
        slots[gap] = slots[at];
        gap = at;
    }
    slots[gap] = (struct cache_slot){0, CACHE_INDEX_NONE};
}

uint32_t
cache_index_next(const struct cache_index *index, uint32_t hash, uint32_t *at)
{
    for (;;) {
        const struct cache_slot *slot = &index->slots[(hash + *at) & index->mask];
        if (slot->entry == CACHE_INDEX_NONE)
            return CACHE_INDEX_NONE;
        ++*at;
        if (slot->hash == hash)
            return slot->entry;
    }
}

/* --- the block -------------------------------------------------------------------------------- */

static struct entry *
entry_at(const struct cache *cache, uint32_t index)
{
    return (struct entry *)&cache->chunks[index];
}

struct cache *
cache_init(void *memory, size_t bytes)
{
    struct cache *cache = memory;
    size_t head = (sizeof *cache + CACHE_CHUNK_BYTES - 1) / CACHE_CHUNK_BYTES * CACHE_CHUNK_BYTES;
    size_t chunks = (bytes - head) / CACHE_CHUNK_BYTES;
    size_t slots = cache_index_slots(chunks);
    /* slots and ghosts take the place of chunks; what remains but one are answers */
    size_t index = slots * sizeof(struct cache_slot) + slots / 2 * sizeof(uint32_t);
    chunks -= (index + CACHE_CHUNK_BYTES - 1) / CACHE_CHUNK_BYTES;
    cache->chunks = (struct chunk *)((uint8_t *)memory + head);
    cache->index.slots = (struct cache_slot *)&cache->chunks[chunks];
    cache->index.mask = (uint32_t)slots - 1;
    cache->ghosts = (uint32_t *)(cache->index.slots + slots);
    cache->ghosts_mask = (uint32_t)(slots / 2) - 1;
    cache->chunks_count = (uint32_t)chunks - 1;
    cache->counts.chunks = cache->chunks_count;
    return cache; /* all else is zero: empty */
}

const struct cache_counts *
cache_counts(const struct cache *cache)
{
    return &cache->counts;
}

static uint8_t
asked_bits(const struct cache_key *key)
{
    return (uint8_t)((key->flags & DNS_RD ? 1 : 0) | (key->flags & DNS_CD ? 2 : 0) |
                     (key->dnssec_ok ? 4 : 0));
}

/* Copy `size` octets of an entry's message from its first. */
static void
copy_out(const struct cache *cache, const struct entry *entry, uint8_t *to, size_t size)
{
    size_t part = size < sizeof entry->data ? size : sizeof entry->data;
    memcpy(to, entry->data, part);
    uint32_t index = entry->next;
    for (size_t at = part; at < size; at += part) {
        const struct chunk *chunk = &cache->chunks[index];
        part = size - at < sizeof chunk->data ? size - at : sizeof chunk->data;
        memcpy(to + at, chunk->data, part);
        index = chunk->next;
    }
}

static bool
entry_is(const struct cache *cache, const struct entry *entry, const struct cache_key *key)
{
    const struct dns_name *name = &key->question->name;
    size_t question = DNS_HEADER_SIZE + name->size + 4u;
    if ((entry->asked & ~IN_MAIN) != asked_bits(key) || entry->answer.question_end != question)
        return false;
    uint8_t head[DNS_HEADER_SIZE + DNS_NAME_MAX + 4];
    copy_out(cache, entry, head, question);
    struct bytes_reader r = bytes_reader(head, question);
    bytes_skip(&r, DNS_HEADER_SIZE);
    const uint8_t *wire = bytes_get_view(&r, name->size);
    return memcmp(wire, name->wire, name->size) == 0 && bytes_get_u16(&r) == key->question->type &&
           bytes_get_u16(&r) == key->question->class;
}

static uint32_t
find(const struct cache *cache, const struct cache_key *key)
{
    uint32_t at = 0, index;
    while ((index = cache_index_next(&cache->index, key->hash, &at)) != NONE)
        if (entry_is(cache, entry_at(cache, index), key))
            return index;
    return NONE;
}

static bool
is_over(const struct entry *entry, uint32_t now_s)
{
    return now_s - entry->stored_s >= entry->ttl_s + entry->stale_s;
}

bool
cache_has_better(const struct cache *cache, const struct cache_key *key, uint32_t now_s)
{
    uint32_t index = find(cache, key);
    if (index == NONE || is_over(entry_at(cache, index), now_s))
        return false;
    uint16_t rcode = entry_at(cache, index)->answer.rcode;
    return rcode == DNS_NOERROR || rcode == DNS_NXDOMAIN;
}

enum cache_result
cache_get(struct cache *cache, const struct cache_key *key, uint32_t now_s, uint8_t *to,
          size_t room, struct cache_hit *hit)
{
    uint32_t index = find(cache, key);
    struct entry *entry = entry_at(cache, index);
    if (index == NONE || entry->size > room || is_over(entry, now_s)) {
        cache->counts.misses++;
        return CACHE_MISS;
    }
    if (entry->frequency < FREQUENCY_MAX)
        entry->frequency++;
    entry->hits++;
    *hit = (struct cache_hit){entry->answer, entry->size, now_s - entry->stored_s,
                              entry->ttl_s,  entry->hits, entry->held_until_s > now_s};
    copy_out(cache, entry, to, entry->size);
    if (hit->age_s >= hit->ttl_s) {
        cache->counts.stale++;
        return CACHE_STALE;
    }
    cache->counts.hits++;
    return CACHE_FRESH;
}

void
cache_hold(struct cache *cache, const struct cache_key *key, uint32_t until_s)
{
    uint32_t index = find(cache, key);
    if (index != NONE)
        entry_at(cache, index)->held_until_s = until_s;
}

static size_t
chunks_for(size_t size)
{
    size_t first = sizeof((struct entry *)0)->data, more = sizeof((struct chunk *)0)->data;
    return size <= first ? 1 : 1 + (size - first + more - 1) / more;
}

static struct queue *
queue_of(struct cache *cache, const struct entry *entry)
{
    return (entry->asked & IN_MAIN) != 0 ? &cache->main : &cache->small;
}

static struct list_table
entries_of(const struct cache *cache)
{
    return LIST_TABLE((struct entry *)cache->chunks, links);
}

static void
leave_queue(struct cache *cache, uint32_t index)
{
    struct entry *entry = entry_at(cache, index);
    struct queue *queue = queue_of(cache, entry);
    list_remove(&queue->entries, entries_of(cache), index);
    queue->chunks -= (uint32_t)chunks_for(entry->size);
}

/* Stand at the young end of the main or the small queue. */
static void
enter_queue(struct cache *cache, uint32_t index, bool main)
{
    struct entry *entry = entry_at(cache, index);
    entry->asked = (uint8_t)((entry->asked & ~IN_MAIN) | (main ? IN_MAIN : 0));
    struct queue *queue = queue_of(cache, entry);
    list_push(&queue->entries, entries_of(cache), index);
    queue->chunks += (uint32_t)chunks_for(entry->size);
}

/* End an entry: the one way out of the cache. */
static void
drop(struct cache *cache, uint32_t index)
{
    cache_index_leave(&cache->index, entry_at(cache, index)->hash, index);
    leave_queue(cache, index);
    cache->counts.entries--;
    while (index != NONE) {
        struct chunk *chunk = &cache->chunks[index];
        uint32_t next = chunk->next;
        memset(chunk->data, 0, sizeof chunk->data); /* a client's names do not linger */
        chunk->next = cache->free;
        cache->free = index;
        cache->counts.chunks_used--;
        index = next;
    }
}

/* Evict one entry. There is at least one. Ends because each round takes a frequency down. */
static void
evict(struct cache *cache)
{
    for (;;) {
        uint32_t oldest = list_first(&cache->main.entries);
        bool small = cache->small.chunks > cache->chunks_count / SMALL_PART || oldest == NONE;
        uint32_t index = small ? list_first(&cache->small.entries) : oldest;
        struct entry *entry = entry_at(cache, index);
        if (entry->frequency == 0) {
            if (small)
                cache->ghosts[entry->hash & cache->ghosts_mask] = entry->hash;
            drop(cache, index);
            cache->counts.evicted++;
            return;
        }
        leave_queue(cache, index);
        entry->frequency = small ? 0 : (uint8_t)(entry->frequency - 1);
        enter_queue(cache, index, true);
    }
}

static uint32_t
take_chunk(struct cache *cache)
{
    uint32_t index = cache->free;
    if (index != NONE)
        cache->free = cache->chunks[index].next;
    else
        index = ++cache->fresh;
    cache->chunks[index].next = NONE;
    cache->counts.chunks_used++;
    return index;
}

static void
copy_in(struct cache *cache, struct entry *entry, const uint8_t *message, size_t size)
{
    size_t part = size < sizeof entry->data ? size : sizeof entry->data;
    memcpy(entry->data, message, part);
    uint32_t *link = &entry->next;
    for (size_t at = part; at < size; at += part) {
        *link = take_chunk(cache);
        struct chunk *chunk = &cache->chunks[*link];
        part = size - at < sizeof chunk->data ? size - at : sizeof chunk->data;
        memcpy(chunk->data, message + at, part);
        link = &chunk->next;
    }
}

/* The message's question must be the key's, or a later look-up would answer another question. */
static bool
answers_key(const uint8_t *message, const struct dns_answer *answer, const struct cache_key *key)
{
    const struct dns_name *name = &key->question->name;
    struct bytes_reader r = bytes_reader(message, answer->end);
    bytes_skip(&r, DNS_HEADER_SIZE);
    const uint8_t *wire = bytes_get_view(&r, name->size);
    return wire != NULL && dns_name_is_wire(name, wire, name->size) &&
           bytes_get_u16(&r) == key->question->type && bytes_get_u16(&r) == key->question->class &&
           !r.failed && r.pos == answer->question_end;
}

enum status
cache_put(struct cache *cache, const struct cache_key *key, const uint8_t *message,
          const struct dns_answer *answer, uint32_t ttl_s, uint32_t stale_s, uint32_t now_s)
{
    bool has_text = answer->ede_text_at == answer->end;
    size_t size = answer->end + (has_text ? (size_t)answer->ede_text_size : 0);
    size_t need = chunks_for(size);
    if (size > CACHE_MESSAGE_MAX || need > cache->chunks_count / 4 || ttl_s == 0 ||
        !answers_key(message, answer, key)) {
        cache->counts.refused++;
        return STATUS_FULL;
    }
    uint32_t hash = key->hash, old = find(cache, key);
    bool main = cache->ghosts[hash & cache->ghosts_mask] == hash;
    uint8_t frequency = 0;
    uint32_t hits = 0;
    if (old != NONE) { /* a refreshed answer keeps its standing */
        main = (entry_at(cache, old)->asked & IN_MAIN) != 0;
        frequency = entry_at(cache, old)->frequency;
        hits = entry_at(cache, old)->hits;
        drop(cache, old);
        cache->counts.replaced++;
    } else {
        cache->counts.returned += main;
    }
    while (cache->chunks_count - cache->counts.chunks_used < need)
        evict(cache);
    uint32_t index = take_chunk(cache);
    struct entry *entry = entry_at(cache, index);
    entry->hash = hash;
    entry->stored_s = now_s;
    entry->ttl_s = ttl_s;
    entry->stale_s = stale_s;
    entry->hits = hits;
    entry->size = (uint16_t)size;
    entry->frequency = frequency;
    entry->asked = asked_bits(key);
    entry->answer = *answer;
    if (!has_text)
        entry->answer.ede_text_size = 0;
    copy_in(cache, entry, message, size);
    /* the spelling of the question is its asker's; ours is lower case (the name is in the first
     * chunk or crosses it) */
    struct bytes_reader lower = bytes_reader(key->question->name.wire, key->question->name.size);
    size_t at = DNS_HEADER_SIZE, left = lower.size;
    size_t part = at + left <= sizeof entry->data ? left : sizeof entry->data - at;
    bytes_get_copy(&lower, entry->data + at, part);
    if (left > part)
        bytes_get_copy(&lower, cache->chunks[entry->next].data, left - part);
    cache_index_enter(&cache->index, hash, index);
    enter_queue(cache, index, main);
    cache->counts.entries++;
    cache->counts.stored++;
    return STATUS_OK;
}

/* --- what is to be forgotten ------------------------------------------------------------------ */

/* Is this the first chunk of an answer? What is not is looked up under a hash that others chose, and
 * not found. */
static bool
is_entry(const struct cache *cache, uint32_t index)
{
    uint32_t at = 0, found;
    while ((found = cache_index_next(&cache->index, entry_at(cache, index)->hash, &at)) != NONE)
        if (found == index)
            return true;
    return false;
}

static bool
is_flushed(const struct cache *cache, const struct entry *entry, const struct cache_flush *flush)
{
    uint8_t head[DNS_HEADER_SIZE + DNS_NAME_MAX];
    size_t size = entry->answer.question_end - DNS_HEADER_SIZE - 4u; /* of a name: cache_put() */
    struct dns_name name = {.size = (uint8_t)size};
    if (flush->is_below ? size < flush->name.size : size != flush->name.size)
        return false;
    copy_out(cache, entry, head, DNS_HEADER_SIZE + size);
    struct bytes_reader r = bytes_reader(head, DNS_HEADER_SIZE + size);
    bytes_skip(&r, DNS_HEADER_SIZE);
    bytes_get_copy(&r, name.wire, size);
    return dns_name_is_below(&name, &flush->name);
}

bool
cache_flush_step(struct cache *cache, struct cache_flush *flush, uint32_t chunks)
{
    while (chunks-- > 0 && flush->at < cache->fresh) {
        uint32_t index = ++flush->at;
        if (is_entry(cache, index) && is_flushed(cache, entry_at(cache, index), flush)) {
            drop(cache, index);
            flush->dropped++;
        }
    }
    return flush->at >= cache->fresh;
}

/* --- how long --------------------------------------------------------------------------------- */

static uint32_t
least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* NXDOMAIN and NODATA: the SOA decides, and any alias that led there (RFC 2308 section 5). */
static uint32_t
negative_ttl(const struct cache_times *limits, const struct dns_answer *answer)
{
    if (!answer->has_soa)
        return 0;
    return least(least(answer->soa_minimum, answer->ttl_min), limits->negative_max_s);
}

uint32_t
cache_ttl(const struct cache_times *limits, const struct dns_answer *answer)
{
    if ((answer->flags & DNS_TC) != 0)
        return 0;
    if (cache_is_failure(answer))
        return limits->failure_s;
    if (answer->rcode == DNS_NXDOMAIN || answer->has_soa)
        return negative_ttl(limits, answer);
    if (answer->counts[0] == 0 || answer->ttl_min == 0)
        return 0;
    uint32_t ttl = answer->ttl_min > limits->ttl_min_s ? answer->ttl_min : limits->ttl_min_s;
    return least(ttl, limits->ttl_max_s);
}

bool
cache_is_failure(const struct dns_answer *answer)
{
    return answer->rcode != DNS_NOERROR && answer->rcode != DNS_NXDOMAIN;
}
