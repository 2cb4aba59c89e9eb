/* ctl_audit.h - is an audit log what was written, as penstockctl finds and says it
 * SPDX-License-Identifier: ISC
 *
 * What: files are opened, and the key and documents with heads read, as who started it; then
 *       privileges are given up, and the log, which may be anybody's, is judged within the filter.
 * Who:  penstockctl audit verify.
 * Ref:  audit/audit_verify.h, docs/AUDIT.md, docs/penstockctl-audit.schema.json; penstockctl(8).
 */
#pragma once

#include "audit/audit_chain.h"
#include "audit/audit_verify.h"
#include "ctl/ctl_options.h"

#define CTL_AUDIT_PART_BYTES   65536 /* of a log that are read at once */
#define CTL_AUDIT_DOCUMENT_MAX 1048576
#define CTL_AUDIT_LINE_MAX     1024 /* octets of a line that is said, with its NUL */

struct ctl_audit {
    int fds[CTL_OPTIONS_FILES_MAX]; /* owned: closed when they are read */
    char *const *paths;             /* borrowed */
    unsigned count;
    uint8_t key[AUDIT_CHAIN_KEY_MAX];
    size_t key_size;
    struct audit_verify verify;
    char documents[AUDIT_VERIFY_HEADS_MAX][CTL_AUDIT_DOCUMENT_MAX]; /* with heads, as texts */
    size_t sizes[AUDIT_VERIFY_HEADS_MAX];
    char octets[CTL_AUDIT_PART_BYTES];
};

/**
 * Before privileges are given up.
 * @param audit      zeros; borrows `options` and what it points at
 * @param what, why  set on failure: which file, and what is wrong with it
 * @return STATUS_OK; STATUS_INVALID
 */
MUST_CHECK enum status ctl_audit_open(struct ctl_audit *audit,
                                      const struct ctl_options_audit *options, const char **what,
                                      const char **why);

/**
 * After it: take the heads out of the documents, and judge the log.
 * @return STATUS_OK: audit->verify says what was found; STATUS_INVALID: a document has no head;
 *         STATUS_SYSTEM: a file could not be read to its end. `what` and `why` are set then.
 */
MUST_CHECK enum status ctl_audit_judge(struct ctl_audit *audit,
                                       const struct ctl_options_audit *options, const char **what,
                                       const char **why);

/** Finding `i` of audit->verify.shown, or what came of it all; with a newline. @return `line` */
const char *ctl_audit_tell(const struct ctl_audit *audit, unsigned i,
                           char line[CTL_AUDIT_LINE_MAX]);
const char *ctl_audit_sum_up(const struct ctl_audit *audit, char line[CTL_AUDIT_LINE_MAX]);

/** All of it. @return a text that free() takes; NULL: no memory */
char *ctl_audit_json(const struct ctl_audit *audit);

/** Do it all. @return the exit status: 0, CTL_EXIT_LOOK (something was found) or CTL_EXIT_FILES_USAGE */
int ctl_audit_run(const struct ctl_options *options);
