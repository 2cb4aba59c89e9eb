/* test_config_yaml.c - what of a file is handed out, in which order and with which lines
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_yaml.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <string.h>

static struct config_yaml yaml;
static struct config_errors errors;

static void
begin(const char *text)
{
    config_errors_begin(&errors);
    cr_assert_eq(config_yaml_open(&yaml, "t", text, strlen(text), &errors), STATUS_OK, "%s",
                 errors.of[0].text);
}

static void
expect(enum config_yaml_kind kind, enum config_row_id row, uint32_t upstream, uint32_t line,
       const char *text)
{
    struct config_yaml_item item;
    cr_assert_eq(config_yaml_next(&yaml, &item), STATUS_OK, "%s", errors.of[0].text);
    cr_expect_eq(item.kind, kind, "line %u", line);
    cr_expect_eq(item.line, line);
    cr_expect_eq(item.upstream, upstream, "line %u", line);
    if (kind != CONFIG_YAML_ENTRY && kind != CONFIG_YAML_END)
        cr_expect_eq(item.row, row, "line %u", line);
    if (text == NULL)
        cr_expect_null(item.text);
    else
        cr_expect_str_eq(item.text, text);
}

static void
expect_end(void)
{
    struct config_yaml_item item;
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(config_yaml_next(&yaml, &item), STATUS_OK, "%s", errors.of[0].text);
        cr_expect_eq(item.kind, CONFIG_YAML_END, "and nothing after it");
    }
    config_yaml_close(&yaml);
}

Test(config_yaml, hands_out_keys_and_values_with_their_lines)
{
    begin("lanes: 2\n"
          "upstreams:\n"
          "  - name: one\n"
          "    pins: [a,\n"
          "           b]\n"
          "  - {address: \"x\\u0041\"}\n"
          "acl: {allow: []}\n"
          "user: ''\n");
    expect(CONFIG_YAML_KEY, CONFIG_ROW_lanes, 0, 1, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_lanes, 0, 1, "2");
    expect(CONFIG_YAML_GROUP, CONFIG_ROW_upstream_name, 0, 2, NULL);
    expect(CONFIG_YAML_ENTRY, 0, 0, 3, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_upstream_name, 0, 3, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_upstream_name, 0, 3, "one");
    expect(CONFIG_YAML_KEY, CONFIG_ROW_upstream_pins, 0, 4, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_upstream_pins, 0, 4, "a");
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_upstream_pins, 0, 5, "b");
    expect(CONFIG_YAML_ENTRY, 0, 1, 6, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_upstream_address, 1, 6, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_upstream_address, 1, 6, "xA");
    expect(CONFIG_YAML_GROUP, CONFIG_ROW_allow, 0, 7, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_allow, 0, 7, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_user, 0, 8, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_user, 0, 8, "");
    expect_end();
}

Test(config_yaml, a_file_without_document_ends_at_once)
{
    static const char *const empty[] = {"", "# nothing\n", "\n\n"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        begin(empty[i]);
        expect_end();
    }
}

Test(config_yaml, every_form_of_mapping_and_list_is_read)
{
    begin("---\n{acl: {}, upstreams: [], tls: {versions: [1.3]}}\n...\n");
    expect(CONFIG_YAML_GROUP, CONFIG_ROW_allow, 0, 2, NULL);
    expect(CONFIG_YAML_GROUP, CONFIG_ROW_upstream_name, 0, 2, NULL);
    expect(CONFIG_YAML_GROUP, CONFIG_ROW_tls_ca_file, 0, 2, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_tls_versions, 0, 2, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_tls_versions, 0, 2, "1.3");
    expect_end();
}

Test(config_yaml, a_file_that_is_cut_off_anywhere_ends_or_fails)
{
    static const char text[] = "acl: {allow: [a, b]}\nupstreams: [{name: \"one\", pins: [c]}]\n"
                               "cache:\n  size: off\nuser: |\n  x\n";
    for (size_t size = 0; size < sizeof text; size++) {
        struct config_yaml_item item;
        enum status status;
        config_errors_begin(&errors);
        cr_assert_eq(config_yaml_open(&yaml, "t", text, size, &errors), STATUS_OK);
        do
            status = config_yaml_next(&yaml, &item);
        while (status == STATUS_OK && item.kind != CONFIG_YAML_END);
        cr_expect(status == STATUS_OK || errors.count > 0);
        config_yaml_close(&yaml);
    }
}

/* What is told; and what is wrong is not handed out, but all that is right. */
static void
expect_told(unsigned count, ...)
{
    va_list args;
    va_start(args, count);
    cr_expect_eq(errors.count, count);
    for (unsigned i = 0; i < count; i++)
        cr_expect_str_eq(errors.of[i].text, va_arg(args, const char *));
    va_end(args);
}

Test(config_yaml, what_is_wrong_is_told_and_left_out)
{
    begin("acl: {allow: {x: [1, {}]}, allow: [z], lanes: [{}]}\n"
          "acl: {deny: [a]}\n"
          "user: &a [x, [y]]\n"
          "? [k]\n: v\n"
          "upstreams:\n"
          "  - [w]\n"
          "  - {name: *a, address: b, pins: c}\n"
          "tls: no\n"
          "lanes: 2\n");
    expect(CONFIG_YAML_GROUP, CONFIG_ROW_allow, 0, 1, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_allow, 0, 1, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_user, 0, 3, NULL);
    expect(CONFIG_YAML_GROUP, CONFIG_ROW_upstream_name, 0, 6, NULL);
    expect(CONFIG_YAML_ENTRY, 0, 0, 8, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_upstream_name, 0, 8, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_upstream_address, 0, 8, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_upstream_address, 0, 8, "b");
    expect(CONFIG_YAML_KEY, CONFIG_ROW_upstream_pins, 0, 8, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_lanes, 0, 10, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_lanes, 0, 10, "2");
    expect_end();
    expect_told(
        11,
        "t:1: acl.allow: not a list; allowed: a list in [ ], each ADDRESS/LENGTH with no bit set "
        "past the length, or one ADDRESS",
        "t:1: acl.allow: given twice, on line 1 too; allowed: each key once",
        "t:1: acl.lanes: unknown key (did you mean lanes?); allowed: allow, deny",
        "t:2: acl: given twice, on line 1 too; allowed: each key once",
        "t:3: YAML: an anchor; allowed: values without anchors and aliases",
        "t:3: user: a list or mapping where a value must be; allowed: an account name of up to 32 "
        "letters, digits, . _ -",
        "t:4: YAML: a list or mapping where a key must be; allowed: a plain key",
        "t:7: upstreams: not a mapping; allowed: name, address and so on for each upstream",
        "t:8: YAML: an alias; allowed: the value itself, written out",
        "t:8: upstreams[0].pins: not a list; allowed: a list in [ ], each sha256// and the base64 "
        "of a SHA-256 (44 characters)",
        "t:9: tls: not a mapping; allowed: keys with values, see penstock.yaml(5)");
}

Test(config_yaml, what_is_left_out_is_not_followed_without_end)
{
    char text[400] = "colour: ";
    memset(text + strlen(text), '[', 200);
    struct config_yaml_item item;
    begin(text);
    cr_expect_eq(config_yaml_next(&yaml, &item), STATUS_INVALID);
    cr_expect_eq(errors.count, 2);
    cr_expect_str_eq(errors.of[1].text,
                     "t:1: YAML: too many lists in each other; allowed: see penstock.yaml(5)");
    config_yaml_close(&yaml);
}
