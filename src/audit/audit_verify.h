/* audit_verify.h - is an audit log what was written?
 * SPDX-License-Identifier: ISC
 *
 * What: octets of files, in parts, the oldest first, are read once; what cannot have been written so
 *       by one supervisor after the other is found, with its place and its kind. Behind a finding it
 *       goes on with what is there, so that one change is few findings, and several are not one.
 * Who:  penstockctl audit verify. Foreign octets. Pure: no I/O; memory that does not grow.
 * Ref:  audit/found.def, docs/AUDIT.md.
 */
#pragma once

#include "audit/audit_chain.h"
#include "audit/audit_found.h"
#include "audit/audit_read.h"

#define AUDIT_VERIFY_SHOWN_MAX 100 /* findings that are kept with their places */
#define AUDIT_VERIFY_HEADS_MAX 16
#define AUDIT_VERIFY_RECENT    512 /* lines that are known again */

struct audit_verify_place {
    unsigned file; /* from 0, in the order they came */
    uint64_t line; /* from 1; 0: the file as a whole */
};

struct audit_verify_finding {
    enum audit_found found;
    struct audit_verify_place at;
    uint64_t sequence;        /* of the line there, or of the head; 0: not known */
    uint64_t wanted;          /* that should have been there; 0: nothing to say */
    enum audit_member member; /* FOUND_MEMBER: which; AUDIT_MEMBERS: not known */
};

struct audit_verify { /* zeros, and what is asked: key, after, heads; then audit_verify_begin() */
    const void *key;  /* borrowed; NULL: sums of a key are not judged */
    size_t key_size;
    struct audit_found_head after; /* if `has_after` */
    struct audit_found_head heads[AUDIT_VERIFY_HEADS_MAX];
    unsigned heads_count;

    /* what came of it */
    unsigned shown_count;
    struct audit_verify_finding
        shown[AUDIT_VERIFY_SHOWN_MAX + 1];   /* the last one is for what is not kept */
    uint64_t lines;                          /* sound or not, pieces left out */
    uint64_t findings, counts[AUDIT_FOUNDS]; /* all of them */
    struct audit_found_head first, last;     /* of the lines; if `has_line` */
    uint64_t lost;                           /* lines that could not be written, as the log tells */
    uint64_t torn_told;     /* pieces that crashes left and lines told of, octets */
    struct audit_torn torn; /* at the end, of which no line tells yet */

    /* while it is read */
    struct audit_found_head end;       /* the next line goes on from it; if `has_end` */
    uint64_t missing_from, missing_to; /* the last gap */
    struct audit_verify_place at, last_at;
    uint64_t pid, monotonic_us;
    char boot[AUDIT_UUID_SIZE];
    unsigned recent_next;
    struct audit_found_head recent[AUDIT_VERIFY_RECENT];
    uint8_t middle[DIGEST_BYTES]; /* what the first line wanted before it */
    size_t used;                  /* octets of `line` */
    char line[AUDIT_LINE_MOST];
    bool is_head_seen[AUDIT_VERIFY_HEADS_MAX];
    bool has_after;
    bool has_line;
    bool has_hmac; /* the first line has a sum of a key */
    bool has_end;
    bool is_lost; /* something stood there that was no line: the next one may be any */
    bool is_middle;
    bool has_line_in_file;
    bool has_writer;
};

void audit_verify_begin(struct audit_verify *verify);

/** Octets of the file: all of it in parts of any size, then audit_verify_file_end(). */
void audit_verify_octets(struct audit_verify *verify, const char *octets, size_t size);
void audit_verify_file_end(struct audit_verify *verify);

/** There is no more. The log is sound if `findings` is 0. */
void audit_verify_end(struct audit_verify *verify);
