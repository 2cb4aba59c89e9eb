/* test_import_report.c - a finding as a line
 * SPDX-License-Identifier: ISC
 */
#include "import/import_report.h"

#include "import_scene.h"

Test(import_report, lines)
{
    char line[IMPORT_REPORT_LINE_MAX], file[IMPORT_REPORT_FILE_MAX];
    import_draft_begin(&draft);
    import_draft_say(&draft, IMPORT_DRAFT_NOTE, 0, "acl", "look");
    import_draft_say(&draft, IMPORT_DRAFT_CARRIED, 1, "a", "b: 1");
    import_draft_say(&draft, IMPORT_DRAFT_LOST, 2, "c", "so");
    static const char *const lines[] = {"f?: acl: note: look\n", "f?:1: a: carried as b: 1\n",
                                        "f?:2: c: not carried: so\n"};
    for (uint32_t i = 0; i < 3; i++) {
        import_report_line(&draft, i, import_report_name("f\n", file), line);
        cr_expect_str_eq(line, lines[i]);
    }
}
