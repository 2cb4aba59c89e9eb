/* reread.h - the files that a reload reads, and whether it will be able to
 * SPDX-License-Identifier: ISC
 *
 * What: a start reads them as root where it was started so, a reload as the account that root was given up for.
 *       What that account may not read is worth a warning at once: each reload would be refused for it.
 * Who:  supervisor, when it is jailed; jail_warnings().
 * Ref:  penstock(8) SIGHUP.
 */
#pragma once

#include "conf/config.h"
#include "supervisor/options.h"

#include <stdbool.h>
#include <stdio.h>

/** @param key  the one that names the file, with a colon and a space; "": the configuration file */
typedef void reread_fn(void *context, const char *key, const char *path);

/** Call `each` for the configuration file, the CA file and that of the secrets of cookies if they are named, and every list. */
void reread_each(const struct options *options, const struct config *config, reread_fn *each,
                 void *context);

/** May the account not read this file, which is there? */
typedef bool reread_test(const char *path);

/** May this process not? */
bool reread_is_forbidden(const char *path);

/**
 * Tell which of them the account may not read, a line each.
 *
 * @param to  NULL: the log
 * @return the number of lines
 */
unsigned reread_warnings(const struct options *options, const struct config *config,
                         reread_test *is_forbidden, FILE *to);
