/* landlock.h - TCP connections to a few ports only, where the kernel can promise that
 *
 * What: with Linux 6.7 and Landlock enabled, this process and all that it spawns can connect over
 *       TCP to `ports` only. The filter of os/sandbox.h cannot look at addresses; this can.
 * Who:  supervisor, after no-new-privileges and before its filter.
 * Ref:  landlock(7), ABI 4.
 */
#pragma once

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/** @return STATUS_OK; STATUS_NONE (this kernel cannot: nothing changed); STATUS_SYSTEM. */
MUST_CHECK enum status landlock_connect_only(const uint16_t *ports, size_t count);
