/* os.c - the one pointer
 * SPDX-License-Identifier: ISC
 */
#include "os/os.h"

#include "os/sys.h"

#include <fcntl.h>
#include <unistd.h>

/* The only static of os, front and worker. Without it each of about a hundred calls that log would
 * take the log as its first argument, through functions that know of no log otherwise. */
struct os *os_used;

void
os_use(struct os *os)
{
    os_used = os;
}

enum status
os_open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (sys_fcntl(fd, F_GETFD, 0) < 0 && sys_open("/dev/null", O_RDWR) != fd)
            return STATUS_SYSTEM;
    return STATUS_OK;
}
