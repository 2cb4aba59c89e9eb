/* attest_executable.c - what a process runs, and what is linked with it
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_executable.h"

#include "attest/attest_elf.h"
#include "attest/attest_file.h"
#include "attest/attest_later.h"
#include "digest/digest.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PART_BYTES     (64U << 10)
#define LIBRARIES_MOST 64
#define BANNER         "GNU C Library"
#define BANNER_END     "release version "

_Static_assert(PART_BYTES <= ATTEST_ELF_HEAD_BYTES, "the head holds the first part");

struct file {
    bool is_read;
    uint8_t sum[DIGEST_BYTES];
    uint8_t head[ATTEST_ELF_HEAD_BYTES]; /* is not looked into here */
    size_t head_size;
    char version[64]; /* that a library says of itself; "": it says none */
};

/* The C library names its version nowhere but in a sentence. */
static void
look_for_banner(struct file *file, const char *part, size_t size)
{
    const char *at = memmem(part, size, BANNER, sizeof BANNER - 1);
    if (at == NULL || file->version[0] != '\0')
        return;
    size_t left = size - (size_t)(at - part);
    const char *end = memmem(at, left < 256 ? left : 256, BANNER_END, sizeof BANNER_END - 1);
    if (end == NULL)
        return;
    end += sizeof BANNER_END - 1;
    size_t length = 0;
    while (end + length < part + size && length + 1 < sizeof file->version &&
           (isdigit((unsigned char)end[length]) || end[length] == '.'))
        length++;
    while (length > 0 && end[length - 1] == '.')
        length--;
    memcpy(file->version, end, length);
    file->version[length] = '\0';
}

/* As much as it had when it was opened: who has it open may go on writing to it. */
static void
read_file(int fd, off_t size, struct file *file)
{
    static char part[PART_BYTES];
    struct digest digest;
    bool is_first = true;
    file->is_read = false;
    file->head_size = 0;
    file->version[0] = '\0';
    if (size > ATTEST_FILE_MOST)
        return;
    digest_begin(&digest);
    for (off_t left = size; left > 0 || is_first;) {
        ssize_t n = read(fd, part, left < (off_t)sizeof part ? (size_t)left : sizeof part);
        if (n < 0 && errno == EINTR)
            continue;
        file->is_read = n == left; /* cut meanwhile, and it is not what is mapped */
        if (n <= 0)
            break;
        left -= n;
        if (is_first) {
            file->head_size = (size_t)n;
            memcpy(file->head, part, file->head_size);
        }
        is_first = false;
        look_for_banner(file, part, (size_t)n);
        digest_add(&digest, part, (size_t)n);
    }
    digest_end(&digest, file->sum);
}

/* Is what stands at the path now what is mapped? It is looked for where the supervisor found it: a
 * worker may have no file at all (os/spaces.h). */
static const char *
on_disk(const struct attest_proc *supervisor, const char *path, const struct stat *mapped,
        const uint8_t sum[DIGEST_BYTES])
{
    struct stat now;
    static struct file file;
    int fd = attest_file_open_named(supervisor, path, &now);
    if (fd < 0 && (errno == EINVAL || errno == ELOOP))
        return "another"; /* whatever it is, it was not mapped from there */
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? "deleted" : "not readable";
    const char *found = "another";
    if (now.st_dev == mapped->st_dev && now.st_ino == mapped->st_ino) {
        found = "the same";
    } else {
        read_file(fd, now.st_size, &file);
        if (file.is_read && memcmp(file.sum, sum, DIGEST_BYTES) == 0)
            found = "another file of the same octets";
    }
    close(fd);
    return found;
}

/* libx.so.1.2.3: the version, if the name has one. */
static void
version_of(const char *path, char version[64])
{
    const char *base = strrchr(path, '/');
    const char *at = base == NULL ? NULL : strstr(base, ".so.");
    snprintf(version, 64, "%s", at == NULL ? "" : at + 4);
}

/* What is mapped of one process, while its map is read. */
struct mapped {
    const struct attest_proc *proc, *supervisor;
    struct attest_value *value;
    json_t *libraries;
    const struct stat *own; /* the executable */
    struct {
        uint64_t device, inode;
    } seen[LIBRARIES_MOST];
    size_t count, left_out;
};

/* A finding of its own: the other libraries are told. */
static void
leave_out(const struct mapped *all, const char *path, const char *why)
{
    char name[ATTEST_PROC_PATH_MAX + 32];
    snprintf(name, sizeof name, "libraries: %s", path);
    if (json_object_set_new(all->value->not_read, name, json_string(why)) != 0) /* not UTF-8 */
        json_object_set_new(all->value->not_read, "libraries: a path that is not UTF-8",
                            json_string(why));
}

/* By path, for two may have one name; and two files may have had one path. */
static void
put_library(const struct mapped *all, const char *path, json_t *row)
{
    char name[ATTEST_PROC_PATH_MAX + 32];
    snprintf(name, sizeof name, "%s", path);
    for (unsigned i = 2; json_object_get(all->libraries, name) != NULL; i++)
        snprintf(name, sizeof name, "%s (%u)", path, i);
    if (row == NULL || json_object_set_new(all->libraries, name, row) != 0)
        leave_out(all, "a path that is not UTF-8", "it cannot be told");
}

/* @param span  of addresses, as maps has it: the file is opened as it is mapped */
static void
add_shared(const struct mapped *all, const char *span, const char *path)
{
    char version[64], link[64];
    static struct file file;
    struct stat status;
    file.is_read = false;
    file.version[0] = '\0';
    file.head_size = 0;
    snprintf(link, sizeof link, "map_files/%.50s", span);
    int fd = attest_file_open(all->proc, link, &status);
    if (fd < 0)
        leave_out(all, path, errno == EINVAL ? "it is no regular file" : strerror(errno));
    bool is_open = fd >= 0;
    if (is_open && status.st_dev == all->own->st_dev && status.st_ino == all->own->st_ino) {
        close(fd);
        return;
    }
    if (is_open) {
        read_file(fd, status.st_size, &file);
        close(fd);
        if (!file.is_read)
            leave_out(all, path, "it changed, or is too large");
    }
    version_of(path, version);
    json_t *row = json_pack(
        "{s:s, s:s, s:s, s:o, s:n, s:o}", "version",
        file.version[0] != '\0' ? file.version : version, "linked", "shared", "file", path,
        "sha256", file.is_read ? attest_value_sum(file.sum) : json_null(), "build_id", "on_disk",
        is_open ? json_string(on_disk(all->supervisor, path, &status, file.sum)) : json_null());
    if (row != NULL && file.is_read &&
        !attest_later_add(row, NULL, file.sum, file.head, file.head_size))
        leave_out(all, path, "no room for its build id");
    put_library(all, path, row);
}

/* One line of maps. Whatever was mapped from a file and is executed is a library. */
static void
take_line(struct mapped *all, const char *line)
{
    char span[64], rights[8], major[16], minor[16], number[24];
    int path = 0;
    if (sscanf(line, "%63s %7s %*s %15[0-9a-f]:%15[0-9a-f] %23s %n", span, rights, major, minor,
               number, &path) != 5 ||
        path == 0 || line[path] != '/' || rights[2] != 'x')
        return;
    uint64_t inode = strtoull(number, NULL, 10);
    uint64_t device =
        makedev((unsigned)strtoul(major, NULL, 16), (unsigned)strtoul(minor, NULL, 16));
    for (size_t i = 0; i < all->count; i++)
        if (all->seen[i].inode == inode && all->seen[i].device == device)
            return;
    if (all->count == LIBRARIES_MOST) {
        all->left_out++;
        return;
    }
    all->seen[all->count].device = device;
    all->seen[all->count++].inode = inode;
    add_shared(all, span, line + path);
}

/* Each file that is mapped to be executed, once, but the executable itself. */
static bool
add_mapped(struct mapped *all)
{
    char *maps = attest_proc_read(all->proc, "maps", NULL);
    if (maps == NULL)
        return false;
    char *rest = maps;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
        take_line(all, line);
    free(maps);
    if (all->left_out > 0)
        leave_out(all, "the rest", "more are mapped than are read");
    return true;
}

void
attest_executable_put(const struct attest_proc *proc, const struct attest_proc *supervisor,
                      struct attest_value *value)
{
    char path[ATTEST_PROC_PATH_MAX];
    struct stat status;
    static struct file file;
    int fd = -1;
    if (attest_proc_link(proc, "exe", path))
        fd = attest_file_open(proc, "exe", &status);
    if (fd < 0) {
        int saved = errno;
        attest_value_unread(value, "executable", strerror(saved));
        attest_value_unread(value, "libraries", strerror(saved));
        return;
    }
    read_file(fd, status.st_size, &file);
    close(fd);
    if (!file.is_read)
        json_object_set_new(value->not_read, "executable.sha256",
                            json_string("it changed, or is too large"));
    static const char gone[] = " (deleted)";
    size_t length = strlen(path);
    if (length > sizeof gone && strcmp(path + length - (sizeof gone - 1), gone) == 0)
        path[length - (sizeof gone - 1)] = '\0';
    json_t *executable =
        json_pack("{s:s, s:o, s:n, s:s}", "path", path, "sha256",
                  file.is_read ? attest_value_sum(file.sum) : json_null(), "build_id", "on_disk",
                  on_disk(supervisor, path, &status, file.sum));
    errno = EILSEQ; /* the one reason left: a path that is not UTF-8 */
    attest_value_put(value, "executable", executable);
    json_t *libraries = json_object(); /* by name: the order of maps is drawn at each start */
    struct mapped all = {.proc = proc,
                         .supervisor = supervisor,
                         .value = value,
                         .libraries = libraries,
                         .own = &status};
    if (executable != NULL && file.is_read &&
        !attest_later_add(executable, libraries, file.sum, file.head, file.head_size))
        json_object_set_new(value->not_read, "executable.build_id", json_string("no room for it"));
    if (add_mapped(&all)) {
        attest_value_put(value, "libraries", libraries);
    } else {
        attest_value_put(value, "libraries", NULL);
        json_decref(libraries);
    }
}
