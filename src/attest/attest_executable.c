/* attest_executable.c - what a process runs, and what is linked with it
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_executable.h"

#include "attest/attest_elf.h"
#include "digest/digest.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_BYTES     (64U << 10)
#define LIBRARIES_MOST 64
#define BANNER         "GNU C Library"
#define BANNER_END     "release version "

_Static_assert(PART_BYTES >= ATTEST_ELF_HEAD_BYTES, "the first part holds the head");

struct file {
    bool is_read;
    uint8_t sum[DIGEST_BYTES];
    struct attest_elf elf;
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

static void
read_file(int fd, struct file *file)
{
    static char part[PART_BYTES];
    struct digest digest;
    bool is_first = true;
    *file = (struct file){.is_read = false};
    digest_begin(&digest);
    for (;;) {
        ssize_t n = read(fd, part, sizeof part);
        if (n < 0 && errno == EINTR)
            continue;
        file->is_read = n == 0;
        if (n <= 0)
            break;
        if (is_first && attest_elf_read(part, (size_t)n, &file->elf) != STATUS_OK)
            file->elf = (struct attest_elf){0}; /* a library of another kind has no notes for us */
        is_first = false;
        look_for_banner(file, part, (size_t)n);
        digest_add(&digest, part, (size_t)n);
    }
    digest_end(&digest, file->sum);
}

static json_t *
build_id(const struct attest_elf *elf)
{
    char text[2 * ATTEST_ELF_BUILD_MAX + 1] = "";
    for (size_t i = 0; i < elf->build_bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", elf->build[i]);
    return elf->build_bytes > 0 ? json_string(text) : json_null();
}

/* Is what stands at the path now what is mapped? It is looked for where the supervisor found it: a
 * worker may have no file at all (os/spaces.h). */
static const char *
on_disk(const struct attest_proc *supervisor, const char *path, const struct stat *mapped,
        const uint8_t sum[DIGEST_BYTES])
{
    char inside[ATTEST_PROC_PATH_MAX + 8]; /* it may be in another mount namespace */
    struct stat now;
    struct file file;
    snprintf(inside, sizeof inside, "root/%s", path[0] == '/' ? path + 1 : path);
    int fd = openat(supervisor->folder, inside, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? "deleted" : "not readable";
    const char *found = "another";
    if (fstat(fd, &now) == 0 && now.st_dev == mapped->st_dev && now.st_ino == mapped->st_ino) {
        found = "the same";
    } else {
        read_file(fd, &file);
        if (file.is_read && memcmp(file.sum, sum, DIGEST_BYTES) == 0)
            found = "another file of the same octets";
    }
    close(fd);
    return found;
}

/* What the build says that it linked in: "name version" a line. */
static void
add_linked(json_t *libraries, const char *linked)
{
    char copy[ATTEST_ELF_LINKED_MAX];
    snprintf(copy, sizeof copy, "%s", linked);
    char *rest = copy;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        char *version = strchr(line, ' ');
        if (version == NULL)
            continue;
        *version++ = '\0';
        json_t *row = json_pack("{s:s, s:s}", "version", version, "linked", "static");
        if (row != NULL) /* NULL: not UTF-8 */
            json_object_set_new(libraries, line, row);
    }
}

/* libx.so.1.2.3: the name, and the version if it has one. */
static void
split_name(const char *path, char name[128], char version[64])
{
    const char *base = strrchr(path, '/');
    snprintf(name, 128, "%s", base == NULL ? path : base + 1);
    version[0] = '\0';
    char *at = strstr(name, ".so");
    if (at == NULL)
        return;
    if (strncmp(at, ".so.", 4) == 0)
        snprintf(version, 64, "%s", at + 4);
    *at = '\0';
}

/* @param span  of addresses, as maps has it: the file is opened as it is mapped */
static void
add_shared(json_t *libraries, const struct attest_proc *proc, const struct attest_proc *supervisor,
           const char *span, const char *path)
{
    char name[128], version[64], mapped[64];
    struct file file = {.is_read = false};
    struct stat status;
    snprintf(mapped, sizeof mapped, "map_files/%.50s", span);
    int fd = openat(proc->folder, mapped, O_RDONLY | O_CLOEXEC);
    split_name(path, name, version);
    bool is_open = fd >= 0 && fstat(fd, &status) == 0;
    if (is_open)
        read_file(fd, &file);
    if (fd >= 0)
        close(fd);
    json_t *row = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o}", "version",
        file.version[0] != '\0' ? file.version : version, "linked", "shared", "file", path,
        "sha256", file.is_read ? attest_value_sum(file.sum) : json_null(), "build_id",
        build_id(&file.elf), "on_disk",
        is_open ? json_string(on_disk(supervisor, path, &status, file.sum)) : json_null());
    if (row != NULL) /* NULL: not UTF-8 */
        json_object_set_new(libraries, name, row);
}

/* Each file that is mapped to be executed, once, but the executable itself. */
static bool
add_mapped(json_t *libraries, const struct attest_proc *proc, const struct attest_proc *supervisor,
           ino_t own)
{
    char *maps = attest_proc_read(proc, "maps", NULL);
    unsigned long long seen[LIBRARIES_MOST];
    size_t count = 0;
    if (maps == NULL)
        return false;
    char *rest = maps;
    for (char *line = strsep(&rest, "\n"); line != NULL && count < LIBRARIES_MOST;
         line = strsep(&rest, "\n")) {
        char span[64], rights[8];
        unsigned long long inode;
        int path = 0;
        if (sscanf(line, "%63s %7s %*x %*s %llu %n", span, rights, &inode, &path) != 3 ||
            path == 0 || line[path] != '/' || rights[2] != 'x' || inode == own)
            continue;
        size_t i = 0;
        while (i < count && seen[i] != inode)
            i++;
        if (i < count)
            continue;
        seen[count++] = inode;
        add_shared(libraries, proc, supervisor, span, line + path);
    }
    free(maps);
    return true;
}

void
attest_executable_put(const struct attest_proc *proc, const struct attest_proc *supervisor,
                      struct attest_value *value)
{
    char path[ATTEST_PROC_PATH_MAX];
    struct stat status;
    struct file file;
    int fd = -1;
    if (attest_proc_link(proc, "exe", path))
        fd = openat(proc->folder, "exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        int saved = errno;
        if (fd >= 0)
            close(fd);
        attest_value_unread(value, "executable", strerror(saved));
        attest_value_unread(value, "libraries", strerror(saved));
        return;
    }
    read_file(fd, &file);
    close(fd);
    static const char gone[] = " (deleted)";
    size_t length = strlen(path);
    if (length > sizeof gone && strcmp(path + length - (sizeof gone - 1), gone) == 0)
        path[length - (sizeof gone - 1)] = '\0';
    json_t *executable =
        json_pack("{s:s, s:o, s:o, s:s}", "path", path, "sha256",
                  file.is_read ? attest_value_sum(file.sum) : json_null(), "build_id",
                  build_id(&file.elf), "on_disk", on_disk(supervisor, path, &status, file.sum));
    errno = EILSEQ; /* the one reason left: a path that is not UTF-8 */
    attest_value_put(value, "executable", executable);
    json_t *libraries = json_object(); /* by name: the order of maps is drawn at each start */
    add_linked(libraries, file.elf.linked);
    if (add_mapped(libraries, proc, supervisor, status.st_ino)) {
        attest_value_put(value, "libraries", libraries);
    } else {
        attest_value_put(value, "libraries", NULL);
        json_decref(libraries);
    }
}
