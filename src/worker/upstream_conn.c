/* upstream_conn.c - see upstream_conn.h */
#include "worker/upstream_conn.h"

#include "dns/dns_answer.h"
#include "dns/dns_frame.h"
#include "os/log.h"
#include "os/random.h"
#include "worker/control.h"
#include "worker/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUERY_ROOM                                                                                 \
    (DNS_FRAME_HEADER + 512U) /* always suffices for one query: dns_query_write()                  \
                               */

/* closed sooner than this, without an answer: the same as not connected at all */
#define USELESS_US 1000000U

static void step(struct upstream_conn *conn, enum upstream_event event);

static uint64_t
now_of(const struct upstream_conn *conn)
{
    return conn->worker->loop.now_us;
}

static void
add_to(_Atomic uint64_t *value, uint64_t by)
{
    uint64_t old = atomic_load_explicit(value, memory_order_relaxed); /* one writer */
    atomic_store_explicit(value, old + by, memory_order_relaxed);
}

/* --- bytes to and from the socket ----------------------------------------------------------- */

/* Send what is due. @return false: the socket is broken, errno tells. */
static bool
push(struct upstream_conn *conn)
{
    size_t due;
    const uint8_t *from = tls_session_due(conn->tls, &due);
    if (due > 0) {
        ssize_t sent = send(conn->socket.fd, from, due, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (sent > 0)
            tls_session_sent(conn->tls, (size_t)sent);
        tls_session_due(conn->tls, &due);
    }
    evloop_want(&conn->worker->loop, &conn->socket,
                (conn->is_held ? 0U : (uint32_t)EPOLLIN) | (due > 0 ? (uint32_t)EPOLLOUT : 0U));
    return true;
}

/* How an end that the peer made is to be taken. Success is the first answer: a server that closes
 * on our queries before it answered any is broken, however politely it does so. */
static enum upstream_event
ended(const struct upstream_conn *conn)
{
    bool is_useless = conn->asked > 0 || now_of(conn) - conn->since_us < USELESS_US;
    return conn->answers == 0 && is_useless ? UPSTREAM_ON_BROKEN : UPSTREAM_ON_ENDED;
}

/* A reset on an idle connection is how some servers close it. */
static enum upstream_event
broken(const struct upstream_conn *conn)
{
    return conn->answers > 0 && conn->in_flight == 0 ? UPSTREAM_ON_ENDED : UPSTREAM_ON_BROKEN;
}

/* The same trouble again and again is told less and less often. */
static enum log_level
trouble(const struct upstream_conn *conn)
{
    uint32_t before = conn->upstream->health->failures;
    return (before & (before - 1)) == 0 ? LOG_WARNING : LOG_INFO;
}

static void
lost(struct upstream_conn *conn, const char *why)
{
    log_write(LOG_INFO, LOG_UPSTREAM_DOWN, "upstream %s: connection lost (%s), %u in flight",
              conn->upstream->config->name, why, conn->in_flight);
    step(conn, broken(conn));
}

/* --- flights -------------------------------------------------------------------------------- */

static void
take_off(struct upstream_conn *conn, uint16_t id, uint32_t question)
{
    uint16_t slot = ids_slot(id);
    conn->flights[slot] = (struct upstream_flight){
        .question = question, .older = conn->newest, .newer = IDS_MAX, .sent_us = now_of(conn)};
    if (conn->newest != IDS_MAX)
        conn->flights[conn->newest].newer = slot;
    else
        conn->oldest = slot;
    conn->newest = slot;
    conn->in_flight++;
}

static void
land(struct upstream_conn *conn, uint16_t id)
{
    struct upstream_flight *flight = &conn->flights[ids_slot(id)];
    if (flight->older != IDS_MAX)
        conn->flights[flight->older].newer = flight->newer;
    else
        conn->oldest = flight->newer;
    if (flight->newer != IDS_MAX)
        conn->flights[flight->newer].older = flight->older;
    else
        conn->newest = flight->older;
    if (flight->question == UPSTREAM_NOBODY)
        conn->late--;
    else
        conn->in_flight--;
    ids_give(&conn->ids, id);
}

static void
orphan_all(struct upstream_conn *conn, bool counts)
{
    for (uint16_t slot = conn->oldest; slot != IDS_MAX; slot = conn->flights[slot].newer)
        if (conn->flights[slot].question != UPSTREAM_NOBODY)
            relay_orphan(conn->worker, conn->flights[slot].question, counts);
    conn->oldest = conn->newest = IDS_MAX;
    conn->in_flight = conn->late = 0;
}

void
upstream_conn_forget(struct upstream_conn *conn, uint16_t id)
{
    if (!ids_is_out(&conn->ids, id))
        return;
    struct upstream_flight *flight = &conn->flights[ids_slot(id)];
    if (flight->question == UPSTREAM_NOBODY)
        return;
    flight->question = UPSTREAM_NOBODY;
    conn->in_flight--;
    conn->late++;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool
refuse(struct upstream_conn *conn, const char *why)
{
    stats_add(conn->worker->stats, STAT_UPSTREAM_BAD, 1);
    log_write(LOG_WARNING, LOG_UPSTREAM_ANSWER, "upstream %s: %s; connection closed",
              conn->upstream->config->name, why);
    step(conn, UPSTREAM_ON_BROKEN);
    return false;
}

static void
count_answer(struct upstream_conn *conn, uint32_t rtt_us)
{
    struct upstream *upstream = conn->upstream;
    conn->answers++;
    conn->used_us = now_of(conn);
    upstream_health_answered(upstream->health, rtt_us);
    add_to(&upstream->stats->answers, 1);
    atomic_store_explicit(&upstream->stats->rtt_us, upstream->health->srtt_us,
                          memory_order_relaxed);
    stats_add(conn->worker->stats, STAT_UPSTREAM_ANSWERS, 1);
}

/* One question drew a false answer: its neighbours on the connection have done nothing. */
static bool
blame(struct upstream_conn *conn, uint16_t id)
{
    uint32_t guilty = conn->flights[ids_slot(id)].question;
    land(conn, id);
    relay_orphan(conn->worker, guilty, true);
    conn->is_blamed = true;
    return refuse(conn, "an answer to another question than the one asked");
}

/* @return false: the connection is closed or held; look no further */
static bool
take_message(struct upstream_conn *conn, const uint8_t *message, size_t size)
{
    uint16_t id = dns_answer_id(message);
    if (!ids_is_out(&conn->ids, id))
        return refuse(conn, "an answer to an id that is not out");
    const struct upstream_flight *flight = &conn->flights[ids_slot(id)];
    uint64_t rtt = now_of(conn) - flight->sent_us;
    uint32_t rtt_us = rtt < UINT32_MAX ? (uint32_t)rtt : UINT32_MAX;
    if (flight->question != UPSTREAM_NOBODY) {
        switch (relay_answer(conn->worker, conn, flight->question, message, size, rtt_us)) {
        case RELAY_TAKEN:
            break;
        case RELAY_WRONG:
            return blame(conn, id);
        case RELAY_HELD:
            conn->is_held = true;
            return false;
        }
    }
    land(conn, id);
    count_answer(conn, rtt_us);
    return true;
}

static bool
take_messages(struct upstream_conn *conn)
{
    for (;;) {
        const uint8_t *message;
        size_t size;
        switch (dns_frame_peek(conn->answers_data + conn->answers_head,
                               conn->answers_tail - conn->answers_head, DNS_HEADER_SIZE,
                               DNS_MESSAGE_MAX, &message, &size)) {
        case DNS_FRAME_MORE:
            return true;
        case DNS_FRAME_BAD:
            return refuse(conn, "a message shorter than a header");
        case DNS_FRAME_OK:
            if (!take_message(conn, message, size))
                return false;
            conn->answers_head += DNS_FRAME_HEADER + size;
            break;
        }
    }
}

/* Make room behind the bytes at hand for one record. */
static void
compact(struct upstream_conn *conn)
{
    size_t have = conn->answers_tail - conn->answers_head;
    if (have > 0 && UPSTREAM_READ_BYTES - conn->answers_tail >= TLS_WRITE_MAX)
        return;
    if (have > 0)
        memmove(conn->answers_data, conn->answers_data + conn->answers_head, have);
    conn->answers_head = 0;
    conn->answers_tail = have;
}

/* Everything that is decrypted and complete goes to the relay. Bounded by TLS_IN_BYTES. */
static void
take_all(struct upstream_conn *conn)
{
    while (take_messages(conn)) {
        compact(conn);
        size_t got;
        switch (tls_session_read(conn->tls, conn->answers_data + conn->answers_tail,
                                 UPSTREAM_READ_BYTES - conn->answers_tail, &got)) {
        case TLS_OK:
            conn->answers_tail += got;
            break;
        case TLS_AGAIN_READ:
        case TLS_AGAIN_WRITE:
            return;
        case TLS_CLOSED:
            log_write(LOG_DEBUG, LOG_UPSTREAM_DOWN,
                      "upstream %s: closed by the server, %u in flight",
                      conn->upstream->config->name, conn->in_flight);
            step(conn, ended(conn));
            return;
        case TLS_FAILED:
            lost(conn, tls_session_error(conn->tls));
            return;
        }
    }
    if (conn->is_held)
        evloop_want(&conn->worker->loop, &conn->socket, conn->socket.events & ~(uint32_t)EPOLLIN);
}

static bool
is_trust_cause(enum tls_cause cause)
{
    return cause >= TLS_CAUSE_PIN && cause <= TLS_CAUSE_USAGE;
}

static void
handshake(struct upstream_conn *conn)
{
    enum tls_result result = tls_session_handshake(conn->tls);
    /* the last flight, or the alert that says why not */
    bool is_sent = push(conn);
    if (result == TLS_OK && is_sent) {
        step(conn, UPSTREAM_ON_SECURED);
        take_all(conn);
        return;
    }
    if (result == TLS_AGAIN_READ && is_sent)
        return;
    if (result == TLS_AGAIN_WRITE && is_sent)
        return;
    enum tls_cause cause = tls_session_cause(conn->tls);
    stats_add(conn->worker->stats, STAT_HANDSHAKES_FAILED, 1);
    if (cause == TLS_CAUSE_PIN)
        stats_add(conn->worker->stats, STAT_PIN_MISMATCH, 1);
    bool is_untrusted = is_trust_cause(cause);
    log_write(trouble(conn), is_untrusted ? LOG_UPSTREAM_UNTRUSTED : LOG_UPSTREAM_DOWN,
              "upstream %s: %s", conn->upstream->config->name,
              cause != TLS_CAUSE_NONE ? tls_session_error(conn->tls) : strerror(errno));
    step(conn, is_untrusted ? UPSTREAM_ON_UNTRUSTED : UPSTREAM_ON_BROKEN);
}

/* Nothing came since a query was written: for how long is that no sign of death? */
static uint64_t
silence_end(const struct upstream_conn *conn)
{
    if (conn->unheard_us == 0 || conn->is_held)
        return UINT64_MAX;
    return conn->unheard_us +
           upstream_silence_us(conn->upstream->health, conn->worker->config->query_ms);
}

/* Bytes came: from now on silence counts again, if there is anything to wait for. */
static void
listen_anew(struct upstream_conn *conn)
{
    conn->unheard_us = conn->in_flight > 0 ? now_of(conn) : 0;
    upstream_pool_sooner(&conn->worker->pool, silence_end(conn));
}

static void
receive(struct upstream_conn *conn)
{
    size_t room;
    uint8_t *to = tls_session_room(conn->tls, &room);
    if (room == 0)
        return; /* 0 bytes read would look like the end */
    ssize_t got = recv(conn->socket.fd, to, room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got < 0) {
        if (conn->state == UPSTREAM_HANDSHAKE) {
            log_write(trouble(conn), LOG_UPSTREAM_DOWN, "upstream %s: %s",
                      conn->upstream->config->name, strerror(errno));
            step(conn, UPSTREAM_ON_BROKEN);
            return;
        }
        lost(conn, strerror(errno));
        return;
    }
    tls_session_fed(conn->tls, (size_t)got);
    if (conn->state == UPSTREAM_HANDSHAKE) {
        handshake(conn);
        return;
    }
    take_all(conn);
    listen_anew(conn);
}

static void
socket_ready(struct ev_source *source, uint32_t events)
{
    struct upstream_conn *conn = source->owner;
    if (conn->state == UPSTREAM_CONNECTING) {
        if (push(conn)) {
            step(conn, UPSTREAM_ON_CONNECTED);
            return;
        }
        log_write(trouble(conn), LOG_UPSTREAM_DOWN, "upstream %s: cannot connect: %s",
                  conn->upstream->config->name, strerror(errno));
        step(conn, UPSTREAM_ON_BROKEN);
        return;
    }
    if ((events & EPOLLOUT) != 0 && !push(conn)) {
        lost(conn, strerror(errno));
        return;
    }
    if (conn->is_held && (events & (EPOLLHUP | EPOLLERR)) != 0)
        lost(conn, "reset"); /* cannot be masked, and would wake us again and again */
    else if (!conn->is_held && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        receive(conn);
}

/* --- writing -------------------------------------------------------------------------------- */

enum status
upstream_conn_ask(struct upstream_conn *conn, uint32_t question, const struct handoff_query *query,
                  uint16_t *id)
{
    if (conn->state != UPSTREAM_READY ||
        conn->in_flight + conn->late >= conn->worker->config->upstream_in_flight)
        return STATUS_FULL;
    if (UPSTREAM_WRITE_BYTES - conn->queries_size < QUERY_ROOM) {
        upstream_conn_flush(conn);
        if (conn->state != UPSTREAM_READY || UPSTREAM_WRITE_BYTES - conn->queries_size < QUERY_ROOM)
            return STATUS_FULL;
    }
    if (!ids_take(&conn->ids, random_u32(), id))
        return STATUS_FULL;
    struct bytes_writer w =
        bytes_writer(conn->queries + conn->queries_size, UPSTREAM_WRITE_BYTES - conn->queries_size);
    bytes_put_u16(&w, 0);
    size_t size = dns_query_write(&query->question, *id, query->flags, query->dnssec_ok,
                                  DNS_PADDING_QUERY, w.data + w.pos, bytes_room(&w));
    bytes_set_u16(&w, 0, (uint16_t)size);
    conn->queries_size += DNS_FRAME_HEADER + size;
    take_off(conn, *id, question);
    conn->asked++;
    if (conn->unheard_us == 0) {
        conn->unheard_us = now_of(conn);
        upstream_pool_sooner(&conn->worker->pool, silence_end(conn));
    }
    conn->used_us = conn->upstream->used_us = now_of(conn);
    upstream_pool_mark(conn->worker, conn);
    stats_add(conn->worker->stats, STAT_UPSTREAM_QUERIES, 1);
    add_to(&conn->upstream->stats->queries, 1);
    return STATUS_OK;
}

/* @return false: TLS is over */
static bool
encrypt(struct upstream_conn *conn)
{
    size_t at = 0;
    while (at < conn->queries_size) {
        size_t taken;
        enum tls_result result =
            tls_session_write(conn->tls, conn->queries + at, conn->queries_size - at, &taken);
        at += taken;
        if (result == TLS_AGAIN_WRITE)
            break;
        if (result != TLS_OK)
            return false;
    }
    if (at < conn->queries_size && at > 0)
        memmove(conn->queries, conn->queries + at, conn->queries_size - at);
    conn->queries_size -= at;
    return true;
}

void
upstream_conn_flush(struct upstream_conn *conn)
{
    if (conn->state != UPSTREAM_READY && conn->state != UPSTREAM_DRAINING)
        return;
    if (!encrypt(conn))
        lost(conn, tls_session_error(conn->tls));
    else if (!push(conn))
        lost(conn, strerror(errno));
}

/* --- the table's actions -------------------------------------------------------------------- */

static void
start(struct upstream_conn *conn)
{
    /* the first flight is made while the network does its part */
    if (tls_session_open(conn->tls, conn->upstream->tls, conn->tls_in, conn->tls_out,
                         now_of(conn) / 1000) != STATUS_OK) {
        step(conn, UPSTREAM_ON_BROKEN);
        return;
    }
    if (tls_session_handshake(conn->tls) != TLS_AGAIN_READ) {
        log_write(LOG_ERROR, LOG_INTERNAL, "upstream %s: %s", conn->upstream->config->name,
                  tls_session_error(conn->tls));
        step(conn, UPSTREAM_ON_BROKEN);
    }
}

static void
serve(struct upstream_conn *conn)
{
    const struct tls_facts *facts = tls_session_facts(conn->tls);
    struct upstream *upstream = conn->upstream;
    struct stats_page *stats = conn->worker->stats;
    conn->used_us = now_of(conn);
    uint64_t took = now_of(conn) - conn->since_us;
    conn->since_us = now_of(conn);
    upstream_health_connected(upstream->health, took / 2 < UINT32_MAX ? (uint32_t)(took / 2) : 0);
    upstream->ready++;
    upstream->opening--;
    stats_add(stats, facts->resumed ? STAT_HANDSHAKES_RESUMED : STAT_HANDSHAKES_FULL, 1);
    add_to(facts->resumed ? &upstream->stats->handshakes_resumed
                          : &upstream->stats->handshakes_full,
           1);
    stats_add(stats, STAT_UPSTREAM_CONNECTIONS, 1);
    add_to(&upstream->stats->connections, 1);
    atomic_store_explicit(&upstream->stats->pin_seen, (uint64_t)(facts->pin_index + 1),
                          memory_order_relaxed);
    atomic_store_explicit(&upstream->stats->tls, (uint64_t)facts->version << 16 | facts->cipher,
                          memory_order_relaxed);
    char pin[48] = "CA and name checked";
    if (facts->pin_index >= 0)
        snprintf(pin, sizeof pin, "pin %d of %u matched%s", facts->pin_index + 1,
                 upstream->config->pins_count, facts->pin_depth > 0 ? " (issuer)" : "");
    log_write(LOG_INFO, LOG_UPSTREAM_UP, "upstream %s: connected, %s %s, %s, %s in %u ms",
              upstream->config->name, tls_version_text(facts->version),
              tls_cipher_text(facts->cipher), pin, facts->resumed ? "resumed" : "full handshake",
              (unsigned)(took / 1000));
    conn->worker->relay.has_more = true; /* whoever waits may be placed now */
}

static void
fail(struct upstream_conn *conn)
{
    struct upstream *upstream = conn->upstream;
    add_to(&upstream->stats->failures, 1);
    upstream_health_failed(upstream->health, now_of(conn), random_u32(),
                           upstream_pool_is_lone(conn->worker, upstream));
    if (upstream_pool_is_down(conn->worker))
        relay_give_up(conn->worker);
}

static void
put_away(struct upstream_conn *conn, enum upstream_state from, bool counts)
{
    if (from == UPSTREAM_READY || from == UPSTREAM_DRAINING) {
        add_to(&conn->upstream->stats->connections, (uint64_t)-1);
        stats_add(conn->worker->stats, STAT_UPSTREAM_CONNECTIONS, (uint64_t)-1);
    }
    if (from == UPSTREAM_READY)
        conn->upstream->ready--;
    else if (from != UPSTREAM_DRAINING)
        conn->upstream->opening--;
    if (conn->upstream->open == conn)
        conn->upstream->open = NULL;
    evloop_remove(&conn->worker->loop, &conn->socket, true);
    tls_session_close(conn->tls);
    explicit_bzero(conn->queries, conn->queries_size);
    orphan_all(conn, counts && !conn->is_blamed);
}

/* The only place that writes conn->state. */
static void
step(struct upstream_conn *conn, enum upstream_event event)
{
    enum upstream_state from = conn->state;
    struct upstream_step next = upstream_step(from, event);
    conn->state = next.state;
    if (next.state != from)
        conn->worker->pool.next_us = 0; /* its deadline is another one now */
    if ((next.actions & UPSTREAM_DO_DIAL) != 0 &&
        !control_want(conn->worker, conn->upstream->index, conn->tag))
        step(conn, UPSTREAM_ON_REFUSED);
    if ((next.actions & UPSTREAM_DO_START) != 0)
        start(conn);
    if ((next.actions & UPSTREAM_DO_HANDSHAKE) != 0)
        handshake(conn);
    if ((next.actions & UPSTREAM_DO_SERVE) != 0)
        serve(conn);
    if ((next.actions & UPSTREAM_DO_DRAIN) != 0) {
        conn->upstream->ready--;
        conn->deadline_us = now_of(conn) + (uint64_t)conn->worker->config->query_ms * 1000;
    }
    if ((next.actions & UPSTREAM_DO_FAILURE) != 0)
        fail(conn);
    if ((next.actions & UPSTREAM_DO_GOODBYE) != 0) {
        tls_session_goodbye(conn->tls);
        (void)push(conn); /* as far as it goes */
    }
    if ((next.actions & UPSTREAM_DO_CLOSE) != 0)
        put_away(conn, from, (next.actions & UPSTREAM_DO_FAILURE) != 0);
}

void
upstream_conn_open(struct upstream_conn *conn)
{
    uint64_t now = now_of(conn);
    ids_init(&conn->ids);
    conn->socket.fd = -1;
    conn->tag = upstream_pool_next_tag(conn->worker, conn->tag);
    conn->is_held = conn->is_blamed = false;
    conn->oldest = conn->newest = IDS_MAX;
    conn->in_flight = conn->late = 0;
    conn->asked = conn->answers = conn->unheard_us = 0;
    conn->queries_size = conn->answers_head = conn->answers_tail = 0;
    conn->since_us = now;
    conn->deadline_us = now + (uint64_t)conn->worker->config->connect_ms * 1000;
    conn->upstream->opening++;
    stats_add(conn->worker->stats, STAT_UPSTREAM_DIALS, 1);
    step(conn, UPSTREAM_ON_WANT);
}

void
upstream_conn_socket(struct upstream_conn *conn, int fd, uint32_t error)
{
    if (fd >= 0 && evloop_add(&conn->worker->loop, &conn->socket, fd, EPOLLOUT, socket_ready,
                              conn) == STATUS_OK) {
        step(conn, UPSTREAM_ON_SOCKET);
        return;
    }
    if (fd >= 0)
        close(fd);
    log_write(trouble(conn), LOG_UPSTREAM_DOWN, "upstream %s: cannot connect: %s",
              conn->upstream->config->name, strerror(error != 0 ? (int)error : EIO));
    step(conn, UPSTREAM_ON_REFUSED);
}

void
upstream_conn_retire(struct upstream_conn *conn)
{
    step(conn, UPSTREAM_ON_RETIRE);
    if (conn->state == UPSTREAM_DRAINING && conn->in_flight == 0)
        step(conn, UPSTREAM_ON_DRAINED);
}

void
upstream_conn_release(struct upstream_conn *conn)
{
    if (!conn->is_held)
        return;
    conn->is_held = false;
    evloop_want(&conn->worker->loop, &conn->socket, conn->socket.events | (uint32_t)EPOLLIN);
    take_all(conn);
    listen_anew(conn); /* what was silent was us */
}

/* --- time ----------------------------------------------------------------------------------- */

static uint64_t
tick_ready(struct upstream_conn *conn, uint64_t now)
{
    const struct config *config = conn->worker->config;
    uint64_t silent = silence_end(conn);
    if (now >= silent) {
        stats_add(conn->worker->stats, STAT_UPSTREAM_OVERDUE, 1);
        log_write(trouble(conn), LOG_UPSTREAM_DOWN,
                  "upstream %s: connection silent for %u ms with %u in flight: given up",
                  conn->upstream->config->name, (unsigned)((now - conn->unheard_us) / 1000),
                  conn->in_flight);
        step(conn, UPSTREAM_ON_OVERDUE);
        return now;
    }
    if (conn->state == UPSTREAM_DRAINING) {
        if (conn->in_flight == 0)
            step(conn, UPSTREAM_ON_DRAINED);
        else if (now >= conn->deadline_us)
            step(conn, UPSTREAM_ON_DEADLINE);
        return silent < conn->deadline_us ? silent : conn->deadline_us;
    }
    uint64_t idle = conn->used_us + (uint64_t)config->upstream_idle_ms * 1000;
    bool is_worn = conn->late > config->upstream_in_flight / 2;
    if (conn->in_flight > 0 && !is_worn)
        return silent;
    if (now >= idle || is_worn) {
        upstream_conn_retire(conn);
        return now;
    }
    return silent < idle ? silent : idle;
}

uint64_t
upstream_conn_tick(struct upstream_conn *conn)
{
    uint64_t now = now_of(conn);
    switch (conn->state) {
    case UPSTREAM_WANTED:
    case UPSTREAM_CONNECTING:
    case UPSTREAM_HANDSHAKE:
        if (now < conn->deadline_us)
            return conn->deadline_us;
        log_write(trouble(conn), LOG_UPSTREAM_DOWN, "upstream %s: not connected within %u ms (%s)",
                  conn->upstream->config->name, (unsigned)conn->worker->config->connect_ms,
                  upstream_state_text(conn->state));
        if (conn->state == UPSTREAM_HANDSHAKE)
            stats_add(conn->worker->stats, STAT_HANDSHAKES_FAILED, 1);
        step(conn, UPSTREAM_ON_DEADLINE);
        return now;
    case UPSTREAM_READY:
    case UPSTREAM_DRAINING:
        return tick_ready(conn, now);
    case UPSTREAM_CLOSED:
        step(conn, UPSTREAM_ON_CLEARED);
        return UINT64_MAX;
    case UPSTREAM_IDLE:
    case UPSTREAM_STATES_COUNT:
        break;
    }
    return UINT64_MAX;
}

void
upstream_conn_end(struct upstream_conn *conn)
{
    if (conn->state != UPSTREAM_READY && conn->state != UPSTREAM_DRAINING)
        return;
    tls_session_goodbye(conn->tls);
    (void)push(conn);
}
