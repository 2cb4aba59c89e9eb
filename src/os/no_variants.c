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

char *__stpcpy(char *restrict dest, const char *restrict src);
int __strcasecmp(const char *s1, const char *s2);
int __strncasecmp(const char *s1, const char *s2, size_t n);
int __strcasecmp_l(const char *s1, const char *s2, locale_t loc);
int __strncasecmp_l(const char *s1, const char *s2, size_t n, locale_t loc);

int
strncmp(const char *s1, const char *s2, size_t n)
{
    for (; n > 0; s1++, s2++, n--)
        if (*s1 != *s2 || *s1 == '\0')
            return (unsigned char)*s1 - (unsigned char)*s2;
    return 0;
}

int
strcmp(const char *s1, const char *s2)
{
    return strncmp(s1, s2, SIZE_MAX);
}

static int
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

int
__strncasecmp(const char *s1, const char *s2, size_t n)
{
    for (; n > 0; s1++, s2++, n--)
        if (lower(*s1) != lower(*s2) || *s1 == '\0')
            return lower(*s1) - lower(*s2);
    return 0;
}

int
strncasecmp(const char *s1, const char *s2, size_t n)
{
    return __strncasecmp(s1, s2, n);
}

int
__strcasecmp(const char *s1, const char *s2)
{
    return __strncasecmp(s1, s2, SIZE_MAX);
}

int
strcasecmp(const char *s1, const char *s2)
{
    return __strncasecmp(s1, s2, SIZE_MAX);
}

/* Every locale has ASCII's letters; no other is known here. */
int
__strncasecmp_l(const char *s1, const char *s2, size_t n, locale_t loc)
{
    (void)loc;
    return __strncasecmp(s1, s2, n);
}

int
strncasecmp_l(const char *s1, const char *s2, size_t n, locale_t loc)
{
    return __strncasecmp_l(s1, s2, n, loc);
}

int
__strcasecmp_l(const char *s1, const char *s2, locale_t loc)
{
    return __strncasecmp_l(s1, s2, SIZE_MAX, loc);
}

int
strcasecmp_l(const char *s1, const char *s2, locale_t loc)
{
    return __strncasecmp_l(s1, s2, SIZE_MAX, loc);
}

char *
__stpcpy(char *restrict dest, const char *restrict src)
{
    while ((*dest = *src++) != '\0')
        dest++;
    return dest;
}

char *
stpcpy(char *restrict dest, const char *restrict src)
{
    return __stpcpy(dest, src);
}

/* in brackets, as no call of ours stands: it knows no bound */
char *(strcpy)(char *restrict dest, const char *restrict src)
{
    (void)__stpcpy(dest, src);
    return dest;
}

char *
strncpy(char *restrict dest, const char *restrict src, size_t n)
{
    size_t i = 0;
    for (; i < n && src[i] != '\0'; i++)
        dest[i] = src[i];
    for (; i < n; i++)
        dest[i] = '\0';
    return dest;
}

char *
strstr(const char *haystack, const char *needle)
{
    size_t size = strlen(needle);
    for (; strncmp(haystack, needle, size) != 0; haystack++)
        if (*haystack == '\0')
            return NULL;
    return (char *)(uintptr_t)haystack;
}
#endif
