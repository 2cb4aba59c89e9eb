/* bell.c - the eventfd is shared with a peer that may have changed its counter, never its flags:
 * SPDX-License-Identifier: ISC
 * no filter lets a child set O_NONBLOCK off, so neither call below can be made to block */
#include "os/bell.h"

#include "os/sys.h"

#include <stdint.h>
#include <sys/eventfd.h>

enum status
bell_open(int *fd)
{
    *fd = sys_eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return *fd < 0 ? STATUS_SYSTEM : STATUS_OK;
}

void
bell_ring(int fd)
{
    uint64_t one = 1;
    ssize_t sent = sys_write(fd, &one, sizeof one);
    (void)sent; /* EAGAIN: the counter is full, so the reader is awake already */
}

void
bell_clear(int fd)
{
    uint64_t count;
    ssize_t got = sys_read(fd, &count, sizeof count);
    (void)got; /* EAGAIN: it was not rung */
}
