/* audit_table.c - see audit_table.h
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_table.h"

#include <string.h>

_Static_assert(AUDIT_MEMBERS <= 64, "members are bits of a number");

static const struct audit_table_member members[] = {
#define AUDIT_MEMBER(id, name, kind, text) {name, AUDIT_##kind, text},
#include "audit/audit.def"
#undef AUDIT_MEMBER
};

#define OF(member) AUDIT_BIT(AUDIT_OF_##member)
static const struct audit_table_event events[] = {
#define AUDIT_EVENT(id, name, has, may, text)                                                      \
    {name, AUDIT_COMMON | (has), AUDIT_EXTRA | (may), text},
#include "audit/audit.def"
#undef AUDIT_EVENT
};
#undef OF

const struct audit_table_member *
audit_table_member(enum audit_member member)
{
    return &members[member];
}

const struct audit_table_event *
audit_table_event(enum audit_event event)
{
    return &events[event];
}

static int
is_named(const char *has, const char *name, size_t size)
{
    return strlen(has) == size && memcmp(has, name, size) == 0;
}

enum audit_member
audit_table_find_member(const char *name, size_t size)
{
    enum audit_member member = 0;
    while (member < AUDIT_MEMBERS && !is_named(members[member].name, name, size))
        member++;
    return member;
}

enum audit_event
audit_table_find_event(const char *name, size_t size)
{
    enum audit_event event = 0;
    while (event < AUDIT_EVENTS && !is_named(events[event].name, name, size))
        event++;
    return event;
}
