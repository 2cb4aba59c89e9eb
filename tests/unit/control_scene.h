/* control_scene.h - a supervisor with a control socket whose clients the test plays
 * SPDX-License-Identifier: ISC
 *
 * The listening socket has an abstract name, so that no folder is needed. A turn reads the events
 * of real descriptors; time is the number of supervisor_scene.h.
 */
#pragma once

#include "supervisor_scene.h"

#include "control/control_message.h"
#include "os/peer.h"
#include "supervisor/control_serve.h"

#include <stddef.h>
#include <sys/un.h>

#define READER 4242 /* the account of this process, seen as a reader's */

static struct sockaddr_un control_at = {.sun_family = AF_UNIX};
static socklen_t control_at_size;

/* @param right  of this process, whatever account it has: CONTROL_NOTHING works only if not root */
static inline void
control_open(unsigned lanes)
{
    scene_run(lanes);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int length = snprintf(control_at.sun_path + 1, sizeof control_at.sun_path - 1,
                          "penstock-control-%d", (int)getpid());
    control_at_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    cr_assert_eq(bind(listener, (struct sockaddr *)&control_at, control_at_size), 0);
    cr_assert_eq(listen(listener, 8), 0);
    sup.rights.own_uid = getuid();
    cr_assert_eq(control_serve_open(&sup, listener), STATUS_OK);
}

/* One turn, with what the kernel has for it. */
static inline void
control_turn(uint64_t later_ms)
{
    uint64_t now_us = sup.loop.now_us;
    evloop_turn(&sup.loop, 0);
    sup.loop.now_us = now_us;
    scene_turn(later_ms);
}

static inline int
control_connect(void)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&control_at, control_at_size), 0);
    return fd;
}

static inline void
control_say(int fd, const struct control_message *message)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    cr_assert_eq(peer_send(fd, bytes, control_message_encode(message, bytes), -1), STATUS_OK);
}
#define CONTROL_SAY(fd, ...) control_say(fd, &(struct control_message){__VA_ARGS__})

/* @return the type of the next message; 0: there is none; -1: the service has closed */
static inline int
control_hear(int fd, struct control_message *message, int *passed)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    size_t size;
    enum status status = peer_await(fd, bytes, sizeof bytes, &size, passed, 0);
    if (status != STATUS_OK)
        return status == STATUS_AGAIN ? 0 : -1;
    cr_assert_eq(control_message_decode(bytes, size, *passed >= 0, CONTROL_FROM_SERVICE, message),
                 STATUS_OK);
    return (int)message->type;
}

/* A client who has heard HELLO. */
static inline int
control_client(void)
{
    struct control_message message;
    int passed, fd = control_connect();
    control_turn(1);
    cr_assert_eq(control_hear(fd, &message, &passed), CONTROL_HELLO);
    return fd;
}

static inline void
control_expect(int fd, int type, const char *words)
{
    struct control_message message = {.text = ""};
    int passed;
    int got = control_hear(fd, &message, &passed);
    cr_assert_eq(got, type, "%d instead of %d: %s", got, type, message.text);
    if (words != NULL)
        cr_assert_not_null(strstr(message.text, words), "%s", message.text);
}
