/* limiter.h - how much one client, and the networks around it, may ask
 * SPDX-License-Identifier: ISC
 *
 * What: leaky buckets per client prefix, for several prefix lengths at once, in a fixed table. A
 *       query passes if every bucket it belongs to has room; then, and only then, its price is
 *       poured into all of them. What is refused costs no other client anything.
 * Who:  front. Pure: no clock, no random source, no allocation, no log. Use one limiter for clients
 *       whose address is unproven and another for proven ones (TCP, DNS cookie), so that a flood
 *       with forged sources cannot use up what the true owner of an address is given.
 * Ref:  RFC 5358; docs/LIMITS.md "limiter" (error bound) and "prices".
 */
#pragma once

#include "base/addr.h"

#define LIMITER_LENGTHS_MAX ADDR_LENGTHS_MAX /* prefix lengths per address family */
#define LIMITER_RATE_MAX    1000000          /* queries per second */
#define LIMITER_BURST_MAX   1000000          /* queries */
#define LIMITER_DRAIN_S_MAX 3600 /* burst / rate: how long a full bucket may take to leak empty */
#define LIMITER_DEBT        4    /* a charge may fill a bucket up to this many bursts */
#define LIMITER_ENTRIES_MIN 64   /* buckets in the table */
#define LIMITER_ENTRIES_MAX (1u << 24)

/* Prices, in 1/64 of a query that goes upstream; docs/LIMITS.md "prices" gives the reasons. */
#define LIMITER_QUERY     64 /* the unit of configured rates and bursts */
#define LIMITER_PRICE_MAX (64 * LIMITER_QUERY)
#define LIMITER_PRICE_ADMIT                                                                        \
    16 /* whatever arrives: poured at admission; an answer from cache costs no more */
#define LIMITER_PRICE_MISS  48 /* charged when the question has to go upstream */
#define LIMITER_PRICE_ERROR 16 /* charged when the query is malformed or refused, and answered */
#define LIMITER_PRICE_BULK                                                                         \
    16 /* charged to an unproven client for each LIMITER_BULK_OCTETS begun ... */
#define LIMITER_BULK_FREE   256 /* ... past these octets of an answer */
#define LIMITER_BULK_OCTETS 128

/* --- the table of buckets, which the pacer uses too ------------------------------------------- */

#define LIMITER_GROUP       8  /* buckets a prefix may live in: one cache line of names */
#define LIMITER_ENTRY_BYTES 16 /* eight of name, eight of time */
#define LIMITER_TICKS_PER_MS                                                                       \
    ((uint64_t)1 << 24) /* 60 ps: fine enough for 10^6 queries/s; 2^63 are 17 years */

/* Bytes of memory for `entries` buckets (a power of two, at least LIMITER_GROUP). */
#define LIMITER_MEMORY_BYTES(entries) ((size_t)(entries)*LIMITER_ENTRY_BYTES)

/* Maps a prefix to the moment at which its bucket will have leaked empty. Groups of eight; a
 * newcomer in a full group takes the place of the bucket that is empty soonest, and what that one
 * still held is counted as forgiven. Never grows, never fails. */
struct limiter_group {                /* names first: a search that fails touches one cache line */
    uint64_t tags[LIMITER_GROUP];     /* 0: free, and then the time is 0 too */
    uint64_t empty_at[LIMITER_GROUP]; /* ticks of the caller's clock */
};

struct limiter_table {
    struct limiter_group *groups; /* borrowed; the caller's memory, 64-byte aligned */
    uint64_t groups_mask;         /* groups - 1 */
    struct hash_key key;          /* secret: no outsider can aim at a group */
    uint64_t replaced;            /* buckets given up that were not empty yet */
    uint64_t forgiven_ms;         /* sum of the time they would still have needed to leak empty */
    uint64_t forgiven_ticks;      /* what of it is under 1 ms */
};

/** A place in the table; stays good until the next limiter_table_place() in its group. */
struct limiter_ref {
    uint64_t tag;
    struct limiter_group *group;
    unsigned slot; /* LIMITER_GROUP: the prefix has no bucket */
};

/**
 * Start with every bucket free.
 *
 * @param memory   borrowed as long as `b` lives; LIMITER_MEMORY_BYTES(entries), 64-byte aligned,
 *                 zeroed: pages that no bucket uses are never touched
 * @param entries  a power of two, 8..2^26
 */
void limiter_table_init(struct limiter_table *b, void *memory, size_t entries, struct hash_key key);

/** Look a prefix up by its addr_tag() under `b->key`. */
struct limiter_ref limiter_table_find(const struct limiter_table *b, uint64_t tag);

/** Make a bucket for a prefix that has none; the one that is empty soonest makes room. */
void limiter_table_place(struct limiter_table *b, struct limiter_ref *ref, uint64_t now,
                         uint64_t empty_at);

/* --- the limiter ------------------------------------------------------------------------------ */

struct limiter_rate {
    uint8_t length;      /* prefix length, 0..32 or 0..128 */
    uint32_t rate_per_s; /* queries per second, 1..LIMITER_RATE_MAX */
    uint32_t burst;      /* queries at once after quiet time, 1..LIMITER_BURST_MAX */
};

struct limiter_config {
    struct limiter_rate ipv4[LIMITER_LENGTHS_MAX]; /* longest prefix first */
    struct limiter_rate ipv6[LIMITER_LENGTHS_MAX]; /* longest prefix first */
    uint32_t ipv4_count, ipv6_count; /* 0..LIMITER_LENGTHS_MAX; 0: the family is not limited */
    uint32_t
        slip; /* of the queries over the limit, one in so many is answered with TC=1; 0: none */
};

enum limiter_verdict {
    LIMITER_PASS,
    LIMITER_SLIP, /* over the limit: answer with TC=1, so that an honest client turns to TCP */
    LIMITER_DROP, /* over the limit */
};

struct limiter_rule { /* one configured length, ready for use */
    uint32_t length;
    uint64_t unit_ticks;     /* time in which one price unit leaks away */
    uint64_t capacity_ticks; /* time in which a full bucket leaks empty */
};

struct limiter_family {
    uint32_t count;
    struct limiter_rule rules[LIMITER_LENGTHS_MAX]; /* shortest prefix first: a child inherits */
};

struct limiter {
    /* one table per place in the configuration, so that the many buckets of long prefixes never
     * push out the few of short ones; both families share it */
    struct limiter_table buckets[LIMITER_LENGTHS_MAX];
    struct limiter_family families[2]; /* IPv4, IPv6 */
    struct addr_lengths set;           /* their lengths */
    uint32_t slip;
    uint32_t slip_turn;                    /* queries over the limit since the last slip */
    uint32_t tripped_length;               /* prefix length that the last refusal was for */
    uint64_t passed, slipped, dropped;     /* counts of verdicts */
    uint64_t over[2][LIMITER_LENGTHS_MAX]; /* refusals by family and place in the configuration */
};

/** The limits of unproven clients that a small resolver at the edge starts with: docs/LIMITS.md
 * "limiter". */
struct limiter_config limiter_config_default(void);

/**
 * Make an empty limiter.
 *
 * @param memory   borrowed as long as `lim` lives; LIMITER_MEMORY_BYTES(entries), 64-byte aligned,
 *                 zeroed: pages that no bucket uses are never touched
 * @param entries  buckets, a power of two, LIMITER_ENTRIES_MIN..LIMITER_ENTRIES_MAX
 * @param key      random and secret
 * @return STATUS_OK; STATUS_INVALID (a number out of range, lengths not strictly descending).
 */
MUST_CHECK enum status limiter_init(struct limiter *lim, const struct limiter_config *config,
                                    void *memory, size_t entries, struct hash_key key);

/**
 * Change the limits. What each bucket holds, counted in queries, stays; one that holds more than
 * LIMITER_DEBT of the new bursts is cut to that. Buckets of a length that is gone from its place in
 * the list end; one that comes there begins as full as the network around it. Walks the whole
 * table.
 *
 * @return STATUS_OK; STATUS_INVALID: nothing changed.
 */
MUST_CHECK enum status limiter_reload(struct limiter *lim, const struct limiter_config *config,
                                      uint64_t now_ms);

/**
 * Ask for room for `price` in each bucket of `client` and, if all have it, pour it.
 *
 * @param client  borrowed for this call; IPv4 or IPv6
 * @param keys    the client's names, zeroed at first; those that are missing are added
 * @param price   1..LIMITER_PRICE_MAX. A bucket smaller than the price never passes it.
 * @param now_ms  monotonic clock, never less than in the call before, under 2^39
 * @return LIMITER_PASS; LIMITER_SLIP or LIMITER_DROP (nothing was poured, tripped_length says which
 *         prefix length was over). Cannot fail: a full group gives up the bucket empty soonest.
 */
enum limiter_verdict limiter_take(struct limiter *lim, const struct addr *client,
                                  struct addr_keys *keys, uint32_t price, uint64_t now_ms);

/**
 * Pour the rest of a price, known only after admission, without asking for room. A bucket may go
 * past its burst, up to LIMITER_DEBT bursts; the client pays by waiting. Same arguments.
 */
void limiter_charge(struct limiter *lim, const struct addr *client, struct addr_keys *keys,
                    uint32_t price, uint64_t now_ms);

struct limiter_level {    /* of one bucket */
    uint32_t length;      /* prefix length */
    uint32_t level_milli; /* thousandths of a query in it; more than its burst is debt */
    bool is_kept;         /* it has a place; else this is what it would begin with */
};

/**
 * Look at the buckets of a client, and change nothing.
 *
 * @param levels  written: shortest prefix first
 * @return how many there are
 */
unsigned limiter_look(const struct limiter *lim, const struct addr *client, uint64_t now_ms,
                      struct limiter_level levels[LIMITER_LENGTHS_MAX]);

/**
 * What to charge an unproven client for the size of its answer.
 *
 * @param octets  size of the answer, 0..65535
 * @return price units, 0..LIMITER_PRICE_MAX
 */
uint32_t limiter_price_of_size(size_t octets);

/** Time that buckets given up before they were empty would still have needed; all lengths. */
uint64_t limiter_forgiven_ms(const struct limiter *lim);
