/* lower.c - names of rows in lower case
 * SPDX-License-Identifier: ISC
 */
#include "base/lower.h"

const char *
lower_name(const char *name, char *text, size_t size)
{
    size_t i = 0;
    for (; name[i] != '\0' && i + 1 < size; i++)
        text[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    text[i] = '\0';
    return text;
}
