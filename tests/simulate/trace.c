/* trace.c - see trace.h
 * SPDX-License-Identifier: ISC
 */
#include "trace.h"

#include "kernel.h"

#include <stdio.h>
#include <string.h>

static struct {
    uint64_t hash;
    bool is_shown;
} trace;

void
trace_begin(bool is_shown)
{
    trace.hash = 0xcbf29ce484222325U;
    trace.is_shown = is_shown;
}

/* Eight octets at a time: a good half of a run would be spent here else. */
static void
add(const void *data, size_t size)
{
    const uint8_t *at = data;
    uint64_t word = size;
    for (;; at += 8, size -= 8) {
        trace.hash = (trace.hash ^ word) * 0x9fb21c651e98df25U;
        trace.hash ^= trace.hash >> 29;
        if (size == 0)
            return;
        word = 0;
        memcpy(&word, at, size < 8 ? size : 8);
        if (size <= 8)
            size = 8;
    }
}

void
trace_note(const char *what, uint64_t a, uint64_t b, const void *data, size_t size)
{
    uint64_t head[3] = {kernel_now(), a, b};
    add(what, strlen(what));
    add(head, sizeof head);
    if (size > 0)
        add(data, size);
    if (trace.is_shown)
        printf("%12.6f  %-12s %llu %llu (%zu)\n", (double)(head[0] - kernel_began()) / 1e6, what,
               (unsigned long long)a, (unsigned long long)b, size);
}

void
trace_line(const char *text, size_t size)
{
    if (trace.is_shown)
        printf("%12.6f  | %.*s", (double)(kernel_now() - kernel_began()) / 1e6, (int)size, text);
}

bool
trace_is_shown(void)
{
    return trace.is_shown;
}

uint64_t
trace_hash(void)
{
    return trace.hash;
}
