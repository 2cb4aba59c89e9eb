/* test_ctl_value.c - tests of ctl_value
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_value.h"

#include "view/number.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void
expect(json_t *value, const char *wanted)
{
    char *text = ctl_value_dump(json_pack("[o]", value), JSON_COMPACT);
    cr_expect_str_eq(text, wanted);
    free(text);
}

Test(ctl_value, what_was_not_read_is_null)
{
    expect(ctl_value_whole(NUMBER_NONE), "[null]");
    expect(ctl_value_rate(NUMBER_NONE), "[null]");
    expect(ctl_value_percent(NUMBER_NONE), "[null]");
    expect(ctl_value_ms(NUMBER_NONE), "[null]");
    expect(ctl_value_times(1000, NUMBER_NONE, 0), "[{\"p50\":1.0,\"p90\":null,\"p99\":0.0}]");
}

Test(ctl_value, parts_become_the_unit)
{
    expect(ctl_value_rate(412500), "[412.5]");
    expect(ctl_value_percent(9996), "[99.96]");
    expect(ctl_value_ms(41), "[0.041]");
    expect(ctl_value_part(3, 4), "[0.75]");
}

Test(ctl_value, a_number_that_json_has_no_room_for_is_not_negative)
{
    expect(ctl_value_whole(UINT64_MAX - 1), "[9223372036854775806]");
}
