/* import_report.h - what became of each setting, a line each
 * SPDX-License-Identifier: ISC
 *
 * What: FILE:LINE: KEY: not carried: WHY, and the like, in the order of the file.
 * Who:  penstockctl import. Pure.
 * Ref:  penstockctl(8) "import".
 */
#pragma once

#include "import/import_draft.h"

/* octets of a line, with newline and NUL */
#define IMPORT_REPORT_FILE_MAX 256
#define IMPORT_REPORT_LINE_MAX                                                                     \
    (IMPORT_REPORT_FILE_MAX + IMPORT_DRAFT_KEY_MAX + IMPORT_DRAFT_TEXT_MAX + 64)

/** How a file is called in the report: printable, cut. @return `to` */
const char *import_report_name(const char *file, char to[IMPORT_REPORT_FILE_MAX]);

/**
 * Write the line of a finding.
 *
 * @param i     0..findings_count - 1
 * @param file  from import_report_name()
 */
void import_report_line(const struct import_draft *draft, uint32_t i, const char *file,
                        char to[IMPORT_REPORT_LINE_MAX]);
