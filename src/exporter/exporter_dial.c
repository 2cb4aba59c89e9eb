/* exporter_dial.c - the process that connects to the control socket for the one that serves
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_dial.h"

#include "base/bytes.h"
#include "os/peer.h"
#include "os/sys.h"

#include <errno.h>

#define ASK_BYTES    1
#define ANSWER_BYTES 4 /* errno */
#define FOR_EVER_MS  (-1)

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

void
exporter_dial_serve(int fd, const char *path)
{
    uint8_t bytes[ANSWER_BYTES];
    size_t size;
    int passed, connected;
    while (peer_await(fd, bytes, sizeof bytes, &size, &passed, FOR_EVER_MS) == STATUS_OK &&
           passed < 0 && size == ASK_BYTES) {
        struct bytes_writer writer = bytes_writer(bytes, sizeof bytes);
        bytes_put_u32(&writer, (uint32_t)exporter_dial_connect(path, &connected));
        enum status status = peer_send(fd, bytes, sizeof bytes, connected);
        if (connected >= 0)
            sys_close(connected);
        if (status != STATUS_OK)
            return;
        pause_between();
    }
}

enum status
exporter_dial_ask(int fd)
{
    static const uint8_t ask[ASK_BYTES] = {1};
    return peer_send(fd, ask, sizeof ask, -1);
}

enum status
exporter_dial_take(int fd, int *connected, int *error)
{
    uint8_t bytes[ANSWER_BYTES];
    size_t size;
    *error = 0;
    enum status status = peer_await(fd, bytes, sizeof bytes, &size, connected, 0);
    if (status != STATUS_OK)
        return status;
    struct bytes_reader reader = bytes_reader(bytes, size);
    *error = (int)bytes_get_u32(&reader);
    if (size == ANSWER_BYTES && (*connected >= 0) == (*error == 0))
        return STATUS_OK;
    if (*connected >= 0)
        sys_close(*connected);
    *connected = -1;
    return STATUS_INVALID;
}
