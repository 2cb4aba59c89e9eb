/* os.c - the one pointer
 * SPDX-License-Identifier: ISC
 */
#include "os/os.h"

/* The only static of os, front and worker. Without it each of about a hundred calls that log would
 * take the log as its first argument, through functions that know of no log otherwise. */
struct os *os_used;

void
os_use(struct os *os)
{
    os_used = os;
}
