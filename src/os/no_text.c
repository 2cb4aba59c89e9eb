/* no_text.c - static builds only: failed assertions and error texts without printing and translations
 * SPDX-License-Identifier: ISC
 *
 * The complaints of getopt(3) are printed, and not in wide characters. glibc's own bring wide
 * printing and the reading of message catalogues into each executable. No catalogue is in the image,
 * and who is in its filter could read none.
 */
#include <features.h>
#ifdef __GLIBC__
#include <assert.h>
#include <errno.h>
#include <libintl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define LINE_DIGITS 10 /* of a number of 32 bits */

int __fxprintf_nocancel(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static struct iovec
part(const char *text)
{
    return (struct iovec){.iov_base = (char *)(uintptr_t)text, .iov_len = strlen(text)};
}

/* @return where the digits begin in `room`, which ends with a zero octet */
static const char *
digits_of(unsigned number, char room[LINE_DIGITS + 1])
{
    char *at = room + LINE_DIGITS;
    *at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    return at;
}

/* As glibc words it. What follows is SIGABRT, whether it could be written or not. */
void
__assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    char room[LINE_DIGITS + 1];
    struct iovec parts[] = {part(program_invocation_short_name),
                            part(": "),
                            part(file),
                            part(":"),
                            part(digits_of(line, room)),
                            part(": "),
                            part(function),
                            part(": Assertion `"),
                            part(assertion),
                            part("' failed.\n")};
    ssize_t written = writev(STDERR_FILENO, parts, sizeof parts / sizeof parts[0]);
    (void)written;
    abort();
}

char *
__dcgettext(const char *domainname, const char *msgid, int category)
{
    (void)domainname;
    (void)category;
    return (char *)(uintptr_t)msgid;
}

/* @param to  NULL: standard error */
int
__fxprintf_nocancel(FILE *to, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int written = vfprintf(to != NULL ? to : stderr, format, values);
    va_end(values);
    return written;
}

char *
dcgettext(const char *domainname, const char *msgid, int category)
{
    return __dcgettext(domainname, msgid, category);
}
#endif
