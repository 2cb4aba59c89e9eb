/* attest_judge.c - what of an attestation is a finding, whoever runs it
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_judge.h"

#include "attest/attest_descriptors.h"
#include "attest/attest_role.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 512
#define BIND_ONLY      "0000000000000400" /* CAP_NET_BIND_SERVICE: what a start without root has */
#define NO_CAPABILITY  "0000000000000000"

/* Of jansson, whose lookups take what they do not change as not const. */
static json_t *
member(const json_t *object, const char *name)
{
    return json_object_get(object, name);
}

static const char *
text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(member(object, name));
    return text == NULL ? "" : text;
}

static void __attribute__((format(printf, 3, 4)))
find(json_t *findings, const char *where, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    int used = snprintf(line, sizeof line, "%.100s: ", where);
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, sizeof line - (size_t)used, format, args);
    va_end(args);
    json_t *text = json_string(line);
    json_array_append_new(findings,
                          text != NULL ? text : json_string("a finding that is not UTF-8"));
}

/* What is null was not read, and "not_read" says why. */
static void
judge_unread(json_t *findings, const char *where, const json_t *object)
{
    const char *name;
    json_t *why;
    json_object_foreach(member(object, "not_read"), name, why)
        find(findings, where, "%s could not be read: %s", name, json_string_value(why));
}

static void
judge_account(json_t *findings, const char *where, const json_t *process)
{
    size_t i;
    json_t *id;
    const char *set;
    static const char *const kinds[][2] = {{"uids", "user"}, {"gids", "group"}};
    for (size_t kind = 0; kind < 2; kind++)
        json_array_foreach(member(process, kinds[kind][0]), i, id) if (json_integer_value(id) == 0)
        {
            find(findings, where, "runs as %s 0", kinds[kind][1]);
            break;
        }
    json_array_foreach(member(process, "groups"), i, id) find(
        findings, where, "has the supplementary group %lld", (long long)json_integer_value(id));
    json_object_foreach(member(process, "capabilities"), set, id)
    {
        const char *bits = json_string_value(id);
        bool is_allowed = strcmp(bits, NO_CAPABILITY) == 0 ||
                          (strcmp(set, "bounding") == 0 && strcmp(bits, BIND_ONLY) == 0);
        if (!is_allowed)
            find(findings, where, "has %s capabilities %s", set, bits);
    }
}

static void
judge_number(json_t *findings, const char *where, const json_t *process, const char *name,
             json_int_t wanted)
{
    const json_t *number = member(process, name);
    if (json_is_integer(number) && json_integer_value(number) != wanted)
        find(findings, where, "%s is %lld, not %lld", name, (long long)json_integer_value(number),
             (long long)wanted);
}

/* Further filters only forbid more: the one of this build must be among them. */
static void
judge_filter(json_t *findings, const char *where, const json_t *process)
{
    if (json_is_false(member(process, "filter_is_loaded")))
        find(findings, where, "of %zu loaded filters none is the one of this build, %.16s...",
             json_array_size(member(process, "filters_loaded")),
             text_of(process, "filter_of_this_build"));
}

static void
judge_file(json_t *findings, const char *where, const json_t *file, const char *path)
{
    const char *is = text_of(file, "on_disk");
    if (is[0] != '\0' && strcmp(is, "the same") != 0 &&
        strcmp(is, "another file of the same octets") != 0)
        find(findings, where, "%.200s is mapped, and on disk it is %s", path, is);
}

static void
judge_files(json_t *findings, const char *where, const json_t *process)
{
    const char *name;
    json_t *library;
    const json_t *executable = member(process, "executable");
    judge_file(findings, where, executable, text_of(executable, "path"));
    json_object_foreach(member(process, "libraries"), name, library)
        judge_file(findings, where, library, text_of(library, "file"));
}

static void
judge_descriptors(json_t *findings, const char *where, const json_t *process, unsigned lanes)
{
    enum attest_role role = attest_role_named(text_of(process, "role"));
    const char *kind;
    json_t *count;
    if (role == ATTEST_ROLES)
        return; /* it should not be there at all */
    json_object_foreach(member(process, "descriptors"), kind, count)
    {
        uint64_t most = attest_descriptors_most(role, kind, lanes);
        uint64_t has = (uint64_t)json_integer_value(count);
        if (has > most)
            find(findings, where, "has %llu descriptors of kind \"%.60s\", %llu allowed",
                 (unsigned long long)has, kind, (unsigned long long)most);
    }
}

static void
judge_limits(json_t *findings, const char *where, const json_t *process)
{
    size_t i;
    json_t *value;
    json_array_foreach(member(member(process, "limits"), "core_bytes"), i,
                       value) if (strcmp(json_string_value(value), "0") != 0)
    {
        find(findings, where, "may write core files");
        break;
    }
    if (json_is_true(member(process, "dumpable")))
        find(findings, where, "is dumpable: its memory may be read by its account");
}

static void
judge_process(json_t *findings, const char *where, const json_t *process, unsigned lanes)
{
    if (attest_role_named(text_of(process, "role")) == ATTEST_ROLES)
        find(findings, where, "is a child of the supervisor and of no known role");
    judge_unread(findings, where, process);
    judge_account(findings, where, process);
    judge_number(findings, where, process, "no_new_privs", 1);
    judge_number(findings, where, process, "seccomp_mode", 2);
    judge_number(findings, where, process, "threads", 1);
    judge_filter(findings, where, process);
    judge_limits(findings, where, process);
    judge_files(findings, where, process);
    judge_descriptors(findings, where, process, lanes);
}

static void
judge_upstreams(json_t *findings, const json_t *service)
{
    const char *name;
    json_t *upstream;
    json_object_foreach(member(service, "upstreams"), name, upstream)
    {
        const json_t *days = member(upstream, "certificate_days");
        char where[128];
        snprintf(where, sizeof where, "upstream %.64s", name);
        if (json_is_integer(days) && json_integer_value(days) < ATTEST_JUDGE_CERTIFICATE_DAYS)
            find(findings, where, "its certificate ends within %lld days",
                 (long long)json_integer_value(days) + 1);
        if (strcmp(text_of(upstream, "state"), "refused") == 0)
            find(findings, where, "it is refused: %s", text_of(upstream, "cause"));
    }
}

json_t *
attest_judge_findings(const json_t *document)
{
    json_t *findings = json_array();
    const json_t *service = member(document, "service");
    const json_t *configuration = member(document, "configuration");
    const char *name;
    json_t *process;
    unsigned lanes = (unsigned)json_integer_value(member(service, "lanes")),
             found[ATTEST_ROLES + 1] = {0};
    judge_unread(findings, "document", document);
    json_object_foreach(member(document, "processes"), name, process)
    {
        judge_process(findings, name, process, lanes == 0 ? 1 : lanes);
        found[attest_role_named(text_of(process, "role"))]++;
    }
    for (enum attest_role role = ATTEST_FRONT; json_is_object(service) && role <= ATTEST_WORKER;
         role++)
        if (found[role] < lanes)
            find(findings, "processes", "%u of %u lanes have a %s", found[role], lanes,
                 attest_role_name(role));
    if (json_is_object(configuration)) {
        judge_unread(findings, "configuration", configuration);
        if (json_is_false(member(configuration, "file_is_loaded")))
            find(findings, "configuration",
                 "%s has values that are not in force: reload, or mend it",
                 text_of(configuration, "file"));
    }
    judge_upstreams(findings, service);
    return findings;
}
