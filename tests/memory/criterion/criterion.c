/* criterion.c - see criterion.h
 * SPDX-License-Identifier: ISC
 */
#include "criterion.h"

#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

static struct criterion_test *tests;
static bool has_failed; /* in the process of a test: an expectation of it did not hold */

void
criterion_add(struct criterion_test *test)
{
    test->next = tests;
    tests = test;
}

void
criterion_fail(bool ends, const char *file, int line, const char *condition, const char *more, ...)
{
    va_list values;
    va_start(values, more);
    printf("%s:%d: %s:", file, line, condition);
    vprintf(more, values);
    printf("\n");
    va_end(values);
    has_failed = true;
    if (ends)
        exit(1);
}

static const struct criterion_test *
suite_of(const struct criterion_test *test)
{
    for (const struct criterion_test *suite = tests; suite != NULL; suite = suite->next)
        if (suite->name == NULL && strcmp(suite->suite, test->suite) == 0)
            return suite;
    return NULL;
}

static _Noreturn void
be(const struct criterion_test *test)
{
    const struct criterion_test *suite = suite_of(test);
    alarm((unsigned)(test->timeout > 0 ? test->timeout : CRITERION_SECONDS));
    if (suite != NULL && suite->init != NULL)
        suite->init();
    if (test->init != NULL)
        test->init();
    test->run();
    if (test->fini != NULL)
        test->fini();
    exit(has_failed ? 1 : 0);
}

static bool
passes(const struct criterion_test *test)
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        be(test);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == test->exit_code)
        return true;
    printf("%s::%s fails: wait status %#x\n", test->suite, test->name, (unsigned)status);
    return false;
}

int
main(void)
{
    unsigned passed = 0, failed = 0;
    for (const struct criterion_test *test = tests; test != NULL; test = test->next) {
        if (test->name == NULL)
            continue;
        if (passes(test))
            passed++;
        else
            failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
