/* disclose.h - what an event tells of its client and of the name that was asked for
 * SPDX-License-Identifier: ISC
 *
 * What: writes as much of an address and a name into an event as the configuration lets be known;
 *       the rest is nowhere in it. A pseudonym is the address under a secret key: who does not know
 *       the key cannot find the address, not by trying all of them either.
 * Who:  front, before an event is written. Pure: the key is an argument.
 * Ref:  docs/EVENTS.md; RFC 8932 section 5.2 (data minimisation).
 */
#pragma once

#include "lane/events.h"

#define DISCLOSE_SUFFIX_LABELS 2 /* of a name, where only its suffix is told */

struct disclose {
    enum events_client clients;
    enum events_name names;
    uint8_t ipv4_length, ipv6_length; /* of the networks that are told */
    struct hash_key key;              /* of the pseudonyms */
};

/** Write what is told of a client: client and all that begins with client_.
 *  @param client  ADDR_NONE where it has no address: then nothing is told */
void disclose_client(const struct disclose *disclose, const struct addr *client,
                     struct event *event);

/** Write what is told of a name: name_kind, name_size and name. @param name  in lower case */
void disclose_name(const struct disclose *disclose, const struct dns_name *name,
                   struct event *event);
