/* tls_internal.h - what the tls_*.c share; the one header that includes mbedTLS
 * SPDX-License-Identifier: ISC
 *
 * What: the structs behind the names of tls_session.h.
 * Who:  tls_*.c; no other file.
 */
#pragma once

#include "worker/tls_context.h"
#include "worker/tls_hello.h"

/* the library's inline functions do not follow our warnings */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#pragma GCC diagnostic pop

#define TLS_TRUST_MAX_MS                                                                           \
    (24ULL * 3600 * 1000) /* a certificate is looked at again at least this often */

struct tls_anchors {
    mbedtls_x509_crt chain;
};

/* a wall clock that is off by so much against the monotonic one was set: what it dated goes */
#define TLS_CLOCK_STEP_S 60

struct tls_ticket {
    bool is_held;
    uint64_t until_ms;      /* monotonic; past this it is not used */
    int64_t clock_s;        /* wall clock less monotonic clock when it was obtained */
    struct tls_facts facts; /* of the handshake that showed the certificate */
    mbedtls_ssl_session session;
};

struct tls_policy; /* tls_policy.h */

struct tls_context {
    bool is_open;
    bool look;           /* shows a chain, trusts no server */
    bool has_anchor_pin; /* a CA of ours has a pinned key: it need not be sent to count */
    uint32_t verify;
    uint32_t generation; /* counts tls_context_init(): a session of an older one keeps no ticket */
    uint32_t pins_count;
    uint8_t pins[CONFIG_PINS_MAX][CONFIG_PIN_BYTES];
    char name[CONFIG_HOST_MAX];  /* that the certificate must be for; "": none */
    uint8_t ip[16];              /* `name` as address, */
    size_t ip_size;              /* 4 or 16 octets of it; 0: it is a DNS name */
    struct tls_anchors *anchors; /* borrowed; NULL: none */
    uint32_t versions;           /* bits of enum config_tls_versions */
    const struct tls_policy *policy;
    enum tls_fallback fallback;
    uint64_t fallback_ms; /* monotonic: it ends then */
    uint64_t refused_ms;  /* monotonic: TLS 1.2 was refused, and is not tried again before */
    mbedtls_ssl_config config;
    mbedtls_ssl_config config12; /* the same, TLS 1.2 alone */
    struct tls_ticket tickets[TLS_TICKETS];
    unsigned ticket_next; /* the slot that is filled next */
};

struct tls_buffer { /* bytes at data[head..tail) */
    uint8_t *data;
    size_t size, head, tail;
};

struct tls_session {
    bool is_open;
    bool is_trusted;            /* set by tls_trust.c or by a ticket; the one gate, with is_done */
    bool is_shown;              /* a certificate was looked at in this handshake */
    bool is_asked;              /* the peer asked for one of ours */
    bool is_done;               /* handshake over */
    bool is_starved;            /* mbedTLS asked for more than there was */
    bool has_ended;             /* the peer's stream is over */
    bool has_ticket;            /* one was offered */
    bool has_read;              /* the peer has said something after the handshake */
    bool is_downgraded;         /* a TLS 1.2 server that marks itself as able to speak 1.3 */
    enum tls_fallback fallback; /* this session is held in TLS 1.2 because of it */
    struct tls_ticket offered;  /* it; held until the first octet leaves: then it is used up */
    enum tls_cause cause;
    uint32_t generation;
    struct tls_context *context; /* borrowed */
    mbedtls_ssl_context ssl;
    struct tls_buffer in, out;
    uint64_t now_ms;   /* when it was opened */
    int64_t clock_s;   /* wall clock less monotonic clock then */
    uint64_t until_ms; /* tickets of this session are good until then */
    uint64_t cpu_us;   /* spent on its handshake */
    uint16_t group;    /* of the key exchange, once it is known */
    struct tls_hello_reader hello;
    struct tls_facts facts;
    char error[TLS_ERROR_MAX];
};

#define TLS_PATH_MAX (MBEDTLS_X509_MAX_INTERMEDIATE_CA + 2)

struct tls_path { /* from the server's certificate to an anchor, as a walk found it */
    const mbedtls_x509_crt *crt[TLS_PATH_MAX]; /* leaf first; the last one is the anchor's */
    unsigned count;
    uint32_t flags; /* MBEDTLS_X509_BADCERT_… of all of them; UINT32_MAX: no walk was possible */
};
