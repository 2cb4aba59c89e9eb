/* config_scene.h - a configuration that is loaded, and what is said when it fails
 * SPDX-License-Identifier: ISC
 *
 * What: helpers and texts that the tests of conf share.
 * Who:  tests.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_load.h"
#include "conf/config_print.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define PIN_A "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define PIN_B "sha256//ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define UPSTREAM                                                                                   \
    "upstreams:\n"                                                                                 \
    "  - name: one\n"                                                                              \
    "    address: 192.0.2.1\n"                                                                     \
    "    tls_name: one.example\n"                                                                  \
    "    pins: [\"" PIN_A "\", \"" PIN_B "\"]\n"

#define ENV(...)                                                                                   \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static struct config config;
static struct config_error error;

static inline enum status
load(const char *text, const char *const *env)
{
    struct config_source source = {.file = "test.yaml",
                                   .text = text,
                                   .text_size = text == NULL ? 0 : strlen(text),
                                   .environ = env};
    enum status status = config_load(&source, &config, &error);
    cr_assert_eq(status == STATUS_OK, error.text[0] == '\0', "%s", error.text);
    cr_assert(status != STATUS_OK || config_is_sound(&config));
    return status;
}

static inline void
load_ok(const char *text, const char *const *env)
{
    cr_assert_eq(load(text, env), STATUS_OK, "%s", error.text);
}

/* The line is among what is told. */
static inline void
expect_error(const char *text, const char *const *env, const char *expected)
{
    static const struct config zeros;
    static struct config_errors errors;
    struct config_source source = {.file = "test.yaml",
                                   .text = text,
                                   .text_size = text == NULL ? 0 : strlen(text),
                                   .environ = env};
    bool is_told = false;
    memset(&config, 0x5a, sizeof config);
    cr_expect_eq(config_load_all(&source, &config, &errors), STATUS_INVALID, "accepted: %s", text);
    for (uint32_t i = 0; i < config_errors_kept(&errors); i++)
        is_told = is_told || strcmp(errors.of[i].text, expected) == 0;
    cr_expect(is_told, "%s\nis not told; the first is\n%s", expected, errors.of[0].text);
    cr_expect_eq(memcmp(&config, &zeros, sizeof config), 0, "half applied: %s", text);
}

static inline char *
print(const struct config *from)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    config_print(from, NULL, to);
    fclose(to);
    return text;
}

static inline void
expect_print_loads_the_same(const struct config *from)
{
    static struct config same;
    memcpy(&same, from, sizeof same);
    char *text = print(&same);
    load_ok(text, NULL);
    cr_assert_eq(memcmp(&same, &config, sizeof same), 0, "printed, not the same again:\n%s", text);
    free(text);
}
