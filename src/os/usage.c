/* usage.c - see usage.h
 * SPDX-License-Identifier: ISC
 */
#include "os/usage.h"

#include "os/sys.h"

static uint64_t
us_of(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec;
}

void
usage_read(struct usage *usage)
{
    struct rusage is;
    *usage = (struct usage){0};
    if (sys_getrusage(&is) != 0)
        return;
    usage->user_us = us_of(&is.ru_utime);
    usage->system_us = us_of(&is.ru_stime);
    usage->peak_bytes = (uint64_t)is.ru_maxrss * 1024; /* told in KiB */
}
