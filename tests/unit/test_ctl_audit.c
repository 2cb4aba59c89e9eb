/* test_ctl_audit.c - what penstockctl audit verify opens, finds and says
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_audit.h"

#include "audit_history.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct ctl_audit audit;
static struct history history;
static char folder[] = "/tmp/test_ctl_audit.XXXXXX";
static char line[CTL_AUDIT_LINE_MAX];
static const char *what, *why;

static char *
put(const char *name, const void *octets, size_t size)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert(fd >= 0 && write(fd, octets, size) == (ssize_t)size);
    close(fd);
    return path;
}

static void
begin(void)
{
    cr_assert_not_null(mkdtemp(folder));
    history_begin(&history, 0);
    cr_assert_eq(history_start(&history, 4711), AUDIT_CHAIN_NEW);
    history_put(&history, AUDIT_STARTED, SIZE_MAX);
    history_put(&history, AUDIT_DRY_RUN, SIZE_MAX);
    history_put(&history, AUDIT_DRY_RUN, 50);
}

static void
end(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(ctl_audit, .init = begin, .fini = end);

static enum status
judge(struct ctl_options_audit *options, char **paths, unsigned count)
{
    memset(&audit, 0, sizeof audit);
    options->files = paths;
    options->files_count = count;
    enum status status = ctl_audit_open(&audit, options, &what, &why);
    return status == STATUS_OK ? ctl_audit_judge(&audit, options, &what, &why) : status;
}

Test(ctl_audit, says_that_a_log_is_sound_and_what_was_not_judged)
{
    struct ctl_options_audit options = {0};
    char *path = put("log", history.files[0].octets, history.files[0].size);
    cr_assert_eq(judge(&options, &path, 1), STATUS_OK);
    char wanted[CTL_AUDIT_LINE_MAX], head[AUDIT_CHAIN_HEAD_TEXT_MAX];
    snprintf(wanted, sizeof wanted,
             "Sound: 2 lines, head %s\n"
             "It ends with 50 octets of a line that was not written to its end.\n"
             "No head was given: whether its end was cut off cannot be told.\n",
             audit_chain_head(&history.chain, head));
    cr_expect_str_eq(ctl_audit_sum_up(&audit, line), wanted);
    char *json = ctl_audit_json(&audit);
    cr_expect_not_null(strstr(json, "\"is_sound\": true"));
    free(json);
}

Test(ctl_audit, tells_the_place_and_the_kind)
{
    char paths[2][256], *both[2] = {paths[0], paths[1]};
    struct ctl_options_audit options = {0};
    const struct scene_file *file = &history.files[0];
    history.files[0].octets[100] ^= 1;
    strcpy(paths[0], put("a \x1b", file->octets, file->size));
    strcpy(paths[1], put("b", "hello\n", 6));
    cr_assert_eq(judge(&options, both, 2), STATUS_OK);
    cr_assert_geq(audit.verify.shown_count, 2);
    cr_expect_not_null(strstr(ctl_audit_tell(&audit, 0, line), "/a ?:1: "), "%s", line);
    unsigned last = audit.verify.shown_count - 1;
    cr_expect_not_null(strstr(ctl_audit_tell(&audit, last, line), "/b:1: foreign: "), "%s", line);
    cr_expect_eq(strncmp(ctl_audit_sum_up(&audit, line), "NOT SOUND, ", 11), 0);
    char *json = ctl_audit_json(&audit);
    cr_expect_not_null(strstr(json, "\"found\": \"foreign\""));
    free(json);
}

Test(ctl_audit, takes_heads_out_of_documents)
{
    char document[256], head[AUDIT_CHAIN_HEAD_TEXT_MAX];
    struct ctl_options_audit options = {.head_of_count = 1};
    char *path = put("log", history.files[0].octets, history.files[0].size);
    audit_chain_head(&history.chain, head);
    static const char *const forms[] = {"{\"audit\": {\"head\": \"%s\"}}",
                                        "{\"service\": {\"audit\": {\"head\": \"%s\"}}}"};
    for (unsigned i = 0; i < 2; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(document, sizeof document, forms[i], head);
#pragma GCC diagnostic pop
        options.head_of[0] = put("document", document, strlen(document));
        cr_assert_eq(judge(&options, &path, 1), STATUS_OK, "%s", why);
        cr_expect_eq(audit.verify.findings, 0);
        cr_expect(audit.verify.is_head_seen[0]);
    }
    options.head_of[0] = put("document", "{\"audit\": {\"head\": \"1:a\"}}", 26);
    cr_expect_eq(judge(&options, &path, 1), STATUS_INVALID);
    cr_expect_str_eq(what, options.head_of[0]);
    options.head_of[0] = put("document", "[]", 2);
    cr_expect_eq(judge(&options, &path, 1), STATUS_INVALID);
}

Test(ctl_audit, what_is_no_file_or_no_key_is_told)
{
    struct ctl_options_audit options = {0};
    char *path = put("log", history.files[0].octets, history.files[0].size);
    char gone[] = "/nonexistent/log";
    cr_expect_eq(judge(&options, (char *[]){gone}, 1), STATUS_INVALID);
    cr_expect_str_eq(why, "No such file or directory");
    cr_expect_eq(judge(&options, (char *[]){folder}, 1), STATUS_INVALID);
    cr_expect_str_eq(why, "it is a directory");
    options.key = put("key", "short", 5);
    cr_expect_eq(judge(&options, &path, 1), STATUS_INVALID);
    cr_expect_str_eq(what, options.key);
    options.key = put("key", SCENE_KEY, strlen(SCENE_KEY));
    cr_assert_eq(judge(&options, &path, 1), STATUS_OK);
    cr_expect_eq(audit.verify.counts[AUDIT_FOUND_HMAC_MISSING], 2);
}
