/* dns_query.h - the queries we accept, the one we send, and replies that we make ourselves
 * SPDX-License-Identifier: ISC
 *
 * What: strict parse of a client's message into a value; encoding of the query that goes upstream
 *       from such a value, and of a reply without records. A client's bytes are never patched and
 *       sent on.
 * Who:  front parses and replies, worker encodes. Pure.
 * Ref:  RFC 1035 4.1, 2181, 6891, 8914, 9619 (one question).
 */
#pragma once

#include "dns/dns_edns.h"
#include "dns/dns_name.h"

#define DNS_HEADER_SIZE 12
#define DNS_MESSAGE_MAX 65535

enum dns_header_flag { /* second 16 bits of the header */
                       DNS_QR = 0x8000,
                       DNS_OPCODE = 0x7800,
                       DNS_AA = 0x0400,
                       DNS_TC = 0x0200,
                       DNS_RD = 0x0100,
                       DNS_RA = 0x0080,
                       DNS_Z = 0x0040,
                       DNS_AD = 0x0020,
                       DNS_CD = 0x0010,
                       DNS_RCODE = 0x000f,
};

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
    DNS_NOTAUTH = 9,
    DNS_BADVERS = 16,
    DNS_BADCOOKIE = 23,
};

enum dns_type {
    DNS_TYPE_A = 1,
    DNS_TYPE_NS = 2,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_SOA = 6,
    DNS_TYPE_PTR = 12,
    DNS_TYPE_HINFO = 13,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_OPT = 41,
    DNS_TYPE_DS = 43,
    DNS_TYPE_TKEY = 249,
    DNS_TYPE_TSIG = 250,
    DNS_TYPE_IXFR = 251,
    DNS_TYPE_AXFR = 252,
    DNS_TYPE_MAILB = 253,
    DNS_TYPE_MAILA = 254,
    DNS_TYPE_ANY = 255,
};

enum dns_class { DNS_CLASS_IN = 1, DNS_CLASS_CHAOS = 3, DNS_CLASS_NONE = 254, DNS_CLASS_ANY = 255 };

struct dns_question {
    struct dns_name name; /* of a query: in lower case */
    uint16_t type;        /* enum dns_type, or any other number */
    uint16_t class;       /* enum dns_class, or any other number */
};

struct dns_query {
    uint16_t id;
    uint16_t flags;  /* DNS_RD, DNS_AD, DNS_CD; no other bit */
    uint16_t opcode; /* the header's bits DNS_OPCODE where they stand there; 0 is QUERY */
    struct dns_question question;
    struct dns_spelling spelling; /* of its name: as the asker had it, and has it repeated */
    struct dns_edns edns;
};

enum dns_query_verdict {
    DNS_QUERY_OK,
    DNS_QUERY_SHORT,    /* no whole header: silence */
    DNS_QUERY_RESPONSE, /* QR=1: silence */
    DNS_QUERY_OPCODE,   /* not QUERY: NOTIMP */
    DNS_QUERY_COUNTS,   /* QDCOUNT not 1, ANCOUNT or NSCOUNT not 0, ARCOUNT over 1: FORMERR */
    DNS_QUERY_COOKIE,   /* no question and an OPT with a cookie: it asks for one (RFC 7873 5.4);
                           FORMERR where there are none */
    DNS_QUERY_NAME,     /* the question does not parse: FORMERR */
    DNS_QUERY_RECORD,   /* the additional record is not an OPT: FORMERR */
    DNS_QUERY_OPT,      /* the OPT breaks its rules: FORMERR */
    DNS_QUERY_TRAILING, /* bytes behind the last record: FORMERR */
    DNS_QUERY_VERSION,  /* EDNS version over 0: BADVERS */
    DNS_QUERY_SIGNED,   /* signed with a key (TSIG), whatever it asks for: NOTAUTH */
    DNS_QUERY_TYPE,     /* meta type, refused here: NOTIMP (OPT, TKEY, TSIG, MAILA, MAILB); or a
                           transfer (AXFR, IXFR), whatever records come with it: REFUSED */
};

/**
 * Parse a client's message.
 *
 * @param message  borrowed; `size` octets, 0..65535
 * @param query    written. With every verdict but SHORT, id, flags and opcode are set; the question
 * is set (name.size > 0) where there is one and it parsed, so that an error reply can repeat it;
 * name.size is 0 where it did not. Where the records behind it can be passed over, an OPT among the
 * additional ones is read, which asks for one in the reply (RFC 6891 6.1.1).
 */
MUST_CHECK enum dns_query_verdict dns_query_parse(const uint8_t *message, size_t size,
                                                  struct dns_query *query);

/** May an upstream be asked for this type? Not for meta types and transfers (DNS_QUERY_TYPE). */
bool dns_query_is_forwarded(uint16_t type);

/** The RCODE that answers a verdict; -1 for silence. Not to be called with DNS_QUERY_OK. */
int dns_query_verdict_rcode(enum dns_query_verdict verdict, const struct dns_query *query);

/**
 * Write the query for an upstream: header with `id` and `flags` (DNS_RD, DNS_AD, DNS_CD), the
 * question, OPT with DO as asked and padding to `padding_block` octets (0: none; else the server is
 * also asked how long it keeps idle connections, RFC 7828).
 *
 * @param question  its name is in lower case
 * @return octets written; 0 if `size` is too small (512 always suffices).
 */
size_t dns_query_write(const struct dns_question *question, uint16_t id, uint16_t flags,
                       bool dnssec_ok, uint16_t padding_block, uint8_t *to, size_t size);

/** Write the question of a reply: as the client spelled it. */
void dns_query_put_question(struct bytes_writer *w, const struct dns_query *query);

/**
 * Write a reply without records: QR=1, the query's id and opcode, RD and CD as asked, RA=1, TC as
 * told, its question where it parsed, our OPT where it spoke EDNS.
 *
 * @param query  a client's query, as dns_query_parse() left it; not one with verdict SHORT
 * @param rcode  0..4095; above 15 needs an OPT and becomes SERVFAIL without
 * @param opt    what our OPT says; extended_rcode is set from `rcode`
 * @param size   room at `to`; 512 always suffices
 * @return octets written
 */
size_t dns_query_reply(const struct dns_query *query, uint16_t rcode, bool truncated,
                       const struct dns_edns_put *opt, uint8_t *to, size_t size);
