/* cache.h - answers kept in fixed memory
 * SPDX-License-Identifier: ISC
 *
 * What: a table from question (folded name, type, class, RD, CD, DO) to a whole answer. Memory is
 *       one block of chunks given at start; a full cache evicts by S3-FIFO, so that names
 *       asked only once push out each other and not what is asked for again and again. And how long
 *       an answer may be kept.
 * Who:  front. Pure: time is an argument, nothing is allocated.
 * Ref:  RFC 8767 (TTL, stale), 2308, 9520 (failures); Yang et al., FIFO queues
 *       are all you need for cache eviction, SOSP 2023; docs/LIMITS.md "cache".
 */
#pragma once

#include "dns/dns_answer.h"

#define CACHE_CHUNK_BYTES 256   /* unit of memory; a small answer takes one */
#define CACHE_MESSAGE_MAX 16384 /* octets; larger answers are not kept */
#define CACHE_BYTES_MIN   (64 * 1024)

struct cache; /* lives in the caller's memory */

struct cache_key {
    const struct dns_question *question; /* name in lower case; borrowed for the call */
    uint16_t flags;                      /* DNS_RD and DNS_CD; other bits do not count */
    bool dnssec_ok;
    uint32_t hash; /* of all that, keyed: no outsider can choose questions that have the same */
};

enum cache_result {
    CACHE_MISS,
    CACHE_FRESH,
    CACHE_STALE, /* expired, but within its stale time: only while upstreams fail */
};

struct cache_hit {
    struct dns_answer answer; /* as parsed when it was stored */
    size_t size;              /* octets copied out: the answer's `end` and the text behind it */
    uint32_t age_s;           /* seconds since it was stored */
    uint32_t ttl_s;           /* seconds it was stored for */
    uint32_t hits;            /* times it was asked for, this one included */
    bool is_held;             /* STALE: cache_hold() was called, and its time is not over */
};

struct cache_counts {
    uint64_t hits, misses, stale;                /* of cache_get() */
    uint64_t stored, replaced, evicted, refused; /* of cache_put(); refused: too large */
    uint64_t returned; /* stored so soon after they were evicted that they come to stay */
    uint32_t entries;  /* alive now */
    uint32_t chunks_used, chunks; /* of CACHE_CHUNK_BYTES each */
};

/**
 * Lay a cache out over memory.
 *
 * @param memory  zeroed pages, owned by the caller, kept as long as the cache; pages of chunks
 *                never used are never touched
 * @param bytes   CACHE_BYTES_MIN or more; nothing outside is ever used
 * @return the cache, inside `memory`
 */
struct cache *cache_init(void *memory, size_t bytes);

/**
 * Look a question up and copy its answer out. Its TTLs are as they were stored: age them with
 * dns_answer_age().
 *
 * @param now_s  monotonic seconds
 * @param to     written on FRESH and STALE, `room` octets; an answer that does not fit is a miss
 */
enum cache_result cache_get(struct cache *cache, const struct cache_key *key, uint32_t now_s,
                            uint8_t *to, size_t room, struct cache_hit *hit);

/**
 * Note that a fresher answer to this question was waited for in vain: until then, or until one is
 * kept, no client waits for it again (RFC 8767 section 5, the failure recheck timer). No effect
 * if there is no answer to it.
 */
void cache_hold(struct cache *cache, const struct cache_key *key, uint32_t until_s);

/**
 * Keep an answer in place of an older one to the same question.
 *
 * @param message  borrowed; `answer->end` octets of it are kept, its question in lower case, and
 * the text of its error if it stands right behind those (dns_answer_pack())
 * @param ttl_s    seconds it is fresh, 1..2^31
 * @param stale_s  seconds beyond that it may serve while upstreams fail
 * @return STATUS_OK; STATUS_FULL: larger than CACHE_MESSAGE_MAX or than a quarter of the cache, or
 *         not an answer to the key's question; nothing was changed.
 */
MUST_CHECK enum status cache_put(struct cache *cache, const struct cache_key *key,
                                 const uint8_t *message, const struct dns_answer *answer,
                                 uint32_t ttl_s, uint32_t stale_s, uint32_t now_s);

/** Is there an answer other than a failure, fresh or within its stale time? */
bool cache_has_better(const struct cache *cache, const struct cache_key *key, uint32_t now_s);

const struct cache_counts *cache_counts(const struct cache *cache);

/* --- what is to be forgotten ------------------------------------------------------------------ */

/* A walk through the whole cache, in steps: between two of them it is used as always. */
struct cache_flush {
    struct dns_name name; /* in lower case */
    bool is_below;        /* with all names below it */
    uint32_t at;          /* chunks looked at so far; at first 0 */
    uint32_t dropped;     /* answers; at first 0 */
};

/**
 * Drop what is kept of a name, whatever its type and flags. What was kept when the walk began is
 * gone when it ends; what is kept meanwhile may be.
 *
 * @param chunks  to look at in this step, 1 or more
 * @return true: the walk has ended
 */
bool cache_flush_step(struct cache *cache, struct cache_flush *flush, uint32_t chunks);

/* --- how long an answer may be kept ----------------------------------------------------------- */

struct cache_times {         /* limits, from the configuration */
    uint32_t ttl_min_s;      /* floor; 0: none */
    uint32_t ttl_max_s;      /* ceiling, at least 1 */
    uint32_t negative_max_s; /* ceiling of NXDOMAIN and NODATA */
    uint32_t failure_s;      /* SERVFAIL and the like; RFC 9520 3.2: 1..300; 0: not kept */
};

/**
 * @param answer  a sound answer, from dns_answer_parse()
 * @return seconds the answer is fresh; 0: not to be kept (TC, a referral, a negative answer without
 * SOA, TTL 0)
 */
uint32_t cache_ttl(const struct cache_times *limits, const struct dns_answer *answer);

/** Is the answer a failure that a stale answer may stand in for (RFC 8767)? */
bool cache_is_failure(const struct dns_answer *answer);

/* --- the index: from a hash to the entries that have it --------------------------------------- */

/* Linear probing in the caller's memory. The whole hash stands beside each entry's number, so that
 * looking a miss up touches nothing but the table. */
#define CACHE_INDEX_NONE 0u

struct cache_slot {
    uint32_t hash;
    uint32_t entry; /* CACHE_INDEX_NONE: free */
};

struct cache_index {
    struct cache_slot *slots; /* borrowed; mask + 1 of them, a power of two, never all used */
    uint32_t mask;
};

/** Slots for so many entries: at most three in four are used then. */
size_t cache_index_slots(size_t entries);

/** @param entry  not in the index, not CACHE_INDEX_NONE; there is a free slot besides its own */
void cache_index_enter(struct cache_index *index, uint32_t hash, uint32_t entry);

/** @param entry  in the index, under `hash` */
void cache_index_leave(struct cache_index *index, uint32_t hash, uint32_t entry);

/**
 * Walk the entries of a hash.
 *
 * @param at  0 at first, then as it was left
 * @return the next entry; CACHE_INDEX_NONE: there is none
 */
uint32_t cache_index_next(const struct cache_index *index, uint32_t hash, uint32_t *at);
