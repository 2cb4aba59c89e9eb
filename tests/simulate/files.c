/* files.c - see files.h
 * SPDX-License-Identifier: ISC
 */
#include "files.h"

#include "process.h"
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILES_MAX 16

struct file { /* opened */
    struct object object;
    size_t entry; /* of the table */
    size_t at;
};

struct memory {
    struct object object;
    int fd;
};

static struct {
    char *path, *text;
} table[FILES_MAX];

void (*files_on_log)(const char *line, size_t size);

static void
close_memory(struct object *object)
{
    close(((struct memory *)object)->fd);
}

static const struct object_class log_class = {.name = "log"};
static const struct object_class file_class = {.name = "file"};
static const struct object_class memory_class = {.name = "memory", .destroyed = close_memory};

void
files_begin(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        free(table[i].path);
        free(table[i].text);
    }
    memset(table, 0, sizeof table);
    files_on_log = NULL;
}

static size_t
find(const char *path)
{
    size_t i = 0;
    while (i < FILES_MAX && table[i].path != NULL && strcmp(table[i].path, path) != 0)
        i++;
    return i;
}

void
files_write(const char *path, const char *text)
{
    size_t i = find(path);
    if (i == FILES_MAX)
        abort();
    if (table[i].path == NULL)
        table[i].path = strdup(path);
    free(table[i].text);
    table[i].text = strdup(text);
}

struct object *
files_log(void)
{
    return object_make(&log_class, sizeof(struct object));
}

ssize_t
files_log_write(const void *from, size_t size)
{
    trace_line(from, size);
    if (files_on_log != NULL)
        files_on_log(from, size);
    return (ssize_t)size;
}

bool
files_is_log(const struct object *object)
{
    return object->class == &log_class;
}

int
files_open(const char *path)
{
    size_t i = find(path);
    if (i == FILES_MAX || table[i].path == NULL) {
        errno = ENOENT;
        return -1;
    }
    struct file *file = object_make(&file_class, sizeof *file);
    file->entry = i;
    return process_open(&file->object);
}

bool
files_is_file(const struct object *object)
{
    return object->class == &file_class;
}

ssize_t
files_read(struct object *object, void *to, size_t size)
{
    struct file *file = (struct file *)object;
    const char *text = table[file->entry].text;
    size_t whole = strlen(text), left = whole > file->at ? whole - file->at : 0;
    size = size < left ? size : left;
    memcpy(to, text + file->at, size);
    file->at += size;
    return (ssize_t)size;
}

off_t
files_seek(struct object *object, off_t to, int whence)
{
    struct file *file = (struct file *)object;
    file->at = (size_t)to + (whence == SEEK_END ? strlen(table[file->entry].text) : 0);
    return (off_t)file->at;
}

int
files_memory(const char *name, unsigned flags)
{
    int fd = memfd_create(name, flags);
    if (fd < 0)
        return -1;
    struct memory *memory = object_make(&memory_class, sizeof *memory);
    memory->fd = fd;
    return process_open(&memory->object);
}

int
files_real(const struct object *object)
{
    return object->class == &memory_class ? ((const struct memory *)object)->fd : -1;
}
