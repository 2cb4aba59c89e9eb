/* world_upstreams.c - see world_upstreams.h
 * SPDX-License-Identifier: ISC
 */
#include "world_upstreams.h"

#include "draw.h"
#include "message.h"
#include "oracle.h"
#include "tls_far.h"
#include "trace.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORK_US     200 /* what an answer costs a server */
#define ROOM        (1U << 17)
#define SERIAL_BITS 16

struct conn { /* one that a worker opened */
    struct conn *behind;
    struct upstream *upstream;
    struct stream *stream; /* NULL: over */
    struct tls_far *tls;
    uint8_t *in; /* ROOM octets in plain */
    size_t in_size;
    unsigned replies; /* under way */
};

struct reply {
    struct conn *conn;
    uint64_t serial;
    size_t size;
    uint8_t octets[2 + 4608]; /* 255 addresses and a question */
};

static struct {
    unsigned count;
    struct upstream all[WORLD_UPSTREAMS_MAX];
    struct conn *first;
    uint64_t serial;
    struct world_made made[1U << SERIAL_BITS];
} servers;

struct upstream *
world_upstream(unsigned index)
{
    return &servers.all[index];
}

/* --- saying ---------------------------------------------------------------------------------- */

static void
flush(struct conn *conn)
{
    static uint8_t due[ROOM];
    size_t size;
    while (conn->stream != NULL && (size = tls_far_due(conn->tls, due, sizeof due)) > 0)
        stream_write(conn->stream, due, size);
}

static void
leave(struct conn *conn)
{
    tls_far_close(conn->tls);
    free(conn->in);
    conn->tls = NULL;
    conn->in = NULL;
    conn->stream = NULL;
}

static void
say(void *owner, uint64_t number)
{
    struct reply *reply = owner;
    struct conn *conn = reply->conn;
    if (conn->stream != NULL && conn->upstream->frozen_until_us > kernel_now()) {
        kernel_at(conn->upstream->frozen_until_us + 1, say, owner, number);
        return;
    }
    if (conn->stream != NULL) {
        servers.made[reply->serial] =
            (struct world_made){.at_us = kernel_now(), .upstream = conn->upstream->index};
        tls_far_write(conn->tls, reply->octets, reply->size);
        flush(conn);
    }
    free(reply);
}

/* 203, eight bits of the name, the serial number. */
static uint64_t
choose_address(const char *name, uint8_t address[4])
{
    uint64_t serial = servers.serial++ % (1U << SERIAL_BITS);
    unsigned hash = 7;
    for (; *name != '\0'; name++)
        hash = hash * 31 + (unsigned)tolower((unsigned char)*name);
    address[0] = 203;
    address[1] = (uint8_t)hash;
    address[2] = (uint8_t)(serial >> 8);
    address[3] = (uint8_t)serial;
    return serial;
}

static void
answer(struct conn *conn, const uint8_t *query, size_t size)
{
    struct message_facts facts;
    uint64_t delay_us;
    conn->upstream->asked++;
    if (!message_read(query, size, &facts) || size > 300) {
        oracle_violation("an upstream was sent what is no query");
        return;
    }
    if (facts.name[0] == '\0')
        delay_us = 0; /* a probe: the root */
    enum script script = message_script(facts.name, &delay_us);
    if (script == SCRIPT_NEVER)
        oracle_violation_of("an upstream is asked what no client may ask", ": %s", facts.name);
    oracle_routes_asked(conn->upstream->index, &facts);
    if (script == SCRIPT_SILENT)
        return;
    struct reply *reply = calloc(1, sizeof *reply);
    if (reply == NULL)
        abort();
    uint8_t address[4];
    reply->serial = choose_address(facts.name, address);
    reply->conn = conn;
    reply->size = script == SCRIPT_ERROR
                      ? message_error(reply->octets + 2, query, MESSAGE_ERROR_RCODE)
                      : message_answer(reply->octets + 2, query, size, address,
                                       message_count(facts.name), message_ttl(facts.name));
    reply->octets[0] = (uint8_t)(reply->size >> 8);
    reply->octets[1] = (uint8_t)reply->size;
    reply->size += 2;
    kernel_at(kernel_now() + delay_us + WORK_US, say, reply, 0);
}

/* --- hearing --------------------------------------------------------------------------------- */

static void
take_messages(struct conn *conn)
{
    size_t at = 0;
    while (conn->in_size - at >= 2) {
        size_t size = (size_t)conn->in[at] << 8 | conn->in[at + 1];
        if (conn->in_size - at - 2 < size)
            break;
        answer(conn, conn->in + at + 2, size);
        at += 2 + size;
    }
    conn->in_size -= at;
    memmove(conn->in, conn->in + at, conn->in_size);
}

/* With a ticket a handshake is a quarter of one; who counts on a ticket that another one has used
 * pays too little once. */
static void
judge_budget(struct upstream *upstream, bool is_resumed)
{
    uint64_t now_us = kernel_now(), full_us = KERNEL_S / world.handshakes;
    uint64_t begin_us = now_us > upstream->paid_us ? now_us : upstream->paid_us;
    upstream->paid_us = begin_us + full_us / (is_resumed ? 4 : 1);
    if (upstream->paid_us > now_us + (2 * world.handshakes + 2) * full_us)
        oracle_violation_of("an upstream is asked for more handshakes than it should be", ": u%u",
                            upstream->index);
}

static void
heard(void *owner, const uint8_t *octets, size_t size)
{
    struct conn *conn = owner;
    enum tls_far_greeting said;
    if (!tls_far_feed(conn->tls, octets, size, &said)) {
        oracle_violation("an upstream was sent what is no TLS");
        return;
    }
    if (world.handshakes != 0 && said != TLS_FAR_NOTHING)
        judge_budget(conn->upstream, said == TLS_FAR_RESUME);
    size_t got;
    while ((got = tls_far_read(conn->tls, conn->in + conn->in_size, ROOM - conn->in_size)) > 0) {
        conn->in_size += got;
        if (conn->upstream->is_foreign)
            oracle_violation("a server without a pinned key was told something");
        take_messages(conn);
    }
    flush(conn);
}

static void
ended(void *owner)
{
    struct conn *conn = owner;
    stream_close(conn->stream);
    leave(conn);
}

static void
broken(void *owner)
{
    leave(owner);
}

static int
dialled(struct stream *stream, const struct addr *to)
{
    unsigned index = to->bytes[3] - 1U;
    if (index >= servers.count || to->port != 853) {
        oracle_violation("a connection goes where no upstream is");
        return ENETUNREACH;
    }
    struct upstream *upstream = &servers.all[index];
    upstream->dials++;
    struct stream_net net = upstream->net;
    net.who = draw_who(DRAW_STREAM, index << 24 | upstream->dials);
    if (upstream->refuses) {
        stream_refuse(stream, &net);
        return 0;
    }
    struct conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL || (conn->in = malloc(ROOM)) == NULL)
        abort();
    conn->upstream = upstream;
    conn->stream = stream;
    conn->tls = tls_far_open(upstream->is_foreign, upstream->ticket);
    conn->behind = servers.first;
    servers.first = conn;
    stream_accept(
        stream,
        &(struct stream_far){.owner = conn, .octets = heard, .ended = ended, .broken = broken},
        &net);
    if (upstream->frozen_until_us > kernel_now())
        stream_pause(stream, true);
    return 0;
}

/* --- life ------------------------------------------------------------------------------------ */

void
world_upstreams_begin(unsigned count)
{
    uint64_t who = draw_who(DRAW_UPSTREAM, 0);
    memset(&servers, 0, sizeof servers);
    servers.count = count;
    for (unsigned i = 0; i < count; i++) {
        uint32_t delay_us = 500 + (uint32_t)draw(who, i, 40000);
        servers.all[i] = (struct upstream){.index = i,
                                           .net = {.delay_us = delay_us,
                                                   .jitter_us = delay_us / 10,
                                                   .piece_octets = world.piece_octets}};
    }
    stream_on_connect = dialled;
}

void
world_upstreams_end(void)
{
    while (servers.first != NULL) {
        struct conn *conn = servers.first;
        servers.first = conn->behind;
        if (conn->tls != NULL)
            leave(conn);
        free(conn);
    }
}

void
world_upstreams_each(unsigned index, void (*act)(struct stream *stream))
{
    for (struct conn *conn = servers.first; conn != NULL; conn = conn->behind)
        if (conn->upstream->index == index && conn->stream != NULL)
            act(conn->stream);
}

void
world_upstreams_forget(unsigned index)
{
    world_upstreams_unwell(index, kernel_now());
    for (struct conn *conn = servers.first; conn != NULL; conn = conn->behind)
        if (conn->upstream->index == index && conn->stream != NULL) {
            stream_forget(conn->stream);
            leave(conn);
        }
}

void
world_upstreams_reset(unsigned index)
{
    world_upstreams_unwell(index, kernel_now());
    for (struct conn *conn = servers.first; conn != NULL; conn = conn->behind)
        if (conn->upstream->index == index && conn->stream != NULL) {
            stream_reset(conn->stream);
            leave(conn);
        }
}

static void
pause_one(struct stream *stream)
{
    stream_pause(stream, true);
}

static void
thaw(void *owner, uint64_t number)
{
    const struct upstream *upstream = owner;
    (void)number;
    if (upstream->frozen_until_us > kernel_now())
        return;
    for (struct conn *conn = servers.first; conn != NULL; conn = conn->behind)
        if (conn->upstream == upstream && conn->stream != NULL)
            stream_pause(conn->stream, false);
}

void
world_upstreams_freeze(unsigned index, uint64_t until_us)
{
    struct upstream *upstream = &servers.all[index];
    if (until_us > upstream->frozen_until_us)
        upstream->frozen_until_us = until_us;
    world_upstreams_unwell(index, until_us);
    world_upstreams_each(index, pause_one);
    kernel_at(until_us, thaw, upstream, 0);
}

static void
silence_one(struct stream *stream)
{
    stream_silence(stream, true);
}

static void
unsilence_one(struct stream *stream)
{
    stream_silence(stream, false);
}

static void
unsilence(void *owner, uint64_t number)
{
    const struct upstream *upstream = owner;
    (void)number;
    world_upstreams_each(upstream->index, unsilence_one);
}

void
world_upstreams_silence(unsigned index, uint64_t until_us)
{
    world_upstreams_unwell(index, until_us);
    world_upstreams_each(index, silence_one);
    kernel_at(until_us, unsilence, &servers.all[index], 0);
}

/* --- facts ----------------------------------------------------------------------------------- */

void
world_upstreams_unwell(unsigned index, uint64_t until_us)
{
    if (until_us > servers.all[index].unwell_until_us)
        servers.all[index].unwell_until_us = until_us;
}

bool
world_upstreams_was_well(unsigned index, uint64_t since_us)
{
    const struct upstream *upstream = &servers.all[index];
    return !upstream->is_foreign && upstream->unwell_until_us <= since_us;
}

uint64_t
world_upstreams_rtt(unsigned index)
{
    const struct stream_net *net = &servers.all[index].net;
    return 2 * ((uint64_t)net->delay_us + net->jitter_us);
}

const struct world_made *
world_upstreams_made(const uint8_t address[4], const char *name)
{
    const struct world_made *made = &servers.made[(unsigned)address[2] << 8 | address[3]];
    unsigned hash = 7;
    for (; *name != '\0'; name++)
        hash = hash * 31 + (unsigned)tolower((unsigned char)*name);
    return address[0] == 203 && address[1] == (uint8_t)hash && made->at_us != 0 ? made : NULL;
}
