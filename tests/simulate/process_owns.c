/* process_owns.c - descriptors and memory of simulated processes
 * SPDX-License-Identifier: ISC
 */
#include "process_parts.h"

#include "fiber.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096U

/* --- descriptors and mappings ---------------------------------------------------------------- */

int
process_open(struct object *object)
{
    struct process *process = process_current();
    int fd = 0;
    while (fd < process->fds_count && process->fds[fd] != NULL)
        fd++;
    if (fd == process->fds_count) {
        int count = process->fds_count > 0 ? 2 * process->fds_count : 64;
        process->fds = realloc(process->fds, (size_t)count * sizeof(struct object *));
        if (process->fds == NULL)
            abort();
        for (int i = process->fds_count; i < count; i++)
            process->fds[i] = NULL;
        process->fds_count = count;
    }
    process->fds[fd] = object;
    object_ref(object);
    return fd;
}

struct object *
process_object_of(const struct process *process, int fd)
{
    return process != NULL && fd >= 0 && fd < process->fds_count ? process->fds[fd] : NULL;
}

struct object *
process_object(int fd)
{
    return process_object_of(process_current(), fd);
}

int
process_close(int fd)
{
    struct object *object = process_object(fd);
    if (object == NULL) {
        errno = EBADF;
        return -1;
    }
    process_current()->fds[fd] = NULL;
    object_unref(object);
    return 0;
}

void
process_mapped(void *at, size_t size, bool is_guarded)
{
    struct process *process = process_current();
    if (process->maps_count == process->maps_room) {
        process->maps_room = process->maps_room > 0 ? 2 * process->maps_room : 64;
        process->maps = realloc(process->maps, process->maps_room * sizeof *process->maps);
        if (process->maps == NULL)
            abort();
    }
    process->maps[process->maps_count++] =
        (struct mapping){.at = at, .size = size, .is_guarded = is_guarded};
}

void
process_unmapped(void *at)
{
    struct process *process = process_current();
    for (size_t i = 0; i < process->maps_count; i++)
        if (process->maps[i].at == at) {
            process->maps[i] = process->maps[--process->maps_count];
            return;
        }
}

size_t
process_mapped_bytes(const struct process *process)
{
    size_t bytes = 0;
    for (size_t i = 0; i < process->maps_count; i++)
        bytes += process->maps[i].size;
    return bytes;
}

/* memmem(3) takes long, and most of what a process maps is zero. */
static bool
is_zero(const char *at, size_t size)
{
    return at[0] == 0 && memcmp(at, at + 1, size - 1) == 0;
}

static unsigned
count_between(const char *at, const char *behind, const void *octets, size_t octets_size)
{
    unsigned count = 0;
    while ((at = memmem(at, (size_t)(behind - at), octets, octets_size)) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* `octets` are not all zero and fewer than a block: where they are, the block of each one that is not
 * zero is looked at, with as many octets before and behind it as can belong to them. */
static unsigned
count_in(const char *from, size_t size, const void *octets, size_t octets_size)
{
    unsigned count = 0;
    size_t more = octets_size - 1, begin = 0, end;
    for (size_t at = 0; at < size; at = end) {
        end = at + BLOCK < size ? at + BLOCK : size;
        if (is_zero(from + at, end - at)) {
            begin = end;
            continue;
        }
        if (end < size && !is_zero(from + end, end + BLOCK < size ? BLOCK : size - end))
            continue; /* the stretch goes on */
        count += count_between(from + (begin > more ? begin - more : 0),
                               from + (size - end > more ? end + more : size), octets, octets_size);
        begin = end;
    }
    return count;
}

unsigned
process_scan(const struct process *process, const void *octets, size_t size)
{
    size_t stack_size, page = (size_t)sysconf(_SC_PAGESIZE);
    if (process->is_ended)
        return 0;
    const void *stack = fiber_stack(process->fiber, &stack_size);
    unsigned count = count_in(process->state, process->state_bytes, octets, size) +
                     count_in(stack, stack_size, octets, size);
    for (size_t i = 0; i < process->maps_count; i++) {
        const struct mapping *map = &process->maps[i];
        size_t guard = map->is_guarded ? page : 0;
        count += count_in((const char *)map->at + guard, map->size - 2 * guard, octets, size);
    }
    return count;
}
