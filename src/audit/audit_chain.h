/* audit_chain.h - the chain of the audit log, as its writer keeps it
 * SPDX-License-Identifier: ISC
 *
 * What: each line is numbered and names the SHA-256 of the line before; the last line's number and
 *       sum are the head, which stands for the whole log. Where the log was cut off, by a crash or
 *       for the disk was full, the next line says what lies between. A chain moves on only when its
 *       line was written.
 *       A writer's life: audit_chain_begin(); audit_chain_resume() with the end of the file that is
 *       there; for each line audit_chain_seal(), one write, audit_chain_wrote(); after a rotation
 *       audit_chain_next_file(), and AUDIT_CONTINUED is the first line.
 * Who:  the supervisor. Pure: no I/O, no clock, no allocation.
 * Ref:  docs/AUDIT.md.
 */
#pragma once

#include "audit/audit_line.h"
#include "audit/audit_read.h"
#include "base/status.h"

#define AUDIT_CHAIN_KEY_MIN     32 /* octets of a key */
#define AUDIT_CHAIN_KEY_MAX     64
#define AUDIT_CHAIN_PIECES_MOST 16 /* lines in a row that were not written to their end */

/* Octets at the end of a file that audit_chain_resume() wants to see. */
#define AUDIT_CHAIN_TAIL_MOST ((AUDIT_CHAIN_PIECES_MOST + 2) * AUDIT_LINE_MOST)

#define AUDIT_CHAIN_HEAD_TEXT_MAX (16 + 1 + DIGEST_TEXT_MAX) /* "SEQUENCE:HASH" with its NUL */

struct audit_torn {       /* what lies behind a line that was written whole, and no line tells of */
    uint32_t octets;      /* without a last newline */
    unsigned pieces;      /* lines they are of */
    struct digest digest; /* of them, if there are some */
};

struct audit_chain {
    uint64_t sequence;          /* of the last line; 0: there is none */
    uint8_t head[DIGEST_BYTES]; /* SHA-256 of it; zeros: there is none */
    uint64_t lost;              /* lines that were not written since */
    struct audit_torn torn;
    bool is_newline_due; /* the file does not end with one */
    char boot[AUDIT_UUID_SIZE];
    uint64_t pid;
    uint8_t key[AUDIT_CHAIN_KEY_MAX];
    size_t key_size; /* octets; 0: there is no key */
};

struct audit_chain_sealed { /* a line, ready to be written by one call */
    size_t size;            /* octets to write */
    size_t at; /* of them before the line: 1, a newline that closes what was torn, or 0 */
    uint8_t sum[DIGEST_BYTES];
    char octets[1 + AUDIT_LINE_MOST];
};

enum audit_chain_end {                  /* how a file ends */
                       AUDIT_CHAIN_NEW, /* with no line at all: the chain begins with it, AUDIT_STARTED is first */
                       AUDIT_CHAIN_SOUND, /* with a line, or with all of one but its newline */
                       AUDIT_CHAIN_TORN, /* with lines that were not written to their end: the next line tells of them */
                       AUDIT_CHAIN_FOREIGN, /* with what no writer can have left: nothing must be written behind it */
                       AUDIT_CHAIN_KEY, /* with a line that was not made with this key, or with one where there is none */
};

/** One more piece, a newline between it and the one before; writer and verifier count alike. */
void audit_chain_torn_add(struct audit_torn *torn, const char *octets, size_t size);

/** A line tells of them, or nobody does. */
void audit_chain_torn_forget(struct audit_torn *torn);

/**
 * A chain without a line.
 * @param boot      AUDIT_UUID_SIZE octets of /proc/sys/kernel/random/boot_id
 * @param key       borrowed for this call; `key_size` 0, or AUDIT_CHAIN_KEY_MIN to _MAX octets
 */
void audit_chain_begin(struct audit_chain *chain, const char boot[AUDIT_UUID_SIZE], uint64_t pid,
                       const void *key, size_t key_size);

/**
 * Go on behind what a file holds. What it held before is not looked at: that is the verifier's work.
 *
 * @param chain     after audit_chain_begin(); changed unless the end is FOREIGN or KEY
 * @param tail      the last `size` octets of the file: AUDIT_CHAIN_TAIL_MOST, or all
 * @param is_whole  the file has no more than these
 */
MUST_CHECK enum audit_chain_end audit_chain_resume(struct audit_chain *chain, const char *tail,
                                                   size_t size, bool is_whole);

/** Could the piece have become the line behind `head`, which has that number? It can, unless it has another one, or another sum. */
bool audit_chain_fits(uint64_t sequence, const uint8_t head[DIGEST_BYTES],
                      const struct audit_read *piece);

/** The next line goes into another file, which is empty: it has to be an AUDIT_CONTINUED. */
void audit_chain_next_file(struct audit_chain *chain);

/**
 * Make the octets of a line: what the event has, and what every line has. The chain stays where it is.
 *
 * @param line    from audit_line_begin(), with the members of its event; common ones are added
 * @param sealed  written
 * @return STATUS_OK; STATUS_INVALID: the line is broken, lacks a member of its event, or the numbers
 *         are used up; STATUS_FULL: AUDIT_CHAIN_PIECES_MOST lines in a row were not written to their end
 */
MUST_CHECK enum status audit_chain_seal(const struct audit_chain *chain, struct audit_line *line,
                                        struct audit_chain_sealed *sealed);

/**
 * What came of it.
 * @param written  octets that are in the file now, of sealed->size: fewer, because a write was short and
 *                 could not be taken back; 0: none of them. A line that is not there in whole is lost.
 */
void audit_chain_wrote(struct audit_chain *chain, const struct audit_chain_sealed *sealed,
                       size_t written);

/** A line that was not even sealed. */
void audit_chain_lose(struct audit_chain *chain);

/** The head as it is published and given to the verifier: "SEQUENCE:HASH"; "0:000…" if there is none. @return `text` */
const char *audit_chain_head(const struct audit_chain *chain, char text[AUDIT_CHAIN_HEAD_TEXT_MAX]);
