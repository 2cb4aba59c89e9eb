/* chronicle.h - what is remembered of the last hour, and the page on which others read it
 * SPDX-License-Identifier: ISC
 *
 * What: the history and the judge, which belong together: what was judged since when is of these
 *       readings. The supervisor adds a reading each second and publishes both, so that they are
 *       there for whoever looks first, and the same for all. The page has two places in turn: who
 *       reads copies the one that is not written to, and is never held up by a writer that hangs.
 * Who:  supervisor writes; whoever looks reads, and believes nothing but numbers. Pure.
 * Ref:  docs/VIEW.md; docs/LIMITS.md "view".
 */
#pragma once

#include "base/status.h"
#include "view/history.h"
#include "view/judge.h"

#include <stddef.h>

#define CHRONICLE_MAGIC   UINT64_C(0x6368726f6e69636c) /* "chronicl" */
#define CHRONICLE_VERSION 1                            /* of what the numbers mean */
#define CHRONICLE_TRIES   4 /* times that a page is copied, while it is written to */

struct chronicle { /* all zero: no reading yet */
    struct history history;
    struct judge judge;
};

#define CHRONICLE_WORDS (sizeof(struct chronicle) / sizeof(uint64_t))

struct chronicle_page {
    /* --- never changes */
    uint64_t magic, version, bytes; /* CHRONICLE_MAGIC, _VERSION, sizeof(struct chronicle_page) */

    /* --- changes */
    _Atomic uint64_t number; /* of those published; the last one stands at number % 2; 0: none */
    _Atomic uint64_t words[2][CHRONICLE_WORDS];
};

/** A page of zeros becomes one on which nothing was published. */
void chronicle_begin(struct chronicle_page *page);

/** Whoever reads has this from now on. */
void chronicle_publish(struct chronicle_page *page, const struct chronicle *chronicle);

/**
 * Copy what was published last.
 *
 * @param page       borrowed for this call, of a service that is not believed; @param bytes its size
 * @param now_us     monotonic
 * @param chronicle  written; all zero on failure
 * @return STATUS_OK; STATUS_NONE: nothing was published yet; STATUS_INVALID: no such page of this
 *         build; STATUS_AGAIN: it was written to each time, or is of a time that has not come, so
 *         that the clock was read too long ago
 */
MUST_CHECK enum status chronicle_take(const void *page, size_t bytes, uint64_t now_us,
                                      struct chronicle *chronicle);
