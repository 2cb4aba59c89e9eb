/* test_proc.c - what /proc has of a process
 * SPDX-License-Identifier: ISC
 */
#include "os/proc.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

Test(proc, a_process_is_read_and_one_that_is_not_there_is_not)
{
    char text[4096], self[4096], little[6];
    cr_assert(proc_read(getpid(), "status", text, sizeof text));
    cr_expect_eq(proc_number(text, "Pid", 10), getpid());
    cr_assert(proc_read(0, "status", self, sizeof self));
    cr_expect_eq(proc_number(self, "Pid", 10), getpid());
    cr_assert(proc_read(0, "status", little, sizeof little));
    cr_expect_str_eq(little, "Name:");
    cr_expect_not(proc_read(0x3fffffff, "status", text, sizeof text));
    cr_expect_str_eq(text, "");
    cr_expect_not(proc_read(0, "nothing", text, sizeof text));
}

Test(proc, a_field_is_a_whole_name_at_the_begin_of_a_line)
{
    static const char text[] =
        "Seccomp_filters:\t2\nCapEff:\t00000000000004ff\nx Seccomp:\t7\nSeccomp:\t1\n";
    cr_expect_eq(proc_number(text, "Seccomp", 10), 1);
    cr_expect_eq(proc_number(text, "Seccomp_filters", 10), 2);
    cr_expect_eq(proc_number(text, "CapEff", 16), 0x4ff);
    cr_expect_eq(proc_number(text, "Cap", 16), -1);
    cr_expect_null(proc_field(text, "NoNewPrivs"));
    cr_expect_str_eq(proc_field(text, "Seccomp"), "1\n");
    cr_expect_null(proc_field("", "Seccomp"));
}
