/* ending.c - how a process ended, in words
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/ending.h"

#include "supervisor/executables.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

const char *
ending_text(int wait_status, char text[ENDING_MAX])
{
    size_t size = ENDING_MAX;
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGSYS)
        snprintf(text, size, "was killed by its syscall filter (SIGSYS)");
    else if (WIFSIGNALED(wait_status))
        snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else if (WEXITSTATUS(wait_status) == ENDING_SPACES)
        snprintf(text, size, "could not enter its namespaces (status %d)", ENDING_SPACES);
    else if (WEXITSTATUS(wait_status) == ENDING_EXEC_DENIED)
        snprintf(text, size, "could not be executed: operation not permitted (%s)",
                 EXECUTABLES_SETCAP);
    else if (WEXITSTATUS(wait_status) == ENDING_EXEC_FAILED)
        snprintf(text, size, "could not be executed (status %d)", ENDING_EXEC_FAILED);
    else
        snprintf(text, size, "ended with status %d", WEXITSTATUS(wait_status));
    return text;
}
