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

/* What nobody has told is not well: each of these is there, or null with a reason in "not_read". */
static void
judge_parts(json_t *findings, const char *where, const json_t *object, const char *const names[])
{
    const json_t *not_read = member(object, "not_read");
    for (; *names != NULL; names++) {
        const json_t *value = member(object, *names);
        bool has_reason = json_is_null(value) && member(not_read, *names) != NULL;
        if (!has_reason && (value == NULL || json_is_null(value)))
            find(findings, where, "%s is missing", *names);
    }
}

/* What is null was not read, and "not_read" says why. */
static void
judge_unread(json_t *findings, const char *where, const json_t *object)
{
    const char *name;
    json_t *why;
    json_object_foreach(member(object, "not_read"), name, why)
        find(findings, where, "%s could not be read: %s", name,
             json_is_string(why) ? json_string_value(why) : "no reason is told");
}

static void
judge_account(json_t *findings, const char *where, const json_t *process)
{
    size_t i;
    json_t *id;
    const char *set;
    static const char *const kinds[][2] = {{"uids", "user"}, {"gids", "group"}};
    static const char *const sets[] = {"ambient",     "bounding",  "effective",
                                       "inheritable", "permitted", NULL};
    for (size_t kind = 0; kind < 2; kind++) {
        const json_t *ids = member(process, kinds[kind][0]);
        if (json_is_array(ids) && json_array_size(ids) == 0)
            find(findings, where, "%s is missing", kinds[kind][0]);
        json_array_foreach(ids, i, id) if (json_integer_value(id) == 0)
        {
            find(findings, where, "runs as %s 0", kinds[kind][1]);
            break;
        }
    }
    json_array_foreach(member(process, "groups"), i, id) find(
        findings, where, "has the supplementary group %lld", (long long)json_integer_value(id));
    if (json_is_object(member(process, "capabilities")))
        judge_parts(findings, where, member(process, "capabilities"), sets);
    json_object_foreach(member(process, "capabilities"), set, id)
    {
        const char *bits = json_is_string(id) ? json_string_value(id) : "?";
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
    const char *path = text_of(executable, "path"), *base = strrchr(path, '/');
    enum attest_role role = attest_role_named(text_of(process, "role"));
    if (json_is_object(executable) && role != ATTEST_ROLES &&
        attest_role_of(base == NULL ? path : base + 1) != role)
        find(findings, where, "executes %.200s, which is no %s", path, attest_role_name(role));
    if (json_is_object(executable) && text_of(executable, "on_disk")[0] == '\0')
        find(findings, where, "executable.on_disk is missing");
    judge_file(findings, where, executable, path);
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
    const json_t *limits = member(process, "limits"), *core = member(limits, "core_bytes");
    if (json_is_object(limits) && json_array_size(core) == 0)
        find(findings, where, "limits.core_bytes is missing");
    json_array_foreach(core, i, value) if (!json_is_string(value) ||
                                           strcmp(json_string_value(value), "0") != 0)
    {
        find(findings, where, "may write core files");
        break;
    }
    if (json_is_true(member(process, "dumpable")))
        find(findings, where, "is dumpable: its memory may be read by its account");
}

static void
judge_code(json_t *findings, const char *where, const json_t *process)
{
    static const char *const kinds[][2] = {
        {"writable_kib", "memory can be both written and executed"},
        {"anonymous_kib", "memory of no file is executed"},
        {"changed_kib", "code is not as its file has it"}};
    const json_t *code = member(process, "code");
    for (size_t i = 0; i < 3 && json_is_object(code); i++) {
        const json_t *kib = member(code, kinds[i][0]);
        if (!json_is_integer(kib))
            find(findings, where, "code.%s is missing", kinds[i][0]);
        else if (json_integer_value(kib) != 0)
            find(findings, where, "%lld KiB of %s", (long long)json_integer_value(kib),
                 kinds[i][1]);
    }
}

static void
judge_process(json_t *findings, const char *where, const json_t *process, unsigned lanes)
{
    static const char *const parts[] = {"uids",
                                        "gids",
                                        "groups",
                                        "capabilities",
                                        "no_new_privs",
                                        "seccomp_mode",
                                        "threads",
                                        "dumpable",
                                        "filter_is_loaded",
                                        "limits",
                                        "descriptors",
                                        "executable",
                                        "libraries",
                                        "namespaces",
                                        "code",
                                        NULL};
    if (attest_role_named(text_of(process, "role")) == ATTEST_ROLES)
        find(findings, where, "belongs to the service (%s) and is of no known role",
             text_of(process, "belongs_as"));
    judge_parts(findings, where, process, parts);
    judge_unread(findings, where, process);
    judge_account(findings, where, process);
    judge_number(findings, where, process, "no_new_privs", 1);
    judge_number(findings, where, process, "seccomp_mode", 2);
    judge_number(findings, where, process, "threads", 1);
    judge_filter(findings, where, process);
    judge_limits(findings, where, process);
    judge_files(findings, where, process);
    judge_code(findings, where, process);
    judge_descriptors(findings, where, process, lanes);
}

/* One that is usable has shown these in some handshake. */
static void
judge_handshake(json_t *findings, const char *where, const json_t *upstream)
{
    static const char *const parts[] = {"tls", "chain", NULL};
    static const char *const of_tls[] = {"version", "cipher_suite", "group", NULL};
    if (strcmp(text_of(upstream, "state"), "usable") != 0)
        return;
    judge_parts(findings, where, upstream, parts);
    if (json_is_object(member(upstream, "tls")))
        judge_parts(findings, where, member(upstream, "tls"), of_tls);
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
        judge_handshake(findings, where, upstream);
    }
}

static void
judge_processes(json_t *findings, const json_t *document)
{
    const char *name;
    json_t *process;
    const json_t *service = member(document, "service");
    json_int_t lanes = json_integer_value(member(service, "lanes"));
    json_int_t found[ATTEST_ROLES + 1] = {0};
    json_object_foreach(member(document, "processes"), name, process)
    {
        judge_process(findings, name, process, lanes < 1 ? 1 : (unsigned)lanes);
        found[attest_role_named(text_of(process, "role"))]++;
    }
    if (found[ATTEST_SUPERVISOR] == 0)
        find(findings, "processes", "there is no supervisor");
    for (enum attest_role role = ATTEST_FRONT; role <= ATTEST_WORKER; role++)
        if (found[role] < lanes || found[role] == 0)
            find(findings, "processes", "%lld of %lld lanes have a %s", (long long)found[role],
                 (long long)lanes, attest_role_name(role));
}

static void
judge_configuration(json_t *findings, const json_t *configuration)
{
    static const char where[] = "configuration";
    static const char *const parts[] = {"file", "file_sha256", "hash_of_file", "hash_in_force",
                                        NULL};
    const json_t *is_loaded = member(configuration, "file_is_loaded");
    judge_parts(findings, where, configuration, parts);
    judge_unread(findings, where, configuration);
    if (json_is_false(is_loaded))
        find(findings, where, "%s has values that are not in force: reload, or mend it",
             text_of(configuration, "file"));
    else if (!json_is_true(is_loaded) && json_is_string(member(configuration, "hash_of_file")))
        find(findings, where, "file_is_loaded is missing");
}

json_t *
attest_judge_findings(const json_t *document)
{
    static const char *const parts[] = {"processes", "configuration", "service", NULL};
    static const char *const of_service[] = {"lanes", "upstreams", NULL};
    json_t *findings = json_array();
    const json_t *service = member(document, "service");
    const json_t *configuration = member(document, "configuration");
    judge_parts(findings, "document", document, parts);
    judge_unread(findings, "document", document);
    if (json_is_object(member(document, "processes")))
        judge_processes(findings, document);
    if (json_is_object(configuration))
        judge_configuration(findings, configuration);
    if (json_is_object(service)) {
        judge_parts(findings, "service", service, of_service);
        judge_upstreams(findings, service);
    }
    return findings;
}

json_t *
attest_judge_notes(const json_t *document)
{
    static const char *const kinds[] = {"user", "net", "ipc", "uts", "mnt"};
    json_t *notes = json_array(), *process;
    const char *name;
    json_object_foreach(member(document, "processes"), name, process)
    {
        char shared[64] = "";
        size_t used = 0;
        if (attest_role_named(text_of(process, "role")) != ATTEST_WORKER)
            continue;
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            if (json_is_true(
                    member(member(member(process, "namespaces"), kinds[i]), "of_supervisor")))
                used += (size_t)snprintf(shared + used, sizeof shared - used, "%s%s",
                                         used == 0 ? "" : ", ", kinds[i]);
        if (used > 0)
            find(notes, name, "lives in namespaces of the supervisor: %s", shared);
    }
    return notes;
}
