/* attest_value.h - facts of an attestation, and what could not be read
 * SPDX-License-Identifier: ISC
 *
 * What: an object of JSON whose members are facts, and one beside it that says of each fact that is
 *       null why it was not read. No value is ever invented.
 * Who:  attest_*.c.
 * Ref:  docs/penstockctl-attest.schema.json.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct attest_value {
    json_t *facts; /* owned by whoever made it */
    json_t *not_read;
};

/** @return a new pair; attest_value_end() makes one object of it */
struct attest_value attest_value_begin(void);

/** Add a fact. @param fact  given away; NULL: it could not be read, `errno` says why */
void attest_value_put(struct attest_value *value, const char *name, json_t *fact);

/** Add a fact that was not read. @param why  a few words */
void attest_value_unread(struct attest_value *value, const char *name, const char *why);

/** @return the facts, with what was not read as the member "not_read"; the caller's */
json_t *attest_value_end(struct attest_value *value);

/** The SHA-256 of octets as a text. */
json_t *attest_value_sum(const uint8_t sum[32]);

/** A list of whole numbers. */
json_t *attest_value_numbers(const uint64_t numbers[], size_t count);
