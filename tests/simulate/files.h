/* files.h - the few files that there are, the log, and memory that is shared
 * SPDX-License-Identifier: ISC
 *
 * What: files by path, as the world wrote them; descriptor 2 is the log; memfds are real ones, so
 *       that mmap(2), seals and both sides' views are the kernel's own.
 * Who:  worlds write files; sys_virtual.c reads.
 * Ref:  memfd_create(2), fcntl(2).
 */
#pragma once

#include "object.h"

#include <sys/types.h>

/** Forget all files. */
void files_begin(void);

/** There is a file, or another text in it. Both strings are copied. */
void files_write(const char *path, const char *text);

/** Called with each line of the log. NULL: none. */
extern void (*files_on_log)(const char *line, size_t size);

/** What descriptors 0 to 2 of a process stand for. */
struct object *files_log(void);

/* Results and errno are the system calls'. */
int files_open(const char *path);
ssize_t files_read(struct object *file, void *to, size_t size);
off_t files_seek(struct object *file, off_t to, int whence);
ssize_t files_log_write(const void *from, size_t size);

bool files_is_file(const struct object *object);
bool files_is_log(const struct object *object);

int files_memory(const char *name, unsigned flags);
/** The real descriptor of a memfd; -1: it is another object. */
int files_real(const struct object *object);
