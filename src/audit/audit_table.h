/* audit_table.h - the tables of audit.def as values
 * SPDX-License-Identifier: ISC
 *
 * What: which events there are, which members a line of each has, and what kind of value each is.
 * Who:  writer and reader of the audit log. Pure.
 * Ref:  audit/audit.def, docs/AUDIT.md.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum audit_kind {
    AUDIT_TEXT,
    AUDIT_NUMBER,
    AUDIT_FLAG,
    AUDIT_HASH,
    AUDIT_WORD,
    AUDIT_NAME,
    AUDIT_TIME,
    AUDIT_UUID,
};

enum audit_member {
#define AUDIT_MEMBER(id, name, kind, text) AUDIT_OF_##id,
#include "audit/audit.def"
#undef AUDIT_MEMBER
    AUDIT_MEMBERS
};

enum audit_event {
#define AUDIT_EVENT(id, name, has, may, text) AUDIT_##id,
#include "audit/audit.def"
#undef AUDIT_EVENT
    AUDIT_EVENTS
};

#define AUDIT_BIT(member) (UINT64_C(1) << (member))

/* Members that every line has, and that any line may have. */
#define AUDIT_COMMON                                                                               \
    (AUDIT_BIT(AUDIT_OF_BOOT) | AUDIT_BIT(AUDIT_OF_EVENT) | AUDIT_BIT(AUDIT_OF_MONOTONIC_US) |     \
     AUDIT_BIT(AUDIT_OF_PID) | AUDIT_BIT(AUDIT_OF_PREVIOUS) | AUDIT_BIT(AUDIT_OF_SEQUENCE) |       \
     AUDIT_BIT(AUDIT_OF_UTC))
#define AUDIT_EXTRA                                                                                \
    (AUDIT_BIT(AUDIT_OF_HMAC) | AUDIT_BIT(AUDIT_OF_LOST) | AUDIT_BIT(AUDIT_OF_TORN_OCTETS) |       \
     AUDIT_BIT(AUDIT_OF_TORN_SHA256))

#define AUDIT_TEXT_MOST   160                       /* octets of a text as it is written */
#define AUDIT_NUMBER_MOST ((UINT64_C(1) << 53) - 1) /* RFC 7493 2.2: every reader has it exactly */
#define AUDIT_NAME_MOST   24                        /* octets of a name of the tables */
#define AUDIT_HASH_DIGITS 64
#define AUDIT_WORD_DIGITS 16
#define AUDIT_TIME_SIZE   27 /* 2026-11-27T01:08:06.123456Z */
#define AUDIT_UUID_SIZE   36

struct audit_table_member {
    const char *name;
    enum audit_kind kind;
    const char *text;
};

struct audit_table_event {
    const char *name;
    uint64_t has, may; /* AUDIT_BIT() of members, common ones included */
    const char *text;
};

/** Static rows, never NULL. */
const struct audit_table_member *audit_table_member(enum audit_member member);
const struct audit_table_event *audit_table_event(enum audit_event event);

/** By name, of `size` octets. @return AUDIT_MEMBERS: there is none */
enum audit_member audit_table_find_member(const char *name, size_t size);

/** By name, of `size` octets. @return AUDIT_EVENTS: there is none */
enum audit_event audit_table_find_event(const char *name, size_t size);
