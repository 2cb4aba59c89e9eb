/* test_ctl_help.c - tests of ctl_help
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_help.h"

#include <criterion/criterion.h>
#include <string.h>

Test(ctl_help, names_every_command)
{
    static const char *const names[] = {"status",   "stats",  "upstreams",   "healthcheck",
                                        "reload",   "drain",  "log-level",   "top",
                                        "--socket", "import", "audit verify"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect_not_null(strstr(ctl_help(), names[i]), "%s", names[i]);
}

Test(ctl_help, is_no_wider_than_a_terminal)
{
    for (const char *line = ctl_help(); *line != '\0'; line += strcspn(line, "\n") + 1)
        cr_expect_leq(strcspn(line, "\n"), 80, "%.80s", line);
}
