/* child_config.h - what a child knows of itself: configuration, statistics page, lane
 * SPDX-License-Identifier: ISC
 *
 * What: maps the sealed memory of CONFIG and RELOAD and judges it. A child parses no text.
 * Who:  front, worker.
 * Ref:  conf/config.h; ipc/messages.def CONFIG, RELOAD.
 */
#pragma once

#include "conf/config.h"
#include "ipc/ipc.h"
#include "lane/stats.h"
#include "os/log.h"

struct child_config {
    const struct config *config; /* read-only mapping */
    size_t config_size;
    struct stats_page *stats; /* shared mapping, written by this process only */
    uint32_t lane;
};

/**
 * Map a configuration.
 *
 * @param fd    sealed memory, borrowed
 * @param size  written: of the mapping, for child_config_unmap()
 * @return STATUS_OK; STATUS_INVALID: not sealed, too short or not sound; STATUS_SYSTEM. On failure
 *         `*config` is NULL.
 */
MUST_CHECK enum status child_config_map(int fd, const struct config **config, size_t *size);

/** Give a configuration back. */
void child_config_unmap(const struct config *config, size_t size);

/** Take up what CONFIG brought: two mappings, the lane, and the level of the log. Fatal where that
 *  cannot be used. @param fds  of the message, borrowed */
void child_config_take(struct child_config *child, const struct ipc_message *message,
                       const int fds[IPC_FDS_MAX]);

/** LEVEL: from now on log what an operator wants logged. A handler of messages.def. */
void child_config_take_level(void *process, const struct ipc_message *message,
                             int fds[IPC_FDS_MAX]);

/** From now on log what `config` wants logged. */
void child_config_set_level(const struct config *config);
