/* proc.c - see proc.h
 * SPDX-License-Identifier: ISC
 */
#include "os/proc.h"

#include "os/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
proc_read(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    if (pid == 0)
        snprintf(path, sizeof path, "/proc/self/%s", name);
    else
        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? sys_read(fd, text, size - 1) : -1;
    if (fd >= 0)
        sys_close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

const char *
proc_field(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " \t");
    }
    return NULL;
}

long
proc_number(const char *text, const char *name, int base)
{
    const char *value = proc_field(text, name);
    return value == NULL ? -1 : strtol(value, NULL, base);
}
