/* apart.c - see apart.h
 * SPDX-License-Identifier: ISC
 */
#include "apart.h"

#include "trace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU_S 300 /* a world takes seconds at most; one that takes so much more does not end */

int
apart_play(const struct apart *one, struct world_result *result)
{
    memset(result, 0, sizeof *result);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* one that does not end is ended with us */
        setrlimit(RLIMIT_CPU, &(struct rlimit){.rlim_cur = CPU_S, .rlim_max = CPU_S});
        trace_begin(one->is_shown);
        if (one->is_alone)
            world_play_alone(one->row, one->seed, result);
        else
            world_play(one->row, one->seed, one->kept, result);
        fflush(stdout);
        exit(0); /* counters of coverage are written then */
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}
