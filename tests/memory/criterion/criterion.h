/* criterion.h - what our unit tests use of Criterion, compiled with them
 * SPDX-License-Identifier: ISC
 *
 * What: tests of the form of Criterion, each run in a process of its own. The library itself is not
 *       compiled for the memory sanitizer, which takes all that it writes for never written.
 * Who:  unit tests in the build for that sanitizer.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct criterion_test {
    const char *suite, *name; /* name: NULL for a row of TestSuite */
    void (*run)(void);
    void (*init)(void), (*fini)(void); /* NULL: none */
    int exit_code;                     /* that its process has to end with */
    double timeout;                    /* s; 0: CRITERION_SECONDS */
    struct criterion_test *next;
};

#define CRITERION_SECONDS 120.0

void criterion_add(struct criterion_test *test);

/** Tell of a condition that does not hold. @param ends  and end the test with it */
__attribute__((format(printf, 5, 6))) void
criterion_fail(bool ends, const char *file, int line, const char *condition, const char *more, ...);

#define CRITERION_ROW(function, ...)                                                               \
    __attribute__((constructor)) static void function##_add(void)                                  \
    {                                                                                              \
        static struct criterion_test row = {__VA_ARGS__};                                          \
        criterion_add(&row);                                                                       \
    }

#define Test(suite_, name_, ...)                                                                   \
    static void suite_##_##name_##_test(void);                                                     \
    CRITERION_ROW(suite_##_##name_, .suite = #suite_, .name = #name_,                              \
                  .run = suite_##_##name_##_test, __VA_ARGS__)                                     \
    static void suite_##_##name_##_test(void)
#define TestSuite(suite_, ...) CRITERION_ROW(suite_##_suite, .suite = #suite_, __VA_ARGS__)

#define CRITERION_JUDGE(ends, condition, text, ...)                                                \
    do {                                                                                           \
        if (!(condition))                                                                          \
            criterion_fail(ends, __FILE__, __LINE__, text, " " __VA_ARGS__);                       \
    } while (0)
#define CRITERION_IS(ends, a, sign, b, ...)                                                        \
    CRITERION_JUDGE(ends, (a)sign(b), #a " " #sign " " #b, __VA_ARGS__)
#define CRITERION_TEXT(ends, a, sign, b, ...)                                                      \
    CRITERION_JUDGE(ends, strcmp((a), (b)) sign 0, #a " " #sign " " #b, __VA_ARGS__)
#define CRITERION_OCTETS(ends, a, sign, b, size, ...)                                              \
    CRITERION_JUDGE(ends, memcmp((a), (b), (size)) sign 0, #a " " #sign " " #b, __VA_ARGS__)

#define cr_assert(x, ...)            CRITERION_JUDGE(true, x, #x, __VA_ARGS__)
#define cr_assert_not(x, ...)        CRITERION_JUDGE(true, !(x), "not " #x, __VA_ARGS__)
#define cr_assert_null(x, ...)       CRITERION_IS(true, x, ==, NULL, __VA_ARGS__)
#define cr_assert_not_null(x, ...)   CRITERION_IS(true, x, !=, NULL, __VA_ARGS__)
#define cr_assert_eq(a, b, ...)      CRITERION_IS(true, a, ==, b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)     CRITERION_IS(true, a, !=, b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)      CRITERION_IS(true, a, <, b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)     CRITERION_IS(true, a, <=, b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)      CRITERION_IS(true, a, >, b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)     CRITERION_IS(true, a, >=, b, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)  CRITERION_TEXT(true, a, ==, b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) CRITERION_TEXT(true, a, !=, b, __VA_ARGS__)
#define cr_assert_str_empty(a, ...)  CRITERION_TEXT(true, a, ==, "", __VA_ARGS__)
#define cr_assert_arr_eq(a, b, ...)  CRITERION_OCTETS(true, a, ==, b, __VA_ARGS__)

#define cr_expect(x, ...)            CRITERION_JUDGE(false, x, #x, __VA_ARGS__)
#define cr_expect_not(x, ...)        CRITERION_JUDGE(false, !(x), "not " #x, __VA_ARGS__)
#define cr_expect_null(x, ...)       CRITERION_IS(false, x, ==, NULL, __VA_ARGS__)
#define cr_expect_not_null(x, ...)   CRITERION_IS(false, x, !=, NULL, __VA_ARGS__)
#define cr_expect_eq(a, b, ...)      CRITERION_IS(false, a, ==, b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...)     CRITERION_IS(false, a, !=, b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...)      CRITERION_IS(false, a, <, b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...)     CRITERION_IS(false, a, <=, b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)      CRITERION_IS(false, a, >, b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...)     CRITERION_IS(false, a, >=, b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)  CRITERION_TEXT(false, a, ==, b, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) CRITERION_TEXT(false, a, !=, b, __VA_ARGS__)
#define cr_expect_str_empty(a, ...)  CRITERION_TEXT(false, a, ==, "", __VA_ARGS__)
#define cr_expect_arr_eq(a, b, ...)  CRITERION_OCTETS(false, a, ==, b, __VA_ARGS__)
#define cr_expect_arr_neq(a, b, ...) CRITERION_OCTETS(false, a, !=, b, __VA_ARGS__)

#define cr_log_info(...) ((void)0)
#define cr_skip_test(...)                                                                          \
    do {                                                                                           \
        printf("skipped: " __VA_ARGS__);                                                           \
        printf("\n");                                                                              \
        exit(0);                                                                                   \
    } while (0)
