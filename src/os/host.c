/* host.c - the name of this machine
 * SPDX-License-Identifier: ISC
 */
#include "os/host.h"

#include <string.h>
#include <unistd.h>

#define NAME_MAX_LINUX 64 /* HOST_NAME_MAX, without its NUL */

void
host_name(char *name, size_t size)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    char whole[NAME_MAX_LINUX + 1];
    memset(name, 0, size);
    if (gethostname(whole, sizeof whole) != 0)
        return;
    whole[sizeof whole - 1] = '\0';
    size_t length = strspn(whole, letters);
    memcpy(name, whole, length < size ? length : size - 1);
}
