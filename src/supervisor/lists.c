#include "supervisor/lists.h"

#include "core/nameset.h"
#include "os/memory.h"
#include "os/random.h"
#include "supervisor/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES (256u << 10)

static const char *const keys[IPC_LISTS] = {"local.block", "local.allow"};

struct source { /* the files of one list */
    const char *key;
    const char (*paths)[CONFIG_LIST_PATH_MAX];
    uint32_t count;
    struct lists_file *files;
};

static struct source
source_of(const struct config *config, struct lists *lists, enum ipc_list list)
{
    bool block = list == IPC_LIST_BLOCK;
    return (struct source){
        .key = keys[list],
        .paths = block ? config->local_block : config->local_allow,
        .count = block ? config->local_block_count : config->local_allow_count,
        .files = lists->files[list],
    };
}

struct line_reader {
    int fd;
    off_t left; /* octets of the file, as large as it was when opened */
    bool failed;
    size_t at, end;
    char bytes[READ_BYTES];
};

/* Only what has an end: a pipe or a device could keep a start waiting for ever. */
static bool
open_lines(struct line_reader *reader, const char *path)
{
    *reader = (struct line_reader){
        .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
    };
    if (reader->fd < 0)
        return false;
    reader->left = lseek(reader->fd, 0, SEEK_END);
    if (reader->left >= 0 && lseek(reader->fd, 0, SEEK_SET) == 0)
        return true;
    int saved = errno;
    close(reader->fd);
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
        n = wanted > 0 ? read(reader->fd, reader->bytes + reader->end, wanted) : 0;
    while (n < 0 && errno == EINTR);
    reader->failed = n < 0;
    if (n <= 0)
        return false;
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

static bool
is_name_line(const char *line, size_t size)
{
    while (size > 0 && (*line == ' ' || *line == '\t' || *line == '\r')) {
        line++;
        size--;
    }
    return size > 0 && *line != '#' && *line != '!';
}

static void
note_skipped(struct lists_file *file, size_t number)
{
    if (file->skipped++ == 0)
        file->first = number;
}

/* Add one file's names to the set; or, without one, count its lines. @return false: errno says why
 */
static bool
take_file(const char *path, struct nameset *set, struct lists_file *file)
{
    static struct line_reader reader;
    const char *line;
    size_t size, number = 0;
    if (!open_lines(&reader, path))
        return false;
    *file = (struct lists_file){0};
    while (next_line(&reader, &line, &size)) {
        struct dns_name name;
        number++;
        if (!is_name_line(line, size))
            continue;
        enum status status = set == NULL             ? STATUS_OK
                             : size > LISTS_LINE_MAX ? STATUS_INVALID
                                                     : nameset_parse_line(line, size, &name);
        if (set != NULL && status == STATUS_OK)
            status = nameset_add(set, &name); /* full: the file grew since it was counted */
        if (status == STATUS_OK)
            file->names++;
        else
            note_skipped(file, number);
    }
    bool failed = reader.failed;
    int saved = errno;
    close(reader.fd);
    errno = saved;
    return !failed;
}

/* @return the lines of all files that may hold a name; false: `error` is written */
static bool
take_files(const struct source *source, struct nameset *set, size_t *names,
           struct config_error *error)
{
    *names = 0;
    for (uint32_t i = 0; i < source->count; i++) {
        if (!take_file(source->paths[i], set, &source->files[i])) {
            snprintf(error->text, sizeof error->text, "%s: %.250s: %s", source->key,
                     source->paths[i], strerror(errno));
            return false;
        }
        *names += source->files[i].names;
    }
    return true;
}

static enum status
load_one(const struct source *source, int *fd, size_t *names, struct config_error *error)
{
    uint8_t key_bytes[16];
    size_t lines, taken, size;
    void *memory;
    if (!take_files(source, NULL, &lines, error))
        return STATUS_INVALID;
    if (lines > LISTS_NAMES_MAX) {
        snprintf(error->text, sizeof error->text, "%s: %zu names; at most %d fit", source->key,
                 lines, LISTS_NAMES_MAX);
        return STATUS_INVALID;
    }
    size = nameset_bytes(lines);
    if (memory_make("penstock-list", size, fd, &memory) != STATUS_OK) {
        snprintf(error->text, sizeof error->text, "%s: no memory for %zu names: %s", source->key,
                 lines, strerror(errno));
        return STATUS_SYSTEM;
    }
    random_fill(key_bytes, sizeof key_bytes);
    struct hash_key key = hash_key_from(key_bytes);
    struct nameset *set = nameset_init(memory, lines, &key);
    bool is_taken = take_files(source, set, &taken, error);
    *names = nameset_count(set);
    if (memory_seal(*fd, memory, size) == STATUS_OK && is_taken)
        return STATUS_OK;
    if (is_taken)
        snprintf(error->text, sizeof error->text, "%s: memory: %s", source->key, strerror(errno));
    close(*fd);
    *fd = -1;
    return is_taken ? STATUS_SYSTEM : STATUS_INVALID;
}

enum status
lists_load(const struct config *config, struct lists *lists, struct config_error *error)
{
    memset(lists, 0, sizeof *lists);
    for (int list = 0; list < IPC_LISTS; list++)
        lists->fds[list] = -1;
    for (int list = 0; list < IPC_LISTS; list++) {
        struct source source = source_of(config, lists, (enum ipc_list)list);
        if (source.count == 0)
            continue;
        enum status status = load_one(&source, &lists->fds[list], &lists->names[list], error);
        if (status == STATUS_OK)
            continue;
        while (list-- > 0) {
            if (lists->fds[list] >= 0)
                close(lists->fds[list]);
            lists->fds[list] = -1;
        }
        return status;
    }
    return STATUS_OK;
}

unsigned
lists_warnings(const struct config *config, const struct lists *lists, FILE *to)
{
    unsigned count = 0;
    for (int list = 0; list < IPC_LISTS; list++) {
        bool block = list == IPC_LIST_BLOCK;
        const char(*paths)[CONFIG_LIST_PATH_MAX] =
            block ? config->local_block : config->local_allow;
        uint32_t files = block ? config->local_block_count : config->local_allow_count;
        for (uint32_t i = 0; i < files; i++) {
            const struct lists_file *file = &lists->files[list][i];
            if (file->skipped == 0)
                continue;
            fprintf(to,
                    "%s: %s: %zu of %zu lines hold no name and were left out; first is line %zu\n",
                    keys[list], paths[i], file->skipped, file->names + file->skipped, file->first);
            count++;
        }
    }
    return count;
}

void
lists_give(struct child *front)
{
    const struct lists *lists = &front->supervisor->lists;
    for (uint32_t i = 0; i < IPC_LISTS; i++)
        channel_send(front, &(struct ipc_message){.type = IPC_LIST, .index = i}, &lists->fds[i],
                     lists->fds[i] >= 0);
}
