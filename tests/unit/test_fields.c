/* test_fields.c - rows of fields: what is written reads back, and nothing else is read
 * SPDX-License-Identifier: ISC
 */
#include "ipc/fields.h"

#include <criterion/criterion.h>
#include <string.h>

struct sample {
    uint32_t number, power;
    uint8_t small;
    char text[6];
};

static const struct field row[] = {
    FIELDS_ROW(sample, FIELD_NUMBER, number, 5, 9)
        FIELDS_ROW(sample, FIELD_POWER_OF_TWO, power, 0, UINT32_MAX)
            FIELDS_ROW(sample, FIELD_NUMBER, small, 0, UINT32_MAX)
                FIELDS_ROW(sample, FIELD_TEXT, text, 0, 0){0},
};

static const struct sample good = {7, 64, 200, "abcd"};
static uint8_t bytes[32];
static size_t size;

static bool
reads(void)
{
    struct sample got = {0};
    return fields_decode(row, bytes, size, 0, &got) && memcmp(&got, &good, sizeof got) == 0;
}

static void
write_good(void)
{
    size = fields_encode(row, 0x1234, &good, bytes, sizeof bytes);
}

Test(fields, what_is_written_reads_back)
{
    write_good();
    cr_assert_eq(size, 2 + 4 + 4 + 1 + 5);
    cr_assert_eq(fields_number(bytes, size), 0x1234);
    cr_assert(reads());
}

Test(fields, nothing_shorter_or_longer_is_read)
{
    write_good();
    size_t whole = size;
    for (size = 0; size < whole; size++)
        cr_assert_not(reads(), "%zu of %zu octets", size, whole);
    size = whole + 1;
    bytes[whole] = 0;
    cr_assert_not(reads());
    cr_assert_eq(fields_number(bytes, 1), 0);
}

Test(fields, values_out_of_bounds_are_refused)
{
    write_good();
    bytes[5] = 4;
    cr_assert_not(reads());
    bytes[5] = 10;
    cr_assert_not(reads());
    write_good();
    bytes[9] = 65;
    cr_assert_not(reads());
}

Test(fields, a_text_is_cut_to_its_room_and_made_harmless)
{
    struct sample got = {0}, bad = good;
    memcpy(bad.text, "a\x1b[\x7f", 5);
    size = fields_encode(row, 1, &bad, bytes, sizeof bytes);
    cr_assert(fields_decode(row, bytes, size, 0, &got));
    cr_assert_str_eq(got.text, "a?[?");
}
