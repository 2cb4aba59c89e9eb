/* dns_tsig.h - signatures with keys, of which we have none
 * SPDX-License-Identifier: ISC
 *
 * What: finds out whether a message is signed with a key (TSIG), and writes the reply of a server
 *       that does not know the key.
 * Who:  front. Pure.
 * Ref:  RFC 8945 sections 4.2 (format), 5.1 (where it stands), 5.2.1 and 5.3.2 (unknown key).
 */
#pragma once

#include "dns/dns_query.h"

/**
 * Do the records of a message end in a TSIG, and the message with it?
 *
 * @param r        stands behind the question; its data is the whole message
 * @param records  how many there are in all sections; the last is an additional one
 */
MUST_CHECK bool dns_tsig_is_last(struct bytes_reader *r, uint32_t records);

/**
 * Make the reply to a message for which dns_query_parse() said DNS_QUERY_SIGNED that of a server
 * without its key: behind what dns_query_reply() wrote with NOTAUTH stands an unsigned TSIG with
 * BADKEY then, which repeats the client's key, algorithm and time. It is smaller than the message
 * by the signature, but for what our OPT adds.
 *
 * @param message  borrowed; the client's, `message_size` octets
 * @param reply    changed; `written` octets of it are there, 0: none
 * @param size     room, octets; with less than it takes the TSIG is left out
 * @return octets of the reply
 */
size_t dns_tsig_refuse(const uint8_t *message, size_t message_size, uint8_t *reply, size_t written,
                       size_t size);
