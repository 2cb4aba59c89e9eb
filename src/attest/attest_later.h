/* attest_later.h - heads of executable files, taken up now and read in the jail
 * SPDX-License-Identifier: ISC
 *
 * What: whoever may be root copies the first octets of a file, and looks at none of them; who is nobody
 *       and behind a filter reads what they say, and completes the document. Files of the same octets
 *       are kept once.
 * Who:  attest_executable.c takes up; penstockctl asks for the rest.
 * Ref:  attest_elf.h; docs/ATTESTATION.md "Who says what".
 */
#pragma once

#include "attest/attest_value.h"

#include <stdbool.h>

#define ATTEST_LATER_FILES_MOST 192 /* different files, of 64 KiB each */
#define ATTEST_LATER_ROWS_MOST  4096

/**
 * Keep what is to be read of a file.
 *
 * @param row        gets "build_id" later; borrowed until attest_later_read() or _forget()
 * @param libraries  gets what the build linked in; NULL: it is not asked
 * @param sum        of the whole file
 * @return false: there is no room
 */
bool attest_later_add(json_t *row, json_t *libraries, const uint8_t sum[32], const void *head,
                      size_t size);

/** Read all that was kept into the rows, and keep nothing more. */
void attest_later_read(void);

/** Keep nothing more. */
void attest_later_forget(void);
