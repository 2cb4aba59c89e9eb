/* test_attest_judge.c - tests of attest_judge
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_judge.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE "0000000000000000"

static json_t *
process(const char *role)
{
    char path[64];
    bool is_supervisor = strcmp(role, "supervisor") == 0;
    snprintf(path, sizeof path, "/usr/sbin/penstock%s%s", is_supervisor ? "" : "-",
             is_supervisor ? "" : role);
    json_t *made = json_pack(
        "{s:s, s:[i,i], s:[i,i], s:[], s:{s:s, s:s, s:s, s:s, s:s}, s:i, s:i, s:i, s:b, s:b, "
        "s:{s:[s,s]}, s:{s:i}, s:{s:s, s:s}, s:{}, s:{s:{s:b}, s:{s:b}}, s:{}, s:{s:i, s:i, s:i}, "
        "s:s}",
        "role", role, "uids", 7, 7, "gids", 7, 7, "groups", "capabilities", "ambient", NONE,
        "bounding", "0000000000000400", "effective", NONE, "inheritable", NONE, "permitted", NONE,
        "no_new_privs", 1, "seccomp_mode", 2, "threads", 1, "dumpable", 0, "filter_is_loaded", 1,
        "limits", "core_bytes", "0", "0", "descriptors", "epoll", 1, "executable", "path", path,
        "on_disk", "the same", "libraries", "namespaces", "net", "of_supervisor", 0, "ipc",
        "of_supervisor", 0, "not_read", "code", "writable_kib", 0, "anonymous_kib", 0,
        "changed_kib", 0, "belongs_as", is_supervisor ? "itself" : "child");
    cr_assert_not_null(made);
    return made;
}

static json_t *
document(void)
{
    json_t *made = json_pack(
        "{s:{s:o, s:o, s:o}, s:{s:i, s:{s:{s:s, s:i, s:[{}], s:{s:s, s:s, s:s}}}}, "
        "s:{s:s, s:s, s:s, s:s, s:b}, s:{}}",
        "processes", "supervisor", process("supervisor"), "front-0", process("front"), "worker-0",
        process("worker"), "service", "lanes", 1, "upstreams", "first", "state", "usable",
        "certificate_days", 90, "chain", "tls", "version", "1.3", "cipher_suite", "0x1301", "group",
        "x25519", "configuration", "file", "/f", "file_sha256", "1", "hash_of_file", "2",
        "hash_in_force", "2", "file_is_loaded", 1, "not_read");
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

static json_t *
capabilities(const char *set, const char *bits)
{
    json_t *whole = document();
    json_t *made = json_copy(json_object_get(worker_of(whole), "capabilities"));
    json_object_set_new(made, set, json_string(bits));
    json_decref(whole);
    return made;
}

static void
expect_without(json_t *made, json_t *of, const char *member, const char *words)
{
    cr_assert_eq(json_object_del(of, member), 0, "%s", member);
    expect(made, words);
}

Test(attest_judge, what_is_missing_is_a_finding)
{
    static const char *const whole[] = {"processes", "configuration", "service"};
    static const char *const of_process[] = {
        "uids",         "gids",       "groups",    "capabilities",     "no_new_privs",
        "seccomp_mode", "threads",    "dumpable",  "filter_is_loaded", "limits",
        "descriptors",  "executable", "libraries", "namespaces",       "code"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        json_t *made = document();
        expect_without(made, made, whole[i], "is missing");
    }
    for (size_t i = 0; i < sizeof of_process / sizeof of_process[0]; i++) {
        json_t *made = document();
        expect_without(made, worker_of(made), of_process[i], "is missing");
        expect_of(of_process[i], json_null(), "is missing");
    }
    json_t *made = document();
    expect_without(made, json_object_get(made, "service"), "upstreams", "upstreams is missing");
    made = document();
    expect_without(made, json_object_get(made, "configuration"), "file_is_loaded",
                   "file_is_loaded is missing");
    made = document();
    expect_without(made, json_object_get(made, "processes"), "supervisor", "no supervisor");
    made = document();
    expect_without(made, json_object_get(worker_of(made), "capabilities"), "ambient",
                   "ambient is missing");
    expect_of("uids", json_array(), "uids is missing");
    expect_of("limits", json_object(), "limits.core_bytes is missing");
    expect_of("executable", json_pack("{s:s}", "path", "/x/penstock-worker"),
              "executable.on_disk is missing");
}

Test(attest_judge, of_a_worker_without_namespaces_there_is_a_note)
{
    json_t *made = document(), *notes = attest_judge_notes(made);
    cr_expect_eq(json_array_size(notes), 0);
    json_decref(notes);
    json_object_set_new(
        worker_of(made), "namespaces",
        json_pack("{s:{s:b}, s:{s:b}}", "net", "of_supervisor", 1, "ipc", "of_supervisor", 1));
    notes = attest_judge_notes(made);
    cr_assert_eq(json_array_size(notes), 1);
    cr_expect_str_eq(json_string_value(json_array_get(notes, 0)),
                     "worker-0: lives in namespaces of the supervisor: net, ipc");
    json_decref(notes);
    notes = attest_judge_findings(made);
    cr_expect_eq(json_array_size(notes), 0);
    json_decref(notes);
    json_decref(made);
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
    expect_of("capabilities", capabilities("effective", "0000000000000400"),
              "effective capabilities");
    expect_of("capabilities", capabilities("bounding", "0000000000000401"),
              "bounding capabilities");
    expect_of("no_new_privs", json_integer(0), "no_new_privs is 0, not 1");
    expect_of("seccomp_mode", json_integer(0), "seccomp_mode is 0, not 2");
    expect_of("threads", json_integer(2), "threads is 2");
    expect_of("dumpable", json_true(), "dumpable");
    expect_of("filter_is_loaded", json_false(), "none is the one of this build");
    expect_of("limits", json_pack("{s:[s,s]}", "core_bytes", "0", "unlimited"), "core files");
    expect_of("executable",
              json_pack("{s:s, s:s}", "path", "/x/penstock-worker", "on_disk", "deleted"),
              "on disk it is deleted");
    expect_of("executable", json_pack("{s:s, s:s}", "path", "/bin/sh", "on_disk", "the same"),
              "executes /bin/sh, which is no worker");
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

Test(attest_judge, finds_code_that_is_not_as_its_files_have_it)
{
    expect_of("code",
              json_pack("{s:i, s:i, s:i}", "writable_kib", 4, "anonymous_kib", 0, "changed_kib", 0),
              "worker-0: 4 KiB of memory can be both written and executed");
    expect_of("code",
              json_pack("{s:i, s:i, s:i}", "writable_kib", 0, "anonymous_kib", 8, "changed_kib", 0),
              "worker-0: 8 KiB of memory of no file is executed");
    expect_of(
        "code",
        json_pack("{s:i, s:i, s:i}", "writable_kib", 0, "anonymous_kib", 0, "changed_kib", 12),
        "worker-0: 12 KiB of code is not as its file has it");
    expect_of("code", json_pack("{s:i, s:i}", "writable_kib", 0, "changed_kib", 0),
              "code.anonymous_kib is missing");
}

Test(attest_judge, a_usable_upstream_has_shown_what_it_is)
{
    static const char *const parts[] = {"tls", "chain"};
    for (size_t i = 0; i < 2; i++) {
        json_t *made = document();
        json_t *upstream = json_object_get(
            json_object_get(json_object_get(made, "service"), "upstreams"), "first");
        json_object_set_new(upstream, parts[i], json_null());
        expect(made, "upstream first: ");
    }
    json_t *made = document();
    json_t *upstream =
        json_object_get(json_object_get(json_object_get(made, "service"), "upstreams"), "first");
    expect_without(made, json_object_get(upstream, "tls"), "group", "group is missing");
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
