/* test_family.c - tests of family
 * SPDX-License-Identifier: ISC
 */
#include "exporter/family.h"

#include <criterion/criterion.h>
#include <string.h>

static struct http_reply reply;

static void
expect(bool is_open, enum family_row row, const char *wanted)
{
    const struct family_out out = {.reply = &reply, .is_open = is_open};
    http_reply_begin(&reply, 200, HTTP_REPLY_PLAIN);
    family_one(&out, row, 7);
    cr_expect_str_eq(reply.body, wanted);
}

Test(family, a_counter_has_its_end_where_each_format_wants_it)
{
    expect(false, FAMILY_RELOADS,
           "# HELP penstock_reloads_refused_total configurations that were refused at a reload\n"
           "# TYPE penstock_reloads_refused_total counter\npenstock_reloads_refused_total 7\n");
    expect(true, FAMILY_RELOADS,
           "# HELP penstock_reloads_refused configurations that were refused at a reload\n"
           "# TYPE penstock_reloads_refused counter\npenstock_reloads_refused_total 7\n");
    expect(
        true, FAMILY_LANES,
        "# HELP penstock_lanes lanes configured\n# TYPE penstock_lanes gauge\npenstock_lanes 7\n");
}

Test(family, times_are_shown_in_seconds)
{
    const struct family_out out = {.reply = &reply};
    http_reply_begin(&reply, 200, HTTP_REPLY_PLAIN);
    family_seconds(&out, family_of(FAMILY_RTT), "{upstream=\"north\"}", 12000034);
    cr_expect_str_eq(reply.body, "penstock_upstream_rtt_seconds{upstream=\"north\"} 12.000034\n");
}

Test(family, each_row_has_a_line_in_the_reference)
{
    http_reply_begin(&reply, 200, HTTP_REPLY_PLAIN);
    family_describe(&reply, family_of(FAMILY_LANES));
    cr_expect_str_eq(reply.body, "| `penstock_lanes` | gauge |  | lanes configured |\n");
}
