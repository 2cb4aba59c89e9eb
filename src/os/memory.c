/* memory.c - see memory.h
 * SPDX-License-Identifier: ISC
 */
#include "os/memory.h"

#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U /* Linux 6.3, younger than the C library here */
#endif

static int
create(const char *name)
{
    int fd = sys_memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL)
        fd = sys_memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd;
}

static bool
fill(int fd, const void *from, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = sys_pwrite(fd, (const char *)from + done, size - done, (off_t)done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

enum status
memory_share(const char *name, const void *from, size_t size, bool read_only, int *fd)
{
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | (read_only ? F_SEAL_WRITE : 0);
    *fd = create(name);
    if (*fd < 0)
        return STATUS_SYSTEM;
    if (sys_ftruncate(*fd, (off_t)size) == 0 && (from == NULL || fill(*fd, from, size)) &&
        sys_fcntl(*fd, F_ADD_SEALS, seals) == 0)
        return STATUS_OK;
    int saved = errno;
    sys_close(*fd);
    *fd = -1;
    errno = saved;
    return STATUS_SYSTEM;
}

enum status
memory_make(const char *name, size_t size, int *fd, void **at)
{
    *at = NULL;
    *fd = create(name);
    if (*fd < 0)
        return STATUS_SYSTEM;
    if (sys_ftruncate(*fd, (off_t)size) == 0)
        *at = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (*at != NULL && *at != MAP_FAILED)
        return STATUS_OK;
    int saved = errno;
    sys_close(*fd);
    *fd = -1;
    *at = NULL;
    errno = saved;
    return STATUS_SYSTEM;
}

enum status
memory_fix_size(int fd)
{
    return sys_fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0 ? STATUS_OK : STATUS_SYSTEM;
}

enum status
memory_fix_writers(int fd)
{
    return sys_fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0 ? STATUS_OK
                                                                              : STATUS_SYSTEM;
}

enum status
memory_seal(int fd, void *at, size_t size)
{
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | F_SEAL_WRITE;
    return sys_munmap(at, size) == 0 && sys_fcntl(fd, F_ADD_SEALS, seals) == 0 ? STATUS_OK
                                                                               : STATUS_SYSTEM;
}

static enum status
map_sealed(int fd, int needed, size_t size_min, int access, void **at, size_t *size)
{
    *at = NULL;
    *size = 0;
    int seals = sys_fcntl(fd, F_GET_SEALS, 0);
    if (seals < 0 || (seals & needed) != needed) /* no memfd at all, or one that could change */
        return STATUS_INVALID;
    off_t end =
        sys_lseek(fd, 0, SEEK_END); /* not fstat: no filter needs to permit looking at files */
    if (end <= 0 || (uint64_t)end < size_min || (uint64_t)end > SIZE_MAX)
        return STATUS_INVALID;
    void *map = sys_mmap(NULL, (size_t)end, access, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return STATUS_SYSTEM;
    *at = map;
    *size = (size_t)end;
    return STATUS_OK;
}

enum status
memory_map(int fd, size_t size_min, bool read_only, void **at, size_t *size)
{
    return map_sealed(fd, F_SEAL_SHRINK | (read_only ? F_SEAL_WRITE : 0), size_min,
                      read_only ? PROT_READ : PROT_READ | PROT_WRITE, at, size);
}

enum status
memory_watch(int fd, void **at, size_t *size)
{
    return map_sealed(fd, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE, 1, PROT_READ, at, size);
}

void
memory_unmap(void *at, size_t size)
{
    if (at != NULL)
        sys_munmap(at, size);
}

void *
memory_reserve(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (size == 0 || size > SIZE_MAX / 2)
        return NULL;
    size_t whole = (size + page - 1) / page * page;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *map = sys_mmap(NULL, whole + 2 * page, PROT_NONE, flags, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    char *at = map + page; /* a page without access on both sides stops a run past the table */
    if (sys_mprotect(at, whole, PROT_READ | PROT_WRITE) != 0) {
        sys_munmap(map, whole + 2 * page);
        return NULL;
    }
    /* large pages would make a table cost 2 MiB where a few entries are in use */
    sys_madvise(at, whole, MADV_NOHUGEPAGE);
    sys_madvise(at, whole, MADV_DONTDUMP);
    return at;
}

#ifdef PENSTOCK_SANITIZED
size_t
memory_bound(size_t more)
{
    (void)more;
    return 0;
}
#else
/*
 * The sixth number of statm: private pages that can be written, as RLIMIT_DATA counts them, and the
 * stack. Where neither /proc is there nor was statm handed in, MEMORY_STATM_FD is the event loop's,
 * which cannot be read.
 */
size_t
memory_bound(size_t more)
{
    char text[128], *at = text;
    int fd = sys_open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fd = MEMORY_STATM_FD;
    ssize_t size = sys_read(fd, text, sizeof text - 1);
    if (size > 0)
        sys_close(fd);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    for (int skipped = 0; skipped < 5 && at != NULL; skipped++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    unsigned long pages = at != NULL ? strtoul(at, NULL, 10) : 0;
    return pages == 0 ? 0 : pages * (size_t)sysconf(_SC_PAGESIZE) + more;
}
#endif
