/* test_tls_library.c - which versions are warned of
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/tls_library.h"

#include <criterion/criterion.h>
#include <string.h>

static unsigned
warnings(uint32_t versions, const char *library)
{
    static struct config config;
    char text[512] = "";
    config.tls_versions = versions;
    FILE *to = fmemopen(text, sizeof text, "w");
    unsigned count = tls_library_warnings(&config, library, to);
    fclose(to);
    cr_assert_eq(count, strstr(text, "CVE-2026-115490") != NULL);
    cr_assert_eq(count, strstr(text, library) != NULL && *text != '\0');
    return count;
}

Test(tls_library, an_old_one_is_warned_of_where_both_versions_are_allowed)
{
    static const char *const old[] = {"Mbed TLS 3.6.6", "Mbed TLS 3.6.7", "Mbed TLS 3.5.9",
                                      "Mbed TLS 2.28.10"};
    static const char *const mended[] = {"Mbed TLS 3.6.8", "Mbed TLS 3.6.10", "Mbed TLS 3.7.0",
                                         "Mbed TLS 4.0.0"};
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_eq(warnings(CONFIG_TLS12 | CONFIG_TLS13, old[i]), 1, "%s", old[i]);
        cr_expect_eq(warnings(CONFIG_TLS13, old[i]), 0, "%s", old[i]);
        cr_expect_eq(warnings(CONFIG_TLS12, old[i]), 0, "%s", old[i]);
        cr_expect_eq(warnings(CONFIG_TLS12 | CONFIG_TLS13, mended[i]), 0, "%s", mended[i]);
    }
}

Test(tls_library, what_is_no_version_is_none)
{
    static const char *const odd[] = {"",     "3", "Mbed TLS", "Mbed TLS x.y.z", "Mbed TLS 3.6",
                                      " . . "};
    for (unsigned i = 0; i < 6; i++)
        cr_expect_eq(warnings(CONFIG_TLS12 | CONFIG_TLS13, odd[i]), 0, "%s", odd[i]);
}

Test(tls_library, what_this_was_built_with_has_a_version)
{
    cr_expect(strncmp(tls_library_built(), "Mbed TLS 3.", 11) == 0, "%s", tls_library_built());
}
