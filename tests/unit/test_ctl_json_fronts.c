/* test_ctl_json_fronts.c - tests of ctl_json_fronts
 * SPDX-License-Identifier: ISC
 *
 * That the documents are as their schemas say, tests/integration/test_ctl.py shows.
 */
#include "ctl/ctl_json_fronts.h"

#include "lane/why.h"

#include "json_scene.h"

Test(ctl_json_fronts, lanes_that_told_something_are_told_of)
{
    static struct ctl_fronts_limits limits;
    limits.has_report[2] = true;
    limits.of_lane[2] = (struct limits_report){.source = LIMITS_ALLOWED,
                                               .mode = LIMITS_ENFORCED,
                                               .waiting = 3,
                                               .refused_s = 5,
                                               .refused_why = WHY_ACL};
    json_t *root = parse(ctl_json_fronts_limits(&limits, "192.0.2.1"));
    json_t *lanes = json_object_get(root, "lanes"), *lane = json_array_get(lanes, 0);
    cr_assert_eq(json_array_size(lanes), 1);
    cr_expect_eq(json_integer_value(json_object_get(lane, "lane")), 2);
    cr_expect_eq(json_integer_value(json_object_get(lane, "waiting")), 3);
    cr_expect_eq(json_integer_value(json_object_get(lane, "refused_ago_s")), 4);
    cr_expect_str_eq(json_string_value(json_object_get(lane, "refused_why")), "acl");
    json_decref(root);
}

Test(ctl_json_fronts, a_number_that_names_nothing_is_null)
{
    static struct ctl_fronts_limits limits;
    limits.has_report[0] = true;
    limits.of_lane[0] = (struct limits_report){
        .source = UINT32_MAX, .mode = UINT32_MAX, .refused_s = 1, .refused_why = UINT32_MAX};
    json_t *root = parse(ctl_json_fronts_limits(&limits, "192.0.2.1"));
    json_t *lane = json_array_get(json_object_get(root, "lanes"), 0);
    cr_expect(json_is_null(json_object_get(lane, "source")));
    cr_expect(json_is_null(json_object_get(lane, "rates")));
    cr_expect(json_is_null(json_object_get(lane, "refused_why")));
    json_decref(root);
}

Test(ctl_json_fronts, networks_stand_under_what_they_did)
{
    static struct ctl_fronts_networks networks = {.count = 2, .sampled = 16, .span_s = 60};
    for (unsigned i = 0; i < 2; i++)
        networks.rows[i] = (struct ctl_fronts_network){
            .kind = i == 0 ? NETWORKS_QUERIES : NETWORKS_REFUSALS,
            .lane = i,
            .network = {.addr = {.family = ADDR_IPV4, .bytes = {192, 0, 2, 0}}, .length = 24},
            .rate_milli = 2500};
    json_t *root = parse(ctl_json_fronts_networks(&networks));
    json_t *refusals = json_object_get(root, "refusals"), *row = json_array_get(refusals, 0);
    cr_expect_eq(json_array_size(json_object_get(root, "queries")), 1);
    cr_assert_eq(json_array_size(refusals), 1);
    cr_expect_str_eq(json_string_value(json_object_get(row, "network")), "192.0.2.0/24");
    cr_expect_eq(json_integer_value(json_object_get(row, "lane")), 1);
    cr_expect_float_eq(json_real_value(json_object_get(row, "per_s")), 2.5, 1e-9);
    json_decref(root);
}
