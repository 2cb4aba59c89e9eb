/* audit_line.h - one line of the audit log, as it is made
 * SPDX-License-Identifier: ISC
 *
 * What: members are given in any order, each once, and are written in the order of their names: RFC
 *       8785. Whatever octets a text has, the line is one line of printable ASCII, and a line of any
 *       event fits into AUDIT_LINE_MOST with each member at its longest.
 * Who:  the supervisor, which hands it to audit_chain_seal(). Pure.
 * Ref:  audit/audit.def, docs/AUDIT.md; RFC 8785, RFC 3339.
 */
#pragma once

#include "audit/audit_table.h"
#include "digest/digest.h"

#include <stdbool.h>

#define AUDIT_LINE_MOST 2048 /* octets with the newline */

struct audit_line {
    enum audit_event event;
    uint64_t has;   /* AUDIT_BIT() of what was given */
    bool is_broken; /* a member that the event has not, of another kind, or given twice */
    struct {
        uint16_t at, size; /* of the value, in `room` */
    } of[AUDIT_MEMBERS];
    uint16_t used; /* octets of `room` */
    char room[AUDIT_LINE_MOST];
};

/**
 * @param utc_us        microseconds since 1970, of the wall clock
 * @param monotonic_us  since boot
 */
void audit_line_begin(struct audit_line *line, enum audit_event event, uint64_t utc_us,
                      uint64_t monotonic_us);

/** @param text  a C string, borrowed for this call; what is not printable ASCII becomes '?', and what is too long is cut off */
void audit_line_text(struct audit_line *line, enum audit_member member, const char *text);

/** @param value  of more than AUDIT_NUMBER_MOST that is written */
void audit_line_number(struct audit_line *line, enum audit_member member, uint64_t value);
void audit_line_flag(struct audit_line *line, enum audit_member member, bool value);
void audit_line_hash(struct audit_line *line, enum audit_member member,
                     const uint8_t value[DIGEST_BYTES]);
void audit_line_word(struct audit_line *line, enum audit_member member, uint64_t value);

/** @param uuid  AUDIT_UUID_SIZE octets; all of them digits, small letters a to f, and '-' */
void audit_line_uuid(struct audit_line *line, enum audit_member member,
                     const char uuid[AUDIT_UUID_SIZE]);

/**
 * Write the members that the line has, without a newline.
 * @return octets written; 0: the line is broken, or lacks a member of its event
 */
size_t audit_line_write(const struct audit_line *line, char to[AUDIT_LINE_MOST]);
