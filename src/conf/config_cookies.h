/* config_cookies.h - what the file of cookies.secret_file holds
 * SPDX-License-Identifier: ISC
 *
 * What: the secret in use on the first line, and on others, each named, what a change of it takes.
 * Who:  supervisor. Pure.
 * Ref:  penstock.yaml(5) cookies.secret_file; RFC 9018 section 5.
 */
#pragma once

#include "conf/config.h"

/* Octets of such a file that are read: three lines have 115. */
#define CONFIG_COOKIES_FILE_MOST 128

/**
 * Give `config` the secrets of a file, all three of them or none: those that it does not name are not set.
 *
 * @param text  borrowed, `size` octets: the whole file; the newline behind the last line may be missing
 * @param line  written: the line, from 1, that is wrong; else how many there are
 * @return NULL; else what is wrong and what is allowed, in words without a word of the file; `config` is as it was
 */
MUST_CHECK const char *config_cookies_read(const char *text, size_t size, struct config *config,
                                           unsigned *line);
