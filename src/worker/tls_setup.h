/* tls_setup.h - the TLS library of this process: its start, its version, the CAs it parses
 * SPDX-License-Identifier: ISC
 *
 * What: what is done once, before the sandbox closes.
 * Who:  worker: worker_ladder.c, worker.c, pool.c, pin_look.c.
 */
#pragma once

#include "worker/tls_session.h"

/**
 * Once per process, after exec and before the sandbox: seeds the random generator and makes the C
 * library read what it wants to read of the file system. @return STATUS_OK; STATUS_SYSTEM.
 */
MUST_CHECK enum status tls_setup_library(void);

/** The TLS library that this process runs with and its version, such as "Mbed TLS 3.6.6". */
void tls_setup_version(char *text, size_t size);

/**
 * Parse a bundle of PEM certificates, at start-up (allocates; never freed).
 *
 * @param pem      borrowed for the call; `size` bytes, no NUL needed
 * @param anchors  written; NULL on failure
 * @param count    written: certificates taken
 * @param skipped  written: certificates that did not parse
 * @return STATUS_OK; STATUS_INVALID (no certificate in it); STATUS_SYSTEM (no memory).
 */
MUST_CHECK enum status tls_setup_anchors(const void *pem, size_t size, struct tls_anchors **anchors,
                                         unsigned *count, unsigned *skipped);
