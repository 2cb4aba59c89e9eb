/* test_config_yaml_why.c - why a text is no YAML, in words
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_yaml_why.h"

#include <criterion/criterion.h>
#include <string.h>

static void
expect(const char *text, uint32_t line, const char *start)
{
    const char *why = config_yaml_why_line(text, strlen(text), line);
    why = why == NULL ? "" : why;
    cr_expect_eq(strncmp(why, start, strlen(start)), 0, "%s: %s", text, why);
    cr_expect_eq(*why == '\0', *start == '\0', "%s: %s", text, why);
}

Test(config_yaml_why, a_tab_before_the_text_of_that_line)
{
    expect("\ta: b", 1, "a tab in the indentation; allowed: spaces");
    expect("a:\n  \tb: c\n", 2, "a tab");
    expect("a:\n  \tb: c\n", 1, "");
    expect("a:\tb", 1, "");
    expect("\t", 1, "a tab");
    expect("", 1, "");
    expect("a\n", 3, "");
}

Test(config_yaml_why, an_address_whose_bracket_begins_a_list)
{
    static const char address[] = "an address in brackets without quotes";
    expect("a: [::1]:853", 1, address);
    expect("a: [::]:53", 1, address);
    expect("a: [2001:DB8::1]", 1, address);
    expect("a: [[::ffff:192.0.2.1]:53]", 1, address);
    expect("a: [\"x\", [fe80::1%eth0]:53]", 1, address);
    expect("a: 'b' [::1]", 1, address);
    expect("a: \"[::1]:853\"", 1, "");
    expect("a: '[::1]:853'", 1, "");
    expect("a: b # [::1]:853", 1, "");
    expect("# [::1]:853", 1, "");
    expect("a: [b, c]", 1, "");
    expect("a: [b:c]", 1, "");
    expect("a: [::1", 1, "");
    expect("a: [::1%eth0", 1, "");
    expect("a: [::1%", 1, "");
    expect("a: [", 1, "");
}

Test(config_yaml_why, marks_before_the_text)
{
    size_t length = 9;
    cr_expect_null(config_yaml_why_start("a: b", 4, &length));
    cr_expect_eq(length, 0);
    cr_expect_not_null(config_yaml_why_start("\xef\xbb\xbf", 3, &length));
    cr_expect_eq(length, 3);
    cr_expect_null(config_yaml_why_start("\xef\xbb", 2, &length));
    cr_expect_not_null(config_yaml_why_start("\xff\xfe", 2, &length));
    cr_expect_eq(length, 0);
    cr_expect_not_null(config_yaml_why_start("\xfe\xff\0a", 4, &length));
    cr_expect_null(config_yaml_why_start("\xff", 1, &length));
    cr_expect_null(config_yaml_why_start("", 0, &length));
}
