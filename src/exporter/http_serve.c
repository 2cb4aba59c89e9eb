/* http_serve.c - HTTP connections: few, short, and each for one request
 * SPDX-License-Identifier: ISC
 */
#include "exporter/http_serve.h"

#include "os/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MS_US            1000
#define IPV6_NETWORK     64
#define REQUEST_TIMEOUT  408
#define LINGER_READS_MAX 16 /* reads of a turn of what is thrown away */

void
http_serve_begin(struct http_serve *serve, const int fds[], unsigned count,
                 void (*answer)(void *of, const struct http_request *, struct http_reply *),
                 void *of)
{
    serve->listeners_count = count < HTTP_SERVE_LISTENERS ? count : HTTP_SERVE_LISTENERS;
    for (unsigned i = 0; i < serve->listeners_count; i++)
        serve->listeners[i] = fds[i];
    serve->answer = answer;
    serve->of = of;
}

unsigned
http_serve_open(const struct http_serve *serve)
{
    unsigned count = 0;
    for (unsigned i = 0; i < HTTP_SERVE_CONNECTIONS; i++)
        count += serve->connections[i].state != HTTP_SERVE_FREE;
    return count;
}

/* --- who has a place ------------------------------------------------------------------------- */

static void
end(struct http_serve *serve, struct http_serve_connection *connection)
{
    if (connection->state == HTTP_SERVE_READS || connection->state == HTTP_SERVE_WRITES)
        serve->closed++;
    sys_close(connection->fd);
    connection->state = HTTP_SERVE_FREE;
    connection->fd = -1;
}

/* The oldest connection, of one address alone unless that is NULL. `count`: how many there are. */
static struct http_serve_connection *
oldest(struct http_serve *serve, const struct addr *from, unsigned *count)
{
    struct http_serve_connection *found = NULL;
    *count = 0;
    for (unsigned i = 0; i < HTTP_SERVE_CONNECTIONS; i++) {
        struct http_serve_connection *connection = &serve->connections[i];
        if (connection->state == HTTP_SERVE_FREE ||
            (from != NULL && !addr_is_equal(&connection->from, from)))
            continue;
        ++*count;
        if (found == NULL || connection->begun_us < found->begun_us)
            found = connection;
    }
    return found;
}

/* When the next one may be let in: now, or when the oldest may be asked to go. */
static uint64_t
room_us(const struct http_serve *serve)
{
    uint64_t first_us = UINT64_MAX;
    for (unsigned i = 0; i < HTTP_SERVE_CONNECTIONS; i++) {
        if (serve->connections[i].state == HTTP_SERVE_FREE)
            return serve->accept_again_us;
        if (serve->connections[i].begun_us < first_us)
            first_us = serve->connections[i].begun_us;
    }
    first_us += HTTP_SERVE_YIELD_MS * MS_US;
    return first_us > serve->accept_again_us ? first_us : serve->accept_again_us;
}

/* A place for one more from there. NULL: whoever has them has had them for too short a time. */
static struct http_serve_connection *
find_place(struct http_serve *serve, const struct addr *from, uint64_t now_us)
{
    unsigned of_address, all;
    struct http_serve_connection *own = oldest(serve, from, &of_address);
    struct http_serve_connection *place = oldest(serve, NULL, &all);
    if (of_address >= HTTP_SERVE_OF_ADDRESS)
        place = own;
    else if (all < HTTP_SERVE_CONNECTIONS)
        place = NULL;
    if (place != NULL) {
        if (now_us < place->begun_us + HTTP_SERVE_YIELD_MS * MS_US)
            return NULL;
        end(serve, place);
        return place;
    }
    for (unsigned i = 0; i < HTTP_SERVE_CONNECTIONS; i++)
        if (serve->connections[i].state == HTTP_SERVE_FREE)
            return &serve->connections[i];
    return NULL;
}

static void
let_in(struct http_serve *serve, int fd, const struct addr *from, uint64_t now_us)
{
    struct http_serve_connection *place = find_place(serve, from, now_us);
    if (place == NULL) {
        serve->closed++;
        sys_close(fd);
        return;
    }
    place->state = HTTP_SERVE_READS;
    place->fd = fd;
    place->from = *from;
    place->begun_us = now_us;
    place->until_us = now_us + HTTP_SERVE_READ_MS * MS_US;
    place->used = place->sent = 0;
}

static void
take_connections(struct http_serve *serve, int listener, uint64_t now_us)
{
    for (unsigned i = 0; i < HTTP_SERVE_BATCH && room_us(serve) <= now_us; i++) {
        struct sockaddr_storage storage = {0};
        socklen_t size = sizeof storage;
        struct addr from;
        int fd =
            sys_accept4(listener, (struct sockaddr *)&storage, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
            continue;
        if (fd < 0) {
            if (errno != EAGAIN) /* no descriptor or memory is left: it stays readable */
                serve->accept_again_us = now_us + HTTP_SERVE_PAUSE_MS * MS_US;
            return;
        }
        if (addr_from_socket((const struct sockaddr *)&storage, size, &from) != STATUS_OK)
            memset(&from, 0, sizeof from); /* a Unix socket: all are bounded together */
        from.port = 0;
        from.scope = 0;
        if (from.family == ADDR_IPV6)
            addr_mask(&from, IPV6_NETWORK);
        let_in(serve, fd, &from, now_us);
    }
}

/* --- one connection -------------------------------------------------------------------------- */

static void
send_reply(struct http_serve *serve, struct http_serve_connection *connection, uint64_t now_us)
{
    struct http_reply *reply = &connection->reply;
    size_t body_size = connection->is_head ? 0 : reply->size;
    size_t whole = reply->head_size + body_size;
    while (connection->sent < whole) {
        bool is_in_head = connection->sent < reply->head_size;
        size_t of_body = is_in_head ? 0 : connection->sent - reply->head_size;
        struct iovec parts[2] = {
            {.iov_base = reply->head + (is_in_head ? connection->sent : 0),
             .iov_len = is_in_head ? reply->head_size - connection->sent : 0},
            {.iov_base = reply->body + of_body, .iov_len = body_size - of_body}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t n = sys_sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            end(serve, connection);
            return;
        }
        connection->sent += (size_t)n;
    }
    (void)shutdown(connection->fd, SHUT_WR);
    connection->state = HTTP_SERVE_LINGERS;
    connection->until_us = now_us + HTTP_SERVE_LINGER_MS * MS_US;
}

static const char *
sentence_of(enum http_request_result result)
{
    switch (result) {
    case HTTP_REQUEST_METHOD:
        return "GET and HEAD are all that is answered.";
    case HTTP_REQUEST_BODY:
        return "A request has no body here.";
    case HTTP_REQUEST_TARGET:
        return "The target is too long.";
    case HTTP_REQUEST_TOO_LARGE:
        return "The head of the request is too large.";
    case HTTP_REQUEST_VERSION:
        return "HTTP/1.1 and HTTP/1.0 are all that is spoken.";
    case HTTP_REQUEST_BAD:
    case HTTP_REQUEST_MORE:
    case HTTP_REQUEST_GOOD:
        break;
    }
    return "This is no HTTP request as RFC 9112 has it.";
}

static void
answer(struct http_serve *serve, struct http_serve_connection *connection,
       enum http_request_result result, const struct http_request *request, uint64_t now_us,
       uint64_t wall_s)
{
    connection->is_head = request->is_head;
    if (result == HTTP_REQUEST_GOOD)
        serve->answer(serve->of, request, &connection->reply);
    else
        http_reply_say(&connection->reply, (unsigned)result, sentence_of(result));
    http_reply_end(&connection->reply, wall_s);
    serve->answered++;
    connection->state = HTTP_SERVE_WRITES;
    connection->until_us = now_us + HTTP_SERVE_WRITE_MS * MS_US;
    send_reply(serve, connection, now_us);
}

static void
read_request(struct http_serve *serve, struct http_serve_connection *connection, uint64_t now_us,
             uint64_t wall_s)
{
    struct http_request request;
    ssize_t n = sys_recv(connection->fd, connection->head + connection->used,
                         sizeof connection->head - connection->used, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        end(serve, connection);
        return;
    }
    size_t judged = connection->used;
    connection->used += (size_t)n;
    enum http_request_result result =
        http_request_read(connection->head, connection->used, judged, &request);
    if (result != HTTP_REQUEST_MORE)
        answer(serve, connection, result, &request, now_us, wall_s);
}

/* What still comes is not for us; until the other side has closed, closing would cut the answer. */
static void
linger(struct http_serve *serve, struct http_serve_connection *connection)
{
    for (unsigned i = 0; i < LINGER_READS_MAX; i++) {
        ssize_t n =
            sys_recv(connection->fd, connection->head, sizeof connection->head, MSG_DONTWAIT);
        if (n > 0)
            continue;
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            end(serve, connection);
        return;
    }
}

/* Its request was not there in time. Who sent half of one is told so, within the time that is given
 * to anybody for closing; who sent nothing is not waiting for an answer (RFC 9110 section 15.5.9). */
static void
time_out(struct http_serve *serve, struct http_serve_connection *connection, uint64_t now_us,
         uint64_t wall_s)
{
    if (connection->state != HTTP_SERVE_READS || connection->used == 0) {
        end(serve, connection);
        return;
    }
    serve->closed++;
    connection->is_head = connection->used >= 5 && memcmp(connection->head, "HEAD ", 5) == 0;
    http_reply_say(&connection->reply, REQUEST_TIMEOUT, "The request was not whole in time.");
    http_reply_end(&connection->reply, wall_s);
    connection->state = HTTP_SERVE_LINGERS;
    connection->until_us = now_us + HTTP_SERVE_LINGER_MS * MS_US;
    send_reply(serve, connection, now_us);
}

/* --- turns ----------------------------------------------------------------------------------- */

static void
wait_until(uint64_t until_us, uint64_t now_us, int *wait_ms)
{
    uint64_t left_ms = until_us > now_us ? (until_us - now_us + MS_US - 1) / MS_US : 0;
    if (left_ms < (uint64_t)*wait_ms)
        *wait_ms = (int)left_ms;
}

void
http_serve_wait(const struct http_serve *serve, struct pollfd polls[HTTP_SERVE_POLLS],
                uint64_t now_us, int *wait_ms)
{
    uint64_t free_us = room_us(serve);
    for (unsigned i = 0; i < HTTP_SERVE_LISTENERS; i++) {
        bool is_open = i < serve->listeners_count && free_us <= now_us;
        polls[i] = (struct pollfd){.fd = is_open ? serve->listeners[i] : -1, .events = POLLIN};
    }
    if (free_us > now_us)
        wait_until(free_us, now_us, wait_ms);
    for (unsigned i = 0; i < HTTP_SERVE_CONNECTIONS; i++) {
        const struct http_serve_connection *connection = &serve->connections[i];
        bool is_used = connection->state != HTTP_SERVE_FREE;
        polls[HTTP_SERVE_LISTENERS + i] =
            (struct pollfd){.fd = is_used ? connection->fd : -1,
                            .events = connection->state == HTTP_SERVE_WRITES ? POLLOUT : POLLIN};
        if (is_used)
            wait_until(connection->until_us, now_us, wait_ms);
    }
}

void
http_serve_turn(struct http_serve *serve, const struct pollfd polls[HTTP_SERVE_POLLS],
                uint64_t now_us, uint64_t wall_s)
{
    for (unsigned i = 0; i < HTTP_SERVE_CONNECTIONS; i++) {
        struct http_serve_connection *connection = &serve->connections[i];
        if (connection->state == HTTP_SERVE_FREE)
            continue;
        if (polls[HTTP_SERVE_LISTENERS + i].revents != 0) {
            if (connection->state == HTTP_SERVE_READS)
                read_request(serve, connection, now_us, wall_s);
            else if (connection->state == HTTP_SERVE_WRITES)
                send_reply(serve, connection, now_us);
            else
                linger(serve, connection);
        }
        if (connection->state != HTTP_SERVE_FREE && connection->until_us <= now_us)
            time_out(serve, connection, now_us, wall_s);
    }
    for (unsigned i = 0; i < serve->listeners_count; i++)
        if (polls[i].revents != 0)
            take_connections(serve, serve->listeners[i], now_us);
}
