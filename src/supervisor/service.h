/* service.h - the life of the service: configuration, sockets, fronts, jail, workers, loop
 * SPDX-License-Identifier: ISC
 *
 * What: the ladder of the supervisor from its options on.
 * Who:  main.c.
 * Ref:  docs/ARCHITECTURE.md "processes".
 */
#pragma once

#include "conf/config_print.h"
#include "supervisor/inherited.h"
#include "supervisor/options.h"
#include "supervisor/supervisor.h"

/** Before anything else. */
void service_init(struct supervisor *sup);

/**
 * Serve until the end.
 *
 * @param options  borrowed, stays in place: a reload reads it again
 * @param error    written on failure: one line; sup->wrong holds all if there are more
 * @return STATUS_OK: it has ended, with sup->exit_code; STATUS_INVALID: files or settings are wrong
 *         and stay so until they are mended; another: it could not start. A child that lives by
 *         then ends with its channel.
 */
MUST_CHECK enum status service_run(struct supervisor *sup, const struct options *options,
                                   const struct inherited *inherited, struct config_error *error);
