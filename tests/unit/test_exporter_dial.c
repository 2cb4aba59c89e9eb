/* test_exporter_dial.c - who connects for the one that may not
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_dial.h"

#include "os/peer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int pair[2];
static pid_t parent;

static void
begin(const char *path)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    parent = fork();
    if (parent == 0) {
        close(pair[1]);
        exporter_dial_serve(pair[0], path);
        _exit(0);
    }
    close(pair[0]);
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
ask(int *fd, int *error)
{
    struct pollfd waiting = {.fd = pair[1], .events = POLLIN};
    cr_expect_eq(exporter_dial_take(pair[1], fd, error), STATUS_AGAIN);
    cr_expect_eq(exporter_dial_ask(pair[1]), STATUS_OK);
    cr_assert_eq(poll(&waiting, 1, 30000), 1);
    return exporter_dial_take(pair[1], fd, error);
}

Test(exporter_dial, connects_as_often_as_asked, .timeout = 60)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "/tmp/test_exporter_dial.%d", (int)getpid());
    int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0), fd, error;
    cr_assert_eq(bind(listener, (struct sockaddr *)&to, sizeof to), 0);
    cr_assert_eq(listen(listener, 4), 0);
    begin(to.sun_path);
    for (unsigned i = 0; i < 2; i++) {
        char byte = 'x';
        cr_assert_eq(ask(&fd, &error), STATUS_OK);
        cr_assert_geq(fd, 0);
        cr_expect_eq(error, 0);
        int other = accept(listener, NULL, NULL);
        cr_expect_eq(send(other, &byte, 1, 0), 1);
        cr_expect_eq(recv(fd, &byte, 1, 0), 1);
        close(other);
        close(fd);
    }
    unlink(to.sun_path);
    cr_assert_eq(ask(&fd, &error), STATUS_OK);
    cr_expect_eq(fd, -1);
    cr_expect_eq(error, ENOENT);
    end();
}

Test(exporter_dial, a_word_that_is_none_ends_it, .timeout = 60)
{
    int fd, error;
    begin("/nothing");
    cr_assert_eq(send(pair[1], "more", 4, 0), 4);
    int ended;
    cr_assert_eq(waitpid(parent, &ended, 0), parent);
    cr_expect_eq(exporter_dial_take(pair[1], &fd, &error), STATUS_CLOSED);
    cr_expect_neq(exporter_dial_ask(pair[1]), STATUS_OK);
}

Test(exporter_dial, an_answer_that_is_none_is_refused, .timeout = 60)
{
    int fd, error;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    const uint8_t no_error[4] = {0}, an_error[4] = {0, 0, 0, 2};
    cr_assert_eq(peer_send(pair[0], no_error, 4, -1), STATUS_OK);
    cr_expect_eq(exporter_dial_take(pair[1], &fd, &error), STATUS_INVALID);
    cr_assert_eq(peer_send(pair[0], an_error, 4, 0), STATUS_OK);
    cr_expect_eq(exporter_dial_take(pair[1], &fd, &error), STATUS_INVALID);
    cr_expect_eq(fd, -1);
    cr_assert_eq(peer_send(pair[0], no_error, 3, 0), STATUS_OK);
    cr_expect_eq(exporter_dial_take(pair[1], &fd, &error), STATUS_INVALID);
}
