/* reach.c - see reach.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/reach.h"

#include "os/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A loader opens libraries by name and is a program of its own: both only a static build can do without. */
#ifdef PENSTOCK_STATIC
#define FORBIDS LANDLOCK_NO_FILES
#else
#define FORBIDS LANDLOCK_NO_CHANGES
#endif

/* /proc, /etc, that of the audit log; of the configuration, the CA file, that of the secrets of cookies and each
 * list: where it is named, and where it is */
#define FOLDERS_MAX (3 + 2 * (3 + 2 * CONFIG_LISTS_MAX))

struct folders {
    int fds[FOLDERS_MAX];
    size_t count;
};

static struct {
    long version; /* of Landlock; below 1: none */
    char folders[REACH_TEXT_MAX / 2];
    char written[CONFIG_AUDIT_PATH_MAX]; /* the folder of the audit log; "": none */
} state;

/* @return false: it is among them already, as far as there is room for it */
static bool
note(const char *path)
{
    size_t used = strlen(state.folders), size = strlen(path);
    for (const char *at = strstr(state.folders, path); at != NULL; at = strstr(at + 1, path))
        if ((at == state.folders || (at[-1] == ' ' && at[-2] == ',')) &&
            (at[size] == ',' || at[size] == '\0'))
            return false;
    if (used + size + sizeof ", ..., " < sizeof state.folders)
        snprintf(state.folders + used, sizeof state.folders - used, "%s%s", used > 0 ? ", " : "",
                 path);
    else if (used + sizeof ", ..." <= sizeof state.folders && state.folders[used - 1] != '.')
        snprintf(state.folders + used, sizeof state.folders - used, ", ...");
    return true;
}

/* Of a folder, or a file, that is not there nothing can be read. */
static void
add(struct folders *folders, const char *path)
{
    int fd = folders->count < FOLDERS_MAX ? open(path, O_PATH | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    if (note(path))
        folders->fds[folders->count++] = fd;
    else
        close(fd);
}

/* The folder of a file; of one of "/", which is the folder of all, the file alone. */
static void
add_folder_of(struct folders *folders, const char *file)
{
    char path[CONFIG_PATH_MAX];
    const char *slash = strrchr(file, '/');
    if (slash == NULL)
        add(folders, ".");
    else if (slash == file)
        add(folders, file);
    else if ((size_t)(slash - file) < sizeof path) {
        memcpy(path, file, (size_t)(slash - file));
        path[slash - file] = '\0';
        add(folders, path);
    }
}

/* Where it is named, and where links lead: either can get another file by that name. */
static void
add_file(struct folders *folders, const char *file)
{
    char link[32], real[CONFIG_PATH_MAX];
    int fd = *file != '\0' ? open(file, O_PATH | O_CLOEXEC) : -1;
    if (*file != '\0')
        add_folder_of(folders, file);
    if (fd < 0)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, real, sizeof real - 1);
    close(fd);
    if (size <= 0 || real[0] != '/') /* a pipe, as of a shell's <(...), has no place */
        return;
    real[size] = '\0';
    add_folder_of(folders, real);
}

/* The lists of accounts and groups are others after each change, too: of names the folder is read. */
static void
add_all(struct folders *folders, const struct config *config, const char *file)
{
    add(folders, "/proc"); /* what the children use; and each child, of itself, when it begins */
    if (file != NULL)
        add_file(folders, file);
    if (config == NULL)
        return;
    add_file(folders, config->tls_ca_file);
    add_file(folders, config->cookies_secret_file);
    for (uint32_t i = 0; i < config->local_block_count; i++)
        add_file(folders, config->local_block[i]);
    for (uint32_t i = 0; i < config->local_allow_count; i++)
        add_file(folders, config->local_allow[i]);
    if (config->control_readers_count + config->control_operators_count +
            config->events_readers_count >
        0)
        add(folders, "/etc");
}

/* Of the audit log, whose end is read as well. The folder of all would be too much: the file is
 * there already, or cannot be made. */
static void
add_audit_log(struct folders *folders, const char *file, struct landlock_permit *permit)
{
    const char *slash = strrchr(file, '/');
    state.written[0] = '\0';
    if (slash == NULL)
        return;
    size_t size = slash == file ? strlen(file) : (size_t)(slash - file);
    memcpy(state.written, file, size);
    state.written[size] = '\0';
    permit->folder = open(state.written, O_PATH | O_CLOEXEC);
    permit->has_folder = permit->folder >= 0;
    add(folders, state.written);
}

enum status
reach_restrict(const struct config *config, const char *file, const int exec_fds[CHILD_ROLES])
{
    uint16_t ports[CONFIG_UPSTREAMS_MAX];
    struct folders folders = {0};
    struct landlock_permit permit = {.forbids = FORBIDS,
                                     .ports = ports,
                                     .has_source = true,
                                     .programs = exec_fds,
                                     .programs_count = CHILD_ROLES,
                                     .readable = folders.fds};
    if (config != NULL)
        for (; permit.ports_count < config->upstreams_count; permit.ports_count++)
            ports[permit.ports_count] = config->upstreams[permit.ports_count].address.port;
    state.folders[0] = '\0';
    add_all(&folders, config, file); /* for naught where reading is not forbidden */
    add_audit_log(&folders, config != NULL ? config->audit_path : "", &permit);
    permit.readable_count = folders.count;
    state.version = landlock_version();
    enum status status = landlock_restrict(&permit);
    int saved = errno;
    for (size_t i = 0; i < folders.count; i++)
        close(folders.fds[i]);
    if (permit.has_folder)
        close(permit.folder);
    errno = saved;
    return status == STATUS_SYSTEM ? STATUS_SYSTEM : STATUS_OK;
}

const char *
reach_text(char text[REACH_TEXT_MAX])
{
    bool is_written = state.written[0] != '\0';
    if (state.version < 1)
        snprintf(
            text, REACH_TEXT_MAX,
            "this kernel has no Landlock: what files are opened, filters and accounts alone say");
    else if ((FORBIDS & LANDLOCK_NO_READING) != 0)
        snprintf(
            text, REACH_TEXT_MAX,
            "Landlock, version %ld: fronts and workers open no file, the supervisor reads below "
            "%s%s%s",
            state.version, state.folders, is_written ? ", and adds to files below " : "",
            state.written);
    else
        snprintf(text, REACH_TEXT_MAX,
                 "Landlock, version %ld: no file is changed%s%s; what is read takes a static build",
                 state.version, is_written ? ", but below " : "", state.written);
    return text;
}

const char *
reach_why(int error)
{
    if (error == EACCES && state.version >= 1 && (FORBIDS & LANDLOCK_NO_READING) != 0)
        return "Permission denied; restart to read what is in none of the folders of the start "
               "(Landlock)";
    return strerror(error);
}
