/* test_selftest.c - tests of selftest
 * SPDX-License-Identifier: ISC
 */
/* The list of calls and the filter are the test's: does it see what is not as it must be? */
#include "supervisor/selftest.h"

#include "os/sandbox.h"
#include "supervisor/probes.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct probe probe;
static bool has_filter = true;

enum status __real_sandbox_enter(const struct sandbox_filter *filter);
enum status __wrap_sandbox_enter(const struct sandbox_filter *filter);
enum status
__wrap_sandbox_enter(const struct sandbox_filter *filter)
{
    return has_filter ? __real_sandbox_enter(filter) : STATUS_OK;
}

const struct probe *__wrap_probes_all(size_t *count);
const struct probe *
__wrap_probes_all(size_t *count)
{
    *count = 1;
    return &probe;
}

static int
listen_on_nothing(struct probes_scene *with)
{
    return syscall(SYS_listen, with->closed, 1) < 0 ? errno : 0;
}

static int
close_nothing(struct probes_scene *with)
{
    return syscall(SYS_close, with->closed) < 0 ? errno : 0;
}

static int
be_forbidden(struct probes_scene *with)
{
    (void)with;
    return EPERM;
}

static int
end_at_once(struct probes_scene *with)
{
    (void)with;
    raise(SIGSYS);
    return 0;
}

static char text[16 << 10];

static int
exit_code_with(int (*run)(struct probes_scene *), int may)
{
    struct options options = {.sandbox_role = "front"};
    probe = (struct probe){"attempt", run, may};
    int out = memfd_create("out", MFD_CLOEXEC), before = dup(STDOUT_FILENO);
    cr_assert(fflush(stdout) == 0 && dup2(out, STDOUT_FILENO) >= 0);
    int exit_code = selftest_run(&options);
    dup2(before, STDOUT_FILENO);
    close(before);
    ssize_t size = pread(out, text, sizeof text - 1, 0);
    text[size < 0 ? 0 : size] = '\0';
    close(out);
    return exit_code;
}

#define SAYS(words)  cr_expect_not_null(strstr(text, words), "no \"%s\" in:\n%s", words, text)
#define FRONT        (1 << SANDBOX_FRONT)
#define TRIED(rest_) "front: 1 calls: " rest_

Test(selftest, what_is_as_it_must_be_is_counted)
{
    cr_expect_eq(exit_code_with(listen_on_nothing, 0), 0, "%s", text);
    SAYS(TRIED("1 killed and 0 let through, as they must be; 0 not tried; 0 surprises\n"));
    cr_expect_eq(exit_code_with(close_nothing, FRONT), 0, "%s", text);
    SAYS(TRIED("0 killed and 1 let through, as they must be; 0 not tried; 0 surprises\n"));
    SAYS("the kernel holds what the filters promise\n");
    cr_expect_null(strstr(text, "worker"));
}

Test(selftest, a_filter_that_lets_through_is_a_surprise)
{
    cr_expect_eq(exit_code_with(close_nothing, 0), 1);
    SAYS("front, attempt: must be killed by SIGSYS, but returned: Bad file descriptor\n");
    SAYS("something is not as it must be\n");
}

Test(selftest, a_filter_that_kills_what_is_permitted_is_a_surprise)
{
    cr_expect_eq(exit_code_with(listen_on_nothing, FRONT), 1);
    SAYS("front, attempt: must be let through, but was killed by SIGSYS\n");
    cr_expect_eq(exit_code_with(close_nothing, FRONT | PROBES_REFUSED), 1);
    SAYS("front, attempt: must be refused with ENOSYS, but returned: Bad file descriptor\n");
}

Test(selftest, a_process_without_a_filter_is_a_surprise)
{
    has_filter = false;
    cr_expect_eq(exit_code_with(listen_on_nothing, 0), 1);
    SAYS("front, attempt: must be killed by SIGSYS, but returned");
    SAYS("front: no-new-privileges is not set\n");
}

Test(selftest, what_fails_without_a_filter_too_proves_nothing)
{
    cr_expect_eq(exit_code_with(be_forbidden, FRONT), 0, "%s", text);
    SAYS(TRIED("0 killed and 0 let through, as they must be; 1 not tried; 0 surprises\n"));
    SAYS("not tried: attempt, which fails with EPERM without our filter\n");
    cr_expect_eq(exit_code_with(end_at_once, 0), 0, "%s", text);
    SAYS("not tried: attempt, which is killed by SIGSYS without our filter\n");
    cr_expect_eq(exit_code_with(end_at_once, FRONT), 0, "%s", text);
    SAYS("not tried: attempt");
}
