/* fuzz_list_file.c - a whole block list becomes a set that holds its names and no others
 * SPDX-License-Identifier: ISC
 *
 * Input: the file, which is a list to block and one to allow. Invariants: a name is found exactly if
 * it or a name above it was read from a line, by a plain list of them; a block list's exceptions are
 * in the other set; what cannot be used is counted, and the warning names a line that is there.
 */
#include "supervisor/namelists.h"

#include "answers/nameset.h"
#include "dns/dns_name.h"
#include "os/memory.h"
#include "supervisor/idna.h"

#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NAMES_MAX 512

static struct config config;
static struct namelists lists;
static struct config_error error;
static struct dns_name names[IPC_LISTS][NAMES_MAX]; /* that the sets must hold */
static unsigned counts[IPC_LISTS];
static bool is_whole; /* no more names than that */

static void
keep(enum ipc_list list, const char *text, size_t size)
{
    char ascii[IDNA_NAME_MAX];
    struct dns_name name;
    if (!idna_to_ascii(text, size, ascii) || dns_name_parse(ascii, &name) != STATUS_OK ||
        name.size <= 1)
        return;
    dns_name_lower(&name);
    is_whole &= counts[list] < NAMES_MAX;
    if (counts[list] < NAMES_MAX)
        names[list][counts[list]++] = name;
}

/* A line ends where a name of it cannot be one. */
static void
read_line(enum ipc_list list, const char *line, size_t size)
{
    struct list_line read;
    const char *text;
    size_t text_size;
    char ascii[IDNA_NAME_MAX];
    struct dns_name name;
    if (size > NAMELISTS_LINE_MAX)
        return;
    list_line_read(line, size, &read);
    enum ipc_list to = read.kind == LIST_EXCEPTIONS ? IPC_LIST_ALLOW : list;
    while (list_line_next(&read, &text, &text_size)) {
        if (!idna_to_ascii(text, text_size, ascii) || dns_name_parse(ascii, &name) != STATUS_OK ||
            name.size <= 1)
            return;
        keep(to, text, text_size);
    }
}

static unsigned
read_lines(const char *text, size_t size)
{
    unsigned lines = 0;
    for (size_t at = 0; at < size; lines++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        size_t mark = at == 0 && length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        for (int list = 0; list < IPC_LISTS; list++)
            read_line((enum ipc_list)list, text + at + mark, length - mark);
        at += length + 1;
    }
    return lines;
}

static bool
is_listed(enum ipc_list list, const struct dns_name *name)
{
    for (unsigned i = 0; i < counts[list]; i++)
        if (dns_name_is_below(name, &names[list][i]))
            return true;
    return false;
}

static void
check_name(enum ipc_list list, const struct nameset *set, const struct dns_name *name)
{
    size_t zone_at;
    bool is_found = nameset_find(set, name, &zone_at);
    must(is_found == is_listed(list, name) || !is_whole);
    must(!is_found || zone_at < name->size);
}

/* Each name, one below it, the one above it, and the root. */
static void
check_set(enum ipc_list list)
{
    void *memory;
    size_t size;
    must((lists.fds[list] >= 0) || counts[list] == 0);
    if (lists.fds[list] < 0)
        return;
    must(memory_map(lists.fds[list], 1, true, &memory, &size) == STATUS_OK);
    must(nameset_is_sound(memory, size));
    const struct nameset *set = memory;
    must(nameset_count(set) == lists.names[list]);
    must(lists.names[list] <= counts[list] || !is_whole);
    for (unsigned i = 0; i < counts[list]; i++) {
        struct dns_name other = names[list][i];
        check_name(list, set, &other);
        if (other.size + 2 <= DNS_NAME_MAX) {
            memmove(other.wire + 2, other.wire, other.size);
            memcpy(other.wire, "\1x", 2);
            other.size = (uint8_t)(other.size + 2);
            check_name(list, set, &other);
        }
        other = names[list][i];
        size_t label = 1U + other.wire[0];
        memmove(other.wire, other.wire + label, other.size - label);
        other.size = (uint8_t)(other.size - label);
        check_name(list, set, &other);
    }
    memory_unmap(memory, size);
    close(lists.fds[list]);
}

static void
check_file(enum ipc_list list, unsigned lines)
{
    const struct namelists_file *file = &lists.files[list][0];
    size_t sum = 0;
    for (int kind = 0; kind < LIST_KINDS; kind++)
        sum += file->of_kind[kind];
    must(sum == file->lines && file->lines <= lines && file->first <= lines);
    must(file->of_kind[LIST_NOTHING] == 0);
    must((file->first > 0) ==
         (file->lines > file->of_kind[LIST_NAMES] + file->of_kind[LIST_EXCEPTIONS]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("list", MFD_CLOEXEC);
        must(fd >= 0);
        config.local_block_count = config.local_allow_count = 1;
        snprintf(config.local_block[0], sizeof config.local_block[0], "/proc/self/fd/%d", fd);
        snprintf(config.local_allow[0], sizeof config.local_allow[0], "/proc/self/fd/%d", fd);
    }
    must(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    memset(counts, 0, sizeof counts);
    is_whole = true;
    unsigned lines = read_lines((const char *)data, size);
    must(namelists_load(&config, &lists, &error) == STATUS_OK);
    for (int list = 0; list < IPC_LISTS; list++) {
        check_set((enum ipc_list)list);
        check_file((enum ipc_list)list, lines);
    }
    return 0;
}
