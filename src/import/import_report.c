/* import_report.c - see import_report.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_report.h"

#include <stdio.h>

const char *
import_report_name(const char *file, char to[IMPORT_REPORT_FILE_MAX])
{
    snprintf(to, IMPORT_REPORT_FILE_MAX, "%s", file);
    for (char *c = to; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return to;
}

void
import_report_line(const struct import_draft *draft, uint32_t i, const char *file,
                   char to[IMPORT_REPORT_LINE_MAX])
{
    static const char *const words[] = {[IMPORT_DRAFT_CARRIED] = "carried as ",
                                        [IMPORT_DRAFT_LOST] = "not carried: ",
                                        [IMPORT_DRAFT_NOTE] = "note: "};
    const struct import_draft_finding *finding = &draft->findings[i];
    char line[16] = "";
    if (finding->line != 0)
        snprintf(line, sizeof line, ":%u", finding->line);
    snprintf(to, IMPORT_REPORT_LINE_MAX, "%s%s: %s: %s%s\n", file, line,
             &draft->arena[finding->key], words[finding->kind], &draft->arena[finding->text]);
}
