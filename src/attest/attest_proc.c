/* attest_proc.c - what the kernel's /proc says of one process
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_proc.h"

#include "os/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status
attest_proc_open(struct attest_proc *proc, pid_t pid)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%ld", (long)pid);
    *proc = (struct attest_proc){
        .pid = pid, .folder = pid > 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1};
    return proc->folder >= 0 ? STATUS_OK : STATUS_NONE;
}

void
attest_proc_close(struct attest_proc *proc)
{
    if (proc->folder >= 0)
        close(proc->folder);
    proc->folder = -1;
}

/* @return octets read, -1: errno */
static ssize_t
read_whole(int fd, char *to, size_t room)
{
    size_t have = 0;
    for (;;) {
        ssize_t n = read(fd, to + have, room - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -1 : (ssize_t)have;
        have += (size_t)n;
        if (have == room) {
            errno = EFBIG;
            return -1;
        }
    }
}

char *
attest_proc_read_open(int fd, size_t *size)
{
    char *text = malloc(ATTEST_PROC_TEXT_MAX + 1);
    ssize_t count = text == NULL ? -1 : read_whole(fd, text, ATTEST_PROC_TEXT_MAX);
    if (count < 0) {
        int saved = errno;
        if (text != NULL)
            explicit_bzero(text, ATTEST_PROC_TEXT_MAX); /* a file of keys may be that large */
        free(text);
        errno = saved;
        return NULL;
    }
    text[count] = '\0';
    if (size != NULL)
        *size = (size_t)count;
    return text;
}

char *
attest_proc_read(const struct attest_proc *proc, const char *name, size_t *size)
{
    int fd = openat(proc->folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char *text = attest_proc_read_open(fd, size);
    int saved = errno;
    close(fd);
    errno = saved;
    return text;
}

bool
attest_proc_link(const struct attest_proc *proc, const char *name, char path[ATTEST_PROC_PATH_MAX])
{
    ssize_t size = readlinkat(proc->folder, name, path, ATTEST_PROC_PATH_MAX - 1);
    path[size < 0 ? 0 : size] = '\0';
    return size >= 0;
}

size_t
attest_proc_numbers(const char *text, const char *name, int base, uint64_t numbers[], size_t most)
{
    const char *at = proc_field(text, name);
    size_t count = 0;
    while (at != NULL && count < most) {
        at += strspn(at, " \t");
        char *end;
        if (*at == '\n' || *at == '\0')
            break;
        numbers[count] = strtoull(at, &end, base);
        if (end == at)
            break;
        at = end;
        count++;
    }
    return count;
}
