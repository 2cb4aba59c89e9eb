/* landlock.h - few ports to connect to, few programs to start, one folder, where the kernel can promise that
 * SPDX-License-Identifier: ISC
 *
 * What: with Landlock enabled (Linux 5.13), this process and all that it spawns can execute the
 *       programs named and nothing else; from Linux 6.7 on they can connect over TCP to the ports
 *       named only. The filter of os/sandbox.h cannot look at paths and addresses; this can.
 *       Who writes a file by name has one folder for it.
 * Who:  supervisor, penstockctl, penstock-exporter, after no-new-privileges and before its filter.
 * Ref:  landlock(7), ABI 1 and 4.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct landlock_permit {
    const uint16_t *ports; /* TCP, to connect to */
    size_t ports_count;
    const int *programs; /* descriptors of regular files, O_PATH; none: any may be executed */
    size_t programs_count;
    bool has_folder; /* files can be made and written below `folder`, and nothing else be changed or
                        executed by name; else nothing is said of files */
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
