/* tls_session.h - TLS toward one upstream: bytes in, bytes out, and whether we trust it
 * SPDX-License-Identifier: ISC
 *
 * What: a client session without a descriptor. The caller carries ciphertext between it and a
 *       socket. Nothing the caller writes leaves before the peer is the one the policy names:
 *       a pin matches, CA and name match, or both, as configured. There is no way around it.
 *       mbedTLS is included by src/worker/tls_*.c only.
 * Who:  worker.
 * Ref:  RFC 8446; RFC 7858 and 8310 (strict profile only); RFC 7469 section 2.4 (pins).
 *
 * What a pin proves, by `verify` of the upstream:
 *   pin+ca  the chain validates up to our CAs, the name and the time are right, and one certificate
 *           *of that validated chain* carries a pinned key.
 *   pin     the leaf carries a pinned key: names, issuer, uses and time do not count, for the peer
 *           has proved that it holds the key. Or another certificate of the chain does, and the
 *           leaf is signed through it and is for `tls_name`, and all of them from the leaf to the
 *           pinned one are valid now and fit for what they do here: an issuer's key signs for
 *           others too, so it alone says nothing about whom we talk to. A certificate that is
 *           merely sent along proves nothing.
 *   ca      chain, name and time.
 * The name is looked for in the certificate's subjectAltName only (RFC 9525). Where there is none,
 * or `tls_name` is an address, the certificate must be for that address (RFC 8310 section 8.1).
 *
 * Before anything is computed with a key that was sent, the chain is measured: its number of
 * certificates, the size of their keys. What is expensive to check is refused unchecked.
 */
#pragma once

#include "conf/config.h"

#define TLS_IN_BYTES  (32U << 10) /* ciphertext waiting to be read; holds the largest record */
#define TLS_OUT_BYTES (36U << 10) /* ciphertext waiting to be sent; two of the largest records */
#define TLS_WRITE_MAX 16384U      /* octets in one record */
#define TLS_ERROR_MAX 400         /* characters of an explanation, with its NUL */
#define TLS_TICKETS   8           /* kept per upstream; each is used once */
#define TLS_CHAIN_MAX 10U         /* certificates that a peer may send */
#define TLS_LINKS_MAX 6U          /* pairs of them by whose names one may have signed the other */
#define TLS_DEAR_US   50000U      /* CPU time that no handshake should cost */
/* bits of RSA keys in them; an exponent costs by its length: a long modulus may have a short one */
#define TLS_RSA_BITS               4096U
#define TLS_RSA_EXPONENT_BITS      32U
#define TLS_RSA_LONG_BITS          8192U
#define TLS_RSA_LONG_EXPONENT_BITS 17U
#define TLS_REFUSED_MS             60000U /* where TLS 1.2 was refused, it is not tried again before */
#define TLS_FALLBACK_MS            (24ULL * 3600 * 1000) /* TLS 1.3 is tried again after */

enum tls_result {
    TLS_OK,
    TLS_AGAIN_READ,  /* needs more from the peer */
    TLS_AGAIN_WRITE, /* needs room: send what is due first */
    TLS_CLOSED,      /* the peer ended it: close_notify, or the end of the stream */
    TLS_FAILED,      /* over; tls_session_cause() and tls_session_error() say why */
};

enum tls_cause {
    TLS_CAUSE_NONE,
    TLS_CAUSE_PIN,      /* no pin matches */
    TLS_CAUSE_CA,       /* not signed by a CA we trust */
    TLS_CAUSE_NAME,     /* for another name */
    TLS_CAUSE_EXPIRED,  /* past its time, or our clock is ahead */
    TLS_CAUSE_NOT_YET,  /* before its time: our clock is likely behind */
    TLS_CAUSE_USAGE,    /* not for a server, or with a key or digest that is too weak */
    TLS_CAUSE_DEAR,     /* a chain or key that would cost too much to check */
    TLS_CAUSE_VERSION,  /* does not speak a TLS version we allow */
    TLS_CAUSE_POLICY,   /* does not do in TLS what tls.policy asks */
    TLS_CAUSE_CLIENT,   /* wants a certificate of ours, and we have none */
    TLS_CAUSE_ALERT,    /* the peer refused us */
    TLS_CAUSE_CLOSED,   /* the peer went away during the handshake */
    TLS_CAUSE_LIMIT,    /* our TLS library cannot do what the peer does, or could not parse it */
    TLS_CAUSE_REKEY,    /* KeyUpdate, which our TLS library cannot do: the connection is over */
    TLS_CAUSE_AGAIN,    /* says nothing about the peer: the next session is held otherwise */
    TLS_CAUSE_PROTOCOL, /* the peer broke TLS, or memory ran out */
};

struct tls_facts {     /* about a session whose handshake is done */
    uint16_t version;  /* 0x0303 or 0x0304 */
    uint16_t cipher;   /* IANA number */
    uint16_t group;    /* of the key exchange, IANA number */
    bool resumed;      /* from a ticket: the pin was checked when it was obtained */
    bool has_leaf;     /* leaf_pin is known */
    int8_t pin_index;  /* which configured pin matched; -1: none was asked for */
    uint8_t pin_depth; /* 0 leaf, else an issuer */
    int64_t valid_s;   /* until the leaf's end, at the time of the check; <= 0 past */
    int64_t ends_s;    /* the leaf's end, since 1970 */
    uint8_t leaf_pin[CONFIG_PIN_BYTES]; /* the key that was seen */
};

struct tls_anchors; /* the CAs we trust */
struct tls_context; /* what is asked of one upstream, and its tickets */
struct tls_session; /* one connection */

size_t tls_session_bytes(void); /* memory for one, any alignment of malloc() */

/**
 * Begin a session, resuming from a ticket if there is one. The ticket goes back if the session is
 * closed before an octet of it was sent. A ticket that was obtained before the wall clock was set
 * is not used: what it vouches for was dated by that clock.
 *
 * @param session  memory of tls_session_bytes(), zeroed or closed
 * @param in,out   borrowed until closed: TLS_IN_BYTES and TLS_OUT_BYTES
 * @param now_ms   monotonic; for the age of tickets
 * @return STATUS_OK; STATUS_SYSTEM (no memory).
 */
MUST_CHECK enum status tls_session_open(struct tls_session *session, struct tls_context *context,
                                        uint8_t *in, uint8_t *out, uint64_t now_ms);

/** Free what it holds and wipe its buffers' bookkeeping. May be called twice. */
void tls_session_close(struct tls_session *session);

/** Room for ciphertext from the peer; `room` may be 0: read first. */
uint8_t *tls_session_room(struct tls_session *session, size_t *room);
/** `size` bytes were put there; 0: the stream ended. */
void tls_session_fed(struct tls_session *session, size_t size);

/** Ciphertext due to the peer; `size` may be 0. Valid until the next call on the session. */
const uint8_t *tls_session_due(const struct tls_session *session, size_t *size);
void tls_session_sent(struct tls_session *session, size_t size);

/** Go on with the handshake. @return TLS_OK: done, and the peer is trusted (with a look: done). */
MUST_CHECK enum tls_result tls_session_handshake(struct tls_session *session);

/** Read what the peer said. @return TLS_OK with *got > 0, else *got is 0. Never before the
 * handshake. */
MUST_CHECK enum tls_result tls_session_read(struct tls_session *session, uint8_t *to, size_t room,
                                            size_t *got);

/**
 * Encrypt up to TLS_WRITE_MAX octets into one record.
 * @return TLS_OK with *taken > 0; TLS_AGAIN_WRITE: send first; TLS_FAILED (always, where the peer
 *         is not trusted).
 */
MUST_CHECK enum tls_result tls_session_write(struct tls_session *session, const uint8_t *from,
                                             size_t size, size_t *taken);

/** Put a close_notify among the ciphertext due, if there is room. */
void tls_session_goodbye(struct tls_session *session);

const struct tls_facts *tls_session_facts(const struct tls_session *session);
enum tls_cause tls_session_cause(const struct tls_session *session);
/** CPU time that the handshake has cost so far, in µs. */
uint64_t tls_session_cpu_us(const struct tls_session *session);
/** Why it failed, in words; "" if it did not. */
const char *tls_session_error(const struct tls_session *session);
