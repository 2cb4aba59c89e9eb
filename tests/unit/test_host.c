/* test_host.c - tests of host
 * SPDX-License-Identifier: ISC
 */
#include "os/host.h"

#include <criterion/criterion.h>
#include <string.h>

Test(host, is_the_first_label_within_its_room)
{
    char name[64], less[3];
    memset(less, 'x', sizeof less);
    host_name(name, sizeof name);
    cr_assert_null(strpbrk(name, ". \n"));
    host_name(less, sizeof less);
    cr_assert_eq(strncmp(name, less, 2), 0);
    cr_assert_eq(less[2], '\0');
}
