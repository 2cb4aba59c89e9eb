/* test_attest_judge.c - tests of attest_judge
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_judge.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static json_t *
process(const char *role)
{
    json_t *made =
        json_pack("{s:s, s:[i,i], s:[i,i], s:[], s:{s:s, s:s}, s:i, s:i, s:i, s:b, s:b, "
                  "s:{s:[s,s]}, s:{s:i}, s:{s:s, "
                  "s:s}, s:{}, s:{}}",
                  "role", role, "uids", 7, 7, "gids", 7, 7, "groups", "capabilities", "effective",
                  "0000000000000000", "bounding", "0000000000000400", "no_new_privs", 1,
                  "seccomp_mode", 2, "threads", 1, "dumpable", 0, "filter_is_loaded", 1, "limits",
                  "core_bytes", "0", "0", "descriptors", "epoll", 1, "executable", "path", "/x",
                  "on_disk", "the same", "libraries", "not_read");
    cr_assert_not_null(made);
    return made;
}

static json_t *
document(void)
{
    json_t *made =
        json_pack("{s:{s:o, s:o, s:o}, s:{s:i, s:{s:{s:s, s:i}}}, s:{s:b}, s:{}}", "processes",
                  "supervisor", process("supervisor"), "front-0", process("front"), "worker-0",
                  process("worker"), "service", "lanes", 1, "upstreams", "first", "state", "usable",
                  "certificate_days", 90, "configuration", "file_is_loaded", 1, "not_read");
    cr_assert_not_null(made);
    return made;
}

static json_t *
worker_of(const json_t *made)
{
    return json_object_get(json_object_get(made, "processes"), "worker-0");
}

/* What one change makes of it: exactly one finding, with these words. Takes the document. */
static void
expect(json_t *made, const char *words)
{
    json_t *found = attest_judge_findings(made);
    char *text = json_dumps(found, 0);
    cr_expect_eq(json_array_size(found), 1, "%s", text);
    cr_expect_not_null(strstr(text, words), "%s", text);
    free(text);
    json_decref(found);
    json_decref(made);
}

static void
expect_of(const char *member, json_t *value, const char *words)
{
    json_t *made = document();
    json_object_set_new(worker_of(made), member, value);
    expect(made, words);
}

Test(attest_judge, finds_nothing_where_nothing_is_too_much)
{
    json_t *made = document(), *found = attest_judge_findings(made);
    cr_expect_eq(json_array_size(found), 0);
    json_decref(found);
    json_decref(made);
}

Test(attest_judge, finds_each_surplus_of_a_process)
{
    expect_of("uids", json_pack("[i,i]", 7, 0), "worker-0: runs as user 0");
    expect_of("gids", json_pack("[i]", 0), "runs as group 0");
    expect_of("groups", json_pack("[i]", 4), "supplementary group 4");
    expect_of("capabilities", json_pack("{s:s}", "effective", "0000000000000400"),
              "effective capabilities");
    expect_of("capabilities", json_pack("{s:s}", "bounding", "0000000000000401"),
              "bounding capabilities");
    expect_of("no_new_privs", json_integer(0), "no_new_privs is 0, not 1");
    expect_of("seccomp_mode", json_integer(0), "seccomp_mode is 0, not 2");
    expect_of("threads", json_integer(2), "threads is 2");
    expect_of("dumpable", json_true(), "dumpable");
    expect_of("filter_is_loaded", json_false(), "none is the one of this build");
    expect_of("limits", json_pack("{s:[s,s]}", "core_bytes", "0", "unlimited"), "core files");
    expect_of("executable", json_pack("{s:s, s:s}", "path", "/x", "on_disk", "deleted"),
              "on disk it is deleted");
    expect_of("libraries", json_pack("{s:{s:s, s:s}}", "l", "file", "/l", "on_disk", "another"),
              "/l is mapped");
    expect_of("descriptors", json_pack("{s:i}", "file", 1),
              "1 descriptors of kind \\\"file\\\", 0 allowed");
    expect_of("descriptors", json_pack("{s:i}", "epoll", 2),
              "2 descriptors of kind \\\"epoll\\\", 1 allowed");
}

Test(attest_judge, what_was_not_read_is_a_finding)
{
    expect_of("not_read", json_pack("{s:s}", "executable", "Permission denied"),
              "executable could not be read: Permission denied");
}

Test(attest_judge, finds_a_process_too_many_and_one_too_few)
{
    json_t *made = document();
    json_object_set_new(json_object_get(made, "processes"), "unknown-0", process("unknown"));
    expect(made, "of no known role");
    made = document();
    json_object_del(json_object_get(made, "processes"), "front-0");
    expect(made, "0 of 1 lanes have a front");
}

Test(attest_judge, finds_what_the_service_says)
{
    json_t *made = document();
    json_t *upstream =
        json_object_get(json_object_get(json_object_get(made, "service"), "upstreams"), "first");
    json_object_set_new(upstream, "certificate_days",
                        json_integer(ATTEST_JUDGE_CERTIFICATE_DAYS - 1));
    expect(made, "upstream first: its certificate ends within 14 days");
    made = document();
    json_object_set_new(json_object_get(made, "configuration"), "file_is_loaded", json_false());
    expect(made, "values that are not in force");
}
