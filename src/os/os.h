/* os.h - what the rooms of os keep for one process
 * SPDX-License-Identifier: ISC
 *
 * What: the state of its log and of its random bytes. A main() has one; a program that plays several
 *       processes has as many, and says before each turn whose it is. And descriptors 0 to 2.
 * Who:  every main(); evloop.c, log.c and random.c look here.
 */
#pragma once

#include "base/status.h"
#include "os/log.h"
#include "os/random.h"

struct os {          /* all zero: its start */
    uint64_t now_us; /* when its turn began, monotonic: evloop.c writes it, the log reads it */
    struct log log;
    struct random random;
};

/** The argument of the last os_use(), which alone writes it. */
extern struct os *os_used;

/**
 * From now on log lines and random bytes are those of `os`, which stays in place. To be called
 * before either is used.
 */
void os_use(struct os *os);

/**
 * Where descriptor 0, 1 or 2 was closed, open /dev/null there: a socket would else get that number
 * and be written to. To be called before anything else is opened.
 * @return STATUS_OK; STATUS_SYSTEM.
 */
MUST_CHECK enum status os_open_standard(void);
