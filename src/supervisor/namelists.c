/* namelists.c - files of names become one set each, in memory that fronts only read
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/namelists.h"

#include "answers/list_line.h"
#include "answers/nameset.h"
#include "os/memory.h"
#include "os/random.h"
#include "os/sys.h"
#include "supervisor/idna.h"
#include "supervisor/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define READ_BYTES (256u << 10)

static const char *const keys[IPC_LISTS] = {"local.block", "local.allow"};

struct source { /* the files of one list */
    const char (*paths)[CONFIG_LIST_PATH_MAX];
    uint32_t count;
};

static struct source
source_of(const struct config *config, enum ipc_list list)
{
    bool block = list == IPC_LIST_BLOCK;
    return (struct source){
        .paths = block ? config->local_block : config->local_allow,
        .count = block ? config->local_block_count : config->local_allow_count,
    };
}

struct line_reader {
    int fd;
    off_t left; /* octets of the file, as large as it was when opened */
    bool failed;
    struct digest digest; /* of the octets that were read */
    size_t at, end;
    char bytes[READ_BYTES];
};

/* Only what has an end: a pipe or a device could keep a start waiting for ever. */
static bool
open_lines(struct line_reader *reader, const char *path)
{
    *reader = (struct line_reader){
        .fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
    };
    if (reader->fd < 0)
        return false;
    digest_begin(&reader->digest);
    reader->left = sys_lseek(reader->fd, 0, SEEK_END);
    if (reader->left >= 0 && sys_lseek(reader->fd, 0, SEEK_SET) == 0)
        return true;
    int saved = errno;
    sys_close(reader->fd);
    errno = saved;
    return false;
}

/* Move what is left of the buffer to its front and read more behind it. @return false: the end */
static bool
read_more(struct line_reader *reader)
{
    memmove(reader->bytes, reader->bytes + reader->at, reader->end - reader->at);
    reader->end -= reader->at;
    reader->at = 0;
    size_t room = sizeof reader->bytes - reader->end;
    size_t wanted = (off_t)room < reader->left ? room : (size_t)reader->left;
    ssize_t n = 0;
    do
        n = wanted > 0 ? sys_read(reader->fd, reader->bytes + reader->end, wanted) : 0;
    while (n < 0 && errno == EINTR);
    reader->failed = n < 0;
    if (n <= 0)
        return false;
    digest_add(&reader->digest, reader->bytes + reader->end, (size_t)n);
    reader->end += (size_t)n;
    reader->left -= n;
    return true;
}

/* The next line without its end. @return false: there is none, or `failed` */
static bool
next_line(struct line_reader *reader, const char **line, size_t *size)
{
    for (;;) {
        size_t there = reader->end - reader->at;
        *line = reader->bytes + reader->at;
        const char *newline = memchr(*line, '\n', there);
        if (newline != NULL) {
            *size = (size_t)(newline - *line);
            reader->at += *size + 1;
            return true;
        }
        bool is_full = there == sizeof reader->bytes; /* one line of a quarter megabyte: a piece */
        if (!is_full && read_more(reader))
            continue;
        *line = reader->bytes + reader->at; /* the last line may have no end */
        *size = reader->end - reader->at;
        reader->at = reader->end;
        return *size > 0 && !reader->failed;
    }
}

/* The sets that names go to, by enum ipc_list; NULL: they are only counted. */
struct sets {
    struct nameset *set[IPC_LISTS];
    size_t names[IPC_LISTS];
};

static enum status
name_of(const char *text, size_t size, struct dns_name *name)
{
    char ascii[IDNA_NAME_MAX];
    if (!idna_to_ascii(text, size, ascii) || dns_name_parse(ascii, name) != STATUS_OK ||
        name->size <= 1)
        return STATUS_INVALID;
    dns_name_lower(name);
    return STATUS_OK;
}

/* @return what the line was good for */
static enum list_kind
take_line(const char *line, size_t size, enum ipc_list list, struct sets *sets)
{
    struct list_line read;
    const char *text;
    if (size > NAMELISTS_LINE_MAX)
        return LIST_UNKNOWN;
    list_line_read(line, size, &read);
    enum ipc_list to = read.kind == LIST_EXCEPTIONS ? IPC_LIST_ALLOW : list;
    while (list_line_next(&read, &text, &size)) {
        struct dns_name name;
        sets->names[to]++;
        if (sets->set[to] == NULL) /* only counted: what is no name after all has room */
            continue;
        if (name_of(text, size, &name) != STATUS_OK)
            return LIST_UNKNOWN;
        if (nameset_add(sets->set[to], &name) != STATUS_OK)
            return LIST_UNKNOWN; /* full: the file grew since it was counted */
    }
    return read.kind;
}

static void
count_line(struct namelists_file *file, enum list_kind kind, size_t number)
{
    bool is_used = kind == LIST_NAMES || kind == LIST_EXCEPTIONS;
    if (kind == LIST_NOTHING)
        return;
    file->lines++;
    file->of_kind[kind]++;
    if (!is_used && file->first == 0)
        file->first = number;
}

/* Add one file's names to the sets. @return false: errno says why */
static bool
take_file(const char *path, enum ipc_list list, struct sets *sets, struct namelists_file *file)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a file of UTF-8 with it */
    static struct line_reader reader;
    const char *line;
    size_t size, number = 0;
    if (!open_lines(&reader, path))
        return false;
    *file = (struct namelists_file){0};
    while (next_line(&reader, &line, &size)) {
        number++;
        if (number == 1 && size >= sizeof mark - 1 && memcmp(line, mark, sizeof mark - 1) == 0) {
            line += sizeof mark - 1;
            size -= sizeof mark - 1;
        }
        count_line(file, take_line(line, size, list, sets), number);
    }
    bool failed = reader.failed;
    int saved = errno;
    digest_end(&reader.digest, file->sum);
    sys_close(reader.fd);
    errno = saved;
    return !failed;
}

/* Every file of every list. @return false: `error` is written */
static bool
take_files(const struct config *config, struct namelists *lists, struct sets *sets,
           struct config_error *error)
{
    for (int list = 0; list < IPC_LISTS; list++) {
        struct source source = source_of(config, (enum ipc_list)list);
        for (uint32_t i = 0; i < source.count; i++) {
            if (take_file(source.paths[i], (enum ipc_list)list, sets, &lists->files[list][i]))
                continue;
            snprintf(error->text, sizeof error->text, "%s: %.250s: %s", keys[list], source.paths[i],
                     reach_why(errno));
            return false;
        }
    }
    return true;
}

struct block { /* the memory of a set, writable until it is sealed */
    void *memory;
    size_t size;
};

/* Memory for a set of as many names as were counted. */
static enum status
make_set(enum ipc_list list, size_t names, int *fd, struct block *block, struct nameset **set,
         struct config_error *error)
{
    if (names > NAMELISTS_NAMES_MAX) {
        snprintf(error->text, sizeof error->text, "%s: %zu names; at most %d fit", keys[list],
                 names, NAMELISTS_NAMES_MAX);
        return STATUS_INVALID;
    }
    block->size = nameset_bytes(names);
    if (memory_make("penstock-list", block->size, fd, &block->memory) != STATUS_OK) {
        snprintf(error->text, sizeof error->text, "%s: no memory for %zu names: %s", keys[list],
                 names, strerror(errno));
        return STATUS_SYSTEM;
    }
    struct hash_key key = random_key();
    *set = nameset_init(block->memory, names, &key);
    return STATUS_OK;
}

/* Read all files twice: to count names, and into sets of that size. */
static enum status
load(const struct config *config, struct namelists *lists, struct block blocks[IPC_LISTS],
     struct config_error *error)
{
    struct sets counted = {0}, sets = {0};
    enum status status = STATUS_OK;
    if (!take_files(config, lists, &counted, error))
        return STATUS_INVALID;
    for (int list = 0; list < IPC_LISTS && status == STATUS_OK; list++)
        if (counted.names[list] > 0)
            status = make_set((enum ipc_list)list, counted.names[list], &lists->fds[list],
                              &blocks[list], &sets.set[list], error);
    if (status != STATUS_OK)
        return status;
    if (!take_files(config, lists, &sets, error))
        return STATUS_INVALID;
    for (int list = 0; list < IPC_LISTS; list++)
        if (sets.set[list] != NULL)
            lists->names[list] = nameset_count(sets.set[list]);
    return STATUS_OK;
}

enum status
namelists_load(const struct config *config, struct namelists *lists, struct config_error *error)
{
    struct block blocks[IPC_LISTS] = {0};
    memset(lists, 0, sizeof *lists);
    for (int list = 0; list < IPC_LISTS; list++)
        lists->fds[list] = -1;
    enum status status = load(config, lists, blocks, error);
    for (int list = 0; list < IPC_LISTS; list++) {
        const struct block *block = &blocks[list];
        if (block->memory == NULL ||
            memory_seal(lists->fds[list], block->memory, block->size) == STATUS_OK ||
            status != STATUS_OK)
            continue;
        snprintf(error->text, sizeof error->text, "%s: memory: %s", keys[list], strerror(errno));
        status = STATUS_SYSTEM;
    }
    for (int list = 0; list < IPC_LISTS && status != STATUS_OK; list++) {
        if (lists->fds[list] >= 0)
            sys_close(lists->fds[list]);
        lists->fds[list] = -1;
    }
    return status;
}

static void
warn_file(const char *key, const char *path, const struct namelists_file *file, FILE *to)
{
    size_t unused = file->lines - file->of_kind[LIST_NAMES] - file->of_kind[LIST_EXCEPTIONS];
    const char *before = ": ";
    fprintf(to, "%s: %s: %zu of %zu lines were not used", key, path, unused, file->lines);
    for (enum list_kind kind = LIST_NOTHING + 1; kind < LIST_KINDS; kind++) {
        if (file->of_kind[kind] == 0)
            continue;
        fprintf(to, "%s%zu %s", before, file->of_kind[kind], list_line_kind_text(kind));
        before = ", ";
    }
    fprintf(to, "; the first is line %zu\n", file->first);
}

unsigned
namelists_warnings(const struct config *config, const struct namelists *lists, FILE *to)
{
    unsigned count = 0;
    for (int list = 0; list < IPC_LISTS; list++) {
        struct source source = source_of(config, (enum ipc_list)list);
        for (uint32_t i = 0; i < source.count; i++) {
            if (lists->files[list][i].first == 0)
                continue;
            warn_file(keys[list], source.paths[i], &lists->files[list][i], to);
            count++;
        }
    }
    return count;
}
