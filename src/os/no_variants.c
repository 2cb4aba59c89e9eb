/* no_variants.c - static builds only: functions on texts that no query waits for, once each
 * SPDX-License-Identifier: ISC
 *
 * glibc brings each for five or six kinds of processor, 20 KiB for some, and a table of all letters
 * of Unicode with those that ignore case. Here is the loop that C says; what copies and compares
 * octets (memcpy, memcmp, memchr, memset, strlen) stays glibc's. Built without the compiler's
 * knowledge of these functions, which would make each call itself.
 */
#include <features.h>
#ifdef __GLIBC__
#include <locale.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

char *__stpcpy(char *restrict to, const char *restrict from);
int __strcasecmp(const char *one, const char *other);
int __strncasecmp(const char *one, const char *other, size_t most);
int __strcasecmp_l(const char *one, const char *other, locale_t locale);
int __strncasecmp_l(const char *one, const char *other, size_t most, locale_t locale);

int
strncmp(const char *one, const char *other, size_t most)
{
    for (; most > 0; one++, other++, most--)
        if (*one != *other || *one == '\0')
            return (unsigned char)*one - (unsigned char)*other;
    return 0;
}

int
strcmp(const char *one, const char *other)
{
    return strncmp(one, other, SIZE_MAX);
}

static int
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

int
__strncasecmp(const char *one, const char *other, size_t most)
{
    for (; most > 0; one++, other++, most--)
        if (lower(*one) != lower(*other) || *one == '\0')
            return lower(*one) - lower(*other);
    return 0;
}

int
strncasecmp(const char *one, const char *other, size_t most)
{
    return __strncasecmp(one, other, most);
}

int
__strcasecmp(const char *one, const char *other)
{
    return __strncasecmp(one, other, SIZE_MAX);
}

int
strcasecmp(const char *one, const char *other)
{
    return __strncasecmp(one, other, SIZE_MAX);
}

/* Every locale has ASCII's letters; no other is known here. */
int
__strncasecmp_l(const char *one, const char *other, size_t most, locale_t locale)
{
    (void)locale;
    return __strncasecmp(one, other, most);
}

int
strncasecmp_l(const char *one, const char *other, size_t most, locale_t locale)
{
    return __strncasecmp_l(one, other, most, locale);
}

int
__strcasecmp_l(const char *one, const char *other, locale_t locale)
{
    return __strncasecmp_l(one, other, SIZE_MAX, locale);
}

int
strcasecmp_l(const char *one, const char *other, locale_t locale)
{
    return __strncasecmp_l(one, other, SIZE_MAX, locale);
}

char *
__stpcpy(char *restrict to, const char *restrict from)
{
    while ((*to = *from++) != '\0')
        to++;
    return to;
}

char *
stpcpy(char *restrict to, const char *restrict from)
{
    return __stpcpy(to, from);
}

/* in brackets, as no call of ours stands: it knows no bound */
char *(strcpy)(char *restrict to, const char *restrict from)
{
    (void)__stpcpy(to, from);
    return to;
}

char *
strncpy(char *restrict to, const char *restrict from, size_t room)
{
    size_t i = 0;
    for (; i < room && from[i] != '\0'; i++)
        to[i] = from[i];
    for (; i < room; i++)
        to[i] = '\0';
    return to;
}

char *
strstr(const char *text, const char *part)
{
    size_t size = strlen(part);
    for (; strncmp(text, part, size) != 0; text++)
        if (*text == '\0')
            return NULL;
    return (char *)(uintptr_t)text;
}
#endif
