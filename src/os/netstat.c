/* netstat.c - what the kernel counts of the whole network namespace
 * SPDX-License-Identifier: ISC
 */
#include "os/netstat.h"

#include "os/sys.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 16384 /* /proc/net/snmp6, with room for what newer kernels add */

/* The whole of a file of /proc, which is made anew for each who opens it. */
static bool
read_text(const char *path, char text[TEXT_MAX])
{
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    ssize_t n = fd >= 0 ? 1 : -1;
    while (n > 0 && size < TEXT_MAX - 1) {
        n = sys_read(fd, text + size, TEXT_MAX - 1 - size);
        size += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        sys_close(fd);
    text[size] = '\0';
    return n >= 0;
}

static const char *
skip_word(const char *at)
{
    at += strspn(at, " \t");
    return at + strcspn(at, " \t\n");
}

/* "Udp: A B\nUdp: 1 2\n": the number that stands below `name`; 0: there is none. */
static uint64_t
below(const char *text, const char *name)
{
    const char *names = strstr(text, "\nUdp: ");
    const char *values = names != NULL ? strstr(names + 1, "\nUdp: ") : NULL;
    size_t size = strlen(name);
    if (values == NULL)
        return 0;
    for (names++, values++; *names != '\n'; names = skip_word(names), values = skip_word(values)) {
        const char *word = names + strspn(names, " ");
        if (strncmp(word, name, size) == 0 && (word[size] == ' ' || word[size] == '\n'))
            return strtoull(values, NULL, 10);
        if (*names == '\0' || *values == '\0' || *word == '\n')
            break;
    }
    return 0;
}

/* "Udp6RcvbufErrors   7\n": the number behind `name`; 0: there is none. */
static uint64_t
behind(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

enum status
netstat_no_room(uint64_t *count)
{
    char text[TEXT_MAX];
    *count = 0;
    if (!read_text("/proc/self/net/snmp", text))
        return STATUS_SYSTEM;
    *count = below(text, "RcvbufErrors") + below(text, "MemErrors");
    if (read_text("/proc/self/net/snmp6", text)) /* else there is no IPv6 */
        *count += behind(text, "\nUdp6RcvbufErrors") + behind(text, "\nUdp6MemErrors");
    return STATUS_OK;
}
