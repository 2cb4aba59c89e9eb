/* test_exporter_dial.c - who connects for the one that may not
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_dial.h"

#include "os/peer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int pair[2], signals[2];
static pid_t parent;
static struct exporter_target target;
static struct exporter_dial_answer answer;

static void
begin_with(const char *path, const int sockets[2])
{
    pair[0] = sockets[0];
    pair[1] = sockets[1];
    cr_assert_eq(pipe2(signals, O_NONBLOCK), 0);
    parent = fork();
    if (parent == 0) {
        close(pair[1]);
        exporter_dial_serve(pair[0], path, &target, signals[0]);
        _exit(0);
    }
    close(pair[0]);
}

static void
begin(const char *path)
{
    int sockets[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets), 0);
    begin_with(path, sockets);
}

static void
end(void)
{
    int ended;
    close(pair[1]);
    cr_assert_eq(waitpid(parent, &ended, 0), parent);
    cr_expect(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

static enum status
take_next(void)
{
    struct pollfd waiting = {.fd = pair[1], .events = POLLIN};
    cr_assert_eq(poll(&waiting, 1, 30000), 1);
    return exporter_dial_take(pair[1], &answer);
}

static enum status
ask(enum exporter_dial_what what)
{
    cr_expect_eq(exporter_dial_take(pair[1], &answer), STATUS_AGAIN);
    cr_expect_eq(exporter_dial_ask(pair[1], what), STATUS_OK);
    return take_next();
}

Test(exporter_dial, connects_as_often_as_asked, .timeout = 60)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "/tmp/test_exporter_dial.%d", (int)getpid());
    int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&to, sizeof to), 0);
    cr_assert_eq(listen(listener, 4), 0);
    begin(to.sun_path);
    for (unsigned i = 0; i < 2; i++) {
        char byte = 'x';
        cr_assert_eq(ask(EXPORTER_DIAL_CONTROL), STATUS_OK);
        int fd = answer.fd;
        cr_assert_geq(fd, 0);
        cr_expect_eq(answer.error, 0);
        cr_expect_eq((int)answer.what, (int)EXPORTER_DIAL_CONTROL);
        int other = accept(listener, NULL, NULL);
        cr_expect_eq(send(other, &byte, 1, 0), 1);
        cr_expect_eq(recv(fd, &byte, 1, 0), 1);
        close(other);
        close(fd);
    }
    unlink(to.sun_path);
    cr_assert_eq(ask(EXPORTER_DIAL_CONTROL), STATUS_OK);
    cr_expect_eq(answer.fd, -1);
    cr_expect_eq(answer.error, ENOENT);
    end();
}

Test(exporter_dial, opens_an_output_when_asked_and_when_it_was_moved_away, .timeout = 60)
{
    char text[60];
    snprintf(text, sizeof text, "/tmp/test_exporter_dial.out.%d", (int)getpid());
    cr_assert_eq(exporter_target_parse(text, &target), STATUS_OK);
    cr_assert_eq(exporter_target_prepare(&target, false), STATUS_OK);
    begin("/nothing");
    cr_assert_eq(ask(EXPORTER_DIAL_OUTPUT), STATUS_OK);
    cr_expect_eq((int)answer.what, (int)EXPORTER_DIAL_OUTPUT);
    cr_expect_eq(write(answer.fd, "a", 1), 1);
    cr_assert_eq(unlink(text), 0);
    cr_assert_eq(write(signals[1], text, 1), 1);
    cr_assert_eq(take_next(), STATUS_OK);
    cr_expect_eq((int)answer.what, (int)EXPORTER_DIAL_ANEW);
    cr_expect_geq(answer.fd, 0);
    cr_expect_eq(unlink(text), 0, "it is there again");
    end();
}

Test(exporter_dial, one_that_is_busy_has_its_answer_later, .timeout = 60)
{
    const uint8_t anew[8] = {0, 0, 0, 3, 0, 0, 0, 2};
    int old[2], unread = 1, small = 1;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, old), 0);
    cr_assert_eq(setsockopt(old[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    while (peer_send(old[0], anew, sizeof anew, -1) == STATUS_OK)
        ;
    begin_with("/nothing", old);
    cr_assert_eq(exporter_dial_ask(pair[1], EXPORTER_DIAL_CONTROL), STATUS_OK);
    while (ioctl(pair[1], TIOCOUTQ, &unread) == 0 && unread > 0)
        usleep(10000); /* it has not read what is asked */
    struct pollfd over = {.fd = pair[1]};
    cr_expect_eq(poll(&over, 1, 3 * EXPORTER_DIAL_PAUSE_MS), 0, "it does not end");
    do
        cr_assert_eq(take_next(), STATUS_OK);
    while (answer.what != EXPORTER_DIAL_CONTROL);
    cr_expect_eq(answer.error, ENOENT);
    end();
}

static void
expect_end_by(const char *word, size_t size)
{
    int ended;
    begin("/nothing");
    cr_assert_eq(send(pair[1], word, size, 0), (ssize_t)size);
    cr_assert_eq(waitpid(parent, &ended, 0), parent);
    cr_expect_eq(exporter_dial_take(pair[1], &answer), STATUS_CLOSED);
    cr_expect_neq(exporter_dial_ask(pair[1], EXPORTER_DIAL_CONTROL), STATUS_OK);
}

Test(exporter_dial, a_word_that_is_none_ends_it, .timeout = 60)
{
    expect_end_by("\1\1", 2);
    expect_end_by("\3", 1);
    expect_end_by("\2", 1); /* there is no output to open: it is standard output */
}

Test(exporter_dial, an_answer_that_is_none_is_refused, .timeout = 60)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    const uint8_t no_error[8] = {0, 0, 0, 1}, an_error[8] = {0, 0, 0, 1, 0, 0, 0, 2},
                  nothing[8] = {0, 0, 0, 4};
    cr_assert_eq(peer_send(pair[0], no_error, 8, -1), STATUS_OK);
    cr_expect_eq(exporter_dial_take(pair[1], &answer), STATUS_INVALID);
    cr_assert_eq(peer_send(pair[0], an_error, 8, 0), STATUS_OK);
    cr_expect_eq(exporter_dial_take(pair[1], &answer), STATUS_INVALID);
    cr_expect_eq(answer.fd, -1);
    cr_assert_eq(peer_send(pair[0], no_error, 7, 0), STATUS_OK);
    cr_expect_eq(exporter_dial_take(pair[1], &answer), STATUS_INVALID);
    cr_assert_eq(peer_send(pair[0], nothing, 8, 0), STATUS_OK);
    cr_expect_eq(exporter_dial_take(pair[1], &answer), STATUS_INVALID);
}
