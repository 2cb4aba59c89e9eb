/* event_memory.c - see event_memory.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/event_memory.h"

#include "lane/events.h"
#include "os/memory.h"
#include "os/sys.h"
#include "supervisor/report.h"

#include <errno.h>
#include <string.h>

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        sys_close(*fd);
    *fd = -1;
}

static enum status
make(struct child *front)
{
    void *at;
    close_fd(&front->events_fd);
    enum status status =
        memory_make("penstock-events", sizeof(struct events_memory), &front->events_fd, &at);
    memory_unmap(at, sizeof(struct events_memory));
    if (status == STATUS_OK)
        status = memory_fix_size(front->events_fd);
    if (status != STATUS_OK)
        close_fd(&front->events_fd);
    return status;
}

enum status
event_memory_begin(struct child *child)
{
    if (child->role != CHILD_FRONT)
        return STATUS_OK;
    if (child->supervisor->config.events != 0)
        return make(child);
    close_fd(&child->events_fd);
    close_fd(&child->events_watch_fd);
    return STATUS_OK;
}

void
event_memory_change(struct child *front)
{
    bool was_on = front->events_watch_fd >= 0;
    close_fd(&front->events_fd);
    close_fd(&front->events_watch_fd);
    if (front->supervisor->config.events == 0) {
        if (was_on)
            report_replaced(front->supervisor);
        return;
    }
    if (make(front) != STATUS_OK)
        log_write(LOG_ERROR, LOG_INTERNAL, "%s: events are off, there is no memory for them: %s",
                  front->name, strerror(errno));
}

enum status
event_memory_settle(struct child *child)
{
    if (child->events_fd < 0)
        return STATUS_OK;
    enum status status = memory_fix_writers(child->events_fd);
    if (status != STATUS_OK)
        return status;
    close_fd(&child->events_watch_fd);
    child->events_watch_fd = child->events_fd;
    child->events_fd = -1;
    child->events_number = ++child->supervisor->events_number;
    report_replaced(child->supervisor);
    return STATUS_OK;
}
