/* attest_config.c - the configuration file of a service as it is now
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_config.h"

#include "attest/attest_file.h"
#include "attest/attest_policy.h"
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
#define ZONES_MOST 64  /* interfaces; of more, the others have no name here */

/* What the supervisor was started with. */
struct start {
    const char *file;
    const char *listen[CONFIG_LISTEN_MAX];
    size_t listen_count;
    uint32_t verbose;
};

struct attest_config {
    int not_taken; /* errno: it could not be seen how the process was started; 0 */
    int not_read;  /* errno of the file; 0: `text` is there */
    struct start start;
    char *line, *variables, *text; /* owned; NULL: not there */
    size_t line_size, variables_size, text_size;
    unsigned zones;
    struct {
        char name[IF_NAMESIZE];
        uint32_t index;
    } zone[ZONES_MOST];
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

/* --- what may need to be root ---------------------------------------------------------------- */

/* The names of interfaces in addresses: nobody can be asked for them later. */
static void
take_zones(struct attest_config *taken)
{
    struct if_nameindex *all = if_nameindex();
    for (const struct if_nameindex *at = all;
         at != NULL && at->if_index != 0 && taken->zones < ZONES_MOST; at++) {
        snprintf(taken->zone[taken->zones].name, IF_NAMESIZE, "%s", at->if_name);
        taken->zone[taken->zones++].index = at->if_index;
    }
    if (all != NULL)
        if_freenameindex(all);
}

static void
take_start(struct attest_config *taken, const struct attest_proc *proc)
{
    char *words[WORDS_MOST];
    size_t count;
    taken->line = attest_proc_read(proc, "cmdline", &taken->line_size);
    taken->variables =
        taken->line == NULL ? NULL : attest_proc_read(proc, "environ", &taken->variables_size);
    if (taken->variables == NULL)
        taken->not_taken = errno;
    else if (!split(taken->line, taken->line_size, words, &count))
        taken->not_taken = E2BIG;
    else
        read_options(words, count, &taken->start);
}

struct attest_config *
attest_config_take(pid_t supervisor)
{
    struct attest_config *taken = calloc(1, sizeof *taken);
    struct attest_proc proc;
    if (taken == NULL)
        return NULL;
    if (attest_proc_open(&proc, supervisor) != STATUS_OK) {
        taken->not_taken = ESRCH;
        return taken;
    }
    take_start(taken, &proc);
    if (taken->not_taken == 0) {
        taken->text = read_named(&proc, taken->start.file, &taken->text_size);
        taken->not_read = taken->text == NULL ? errno : 0;
        take_zones(taken);
    }
    attest_proc_close(&proc);
    return taken;
}

/* --- what may be anything -------------------------------------------------------------------- */

static const struct attest_config *judged; /* while zone_index() may be asked */

static uint32_t
zone_index(const char *name)
{
    for (unsigned i = 0; i < judged->zones; i++)
        if (strcmp(judged->zone[i].name, name) == 0)
            return judged->zone[i].index;
    return 0;
}

/* @return is it sound? `config` is all zero if not */
static bool
load(const struct attest_config *taken, struct config *config)
{
    char *environment[WORDS_MOST];
    size_t count;
    struct config_error error;
    if (!split(taken->variables, taken->variables_size, environment, &count))
        return false;
    struct config_source source = {
        .file = taken->text == NULL ? NULL : taken->start.file,
        .text = taken->text,
        .text_size = taken->text_size,
        .environ = (const char *const *)environment,
        .listen = taken->start.listen,
        .listen_count = taken->start.listen_count,
        .verbose = taken->start.verbose,
        .zone_index = zone_index,
    };
    judged = taken;
    enum status status = config_load(&source, config, &error);
    judged = NULL;
    explicit_bzero(&error, sizeof error); /* names words of the file, which may be any file */
    return status == STATUS_OK;
}

static const char *const of_values[] = {"hash_of_file", "policy", "beyond_policy", "settings"};

static void
put_values(struct attest_value *value, const struct attest_config *taken, uint64_t in_force)
{
    static struct config config;
    char hash[24];
    if (!load(taken, &config)) {
        for (size_t i = 0; i < sizeof of_values / sizeof of_values[0]; i++)
            attest_value_unread(value, of_values[i], "it is not a sound configuration");
        return;
    }
    uint64_t found = config_hash(&config);
    snprintf(hash, sizeof hash, "%016" PRIx64, found);
    attest_value_put(value, "hash_of_file", json_string(hash));
    if (found == in_force)
        attest_policy_put(value, &config);
    for (size_t i = 1; found != in_force && i < sizeof of_values / sizeof of_values[0]; i++)
        attest_value_put(value, of_values[i], json_null()); /* as the comparison of hashes says */
    explicit_bzero(&config, sizeof config);                 /* it may hold a secret */
}

static void
put_unread(struct attest_value *value, const char *name, int error)
{
    errno = error;
    attest_value_put(value, name, NULL);
}

static void
put_file(struct attest_value *value, const struct attest_config *taken, uint64_t in_force)
{
    uint8_t sum[DIGEST_BYTES];
    attest_value_put(value, "file", json_string(taken->start.file));
    if (taken->text != NULL) {
        digest_of(taken->text, taken->text_size, sum);
        attest_value_put(value, "file_sha256", attest_value_sum(sum));
    } else if (taken->not_read == ENOENT && strcmp(taken->start.file, ATTEST_CONFIG_FILE) == 0) {
        attest_value_unread(value, "file_sha256", "there is none, and none was asked for");
    } else {
        put_unread(value, "file_sha256", taken->not_read);
        for (size_t i = 0; i < sizeof of_values / sizeof of_values[0]; i++)
            put_unread(value, of_values[i], taken->not_read);
        return;
    }
    put_values(value, taken, in_force);
}

static void
forget(struct attest_config *taken)
{
    if (taken == NULL)
        return;
    if (taken->variables != NULL)
        explicit_bzero(taken->variables, taken->variables_size); /* values of keys, and more */
    if (taken->text != NULL)
        explicit_bzero(taken->text, taken->text_size);
    free(taken->line);
    free(taken->variables);
    free(taken->text);
    free(taken);
}

json_t *
attest_config_judge(struct attest_config *taken, uint64_t in_force)
{
    struct attest_value value = attest_value_begin();
    int error = taken == NULL ? ENOMEM : taken->not_taken;
    if (error == 0) {
        put_file(&value, taken, in_force);
    } else {
        put_unread(&value, "file", error);
        put_unread(&value, "file_sha256", error);
        for (size_t i = 0; i < sizeof of_values / sizeof of_values[0]; i++)
            put_unread(&value, of_values[i], error);
    }
    forget(taken);
    return attest_value_end(&value);
}
