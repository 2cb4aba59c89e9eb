/* test_http_serve.c - connections: how many, for how long, and who gives way
 * SPDX-License-Identifier: ISC
 *
 * Over a Unix socket, all of whose clients count as one address.
 */
#include "exporter/http_serve.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MS 1000

static struct http_serve serve;
static struct sockaddr_un place = {.sun_family = AF_UNIX};
static uint64_t now_us = 1000 * MS;
static size_t body_size;

static void
answer(void *of, const struct http_request *request, struct http_reply *reply)
{
    (void)of;
    http_reply_begin(reply, 200, HTTP_REPLY_PLAIN);
    http_reply_add(reply, "%s", request->path);
    if (body_size > 0) {
        memset(reply->body, 'x', body_size);
        reply->size = body_size;
    }
}

static void
begin(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    snprintf(place.sun_path + 1, sizeof place.sun_path - 1, "test_http_serve.%d", (int)getpid());
    cr_assert_eq(bind(fd, (struct sockaddr *)&place, sizeof place), 0);
    cr_assert_eq(listen(fd, 64), 0);
    http_serve_begin(&serve, &fd, 1, answer, NULL);
}

static int
client(const char *text)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&place, sizeof place), 0);
    cr_assert_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    return fd;
}

/* Turns until nothing is ready. @return how long it would wait */
static int
turn(void)
{
    struct pollfd polls[HTTP_SERVE_POLLS];
    int wait_ms = 60000;
    for (;;) {
        wait_ms = 60000;
        http_serve_wait(&serve, polls, now_us, &wait_ms);
        int ready = poll(polls, HTTP_SERVE_POLLS, 0);
        http_serve_turn(&serve, polls, now_us, 0);
        if (ready <= 0 && wait_ms > 0)
            return wait_ms;
    }
}

/* @return what comes; "" if the connection was closed, NULL if it is open and silent */
static const char *
read_from(int fd)
{
    static char text[HTTP_REPLY_BODY_MAX + HTTP_REPLY_HEAD_MAX];
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN ? NULL : "";
    text[n] = '\0';
    return text;
}

Test(http_serve, one_request_one_answer)
{
    begin();
    int fd = client("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    turn();
    const char *text = read_from(fd);
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, "\r\n\r\n/a"));
    cr_expect_null(strstr(text, "/b"));
    cr_expect_str_eq(read_from(fd), "");
    cr_expect_eq(serve.answered, 1);
    close(fd);
    turn();
    cr_expect_eq(http_serve_open(&serve), 0);
    cr_expect_eq(serve.closed, 0);
}

Test(http_serve, a_request_in_pieces)
{
    static const char text[] = "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n";
    begin();
    int fd = client("");
    for (size_t i = 0; i < sizeof text - 1; i++) {
        cr_assert_null(read_from(fd));
        cr_assert_eq(send(fd, text + i, 1, 0), 1);
        turn();
    }
    const char *got = read_from(fd);
    cr_assert_not_null(got);
    cr_expect_str_eq(got + strlen(got) - 4, "\r\n\r\n");
    cr_expect_not_null(strstr(got, "Content-Length: 2\r\n"));
}

Test(http_serve, time_is_up_however_much_trickles)
{
    begin();
    int fd = client("GET /");
    cr_expect_eq(turn(), HTTP_SERVE_READ_MS);
    for (unsigned ms = 0; ms < HTTP_SERVE_READ_MS; ms += 100) {
        cr_assert_null(read_from(fd), "closed after %u ms", ms);
        cr_assert_eq(send(fd, "a", 1, 0), 1);
        now_us += 100 * MS;
        turn();
    }
    const char *text = read_from(fd);
    cr_assert_not_null(text);
    cr_expect_eq(strncmp(text, "HTTP/1.1 408 ", 13), 0, "%s", text);
    cr_expect_str_eq(read_from(fd), "");
    cr_expect_eq(serve.closed, 1);
    cr_expect_eq(serve.answered, 0);
    cr_expect_eq(http_serve_open(&serve), 1, "closing now would cut the answer");
    now_us += HTTP_SERVE_LINGER_MS * MS;
    turn();
    cr_expect_eq(http_serve_open(&serve), 0);
    cr_expect_eq(serve.closed, 1);
}

Test(http_serve, who_sends_nothing_is_told_nothing)
{
    begin();
    int fd = client("");
    turn();
    now_us += HTTP_SERVE_READ_MS * MS;
    turn();
    cr_expect_str_eq(read_from(fd), "");
    cr_expect_eq(serve.closed, 1);
    cr_expect_eq(http_serve_open(&serve), 0);
}

Test(http_serve, half_a_head_request_gets_no_body)
{
    begin();
    int fd = client("HEAD / HTTP/1.1\r\n");
    turn();
    now_us += HTTP_SERVE_READ_MS * MS;
    turn();
    const char *text = read_from(fd);
    cr_assert_not_null(text);
    cr_expect_eq(strncmp(text, "HTTP/1.1 408 ", 13), 0, "%s", text);
    cr_expect_str_eq(text + strlen(text) - 4, "\r\n\r\n");
}

Test(http_serve, who_does_not_read_is_left)
{
    begin();
    body_size = HTTP_REPLY_BODY_MAX - 1;
    int fds[8];
    for (unsigned i = 0; i < 8; i++) {
        fds[i] = client("");
        int small = 1;
        cr_assert_eq(setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
        turn();
        cr_assert_eq(
            setsockopt(serve.connections[i].fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
        cr_assert_eq(send(fds[i], "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
    }
    turn();
    cr_expect_eq(http_serve_open(&serve), 8);
    now_us += HTTP_SERVE_WRITE_MS * MS;
    turn();
    cr_expect_eq(http_serve_open(&serve), 0);
    cr_expect_eq(serve.closed, 8);
}

Test(http_serve, a_large_answer_comes_whole)
{
    begin();
    body_size = HTTP_REPLY_BODY_MAX - 1;
    int fd = client(""), small = 4096;
    turn();
    cr_assert_eq(setsockopt(serve.connections[0].fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small),
                 0);
    cr_assert_eq(send(fd, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
    size_t whole = 0;
    for (;;) {
        turn();
        const char *text = read_from(fd);
        if (text == NULL)
            continue;
        if (text[0] == '\0')
            break;
        whole += strlen(text);
    }
    cr_expect_eq(whole, serve.connections[0].reply.head_size + body_size);
}

Test(http_serve, the_oldest_of_an_address_gives_way_after_its_time)
{
    begin();
    int fds[HTTP_SERVE_OF_ADDRESS];
    for (unsigned i = 0; i < HTTP_SERVE_OF_ADDRESS; i++) {
        fds[i] = client("GET /");
        turn();
        now_us += MS;
    }
    int early = client("GET /b HTTP/1.0\r\n\r\n");
    turn();
    cr_expect_str_eq(read_from(early), "", "nobody has to go before his time");
    now_us += HTTP_SERVE_YIELD_MS * MS;
    int late = client("GET /c HTTP/1.0\r\n\r\n");
    turn();
    const char *text = read_from(late);
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, "\r\n\r\n/c"));
    cr_expect_str_eq(read_from(fds[0]), "");
    for (unsigned i = 1; i < HTTP_SERVE_OF_ADDRESS; i++)
        cr_expect_null(read_from(fds[i]));
    cr_expect_eq(http_serve_open(&serve), HTTP_SERVE_OF_ADDRESS);
}

Test(http_serve, a_full_house_lets_nobody_in_before_somebody_may_be_asked_to_go)
{
    struct pollfd polls[HTTP_SERVE_POLLS];
    int wait_ms = 60000;
    begin();
    for (unsigned i = 0; i < HTTP_SERVE_CONNECTIONS; i++) {
        int unused[2];
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, unused), 0);
        serve.connections[i] = (struct http_serve_connection){
            .state = HTTP_SERVE_READS,
            .fd = unused[0],
            .from = {.family = ADDR_IPV4, .bytes = {192, 0, 2, (uint8_t)i}},
            .begun_us = now_us + i,
            .until_us = now_us + HTTP_SERVE_READ_MS * MS};
    }
    int fd = client("GET /a HTTP/1.0\r\n\r\n");
    http_serve_wait(&serve, polls, now_us, &wait_ms);
    cr_expect_eq(polls[0].fd, -1);
    cr_expect_eq(wait_ms, HTTP_SERVE_YIELD_MS);
    now_us += HTTP_SERVE_YIELD_MS * MS;
    turn();
    const char *text = read_from(fd);
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, "\r\n\r\n/a"));
    cr_expect_eq(serve.closed, 1);
    cr_expect_eq(serve.connections[1].from.bytes[3], 1, "only the oldest went");
}

Test(http_serve, without_a_descriptor_for_another_it_waits_and_does_not_spin)
{
    struct pollfd polls[HTTP_SERVE_POLLS];
    struct rlimit before, none;
    int wait_ms = 60000;
    begin();
    int fd = client("GET /a HTTP/1.0\r\n\r\n");
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = (rlim_t)fd + 1, .rlim_max = before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    http_serve_wait(&serve, polls, now_us, &wait_ms);
    cr_assert_eq(poll(polls, 1, 0), 1);
    http_serve_turn(&serve, polls, now_us, 0);
    http_serve_wait(&serve, polls, now_us, &wait_ms);
    cr_expect_eq(polls[0].fd, -1);
    cr_expect_eq(wait_ms, HTTP_SERVE_PAUSE_MS);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    now_us += HTTP_SERVE_PAUSE_MS * MS;
    turn();
    cr_expect_not_null(strstr(read_from(fd), "\r\n\r\n/a"));
}
