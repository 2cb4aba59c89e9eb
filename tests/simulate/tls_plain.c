/* tls_plain.c - both ends of TLS without cryptography
 * SPDX-License-Identifier: ISC
 *
 * The worker says C; a server with the pinned key answers S and one octet, which stands for two
 * tickets, one with another key X. With a ticket the worker says R and its octet; a server that knows
 * it answers A and one octet for another ticket, any other as above. Then octets are octets. What is written before S was read is refused, as the real session refuses it.
 */
#include "tls_far.h"

#include "worker/tls_context.h"
#include "worker/tls_setup.h"
#include "worker/tls_show.h"
#include "worker/tls_ticket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELLO     'C'
#define RESUME    'R' /* and a ticket */
#define OURS      'S' /* and a ticket, like */
#define RESUMED   'A'
#define FOREIGN   'X'
#define NO_TICKET (-1)

/* --- the worker's end ------------------------------------------------------------------------ */

struct tls_context {
    uint8_t tickets[TLS_TICKETS]; /* the newest last */
    unsigned tickets_count;
};

struct tls_session {
    uint8_t *in, *out;
    size_t in_size, out_size;
    struct tls_context *context;
    int ticket;  /* that it holds: NO_TICKET, or an octet */
    bool offers; /* it said so */
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
                 const char *name, struct tls_rules rules, struct tls_anchors *anchors)
{
    (void)upstream;
    (void)name;
    (void)rules;
    (void)anchors;
    *context = (struct tls_context){.tickets_count = 0};
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
    (void)now_ms;
    return context->tickets_count;
}

void
tls_ticket_forget(struct tls_context *context)
{
    context->tickets_count = 0;
}

static void
keep_ticket(struct tls_context *context, uint8_t ticket)
{
    if (context->tickets_count == TLS_TICKETS)
        memmove(context->tickets, context->tickets + 1, --context->tickets_count);
    context->tickets[context->tickets_count++] = ticket;
}

enum status
tls_session_open(struct tls_session *session, struct tls_context *context, uint8_t *in,
                 uint8_t *out, uint64_t now_ms)
{
    (void)now_ms;
    int ticket =
        context->tickets_count > 0 ? context->tickets[--context->tickets_count] : NO_TICKET;
    *session = (struct tls_session){.context = context,
                                    .ticket = ticket,
                                    .in = in,
                                    .out = out,
                                    .facts = {.version = 0x0304,
                                              .cipher = 0x1301,
                                              .has_leaf = true,
                                              .valid_s = 60 * 86400,
                                              .ends_s = 4000000000}};
    return STATUS_OK;
}

void
tls_session_close(struct tls_session *session)
{
    if (session->context != NULL && session->ticket != NO_TICKET) /* no octet of it left */
        keep_ticket(session->context, (uint8_t)session->ticket);
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
    session->ticket = size > 0 ? NO_TICKET : session->ticket;
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

static void
greet(struct tls_session *session)
{
    session->offers = session->ticket != NO_TICKET;
    session->out[session->out_size++] = session->offers ? RESUME : HELLO;
    if (session->offers)
        session->out[session->out_size++] = (uint8_t)session->ticket;
}

enum tls_result
tls_session_handshake(struct tls_session *session)
{
    if (!session->has_greeted)
        greet(session);
    session->has_greeted = true;
    if (session->in_size > 0 && session->in[0] == FOREIGN)
        return fail(session, TLS_CAUSE_PIN);
    if (session->in_size < 2)
        return session->is_ended ? fail(session, TLS_CAUSE_CLOSED) : TLS_AGAIN_READ;
    session->facts.resumed = session->in[0] == RESUMED;
    if (session->in[0] != OURS && !(session->facts.resumed && session->offers))
        return fail(session, TLS_CAUSE_PROTOCOL);
    for (int i = session->facts.resumed; i < 2; i++)
        keep_ticket(session->context, session->in[1]);
    eat(session, 2);
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
    uint8_t ticket;
    uint8_t *in, *out;
    size_t in_size, out_size;
};

const char *
tls_far_pin(void)
{
    return "sha256//AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
}

struct tls_far *
tls_far_open(bool is_foreign, uint8_t ticket)
{
    struct tls_far *far = calloc(1, sizeof *far);
    if (far == NULL)
        abort();
    far->is_foreign = is_foreign;
    far->ticket = ticket;
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

/* What it says of itself, by what the worker said first. */
static void
answer(struct tls_far *far, bool is_resumed)
{
    const uint8_t own[] = {is_resumed ? RESUMED : OURS, far->ticket}, foreign = FOREIGN;
    append(&far->out, &far->out_size, far->is_foreign ? &foreign : own, far->is_foreign ? 1 : 2);
    far->is_greeted = true;
}

bool
tls_far_feed(struct tls_far *far, const uint8_t *octets, size_t size, enum tls_far_greeting *said)
{
    uint8_t words[2];
    append(&far->in, &far->in_size, octets, size);
    *said = TLS_FAR_NOTHING;
    if (far->is_greeted || far->in_size == 0)
        return true;
    if (far->in[0] != HELLO && far->in[0] != RESUME)
        return false;
    size_t needed = far->in[0] == RESUME ? 2 : 1;
    if (far->in_size < needed)
        return true;
    take(far->in, &far->in_size, words, needed);
    *said = words[0] == RESUME ? TLS_FAR_RESUME : TLS_FAR_FULL;
    answer(far, words[0] == RESUME && words[1] == far->ticket);
    return true;
}

size_t
tls_far_read(struct tls_far *far, uint8_t *to, size_t room)
{
    return !far->is_greeted ? 0 : take(far->in, &far->in_size, to, room);
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
