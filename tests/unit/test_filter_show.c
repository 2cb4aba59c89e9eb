/* test_filter_show.c - `penstock --sandbox`: the filters of all processes, as text
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/filter_show.h"

#include "digest/digest.h"
#include "os/sandbox_rows.h"

#include <criterion/criterion.h>
#include <linux/filter.h>
#include <string.h>
#include <unistd.h>

static char text[256 << 10];

static const char *
said_of(enum options_action action, const char *role)
{
    struct options options = {.action = action, .sandbox_role = role};
    int out = memfd_create("out", MFD_CLOEXEC), before = dup(STDOUT_FILENO);
    cr_assert_eq(fflush(stdout), 0);
    cr_assert_geq(dup2(out, STDOUT_FILENO), 0);
    int exit_code = filter_show_run(&options);
    dup2(before, STDOUT_FILENO);
    close(before);
    ssize_t size = pread(out, text, sizeof text - 1, 0);
    cr_assert(exit_code == 0 && size >= 0 && (size_t)size < sizeof text - 1);
    text[size] = '\0';
    close(out);
    return text;
}

#define SAYS(words) cr_expect_not_null(strstr(text, words), "no \"%s\" in:\n%s", words, text)

Test(filter_show, each_row_stands_there_with_its_rule_and_its_reason)
{
    said_of(OPTIONS_SANDBOX, "front");
    SAYS("front: ");
    SAYS("any other call kills the process");
    SAYS("recvmmsg           always\n");
    SAYS("arg3 has no bits but SANDBOX_SEND_FLAGS, arg4 = NULL  [arg3 & 0xffffbfbf = 0x0, arg4 = "
         "0x0]\n                   answers over TCP\n");
    cr_expect_null(strstr(text, "worker: "));
    const struct sandbox_table *table = sandbox_rows_of(SANDBOX_FRONT);
    for (size_t i = 0; i < table->count; i++)
        SAYS(table->rows[i].reason);
    said_of(OPTIONS_SANDBOX, "supervisor");
    SAYS("clone3             fails with ENOSYS\n");
    SAYS("AF_INET6, SOCK_STREAM, default protocol  [");
}

Test(filter_show, alone_it_shows_every_role)
{
    said_of(OPTIONS_SANDBOX, NULL);
    for (unsigned i = 0; i < SANDBOX_ROLES; i++)
        SAYS(sandbox_name((enum sandbox_role)i));
}

Test(filter_show, the_hash_is_that_of_the_program_which_would_be_loaded)
{
    const struct sandbox_filter *filter = sandbox_filter(SANDBOX_WORKER);
    uint8_t sum[DIGEST_BYTES];
    char expected[DIGEST_TEXT_MAX];
    digest_of(filter->program, filter->count * sizeof filter->program[0], sum);
    digest_text(sum, expected);
    said_of(OPTIONS_SANDBOX, "worker");
    SAYS(expected);
    said_of(OPTIONS_SANDBOX_BPF, "worker");
    SAYS(expected);
}

Test(filter_show, a_program_is_shown_whole_with_the_names_of_calls)
{
    said_of(OPTIONS_SANDBOX_BPF, "front");
    SAYS("   0  load arch\n");
    SAYS("  ; recvmmsg\n");
    SAYS("  ; accept4\n");
    SAYS("  return: allow\n");
    SAYS("  return: kill the process\n");
    cr_expect_null(strstr(text, "code 0x"), "an instruction has no text:\n%s", text);
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    char count[32];
    snprintf(count, sizeof count, "front: %zu instructions", lines - 2);
    SAYS(count);
}
