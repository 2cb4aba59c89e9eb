/* local.h - names that are answered here and never leave
 *
 * What: special-use names, and lists of names that are blocked or allowed. Policy comes before the
 *       cache, so that a change of it holds at once.
 * Who:  front.
 * Ref:  core/special.h, core/nameset.h; RFC 8482 (ANY), 8914 (why blocked).
 */
#pragma once

#include "core/nameset.h"
#include "core/query.h"
#include "ipc/ipc.h"

struct front;

struct local {
    const struct nameset *lists[IPC_LISTS]; /* read-only mappings; NULL: empty */
    size_t sizes[IPC_LISTS];
};

/** A list arrived: a sealed memfd that becomes ours; -1: the list is empty. @return STATUS_OK;
 * STATUS_INVALID (not a list). */
MUST_CHECK enum status local_take_list(struct front *front, enum ipc_list list, int fd);

/** The stage, after store_look(). @return true: the query has ended. */
MUST_CHECK bool local_answer(struct front *front, struct query *draft);
