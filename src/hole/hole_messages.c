/* hole_messages.c - see hole_messages.h
 * SPDX-License-Identifier: ISC
 */
#include "hole/hole_messages.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define FLOOD_US      300000  /* how long it lasts */
#define FLOOD_MOST_US 5000000 /* of one that has its sender ended */
#define NUMBERS_MOST  80      /* above those of messages.def */
#define LEVEL_OF_ALL  4       /* LOG_NOTICE: what is logged at any time */
#define TOO_MANY      16      /* descriptors with one message */
#define GARBAGE       48      /* octets */

/* As it is: octets, and descriptors beside them. */
static long
send_as_it_is(const struct hole_process *self, const void *bytes, size_t size, size_t fds_count)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(TOO_MANY * sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fds_count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(fds_count * sizeof(int));
        control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                                        .cmsg_type = SCM_RIGHTS,
                                        .cmsg_len = CMSG_LEN(fds_count * sizeof(int))};
        for (size_t i = 0; i < fds_count; i++) /* any will do, and this one it has */
            memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &self->chan_fd, sizeof(int));
    }
    return sys_sendmsg(self->chan_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

static long
say(const struct hole_process *self, const struct ipc_message *message)
{
    enum status status = chan_send(self->chan_fd, message, NULL, 0);
    if (status == STATUS_AGAIN)
        errno = EAGAIN;
    return status == STATUS_OK ? 0 : -1;
}

long
hole_messages_half(struct hole_process *self)
{
    static const uint8_t bytes[] = {0, IPC_LOG, 4};
    return send_as_it_is(self, bytes, sizeof bytes, 0);
}

long
hole_messages_empty(struct hole_process *self)
{
    return send_as_it_is(self, "", 0, 0);
}

long
hole_messages_long(struct hole_process *self)
{
    static const uint8_t bytes[IPC_MESSAGE_MAX + 4096] = {0, IPC_LOG};
    return send_as_it_is(self, bytes, sizeof bytes, 0);
}

long
hole_messages_unknown(struct hole_process *self)
{
    static const uint8_t bytes[] = {0xff, 0xff, 0, 0, 0, 0};
    return send_as_it_is(self, bytes, sizeof bytes, 0);
}

long
hole_messages_garbage(struct hole_process *self)
{
    uint8_t bytes[GARBAGE];
    long result = 0;
    memset(bytes, 0xff, sizeof bytes);
    bytes[0] = 0;
    for (uint8_t number = 0; number < NUMBERS_MOST && result == 0; number++) {
        bytes[1] = number;
        result = send_as_it_is(self, bytes, sizeof bytes, 0);
    }
    return 0;
}

long
hole_messages_other_side(struct hole_process *self)
{
    static const struct ipc_message from_child = {.type = IPC_RELOADED, .epoch = 1};
    static const struct ipc_message from_supervisor = {.type = IPC_STOP};
    return say(self, self->role == HOLE_SUPERVISOR ? &from_child : &from_supervisor);
}

long
hole_messages_ready_again(struct hole_process *self)
{
    return say(self, &(struct ipc_message){.type = IPC_READY, .text = "TLS"});
}

long
hole_messages_descriptor(struct hole_process *self)
{
    static const uint8_t bytes[] = {0, IPC_LOG, 0, 0, 0, 4, 0, 0, 0, 0, 'x', 0};
    return send_as_it_is(self, bytes, sizeof bytes, 1);
}

long
hole_messages_descriptors(struct hole_process *self)
{
    static const uint8_t bytes[] = {0, IPC_LOG, 0, 0, 0, 4, 0, 0, 0, 0, 'x', 0};
    return send_as_it_is(self, bytes, sizeof bytes, TOO_MANY);
}

long
hole_messages_named(struct hole_process *self)
{
    static struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/notify"};
    static uint8_t bytes[] = {0xff, 0xff};
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr message = {
        .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &part, .msg_iovlen = 1};
    return sys_sendmsg(self->chan_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

static long
flood(const struct hole_process *self, const struct ipc_message *message, uint64_t us)
{
    long sent = 0;
    for (uint64_t end = sys_clock_us(CLOCK_MONOTONIC) + us; sys_clock_us(CLOCK_MONOTONIC) < end;)
        sent += say(self, message) == 0;
    return sent;
}

long
hole_messages_logs(struct hole_process *self)
{
    return flood(self,
                 &(struct ipc_message){.type = IPC_LOG,
                                       .level = LEVEL_OF_ALL,
                                       .event = LOG_INTERNAL,
                                       .text = "hole: a line of a flood"},
                 FLOOD_US);
}

long
hole_messages_log_forged(struct hole_process *self)
{
    return say(self, &(struct ipc_message){.type = IPC_LOG,
                                           .level = LEVEL_OF_ALL,
                                           .event = LOG_INTERNAL,
                                           .text = "hole: one line\nsupervisor: forged\x1b[2J"});
}

long
hole_messages_dials(struct hole_process *self)
{
    return flood(self, &(struct ipc_message){.type = IPC_UPSTREAM_WANT, .index = 0, .tag = 77},
                 FLOOD_MOST_US);
}

long
hole_messages_no_upstream(struct hole_process *self)
{
    return say(self, &(struct ipc_message){.type = IPC_UPSTREAM_WANT, .index = 4000000000U});
}

long
hole_messages_key(struct hole_process *self)
{
    return say(self, &(struct ipc_message){.type = IPC_UPSTREAM_KEY, .index = 4000000000U});
}

long
hole_messages_ring_end(struct hole_process *self)
{
    return say(self, &(struct ipc_message){.type = IPC_RING_END, .epoch = 4000000000U, .error = 1});
}

long
hole_messages_flushed(struct hole_process *self)
{
    return say(self, &(struct ipc_message){.type = IPC_FLUSHED, .tag = 77, .count = 1});
}
