/* exporter_dial.c - see exporter_dial.h
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_dial.h"

#include "base/bytes.h"
#include "os/peer.h"
#include "os/sys.h"

#include <errno.h>
#include <poll.h>

#define ASK_BYTES    1
#define ANSWER_BYTES 8 /* what, errno */
#define FOR_EVER_MS  (-1)
#define SIGNAL_BYTES 128 /* struct signalfd_siginfo */

static void
pause_between(void)
{
    struct timespec pause = {.tv_nsec = EXPORTER_DIAL_PAUSE_MS * 1000000L};
    sys_clock_nanosleep(CLOCK_MONOTONIC, 0, &pause);
}

int
exporter_dial_connect(const char *path, int *fd)
{
    switch (peer_connect(path, EXPORTER_DIAL_WAIT_MS, fd)) {
    case STATUS_OK:
        return 0;
    case STATUS_AGAIN:
        return EAGAIN;
    case STATUS_INVALID:
        return ENAMETOOLONG;
    case STATUS_CLOSED:
    case STATUS_FULL:
    case STATUS_NONE:
    case STATUS_SYSTEM:
        break;
    }
    return errno;
}

/* It may be busy, and have others to read: whoever asked waits for its answer, and so does this.
 * @return STATUS_OK; else there is nobody to tell it */
static enum status
send_answer(int fd, const uint8_t *bytes, size_t size, int opened)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    enum status status = peer_send(fd, bytes, size, opened);
    while (status == STATUS_AGAIN) {
        (void)sys_poll(&room, 1, FOR_EVER_MS);
        pause_between(); /* too many descriptors on their way are no room either, and not waited for */
        status = peer_send(fd, bytes, size, opened);
    }
    return status;
}

/* @return STATUS_OK; else there is nobody to tell it */
static enum status
answer(int fd, enum exporter_dial_what what, const char *path, const struct exporter_target *target)
{
    uint8_t bytes[ANSWER_BYTES];
    struct bytes_writer writer = bytes_writer(bytes, sizeof bytes);
    int opened;
    int error = what == EXPORTER_DIAL_CONTROL ? exporter_dial_connect(path, &opened)
                                              : exporter_target_open(target, &opened);
    bytes_put_u32(&writer, what);
    bytes_put_u32(&writer, (uint32_t)error);
    enum status status = send_answer(fd, bytes, sizeof bytes, opened);
    if (opened >= 0)
        sys_close(opened);
    pause_between();
    return status;
}

/* @return STATUS_OK: done; else the other side has ended, or says what it may not */
static enum status
answer_next(int fd, const char *path, const struct exporter_target *target)
{
    uint8_t bytes[ASK_BYTES];
    size_t size;
    int passed;
    enum status status = peer_await(fd, bytes, sizeof bytes, &size, &passed, 0);
    if (status != STATUS_OK)
        return status == STATUS_AGAIN ? STATUS_OK : status;
    bool is_known = bytes[0] == EXPORTER_DIAL_CONTROL ||
                    (bytes[0] == EXPORTER_DIAL_OUTPUT && target->kind != EXPORTER_TARGET_STANDARD);
    if (passed >= 0 || size != ASK_BYTES || !is_known)
        return STATUS_INVALID;
    return answer(fd, (enum exporter_dial_what)bytes[0], path, target);
}

void
exporter_dial_serve(int fd, const char *path, const struct exporter_target *target, int signals)
{
    uint8_t which[SIGNAL_BYTES];
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        struct pollfd polls[] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
        if (sys_poll(polls, 2, FOR_EVER_MS) < 0)
            continue;
        if (polls[1].revents != 0 && sys_read(signals, which, sizeof which) > 0)
            status = answer(fd, EXPORTER_DIAL_ANEW, path, target);
        if (status == STATUS_OK && polls[0].revents != 0)
            status = answer_next(fd, path, target);
    }
}

enum status
exporter_dial_ask(int fd, enum exporter_dial_what what)
{
    const uint8_t ask[ASK_BYTES] = {(uint8_t)what};
    return peer_send(fd, ask, sizeof ask, -1);
}

enum status
exporter_dial_take(int fd, struct exporter_dial_answer *answer)
{
    uint8_t bytes[ANSWER_BYTES];
    size_t size;
    *answer = (struct exporter_dial_answer){.fd = -1};
    enum status status = peer_await(fd, bytes, sizeof bytes, &size, &answer->fd, 0);
    if (status != STATUS_OK)
        return status;
    struct bytes_reader reader = bytes_reader(bytes, size);
    uint32_t what = bytes_get_u32(&reader);
    answer->error = (int)bytes_get_u32(&reader);
    if (size == ANSWER_BYTES && what >= EXPORTER_DIAL_CONTROL && what <= EXPORTER_DIAL_ANEW &&
        (answer->fd >= 0) == (answer->error == 0)) {
        answer->what = (enum exporter_dial_what)what;
        return STATUS_OK;
    }
    if (answer->fd >= 0)
        sys_close(answer->fd);
    answer->fd = -1;
    return STATUS_INVALID;
}
