/* gcc.c - gives memory back twice: gcc -fanalyzer has to find it
 * SPDX-License-Identifier: ISC
 */
#include <stdlib.h>

int give_back(int twice);

int
give_back(int twice)
{
    char *memory = malloc(16);
    free(memory);
    if (twice > 0)
        free(memory);
    return 0;
}
