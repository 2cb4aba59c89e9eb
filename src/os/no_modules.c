/* no_modules.c - static builds of all but penstockctl: no code that loads code, and no scanning
 * SPDX-License-Identifier: ISC
 *
 * glibc converts between character sets by modules that it opens, and so has each static executable
 * open and relocate libraries. Here no characters are converted: these names, by which the C library
 * calls itself, find no conversion, and nothing reaches its loader. Text is scanned by libcap-ng for
 * a set that nobody asks it for, and by the C library for a time zone, where all times are UTC.
 */
#include <features.h>
#ifdef __GLIBC__
#include <pthread.h>
#include <stddef.h>

#define NO_CONVERSION 1 /* __GCONV_NOCONV */

struct __gconv_step;

extern pthread_mutex_t __gconv_lock;
int __gconv_find_transform(const char *to, const char *from, struct __gconv_step **steps,
                           size_t *count, int flags);
int __gconv_close_transform(struct __gconv_step *steps, size_t count);
void __gconv_release_step(struct __gconv_step *step);
int __gconv_compare_alias(const char *one, const char *other, int *result);
int __isoc99_sscanf(const char *text, const char *format, ...);
int __isoc23_sscanf(const char *text, const char *format, ...);

pthread_mutex_t __gconv_lock = PTHREAD_MUTEX_INITIALIZER;

int
__gconv_find_transform(const char *to, const char *from, struct __gconv_step **steps, size_t *count,
                       int flags)
{
    (void)to;
    (void)from;
    (void)flags;
    *steps = NULL;
    *count = 0;
    return NO_CONVERSION;
}

int
__gconv_close_transform(struct __gconv_step *steps, size_t count)
{
    (void)steps;
    (void)count;
    return 0;
}

void
__gconv_release_step(struct __gconv_step *step)
{
    (void)step;
}

int
__gconv_compare_alias(const char *one, const char *other, int *result)
{
    (void)one;
    (void)other;
    *result = 1;
    return NO_CONVERSION;
}

int
__isoc99_sscanf(const char *text, const char *format, ...)
{
    (void)text;
    (void)format;
    return 0;
}

int
__isoc23_sscanf(const char *text, const char *format, ...)
{
    (void)text;
    (void)format;
    return 0;
}
#endif
