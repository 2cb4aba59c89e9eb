/* ctl_compliance.h - rows of compliance.def, judged
 * SPDX-License-Identifier: ISC
 *
 * What: what penstock --print-config printed becomes keys and values; each row gets a result and the
 *       reason for it. What is not there is never taken for good.
 * Who:  penstockctl compliance.
 * Ref:  docs/compliance/; docs/penstockctl-compliance.schema.json.
 */
#pragma once

#include "view/reading.h"

#include <stdbool.h>

#define CTL_COMPLIANCE_TEXT_MAX 262144 /* octets of a printed configuration */
#define CTL_COMPLIANCE_KEYS_MAX 640
#define CTL_COMPLIANCE_WHY_MAX  256
#define CTL_COMPLIANCE_DAYS     14U /* as UPSTREAM_ENDS_SOON_DAYS */

enum ctl_compliance_row {
#define COMPLIANCE(id, ...) CTL_COMPLIANCE_##id,
#include "ctl/compliance.def"
#undef COMPLIANCE
    CTL_COMPLIANCE_ROWS
};

enum ctl_compliance_result {
    CTL_COMPLIANCE_PASS,
    CTL_COMPLIANCE_FAIL,
    CTL_COMPLIANCE_NOT_APPLICABLE, /* the configuration excludes it */
    CTL_COMPLIANCE_BY_DOCUMENT,
    CTL_COMPLIANCE_NOT_MET,    /* by design: no setting makes it so */
    CTL_COMPLIANCE_NOT_JUDGED, /* what it needs is not shown to this account */
    CTL_COMPLIANCE_RESULTS
};

enum ctl_compliance_proof {
    CTL_COMPLIANCE_PRINTED,
    CTL_COMPLIANCE_CLIENTS,
    CTL_COMPLIANCE_EACH,
    CTL_COMPLIANCE_LIVE,
    CTL_COMPLIANCE_KERNEL,
    CTL_COMPLIANCE_PAPER,
    CTL_COMPLIANCE_NONE,
};

struct ctl_compliance_of { /* a row of compliance.def */
    const char *id, *standard, *section, *requirement, *setting;
    enum ctl_compliance_proof proof;
    const char *subject, *wanted, *unless;
};

struct ctl_compliance_key { /* "group.key" or "key"; points into the text */
    const char *group, *key, *value;
    unsigned upstream; /* 1 is the first; 0: of no upstream */
};

struct ctl_compliance {
    char text[CTL_COMPLIANCE_TEXT_MAX];
    size_t size;
    struct ctl_compliance_key keys[CTL_COMPLIANCE_KEYS_MAX];
    unsigned keys_count, upstreams, routes;
    uint64_t hash;                           /* of the configuration that was printed */
    unsigned counts[CTL_COMPLIANCE_RESULTS]; /* by judging, with all that is below */
    bool is_in_force;                        /* the service runs with it */
    struct {
        enum ctl_compliance_result result;
        char why[CTL_COMPLIANCE_WHY_MAX];
    } of_row[CTL_COMPLIANCE_ROWS];
};

/**
 * Read what penstock --print-config printed: every key of this version, each once, and sound.
 *
 * @param path    "-": standard input
 * @param failed  written on failure: static text
 * @return STATUS_OK; STATUS_INVALID: not such a text, or it cannot be read
 */
MUST_CHECK enum status ctl_compliance_read(struct ctl_compliance *compliance, const char *path,
                                           const char **failed);

/**
 * Take a text that is in `compliance->text` already, `size` octets, apart.
 *
 * @return STATUS_OK; STATUS_INVALID: it has another form, or a key twice
 */
MUST_CHECK enum status ctl_compliance_parse(struct ctl_compliance *compliance);

struct ctl_compliance_kernel { /* what penstockctl attest --check finds */
    bool is_read;              /* false: not started as root */
    size_t findings;
    const char *first; /* of them; NULL: there is none */
};

/** Judge every row, and whether the text is in force. @param reading, kernel  borrowed */
void ctl_compliance_judge(struct ctl_compliance *compliance, const struct reading *reading,
                          const struct ctl_compliance_kernel *kernel);

const struct ctl_compliance_of *ctl_compliance_of(enum ctl_compliance_row row);
