/* memory.c - decides by what nobody wrote: the memory sanitizer has to find it
 * SPDX-License-Identifier: ISC
 */
#include <stdlib.h>

int
main(int argc, char **argv)
{
    int *volatile numbers = malloc(4 * sizeof *numbers);
    (void)argv;
    if (numbers == NULL)
        return 2;
    numbers[0] = argc;
    int end = numbers[argc] > 7 ? 1 : 0;
    free(numbers);
    return end == 0 ? 0 : 3;
}
