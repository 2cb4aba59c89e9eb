/* main.c - a front
 * SPDX-License-Identifier: ISC
 */
#include "front/front_ladder.h"

int
main(void)
{
    static struct os os;
    static struct front front;
    return front_ladder_run(&os, &front);
}
