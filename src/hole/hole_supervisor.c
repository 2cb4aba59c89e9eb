/* hole_supervisor.c - a supervisor, as who has taken it over finds it
 * SPDX-License-Identifier: ISC
 *
 * It hands the page to its children as their descriptors 0 to 2, for the moment until they have
 * mapped it (hole_page_take()); so what a child has later is what every child has.
 */
#include "hole/hole_turn.h"
#include "supervisor/inherited.h"
#include "supervisor/spawn.h"

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#define HIGH_FD 100 /* above those whose numbers mean something */

static int page_fd = -1, null_fd = -1;

static void
look(struct hole_process *self, const struct evloop *loop)
{
    const void *at = (const char *)loop - offsetof(struct supervisor, loop);
    struct supervisor *sup = (struct supervisor *)(uintptr_t)at;
    struct child *worker = &sup->lanes[0].children[CHILD_WORKER];
    self->chan_fd = worker->chan.fd;
    self->other_pid = worker->pid;
    self->own_fd = sup->config_fds[CHILD_WORKER]; /* sealed, as all that it shares */
    self->other_fd = worker->pid_fd;
}

__attribute__((constructor)) static void
begin(void)
{
    hole_turn_begin_alone(look);
}

/* At the first start of a child, which is before the jail: what was open before main() is closed. */
static bool
open_for_children(void)
{
    int fd;
    if (page_fd >= 0 || hole_page_open(&fd) == NULL)
        return page_fd >= 0;
    page_fd = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
    null_fd = fcntl(INHERITED_NULL_FD, F_DUPFD_CLOEXEC, HIGH_FD);
    close(fd);
    return page_fd >= 0 && null_fd >= 0;
}

enum status __real_spawn_child(enum child_role role, int exec_fd, int chan_fd,
                               const struct spaces *spaces, pid_t *pid, int *pid_fd);
enum status __wrap_spawn_child(enum child_role role, int exec_fd, int chan_fd,
                               const struct spaces *spaces, pid_t *pid, int *pid_fd);

enum status
__wrap_spawn_child(enum child_role role, int exec_fd, int chan_fd, const struct spaces *spaces,
                   pid_t *pid, int *pid_fd)
{
    if (!hole_turn_has_page() || !open_for_children())
        return __real_spawn_child(role, exec_fd, chan_fd, spaces, pid, pid_fd);
    if (dup2(page_fd, INHERITED_NULL_FD) < 0)
        return STATUS_SYSTEM;
    enum status status = __real_spawn_child(role, exec_fd, chan_fd, spaces, pid, pid_fd);
    return dup3(null_fd, INHERITED_NULL_FD, O_CLOEXEC) < 0 ? STATUS_SYSTEM : status;
}
