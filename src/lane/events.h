/* events.h - one record for each query that ended, in memory that others may read
 * SPDX-License-Identifier: ISC
 *
 * What: a ring of fixed size with one writer and any number of readers, who have the memory
 *       read-only and of whom the writer knows nothing: it never waits, and what it writes over is
 *       lost to who has not read it. Each record has its number beside it (a seqlock), so a reader
 *       sees what it lost and takes no half-written record for a whole one. A reader copies a record
 *       out and then judges the copy, for a front that was taken over may write anything here.
 * Who:  front writes; whoever may read events over the control socket reads. Pure.
 * Ref:  docs/EVENTS.md; docs/LIMITS.md "events".
 */
#pragma once

#include "base/addr.h"
#include "lane/query.h"
#include "lane/why.h"

#include <stdatomic.h>

#define EVENTS_SLOTS       16384              /* records; a power of two */
#define EVENTS_UNSEEN_MOST (EVENTS_SLOTS / 2) /* records that are written and not published */
#define EVENTS_UPSTREAMS   16                 /* CONFIG_UPSTREAMS_MAX */
#define EVENTS_LATE_US     10000000 /* an event may be so much younger than its reader's clock */

/* What an event tells of its client. */
enum events_client {
    EVENTS_CLIENT_NONE,
    EVENTS_CLIENT_NETWORK,   /* `client_length` bits of its address */
    EVENTS_CLIENT_PSEUDONYM, /* eight octets that stand for its address until the day is over */
    EVENTS_CLIENT_ADDRESS,   /* all of it, and its port */
};

enum events_name { EVENTS_NAME_NONE, EVENTS_NAME_SUFFIX, EVENTS_NAME_FULL };

enum events_bit {
    EVENTS_QUESTION = 1,  /* type and class are known, and the name as far as it is told */
    EVENTS_EDNS = 2,      /* the query had an OPT record */
    EVENTS_DNSSEC_OK = 4, /* with DO=1 */
    EVENTS_PROVEN = 8,    /* the client has proven its address */
    EVENTS_BITS = 15,
};

struct event {             /* one query that ended; without padding */
    uint64_t ended_us;     /* monotonic */
    uint32_t latency_us;   /* from its arrival; turns of the front are its grain */
    uint16_t size;         /* octets of the response; 0: there was none */
    uint16_t type, class;  /* of the question; 0 where it is not known */
    uint16_t rcode;        /* of the response, 0..4095 */
    uint16_t query_flags;  /* DNS_RD, DNS_AD, DNS_CD */
    uint16_t flags;        /* of the response: its header's second word, without RCODE */
    uint16_t client_port;  /* 0: not told */
    uint8_t why;           /* enum why */
    uint8_t transport;     /* enum query_transport */
    uint8_t upstream;      /* 1 + index in the configuration of which it came; 0: of none */
    uint8_t bits;          /* of enum events_bit */
    uint8_t client_kind;   /* enum events_client */
    uint8_t client_family; /* enum addr_family, if that is told */
    uint8_t client_length; /* with NETWORK: bits */
    uint8_t name_kind;     /* enum events_name */
    uint8_t name_size;     /* octets of `name`; 0: it is not told */
    uint8_t unused[5];     /* zero */
    uint8_t client[16];    /* address or pseudonym, the rest zero */
    uint8_t name[256];     /* wire form, lower case; what is behind name_size is not copied */
};

#define EVENTS_WORDS (sizeof(struct event) / sizeof(uint64_t))

struct events_slot {
    _Atomic uint64_t number; /* 2 n + 2: record n stands here whole; odd: it is being written */
    _Atomic uint64_t words[EVENTS_WORDS];
};

struct events_memory {                     /* all zero: nothing was written yet */
    _Alignas(64) _Atomic uint64_t written; /* records */
    _Alignas(64) struct events_slot slots[EVENTS_SLOTS];
};

struct events_writer {
    struct events_memory *memory; /* borrowed; NULL: there is none */
    uint64_t written;             /* ours; what stands in the memory is not read back */
};

struct events_reader {
    const struct events_memory *memory; /* borrowed, mapped for reading; NULL: there is none */
    uint64_t next;                      /* the record that is read next */
    uint64_t lost; /* written over before they were read, as far as the writer is to be believed */
    uint64_t bad;  /* that no front writes */
};

/** Write from the beginning of zeroed memory. */
void events_writer_init(struct events_writer *writer, struct events_memory *memory);

/** Add a record, which readers do not see yet. Costs the same whoever reads.
 *  @param event  name_size octets of its name are read. @return its number */
uint64_t events_write(struct events_writer *writer, const struct event *event);

/** It ended otherwise than was thought. Nothing is done if the record was written over. Whoever has
 *  read it already has it as it was thought. @param number  of a record */
void events_amend(struct events_writer *writer, uint64_t number, enum why why);

/** From now on readers see what was written. To be called before EVENTS_UNSEEN_MOST are exceeded:
 *  what is written over unseen is lost to every reader. */
void events_publish(struct events_writer *writer);

/** @param from_start  true: what the memory still has; false: what is written from now on */
void events_reader_init(struct events_reader *reader, const struct events_memory *memory,
                        bool from_start);

/**
 * The next record.
 *
 * @param now_us  monotonic, the reader's own
 * @param event   written if there is one; sound, and zero where nothing is told
 * @return false: there is none now. Looks at EVENTS_SLOTS records at most.
 */
bool events_read(struct events_reader *reader, uint64_t now_us, struct event *event);

/** Could a front have written this? @param now_us  monotonic */
bool events_is_sound(const struct event *event, uint64_t now_us);
