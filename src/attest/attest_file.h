/* attest_file.h - a file that the attested process chose, read by one who may be root
 * SPDX-License-Identifier: ISC
 *
 * What: only a regular file is opened at all: what a device, a pipe or a socket does when it is opened
 *       is never caused. Names are looked up as the process sees them, and lead nowhere else.
 * Who:  attest_config.c, attest_executable.c.
 * Ref:  openat2(2), proc(5).
 */
#pragma once

#include "attest/attest_proc.h"

#include <sys/stat.h>

#define ATTEST_FILE_MOST (256U << 20) /* octets of a file that are read */

/**
 * Open what a link of /proc stands for: "exe", or one of map_files.
 *
 * @param status  written
 * @return a descriptor, the caller's; -1: errno, EINVAL: no regular file
 */
int attest_file_open(const struct attest_proc *proc, const char *link, struct stat *status);

/**
 * Open a file by name as the process would. An absolute name cannot leave the root of the process, a
 * relative one not its working directory; no link of /proc is followed.
 *
 * @param status  written
 * @return as attest_file_open()
 */
int attest_file_open_named(const struct attest_proc *proc, const char *name, struct stat *status);
