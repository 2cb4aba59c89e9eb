/* landlock.h - few files, few programs, few ports to connect to, where the kernel can promise that
 * SPDX-License-Identifier: ISC
 *
 * What: with Landlock enabled (Linux 5.13), this process and all that it spawns can open by name what
 *       is permitted and nothing else, as far as it says that it forbids that; from Linux 6.7 on they
 *       can connect over TCP to the ports named only, and bind none but what the kernel chooses. The filter of os/sandbox.h
 *       cannot look at paths and addresses; this can. Descriptors that are open already stay of use.
 * Who:  everybody, after no-new-privileges and before its filter.
 * Ref:  landlock(7), ABI 1 to 5.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may be done by name only where a member of struct landlock_permit permits it: */
#define LANDLOCK_NO_READING  1U /* open to be read: files, folders */
#define LANDLOCK_NO_CHANGES  2U /* make, open to be written, cut, remove, rename */
#define LANDLOCK_NO_PROGRAMS 4U /* execute */
#define LANDLOCK_NO_FILES    (LANDLOCK_NO_READING | LANDLOCK_NO_CHANGES | LANDLOCK_NO_PROGRAMS)

struct landlock_permit {   /* all zero: files as ever, no port */
    unsigned forbids;      /* LANDLOCK_NO_ bits */
    const uint16_t *ports; /* TCP, to connect to */
    size_t ports_count;
    bool has_source;     /* a socket can be bound to an address, its port left to the kernel */
    const int *programs; /* O_PATH, of regular files that can be executed */
    size_t programs_count;
    const int *readable; /* O_PATH, of files that can be read, and folders whose files can be */
    size_t readable_count;
    bool has_folder; /* files can be made and written below `folder`, and none be cut or removed */
    int folder;      /* O_PATH */
};

#define LANDLOCK_VERSION_WITH_PORTS 4 /* Linux 6.7 */

/** The ABI version of Landlock in this kernel; below 1: it has none, or none that may be used. */
long landlock_version(void);

/**
 * @param permit  borrowed for this call
 * @return STATUS_OK; STATUS_NONE (this kernel cannot: nothing changed); STATUS_SYSTEM.
 */
MUST_CHECK enum status landlock_restrict(const struct landlock_permit *permit);
