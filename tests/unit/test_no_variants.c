/* test_no_variants.c - tests of no_variants, under other names beside the C library's own
 * SPDX-License-Identifier: ISC
 */
#include <locale.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#undef strncmp
#undef strcmp
#undef stpcpy
#undef strcpy
#undef strncpy
#undef strstr
#define strncmp         our_strncmp
#define strcmp          our_strcmp
#define strcasecmp      our_strcasecmp
#define strncasecmp     our_strncasecmp
#define strcasecmp_l    our_strcasecmp_l
#define strncasecmp_l   our_strncasecmp_l
#define stpcpy          our_stpcpy
#define strcpy          our_strcpy
#define strncpy         our_strncpy
#define strstr          our_strstr
#define __strcasecmp    our_inner_strcasecmp
#define __strncasecmp   our_inner_strncasecmp
#define __strcasecmp_l  our_inner_strcasecmp_l
#define __strncasecmp_l our_inner_strncasecmp_l
#define __stpcpy        our_inner_stpcpy
int our_strncmp(const char *one, const char *other, size_t most);
int our_strcmp(const char *one, const char *other);
int our_strcasecmp(const char *one, const char *other);
int our_strncasecmp(const char *one, const char *other, size_t most);
int our_strcasecmp_l(const char *one, const char *other, locale_t locale);
int our_strncasecmp_l(const char *one, const char *other, size_t most, locale_t locale);
char *our_stpcpy(char *restrict to, const char *restrict from);
char *our_strcpy(char *restrict to, const char *restrict from);
char *our_strncpy(char *restrict to, const char *restrict from, size_t room);
char *our_strstr(const char *text, const char *part);
#include "os/no_variants.c"
#undef strncmp
#undef strcmp
#undef strcasecmp
#undef strncasecmp
#undef stpcpy
#undef strcpy
#undef strncpy
#undef strstr

#include "prng.h"

#include <criterion/criterion.h>

#define ROOM 12

static int
sign(int value)
{
    return (value > 0) - (value < 0);
}

/* Few octets, so that many are alike; letters beside what is a letter's neighbour; one above 127. */
static void
make_text(struct prng *prng, char text[ROOM])
{
    static const char octets[] = "aAbBzZ@[`{\x80";
    size_t size = prng_next(prng) % ROOM;
    for (size_t i = 0; i < size; i++)
        text[i] = octets[prng_next(prng) % (sizeof octets - 1)];
    text[size] = '\0';
}

Test(no_variants, texts_compare_as_by_the_c_library)
{
    struct prng prng = prng_begin("no_variants");
    locale_t c = newlocale(LC_ALL_MASK, "C", NULL);
    unsigned alike = 0;
    for (unsigned i = 0; i < 200000; i++) {
        char one[ROOM], other[ROOM];
        size_t most = prng_next(&prng) % (ROOM + 2);
        make_text(&prng, one);
        make_text(&prng, other);
        cr_assert_eq(sign(our_strcmp(one, other)), sign(strcmp(one, other)), "%s, %s", one, other);
        cr_assert_eq(sign(our_strncmp(one, other, most)), sign(strncmp(one, other, most)));
        int expected = sign(strcasecmp(one, other)), part = sign(strncasecmp(one, other, most));
        alike += expected == 0;
        cr_assert_eq(sign(our_strcasecmp(one, other)), expected, "%s, %s", one, other);
        cr_assert_eq(sign(our_inner_strcasecmp(one, other)), expected);
        cr_assert_eq(sign(our_strcasecmp_l(one, other, c)), expected);
        cr_assert_eq(sign(our_inner_strcasecmp_l(one, other, c)), expected);
        cr_assert_eq(sign(our_strncasecmp(one, other, most)), part, "%s, %s", one, other);
        cr_assert_eq(sign(our_strncasecmp_l(one, other, most, c)), part);
    }
    cr_assert_gt(alike, 100);
    freelocale(c);
}

Test(no_variants, texts_are_copied_as_by_the_c_library)
{
    struct prng prng = prng_begin("copied");
    for (unsigned i = 0; i < 50000; i++) {
        char text[ROOM], ours[2 * ROOM], theirs[2 * ROOM];
        size_t room = prng_next(&prng) % sizeof ours;
        make_text(&prng, text);
        memset(ours, 'x', sizeof ours);
        memset(theirs, 'x', sizeof theirs);
        cr_assert_eq(our_strncpy(ours, text, room), ours);
        for (size_t k = 0; k < room; k++) /* strncpy(3), whose own compilers complain of */
            theirs[k] = k < strlen(text) ? text[k] : '\0';
        cr_assert_arr_eq(ours, theirs, sizeof ours);
        cr_assert_eq(our_stpcpy(ours, text), ours + strlen(text));
        cr_assert_str_eq(ours, text);
        cr_assert_eq(our_strcpy(ours + 1, text), ours + 1);
        cr_assert_str_eq(ours + 1, text);
    }
}

Test(no_variants, parts_are_found_as_by_the_c_library)
{
    struct prng prng = prng_begin("found");
    unsigned found = 0;
    for (unsigned i = 0; i < 200000; i++) {
        char text[ROOM], part[ROOM];
        make_text(&prng, text);
        make_text(&prng, part);
        part[prng_next(&prng) % 4] = '\0';
        cr_assert_eq(our_strstr(text, part), strstr(text, part), "%s, %s", text, part);
        found += our_strstr(text, part) != NULL && part[0] != '\0';
    }
    cr_assert_gt(found, 1000);
}
