/* keeper.c - the last hour, kept for whoever looks
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/keeper.h"

#include "os/memory.h"
#include "os/sys.h"
#include "supervisor/audit_watch.h"
#include "view/sight.h"

struct keeper {
    int fd;
    struct chronicle_page *page;
    uint64_t next_us; /* when it looks again */
    struct sight sight;
    struct audit_watched audited;
};

/* We write through the map that was made before the seal; nobody makes another. */
static enum status
make_page(struct keeper *keeper)
{
    void *at;
    size_t size = sizeof *keeper->page;
    enum status status = memory_make("penstock-history", size, &keeper->fd, &at);
    if (status != STATUS_OK)
        return status;
    keeper->page = at;
    chronicle_begin(keeper->page);
    status = memory_fix_size(keeper->fd);
    return status == STATUS_OK ? memory_fix_writers(keeper->fd) : status;
}

enum status
keeper_open(struct supervisor *sup)
{
    struct keeper *keeper = memory_reserve(sizeof *keeper);
    if (keeper == NULL)
        return STATUS_SYSTEM;
    enum status status = make_page(keeper);
    if (status == STATUS_OK)
        sup->keeper = keeper;
    return status; /* else penstock does not start, and what there is goes with it */
}

int
keeper_page(const struct supervisor *sup)
{
    return sup->keeper != NULL ? sup->keeper->fd : -1;
}

/* Our own maps: those of readers come and go with the processes. */
static struct service_page_set
pages_of(const struct supervisor *sup)
{
    struct service_page_set set = {.service = sup->page};
    for (unsigned lane = 0; lane < sup->lanes_count; lane++)
        for (unsigned i = 0; i < SUPERVISOR_CHILDREN; i++)
            set.stats[lane][i] = sup->lanes[lane].children[i].stats;
    return set;
}

void
keeper_tick(struct supervisor *sup)
{
    struct keeper *keeper = sup->keeper;
    if (keeper == NULL || sup->loop.now_us < keeper->next_us)
        return;
    struct service_page_set pages = pages_of(sup);
    keeper->next_us = sup->loop.now_us + (uint64_t)KEEPER_STEP_MS * 1000;
    if (sight_take(&keeper->sight, &pages, sup->loop.now_us, sup->loop.wall_s) == STATUS_OK) {
        chronicle_publish(keeper->page, &keeper->sight.chronicle);
        audit_watch_look(sup, &keeper->audited, &keeper->sight);
    }
}
