/* ctl_import.c - see ctl_import.h
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_import.h"

#include "ctl/ctl_file.h"
#include "ctl/ctl_jail.h"
#include "ctl/ctl_show.h"
#include "import/import.h"
#include "import/import_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MODE 0644 /* no secret is ever carried */

static struct import_draft draft;
static char text[IMPORT_TEXT_MAX], policy[IMPORT_POLICY_BYTES], told[CTL_SHOW_MAX];

static int
fail(int exit_status, const char *what, const char *why)
{
    char shown[IMPORT_REPORT_FILE_MAX];
    fprintf(stderr, "penstockctl: %s: %s\n", import_report_name(what, shown), why);
    return exit_status;
}

/* --- in the jail ----------------------------------------------------------------------------- */

/* What is not carried must be told: a policy without that is none. */
static enum status
report(const char *file, bool is_verbose)
{
    char line[IMPORT_REPORT_LINE_MAX];
    size_t used = 0;
    told[0] = '\0';
    for (uint32_t i = 0; i < draft.findings_count; i++) {
        if (draft.findings[i].kind == IMPORT_DRAFT_CARRIED && !is_verbose)
            continue;
        import_report_line(&draft, i, file, line);
        size_t size = strlen(line);
        if (used + size >= sizeof told) {
            if (ctl_show_write(STDERR_FILENO, told) != STATUS_OK)
                return STATUS_SYSTEM;
            used = 0;
        }
        memcpy(told + used, line, size + 1);
        used += size;
    }
    return ctl_show_write(STDERR_FILENO, told);
}

static int
judge(const struct ctl_options *options, size_t size, int to)
{
    const char *what_failed = NULL;
    char file[IMPORT_REPORT_FILE_MAX];
    enum import_keys_peer peer;
    if (ctl_jail_enter(SANDBOX_CTL, &what_failed) != STATUS_OK)
        return fail(CTL_EXIT_LOOK, what_failed, "nothing was read");
    if (!import_peer(options->from, text, size, &peer))
        return fail(CTL_EXIT_FILES_USAGE, options->what,
                    "whose configuration it is cannot be told: --from stubby, unbound, dnsdist, "
                    "coredns or smartdns");
    bool is_usable = import_make(peer, text, size, &draft, policy) == STATUS_OK;
    if (report(import_report_name(options->what, file), options->is_verbose) != STATUS_OK)
        return CTL_EXIT_LOOK;
    if (!is_usable)
        fprintf(stderr, "%s: nothing usable: %s\n", file,
                draft.is_broken
                    ? "it could not be read to its end"
                    : "no upstream over TLS that can be authenticated is asked for every name");
    else if (ctl_show_write(to, policy) != STATUS_OK)
        return fail(CTL_EXIT_LOOK, options->output != NULL ? options->output : "standard output",
                    "it cannot be written to");
    fprintf(stderr, "%u settings carried, %u not; see penstock.yaml(5)\n",
            draft.counts[IMPORT_DRAFT_CARRIED], draft.counts[IMPORT_DRAFT_LOST]);
    return is_usable ? CTL_EXIT_WELL : CTL_EXIT_LOOK;
}

/* --- outside of it: octets of the file are moved, and not looked at --------------------------- */

/* What stays behind is a whole policy, or nothing: who is in the jail cannot take a file away. */
static int
judge_into_file(const struct ctl_options *options, size_t size)
{
    int status = 0;
    int fd =
        open(options->output, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, OUTPUT_MODE);
    if (fd < 0)
        return fail(CTL_EXIT_FILES_USAGE, options->output,
                    errno == EEXIST ? "it is there already, and is not overwritten"
                                    : strerror(errno));
    pid_t child = fork();
    if (child == 0)
        _exit(judge(options, size, fd));
    pid_t ended = child < 0 ? child : waitpid(child, &status, 0);
    while (ended < 0 && child > 0 && errno == EINTR)
        ended = waitpid(child, &status, 0);
    if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == CTL_EXIT_WELL)
        return close(fd) == 0 ? CTL_EXIT_WELL
                              : fail(CTL_EXIT_LOOK, options->output, strerror(errno));
    (void)unlink(options->output);
    if (ended < 0 || !WIFEXITED(status))
        return fail(CTL_EXIT_LOOK, options->output, "who should write it ended before");
    return WEXITSTATUS(status);
}

int
ctl_import_run(const struct ctl_options *options)
{
    const char *why = "";
    size_t size;
    if (ctl_file_read(options->what, text, sizeof text, &size, &why) != STATUS_OK)
        return fail(CTL_EXIT_FILES_USAGE, options->what, why);
    return options->output != NULL ? judge_into_file(options, size)
                                   : judge(options, size, STDOUT_FILENO);
}
