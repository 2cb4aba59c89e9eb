/* tidy.c - compares texts by a test that is true when they differ: clang-tidy has to find it
 * SPDX-License-Identifier: ISC
 */
#include <string.h>

int are_same(const char *a, const char *b);

int
are_same(const char *a, const char *b)
{
    if (strcmp(a, b))
        return 1;
    return 0;
}
