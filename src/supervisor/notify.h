/* notify.h - what the service manager is told: the state of the service, and a sentence for people
 * SPDX-License-Identifier: ISC
 *
 * What: READY=1 when the service serves and again when a reload has ended, however it ended;
 *       RELOADING=1 with the time when one was asked for; STOPPING=1; and STATUS=, which
 *       `systemctl status` shows, whenever it would say something else.
 * Who:  supervisor.
 * Ref:  sd_notify(3), systemd.service(5) Type=notify-reload.
 */
#pragma once

#include "supervisor/supervisor.h"

#define NOTIFY_LOOK_MS 1000 /* between two looks whether the sentence is another */

/** The start has begun. */
void notify_starting(const struct supervisor *sup);

/** It has failed. @param why  one line */
void notify_failed(const struct supervisor *sup, const char *why);

/** Every process serves, or a reload has ended. */
void notify_ready(struct supervisor *sup);

/** A reload was asked for. Says so once until notify_ready(). */
void notify_reloading(struct supervisor *sup);

/** The end has begun. */
void notify_stopping(const struct supervisor *sup);

/** Once per turn. */
void notify_tick(struct supervisor *sup);
