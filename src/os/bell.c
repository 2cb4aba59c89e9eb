/* bell.c - see bell.h
 * SPDX-License-Identifier: ISC
 *
 * The eventfd is shared with a peer that may have changed its counter, but never its flags: no
 * filter lets a child take O_NONBLOCK away, so a write cannot be made to block.
 */
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
    (void)sent; /* EAGAIN: the counter is full */
}
