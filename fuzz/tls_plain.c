/* tls_plain.c - sessions without TLS, for a target that plays the worker's connections
 * SPDX-License-Identifier: ISC
 *
 * What worker/tls_*.h promise to a connection, kept by octets that go as they are. The handshake is
 * one octet each way: 'H' asks; 'K' and some small letters are trust, others a failure, each with its
 * cause. What TLS does with what a server says, fuzz_tls_records.c and fuzz_tls_session.c try.
 */
#include "tls_plain.h"

#include "worker/tls_context.h"
#include "worker/tls_setup.h"
#include "worker/tls_show.h"
#include "worker/tls_ticket.h"

#include "fuzz.h"

#include <string.h>

enum tls_cause tls_plain_failure;

struct tls_context {
    int unused;
};

struct tls_session {
    bool is_open, is_done, has_ended;
    enum tls_cause cause;
    uint64_t cpu_us;
    uint8_t *in, *out; /* borrowed */
    size_t in_head, in_tail, out_head, out_tail;
    struct tls_facts facts;
};

size_t
tls_context_bytes(void)
{
    return sizeof(struct tls_context);
}

enum status
tls_context_init(struct tls_context *context, const struct config_upstream *upstream,
                 const char *name, struct tls_rules rules, struct tls_anchors *anchors)
{
    (void)context, (void)upstream, (void)name, (void)rules, (void)anchors;
    return STATUS_OK;
}

enum status
tls_setup_library(void)
{
    return STATUS_OK;
}

enum status
tls_setup_anchors(const void *pem, size_t size, struct tls_anchors **anchors, unsigned *count,
                  unsigned *skipped)
{
    static uint8_t some;
    (void)pem;
    must(size > 0);
    *anchors = (struct tls_anchors *)&some;
    *count = 1;
    *skipped = 0;
    return STATUS_OK;
}

unsigned
tls_ticket_count(const struct tls_context *context, uint64_t now_ms)
{
    (void)context, (void)now_ms;
    return 0;
}

enum status
tls_show_certificate(const struct tls_session *session, unsigned depth, struct tls_show_item *item)
{
    (void)session, (void)depth, (void)item;
    return STATUS_NONE;
}

const char *
tls_show_version(uint16_t version)
{
    (void)version;
    return "plain";
}

const char *
tls_show_cipher(uint16_t cipher)
{
    (void)cipher;
    return "none";
}

size_t
tls_session_bytes(void)
{
    return sizeof(struct tls_session);
}

enum status
tls_session_open(struct tls_session *session, struct tls_context *context, uint8_t *in,
                 uint8_t *out, uint64_t now_ms)
{
    (void)context, (void)now_ms;
    must(!session->is_open);
    *session = (struct tls_session){
        .is_open = true, .in = in, .out = out, .facts = {.pin_index = 0, .version = 0x0304}};
    session->out[session->out_tail++] = 'H';
    return STATUS_OK;
}

void
tls_session_close(struct tls_session *session)
{
    *session = (struct tls_session){0};
}

uint8_t *
tls_session_room(struct tls_session *session, size_t *room)
{
    must(session->is_open);
    if (session->in_head > 0) {
        memmove(session->in, session->in + session->in_head, session->in_tail - session->in_head);
        session->in_tail -= session->in_head;
        session->in_head = 0;
    }
    *room = TLS_IN_BYTES - session->in_tail;
    return session->in + session->in_tail;
}

void
tls_session_fed(struct tls_session *session, size_t size)
{
    must(session->is_open && size <= TLS_IN_BYTES - session->in_tail);
    session->has_ended |= size == 0;
    session->in_tail += size;
}

const uint8_t *
tls_session_due(const struct tls_session *session, size_t *size)
{
    *size = session->out_tail - session->out_head;
    return session->out + session->out_head;
}

void
tls_session_sent(struct tls_session *session, size_t size)
{
    must(size <= session->out_tail - session->out_head);
    session->out_head += size;
    if (session->out_head == session->out_tail)
        session->out_head = session->out_tail = 0;
}

/* @return whether that is trust */
static bool
judge(struct tls_session *session, uint8_t octet)
{
    struct tls_facts *facts = &session->facts;
    switch (octet) {
    case 'K':
        return true;
    case 'q':
        facts->resumed = true;
        return true;
    case 'r':
        facts->pin_index = 1;
        return true;
    case 's': /* by an issuer's key, and it ends soon */
        facts->pin_index = 2;
        facts->pin_depth = 1;
        facts->valid_s = 3600;
        return true;
    case 't':
        facts->pin_index = -1;
        facts->version = 0x0303;
        return true;
    case 'u':
        session->cpu_us = TLS_DEAR_US + 1;
        session->cause = TLS_CAUSE_DEAR;
        return false;
    default:
        session->cause = TLS_CAUSE_PIN;
        if (octet >= 'a' && octet <= 'o')
            session->cause = (enum tls_cause)(TLS_CAUSE_PIN + octet - 'a');
        return false;
    }
}

enum tls_result
tls_session_handshake(struct tls_session *session)
{
    must(session->is_open);
    if (session->cause != TLS_CAUSE_NONE)
        return TLS_FAILED;
    if (session->is_done)
        return TLS_OK;
    if (session->in_head == session->in_tail && !session->has_ended)
        return TLS_AGAIN_READ;
    if (session->in_head == session->in_tail)
        session->cause = TLS_CAUSE_CLOSED;
    else
        session->is_done = judge(session, session->in[session->in_head++]);
    return session->is_done ? TLS_OK : TLS_FAILED;
}

enum tls_result
tls_session_read(struct tls_session *session, uint8_t *to, size_t room, size_t *got)
{
    size_t have = session->in_tail - session->in_head;
    *got = 0;
    must(session->is_open && room > 0);
    if (tls_plain_failure != TLS_CAUSE_NONE && session->is_done) {
        session->cause = tls_plain_failure;
        tls_plain_failure = TLS_CAUSE_NONE;
    }
    if (!session->is_done || session->cause != TLS_CAUSE_NONE)
        return TLS_FAILED;
    if (have == 0)
        return session->has_ended ? TLS_CLOSED : TLS_AGAIN_READ;
    *got = have < room ? have : room;
    *got = *got < TLS_WRITE_MAX ? *got : TLS_WRITE_MAX;
    memcpy(to, session->in + session->in_head, *got);
    session->in_head += *got;
    return TLS_OK;
}

enum tls_result
tls_session_write(struct tls_session *session, const uint8_t *from, size_t size, size_t *taken)
{
    *taken = 0;
    must(session->is_open && session->is_done && size > 0);
    if (session->cause != TLS_CAUSE_NONE)
        return TLS_FAILED;
    size = size < TLS_WRITE_MAX ? size : TLS_WRITE_MAX;
    if (session->out_head > 0) {
        memmove(session->out, session->out + session->out_head,
                session->out_tail - session->out_head);
        session->out_tail -= session->out_head;
        session->out_head = 0;
    }
    if (TLS_OUT_BYTES - session->out_tail < size)
        return TLS_AGAIN_WRITE;
    memcpy(session->out + session->out_tail, from, size);
    session->out_tail += size;
    *taken = size;
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
    return session->cpu_us;
}

const char *
tls_session_error(const struct tls_session *session)
{
    return session->cause != TLS_CAUSE_NONE ? "refused" : "";
}
