/* test_build_id.c - which build this program is
 * SPDX-License-Identifier: ISC
 */
#include "os/build_id.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(build_id, is_what_the_file_says)
{
    char text[BUILD_ID_MAX], said[256] = "";
    FILE *from = popen("readelf -n /proc/$PPID/exe", "r");
    cr_assert_not_null(from);
    char *at = NULL;
    while (at == NULL && fgets(said, sizeof said, from) != NULL)
        at = strstr(said, "Build ID: ");
    pclose(from);
    cr_assert_not_null(at);
    at[strcspn(at, "\n")] = '\0';
    cr_expect_str_eq(build_id(text), at + strlen("Build ID: "));
    cr_expect_eq(strlen(text), 40);
}
