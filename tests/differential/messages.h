/* messages.h - messages at random: mostly sound, some with one of the faults that parsers differ in
 * SPDX-License-Identifier: ISC
 *
 * What: makes queries and responses with names, compression, records of many types, OPT and TSIG,
 *       and spoils messages.
 * Who:  differential.c.
 */
#pragma once

#include "../unit/prng.h"
#include "dns/dns_query.h"

#define MESSAGES_ROOM DNS_MESSAGE_MAX

/** Write a message to `to`, MESSAGES_ROOM octets. @return octets written */
size_t messages_make(struct prng *prng, uint8_t *to);

/** Change a message of `size` octets in a few places. @return octets that it has then */
size_t messages_spoil(struct prng *prng, uint8_t *message, size_t size);
