/* hole_page.h - the memory that a test and the processes of a hole build share
 * SPDX-License-Identifier: ISC
 *
 * What: a file "hole.page" beside the executable, mapped: for each role an order and what came of
 *       it; what a build leaves undone at its start; what is looked for in memory.
 * Who:  hole builds only (meson -Dhole=true); tests/fixtures/hole.py is the other side.
 * Ref:  docs/HOLE.md.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HOLE_PAGE_MAGIC   "penstock hole 1"
#define HOLE_PAGE_RANGES  1024 /* of memory that can be looked through */
#define HOLE_PAGE_NEEDLE  64   /* octets that can be looked for */
#define HOLE_PAGE_LEAK_FD 99   /* the descriptor that a child keeps which leaks one */
#define HOLE_PAGE_COVER   0xa5 /* each of them is hidden by this, so that the page is no find */

enum hole_role { HOLE_SUPERVISOR, HOLE_FRONT, HOLE_WORKER, HOLE_EXPORTER, HOLE_DIAL, HOLE_ROLES };

struct hole_order {
    _Atomic uint32_t wanted; /* written last by who orders: one more than before */
    _Atomic uint32_t taken;  /* the same number: a process has begun with it */
    _Atomic uint32_t done;   /* the same number: it has come back, with */
    uint32_t attack;         /* row of attacks.def, from 0 */
    int64_t result;          /* what the call returned, or the attack found */
    int32_t error;           /* errno, where that is -1 */
    int32_t pid;             /* of the process of this role that was the last to enter its filter */
};

struct hole_range {
    uint64_t from, to;
};

struct hole_page {
    char magic[16];
    uint32_t leaks;      /* set of 1 << role: it keeps a descriptor of the page */
    uint32_t unfiltered; /* set of 1 << role: it enters no filter of its own */
    struct hole_order orders[HOLE_ROLES];
    uint32_t needle_size, ranges_count;
    uint8_t needle[HOLE_PAGE_NEEDLE]; /* each xor HOLE_PAGE_COVER */
    struct hole_range ranges[HOLE_PAGE_RANGES];
};

/** Map the file beside the executable, where there is one. @param fd  written: open on it; -1
 *  @return NULL: there is none */
struct hole_page *hole_page_open(int *fd);

/** In a child: map what standard input is open on, if that is such a file, and make 0 to 2
 *  /dev/null again, or an empty file where there is none. A child that is to leak keeps a descriptor. @return NULL: it is not */
struct hole_page *hole_page_take(enum hole_role role);
