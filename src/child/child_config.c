/* child_config.c - see child_config.h
 * SPDX-License-Identifier: ISC
 */
#include "child/child_config.h"

#include "os/locked.h"
#include "os/memory.h"

#include <errno.h>
#include <string.h>

enum status
child_config_map(int fd, const struct config **config, size_t *size)
{
    void *at;
    *config = NULL;
    enum status status = memory_map(fd, sizeof **config, true, &at, size);
    if (status != STATUS_OK)
        return status;
    if (!config_is_sound(at)) {
        memory_unmap(at, *size);
        return STATUS_INVALID;
    }
    (void)!locked_part(at, *size); /* of too low a limit child_ladder.c tells: its part is larger */
    *config = at;
    return STATUS_OK;
}

void
child_config_unmap(const struct config *config, size_t size)
{
    memory_unmap((void *)(uintptr_t)config, size);
}

void
child_config_set_level(const struct config *config)
{
    static const enum log_level most[] = {LOG_NOTICE, LOG_INFO, LOG_DEBUG};
    _Static_assert(sizeof most / sizeof most[0] == CONFIG_VERBOSE_MAX + 1, "one for each -v");
    log_set_level(most[config->verbose]); /* a sound one is within bounds */
}

void
child_config_take_level(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    (void)process;
    (void)fds;
    log_set_level((enum log_level)message->level);
}

void
child_config_take(struct child_config *child, const struct ipc_message *message,
                  const int fds[IPC_FDS_MAX])
{
    void *stats;
    size_t size;
    enum status status = child_config_map(fds[0], &child->config, &child->config_size);
    if (status != STATUS_OK)
        log_fatal("the configuration cannot be used: %s",
                  status == STATUS_INVALID ? "it is not sound" : strerror(errno));
    status = memory_map(fds[1], sizeof *child->stats, false, &stats, &size);
    if (status != STATUS_OK)
        log_fatal("the statistics page cannot be used: %s",
                  status == STATUS_INVALID ? "it has another size" : strerror(errno));
    child->stats = stats;
    child->lane = message->lane;
    child_config_set_level(child->config);
}
