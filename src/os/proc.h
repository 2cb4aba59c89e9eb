/* proc.h - what /proc has of a process
 * SPDX-License-Identifier: ISC
 *
 * What: a small file of it as text, and the values of lines "Name:\tvalue" in such a text.
 * Who:  the supervisor; penstockctl for texts that it has.
 * Ref:  proc(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * Read once, from the beginning.
 *
 * @param pid   0: the process that asks
 * @param name  a file in its folder
 * @param text  written: as much as there is room for, and a NUL; "" if nothing could be read
 * @param size  of `text`, 2 or more
 * @return whether there is any
 */
bool proc_read(pid_t pid, const char *name, char *text, size_t size);

/** @return what stands behind "NAME:" and blanks at the begin of a line, to the end of `text`; NULL: there is none. */
const char *proc_field(const char *text, const char *name);

/** @return the number there; -1: there is none. `base` as in strtol(3). */
long proc_number(const char *text, const char *name, int base);
