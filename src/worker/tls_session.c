/* tls_session.c - see tls_session.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_session.h"

#include "os/evloop.h"
#include "worker/tls_check.h"
#include "worker/tls_context.h"
#include "worker/tls_fault.h"
#include "worker/tls_internal.h"
#include "worker/tls_ticket.h"
#include "worker/tls_trust.h"

#include <stdio.h>
#include <string.h>

/* record header, explicit content type, tag, and what TLS 1.2 adds; mbedTLS bounds it by 256 */
#define RECORD_OVERHEAD 256U

size_t
tls_session_bytes(void)
{
    return sizeof(struct tls_session);
}

static int
carry_out(void *owner, const unsigned char *from, size_t size)
{
    struct tls_buffer *out = &((struct tls_session *)owner)->out;
    if (out->size - out->tail < size && out->head > 0) {
        memmove(out->data, out->data + out->head, out->tail - out->head);
        out->tail -= out->head;
        out->head = 0;
    }
    size_t room = out->size - out->tail;
    if (room == 0)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    size = size < room ? size : room;
    memcpy(out->data + out->tail, from, size);
    out->tail += size;
    return (int)size;
}

static int
carry_in(void *owner, unsigned char *to, size_t size)
{
    struct tls_session *session = owner;
    struct tls_buffer *in = &session->in;
    size_t have = in->tail - in->head;
    if (have == 0) {
        session->is_starved = true;
        return session->has_ended ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
    }
    size = size < have ? size : have;
    memcpy(to, in->data + in->head, size);
    if (session->ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_HELLO)
        tls_hello_feed(&session->hello, to, size);
    in->head += size;
    if (in->head == in->tail)
        in->head = in->tail = 0;
    return (int)size;
}

/* A server that could speak TLS 1.3 marks its random when it speaks 1.2, and signs that mark (RFC
 * 8446 section 4.1.3). mbedTLS looks for it where 1.3 was offered; where it was not, we do. The
 * keys that are shown here are none of our business. */
static void
look_for_downgrade(void *owner, mbedtls_ssl_key_export_type type, const unsigned char *secret,
                   size_t size, const unsigned char client_random[32],
                   const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
    static const char mark[] = {'D', 'O', 'W', 'N', 'G', 'R', 'D'};
    (void)secret, (void)size, (void)client_random, (void)prf;
    if (type == MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET &&
        memcmp(server_random + 24, mark, sizeof mark) == 0)
        ((struct tls_session *)owner)->is_downgraded = true;
}

enum status
tls_session_open(struct tls_session *session, struct tls_context *context, uint8_t *in,
                 uint8_t *out, uint64_t now_ms)
{
    *session = (struct tls_session){
        .is_open = true,
        .generation = context->generation,
        .context = context,
        .in = {.data = in, .size = TLS_IN_BYTES},
        .out = {.data = out, .size = TLS_OUT_BYTES},
        .now_ms = now_ms,
        .clock_s = (int64_t)mbedtls_time(NULL) - (int64_t)(now_ms / 1000),
        .facts = {.pin_index = -1},
    };
    mbedtls_ssl_init(&session->ssl);
    /* for SNI alone; an address is none (RFC 6066 section 3) */
    const char *name = context->name[0] != '\0' && context->ip_size == 0 ? context->name : NULL;
    if (mbedtls_ssl_setup(&session->ssl, tls_context_config(session)) != 0 ||
        mbedtls_ssl_set_hostname(&session->ssl, name) != 0) {
        tls_session_close(session);
        return STATUS_SYSTEM;
    }
    mbedtls_ssl_set_bio(&session->ssl, session, carry_out, carry_in, NULL);
    mbedtls_ssl_set_export_keys_cb(&session->ssl, look_for_downgrade, session);
    tls_ticket_offer(session);
    return STATUS_OK;
}

void
tls_session_close(struct tls_session *session)
{
    if (!session->is_open)
        return;
    mbedtls_ssl_free(&session->ssl); /* wipes keys */
    tls_ticket_return(session);
    session->is_open = session->is_trusted = session->is_done = false;
    session->in = session->out = (struct tls_buffer){0};
}

uint8_t *
tls_session_room(struct tls_session *session, size_t *room)
{
    struct tls_buffer *in = &session->in;
    if (in->head > 0 && in->size - in->tail < in->size / 2) {
        memmove(in->data, in->data + in->head, in->tail - in->head);
        in->tail -= in->head;
        in->head = 0;
    }
    *room = in->size - in->tail;
    return in->data + in->tail;
}

void
tls_session_fed(struct tls_session *session, size_t size)
{
    if (size == 0)
        session->has_ended = true;
    session->in.tail += size;
}

const uint8_t *
tls_session_due(const struct tls_session *session, size_t *size)
{
    *size = session->out.tail - session->out.head;
    return session->out.data + session->out.head;
}

void
tls_session_sent(struct tls_session *session, size_t size)
{
    struct tls_buffer *out = &session->out;
    if (size > 0 && session->offered.is_held)
        tls_ticket_spend(session);
    out->head += size;
    if (out->head == out->tail)
        out->head = out->tail = 0;
}

/* What mbedTLS returned, other than success. */
static enum tls_result
result_of(struct tls_session *session, int error)
{
    if (error == MBEDTLS_ERR_SSL_WANT_READ)
        return TLS_AGAIN_READ;
    if (error == MBEDTLS_ERR_SSL_WANT_WRITE)
        return TLS_AGAIN_WRITE;
    if (session->is_done && (error == 0 || error == MBEDTLS_ERR_SSL_CONN_EOF ||
                             error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY))
        return TLS_CLOSED;
    tls_fault_explain(session, error);
    session->is_trusted = false;
    return TLS_FAILED;
}

static enum tls_result
finish(struct tls_session *session)
{
    const struct tls_context *context = session->context;
    mbedtls_ssl_context *ssl = &session->ssl;
    session->is_done = true;
    session->facts.version = (uint16_t)mbedtls_ssl_get_version_number(ssl);
    session->facts.cipher = (uint16_t)mbedtls_ssl_get_ciphersuite_id_from_ssl(ssl);
    session->facts.group = session->group;
    if (context->look)
        return TLS_OK;
    if (session->fallback == TLS_FALLBACK_PSS && session->is_downgraded) {
        session->is_trusted = false;
        tls_context_climb(session);
        tls_fault_note(
            session, TLS_CAUSE_VERSION,
            "the server speaks TLS 1.3 after all, and an attacker on the path made it look as if "
            "it did not; it is asked in TLS 1.3 again");
        return TLS_FAILED;
    }
    /* only the peer that was checked then can know the key of a ticket: that is the proof */
    session->facts.resumed =
        session->has_ticket && !session->is_shown && session->facts.version == 0x0304;
    if (session->facts.resumed && session->generation == context->generation)
        session->is_trusted = true;
    if (!session->is_trusted) {
        tls_fault_note(session, TLS_CAUSE_PROTOCOL, "the server showed no certificate");
        return TLS_FAILED;
    }
    return TLS_OK;
}

/*
 * Call again? mbedTLS stops to tell of a ticket, and says "want read" in the middle of what it has
 * read already; nothing is left only when it asked for more and got none.
 */
static bool
is_pause(const struct tls_session *session, int error)
{
    return error == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET ||
           (error == MBEDTLS_ERR_SSL_WANT_READ && !session->is_starved);
}

/* The server's certificates are there, and nothing was computed with them yet. @return 0; else the
 * session is over */
static int
judge(struct tls_session *session)
{
    mbedtls_ssl_context *ssl = &session->ssl;
    mbedtls_x509_crt *chain = ssl->MBEDTLS_PRIVATE(session_negotiate)->MBEDTLS_PRIVATE(peer_cert);
    unsigned char alert = tls_trust_judge(session, chain);
    if (alert == 0)
        return 0;
    (void)mbedtls_ssl_send_alert_message(ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
    return MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
}

/* One state of mbedTLS's handshake after the other, for there is something to be done between. */
static int
step(struct tls_session *session)
{
    mbedtls_ssl_context *ssl = &session->ssl;
    int error = 0;
    while (error == 0 && !mbedtls_ssl_is_handshake_over(ssl)) {
        int before = ssl->MBEDTLS_PRIVATE(state);
        error = mbedtls_ssl_handshake_step(ssl);
        if (error != 0 || ssl->MBEDTLS_PRIVATE(state) == before)
            continue;
        if (before == MBEDTLS_SSL_SERVER_HELLO)
            error = tls_check_hello(session);
        else if (before == MBEDTLS_SSL_SERVER_KEY_EXCHANGE)
            error = tls_check_exchange(session);
        else if (before == MBEDTLS_SSL_SERVER_CERTIFICATE)
            error = judge(session);
        else if (before == MBEDTLS_SSL_CERTIFICATE_REQUEST)
            session->is_asked =
                ssl->MBEDTLS_PRIVATE(in_msg)[0] == MBEDTLS_SSL_HS_CERTIFICATE_REQUEST;
    }
    return error;
}

enum tls_result
tls_session_handshake(struct tls_session *session)
{
    if (session->cause != TLS_CAUSE_NONE || !session->is_open)
        return TLS_FAILED;
    if (session->is_done)
        return TLS_OK;
    session->is_starved = false;
    uint64_t begin_us = evloop_cpu_us();
    int error;
    do {
        error = step(session);
    } while (is_pause(session, error));
    session->cpu_us += evloop_cpu_us() - begin_us;
    if (error == 0)
        return finish(session);
    enum tls_result result = result_of(session, error);
    if (result == TLS_FAILED && session->has_ticket)
        tls_ticket_forget(session->context); /* perhaps the tickets were why */
    bool is_refused = session->cause == TLS_CAUSE_VERSION || session->cause == TLS_CAUSE_ALERT;
    if (result == TLS_FAILED && session->fallback != TLS_FALLBACK_NONE && is_refused)
        tls_context_climb(session);
    return result;
}

/* The right certificate alone proves nothing: the handshake shows that its sender has the key. */
static bool
may_talk(const struct tls_session *session)
{
    return session->is_trusted && session->is_done;
}

enum tls_result
tls_session_read(struct tls_session *session, uint8_t *to, size_t room, size_t *got)
{
    *got = 0;
    if (!may_talk(session))
        return TLS_FAILED;
    session->is_starved = false;
    int size;
    do {
        size = mbedtls_ssl_read(&session->ssl, to, room);
        if (size == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
            tls_ticket_keep(session);
    } while (is_pause(session, size));
    if (size <= 0)
        return result_of(session, size);
    session->has_read = true;
    *got = (size_t)size;
    return TLS_OK;
}

enum tls_result
tls_session_write(struct tls_session *session, const uint8_t *from, size_t size, size_t *taken)
{
    *taken = 0;
    if (!may_talk(session))
        return TLS_FAILED;
    size = size < TLS_WRITE_MAX ? size : TLS_WRITE_MAX;
    struct tls_buffer *out = &session->out;
    /* a record goes out whole or not at all: no call has to be repeated with the same bytes */
    if (out->size - (out->tail - out->head) < size + RECORD_OVERHEAD)
        return TLS_AGAIN_WRITE;
    int done;
    do {
        done = mbedtls_ssl_write(&session->ssl, from, size);
    } while (done == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
    if (done <= 0)
        return result_of(session, done);
    *taken = (size_t)done;
    return TLS_OK;
}

void
tls_session_goodbye(struct tls_session *session)
{
    struct tls_buffer *out = &session->out;
    if (session->is_done && out->size - (out->tail - out->head) >= RECORD_OVERHEAD)
        (void)mbedtls_ssl_close_notify(&session->ssl);
}

const struct tls_facts *
tls_session_facts(const struct tls_session *session)
{
    return &session->facts;
}

enum tls_cause
tls_session_cause(const struct tls_session *session)
{
    return session->cause;
}

uint64_t
tls_session_cpu_us(const struct tls_session *session)
{
    return session->cpu_us;
}

const char *
tls_session_error(const struct tls_session *session)
{
    return session->error;
}
