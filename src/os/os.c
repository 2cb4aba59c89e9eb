/* os.c - the one pointer
 * SPDX-License-Identifier: ISC
 */
#include "os/os.h"

#include <assert.h>

/* The only static of os, front and worker. Without it each of about a hundred calls that log would
 * take the log as its first argument, through functions that know of no log otherwise. */
static struct os *in_use;

void
os_use(struct os *os)
{
    in_use = os;
}

struct os *
os_used(void)
{
    assert(in_use != NULL);
    return in_use;
}
