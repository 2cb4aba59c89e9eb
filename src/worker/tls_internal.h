/* tls_internal.h - what the three tls_*.c share; the one header that includes mbedTLS
 *
 * Who:  tls_session.c, tls_context.c, tls_trust.c, and no other file.
 */
#pragma once

#include "worker/tls_session.h"

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

/* a wall clock that is off by so much against the monotonic one was set: what was dated by it goes
 */
#define TLS_CLOCK_STEP_S 60

struct tls_ticket {
    bool is_held;
    uint64_t until_ms;      /* monotonic; past this it is not used */
    int64_t clock_s;        /* wall clock less monotonic clock when it was obtained */
    struct tls_facts facts; /* of the handshake that showed the certificate */
    mbedtls_ssl_session session;
};

struct tls_context {
    bool is_open;
    bool look; /* shows a chain, trusts nobody */
    uint32_t verify;
    uint32_t generation; /* counts tls_context_init(): a session of an older one keeps no ticket */
    uint32_t pins_count;
    uint8_t pins[CONFIG_PINS_MAX][CONFIG_PIN_BYTES];
    char name[CONFIG_HOST_MAX]; /* "": none */
    mbedtls_ssl_config config;
    struct tls_ticket tickets[TLS_TICKETS];
    unsigned ticket_next; /* the slot that is filled next */
};

struct tls_buffer { /* bytes at data[head..tail) */
    uint8_t *data;
    size_t size, head, tail;
};

struct tls_session {
    bool is_open;
    bool is_trusted;           /* the one gate: set by tls_trust.c or by a ticket, read by write */
    bool is_shown;             /* a certificate was looked at in this handshake */
    bool is_done;              /* handshake over */
    bool is_starved;           /* mbedTLS asked for more than there was */
    bool has_ended;            /* the peer's stream is over */
    bool has_ticket;           /* one was offered */
    struct tls_ticket offered; /* it; held until the first octet leaves: then it is used up */
    enum tls_cause cause;
    uint32_t generation;
    struct tls_context *context; /* borrowed */
    mbedtls_ssl_context ssl;
    struct tls_buffer in, out;
    uint64_t now_ms;      /* when it was opened */
    int64_t clock_s;      /* wall clock less monotonic clock then */
    uint64_t until_ms;    /* tickets of this session are good until then */
    uint32_t chain_flags; /* MBEDTLS_X509_BADCERT_… of all certificates of the built chain */
    int8_t chain_pin;     /* pin found nearest to the leaf of the built chain; -1 none */
    uint8_t chain_depth;
    struct tls_facts facts;
    char error[TLS_ERROR_MAX];
};

/** mbedTLS asks about each certificate of the chain it built, root first, leaf last; `owner` is the
 * session. */
int tls_trust_judge(void *owner, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

/** SHA-256 of the SubjectPublicKeyInfo. @return false: the library failed. */
bool tls_trust_key(const mbedtls_x509_crt *crt, uint8_t pin[CONFIG_PIN_BYTES]);

/** Cause and words for a chain that did not validate, from session->chain_flags or `flags`. */
void tls_trust_explain(struct tls_session *session, uint32_t flags, const mbedtls_x509_crt *leaf);

/** The first words stay: what came first is the reason. */
void tls_fail(struct tls_session *session, enum tls_cause cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Keep the session that the peer just sent a ticket for. */
void tls_ticket_keep(struct tls_session *session);
/** Offer a ticket in `session`, which is being opened. */
void tls_ticket_offer(struct tls_session *session);
/** Octets of the session left: its ticket is used up. */
void tls_ticket_spend(struct tls_session *session);
/** The session ends: a ticket that nobody saw can be offered again. */
void tls_ticket_return(struct tls_session *session);
