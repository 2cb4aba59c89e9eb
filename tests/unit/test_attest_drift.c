/* test_attest_drift.c - tests of attest_drift
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_drift.h"

#include <criterion/criterion.h>

static void
expect(const char *was, const char *is, const char *wanted)
{
    json_t *before = json_loads(was, 0, NULL), *now = json_loads(is, 0, NULL);
    json_t *lines = attest_drift_lines(before, now), *all = json_loads(wanted, 0, NULL);
    cr_assert(before != NULL && now != NULL && all != NULL);
    char *text = json_dumps(lines, 0);
    cr_expect(json_equal(lines, all), "%s", text);
    free(text);
    json_decref(before);
    json_decref(now);
    json_decref(lines);
    json_decref(all);
}

#define EXPECTED(...)                                                                              \
    attest_drift_is_expected((const char *const[]){__VA_ARGS__},                                   \
                             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

Test(attest_drift, names_what_changed_came_and_went)
{
    expect("{\"a\": {\"b\": 1, \"c\": [1, 2]}, \"d\": \"x\"}",
           "{\"a\": {\"b\": 2, \"c\": [1]}, \"e\": null}",
           "[\"a.b: was 1, is 2\", \"a.c.1: was 2, is absent\", \"d: was \\\"x\\\", is absent\","
           " \"e: was absent, is null\"]");
    expect("{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 1}}", "[]");
}

Test(attest_drift, leaves_out_what_changes_by_itself_and_nothing_beside_it)
{
    expect("{\"time\": 1, \"processes\": {\"front-0\": {\"pid\": 5, \"uids\": [7]}}}",
           "{\"time\": 2, \"processes\": {\"front-0\": {\"pid\": 6, \"uids\": [8]}}}",
           "[\"processes.front-0.uids.0: was 7, is 8\"]");
    cr_expect(EXPECTED("service", "counters", "ends", "answered"));
    cr_expect_not(EXPECTED("service", "upstreams", "first", "certificate_ends"));
    cr_expect_not(EXPECTED("processes", "front-0", "pid", "more"));
}

Test(attest_drift, holds_the_number_of_descriptors_but_of_kinds_that_vary)
{
    cr_expect(EXPECTED("processes", "worker-0", "descriptors", "tcp connected"));
    cr_expect_not(EXPECTED("processes", "worker-0", "descriptors", "file"));
    cr_expect_not(EXPECTED("processes", "worker-0", "descriptors", "epoll"));
}

Test(attest_drift, takes_a_name_with_dots_for_one_name)
{
    expect("{\"service\": {\"upstreams\": {}}}",
           "{\"service\": {\"upstreams\": {\"evil.state\": {\"pins\": 1}}}}",
           "[\"service.upstreams.\\\"evil.state\\\": was absent, is {\\\"pins\\\":1}\"]");
    expect("{\"service\": {\"upstreams\": {\"dns.google\": {\"connections\": 1, \"pins\": 1}}}}",
           "{\"service\": {\"upstreams\": {\"dns.google\": {\"connections\": 2, \"pins\": 2}}}}",
           "[\"service.upstreams.\\\"dns.google\\\".pins: was 1, is 2\"]");
    cr_expect_not(EXPECTED("processes.front-0", "pid"));
    cr_expect_not(EXPECTED("processes", "worker-0.descriptors.tcp connected"));
}

Test(attest_drift, a_name_is_a_strangers_text_and_steers_no_terminal)
{
    expect("{\"a\\u001b]0;x\\n\": 1, \"\\u00fc\": 1}", "{}",
           "[\"??: was 1, is absent\", \"a?]0;x?: was 1, is absent\"]");
}

Test(attest_drift, a_heap_that_grows_is_locked_as_before_and_one_that_is_not_locked_is_drift)
{
    expect("{\"processes\": {\"worker-0\": {\"memory_locked_kib\": 1508}}}",
           "{\"processes\": {\"worker-0\": {\"memory_locked_kib\": 1512}}}", "[]");
    expect("{\"processes\": {\"worker-0\": {\"memory_locked_kib\": 1508}}}",
           "{\"processes\": {\"worker-0\": {\"memory_locked_kib\": 0}}}",
           "[\"processes.worker-0.memory_locked_kib: was 1508, is 0\"]");
    expect("{\"processes\": {\"worker-0\": {\"memory_locked_kib\": 0}}}",
           "{\"processes\": {\"worker-0\": {\"memory_locked_kib\": 1508}}}",
           "[\"processes.worker-0.memory_locked_kib: was 0, is 1508\"]");
}

Test(attest_drift, compares_whole_what_nests_deeper_than_a_document)
{
    json_t *was = json_integer(1), *is = json_integer(2);
    for (unsigned i = 0; i < 500; i++) {
        was = json_pack("{s:o}", "a", was);
        is = json_pack("{s:o}", "a", is);
    }
    json_t *lines = attest_drift_lines(was, is);
    cr_expect_eq(json_array_size(lines), 1);
    json_decref(lines);
    json_decref(was);
    json_decref(is);
}

Test(attest_drift, ends_in_a_baseline_that_nests_without_end)
{
    json_t *deep = json_integer(1);
    for (unsigned i = 0; i < 500; i++)
        deep = json_pack("{s:o}", "a", deep);
    json_t *empty = json_object(), *lines = attest_drift_lines(deep, empty);
    cr_expect_eq(json_array_size(lines), 1);
    json_decref(lines);
    json_decref(deep);
    json_decref(empty);
}

Test(attest_drift, an_upstream_that_was_not_asked_yet_has_shown_nothing_else)
{
    static const char was[] = "{\"service\": {\"upstreams\": {\"a\": {\"state\": \"usable\","
                              " \"tls\": {\"version\": \"1.3\"}, \"pins\": 2}}}}";
    expect(was,
           "{\"service\": {\"upstreams\": {\"a\": {\"state\": \"unasked\", \"tls\": null, "
           "\"pins\": 2}}}}",
           "[]");
    expect(was,
           "{\"service\": {\"upstreams\": {\"a\": {\"state\": \"usable\", \"tls\": null, \"pins\": "
           "2}}}}",
           "[\"service.upstreams.a.tls: was {\\\"version\\\":\\\"1.3\\\"}, is null\"]");
    expect(was, "{\"service\": {\"upstreams\": {\"a\": {\"state\": \"unasked\", \"tls\": null}}}}",
           "[\"service.upstreams.a.pins: was 2, is absent\"]");
    json_t *is = json_loads("{\"service\": {\"upstreams\": {\"a\": {\"state\": \"unasked\"}, "
                            "\"b\": {\"state\": \"usable\"}}}}",
                            0, NULL);
    json_t *notes = attest_drift_notes(is);
    cr_expect_eq(json_array_size(notes), 1);
    cr_expect_str_eq(json_string_value(json_array_get(notes, 0)),
                     "upstream a was not asked since its workers began: what it shows is not "
                     "compared");
    json_decref(notes);
    json_decref(is);
}
