/* control_rights.h - the accounts and groups of the configuration, as numbers
 * SPDX-License-Identifier: ISC
 *
 * What: looks control.readers, control.operators and events.readers up, at the start and at a reload.
 * Who:  supervisor.
 * Ref:  control/control_desk.h; os/privs.h.
 */
#pragma once

#include "conf/config.h"
#include "control/control_desk.h"

/** @param error  written on failure: which of them does not exist
 *  @return STATUS_OK; STATUS_INVALID. */
MUST_CHECK enum status control_rights_find(const struct config *config,
                                           struct control_rights *rights,
                                           struct config_error *error);

/** Is anybody named, so that the socket is there for others than root and the service's account? */
bool control_rights_is_for_others(const struct config *config);
