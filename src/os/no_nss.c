/* no_nss.c - static builds only: no name service modules, no words to the system's log
 * SPDX-License-Identifier: ISC
 *
 * libcap-ng can look accounts up, in a function that nobody here calls. The C library would answer
 * by loading modules, which a static executable cannot; so these names end here, and they find
 * nothing. It can also tell the system's log that it is used against its rules.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>

void __syslog_chk(int priority, int flag, const char *format, ...);

struct passwd *
getpwuid(uid_t uid)
{
    (void)uid;
    errno = ENOSYS;
    return NULL;
}

int
initgroups(const char *user, gid_t group)
{
    (void)user;
    (void)group;
    errno = ENOSYS;
    return -1;
}

void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    (void)priority;
    (void)flag;
    (void)format;
}
