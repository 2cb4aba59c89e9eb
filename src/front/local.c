/* local.c - see local.h
 * SPDX-License-Identifier: ISC
 */
#include "front/local.h"

#include "answers/special.h"
#include "dns/dns_traits.h"
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
local_change(struct local *local, const struct config *config)
{
    local->config = config;
    take_names(config->local_through, config->local_through_count, &local->through);
    take_names(config->local_private_names, config->local_private_names_count, &local->privates);
    routing_plan(&local->routing, config);
}

enum status
local_take_list(struct local *local, enum ipc_list list, int fd)
{
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

/* NXDOMAIN, with the listed zone's SOA. @param zone_at  where the zone begins in the name */
static struct verdict
block(size_t zone_at)
{
    return (struct verdict){.end = VERDICT_REFUSE,
                            .why = WHY_BLOCKED,
                            .form = VERDICT_BLOCKED,
                            .ede = DNS_EDE_BLOCKED,
                            .zone_at = (uint16_t)zone_at};
}

bool
local_is_routed(const struct local *local, const struct dns_question *asked)
{
    return routes_group(&local->routing.now, asked) != ROUTES_REST;
}

static bool
may_be_private(const struct local *local, const struct dns_name *asked)
{
    const struct routes_name *route = routes_find(&local->routing.now, asked);
    return is_under(&local->privates, asked) || (route != NULL && route->allows_private);
}

/* @return what is answered to a special-use name; SPECIAL_NONE: it is none, or let through */
static enum special_action
special_of(const struct local *local, const struct dns_question *asked)
{
    enum special_action action = local->config->local_special ? special_find(asked) : SPECIAL_NONE;
    if (action == SPECIAL_NONE || is_under(&local->through, &asked->name) ||
        local_is_routed(local, asked))
        return SPECIAL_NONE;
    if (action == SPECIAL_NXDOMAIN && (is_above(&local->through, &asked->name) ||
                                       routes_is_above(&local->routing.now, &asked->name)))
        return SPECIAL_NODATA; /* RFC 8020: else nothing below it exists */
    return action;
}

bool
local_pass(const struct local *local, const struct dns_question *asked, struct verdict *verdict)
{
    enum special_action action = special_of(local, asked);
    size_t zone_at;
    if (action != SPECIAL_NONE) {
        *verdict = verdict_own(WHY_LOCAL, VERDICT_SPECIAL);
        verdict->action = (uint8_t)action;
        return false;
    }
    if (is_blocked(local, &asked->name, &zone_at)) {
        *verdict = block(zone_at);
        return false;
    }
    return true;
}

/* Does an alias lead to a blocked name? A name that is allowed is answered with all that it leads
 * to; an answer with more names than are looked at cannot be let through. */
static bool
leads_to_blocked(const struct local *local, const struct dns_name *asked, const uint8_t *message,
                 const struct dns_answer *answer)
{
    struct dns_name target;
    size_t zone_at;
    if (local->lists[IPC_LIST_BLOCK] == NULL || (answer->traits & DNS_TRAIT_ALIAS) == 0 ||
        is_listed(local, IPC_LIST_ALLOW, asked, &zone_at))
        return false;
    struct dns_aliases walk = dns_traits_aliases(message, answer);
    while (dns_traits_next_alias(&walk, &target))
        if (is_blocked(local, &target, &zone_at))
            return true;
    return walk.is_cut;
}

bool
local_allows(const struct local *local, const struct dns_name *asked, const uint8_t *message,
             const struct dns_answer *answer, struct verdict *verdict)
{
    if (leads_to_blocked(local, asked, message, answer)) {
        *verdict = block(0);
        return false;
    }
    if (local->config->local_refuse_private && (answer->traits & DNS_TRAIT_PRIVATE) != 0 &&
        !may_be_private(local, asked)) {
        *verdict = verdict_refuse(WHY_PRIVATE, DNS_SERVFAIL, DNS_EDE_BLOCKED);
        return false;
    }
    return true;
}
