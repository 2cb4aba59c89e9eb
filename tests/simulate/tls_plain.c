/* tls_plain.c - both ends of TLS without cryptography
 * SPDX-License-Identifier: ISC
 *
 * The worker says C; a server with the pinned key answers S, one with another X. Then octets are
 * octets. What is written before S was read is refused, as the real session refuses it.
 */
#include "tls_far.h"

#include "worker/tls_context.h"
#include "worker/tls_setup.h"
#include "worker/tls_show.h"
#include "worker/tls_ticket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELLO   'C'
#define OURS    'S'
#define FOREIGN 'X'

/* --- the worker's end ------------------------------------------------------------------------ */

struct tls_context {
    int unused;
};

struct tls_session {
    uint8_t *in, *out;
    size_t in_size, out_size;
    bool has_greeted, is_trusted, is_ended;
    enum tls_cause cause;
    struct tls_facts facts;
};

size_t
tls_context_bytes(void)
{
    return sizeof(struct tls_context);
}

size_t
tls_session_bytes(void)
{
    return sizeof(struct tls_session);
}

enum status
tls_setup_library(void)
{
    return STATUS_OK;
}

void
tls_setup_version(char *text, size_t size)
{
    snprintf(text, size, "no TLS");
}

enum status
tls_setup_anchors(const void *pem, size_t size, struct tls_anchors **anchors, unsigned *count,
                  unsigned *skipped)
{
    (void)pem;
    (void)size;
    *anchors = NULL;
    *count = 1;
    *skipped = 0;
    return STATUS_OK;
}

enum status
tls_context_init(struct tls_context *context, const struct config_upstream *upstream,
                 const char *name, uint32_t versions, struct tls_anchors *anchors)
{
    (void)context;
    (void)upstream;
    (void)name;
    (void)versions;
    (void)anchors;
    return STATUS_OK;
}

void
tls_context_fini(struct tls_context *context)
{
    (void)context;
}

unsigned
tls_ticket_count(const struct tls_context *context, uint64_t now_ms)
{
    (void)context;
    (void)now_ms;
    return 0;
}

void
tls_ticket_forget(struct tls_context *context)
{
    (void)context;
}

enum status
tls_session_open(struct tls_session *session, struct tls_context *context, uint8_t *in,
                 uint8_t *out, uint64_t now_ms)
{
    (void)context;
    (void)now_ms;
    *session = (struct tls_session){
        .in = in,
        .out = out,
        .facts = {.version = 0x0304, .cipher = 0x1301, .has_leaf = true, .valid_s = 60 * 86400}};
    return STATUS_OK;
}

void
tls_session_close(struct tls_session *session)
{
    memset(session, 0, sizeof *session);
}

uint8_t *
tls_session_room(struct tls_session *session, size_t *room)
{
    *room = TLS_IN_BYTES - session->in_size;
    return session->in + session->in_size;
}

void
tls_session_fed(struct tls_session *session, size_t size)
{
    session->in_size += size;
    session->is_ended = session->is_ended || size == 0;
}

const uint8_t *
tls_session_due(const struct tls_session *session, size_t *size)
{
    *size = session->out_size;
    return session->out;
}

void
tls_session_sent(struct tls_session *session, size_t size)
{
    session->out_size -= size;
    memmove(session->out, session->out + size, session->out_size);
}

static void
eat(struct tls_session *session, size_t size)
{
    session->in_size -= size;
    memmove(session->in, session->in + size, session->in_size);
}

static enum tls_result
fail(struct tls_session *session, enum tls_cause cause)
{
    if (session->cause == TLS_CAUSE_NONE)
        session->cause = cause;
    return TLS_FAILED;
}

enum tls_result
tls_session_handshake(struct tls_session *session)
{
    if (!session->has_greeted)
        session->out[session->out_size++] = HELLO;
    session->has_greeted = true;
    if (session->in_size == 0)
        return session->is_ended ? fail(session, TLS_CAUSE_CLOSED) : TLS_AGAIN_READ;
    if (session->in[0] != OURS)
        return fail(session, session->in[0] == FOREIGN ? TLS_CAUSE_PIN : TLS_CAUSE_PROTOCOL);
    eat(session, 1);
    session->is_trusted = true;
    return TLS_OK;
}

enum tls_result
tls_session_read(struct tls_session *session, uint8_t *to, size_t room, size_t *got)
{
    *got = session->in_size < room ? session->in_size : room;
    if (*got == 0)
        return session->is_ended ? TLS_CLOSED : TLS_AGAIN_READ;
    memcpy(to, session->in, *got);
    eat(session, *got);
    return TLS_OK;
}

enum tls_result
tls_session_write(struct tls_session *session, const uint8_t *from, size_t size, size_t *taken)
{
    *taken = 0;
    if (!session->is_trusted)
        return fail(session, TLS_CAUSE_PROTOCOL);
    if (TLS_OUT_BYTES - session->out_size < TLS_WRITE_MAX)
        return TLS_AGAIN_WRITE;
    *taken = size < TLS_WRITE_MAX ? size : TLS_WRITE_MAX;
    memcpy(session->out + session->out_size, from, *taken);
    session->out_size += *taken;
    return TLS_OK;
}

void
tls_session_goodbye(struct tls_session *session)
{
    (void)session;
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
    (void)session;
    return 0;
}

const char *
tls_session_error(const struct tls_session *session)
{
    return session->cause == TLS_CAUSE_PIN ? "another key" : "it ended";
}

enum status
tls_show_certificate(const struct tls_session *session, unsigned depth, struct tls_show_item *item)
{
    (void)session;
    (void)depth;
    (void)item;
    return STATUS_NONE;
}

const char *
tls_show_version(uint16_t version)
{
    (void)version;
    return "none";
}

const char *
tls_show_cipher(uint16_t cipher)
{
    (void)cipher;
    return "none";
}

/* --- the servers' end ------------------------------------------------------------------------ */

struct tls_far {
    bool is_foreign, is_greeted;
    uint8_t *in, *out;
    size_t in_size, out_size;
};

const char *
tls_far_pin(void)
{
    return "sha256//AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
}

struct tls_far *
tls_far_open(bool is_foreign)
{
    struct tls_far *far = calloc(1, sizeof *far);
    if (far == NULL)
        abort();
    far->is_foreign = is_foreign;
    return far;
}

void
tls_far_close(struct tls_far *far)
{
    if (far == NULL)
        return;
    free(far->in);
    free(far->out);
    free(far);
}

static void
append(uint8_t **to, size_t *to_size, const uint8_t *from, size_t size)
{
    if (size == 0)
        return;
    *to = realloc(*to, *to_size + size);
    if (*to == NULL)
        abort();
    memcpy(*to + *to_size, from, size);
    *to_size += size;
}

static size_t
take(uint8_t *from, size_t *from_size, uint8_t *to, size_t room)
{
    size_t size = *from_size < room ? *from_size : room;
    if (size == 0)
        return 0;
    memcpy(to, from, size);
    *from_size -= size;
    memmove(from, from + size, *from_size);
    return size;
}

bool
tls_far_feed(struct tls_far *far, const uint8_t *octets, size_t size)
{
    if (!far->is_greeted && size > 0) {
        uint8_t answer = far->is_foreign ? FOREIGN : OURS;
        if (octets[0] != HELLO)
            return false;
        far->is_greeted = true;
        append(&far->out, &far->out_size, &answer, 1);
        octets++;
        size--;
    }
    append(&far->in, &far->in_size, octets, size);
    return true;
}

size_t
tls_far_read(struct tls_far *far, uint8_t *to, size_t room)
{
    return take(far->in, &far->in_size, to, room);
}

void
tls_far_write(struct tls_far *far, const uint8_t *from, size_t size)
{
    append(&far->out, &far->out_size, from, size);
}

size_t
tls_far_due(struct tls_far *far, uint8_t *to, size_t room)
{
    return take(far->out, &far->out_size, to, room);
}
