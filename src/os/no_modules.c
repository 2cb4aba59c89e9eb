/* no_modules.c - static builds of all but penstockctl: no code that loads code, and no scanning
 * SPDX-License-Identifier: ISC
 *
 * glibc converts between character sets by modules that it opens, and so has each static executable
 * open and relocate libraries. Here no characters are converted, wide ones neither: these names, by
 * which the C library calls itself, find no conversion, and nothing reaches its loader, which is not
 * told either where libraries lie. Text is scanned by libcap-ng for a set that nobody asks it for.
 */
#include <features.h>
#ifdef __GLIBC__
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <wchar.h>

#define NO_CONVERSION 1 /* __GCONV_NOCONV */
#define NO_CHARACTER  6 /* __GCONV_ILLEGAL_INPUT */

struct __gconv_step;
struct __gconv_step_data;

extern pthread_mutex_t __gconv_lock;
int __gconv_find_transform(const char *to, const char *from, struct __gconv_step **steps,
                           size_t *count, int flags);
int __gconv_close_transform(struct __gconv_step *steps, size_t count);
void __gconv_release_step(struct __gconv_step *step);
int __gconv_compare_alias(const char *one, const char *other, int *result);
wint_t __gconv_btwoc_ascii(struct __gconv_step *step, unsigned char c);
int __gconv_transform_ascii_internal(struct __gconv_step *step, struct __gconv_step_data *data,
                                     const unsigned char **from, const unsigned char *end,
                                     unsigned char **to, size_t *lost, int flush, int is_part);
int __gconv_transform_internal_ascii(struct __gconv_step *step, struct __gconv_step_data *data,
                                     const unsigned char **from, const unsigned char *end,
                                     unsigned char **to, size_t *lost, int flush, int is_part);
size_t __wcsrtombs(char *to, const wchar_t **from, size_t room, mbstate_t *state);
size_t __wcrtomb(char *to, wchar_t c, mbstate_t *state);
size_t __wcrtomb_internal(char *to, wchar_t c, mbstate_t *state, size_t room);
void _dl_init_paths(const char *path, const char *source, const char *before, const char *mask);
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

wint_t
__gconv_btwoc_ascii(struct __gconv_step *step, unsigned char c)
{
    (void)step;
    return c < 0x80 ? c : WEOF;
}

int
__gconv_transform_ascii_internal(struct __gconv_step *step, struct __gconv_step_data *data,
                                 const unsigned char **from, const unsigned char *end,
                                 unsigned char **to, size_t *lost, int flush, int is_part)
{
    (void)step;
    (void)data;
    (void)from;
    (void)end;
    (void)to;
    (void)lost;
    (void)flush;
    (void)is_part;
    return NO_CHARACTER;
}

int
__gconv_transform_internal_ascii(struct __gconv_step *step, struct __gconv_step_data *data,
                                 const unsigned char **from, const unsigned char *end,
                                 unsigned char **to, size_t *lost, int flush, int is_part)
{
    return __gconv_transform_ascii_internal(step, data, from, end, to, lost, flush, is_part);
}

size_t
__wcsrtombs(char *to, const wchar_t **from, size_t room, mbstate_t *state)
{
    (void)to;
    (void)from;
    (void)room;
    (void)state;
    errno = EILSEQ;
    return (size_t)-1;
}

size_t
__wcrtomb(char *to, wchar_t c, mbstate_t *state)
{
    return __wcrtomb_internal(to, c, state, 0);
}

size_t
__wcrtomb_internal(char *to, wchar_t c, mbstate_t *state, size_t room)
{
    (void)to;
    (void)c;
    (void)state;
    (void)room;
    errno = EILSEQ;
    return (size_t)-1;
}

void
_dl_init_paths(const char *path, const char *source, const char *before, const char *mask)
{
    (void)path;
    (void)source;
    (void)before;
    (void)mask;
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
