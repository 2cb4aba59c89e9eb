/* test_config_yaml.c - what of a file is handed out, in which order and with which lines
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static struct config_yaml yaml;
static struct config_error error;

static void
begin(const char *text)
{
    memset(&error, 0, sizeof error);
    cr_assert_eq(config_yaml_open(&yaml, "t", text, strlen(text), &error), STATUS_OK, "%s",
                 error.text);
}

static void
expect(enum config_yaml_kind kind, enum config_row_id row, uint32_t upstream, uint32_t line,
       const char *text)
{
    struct config_yaml_item item;
    cr_assert_eq(config_yaml_next(&yaml, &item), STATUS_OK, "%s", error.text);
    cr_expect_eq(item.kind, kind, "line %u", line);
    cr_expect_eq(item.line, line);
    cr_expect_eq(item.upstream, upstream, "line %u", line);
    if (kind != CONFIG_YAML_UPSTREAM && kind != CONFIG_YAML_END)
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
        cr_assert_eq(config_yaml_next(&yaml, &item), STATUS_OK, "%s", error.text);
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
    expect(CONFIG_YAML_UPSTREAM, 0, 0, 3, NULL);
    expect(CONFIG_YAML_KEY, CONFIG_ROW_upstream_name, 0, 3, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_upstream_name, 0, 3, "one");
    expect(CONFIG_YAML_KEY, CONFIG_ROW_upstream_pins, 0, 4, NULL);
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_upstream_pins, 0, 4, "a");
    expect(CONFIG_YAML_VALUE, CONFIG_ROW_upstream_pins, 0, 5, "b");
    expect(CONFIG_YAML_UPSTREAM, 0, 1, 6, NULL);
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
        cr_assert_eq(config_yaml_open(&yaml, "t", text, size, &error), STATUS_OK);
        do
            status = config_yaml_next(&yaml, &item);
        while (status == STATUS_OK && item.kind != CONFIG_YAML_END);
        cr_expect_eq(status == STATUS_OK, error.text[0] == '\0', "%s", error.text);
        memset(&error, 0, sizeof error);
        config_yaml_close(&yaml);
    }
}
