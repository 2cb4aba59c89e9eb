/* hole_page.c - see hole_page.h
 * SPDX-License-Identifier: ISC
 */
#include "hole/hole_page.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct hole_page *
map(int fd)
{
    void *at = mmap(NULL, sizeof(struct hole_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    struct hole_page *page = at;
    if (at == MAP_FAILED)
        return NULL;
    if (memcmp(page->magic, HOLE_PAGE_MAGIC, sizeof page->magic) == 0)
        return page;
    munmap(at, sizeof *page);
    return NULL;
}

struct hole_page *
hole_page_open(int *fd)
{
    static const char name[] = "/hole.page";
    char path[PATH_MAX + sizeof name];
    ssize_t size = readlink("/proc/self/exe", path, PATH_MAX);
    *fd = -1;
    while (size > 0 && path[size] != '/')
        size--;
    if (size <= 0)
        return NULL;
    memcpy(path + size, name, sizeof name);
    *fd = open(path, O_RDWR | O_CLOEXEC);
    return *fd < 0 ? NULL : map(*fd);
}

struct hole_page *
hole_page_take(enum hole_role role)
{
    struct hole_page *page = map(STDIN_FILENO);
    if (page == NULL)
        return NULL;
    if ((page->leaks >> role & 1) != 0 && dup2(STDIN_FILENO, HOLE_PAGE_LEAK_FD) < 0)
        return NULL;
    int fd = open("/dev/null", O_RDONLY);
    if (fd < 0) /* a worker has no files: an empty one that has no name is as good */
        fd = memfd_create("null", MFD_CLOEXEC);
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        if (fd < 0 || dup2(fd, i) < 0)
            return NULL;
    close(fd);
    return page;
}
