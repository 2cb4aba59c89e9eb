/* local.c - see local.h */
#include "front/local.h"

#include "core/special.h"
#include "front/deliver.h"
#include "front/front.h"
#include "os/memory.h"

#include <unistd.h>

enum status
local_take_list(struct front *front, enum ipc_list list, int fd)
{
    struct local *local = &front->local;
    void *memory = NULL;
    size_t size = 0;
    enum status status = STATUS_OK;
    if (fd >= 0) {
        status = memory_map(fd, 1, true, &memory, &size);
        close(fd);
    }
    if (status != STATUS_OK)
        return status;
    if (memory != NULL && !nameset_is_sound(memory, size)) {
        memory_unmap(memory, size);
        return STATUS_INVALID;
    }
    memory_unmap((void *)(uintptr_t)local->lists[list], local->sizes[list]);
    local->lists[list] = memory;
    local->sizes[list] = size;
    return STATUS_OK;
}

static bool
is_listed(const struct front *front, enum ipc_list list)
{
    const struct nameset *names = front->local.lists[list];
    return names != NULL && nameset_matches(names, &front->store.asked.name);
}

bool
local_answer(struct front *front, struct query *draft)
{
    if (front->config->local_special) {
        enum special_action action = special_find(&front->store.asked);
        if (action != SPECIAL_NONE) {
            deliver_special(front, draft, action);
            return true;
        }
    }
    if (is_listed(front, IPC_LIST_BLOCK) && !is_listed(front, IPC_LIST_ALLOW)) {
        deliver_refuse(front, draft, WHY_BLOCKED, DNS_NXDOMAIN, DNS_EDE_BLOCKED);
        return true;
    }
    return false;
}
