/* tls_ticket.c - see tls_ticket.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_ticket.h"

#include "worker/tls_internal.h"

static void
drop(struct tls_ticket *ticket)
{
    if (ticket->is_held)
        mbedtls_ssl_session_free(&ticket->session); /* wipes */
    ticket->is_held = false;
}

void
tls_ticket_forget(struct tls_context *context)
{
    for (unsigned i = 0; i < TLS_TICKETS; i++)
        drop(&context->tickets[i]);
}

unsigned
tls_ticket_count(const struct tls_context *context, uint64_t now_ms)
{
    unsigned count = 0;
    for (unsigned i = 0; i < TLS_TICKETS; i++)
        count += context->tickets[i].is_held && now_ms < context->tickets[i].until_ms;
    return count;
}

static void
put_back(struct tls_context *context, const struct tls_ticket *ticket)
{
    struct tls_ticket *to = &context->tickets[context->ticket_next];
    drop(to);
    *to = *ticket;
    context->ticket_next = (context->ticket_next + 1) % TLS_TICKETS;
}

void
tls_ticket_keep(struct tls_session *session)
{
    struct tls_context *context = session->context;
    if (!session->is_trusted || session->generation != context->generation)
        return;
    struct tls_ticket ticket = {
        .is_held = true,
        /* counted from the certificate, not from this ticket: a chain of tickets has an end */
        .until_ms = session->until_ms,
        .clock_s = session->clock_s,
        .facts = session->facts};
    mbedtls_ssl_session_init(&ticket.session);
    if (mbedtls_ssl_get_session(&session->ssl, &ticket.session) != 0) {
        mbedtls_ssl_session_free(&ticket.session);
        return;
    }
    put_back(context, &ticket);
}

static bool
is_usable(const struct tls_ticket *ticket, const struct tls_session *session)
{
    int64_t step = session->clock_s - ticket->clock_s;
    return session->now_ms < ticket->until_ms && step <= TLS_CLOCK_STEP_S &&
           step >= -TLS_CLOCK_STEP_S;
}

/* The newest first; each once, so that two connections cannot be linked by it (RFC 8446 C.4). */
void
tls_ticket_offer(struct tls_session *session)
{
    struct tls_context *context = session->context;
    if (session->fallback != TLS_FALLBACK_NONE)
        return;
    for (unsigned i = 0; i < TLS_TICKETS && !session->has_ticket; i++) {
        unsigned newest = (context->ticket_next + TLS_TICKETS - 1) % TLS_TICKETS;
        struct tls_ticket *ticket = &context->tickets[newest];
        if (!ticket->is_held)
            return;
        context->ticket_next = newest;
        if (!is_usable(ticket, session) ||
            mbedtls_ssl_set_session(&session->ssl, &ticket->session) != 0) {
            drop(ticket);
            continue;
        }
        session->has_ticket = true;
        session->until_ms = ticket->until_ms;
        session->facts = ticket->facts;
        session->offered = *ticket; /* moved */
        *ticket = (struct tls_ticket){0};
    }
}

void
tls_ticket_spend(struct tls_session *session)
{
    drop(&session->offered);
}

void
tls_ticket_return(struct tls_session *session)
{
    if (session->offered.is_held && session->generation == session->context->generation &&
        session->context->is_open)
        put_back(session->context, &session->offered);
    else
        drop(&session->offered);
    session->offered.is_held = false;
}
