/* test_config_files.c - the files that are shipped say what the table says
 * SPDX-License-Identifier: ISC
 */
#include "conf/config.h"
#include "conf/config_load.h"
#include "conf/config_print.h"
#include "conf/config_row.h"
#include "conf/config_warn.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define PIN_A "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define PIN_B "sha256//ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="

static struct config config;
static struct config_error error;

static char *
read_file(const char *path, size_t *size)
{
    static char text[1 << 18];
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    *size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[*size] = '\0';
    return text;
}

static enum status
load(const char *path, const char *const *env)
{
    struct config_source source = {.file = path, .environ = env};
    char full[1024];
    snprintf(full, sizeof full, "%s/%s", SOURCE_ROOT, path);
    source.text = read_file(full, &source.text_size);
    return config_load(&source, &config, &error);
}

/* As shipped it does not start and says why and where; with pins it does. */
static void
expect_needs_pins(const char *path, unsigned upstreams)
{
    static const char *const env[] = {"PENSTOCK_UPSTREAMS_0_PINS=" PIN_A "," PIN_B,
                                      "PENSTOCK_UPSTREAMS_1_PINS=" PIN_A "," PIN_B, NULL};
    char only_one[] = "PENSTOCK_UPSTREAMS_0_PINS=" PIN_A "," PIN_B;
    const char *const one[] = {only_one, NULL};
    cr_assert_eq(load(path, NULL), STATUS_INVALID, "%s", path);
    cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "%s", error.text);
    cr_expect_not_null(strstr(error.text, ": upstreams[0].pins: no pin given, and verify: pin+ca "
                                          "needs one; allowed: at least one pin (`penstock pin "
                                          "ADDRESS:PORT` prints them)"),
                       "%s", error.text);
    cr_assert_eq(load(path, upstreams == 1 ? one : env), STATUS_OK, "%s", error.text);
    cr_expect_eq(config.upstreams_count, upstreams);
    for (unsigned i = 0; i < upstreams; i++)
        cr_expect_eq(config.upstreams[i].verify, CONFIG_VERIFY_PIN_CA);
    cr_expect_eq(config.tls_versions, CONFIG_TLS13);
}

static unsigned
warnings(void)
{
    FILE *to = fopen("/dev/null", "w");
    unsigned count = config_warn(&config, to);
    fclose(to);
    return count;
}

Test(config_files, edge_is_shipped_without_pins_and_open_to_everybody)
{
    expect_needs_pins("policy/edge.yaml", 2);
    cr_expect_eq(warnings(), 0); /* its limits hold */
    cr_expect_not_null(config_warn_notice(&config));
}

Test(config_files, strict_is_shipped_without_pins_and_warns_of_nothing)
{
    expect_needs_pins("policy/strict.yaml", 1);
    cr_expect_eq(warnings(), 0);
}

Test(config_files, behind_balancer_is_shipped_without_pins_and_lists_balancers)
{
    expect_needs_pins("policy/behind-balancer.yaml", 1);
    cr_expect_eq(config.proxy_count, 2);
    cr_expect_eq(warnings(), 0);
}

Test(config_files, local_is_completed_by_the_environment)
{
    char text[ADDR_TEXT_MAX];
    expect_needs_pins("policy/local.yaml", 1);
    cr_expect_str_eq(addr_format(&config.listen[0], text), "127.0.0.1:5300");
    cr_expect_str_eq(addr_format(&config.upstreams[0].address, text), "127.0.0.1:8853");
    cr_expect_str_eq(config.upstreams[0].tls_name, "resolver.local.test");
}

/* The example of penstock.yaml(5): what stands between its .Bd and .Ed. */
Test(config_files, the_example_of_the_manual_page_loads)
{
    size_t size;
    char *page = read_file(SOURCE_ROOT "/docs/penstock.yaml.5", &size);
    char *start = strstr(page, ".Bd -literal\nlisten:"), *end;
    cr_assert_not_null(start);
    start = strchr(start, '\n') + 1;
    end = strstr(start, ".Ed\n");
    cr_assert_not_null(end);
    struct config_source source = {
        .file = "page", .text = start, .text_size = (size_t)(end - start)};
    cr_assert_eq(config_load(&source, &config, &error), STATUS_OK, "%s", error.text);
    cr_expect_eq(warnings(), 0);
}

/* "/24 1/s 1,/20 2/s 2" with a blank behind each comma, as people write it. */
static void
spread_commas(const char *text, char *to)
{
    for (; *text != '\0'; text++) {
        *to++ = *text;
        if (*text == ',')
            *to++ = ' ';
    }
    *to = '\0';
}

Test(config_files, every_default_that_is_a_number_stands_in_the_list_of_limits)
{
    size_t size;
    const char *limits = read_file(SOURCE_ROOT "/docs/LIMITS.md", &size);
    unsigned count = 0;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        char value[256], line[512];
        if (row->rule.kind != VALUE_COUNT && row->rule.kind != VALUE_DURATION &&
            row->rule.kind != VALUE_BYTES && row->rule.kind != VALUE_RATE)
            continue;
        spread_commas(row->fallback, value);
        snprintf(line, sizeof line, "\n| `%s%s%s%s` | %s |", row->group,
                 row->is_upstream ? "[]" : "", *row->group == '\0' ? "" : ".", row->key, value);
        cr_expect_not_null(strstr(limits, line), "docs/LIMITS.md has no row%s", line);
        count++;
    }
    cr_expect_gt(count, 30);
}
