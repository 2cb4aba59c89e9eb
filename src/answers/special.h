/* special.h - names that never leave for an upstream
 * SPDX-License-Identifier: ISC
 *
 * What: the special-use names and the reverse zones of private addresses, as rows of
 *       base/special.def.
 * Who:  front, before the cache. Pure.
 * Ref:  RFC 6761, 6303, 7793, 7686 (onion), 8375 (home.arpa), 9462 (resolver.arpa).
 */
#pragma once

#include "dns/dns_query.h"

enum special_action {
    SPECIAL_NONE,      /* an ordinary name: ask upstream */
    SPECIAL_NXDOMAIN,  /* does not exist */
    SPECIAL_NODATA,    /* exists, has no such record */
    SPECIAL_LOOPBACK4, /* one A record, 127.0.0.1 */
    SPECIAL_LOOPBACK6, /* one AAAA record, ::1 */
    SPECIAL_SOA,       /* the zone's own SOA; to a query for anything, too */
    SPECIAL_NS,        /* its name server: itself */
};

/** What is answered to a question, its name in lower case. Class other than IN is never special,
 * nor is the DS of a zone that the public tree delegates: it belongs to the zone's parent. */
enum special_action special_find(const struct dns_question *question);

#define SPECIAL_TTL_S 10800 /* RFC 6303 section 3: negative answers for three hours */

/**
 * Write the answer: the question as spelled, RA, the record or a SOA of the special zone, our OPT.
 *
 * @param query  the client's
 * @param opt    what our OPT says; left out if the client did not speak EDNS
 * @param size   room; 1024 always suffices
 * @return octets written; 0 if they did not fit
 */
size_t special_write(const struct dns_query *query, enum special_action action,
                     const struct dns_edns_put *opt, uint8_t *to, size_t size);
