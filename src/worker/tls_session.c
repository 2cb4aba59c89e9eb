/* tls_session.c - see tls_session.h */
#include "worker/tls_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* record header, explicit content type, tag, and what TLS 1.2 adds; mbedTLS bounds it by 256 */
#define RECORD_OVERHEAD 256U

size_t
tls_session_bytes(void)
{
    return sizeof(struct tls_session);
}

void
tls_fail(struct tls_session *session, enum tls_cause cause, const char *format, ...)
{
    if (session->cause != TLS_CAUSE_NONE)
        return;
    session->cause = cause;
    va_list args;
    va_start(args, format);
    vsnprintf(session->error, sizeof session->error, format, args);
    va_end(args);
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
    in->head += size;
    if (in->head == in->tail)
        in->head = in->tail = 0;
    return (int)size;
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
        .chain_pin = -1,
        .facts = {.pin_index = -1},
    };
    mbedtls_ssl_init(&session->ssl);
    const char *name = context->name[0] != '\0' ? context->name : NULL;
    if (mbedtls_ssl_setup(&session->ssl, &context->config) != 0 ||
        mbedtls_ssl_set_hostname(&session->ssl, name) != 0) {
        tls_session_close(session);
        return STATUS_SYSTEM;
    }
    mbedtls_ssl_set_bio(&session->ssl, session, carry_out, carry_in, NULL);
    mbedtls_ssl_set_verify(&session->ssl, tls_trust_judge, session);
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
    if (size > 0)
        tls_ticket_spend(session);
    out->head += size;
    if (out->head == out->tail)
        out->head = out->tail = 0;
}

static const char *
alert_text(unsigned alert)
{
    switch (alert) {
    case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
        return "handshake failure, no version or cipher in common";
    case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
        return "unrecognized name";
    case MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL:
        return "no application protocol";
    case MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR:
        return "internal error";
    case MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR:
        return "decrypt error";
    case MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED:
        return "access denied";
    default:
        return "alert";
    }
}

static void
explain(struct tls_session *session, int error)
{
    /* kept by mbedTLS in the message it read last: level, description */
    const unsigned char *message = session->ssl.MBEDTLS_PRIVATE(in_msg);
    unsigned alert = error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && message ? message[1] : 0;
    if (error == MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION ||
        alert == MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION)
        tls_fail(session, TLS_CAUSE_VERSION, "the server does not speak a TLS version we allow");
    else if (alert != 0)
        tls_fail(session, TLS_CAUSE_ALERT, "the server refused: %s (%u)", alert_text(alert), alert);
    else if (error == MBEDTLS_ERR_SSL_CONN_EOF || error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        tls_fail(session, TLS_CAUSE_CLOSED, "the server closed the connection in the handshake");
    else if (session->is_shown && !session->is_done &&
             (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ||
              error == MBEDTLS_ERR_SSL_BAD_CERTIFICATE))
        tls_fail(session, TLS_CAUSE_USAGE, "the server's certificate is not for a server");
    else
        tls_fail(session, TLS_CAUSE_PROTOCOL, "the server broke the TLS protocol (-0x%04x)",
                 (unsigned)-error);
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
    session->is_trusted = false;
    explain(session, error);
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
    if (context->look)
        return TLS_OK;
    /* only the peer that was checked then can know the key of a ticket: that is the proof */
    session->facts.resumed =
        session->has_ticket && !session->is_shown && session->facts.version == 0x0304;
    if (session->facts.resumed && session->generation == context->generation)
        session->is_trusted = true;
    if (!session->is_trusted ||
        (context->verify != CONFIG_VERIFY_PIN && mbedtls_ssl_get_verify_result(ssl) != 0)) {
        session->is_trusted = false;
        tls_fail(session, TLS_CAUSE_PROTOCOL, "the server showed no certificate");
        return TLS_FAILED;
    }
    return TLS_OK;
}

/*
 * Call again? mbedTLS stops to tell of a ticket, and says "want read" in the middle of what it has
 * read already; only when it asked us in vain is there nothing left.
 */
static bool
is_pause(const struct tls_session *session, int error)
{
    return error == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET ||
           (error == MBEDTLS_ERR_SSL_WANT_READ && !session->is_starved);
}

enum tls_result
tls_session_handshake(struct tls_session *session)
{
    if (session->cause != TLS_CAUSE_NONE || !session->is_open)
        return TLS_FAILED;
    if (session->is_done)
        return TLS_OK;
    session->is_starved = false;
    int error;
    do {
        error = mbedtls_ssl_handshake(&session->ssl);
    } while (is_pause(session, error));
    if (error == 0)
        return finish(session);
    enum tls_result result = result_of(session, error);
    if (result == TLS_FAILED && session->has_ticket)
        tls_context_forget(session->context); /* perhaps the tickets were why */
    return result;
}

enum tls_result
tls_session_read(struct tls_session *session, uint8_t *to, size_t room, size_t *got)
{
    *got = 0;
    if (!session->is_trusted)
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
    *got = (size_t)size;
    return TLS_OK;
}

enum tls_result
tls_session_write(struct tls_session *session, const uint8_t *from, size_t size, size_t *taken)
{
    *taken = 0;
    if (!session->is_trusted)
        return TLS_FAILED;
    size = size < TLS_WRITE_MAX ? size : TLS_WRITE_MAX;
    struct tls_buffer *out = &session->out;
    /* a record goes out whole or not at all, so a call never has to be repeated with the same bytes
     */
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

const char *
tls_session_error(const struct tls_session *session)
{
    return session->error;
}

enum status
tls_session_chain(const struct tls_session *session, unsigned depth, struct tls_chain_item *item)
{
    *item = (struct tls_chain_item){0};
    const mbedtls_x509_crt *crt = mbedtls_ssl_get_peer_cert(&session->ssl);
    for (; crt != NULL && depth > 0; depth--)
        crt = crt->next;
    if (crt == NULL || !tls_trust_key(crt, item->pin))
        return STATUS_NONE;
    char subject[160];
    if (mbedtls_x509_dn_gets(subject, sizeof subject, &crt->subject) < 0)
        subject[0] = '\0';
    const mbedtls_x509_time *from = &crt->valid_from, *to = &crt->valid_to;
    snprintf(item->text, sizeof item->text, "%s, valid %04d-%02d-%02d to %04d-%02d-%02d", subject,
             from->year, from->mon, from->day, to->year, to->mon, to->day);
    return STATUS_OK;
}

const char *
tls_version_text(uint16_t version)
{
    return version == 0x0304 ? "TLS 1.3" : version == 0x0303 ? "TLS 1.2" : "TLS ?";
}

/* IANA's names, for mbedTLS has names of its own */
const char *
tls_cipher_text(uint16_t cipher)
{
    switch (cipher) {
    case MBEDTLS_TLS1_3_AES_128_GCM_SHA256:
        return "TLS_AES_128_GCM_SHA256";
    case MBEDTLS_TLS1_3_AES_256_GCM_SHA384:
        return "TLS_AES_256_GCM_SHA384";
    case MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256:
        return "TLS_CHACHA20_POLY1305_SHA256";
    default:
        return mbedtls_ssl_get_ciphersuite_name(cipher);
    }
}
