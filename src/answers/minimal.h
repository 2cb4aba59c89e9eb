/* minimal.h - two answers that we make ourselves
 * SPDX-License-Identifier: ISC
 *
 * What: ANY is answered with one record that says so, instead of everything there is; and who we
 * are is told to those who ask class CHAOS, where the configuration gives us a name. Who:  front.
 * Pure. Ref:  RFC 8482 section 4.2; RFC 4892 (id.server).
 */
#pragma once

#include "dns/dns_query.h"

#define MINIMAL_TEXT_MAX 255   /* octets of one string */
#define MINIMAL_TTL_S    86400 /* of the HINFO: there is nothing to ask for again */

/** Is it a question for our name: id.server or hostname.bind, class CHAOS, type TXT or ANY? The
 * name is in lower case. */
bool minimal_is_identity(const struct dns_question *question);

/** Write HINFO "RFC8482" "" as the answer to a query of type ANY. @param opt  what our OPT says;
 * left out if the client did not speak EDNS. @return octets written, 512 always suffice;
 * 0: no room */
size_t minimal_write_any(const struct dns_query *query, const struct dns_edns_put *opt, uint8_t *to,
                         size_t size);

/** Write a TXT record with `text` (cut to MINIMAL_TEXT_MAX). The same otherwise, 768 suffice. */
size_t minimal_write_identity(const struct dns_query *query, const char *text,
                              const struct dns_edns_put *opt, uint8_t *to, size_t size);
