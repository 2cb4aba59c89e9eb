/* world_tcp.c - see world_tcp.h
 * SPDX-License-Identifier: ISC
 */
#include "world_tcp.h"

#include "draw.h"
#include "oracle.h"

#include "front/tcp.h"

#include <stdlib.h>
#include <string.h>

static struct tcp_conn *conns[TCP_CONNS_MAX];

void
world_tcp_begin(void)
{
    memset(conns, 0, sizeof conns);
}

void
world_tcp_end(void)
{
    for (size_t i = 0; i < TCP_CONNS_MAX; i++)
        free(conns[i]);
    world_tcp_begin();
}

struct tcp_conn *
world_tcp_at(unsigned number)
{
    return number < TCP_CONNS_MAX ? conns[number] : NULL;
}

/* --- hearing --------------------------------------------------------------------------------- */

static void
take_response(struct tcp_conn *conn, const uint8_t *message, size_t size)
{
    unsigned id = size >= 2 ? (unsigned)message[0] << 8 | message[1] : 0;
    if (conn->is_denied)
        oracle_violation("a client that is denied gets a response");
    conn->busy_us = kernel_now();
    for (unsigned i = 0; i < conn->asks_count; i++)
        if (conn->asks[i]->id == id) {
            if (conn->asks[i]->arrived_us == 0)
                oracle_violation("a response to a query that is not there yet");
            world_clients_response(conn->asks[i], message, size);
            return;
        }
    oracle_violation("a response on a connection that did not ask");
}

static void
heard(void *owner, const uint8_t *octets, size_t size)
{
    struct tcp_conn *conn = owner;
    for (size_t i = 0; i < size; i++) {
        if (conn->heard_size == sizeof conn->heard) {
            oracle_violation("a response over TCP that is longer than it can be");
            return;
        }
        conn->heard[conn->heard_size++] = octets[i];
        size_t whole = 2U + ((size_t)conn->heard[0] << 8 | conn->heard[1]);
        if (conn->heard_size > 2 && conn->heard_size == whole) {
            take_response(conn, conn->heard + 2, whole - 2);
            conn->heard_size = 0;
        }
    }
}

/* Queries of it that are in the front's socket, or in the front. */
static unsigned
waiting(const struct tcp_conn *conn)
{
    unsigned count = 0;
    for (unsigned i = 0; i < conn->asks_count; i++)
        count += conn->asks[i]->arrived_us != 0 && conn->asks[i]->responses == 0;
    return count;
}

/* Octets have reached the front's socket: with them, some queries as a whole. */
static void
arrived(void *owner, size_t size)
{
    struct tcp_conn *conn = owner;
    size_t before = conn->arrived;
    conn->arrived += size;
    conn->busy_us = kernel_now();
    for (unsigned i = 0; i < conn->asks_count; i++)
        if (conn->ends_at[i] > before && conn->ends_at[i] <= conn->arrived) {
            conn->asks[i]->is_excused = waiting(conn) >= TCP_WAITING_MAX;
            world_clients_arrived(conn->asks[i]);
        }
}

/* The front has read octets: with them, some queries as a whole. */
static void
taken(void *owner, size_t size)
{
    struct tcp_conn *conn = owner;
    size_t before = conn->taken;
    conn->taken += size;
    if (conn->is_denied)
        oracle_violation("octets of a client that is denied are read");
    for (unsigned i = 0; i < conn->asks_count; i++)
        if (conn->ends_at[i] > before && conn->ends_at[i] <= conn->taken)
            oracle_taken(conn->asks[i]);
}

static void
closed(struct tcp_conn *conn)
{
    conn->closed_us = kernel_now();
    if (conn->heard_size > 0 && !oracle_tcp_is_excused(conn))
        oracle_violation("a connection ends within a response");
    oracle_tcp_closed(conn);
}

static void
ended(void *owner)
{
    struct tcp_conn *conn = owner;
    stream_close(conn->stream);
    conn->stream = NULL;
    closed(conn);
}

static void
broken(void *owner)
{
    struct tcp_conn *conn = owner;
    conn->stream = NULL;
    closed(conn);
}

/* --- opening --------------------------------------------------------------------------------- */

static struct tcp_conn *
open_conn(const struct act *act)
{
    unsigned number = (unsigned)TCP_NUMBER(act);
    if (number >= TCP_CONNS_MAX || conns[number] != NULL)
        abort();
    struct tcp_conn *conn = conns[number] = calloc(1, sizeof *conn);
    if (conn == NULL)
        abort();
    conn->act = act;
    conn->from = world_clients_address(act->who);
    conn->from.port = (uint16_t)(1024 + number);
    conn->to = world_clients_server(&conn->from);
    conn->busy_us = kernel_now();
    conn->is_denied = world.policy.is_on && !policy_allows(&world.policy, &conn->from);
    uint32_t pieces = (uint32_t)TCP_PIECES(act);
    struct stream_net net = {.delay_us = TCP_STREAM_DELAY_US,
                             .jitter_us = pieces > 0 ? TCP_JITTER_US : TCP_STREAM_DELAY_US,
                             .piece_octets = pieces,
                             .window = (uint32_t)TCP_WINDOW(act),
                             .who = draw_who(DRAW_STREAM, UINT64_C(1) << 40 | number)};
    struct stream_far far = {.owner = conn,
                             .octets = heard,
                             .arrived = arrived,
                             .taken = taken,
                             .ended = ended,
                             .broken = broken};
    conn->stream = stream_connect(&conn->from, &conn->to, &far, &net);
    return conn;
}

void
world_tcp_connect(const struct act *act, uint64_t number)
{
    const struct tcp_conn *conn = open_conn(act);
    (void)number;
    if (conn->stream == NULL)
        oracle_tcp_unheard(conn);
}

void
world_tcp_crowd_in(const struct act *act, uint64_t number)
{
    (void)number;
    open_conn(act)->is_flood = true;
}

/* --- saying ---------------------------------------------------------------------------------- */

static void
send_said(void *owner, uint64_t number)
{
    struct tcp_conn *conn = owner;
    (void)number;
    if (conn->stream != NULL)
        stream_write(conn->stream, conn->said, conn->said_size);
    conn->said_size = 0;
}

/* What acts of one time say leaves together, when all of them have happened. */
static void
say(struct tcp_conn *conn, const void *octets, size_t size)
{
    if (conn->said_size + size > sizeof conn->said)
        abort();
    if (conn->said_size == 0)
        kernel_at(kernel_now(), send_said, conn, 0);
    memcpy(conn->said + conn->said_size, octets, size);
    conn->said_size += size;
    conn->sent += size;
}

/* NULL: it can say nothing any more. */
static struct tcp_conn *
speaker(const struct act *act)
{
    struct tcp_conn *conn = world_tcp_at((unsigned)act->who);
    return conn != NULL && conn->stream != NULL && conn->silent_us == 0 ? conn : NULL;
}

void
world_tcp_say(const struct act *act, uint64_t number)
{
    struct tcp_conn *conn = speaker(act);
    uint8_t octets[2 + 512];
    (void)number;
    if (conn == NULL || conn->asks_count == TCP_ASKS_MAX)
        return;
    struct ask *ask = world_clients_new(act);
    ask->conn = conn;
    ask->from = conn->from;
    ask->to = conn->to;
    ask->is_flood = conn->is_flood;
    ask->id =
        (uint16_t)(draw(draw_who(DRAW_STREAM, UINT64_C(1) << 41 | conn->act->number), 0, 65536) +
                   conn->asks_count * 257);
    ask->type = MESSAGE_A;
    ask->sent_us = kernel_now();
    size_t size = message_ask(octets + 2, ask->id, act->text, ask->type, 1232);
    octets[0] = (uint8_t)(size >> 8);
    octets[1] = (uint8_t)size;
    say(conn, octets, 2 + size);
    conn->ends_at[conn->asks_count] = conn->sent;
    conn->asks[conn->asks_count++] = ask;
}

void
world_tcp_junk(const struct act *act, uint64_t number)
{
    struct tcp_conn *conn = speaker(act);
    uint8_t octets[2 + 10] = {(uint8_t)(act->number >> 8), (uint8_t)act->number};
    (void)number;
    if (conn == NULL)
        return;
    say(conn, octets, 2 + (act->number < 10 ? act->number : 10));
    conn->junk_us = kernel_now();
    conn->junk_announced = act->number;
    oracle_tcp_junk(conn);
}

static void
hear_again(void *owner, uint64_t number)
{
    struct tcp_conn *conn = owner;
    (void)number;
    if (conn->stream != NULL && conn->deaf_until_us <= kernel_now())
        stream_pause(conn->stream, false);
}

void
world_tcp_deaf(const struct act *act, uint64_t number)
{
    struct tcp_conn *conn = world_tcp_at((unsigned)act->who);
    uint64_t until_us = kernel_now() + act->for_us;
    (void)number;
    if (conn == NULL || conn->stream == NULL)
        return;
    conn->deaf_us += act->for_us;
    if (until_us > conn->deaf_until_us)
        conn->deaf_until_us = until_us;
    stream_pause(conn->stream, true);
    kernel_at(until_us, hear_again, conn, 0);
}

void
world_tcp_hang_up(const struct act *act, uint64_t number)
{
    struct tcp_conn *conn = speaker(act);
    (void)number;
    if (conn == NULL)
        return;
    conn->silent_us = kernel_now();
    if (act->number == TCP_HANG_UP_HALF) {
        stream_end(conn->stream);
        return;
    }
    conn->has_left = true;
    if (act->number == TCP_HANG_UP_RESET)
        stream_reset(conn->stream);
    else
        stream_close(conn->stream);
    conn->stream = NULL;
}
