/* dns_answer.h - an upstream's answer: does it belong, is it sound, what of it the client gets
 * SPDX-License-Identifier: ISC
 *
 * What: one bounded walk over an answer; then delivery to a client: id, spelling, OPT and size are
 *       the client's own. Records are relayed as they stand, never compressed again.
 * Who:  worker (belongs?), front (again, then cache and delivery). Pure.
 * Ref:  RFC 1035 4.1, 5452 (matching), 6891, 8767 section 4 (TTL), 2308 (negative answers).
 *
 * A server that refuses before it looks at the question (an access list, a rate, a query it cannot
 * parse) often answers with twelve octets: the id, QR and an RCODE, and no question. That belongs
 * to the query of its id, and says no more than that this query failed.
 */
#pragma once

#include "dns/dns_query.h"

#define DNS_TTL_MAX 604800 /* s; RFC 8767 section 4: more counts as this, top bit or not */

enum dns_answer_verdict {
    DNS_ANSWER_OK,
    DNS_ANSWER_SHORT,     /* no whole header */
    DNS_ANSWER_NOT,       /* QR=0 or opcode not QUERY */
    DNS_ANSWER_QUESTION,  /* another question than the one asked */
    DNS_ANSWER_ERROR,     /* no question, and an RCODE that says why: `flags` and `rcode` are set */
    DNS_ANSWER_MALFORMED, /* no question or several, a record does not parse, a pointer is bad,
                             bytes behind the end */
    DNS_ANSWER_OPT,       /* two OPTs, or one outside the additional section or broken */
};

struct dns_answer {        /* offsets are octets from the message's first */
    uint16_t flags;        /* the header's, RCODE bits included */
    uint16_t rcode;        /* extended: 0..4095 */
    uint16_t counts[3];    /* answer, authority, additional (without OPT and what followed it) */
    uint16_t question_end; /* first octet behind the question */
    uint16_t end;          /* first octet behind the last record that is relayed */
    uint16_t ede;          /* the upstream's info code, DNS_EDE_NONE if none */
    uint16_t ede_text_at;  /* offset of the text that explains it, which may stand behind `end` */
    uint16_t ede_text_size;
    bool has_ttl; /* at least one record other than OPT */
    bool has_soa; /* SOA in authority */
    bool has_opt;
    bool dnssec_ok;           /* DO of its OPT */
    bool keepalive_timed;     /* the server says how long it keeps an idle connection */
    uint8_t traits;           /* the caller's: dns_traits_of(); 0 from dns_answer_parse() */
    uint16_t keepalive_100ms; /* so long, units of 100 ms */
    bool has_long_ttl;        /* at least one record's TTL is over DNS_TTL_MAX */
    uint32_t ttl_min; /* s, at most DNS_TTL_MAX; least TTL of all relayed records; 0 if none */
    uint32_t
        soa_minimum; /* s; MINIMUM of the first SOA in authority (RFC 2308), and its TTL if less */
};

/**
 * Walk an answer. The OPT is expected last; if records follow it, they are left out of `end`
 * and `counts` (additional data is never owed). So is a TSIG, which must be the last record of all
 * (RFC 8945 5.1): we sign no query, and it does not cover what the client gets.
 *
 * @param message   borrowed, `size` octets, 0..65535
 * @param question  what was asked; compared without case
 * @param answer    written on DNS_ANSWER_OK, `flags` and `rcode` on DNS_ANSWER_ERROR, else zeroed
 */
MUST_CHECK enum dns_answer_verdict dns_answer_parse(const uint8_t *message, size_t size,
                                                    const struct dns_question *question,
                                                    struct dns_answer *answer);

/**
 * Copy what is to be kept of an answer: its first `end` octets, and right behind them the text of
 * its error, cut to DNS_EDE_TEXT_MAX.
 *
 * @param to      `room` octets, at least `end`; where they are too few for the text, it is left out
 * @param answer  says then where the text stands
 */
void dns_answer_pack(uint8_t *to, size_t room, const uint8_t *message, struct dns_answer *answer);

/** The text of an answer's error: borrowed from `message`, `answer->ede_text_size` octets. */
const uint8_t *dns_answer_text(const uint8_t *message, const struct dns_answer *answer);

/** The id of a message of at least two octets. */
uint16_t dns_answer_id(const uint8_t *message);

/** Take `age_s` seconds off every TTL but the OPT's, not below 0 and from DNS_TTL_MAX if it is over
 * that (or set all to `ttl_s` if `replace`). */
void dns_answer_age(uint8_t *message, const struct dns_answer *answer, uint32_t age_s, bool replace,
                    uint32_t ttl_s);

/**
 * Make the client's answer in place: its id, its spelling of the question, its flags (RD as it
 * asked, RA set, AA cleared, AD only if it set AD or DO: RFC 6840 5.8), TTLs of DNS_TTL_MAX at
 * most, `opt` appended if the client spoke EDNS, and TC=1 with empty sections where the whole
 * exceeds `limit`.
 *
 * @param message  changed; its first `answer->end` octets are the answer
 * @param size     room in message; `answer->end` + DNS_EDNS_WHOLE_MAX always suffices
 * @param query    the client's query
 * @param opt      what our OPT says; ignored without EDNS in the query. The extended RCODE is
 *                 taken from `answer`; an RCODE over 15 to a client without EDNS becomes SERVFAIL.
 * @param limit    octets the client can take, 512..65535
 * @return octets of the client's answer
 */
size_t dns_answer_deliver(uint8_t *message, size_t size, const struct dns_answer *answer,
                          const struct dns_query *query, const struct dns_edns_put *opt,
                          size_t limit);
