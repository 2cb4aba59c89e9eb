/* cppcheck.c - reads behind an array: cppcheck has to find it
 * SPDX-License-Identifier: ISC
 */
int last_of_four(void);

int
last_of_four(void)
{
    int numbers[4] = {1, 2, 3, 4};
    return numbers[4];
}
