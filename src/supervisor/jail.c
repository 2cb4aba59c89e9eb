/* jail.c - the supervisor gives up what it has
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/jail.h"

#include "os/privs.h"
#include "os/sandbox.h"
#include "os/sys.h"
#include "supervisor/reach.h"
#include "supervisor/reread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef PENSTOCK_STATIC /* a loader would find no library in an empty view */
#define WITH_VIEW true
#else
#define WITH_VIEW false
#endif

#define FILES_MOST (1U << 20) /* descriptors: what no configuration reaches */

enum status
jail_check_account(const char *user, struct config_error *error)
{
    struct privs_account account;
    if (sys_geteuid() != 0)
        return STATUS_OK;
    enum status status = privs_find_account(user, &account);
    if (status == STATUS_OK && account.uid != 0 && account.gid != 0)
        return STATUS_OK;
    if (status == STATUS_OK)
        snprintf(error->text, sizeof error->text,
                 "user: \"%s\" is root or of root's group; started as root, penstock needs an "
                 "account to become",
                 user);
    else if (status == STATUS_NONE)
        snprintf(error->text, sizeof error->text,
                 "user: there is no account \"%s\"; create it (useradd --system --no-create-home "
                 "--shell /usr/sbin/nologin %s) or set user",
                 user, user);
    else
        snprintf(error->text, sizeof error->text, "user: /etc/passwd cannot be read: %s",
                 strerror(errno));
    return STATUS_INVALID;
}

static size_t
limit_of(SYS_RESOURCE resource, size_t most)
{
    struct rlimit limit;
    if (sys_getrlimit(resource, &limit) != 0)
        return 0;
    return limit.rlim_max < most ? (size_t)limit.rlim_max : most;
}

static enum status
find_account(const struct config *config, struct privs_account *account)
{
    if (config != NULL)
        return privs_find_account(config->user, account);
    if (privs_find_account("penstock", account) == STATUS_OK)
        return STATUS_OK;
    return privs_find_account("nobody", account);
}

enum status
jail_enter(const struct config *config, const char *file, const int exec_fds[CHILD_ROLES],
           struct spaces *spaces, struct config_error *error)
{
    /*
     * The children take their own, lower limits, which they could not if ours were lower still:
     * these stay as they came. How many processes an account has is no number of ours to choose.
     */
    struct privs_limits limits = {.files = limit_of(RLIMIT_NOFILE, FILES_MOST),
                                  .processes = limit_of(RLIMIT_NPROC, SIZE_MAX),
                                  .file_bytes = limit_of(RLIMIT_FSIZE, SIZE_MAX)};
    struct privs_account account;
    const char *what_failed = NULL;
    bool is_root = sys_geteuid() == 0;
    if (is_root && find_account(config, &account) != STATUS_OK) {
        snprintf(error->text, sizeof error->text, "there is no account to give up root for");
        return STATUS_SYSTEM;
    }
    spaces_open(is_root ? &account : NULL, WITH_VIEW, spaces);
    if (privs_drop(is_root ? &account : NULL, &limits, &what_failed) != STATUS_OK)
        snprintf(error->text, sizeof error->text, "privileges cannot be given up: %s", what_failed);
    else if (reach_restrict(config, file, exec_fds) != STATUS_OK)
        snprintf(error->text, sizeof error->text, "Landlock cannot be set up: %s", strerror(errno));
    else if (sandbox_enter(sandbox_filter(sandbox_supervisor(
                 spaces->made != 0, config != NULL && config->audit_path[0] != '\0'))) != STATUS_OK)
        snprintf(error->text, sizeof error->text, "the system call filter cannot be set: %s",
                 strerror(errno));
    else
        return STATUS_OK;
    return STATUS_SYSTEM;
}

/* Of the file itself: one that is only to be checked may lie in a folder of root's. */
static bool
is_kept_from_account(const char *path)
{
    int fd = sys_open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_forbidden = faccessat(fd, "", R_OK, AT_EMPTY_PATH) != 0 && errno == EACCES;
    sys_close(fd);
    return is_forbidden;
}

unsigned
jail_warnings(const struct options *options, const struct config *config, FILE *to)
{
    struct privs_account account;
    if (sys_geteuid() != 0)
        return 0;
    if (privs_find_account(config->user, &account) == STATUS_OK &&
        privs_ask_as(&account) == STATUS_OK)
        return reread_warnings(options, config, is_kept_from_account, to);
    fprintf(to, "user: whether \"%s\" can read what a reload reads could not be tried\n",
            config->user);
    return 1;
}
