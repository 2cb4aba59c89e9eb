/* ctl_audit.c - see ctl_audit.h
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_audit.h"

#include "audit/audit_key.h"
#include "ctl/ctl_file.h"
#include "ctl/ctl_jail.h"
#include "ctl/ctl_show.h"
#include "ctl/ctl_value.h"
#include "os/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SHOWN 200 /* octets of a path that are said, the last ones */

/* --- what is asked --------------------------------------------------------------------------- */

static enum status
read_key(struct ctl_audit *audit, const char *path, const char **why)
{
    char octets[AUDIT_KEY_FILE_MOST];
    size_t size = 0;
    enum status status = ctl_file_read(path, octets, sizeof octets, &size, why);
    if (status == STATUS_OK) {
        *why = "it is no key: 32 to 64 octets, or as many as a line of base64";
        status = audit_key_parse(octets, size, audit->key, &audit->key_size);
    }
    explicit_bzero(octets, sizeof octets);
    return status;
}

enum status
ctl_audit_open(struct ctl_audit *audit, const struct ctl_options_audit *options, const char **what,
               const char **why)
{
    audit->paths = options->files;
    for (unsigned i = 0; i < options->files_count; i++) {
        *what = options->files[i];
        audit->fds[i] = ctl_file_open(*what, why);
        if (audit->fds[i] < 0)
            return STATUS_INVALID;
        audit->count++;
    }
    for (unsigned i = 0; i < options->head_of_count; i++) {
        *what = options->head_of[i];
        if (ctl_file_read(*what, audit->documents[i], sizeof audit->documents[i], &audit->sizes[i],
                          why) != STATUS_OK)
            return STATUS_INVALID;
    }
    *what = options->key;
    return options->key == NULL ? STATUS_OK : read_key(audit, options->key, why);
}

/* "audit": {"head": …} of the document, or of its service. */
static bool
take_head(const char *text, size_t size, struct audit_found_head *head)
{
    json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *service = json_object_get(document, "service");
    const json_t *of = json_object_get(document, "audit");
    if (of == NULL)
        of = json_object_get(service, "audit");
    const char *has = json_string_value(json_object_get(of, "head"));
    bool is_head = has != NULL && audit_found_parse(has, head) == STATUS_OK;
    json_decref(document);
    return is_head;
}

static enum status
take_heads(struct ctl_audit *audit, const struct ctl_options_audit *options, const char **what,
           const char **why)
{
    struct audit_verify *verify = &audit->verify;
    memcpy(verify->heads, options->heads, sizeof verify->heads);
    verify->heads_count = options->heads_count;
    verify->after = options->after;
    verify->has_after = options->has_after;
    if (audit->key_size > 0) {
        verify->key = audit->key;
        verify->key_size = audit->key_size;
    }
    for (unsigned i = 0; i < options->head_of_count; i++) {
        *what = options->head_of[i];
        *why = "it is no document with the head of an audit log";
        if (!take_head(audit->documents[i], audit->sizes[i], &verify->heads[verify->heads_count++]))
            return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status
ctl_audit_judge(struct ctl_audit *audit, const struct ctl_options_audit *options, const char **what,
                const char **why)
{
    if (take_heads(audit, options, what, why) != STATUS_OK)
        return STATUS_INVALID;
    audit_verify_begin(&audit->verify);
    for (unsigned i = 0; i < audit->count; i++) {
        ssize_t got;
        while ((got = sys_read(audit->fds[i], audit->octets, sizeof audit->octets)) > 0)
            audit_verify_octets(&audit->verify, audit->octets, (size_t)got);
        *what = audit->paths[i];
        *why = got < 0 ? strerror(errno) : NULL;
        if (got < 0)
            return STATUS_SYSTEM;
        audit_verify_file_end(&audit->verify);
        sys_close(audit->fds[i]);
    }
    audit_verify_end(&audit->verify);
    explicit_bzero(audit->key, sizeof audit->key);
    return STATUS_OK;
}

/* --- what is said ---------------------------------------------------------------------------- */

/* A name of a file may have any octets. */
static const char *
say_path(const char *path, char text[PATH_SHOWN + 1])
{
    size_t size = strlen(path), from = size > PATH_SHOWN ? size - PATH_SHOWN : 0;
    for (size_t i = from; i < size; i++)
        text[i - from] = path[i] < ' ' || path[i] > '~' ? '?' : path[i];
    text[size - from] = '\0';
    return text;
}

static const char *
say_head(const struct audit_found_head *head, char text[AUDIT_CHAIN_HEAD_TEXT_MAX])
{
    char sum[DIGEST_TEXT_MAX];
    (void)snprintf(text, AUDIT_CHAIN_HEAD_TEXT_MAX, "%" PRIu64 ":%s", head->sequence,
                   digest_text(head->sum, sum));
    return text;
}

static const char *
path_of(const struct ctl_audit *audit, const struct audit_verify_finding *finding,
        char text[PATH_SHOWN + 1])
{
    unsigned file = finding->at.file < audit->count ? finding->at.file : audit->count - 1;
    return say_path(audit->paths[file], text);
}

const char *
ctl_audit_tell(const struct ctl_audit *audit, unsigned i, char line[CTL_AUDIT_LINE_MAX])
{
    const struct audit_verify_finding *finding = &audit->verify.shown[i];
    char path[PATH_SHOWN + 1], aside[128] = "";
    if (finding->found == AUDIT_FOUND_MEMBER && finding->member < AUDIT_MEMBERS)
        (void)snprintf(aside, sizeof aside, " (%s)", audit_table_member(finding->member)->name);
    else if (finding->wanted > 0 && finding->wanted != finding->sequence)
        (void)snprintf(aside, sizeof aside, " (its number is %" PRIu64 ", %" PRIu64 " comes next)",
                       finding->sequence, finding->wanted);
    else if (finding->wanted > 0)
        (void)snprintf(aside, sizeof aside, " (%" PRIu64 ")", finding->wanted);
    (void)snprintf(line, CTL_AUDIT_LINE_MAX, "%s:%" PRIu64 ": %s: %s%s\n",
                   path_of(audit, finding, path), finding->at.line,
                   audit_found_name(finding->found), audit_found_text(finding->found), aside);
    return line;
}

const char *
ctl_audit_sum_up(const struct ctl_audit *audit, char line[CTL_AUDIT_LINE_MAX])
{
    const struct audit_verify *verify = &audit->verify;
    char head[AUDIT_CHAIN_HEAD_TEXT_MAX], verdict[64] = "Sound", more[320] = "";
    if (verify->findings > 0)
        (void)snprintf(verdict, sizeof verdict, "NOT SOUND, %" PRIu64 " findings",
                       verify->findings);
    size_t at = 0;
    if (verify->lost > 0)
        at += (size_t)snprintf(more + at, sizeof more - at,
                               "\n%" PRIu64 " lines could not be written, as the log tells.",
                               verify->lost);
    if (verify->torn.octets > 0)
        at += (size_t)snprintf(more + at, sizeof more - at,
                               "\nIt ends with %" PRIu32
                               " octets of a line that was not written to its end.",
                               verify->torn.octets);
    if (verify->heads_count == 0)
        at += (size_t)snprintf(more + at, sizeof more - at,
                               "\nNo head was given: whether its end was cut off cannot be told.");
    if (verify->has_hmac && verify->key == NULL)
        (void)snprintf(more + at, sizeof more - at,
                       "\nNo --key was given: the sums of its key were not judged.");
    (void)snprintf(line, CTL_AUDIT_LINE_MAX, "%s: %" PRIu64 " lines, head %s%s\n", verdict,
                   verify->lines, say_head(&verify->last, head), more);
    return line;
}

static json_t *
json_finding(const struct ctl_audit *audit, const struct audit_verify_finding *finding)
{
    char path[PATH_SHOWN + 1];
    return json_pack(
        "{s:s, s:o, s:s, s:s, s:o, s:o, s:o}", "file", path_of(audit, finding, path), "line",
        ctl_value_whole(finding->at.line), "found", audit_found_name(finding->found), "text",
        audit_found_text(finding->found), "sequence",
        finding->sequence > 0 ? ctl_value_whole(finding->sequence) : json_null(), "wanted",
        finding->wanted > 0 ? ctl_value_whole(finding->wanted) : json_null(), "member",
        finding->member < AUDIT_MEMBERS ? json_string(audit_table_member(finding->member)->name)
                                        : json_null());
}

char *
ctl_audit_json(const struct ctl_audit *audit)
{
    const struct audit_verify *verify = &audit->verify;
    char head[AUDIT_CHAIN_HEAD_TEXT_MAX];
    json_t *list = json_array();
    for (unsigned i = 0; i < verify->shown_count; i++)
        json_array_append_new(list, json_finding(audit, &verify->shown[i]));
    return ctl_value_print(json_pack(
        "{s:b, s:o, s:o, s:o, s:s, s:i, s:b, s:b, s:o, s:o, s:o, s:o}", "is_sound",
        verify->findings == 0, "lines", ctl_value_whole(verify->lines), "first",
        ctl_value_whole(verify->first.sequence), "last", ctl_value_whole(verify->last.sequence),
        "head", say_head(&verify->last, head), "heads", (int)verify->heads_count, "has_hmac",
        (int)verify->has_hmac, "is_key_judged", (int)(verify->key != NULL), "lost",
        ctl_value_whole(verify->lost), "torn_octets", ctl_value_whole(verify->torn.octets),
        "findings_count", ctl_value_whole(verify->findings), "findings", list));
}

/* --- the command ----------------------------------------------------------------------------- */

static int
fail(int exit_status, const char *what, const char *why)
{
    char path[PATH_SHOWN + 1];
    fprintf(stderr, "penstockctl: %s; %s\n", say_path(what, path), why);
    return exit_status;
}

static enum status
say_json(const struct ctl_audit *audit)
{
    char *json = ctl_audit_json(audit);
    enum status status = json != NULL ? ctl_show_write(STDOUT_FILENO, json) : STATUS_SYSTEM;
    free(json);
    return status == STATUS_OK ? ctl_show_write(STDOUT_FILENO, "\n") : status;
}

static enum status
say(const struct ctl_audit *audit)
{
    char line[CTL_AUDIT_LINE_MAX];
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < audit->verify.shown_count && status == STATUS_OK; i++)
        status = ctl_show_write(STDOUT_FILENO, ctl_audit_tell(audit, i, line));
    return status == STATUS_OK ? ctl_show_write(STDOUT_FILENO, ctl_audit_sum_up(audit, line))
                               : status;
}

/* The service is not asked: a log may be that of another machine. */
int
ctl_audit_run(const struct ctl_options *options)
{
    static struct ctl_audit audit;
    const char *what = NULL, *why = NULL;
    if (ctl_audit_open(&audit, &options->audit, &what, &why) != STATUS_OK)
        return fail(CTL_EXIT_FILES_USAGE, what, why);
    if (ctl_jail_enter(SANDBOX_VERIFY, &what) != STATUS_OK)
        return fail(CTL_EXIT_LOOK, what, "nothing was read");
    enum status status = ctl_audit_judge(&audit, &options->audit, &what, &why);
    if (status != STATUS_OK)
        return fail(status == STATUS_SYSTEM ? CTL_EXIT_LOOK : CTL_EXIT_FILES_USAGE, what, why);
    if ((options->is_json ? say_json(&audit) : say(&audit)) != STATUS_OK)
        return fail(CTL_EXIT_LOOK, "standard output", "it cannot be written to");
    return audit.verify.findings == 0 ? CTL_EXIT_WELL : CTL_EXIT_LOOK;
}
