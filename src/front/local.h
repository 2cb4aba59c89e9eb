/* local.h - what is answered here and never leaves, and what of answers is not passed on
 * SPDX-License-Identifier: ISC
 *
 * What: special-use names, and lists of names that are blocked or allowed; answers that lead to a
 *       blocked name or into private networks. Policy is asked before the cache and again for
 *       each answer, fresh or kept, so that a change of it holds at once.
 * Who:  front.
 * Ref:  answers/special.h, answers/nameset.h, dns/dns_traits.h; RFC 2308 (how long), 8914 (why
 *       blocked).
 */
#pragma once

#include "answers/nameset.h"
#include "conf/config.h"
#include "dns/dns_answer.h"
#include "front/routing.h"
#include "front/verdict.h"
#include "ipc/ipc.h"
#include "lane/query.h"

#define LOCAL_BLOCKED_TTL_S 60 /* how long a client keeps that a name is blocked */

struct local_names { /* with all below them */
    struct dns_name names[CONFIG_DOMAINS_MAX];
    uint32_t count;
};

struct local {
    const struct config *config;            /* borrowed */
    struct local_names through, privates;   /* of the configuration */
    struct routing routing;                 /* names that are asked, of whom: as workers have it */
    const struct nameset *lists[IPC_LISTS]; /* read-only mappings; NULL: empty */
    size_t sizes[IPC_LISTS];
};

/** A list arrived. @param fd  a sealed memfd that becomes ours; -1: the list is empty
 *  @return STATUS_OK; STATUS_INVALID (not a list). */
MUST_CHECK enum status local_take_list(struct local *local, enum ipc_list list, int fd);

/** Take up a configuration, at first or a new one; another one's routes with routing_turn(). */
void local_change(struct local *local, const struct config *config);

/**
 * The stage: is the name answered here?
 *
 * @param asked    the question, its name in lower case
 * @param verdict  written if it is
 * @return true: it is not; go on
 */
MUST_CHECK bool local_pass(const struct local *local, const struct dns_question *asked,
                           struct verdict *verdict);

/** Is it a question for the upstreams of a route? @param asked  its name in lower case */
bool local_is_routed(const struct local *local, const struct dns_question *asked);

/**
 * May a sound answer be given to a client?
 *
 * @param asked    the question's name in lower case
 * @param message  borrowed; its first `answer->end` octets; answer->traits is set
 * @param verdict  written if not
 * @return true: it may
 */
MUST_CHECK bool local_allows(const struct local *local, const struct dns_name *asked,
                             const uint8_t *message, const struct dns_answer *answer,
                             struct verdict *verdict);
