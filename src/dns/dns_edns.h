/* dns_edns.h - the OPT record: what a client asks for, what we add
 * SPDX-License-Identifier: ISC
 *
 * What: reads the options that mean something to us from a client's or an upstream's OPT, strictly,
 *       and writes ours.
 * Who:  front, worker. Pure.
 * Ref:  RFC 6891 (EDNS), 7830 and 8467 (padding), 7828 (keepalive), 7873 and 9018 (cookies),
 *       8914 (extended errors), 5001 (NSID).
 */
#pragma once

#include "base/bytes.h"

#define DNS_EDNS_UDP_MAX   1232 /* octets; the largest UDP answer we send and announce */
#define DNS_EDNS_UDP_MIN   512  /* RFC 6891 6.2.3: smaller values count as this */
#define DNS_PADDING_QUERY  128  /* octets; RFC 8467 4.1 */
#define DNS_PADDING_ANSWER 468  /* octets; RFC 8467 4.1, only where a client may ask for it */
#define DNS_COOKIE_MAX     40   /* client cookie 8, server cookie 8..32 octets */
#define DNS_EDE_TEXT_MAX   128  /* octets of an upstream's explanation that are passed on */
#define DNS_NSID_MAX       63   /* octets of our name */
#define DNS_EDNS_PUT_MAX   71   /* octets of our OPT that may not be left out, at most */
#define DNS_EDNS_WHOLE_MAX (DNS_EDNS_PUT_MAX + DNS_EDE_TEXT_MAX + 4 + DNS_NSID_MAX)

enum dns_edns_option {
    DNS_OPTION_NSID = 3,
    DNS_OPTION_ECS = 8,
    DNS_OPTION_COOKIE = 10,
    DNS_OPTION_KEEPALIVE = 11,
    DNS_OPTION_PADDING = 12,
    DNS_OPTION_EDE = 15,
};

enum dns_ede { /* RFC 8914 section 4; the ones we send */
               DNS_EDE_NONE = 0xffff,
               DNS_EDE_OTHER = 0,
               DNS_EDE_STALE_ANSWER = 3,
               DNS_EDE_FORGED_ANSWER = 4,
               DNS_EDE_CACHED_ERROR = 13,
               DNS_EDE_NOT_READY = 14,
               DNS_EDE_BLOCKED = 15,
               DNS_EDE_PROHIBITED = 18,
               DNS_EDE_NOT_SUPPORTED = 21,
               DNS_EDE_NO_REACHABLE_AUTHORITY = 22,
               DNS_EDE_NETWORK_ERROR = 23,
};

struct dns_edns {
    bool present;
    bool dnssec_ok;
    bool padding;          /* the padding option was there */
    bool nsid;             /* our name is asked for */
    bool cookie_is_odd;    /* a cookie of a size that none has: malformed where cookies are known */
    bool keepalive;        /* the keepalive option was there (means something over TCP only) */
    bool keepalive_is_odd; /* of a size that it cannot have: malformed over TCP */
    bool keepalive_timed;  /* and named a time: a server's */
    uint16_t keepalive_100ms; /* it, units of 100 ms */
    uint8_t version;
    uint8_t cookie_size;    /* 0 = none; 8 or 16..40 */
    uint16_t udp_size;      /* as announced, octets */
    uint16_t ede;           /* info code of the first extended error, DNS_EDE_NONE if none */
    uint16_t ede_text_at;   /* its text: offset from the reader's first octet, and */
    uint16_t ede_text_size; /* octets, as they stand there */
    uint8_t extended_rcode; /* upper eight bits of the RCODE */
    uint8_t cookie[DNS_COOKIE_MAX];
};

enum dns_edns_result {
    DNS_EDNS_OK,
    DNS_EDNS_FORM, /* lengths do not add up */
};

/**
 * Read the body of an OPT record. The reader stands behind its TYPE; on DNS_EDNS_OK it stands
 * behind its RDATA. Unknown options are passed over, however many (RFC 6891 6.1.2); of several
 * cookies or extended errors the first counts (RFC 7873 5.2). Whether an option of a wrong size
 * matters is for the caller to say, which knows the transport and what it makes use of: only
 * `…_is_odd` tells. Options of a version over 0 are not looked at. One bounded pass. On
 * DNS_EDNS_FORM no option is set, and `present` tells whether the fixed part was whole.
 */
enum dns_edns_result dns_edns_get(struct bytes_reader *r, struct dns_edns *edns);

struct dns_edns_put {       /* what our OPT says; zeroed fields are left out */
    uint16_t udp_size;      /* octets we can take */
    uint8_t extended_rcode; /* upper eight bits of the RCODE */
    bool dnssec_ok;
    uint16_t ede;             /* DNS_EDE_NONE: leave out */
    const uint8_t *ede_text;  /* what explains it, of whatever octets; borrowed for the call */
    uint16_t ede_text_size;   /* at most DNS_EDE_TEXT_MAX are passed on (dns_text_put()) */
    const char *nsid;         /* our name; borrowed for the call */
    uint8_t nsid_size;        /* octets, at most DNS_NSID_MAX; 0: leave out */
    bool keepalive_asked;     /* send edns-tcp-keepalive without a value: a client asks for it */
    bool keepalive;           /* send it with a value */
    uint16_t keepalive_100ms; /* its value, units of 100 ms */
    uint8_t cookie_size;      /* 0: leave out */
    uint8_t cookie[DNS_COOKIE_MAX];
    uint16_t padding_block; /* 0: no padding; else pad the whole message to a multiple of it */
    uint16_t message_max; /* text, name and padding never grow the message past this; 0: no bound */
};

/**
 * Append an OPT record to a message begun at w->data[0]; the caller counts it. Our name and the
 * text of an error are left out, the text cut, where message_max or the room in `w` is less.
 * Padding (zeros) is the last option. Where message_max or the room in `w` is less than the next
 * multiple, padding fills that; where not even its head fits, it is left out. The writer fails if
 * the rest does not fit.
 */
void dns_edns_put(struct bytes_writer *w, const struct dns_edns_put *put);

/** Octets of the OPT that dns_edns_put() makes, without what it may leave out. */
size_t dns_edns_put_size(const struct dns_edns_put *put);

/** Octets more that our name takes; 0: it is not asked for. */
size_t dns_edns_nsid_size(const struct dns_edns_put *put);

/** The octets that a client can take over UDP: its size within 512..DNS_EDNS_UDP_MAX. */
size_t dns_edns_udp_limit(const struct dns_edns *edns);
