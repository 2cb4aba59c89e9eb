/* audit_read.h - one line of the audit log, as it is read
 * SPDX-License-Identifier: ISC
 *
 * What: octets are a line only in the one form in which it can be written: canonical JSON (RFC 8785)
 *       of the members of its event, each of its kind. What ends too early but could have gone on to
 *       be a line is told apart from everything else.
 * Who:  audit_chain, audit_verify. Foreign octets. Pure.
 * Ref:  audit/audit.def, docs/AUDIT.md.
 */
#pragma once

#include "audit/audit_line.h"

enum audit_read_end {
    AUDIT_READ_LINE,  /* a whole line */
    AUDIT_READ_CUT,   /* the beginning of a line, or nothing */
    AUDIT_READ_EVENT, /* in form, but of an event that is not known */
    AUDIT_READ_MEMBER, /* in form, but with a member that the event has not, or without one that it has */
    AUDIT_READ_VALUE,   /* in form, but a value is not of its member's kind */
    AUDIT_READ_FORM,    /* JSON, maybe, but not in canonical form */
    AUDIT_READ_FOREIGN, /* no line, nor the beginning of one */
};

struct audit_read {
    const char *octets;     /* borrowed: of the line, without a newline */
    size_t size;            /* octets */
    uint64_t has;           /* AUDIT_BIT() of the members that it has whole */
    enum audit_event event; /* if it has AUDIT_OF_EVENT */
    enum audit_member
        at; /* AUDIT_READ_VALUE and _MEMBER: which member; AUDIT_MEMBERS: one that is not known */
    struct {
        uint16_t at, size; /* of the value, within quotes if it has some */
    } of[AUDIT_MEMBERS];
};

/**
 * @param octets  borrowed as long as `read` is used; without a newline
 * @param size    any; what is AUDIT_LINE_MOST or more is no line
 */
enum audit_read_end audit_read(struct audit_read *read, const char *octets, size_t size);

/**
 * What is left of a line that was not written to its end: its beginning, and behind that maybe
 * NULs, which some filesystems show after a power cut where octets were not stored.
 * @return the same as audit_read() of the octets before the NULs; a whole line before NULs is AUDIT_READ_CUT, too
 */
enum audit_read_end audit_read_piece(struct audit_read *read, const char *octets, size_t size);

/** Of a member that the line has. NUMBER: its value. */
uint64_t audit_read_number(const struct audit_read *read, enum audit_member member);

/** Of a member that the line has. HASH: its value. */
void audit_read_hash(const struct audit_read *read, enum audit_member member,
                     uint8_t sum[DIGEST_BYTES]);

/** Is the text of a member the same in both, which have it? */
bool audit_read_equal(const struct audit_read *a, const struct audit_read *b,
                      enum audit_member member);

/** Of a line that has AUDIT_OF_HMAC: is it the one that the key makes? @param key  borrowed, `key_size` octets */
bool audit_read_is_keyed(const struct audit_read *read, const void *key, size_t key_size);
