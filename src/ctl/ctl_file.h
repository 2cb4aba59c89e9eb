/* ctl_file.h - a file that somebody names on the command line
 * SPDX-License-Identifier: ISC
 *
 * What: regular files alone, so that no name makes a command wait for ever.
 * Who:  ctl_attest, ctl_audit, ctl_compliance, before privileges are given up.
 * Ref:  open(2).
 */
#pragma once

#include "base/status.h"

#include <stddef.h>

/**
 * Open one to be read.
 *
 * @param why  set on failure: what is wrong, static text
 * @return a descriptor; -1: it cannot be opened, or is no regular file
 */
int ctl_file_open(const char *path, const char **why);

/**
 * Read a whole file, or standard input.
 *
 * @param path  "-": standard input, which may be a pipe
 * @param to    `room` octets; a file of as many or more is refused
 * @param size  set to what was read
 * @param why   set on failure: what is wrong, static text
 * @return STATUS_OK or STATUS_INVALID: it cannot be read, is too large, or is no regular file
 */
MUST_CHECK enum status ctl_file_read(const char *path, char *to, size_t room, size_t *size,
                                     const char **why);
