/* verdict.h - how a query ends, as a stage decides it
 * SPDX-License-Identifier: ISC
 *
 * What: a stage that does not pass a query on writes one; admit.c hands it to deliver.c. It says
 *       which of the three ends it is, what is counted, and what the message to the client is made
 *       of.
 * Who:  front.
 * Ref:  docs/QUERY.md; lane/why.def.
 */
#pragma once

#include "answers/special.h"
#include "dns/dns_answer.h"
#include "lane/why.h"

enum verdict_end {
    VERDICT_DROP,   /* silence */
    VERDICT_REFUSE, /* an error reply */
    VERDICT_ANSWER,
};

/* what is written to the client */
enum verdict_form {
    VERDICT_RCODE,     /* a reply without records: `rcode`, `ede` */
    VERDICT_TRUNCATED, /* TC=1, no larger than the query: an honest client asks over TCP */
    VERDICT_SIGNED,    /* the refusal of a TSIG; `message` is the query */
    VERDICT_BLOCKED,   /* NXDOMAIN with a SOA; `zone_at` */
    VERDICT_SPECIAL,   /* a special-use name; `action` */
    VERDICT_ANY,       /* the one record for type ANY */
    VERDICT_IDENTITY,  /* our name */
    VERDICT_RECORDS,   /* an upstream's answer: `message`, `answer` */
};

struct verdict {
    uint8_t end;                     /* enum verdict_end */
    uint8_t why;                     /* enum why */
    uint8_t form;                    /* enum verdict_form; not with VERDICT_DROP */
    uint8_t action;                  /* SPECIAL: enum special_action */
    uint16_t rcode;                  /* RCODE */
    uint16_t ede;                    /* with VERDICT_REFUSE; or DNS_EDE_NONE */
    uint16_t zone_at;                /* BLOCKED: octets of the name before the listed one */
    uint16_t message_size;           /* SIGNED: octets */
    uint8_t upstream;                /* 1 + index of the one that it came of; 0: of none */
    uint32_t price;                  /* poured into the client's buckets before it ends; 0: none */
    const uint8_t *message;          /* SIGNED, RECORDS: borrowed until the next message */
    const struct dns_answer *answer; /* RECORDS: likewise */
};

static inline struct verdict
verdict_drop(enum why why)
{
    return (struct verdict){.end = VERDICT_DROP, .why = (uint8_t)why};
}

static inline struct verdict
verdict_refuse(enum why why, uint16_t rcode, uint16_t ede)
{
    return (struct verdict){.end = VERDICT_REFUSE,
                            .why = (uint8_t)why,
                            .form = VERDICT_RCODE,
                            .rcode = rcode,
                            .ede = ede};
}

static inline struct verdict
verdict_truncate(enum why why)
{
    return (struct verdict){
        .end = VERDICT_REFUSE, .why = (uint8_t)why, .form = VERDICT_TRUNCATED, .ede = DNS_EDE_NONE};
}

/** An answer made here. @param form  VERDICT_SPECIAL (`action` is the caller's), ANY or IDENTITY */
static inline struct verdict
verdict_own(enum why why, enum verdict_form form)
{
    return (struct verdict){.end = VERDICT_ANSWER, .why = (uint8_t)why, .form = (uint8_t)form};
}
