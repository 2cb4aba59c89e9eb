/* test_attest_later.c - tests of attest_later
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_later.h"

#include "attest/attest_elf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static uint8_t head[ATTEST_ELF_HEAD_BYTES];
static const uint8_t sum[32] = {1}, other_sum[32] = {2};

static size_t
read_self(void)
{
    FILE *file = fopen("/proc/self/exe", "r");
    cr_assert_not_null(file);
    size_t size = fread(head, 1, sizeof head, file);
    fclose(file);
    return size;
}

Test(attest_later, rows_are_completed_once_all_are_known)
{
    size_t size = read_self();
    json_t *first = json_pack("{s:n}", "build_id"), *second = json_deep_copy(first);
    json_t *none = json_deep_copy(first), *libraries = json_object();
    cr_assert(attest_later_add(first, libraries, sum, head, size));
    cr_assert(attest_later_add(second, NULL, sum, "something else, never read", 4));
    cr_assert(attest_later_add(none, NULL, other_sum, "no executable", 13));
    cr_expect(json_is_null(json_object_get(first, "build_id")), "nothing was looked into yet");
    attest_later_read();
    cr_expect(json_is_string(json_object_get(first, "build_id")));
    cr_expect(json_equal(json_object_get(first, "build_id"), json_object_get(second, "build_id")));
    cr_expect(json_is_null(json_object_get(none, "build_id")));
    attest_later_read();
    cr_expect(json_is_string(json_object_get(first, "build_id")), "and nothing is kept");
    json_decref(first);
    json_decref(second);
    json_decref(none);
    json_decref(libraries);
}

Test(attest_later, what_has_no_room_is_refused)
{
    json_t *row = json_object();
    uint8_t number[32] = {0};
    for (unsigned i = 0; i < ATTEST_LATER_FILES_MOST; i++) {
        number[0] = (uint8_t)i;
        cr_assert(attest_later_add(row, NULL, number, "x", 1), "%u", i);
    }
    number[1] = 1;
    cr_expect_not(attest_later_add(row, NULL, number, "x", 1), "one file too many");
    for (unsigned i = ATTEST_LATER_FILES_MOST; i < ATTEST_LATER_ROWS_MOST; i++)
        cr_assert(attest_later_add(row, NULL, sum, "x", 1), "%u", i);
    cr_expect_not(attest_later_add(row, NULL, sum, "x", 1), "one row too many");
    attest_later_forget();
    cr_expect(attest_later_add(row, NULL, sum, "x", 1));
    attest_later_forget();
    json_decref(row);
}
