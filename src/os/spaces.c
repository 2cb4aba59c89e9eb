/* spaces.c - see spaces.h
 * SPDX-License-Identifier: ISC
 *
 * The maker unshares its user namespace as the account; we, its parent, write the map: of root's
 * child, which gave root up, the files in /proc are root's. It has our memory, so it ends before
 * anything else happens.
 */
#include "os/spaces.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the maker says when it is done. */
struct report {
    unsigned made;
    int errors[SPACES_KINDS];
};

static const struct {
    const char *name, *path;
    int flag;
} kinds[SPACES_KINDS] = {
    [SPACES_USER] = {"user", "/proc/self/ns/user", CLONE_NEWUSER},
    [SPACES_NET] = {"network", "/proc/self/ns/net", CLONE_NEWNET},
    [SPACES_IPC] = {"IPC", "/proc/self/ns/ipc", CLONE_NEWIPC},
    [SPACES_UTS] = {"UTS", "/proc/self/ns/uts", CLONE_NEWUTS},
    [SPACES_VIEW] = {"mount (empty)", "/proc/self/ns/mnt", CLONE_NEWNS},
};

/* --- the maker ------------------------------------------------------------------------------- */

static bool
become(const struct privs_account *account)
{
    return account == NULL ||
           (setgroups(0, NULL) == 0 && setresgid(account->gid, account->gid, account->gid) == 0 &&
            setresuid(account->uid, account->uid, account->uid) == 0);
}

/* The new root covers /proc, of all folders the one that is there; then the old one is left. */
static bool
empty_view(void)
{
    static const unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("penstock", "/proc", "tmpfs", flags, "size=4k,nr_inodes=1,mode=555") == 0 &&
           chdir("/proc") == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
           umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
}

/* The descriptor comes first: an empty view has no /proc to take it from. */
static bool
make(enum spaces_kind kind, int *fd)
{
    if (unshare(kinds[kind].flag) != 0)
        return false;
    *fd = open(kinds[kind].path, O_RDONLY | O_CLOEXEC);
    return *fd >= 0 && (kind != SPACES_VIEW || empty_view());
}

/* Who enters has every capability there, and gives them up: where that is refused nobody may enter. */
static void
try_to_leave(struct report *report)
{
    errno = 0;
    if (privs_shed() == STATUS_OK)
        return;
    int problem = errno != 0 ? errno : EPERM;
    *report = (struct report){0};
    report->errors[SPACES_USER] = problem;
}

static void
make_all(bool with_view, struct report *report, int fds[SPACES_KINDS])
{
    fds[SPACES_USER] = open(kinds[SPACES_USER].path, O_RDONLY | O_CLOEXEC);
    if (fds[SPACES_USER] < 0) {
        report->errors[SPACES_USER] = errno;
        return;
    }
    report->made = 1U << SPACES_USER;
    for (enum spaces_kind kind = SPACES_NET; kind < SPACES_KINDS; kind++) {
        if (kind == SPACES_VIEW && !with_view)
            continue;
        if (make(kind, &fds[kind]))
            report->made |= 1U << kind;
        else
            report->errors[kind] = errno;
    }
    try_to_leave(report);
}

/* One message: the report, and a descriptor for each that was made, in their order. */
static void
tell(int to_fd, const struct report *report, const int fds[SPACES_KINDS])
{
    union {
        struct cmsghdr header;
        char octets[CMSG_SPACE(SPACES_KINDS * sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)report, .iov_len = sizeof *report};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    int sent[SPACES_KINDS];
    size_t count = 0;
    for (enum spaces_kind kind = SPACES_USER; kind < SPACES_KINDS; kind++)
        if ((report->made >> kind & 1) != 0)
            sent[count++] = fds[kind];
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(&control.header), sent, count * sizeof(int));
    }
    (void)sendmsg(to_fd, &message, MSG_NOSIGNAL); /* who does not hear it knows that it failed */
}

static _Noreturn void
run_maker(int fd, const struct privs_account *account, bool with_view)
{
    struct report report = {0};
    int fds[SPACES_KINDS] = {-1, -1, -1, -1, -1};
    char mapped;
    if (!become(account) || unshare(CLONE_NEWUSER) != 0)
        report.errors[SPACES_USER] = errno;
    else if (send(fd, &report, sizeof report, MSG_NOSIGNAL) < 0 || recv(fd, &mapped, 1, 0) != 1)
        _exit(1);
    else
        make_all(with_view, &report, fds);
    tell(fd, &report, fds);
    _exit(0);
}

/* --- its parent ------------------------------------------------------------------------------ */

static bool
write_file(pid_t pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return done;
}

/* One id of each kind, the same inside as outside; a group can be neither taken nor dropped. */
static bool
map_ids(pid_t pid, const struct privs_account *account)
{
    uid_t uid = account != NULL ? account->uid : geteuid();
    gid_t gid = account != NULL ? account->gid : getegid();
    char uids[32], gids[32];
    snprintf(uids, sizeof uids, "%u %u 1", (unsigned)uid, (unsigned)uid);
    snprintf(gids, sizeof gids, "%u %u 1", (unsigned)gid, (unsigned)gid);
    return write_file(pid, "setgroups", "deny") && write_file(pid, "uid_map", uids) &&
           write_file(pid, "gid_map", gids);
}

/* All or none: where one did not come, or cannot be kept, the others are closed. */
static bool
keep(const struct cmsghdr *header, unsigned made, int fds[SPACES_KINDS])
{
    size_t came = header == NULL ? 0 : (header->cmsg_len - CMSG_LEN(0)) / sizeof(int), next = 0;
    bool is_whole = true;
    for (enum spaces_kind kind = SPACES_USER; kind < SPACES_KINDS; kind++) {
        int got;
        fds[kind] = -1;
        if ((made >> kind & 1) == 0)
            continue;
        if (next < came) {
            memcpy(&got, CMSG_DATA(header) + next++ * sizeof got, sizeof got);
            fds[kind] = fcntl(got, F_DUPFD_CLOEXEC, SPACES_FD_LEAST);
            close(got);
        }
        is_whole = is_whole && fds[kind] >= 0;
    }
    for (enum spaces_kind kind = SPACES_USER; kind < SPACES_KINDS && !is_whole; kind++)
        if (fds[kind] >= 0)
            close(fds[kind]);
    return is_whole;
}

/* @return 0; ECHILD: nothing came; EMFILE: not every descriptor could be kept, and none was */
static int
hear(int fd, struct report *report, int fds[SPACES_KINDS])
{
    union {
        struct cmsghdr header;
        char octets[CMSG_SPACE(SPACES_KINDS * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = report, .iov_len = sizeof *report};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof *report)
        return ECHILD;
    return keep(CMSG_FIRSTHDR(&message), report->made, fds) ? 0 : EMFILE;
}

/* @return what went wrong before the maker could say it, as errno; 0 */
static int
follow_maker(int fd, pid_t pid, const struct privs_account *account, struct spaces *spaces)
{
    struct report report;
    int problem = hear(fd, &report, spaces->fds);
    if (problem != 0)
        return problem; /* ECHILD: it was killed, by a filter that is around us */
    if (report.errors[SPACES_USER] == 0) {
        if (!map_ids(pid, account))
            return errno;
        problem = send(fd, "", 1, MSG_NOSIGNAL) == 1 ? hear(fd, &report, spaces->fds) : ECHILD;
        if (problem != 0)
            return problem;
    }
    spaces->made = report.made;
    memcpy(spaces->errors, report.errors, sizeof spaces->errors);
    return 0;
}

void
spaces_open(const struct privs_account *account, bool with_view, struct spaces *spaces)
{
    int pair[2];
    *spaces = (struct spaces){0};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        spaces->errors[SPACES_USER] = errno;
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        run_maker(pair[1], account, with_view);
    }
    int problem = errno;
    close(pair[1]);
    if (pid > 0)
        problem = follow_maker(pair[0], pid, account, spaces);
    if (problem != 0)
        spaces->errors[SPACES_USER] = problem;
    close(pair[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* --- who enters ------------------------------------------------------------------------------ */

enum status
spaces_enter(const struct spaces *spaces)
{
    if (spaces->made == 0)
        return STATUS_OK;
    for (enum spaces_kind kind = SPACES_USER; kind < SPACES_KINDS; kind++)
        if ((spaces->made >> kind & 1) != 0 && setns(spaces->fds[kind], kinds[kind].flag) != 0)
            return STATUS_SYSTEM;
    return privs_shed();
}

const char *
spaces_text(const struct spaces *spaces, char text[SPACES_TEXT_MAX])
{
    const char *before =
        spaces->made != 0 ? "namespaces of their own: " : "no namespaces of their own";
    size_t used = (size_t)snprintf(text, SPACES_TEXT_MAX, "%s", before);
    before = "";
    for (enum spaces_kind kind = SPACES_USER; kind < SPACES_KINDS; kind++) {
        if ((spaces->made >> kind & 1) == 0)
            continue;
        used +=
            (size_t)snprintf(text + used, SPACES_TEXT_MAX - used, "%s%s", before, kinds[kind].name);
        before = ", ";
    }
    before = "; missing: ";
    for (enum spaces_kind kind = SPACES_USER; kind < SPACES_KINDS && used < SPACES_TEXT_MAX;
         kind++) {
        if ((spaces->made >> kind & 1) != 0)
            continue;
        if (spaces->made == 0 && kind != SPACES_USER)
            break; /* there is none of the others without it */
        used += (size_t)snprintf(
            text + used, SPACES_TEXT_MAX - used, "%s%s (%s)", before, kinds[kind].name,
            spaces->errors[kind] != 0 ? strerror(spaces->errors[kind]) : "takes a static build");
        before = ", ";
    }
    return text;
}
