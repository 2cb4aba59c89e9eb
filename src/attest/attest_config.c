/* attest_config.c - the configuration file of a service as it is now
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_config.h"

#include "attest/attest_file.h"
#include "conf/config_hash.h"
#include "conf/config_load.h"
#include "digest/digest.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MOST 512 /* of a command line, or of an environment */

/* What the supervisor was started with. */
struct start {
    const char *file;
    const char *listen[CONFIG_LISTEN_MAX];
    size_t listen_count;
    uint32_t verbose;
};

/* Texts with a NUL behind each; a NULL stands behind the last. @return false: there are more */
static bool
split(char *text, size_t size, char *words[WORDS_MOST], size_t *count)
{
    size_t at = 0;
    for (*count = 0; at < size && *count + 1 < WORDS_MOST; at += strlen(text + at) + 1)
        words[(*count)++] = text + at;
    words[*count] = NULL;
    return at >= size;
}

/* As supervisor/options.c takes them; a process that runs was started with sound ones. */
static void
read_options(char *words[WORDS_MOST], size_t count, struct start *start)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"address", required_argument, NULL, 'a'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {"take-over", no_argument, NULL, 't'},
                                            {0}};
    int option;
    *start = (struct start){.file = ATTEST_CONFIG_FILE};
    optind = 0;
    opterr = 0;
    while ((option = getopt_long((int)count, words, "+:c:a:v", options, NULL)) != -1) {
        if (option == 'c')
            start->file = optarg;
        else if (option == 'a' && start->listen_count < CONFIG_LISTEN_MAX)
            start->listen[start->listen_count++] = optarg;
        else if (option == 'v')
            start->verbose++;
    }
}

static uint32_t
zone_index(const char *name)
{
    return if_nametoindex(name);
}

static void
put_hash(struct attest_value *value, const struct start *start, const char *text, size_t size,
         char *environment[WORDS_MOST])
{
    static struct config config;
    struct config_error error;
    char hash[24];
    struct config_source source = {
        .file = text == NULL ? NULL : start->file,
        .text = text,
        .text_size = size,
        .environ = (const char *const *)environment,
        .listen = start->listen,
        .listen_count = start->listen_count,
        .verbose = start->verbose,
        .zone_index = zone_index,
    };
    if (config_load(&source, &config, &error) == STATUS_OK) {
        snprintf(hash, sizeof hash, "%016" PRIx64, config_hash(&config));
        attest_value_put(value, "hash_of_file", json_string(hash));
    } else { /* what is wrong names words of the file, which may be any file of this machine */
        attest_value_unread(value, "hash_of_file", "it is not a sound configuration");
    }
    explicit_bzero(&config, sizeof config); /* it may hold a secret */
    explicit_bzero(&error, sizeof error);
}

/* Root's, or the account's that the service runs as. */
static bool
is_own(const struct attest_proc *proc, uid_t owner)
{
    uint64_t uids[4];
    char *status = attest_proc_read(proc, "status", NULL);
    size_t count = status == NULL ? 0 : attest_proc_numbers(status, "Uid", 10, uids, 4);
    free(status);
    return owner == 0 || (count == 4 && uids[0] == owner);
}

/* The supervisor's words name the file, and it may have been taken over: what is no file, or of
 * another account, is not read. @return what free() takes; NULL: errno */
static char *
read_named(const struct attest_proc *proc, const char *name, size_t *size)
{
    struct stat status;
    char *text = NULL;
    int fd = attest_file_open_named(proc, name, &status);
    if (fd < 0)
        return NULL;
    errno = EPERM;
    if (is_own(proc, status.st_uid))
        text = attest_proc_read_open(fd, size);
    int saved = errno;
    close(fd);
    errno = saved;
    return text;
}

static void
put_file(struct attest_value *value, const struct attest_proc *proc, const struct start *start,
         char *environment[WORDS_MOST])
{
    uint8_t sum[DIGEST_BYTES];
    size_t size;
    attest_value_put(value, "file", json_string(start->file));
    char *text = read_named(proc, start->file, &size);
    if (text == NULL && errno == ENOENT && strcmp(start->file, ATTEST_CONFIG_FILE) == 0) {
        attest_value_unread(value, "file_sha256", "there is none, and none was asked for");
        put_hash(value, start, NULL, 0, environment);
        return;
    }
    if (text == NULL) {
        int saved = errno;
        attest_value_put(value, "file_sha256", NULL);
        errno = saved;
        attest_value_put(value, "hash_of_file", NULL);
        return;
    }
    digest_of(text, size, sum);
    attest_value_put(value, "file_sha256", attest_value_sum(sum));
    put_hash(value, start, text, size, environment);
    explicit_bzero(text, size);
    free(text);
}

json_t *
attest_config_read(pid_t supervisor)
{
    static const char *const names[] = {"file", "file_sha256", "hash_of_file"};
    struct attest_value value = attest_value_begin();
    struct attest_proc proc;
    struct start start;
    char *words[WORDS_MOST], *environment[WORDS_MOST];
    size_t line_size = 0, environment_size = 0, count = 0, environment_count = 0;
    char *line = NULL, *variables = NULL;
    if (attest_proc_open(&proc, supervisor) == STATUS_OK) {
        line = attest_proc_read(&proc, "cmdline", &line_size);
        variables = attest_proc_read(&proc, "environ", &environment_size);
    }
    int saved = errno;
    bool is_whole = line != NULL && variables != NULL;
    if (is_whole) {
        is_whole = split(line, line_size, words, &count) &&
                   split(variables, environment_size, environment, &environment_count);
        saved = E2BIG;
    }
    if (is_whole) {
        read_options(words, count, &start);
        put_file(&value, &proc, &start, environment);
    }
    for (size_t i = 0; i < 3 && !is_whole; i++) {
        errno = saved;
        attest_value_put(&value, names[i], NULL);
    }
    if (variables != NULL)
        explicit_bzero(variables, environment_size); /* values of keys, and what else is there */
    free(line);
    free(variables);
    attest_proc_close(&proc);
    return attest_value_end(&value);
}
