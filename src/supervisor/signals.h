/* signals.h - the signals that the supervisor obeys
 * SPDX-License-Identifier: ISC
 *
 * What: they arrive as something to read, and nothing happens within a handler. A simulation can
 *       put itself in the place of this file.
 * Who:  supervisor.
 * Ref:  signalfd(2).
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define SIGNALS_HURRY_MS 50

/** Block SIGCHLD, SIGTERM, SIGINT, SIGHUP and SIGUSR1, and ignore SIGPIPE.
 *  @param fd  written: readable while one waits; the caller's. @return STATUS_OK; STATUS_SYSTEM */
MUST_CHECK enum status signals_open(int *fd);

/** Take the next. @return false: none waits */
bool signals_next(int fd, uint32_t *number);

/**
 * While `on`, no call that waits goes on for longer than SIGNALS_HURRY_MS: a signal interrupts it.
 * A client of the control socket can leave descriptors with the kernel whose end waits, as a TCP
 * socket that lingers (SO_LINGER) does, and the kernel ends them in our name.
 */
void signals_hurry(bool on);
