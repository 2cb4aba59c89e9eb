/* namelists.h - files of names become one set each, in memory that fronts only read
 * SPDX-License-Identifier: ISC
 *
 * What: reads the block and allow lists of the configuration line by line into a set
 *       (answers/nameset) that lies in a sealed memfd: however large it is, and however many lanes
 *       share it, it exists once. A line that is no name is left out and counted by kind; a file that cannot
 *       be read stops a start. Exceptions in a block list are names of the allow list.
 * Who:  supervisor, at its start and again when it reloads; it does nothing else meanwhile.
 * Ref:  docs/LIMITS.md "lists".
 */
#pragma once

#include "answers/list_line.h"
#include "conf/config.h"
#include "digest/digest.h"
#include "ipc/ipc.h"

#include <stdbool.h>
#include <stdio.h>

#define NAMELISTS_NAMES_MAX 100000000 /* in one list: 1 GB */
#define NAMELISTS_LINE_MAX  4096      /* octets; a longer line is left out */

struct namelists_file {         /* what became of one file */
    size_t lines;               /* but blank ones and comments */
    size_t of_kind[LIST_KINDS]; /* of those, by what they say */
    size_t first;               /* number of the first that is not used, from 1; 0: all are */
    uint8_t sum[DIGEST_BYTES];  /* SHA-256 of the octets that the set was made of */
};

struct namelists {
    int fds[IPC_LISTS];      /* by enum ipc_list: sealed memfd with the set; -1: no such list */
    size_t names[IPC_LISTS]; /* different ones in it */
    struct namelists_file files[IPC_LISTS][CONFIG_LISTS_MAX];
};

/**
 * Read every list that the configuration names.
 *
 * @param lists  written; the descriptors are the caller's. All -1 on failure.
 * @param error  written on failure: one line that names key, file and reason
 * @return STATUS_OK; STATUS_INVALID (a file cannot be read, is not a regular file, or has more than
 *         NAMELISTS_NAMES_MAX names); STATUS_SYSTEM (no memory).
 */
MUST_CHECK enum status namelists_load(const struct config *config, struct namelists *lists,
                                      struct config_error *error);

/** What of each file could not be used, one line for a file. @return the number of lines */
unsigned namelists_warnings(const struct config *config, const struct namelists *lists, FILE *to);
