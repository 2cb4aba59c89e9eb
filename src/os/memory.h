/* memory.h - memory shared between processes, and memory reserved at start
 * SPDX-License-Identifier: ISC
 *
 * What: memfds whose size is sealed, and their contents where nobody is to change them; tables with
 *       a page without access on both sides.
 * Who:  supervisor makes memfds; children map them. Everybody reserves.
 * Ref:  memfd_create(2), fcntl(2) F_ADD_SEALS.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/** A memfd of `size` bytes with `from` copied in (NULL: zeros), sealed against resizing, and
 *  against writing too if `read_only`. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status memory_share(const char *name, const void *from, size_t size, bool read_only,
                                    int *fd);

/** A memfd of `size` zeroed bytes, mapped for writing: to be filled, then memory_seal()ed.
 *  @return STATUS_OK; STATUS_SYSTEM (`*fd` is -1). */
MUST_CHECK enum status memory_make(const char *name, size_t size, int *fd, void **at);

/** Unmap what memory_make() mapped, and seal the memfd against resizing and writing. @return
 *  STATUS_OK; STATUS_SYSTEM. The descriptor stays the caller's. */
MUST_CHECK enum status memory_seal(int fd, void *at, size_t size);

/** Seal the size of what memory_make() made; whoever gets it can change its contents. @return
 *  STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status memory_fix_size(int fd);

/**
 * From now on nobody can write to it, map it for writing or make a map of it writable, whatever way
 * it was opened; those who have it mapped for writing go on (F_SEAL_FUTURE_WRITE, Linux 5.1). No
 * other seal can follow. @return STATUS_OK; STATUS_SYSTEM.
 */
MUST_CHECK enum status memory_fix_writers(int fd);

/** Map a whole memfd after checking its seals (no shrinking; with `read_only` no writing) and that
 *  its size is at least `size_min`. @return STATUS_OK; STATUS_INVALID; STATUS_SYSTEM. */
MUST_CHECK enum status memory_map(int fd, size_t size_min, bool read_only, void **at, size_t *size);

/** Map a whole memfd for reading that nobody but who has it mapped already can write to, and that
 *  cannot shrink. @return STATUS_OK; STATUS_INVALID: it is not so; STATUS_SYSTEM. */
MUST_CHECK enum status memory_watch(int fd, void **at, size_t *size);

void memory_unmap(void *at, size_t size);

/* In a process that is born without /proc: its own statm, opened before that was gone. */
#define MEMORY_STATM_FD 4

/**
 * A bound for this process's own memory (RLIMIT_DATA): what it has now and `more` octets. To be
 * called once, when all tables are reserved, so that the configuration's sizes are in it.
 * @return octets; 0: no bound, since /proc cannot be read, or a sanitizer maps memory of its own
 */
size_t memory_bound(size_t more);

/** Zeroed pages, never given back, touched only when used. NULL: none to be had. */
void *memory_reserve(size_t size);
