/* exporter_target.h - where events go, as the command line has it
 * SPDX-License-Identifier: ISC
 *
 * What: a file, or a socket that somebody listens at. Opened by the process that connects: the one
 *       that writes gets descriptors. A file is opened below a folder that is open, so that it can be
 *       opened anew when it was moved away; nothing else can be opened by then.
 * Who:  exporter, the process that connects (exporter_dial.h).
 * Ref:  seccomp/exporter_file.def, exporter_unix.def, exporter_tcp.def; docs/EVENTS.md.
 */
#pragma once

#include "base/addr.h"
#include "base/status.h"

#define EXPORTER_TARGET_PATH_MAX 1024 /* octets, with the NUL */
#define EXPORTER_TARGET_WAIT_MS  2000 /* for a connection */

enum exporter_target_kind {
    EXPORTER_TARGET_STANDARD, /* standard output: whoever starts it has opened that */
    EXPORTER_TARGET_FILE,
    EXPORTER_TARGET_UNIX,
    EXPORTER_TARGET_TCP,
};

struct exporter_target { /* zeroed: standard output */
    enum exporter_target_kind kind;
    const char *text; /* borrowed: as it was given */
    const char *path; /* within it: of the Unix socket; the file's name in its folder */
    int folder_fd;    /* of a file, once it is prepared; -1 */
    char folder[EXPORTER_TARGET_PATH_MAX];
    struct addr addr; /* of TCP */
};

/** "PATH", "unix:PATH", "tcp:ADDRESS:PORT". @param text  borrowed for life
 *  @return STATUS_OK; STATUS_INVALID */
MUST_CHECK enum status exporter_target_parse(const char *text, struct exporter_target *target);

/**
 * Once, as the account that will write: open the folder of a file.
 *
 * @param is_fresh  what is written cannot be added to another: a file that holds something already
 *                  is renamed, with the time behind its name, and a number where that name is taken;
 *                  else a line of it that has no end gets one
 * @return STATUS_OK; STATUS_SYSTEM: errno
 */
MUST_CHECK enum status exporter_target_prepare(struct exporter_target *target, bool is_fresh);

/** Open or connect. @param fd  written: the caller's; -1. @return 0; an errno */
int exporter_target_open(const struct exporter_target *target, int *fd);
