/* test_ending.c - how a process ended, in words
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/ending.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

Test(ending, says_how_a_process_ended)
{
    char text[ENDING_MAX];
    cr_assert_not_null(strstr(ending_text(SIGSYS, text), "its syscall filter"));
    cr_assert_not_null(strstr(ending_text(SIGSEGV, text), "signal 11"));
    cr_assert_str_eq(ending_text(3 << 8, text), "ended with status 3");
    cr_assert_not_null(strstr(ending_text(ENDING_EXEC_DENIED << 8, text), "setcap"));
    cr_assert_not_null(strstr(ending_text(ENDING_EXEC_FAILED << 8, text), "could not be executed"));
}
