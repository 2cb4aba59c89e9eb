/* test_ctl_compliance_show.c - judged rows as people and as programs get them
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_compliance_show.h"

#include "ctl/ctl_value.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ctl_compliance compliance;
static char text[65536];

static void
judge(void)
{
    static const char printed[] =
        "user: \"root\"\nupstreams:\n  - name: \"a\"\n    verify: pin+ca\n";
    struct reading reading = {.lanes = 1, .serving = 1};
    struct ctl_compliance_kernel kernel = {.is_read = false};
    compliance.size = sizeof printed - 1;
    memcpy(compliance.text, printed, sizeof printed - 1);
    cr_assert_eq(ctl_compliance_parse(&compliance), STATUS_OK);
    ctl_compliance_judge(&compliance, &reading, &kernel);
}

Test(ctl_compliance_show, each_standard_has_its_rows_and_the_end_its_sums)
{
    judge();
    ctl_compliance_show(&compliance, text, sizeof text);
    cr_expect_eq(strncmp(text, "NIST SP 800-81r3\n", 17), 0);
    cr_expect_not_null(strstr(text, "\n\nRFC 8932\n"));
    cr_expect_not_null(
        strstr(text, "  fail            HOST_ACCOUNT: the service runs under an account of its own "
                     "(user)\n                  user: \"root\"\n"));
    cr_expect_not_null(strstr(
        text, "  pass            SP81_AUTHENTICATED: the recursive service is authenticated"));
    cr_expect_not_null(strstr(text, "  by document     BCP232_SUBNET: 5.3.1 client subnet"));
    cr_expect_not_null(strstr(text, " by document. This is no certificate.\n"));
}

Test(ctl_compliance_show, what_does_not_fit_is_left_out)
{
    judge();
    for (size_t size = 1; size < 4000; size += 7) {
        memset(text, 'x', sizeof text);
        ctl_compliance_show(&compliance, text, size);
        cr_assert_lt(strlen(text), size);
        cr_assert_eq(text[size], 'x');
    }
}

Test(ctl_compliance_show, the_document_has_every_row)
{
    judge();
    char *json = ctl_compliance_show_json(&compliance);
    json_t *root = json_loads(json, 0, NULL), *rows = json_object_get(root, "rows");
    cr_assert_eq(json_array_size(rows), CTL_COMPLIANCE_ROWS);
    json_int_t failed = 0;
    for (size_t i = 0; i < CTL_COMPLIANCE_ROWS; i++) {
        json_t *row = json_array_get(rows, i);
        const char *result = json_string_value(json_object_get(row, "result"));
        bool is_proved = strcmp(result, "pass") == 0 || strcmp(result, "fail") == 0;
        cr_expect(!is_proved || json_is_string(json_object_get(row, "command")));
        failed += strcmp(result, "fail") == 0;
    }
    cr_expect_eq(json_integer_value(json_object_get(root, "failed")), failed);
    json_decref(root);
    free(json);
}
