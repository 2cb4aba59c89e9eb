/* apart.h - a world in a process of its own
 * SPDX-License-Identifier: ISC
 *
 * What: one that ends by a signal, an assertion or a sanitizer ends alone, and its memory with it.
 * Who:  main.c and shrink.c.
 */
#pragma once

#include "world.h"

struct apart {
    const struct world_row *row;
    uint64_t seed;
    const unsigned char *kept; /* a flag for each act; NULL: all are kept */
    bool is_alone;             /* without its floods; all its acts are kept */
    bool is_shown;             /* its events go to standard output */
};

/** @param result  in memory that processes share; written. @return the status as waitpid(2) gives it */
int apart_play(const struct apart *one, struct world_result *result);
