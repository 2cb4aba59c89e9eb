/* audit_key.h - what a key file holds
 * SPDX-License-Identifier: ISC
 *
 * What: one line of base64, or the octets as they are: writer and verifier read the same key.
 * Who:  supervisor, penstockctl. Pure.
 * Ref:  penstock.yaml(5) audit.key_file.
 */
#pragma once

#include "audit/audit_chain.h"

/* Octets of a key file that are read: base64 of the longest key with its newline, and one more. */
#define AUDIT_KEY_FILE_MOST 96

/**
 * Base64 with padding, a newline behind it or none, is a key if it is of AUDIT_CHAIN_KEY_MIN to _MAX
 * octets; else as many octets are the key themselves.
 *
 * @param octets    borrowed, `size` of them: the whole file
 * @param key       written: `key_size` octets; the caller wipes them
 * @return STATUS_OK; STATUS_INVALID: neither
 */
MUST_CHECK enum status audit_key_parse(const char *octets, size_t size,
                                       uint8_t key[AUDIT_CHAIN_KEY_MAX], size_t *key_size);
