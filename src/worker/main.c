/* main.c - a worker
 * SPDX-License-Identifier: ISC
 */
#include "worker/worker_ladder.h"

int
main(void)
{
    static struct os os;
    static struct worker worker;
    return worker_ladder_run(&os, &worker);
}
