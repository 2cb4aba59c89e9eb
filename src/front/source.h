/* source.h - which source addresses may ask at all
 * SPDX-License-Identifier: ISC
 *
 * What: the first stage, before a byte of the message is looked at: sources that can send no query,
 *       and the access list.
 * Who:  front: for each message, and for each TCP connection before it is read.
 * Ref:  gate/acl.h; docs/LIMITS.md "filter".
 */
#pragma once

#include "conf/config.h"
#include "front/notice.h"
#include "front/verdict.h"
#include "gate/acl.h"
#include "lane/query.h"
#include "os/clock.h"

struct source {
    const struct config *config;    /* borrowed, as the two below */
    const struct addr_lengths *set; /* a log line names the network of the longest length */
    struct acl acl;
    struct acl_reflectors ports; /* source ports that only reflectors use */
    struct notice denied;        /* messages from outside the access list */
};

/**
 * Take up a configuration, at first or a new one.
 *
 * @param acl  that of the configuration; copied
 * @param set  the lengths at which clients are told apart; borrowed for life
 */
void source_change(struct source *source, const struct config *config, const struct acl *acl,
                   const struct addr_lengths *set);

/**
 * The stage: may this source ask?
 *
 * @param client   its address, the listener and the address that was asked are read
 * @param what     it sent, for the log: "query" or "connection"
 * @param verdict  written if not: it is dropped
 * @return true: go on
 */
MUST_CHECK bool source_pass(struct source *source, const struct query_client *client,
                            const char *what, const struct clock_time *now,
                            struct verdict *verdict);
