/* settings.h - from files, environment and flags to a judged configuration
 * SPDX-License-Identifier: ISC
 *
 * What: reads the bytes that conf/ judges, and the CA file as bytes only: the one process that is
 *       not jailed yet parses no certificate.
 * Who:  supervisor, at its start and at a reload.
 */
#pragma once

#include "audit/audit_key.h"
#include "conf/config_errors.h"
#include "conf/config_print.h"
#include "supervisor/options.h"
#include "supervisor/supervisor.h"

#define SETTINGS_CA_FILE_MAX (8u << 20) /* bytes */

/**
 * Read and judge the configuration.
 *
 * @param has_file  whether the file has to be there even if no flag names it: where one is in force, its loss is
 *                  no wish for the defaults. Written on success: whether there was one
 * @param errors  written: on failure a line for each fault, which names file, key and reason
 * @return STATUS_OK; STATUS_INVALID. `config` is all zero on failure.
 */
MUST_CHECK enum status settings_load(const struct options *options, bool *has_file,
                                     struct config *config, struct config_errors *errors);

/** The file that `options` have it read from. */
const char *settings_file(const struct options *options);

/** The name of an interface by its number, for config_print(); not to be asked in the jail. */
bool settings_zone_name(uint32_t number, char name[CONFIG_ZONE_NAME_MAX]);

/** From now on interfaces have the numbers that they had: the kernel cannot be asked any more. */
void settings_enter_jail(void);

/** Is a certificate of an upstream to be signed by an authority? */
bool settings_needs_ca(const struct config *config);

/**
 * Read the CA file into a sealed memfd, with a NUL behind it as a PEM parser wants it.
 *
 * @param fd  written: the caller's; -1 if no upstream needs a CA, and on failure
 * @return STATUS_OK; STATUS_INVALID (`error` says why)
 */
MUST_CHECK enum status settings_load_ca(const struct config *config, int *fd,
                                        struct config_error *error);

/**
 * Read the secrets of cookies that are in a file of their own, into `config`, all or none.
 *
 * @return STATUS_OK, also where no file is configured; STATUS_INVALID (`error` says why, without a word of the
 *         file, and `config` is as it was)
 */
MUST_CHECK enum status settings_load_cookies(struct config *config, struct config_error *error);

/**
 * Read the key of the audit log.
 *
 * @param key       written, `key_size` octets; 0: none is configured
 * @return STATUS_OK; STATUS_INVALID (`error` says why)
 */
MUST_CHECK enum status settings_load_audit_key(const struct config *config,
                                               uint8_t key[AUDIT_CHAIN_KEY_MAX], size_t *key_size,
                                               struct config_error *error);

/**
 * Give cookies a secret where none is configured: the same in all lanes, and kept when a front dies
 * or the configuration is read again.
 *
 * @param before  the configuration in force, NULL at the start
 */
void settings_fill_secret(struct config *config, const struct config *before);

/**
 * Put the configuration into sealed memfds, one for each kind of child. The worker knows no client:
 * it gets no secret of cookies.
 *
 * @param fds  written: the caller's; -1 each on failure
 * @return STATUS_OK; STATUS_SYSTEM
 */
MUST_CHECK enum status settings_share(const struct config *config, int fds[CHILD_ROLES]);

/** What tls.policy restricts, in a sentence; NULL: it is `modern`. */
const char *settings_tls_policy(const struct config *config);

/** Log what is sound in the configuration and its lists, and still worth a word. */
void settings_log_warnings(const struct config *config, const struct namelists *lists);
