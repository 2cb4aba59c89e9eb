/* pages.c - see pages.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/pages.h"

#include "os/memory.h"
#include "os/sys.h"
#include "supervisor/children.h"

#include <string.h>

/* @return STATUS_OK; STATUS_SYSTEM, and the child has what it had */
static enum status
make(struct child *child)
{
    int fd;
    void *at;
    enum status status = memory_make("penstock-stats", sizeof(struct stats_page), &fd, &at);
    if (status == STATUS_OK)
        status = memory_fix_size(fd);
    if (status != STATUS_OK) {
        if (fd >= 0)
            sys_close(fd);
        memory_unmap(at, sizeof(struct stats_page));
        return status;
    }
    if (child->stats != NULL)
        memcpy(at, child->stats, sizeof(struct stats_page)); /* nobody writes to it any more */
    memory_unmap(child->stats, sizeof(struct stats_page));
    child->stats = at;
    child->stats_fd = fd;
    return STATUS_OK;
}

enum status
pages_open(struct supervisor *sup)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < children_count(sup) && status == STATUS_OK; i++)
        status = make(children_at(sup, i));
    return status;
}

enum status
pages_begin(struct child *child)
{
    return child->stats_fd < 0 ? make(child) : STATUS_OK; /* else no process came to use it */
}

enum status
pages_settle(struct child *child)
{
    enum status status = memory_fix_writers(child->stats_fd);
    if (status != STATUS_OK)
        return status;
    if (child->watch_fd >= 0)
        sys_close(child->watch_fd);
    child->watch_fd = child->stats_fd;
    child->stats_fd = -1;
    return STATUS_OK;
}
