/* ctl_steer.h - requests that change something
 * SPDX-License-Identifier: ISC
 *
 * What: one request, and what came of it in a sentence.
 * Who:  penstockctl.
 * Ref:  control/control.def.
 */
#pragma once

#include "control/control_client.h"

#define CTL_STEER_RELOAD_MS 60000 /* new workers start; a reload may wait for an older one */
#define CTL_STEER_FLUSH_MS  30000 /* a front that hangs is ended; others may flush before us */
#define CTL_STEER_DRAIN_MS  40000 /* timeouts.query is at most 30 s */

/**
 * @param answer  written: a sentence
 * @return STATUS_OK: done; STATUS_NONE: refused, `client->error` says why; others as
 *         control_client_ask()
 */
MUST_CHECK enum status ctl_steer_reload(struct control_client *client,
                                        struct control_message *answer);
MUST_CHECK enum status ctl_steer_level(struct control_client *client, uint8_t level,
                                       struct control_message *answer);

/** Waits until every front has. */
MUST_CHECK enum status ctl_steer_flush(struct control_client *client, const char *name,
                                       bool is_below, struct control_message *answer);

/** As above; waits until the service has ended. */
MUST_CHECK enum status ctl_steer_drain(struct control_client *client,
                                       struct control_message *answer);

struct ctl_upstreams { /* what operators alone are told of upstreams, by index; "": not told */
    char addresses[STATS_UPSTREAMS][64];
    char keys[STATS_UPSTREAMS][64]; /* that were refused last */
};

/** Ask for it. */
void ctl_steer_upstreams(struct control_client *client, struct ctl_upstreams *told);
