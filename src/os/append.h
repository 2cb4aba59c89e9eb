/* append.h - a file that one process alone adds whole lines to
 * SPDX-License-Identifier: ISC
 *
 * What: the folder is opened before the jail, the file by its name in it, also after it was moved
 *       away. A line goes in by one write, and is on the disk after append_sync(). Nothing is ever cut
 *       but the piece of a line that found no room.
 * Who:  supervisor, for its audit log.
 * Ref:  openat(2), flock(2), fdatasync(2); seccomp/supervisor_audit.def.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define APPEND_PATH_MAX 256 /* with its NUL */

struct append {
    int folder_fd; /* O_PATH; -1: none */
    int fd;        /* -1: not open */
    char name[APPEND_PATH_MAX];
    bool is_unsynced; /* lines were written that append_sync() has not seen */
};

/**
 * Open the folder of a file.
 *
 * @param path  absolute, shorter than APPEND_PATH_MAX; what is behind its last slash is no "", "."
 *              or ".."
 * @return STATUS_OK; STATUS_SYSTEM (errno)
 */
MUST_CHECK enum status append_find(struct append *file, const char *path);

/**
 * Open the file by its name, make it (mode 0600) if there is none, and lock it.
 *
 * @param file    its folder is open, and no file
 * @param before  what is open under that name so far, NULL: nothing
 * @param why     written on failure: what is wrong, static text or strerror()
 * @return STATUS_OK; STATUS_NONE: it is that file still; STATUS_AGAIN: another process has it;
 *         STATUS_INVALID: not a regular file, or not this account's alone to write; STATUS_SYSTEM
 */
MUST_CHECK enum status append_open(struct append *file, const struct append *before,
                                   const char **why);

/**
 * Read what the file ends with.
 *
 * @param at    written: where in the file `to` begins
 * @param used  written: how much was read, up to `room`
 * @return STATUS_OK; STATUS_SYSTEM (errno)
 */
MUST_CHECK enum status append_tail(const struct append *file, void *to, size_t room, off_t *at,
                                   size_t *used);

/**
 * Add octets.
 *
 * @param written  how many of them are in the file now
 * @return STATUS_OK: all; STATUS_SYSTEM (errno): none, or a piece that could not be cut off again
 */
MUST_CHECK enum status append_line(struct append *file, const void *octets, size_t size,
                                   size_t *written);

/** What was written is on the disk. @return STATUS_OK; STATUS_SYSTEM (errno). */
MUST_CHECK enum status append_sync(struct append *file);

/** Close the file; its folder stays open. */
void append_close(struct append *file);
