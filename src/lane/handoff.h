/* handoff.h - the records that cross between front and worker
 * SPDX-License-Identifier: ISC
 *
 * What: encoding and strict decoding of the two kinds of ring record. A query record names no
 *       client: a slot, its generation, and what is asked. Both sides take each other for hostile.
 * Who:  front and worker. Pure.
 * Ref:  docs/ARCHITECTURE.md "The ring".
 */
#pragma once

#include "dns/dns_query.h"

/* Bytes of a query record at most, and of an answer record's head (the message follows it). */
#define HANDOFF_QUERY_MAX   (4 + 4 + 8 + 2 + 1 + 2 + 2 + DNS_NAME_MAX)
#define HANDOFF_ANSWER_HEAD (4 + 4 + 1 + 1 + 2 + 4)

/* Where places on connections are short, the last ones are for clients with few questions there. */
enum handoff_rank {
    HANDOFF_LIGHT,    /* its network has few, compared with others */
    HANDOFF_HOPEFUL,  /* it has few, compared with its neighbours */
    HANDOFF_ORDINARY, /* neither */
    HANDOFF_RANKS,
};

struct handoff_query {   /* front → worker */
    uint32_t slot;       /* the front's name for the question, with */
    uint32_t generation; /* the slot's generation, never 0 */
    uint64_t
        deadline_ms; /* monotonic clock, the same in both processes: when nobody waits any more */
    uint16_t flags;  /* DNS_RD, DNS_AD, DNS_CD */
    bool dnssec_ok;
    uint8_t rank;                 /* enum handoff_rank */
    struct dns_question question; /* name in lower case */
};

enum handoff_outcome {
    HANDOFF_ANSWERED = 0, /* a message follows: the upstream's, id not yet the client's */
    HANDOFF_FAILED = 1,   /* no message; `ede` says why */
    HANDOFF_DOWN = 2, /* the same, and no upstream of its group (lane/routes.h) can be reached */
};

struct handoff_answer { /* worker → front */
    uint32_t slot;
    uint32_t generation;
    uint8_t outcome;  /* enum handoff_outcome */
    uint8_t upstream; /* index in the configuration; CONFIG_UPSTREAMS_MAX or more: none was asked */
    uint16_t ede;     /* DNS_EDE_NONE or an info code */
    uint32_t rtt_us;  /* from the write upstream to the answer; 0 if none */
    const uint8_t *message; /* points into the record that was decoded; NULL if none */
    size_t message_size;    /* octets, 12..65535, or 0 */
};

/** @return bytes written at `to` (room HANDOFF_QUERY_MAX) */
size_t handoff_query_write(const struct handoff_query *query, uint8_t to[HANDOFF_QUERY_MAX]);

/** @return STATUS_OK; STATUS_INVALID: the record breaks a rule (`query` is zeroed) */
MUST_CHECK enum status handoff_query_read(const uint8_t *record, size_t size,
                                          struct handoff_query *query);

/** Write the head; the caller puts the message behind it (ring_put takes both). */
void handoff_answer_write(const struct handoff_answer *answer, uint8_t to[HANDOFF_ANSWER_HEAD]);

/** @return STATUS_OK; STATUS_INVALID: the record breaks a rule (`answer` is zeroed) */
MUST_CHECK enum status handoff_answer_read(const uint8_t *record, size_t size,
                                           struct handoff_answer *answer);
