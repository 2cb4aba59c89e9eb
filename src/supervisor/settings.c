/* settings.c - from files, environment and flags to a judged configuration
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/settings.h"

#include "conf/config_cookies.h"
#include "conf/config_load.h"
#include "conf/config_warn.h"
#include "conf/config_worker.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"
#include "os/sys.h"
#include "supervisor/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONES_MAX (CONFIG_LISTEN_MAX + 2 * CONFIG_UPSTREAMS_MAX) /* addresses, and sources */

_Static_assert(CONFIG_ERRORS_MAX < LOG_BURST, "a log takes all lines of a refusal");

static bool is_jailed;

/*
 * A file to be read. The service waits for nobody: a pipe, whose other end may never come, is read only before the jail,
 * as of a shell's <(...).
 * @return its descriptor; -1: errno
 */
static int
open_file(const char *path)
{
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || sys_lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    if (!is_jailed && sys_fcntl(fd, F_SETFL, 0) == 0)
        return fd;
    sys_close(fd);
    errno = ESPIPE;
    return -1;
}

/* Does a regular file give one of these permissions? */
static bool
gives(int fd, mode_t permissions)
{
    struct stat file;
    return permissions != 0 && sys_fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
           (file.st_mode & permissions) != 0;
}

/*
 * Fill `to` from a file that gives none of the permissions `withheld`.
 * @return STATUS_OK; STATUS_SYSTEM; STATUS_FULL: larger than `room`; STATUS_INVALID: it gives one
 */
static enum status
read_all(const char *path, mode_t withheld, char *to, size_t room, size_t *size)
{
    *size = 0;
    int fd = open_file(path);
    if (fd < 0)
        return STATUS_SYSTEM;
    enum status status = gives(fd, withheld) ? STATUS_INVALID : STATUS_OK;
    while (status == STATUS_OK) {
        ssize_t n = sys_read(fd, to + *size, room - *size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = STATUS_SYSTEM;
        if (n <= 0)
            break;
        *size += (size_t)n;
        if (*size == room)
            status = STATUS_FULL;
    }
    int saved = errno;
    sys_close(fd);
    errno = saved;
    return status;
}

/* @return the file's bytes, to be freed; NULL: `error` is written, or `missing` */
static char *
read_file(const char *path, const char *key, mode_t withheld, size_t size_max, size_t *size,
          bool *missing, struct config_error *error)
{
    char *bytes = malloc(size_max + 1);
    enum status status =
        bytes == NULL ? STATUS_SYSTEM : read_all(path, withheld, bytes, size_max + 1, size);
    if (status == STATUS_OK)
        return bytes;
    *missing = status == STATUS_SYSTEM && errno == ENOENT;
    if (status == STATUS_FULL)
        snprintf(error->text, sizeof error->text, "%s%.300s: larger than %zu bytes", key, path,
                 size_max);
    else if (status == STATUS_INVALID)
        snprintf(error->text, sizeof error->text,
                 "%s%.300s: others can read or change it; allowed: a mode of 0640 or less", key,
                 path);
    else
        snprintf(error->text, sizeof error->text, "%s%.300s: %s", key, path,
                 errno == ESPIPE ? "is not a regular file" : reach_why(errno));
    if (bytes != NULL)
        explicit_bzero(bytes, *size); /* a part of a secret may be there */
    free(bytes);
    return NULL;
}

/*
 * The number of an interface. What was asked for before is remembered: a jailed supervisor that
 * reads its file again cannot ask the kernel, and needs no other names, since these addresses
 * cannot change.
 */
static uint32_t
zone_index(const char *name)
{
    static struct {
        char name[IF_NAMESIZE];
        uint32_t index;
    } known[ZONES_MAX];
    static unsigned count;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].index;
    if (is_jailed || count == ZONES_MAX)
        return 0;
    uint32_t index = if_nametoindex(name);
    if (index != 0) {
        snprintf(known[count].name, sizeof known[count].name, "%s", name);
        known[count++].index = index;
    }
    return index;
}

_Static_assert(CONFIG_ZONE_NAME_MAX == IF_NAMESIZE, "names of interfaces");

bool
settings_zone_name(uint32_t number, char name[CONFIG_ZONE_NAME_MAX])
{
    return if_indextoname(number, name) != NULL;
}

void
settings_enter_jail(void)
{
    is_jailed = true;
}

const char *
settings_file(const struct options *options)
{
    return options->file != NULL ? options->file : OPTIONS_CONFIG_FILE;
}

/* It would help to know that no file was read. */
static void
add_missing(struct config_errors *errors, const char *path)
{
    for (uint32_t i = 0; i < config_errors_kept(errors); i++) {
        size_t used = strlen(errors->of[i].text);
        snprintf(errors->of[i].text + used, sizeof errors->of[i].text - used, " (there is no %s)",
                 path);
    }
}

enum status
settings_load(const struct options *options, bool *has_file, struct config *config,
              struct config_errors *errors)
{
    const char *path = settings_file(options);
    struct config_error error;
    size_t size = 0;
    bool missing = false;
    memset(config, 0, sizeof *config);
    config_errors_begin(errors);
    char *text = read_file(path, "", 0, CONFIG_FILE_MAX, &size, &missing, &error);
    if (text == NULL && (options->file != NULL || *has_file || !missing)) {
        config_errors_add(errors, &error, (struct config_origin){CONFIG_FROM_FILE, 0});
        return STATUS_INVALID;
    }
    struct config_source source = {
        .file = text != NULL ? path : NULL,
        .text = text,
        .text_size = size,
        .environ = (const char *const *)environ,
        .listen = options->listen,
        .listen_count = options->listen_count,
        .verbose = options->verbose,
        .zone_index = zone_index,
    };
    enum status status = config_load_all(&source, config, errors);
    if (text == NULL)
        add_missing(errors, path);
    if (status == STATUS_OK)
        *has_file = text != NULL;
    free(text);
    return status;
}

bool
settings_needs_ca(const struct config *config)
{
    for (uint32_t i = 0; i < config->upstreams_count; i++)
        if (config->upstreams[i].verify != CONFIG_VERIFY_PIN)
            return true;
    return false;
}

enum status
settings_load_ca(const struct config *config, int *fd, struct config_error *error)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    size_t size = 0;
    bool missing = false;
    *fd = -1;
    if (!settings_needs_ca(config))
        return STATUS_OK;
    char *pem = read_file(config->tls_ca_file, "tls.ca_file: ", 0, SETTINGS_CA_FILE_MAX, &size,
                          &missing, error);
    if (pem == NULL)
        return STATUS_INVALID;
    pem[size] = '\0'; /* read_file() made room for it */
    enum status status = STATUS_INVALID;
    if (memmem(pem, size, begin, sizeof begin - 1) == NULL)
        snprintf(error->text, sizeof error->text,
                 "tls.ca_file: %.300s: holds no certificate in PEM", config->tls_ca_file);
    else if (memory_share("penstock-ca", pem, size + 1, true, fd) != STATUS_OK)
        snprintf(error->text, sizeof error->text, "memory for tls.ca_file: %s", strerror(errno));
    else
        status = STATUS_OK;
    free(pem);
    return status;
}

enum status
settings_load_cookies(struct config *config, struct config_error *error)
{
    size_t size = 0;
    unsigned line;
    bool missing = false;
    const char *path = config->cookies_secret_file;
    if (*path == '\0')
        return STATUS_OK;
    char *text = read_file(path, "cookies.secret_file: ", S_IWGRP | S_IRWXO,
                           CONFIG_COOKIES_FILE_MOST, &size, &missing, error);
    if (text == NULL)
        return STATUS_INVALID;
    const char *wrong = config_cookies_read(text, size, config, &line);
    explicit_bzero(text, size);
    free(text);
    if (wrong == NULL)
        return STATUS_OK;
    snprintf(error->text, sizeof error->text, "cookies.secret_file: %s:%u: %s", path, line, wrong);
    return STATUS_INVALID;
}

enum status
settings_load_audit_key(const struct config *config, uint8_t key[AUDIT_CHAIN_KEY_MAX],
                        size_t *key_size, struct config_error *error)
{
    size_t size = 0;
    bool missing = false;
    *key_size = 0;
    if (config->audit_key_file[0] == '\0')
        return STATUS_OK;
    char *octets = read_file(config->audit_key_file, "audit.key_file: ", S_IWGRP | S_IRWXO,
                             AUDIT_KEY_FILE_MOST, &size, &missing, error);
    if (octets == NULL)
        return STATUS_INVALID;
    enum status status = audit_key_parse(octets, size, key, key_size);
    explicit_bzero(octets, size);
    free(octets);
    if (status != STATUS_OK)
        snprintf(error->text, sizeof error->text,
                 "audit.key_file: %.300s: holds no key; allowed: %d to %d octets, or one line with "
                 "their base64",
                 config->audit_key_file, AUDIT_CHAIN_KEY_MIN, AUDIT_CHAIN_KEY_MAX);
    return status;
}

void
settings_fill_secret(struct config *config, const struct config *before)
{
    if (config->cookies_secret.is_set)
        return;
    if (before != NULL) {
        config->cookies_secret = before->cookies_secret;
        return;
    }
    random_fill(config->cookies_secret.bytes, sizeof config->cookies_secret.bytes);
    config->cookies_secret.is_set = 1;
}

enum status
settings_share(const struct config *config, int fds[CHILD_ROLES])
{
    static struct config copy;
    fds[CHILD_FRONT] = fds[CHILD_WORKER] = -1;
    config_worker_copy(config, &copy);
    enum status status =
        memory_share("penstock-config", &copy, sizeof copy, true, &fds[CHILD_WORKER]);
    copy = *config;
    /* a front gets what was in it, beside which a file would be one secret too many */
    memset(copy.cookies_secret_file, 0, sizeof copy.cookies_secret_file);
    if (status == STATUS_OK)
        status = memory_share("penstock-config", &copy, sizeof copy, true, &fds[CHILD_FRONT]);
    int saved = errno;
    explicit_bzero(&copy, sizeof copy);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (fds[CHILD_WORKER] >= 0)
        sys_close(fds[CHILD_WORKER]);
    fds[CHILD_FRONT] = fds[CHILD_WORKER] = -1;
    errno = saved;
    return status;
}

const char *
settings_tls_policy(const struct config *config)
{
    return config->tls_policy == CONFIG_TLS_APPROVED
               ? "tls.policy: approved; only algorithms that NIST has approved are used with "
                 "upstreams, by a TLS library that is no validated module (FIPS 140-3)"
               : NULL;
}

void
settings_log_warnings(const struct config *config, const struct namelists *lists)
{
    char *text = NULL;
    size_t size = 0;
    if (settings_tls_policy(config) != NULL)
        log_write(LOG_NOTICE, LOG_CONFIG, "%s", settings_tls_policy(config));
    if (config_warn_notice(config) != NULL)
        log_write(LOG_NOTICE, LOG_CONFIG, "%s", config_warn_notice(config));
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        return;
    unsigned count = config_warn(config, to) + namelists_warnings(config, lists, to);
    if (fclose(to) != 0 || text == NULL)
        return;
    char *rest = text;
    for (const char *line = strsep(&rest, "\n"); count > 0 && line != NULL;
         line = strsep(&rest, "\n"))
        if (*line != '\0')
            log_write(LOG_WARNING, LOG_CONFIG, "%s", line);
    free(text);
}
