/* ctl_attest.h - penstockctl attest: what a service runs as, from the kernel first
 * SPDX-License-Identifier: ISC
 *
 * What: the document, its findings, or in what it differs from another one. The kernel is read before
 *       privileges are given up, the service is asked behind the filter.
 * Who:  penstockctl attest.
 * Ref:  docs/ATTESTATION.md, docs/penstockctl-attest.schema.json.
 */
#pragma once

#include "ctl/ctl_gather.h"
#include "ctl/ctl_value.h"

#define CTL_ATTEST_BASELINE_MAX (4U << 20) /* octets of a baseline */

/**
 * Take up a baseline, before the jail.
 *
 * @param size   written: its octets
 * @param error  written on failure: one line
 * @return a text that free() takes; NULL: it cannot be read
 */
char *ctl_attest_baseline_read(const char *path, size_t *size, char *error, size_t room);

/**
 * Read what it says, in the jail.
 *
 * @param text   of ctl_attest_baseline_read(), given away
 * @param error  written on failure: one line
 * @return the caller's; NULL: it is no document of this kind
 */
json_t *ctl_attest_baseline(char *text, size_t size, const char *path, char *error, size_t room);

/** One more reading; while lanes do not serve, for a moment again. @return as ctl_gather_read() */
MUST_CHECK enum status ctl_attest_gather(struct ctl_gather *gather);

/**
 * Read what the kernel says.
 *
 * @param client  connected to the service
 * @return the document so far, the caller's
 */
json_t *ctl_attest_kernel(const struct control_client *client);

/** Add what the service says. @param document  changed */
void ctl_attest_service(json_t *document, const struct ctl_gather *gather);

/** The whole document, keys sorted. @param document  given away. @return a text that free() takes */
char *ctl_attest_print(json_t *document);

/** A list of lines as one text. @param lines  given away. @return a text that free() takes */
char *ctl_attest_lines(json_t *lines);
