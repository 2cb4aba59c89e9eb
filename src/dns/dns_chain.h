/* dns_chain.h - does what an answer says stand where it may
 * SPDX-License-Identifier: ISC
 *
 * What: a walk over the records of an answer that dns_answer_parse() found sound. A forwarder
 *       cannot know whether data is true, but it can see that every record of the answer section
 *       belongs to the name that was asked or to one that an alias of the answer led to.
 * Who:  front, before an answer is kept. Pure.
 * Ref:  RFC 1034 4.3.2 (aliases), 2181 section 5.4.1 (ranking), 6672 (DNAME).
 */
#pragma once

#include "dns/dns_answer.h"

#define DNS_CHAIN_MAX   16   /* names that aliases may lead through */
#define DNS_CHAIN_STEPS 4096 /* names compared in one answer */

/**
 * Is every record of the answer section owned by the question's name or by a name that a CNAME of
 * it leads to (a DNAME by a name above it), in whatever order they stand, and every SOA and NS of
 * the authority section at or above one of those names?
 *
 * @param message  borrowed; its first `answer->end` octets are walked
 * @return false also for more than DNS_CHAIN_MAX links or DNS_CHAIN_STEPS comparisons
 */
bool dns_chain_is_whole(const uint8_t *message, const struct dns_answer *answer,
                        const struct dns_question *question);
