/* test_attest_policy.c - tests of attest_policy
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_policy.h"

#include "conf/config_load.h"
#include "conf/config_row.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[32768];

/* A policy as it is shipped, with pins, and what `more` puts into the environment. */
static json_t *
judge(const char *policy, const char *const more[])
{
    static struct config config;
    struct config_error error;
    char path[512];
    const char *environment[8] = {
        "PENSTOCK_UPSTREAMS_0_PINS=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="};
    size_t count = 1;
    if (strcmp(policy, "edge") == 0)
        environment[count++] =
            "PENSTOCK_UPSTREAMS_1_PINS=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI=";
    for (; *more != NULL; more++)
        environment[count++] = *more;
    snprintf(path, sizeof path, SOURCE_ROOT "/policy/%s.yaml", policy);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    struct config_source source = {.file = path,
                                   .text = text,
                                   .text_size = fread(text, 1, sizeof text, file),
                                   .environ = environment};
    fclose(file);
    cr_assert_eq(config_load(&source, &config, &error), STATUS_OK, "%s", error.text);
    struct attest_value value = attest_value_begin();
    attest_policy_put(&value, &config);
    return attest_value_end(&value);
}

static void
expect(const char *policy, const char *const more[], const char *wanted, const char *beyond)
{
    json_t *found = judge(policy, more);
    char *keys = json_dumps(json_object_get(found, "beyond_policy"), JSON_COMPACT);
    cr_expect_str_eq(json_string_value(json_object_get(found, "policy")), wanted);
    cr_expect_str_eq(keys, beyond);
    free(keys);
    json_decref(found);
}
#define WITH(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

Test(attest_policy, each_that_is_shipped_is_known_with_whatever_a_site_fills_in)
{
    expect("edge", WITH(), "equals edge", "[]");
    expect("strict", WITH(), "equals strict", "[]");
    expect("strict",
           WITH("PENSTOCK_LISTEN=127.0.0.1:5353", "PENSTOCK_ACL_ALLOW=10.0.0.0/8",
                "PENSTOCK_UPSTREAMS_0_ADDRESS=192.0.2.1", "PENSTOCK_TLS_CA_FILE=/x.pem"),
           "equals strict", "[]");
}

Test(attest_policy, one_that_builds_on_another_says_in_what)
{
    expect("strict", WITH("PENSTOCK_CACHE_SIZE=1MiB", "PENSTOCK_TLS_POLICY=approved"),
           "extends strict", "[\"tls.policy\",\"cache.size\"]");
}

Test(attest_policy, what_a_policy_states_makes_another_policy_where_it_is_otherwise)
{
    expect("strict", WITH("PENSTOCK_TLS_VERSIONS=1.2,1.3"), "own", "[]");
    expect("strict", WITH("PENSTOCK_UPSTREAMS_0_VERIFY=pin"), "own", "[]");
    expect("strict", WITH("PENSTOCK_LOCAL_REFUSE_PRIVATE=no"), "own", "[]");
    expect("local", WITH(), "own", "[]");
}

Test(attest_policy, settings_are_those_of_the_configuration_and_hold_no_secret)
{
    json_t *found = judge("edge", WITH("PENSTOCK_COOKIES_SECRET=00112233445566778899aabbccddeeff"));
    const json_t *settings = json_object_get(found, "settings");
    static const char *const hidden[] = {"cookies.secret", "upstreams.pins", "upstreams.address",
                                         "tls.ca_file",    "local.block",    "listen",
                                         "control.socket"};
    char *all = json_dumps(settings, 0);
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        cr_expect_null(json_object_get(settings, hidden[i]), "%s", hidden[i]);
    cr_expect_null(strstr(all, "00112233"));
    cr_expect_null(strstr(all, "9.9.9.9"));
    cr_expect_str_eq(json_string_value(json_object_get(settings, "tls.policy")), "modern");
    cr_expect_str_eq(json_string_value(json_object_get(settings, "timeouts.query")), "4s");
    json_t *wanted = json_pack("{s:[s], s:[s, s], s:[s, s], s:s}", "tls.versions", "1.3",
                               "acl.allow", "0.0.0.0/0", "::/0", "upstreams.verify", "pin+ca",
                               "pin+ca", "limits.queries", "16384");
    const char *name;
    json_t *value;
    json_object_foreach(wanted, name, value)
        cr_expect(json_equal(value, json_object_get(settings, name)), "%s", name);
    json_decref(wanted);
    json_decref(found);
    free(all);
}

/* A row of the table that names no key is a mistake. */
Test(attest_policy, each_row_of_the_table_is_a_key)
{
    static const char *const paths[] = {
#define SITE(path, is_told, reason) path,
#include "attest/attest_policy.def"
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        bool is_key = false;
        for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
            char path[CONFIG_PATH_TEXT_MAX];
            const struct config_row *row = &config_rows[id];
            snprintf(path, sizeof path, "%s%s%s", row->group, *row->group != '\0' ? "." : "",
                     row->key);
            is_key = is_key || strcmp(path, paths[i]) == 0;
        }
        cr_expect(is_key, "%s", paths[i]);
    }
}
