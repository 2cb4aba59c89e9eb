/* audit_found.h - what can be found in an audit log, and the head that it is held against
 * SPDX-License-Identifier: ISC
 *
 * What: the rows of found.def as values; a head as text and back.
 * Who:  audit_verify, and who tells what it found. Pure.
 * Ref:  audit/found.def, docs/AUDIT.md.
 */
#pragma once

#include "audit/audit_table.h"
#include "base/status.h"
#include "digest/digest.h"

enum audit_found {
#define FOUND(id, name, text) AUDIT_FOUND_##id,
#include "audit/found.def"
#undef FOUND
    AUDIT_FOUNDS
};

/** Text and name of a kind: static, never NULL. */
const char *audit_found_text(enum audit_found found);
const char *audit_found_name(enum audit_found found);

struct audit_found_head {
    uint64_t sequence; /* of the last line; 0: there is none, and `sum` is zeros */
    uint8_t sum[DIGEST_BYTES];
};

/** "SEQUENCE:HASH", as audit_chain_head() writes it. @return STATUS_OK; STATUS_INVALID: it is no head */
MUST_CHECK enum status audit_found_parse(const char *text, struct audit_found_head *head);
