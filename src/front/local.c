/* local.c - see local.h
 * SPDX-License-Identifier: ISC
 */
#include "front/local.h"

#include "answers/special.h"
#include "dns/dns_traits.h"
#include "front/deliver.h"
#include "front/front.h"
#include "os/memory.h"
#include "os/sys.h"

static void
take_names(const char (*texts)[CONFIG_DOMAIN_MAX], uint32_t count, struct local_names *names)
{
    names->count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (dns_name_parse(texts[i], &names->names[names->count]) == STATUS_OK)
            names->count++; /* always: the configuration was judged */
}

void
local_change(struct front *front)
{
    struct local *local = &front->local;
    const struct config *config = front->config;
    take_names(config->local_through, config->local_through_count, &local->through);
    take_names(config->local_private_names, config->local_private_names_count, &local->privates);
}

enum status
local_take_list(struct front *front, enum ipc_list list, int fd)
{
    struct local *local = &front->local;
    void *memory = NULL;
    size_t size = 0;
    enum status status = STATUS_OK;
    if (fd >= 0) {
        status = memory_map(fd, 1, true, &memory, &size);
        sys_close(fd);
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
is_under(const struct local_names *names, const struct dns_name *name)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (dns_name_is_below(name, &names->names[i]))
            return true;
    return false;
}

/* Is any of the names below this one? */
static bool
is_above(const struct local_names *names, const struct dns_name *name)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (dns_name_is_below(&names->names[i], name))
            return true;
    return false;
}

static bool
is_listed(const struct local *local, enum ipc_list list, const struct dns_name *name,
          size_t *zone_at)
{
    const struct nameset *names = local->lists[list];
    return names != NULL && nameset_find(names, name, zone_at);
}

/* @param zone_at  written if so: where the blocked zone begins in the name */
static bool
is_blocked(const struct local *local, const struct dns_name *name, size_t *zone_at)
{
    size_t allowed_at;
    return is_listed(local, IPC_LIST_BLOCK, name, zone_at) &&
           !is_listed(local, IPC_LIST_ALLOW, name, &allowed_at);
}

bool
local_answer(struct front *front, struct query *draft)
{
    const struct local *local = &front->local;
    const struct dns_question *asked = &front->store.asked;
    size_t zone_at;
    if (front->config->local_special) {
        enum special_action action = special_find(asked);
        if (action != SPECIAL_NONE && !is_under(&local->through, &asked->name)) {
            if (action == SPECIAL_NXDOMAIN && is_above(&local->through, &asked->name))
                action = SPECIAL_NODATA; /* RFC 8020: else nothing below it exists */
            deliver_special(front, draft, action);
            return true;
        }
    }
    if (is_blocked(local, &asked->name, &zone_at)) {
        deliver_blocked(front, draft, zone_at);
        return true;
    }
    return false;
}

/* Does an alias lead to a blocked name? Who asks for a name that is allowed gets it with all that
 * it leads to; an answer with more names than anybody looks at cannot be let through. */
static bool
leads_to_blocked(const struct local *local, const struct dns_name *asked, const uint8_t *message,
                 const struct dns_answer *answer)
{
    struct dns_name target;
    size_t zone_at;
    if (local->lists[IPC_LIST_BLOCK] == NULL || (answer->traits & DNS_TRAIT_ALIAS) == 0 ||
        is_listed(local, IPC_LIST_ALLOW, asked, &zone_at))
        return false;
    struct dns_alias_walk walk = dns_alias_walk(message, answer);
    while (dns_alias_next(&walk, &target))
        if (is_blocked(local, &target, &zone_at))
            return true;
    return walk.is_cut;
}

enum local_verdict
local_judge(const struct front *front, const struct dns_name *asked, const uint8_t *message,
            const struct dns_answer *answer)
{
    const struct local *local = &front->local;
    if (leads_to_blocked(local, asked, message, answer))
        return LOCAL_BLOCKED;
    if (front->config->local_refuse_private && (answer->traits & DNS_TRAIT_PRIVATE) != 0 &&
        !is_under(&local->privates, asked))
        return LOCAL_PRIVATE;
    return LOCAL_FINE;
}
