/* sandbox_probe.c - does each filter permit what its table says, and kill the rest?
 * SPDX-License-Identifier: ISC
 *
 * usage: sandbox_probe            every call under every role, each in a process of its own
 *        sandbox_probe ROLE CALL  enter the filter of ROLE (one of `roles`), try CALL
 *
 * A forbidden call must end its process by SIGSYS and nothing else. A permitted one may fail on its
 * own account: the arguments are chosen to have no effect. One that the filter itself refuses fails
 * with ENOSYS, which the kernel would not say of it.
 */
#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    S = 1 << SANDBOX_SUPERVISOR,
    F = 1 << SANDBOX_FRONT,
    W = 1 << SANDBOX_WORKER,
    C = 1 << SANDBOX_CTL,
    T = 1 << SANDBOX_TOP,
    E = 1 << SANDBOX_EXPORTER,
    DF = 1 << SANDBOX_EXPORTER_FILE,
    DU = 1 << SANDBOX_EXPORTER_UNIX,
    DT = 1 << SANDBOX_EXPORTER_TCP,
    D = 1 << SANDBOX_EXPORTER_DIAL | DF | DU | DT,
    SERVICE = S | F | W, /* its three */
    READER = C | T | E,  /* who maps pages for reading alone */
    ALL = S | F | W | C | T | E | D,
    REFUSED = 1 << 16 /* those that may are told that there is no such call */
};

#ifdef PENSTOCK_SANITIZED
enum { SANITIZED = ALL }; /* rows of the sanitizer's run-time library permit it in this build */
#else
enum { SANITIZED = 0 };
#endif

#ifdef PENSTOCK_STATIC
enum { LOADER = 0 };
#else
enum { LOADER = S }; /* a child's loader works under the supervisor's filter */
#endif

#define APPEND (O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static int pair[2], bell, memory, epoll, closed = 1000000;
static char byte[64];

/* name, roles that may, the call. Raw system calls, so that no C library decides what is asked. */
#define PROBES(P)                                                                                  \
    /* new sockets and their addresses */                                                          \
    P(socket_tcp, S | DT, SYS_socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)                     \
    P(socket_tcp6, S | DT, SYS_socket, AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)                    \
    P(socket_mptcp, 0, SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_MPTCP)                            \
    P(socket_sctp, 0, SYS_socket, AF_INET6, SOCK_STREAM, IPPROTO_SCTP)                             \
    P(socket_flag, 0, SYS_socket, AF_INET, SOCK_STREAM | 0x100, 0)                                 \
    P(socket_udp, 0, SYS_socket, AF_INET, SOCK_DGRAM, 0)                                           \
    P(socket_udp6, 0, SYS_socket, AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0)                         \
    P(socket_raw, 0, SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP)                                  \
    P(socket_unix, DU, SYS_socket, AF_UNIX, SOCK_STREAM, 0)                                        \
    P(socket_seqpacket, T | D, SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)              \
    P(socket_netlink, 0, SYS_socket, AF_NETLINK, SOCK_RAW, 0)                                      \
    P(socket_packet, 0, SYS_socket, AF_PACKET, SOCK_RAW, 0)                                        \
    P(connect, S | T | D, SYS_connect, closed, NULL, 0)                                            \
    P(bind, 0, SYS_bind, closed, NULL, 0)                                                          \
    P(listen, 0, SYS_listen, closed, 1)                                                            \
    P(accept4, S | F | E, SYS_accept4, closed, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)           \
    P(accept4_inherited, 0, SYS_accept4, closed, NULL, NULL, SOCK_NONBLOCK)                        \
    P(set_nodelay, S, SYS_setsockopt, closed, IPPROTO_TCP, TCP_NODELAY, byte, 4)                   \
    P(set_send_timeout, T | D, SYS_setsockopt, closed, SOL_SOCKET, SO_SNDTIMEO, byte, 16)          \
    P(shutdown_writing, E, SYS_shutdown, closed, SHUT_WR)                                          \
    P(shutdown_all, 0, SYS_shutdown, closed, SHUT_RDWR)                                            \
    P(set_mark, 0, SYS_setsockopt, closed, SOL_SOCKET, SO_MARK, byte, 4)                           \
    P(get_error, S, SYS_getsockopt, closed, SOL_SOCKET, SO_ERROR, byte, NULL)                      \
    P(get_peercred, S, SYS_getsockopt, closed, SOL_SOCKET, SO_PEERCRED, byte, NULL)                \
    P(get_peergroups, S, SYS_getsockopt, closed, SOL_SOCKET, SO_PEERGROUPS, byte, NULL)            \
    P(get_peersec, SANITIZED &S, SYS_getsockopt, closed, SOL_SOCKET, SO_PEERSEC, byte, NULL)       \
    /* files */                                                                                    \
    P(openat, S | SANITIZED, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY)                        \
    P(openat_write, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY)                        \
    P(openat_append, DF | SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", APPEND, 0640)              \
    P(openat_append_cut, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", APPEND | O_TRUNC, 0640)     \
    P(openat_both, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_RDWR)                           \
    P(openat_create, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_CREAT, 0600)       \
    P(openat_cut, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_TRUNC)                \
    P(openat_tmpfile, SANITIZED, SYS_openat, AT_FDCWD, "/nothing", O_RDWR | O_TMPFILE, 0600)       \
    P(openat_path, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_PATH)                           \
    P(openat2, 0, SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0)                                   \
    P(unlinkat, 0, SYS_unlinkat, closed, "nothing", 0)                                             \
    P(renameat2, 0, SYS_renameat2, closed, "nothing", closed, "nothing", 0)                        \
    P(mkdirat, 0, SYS_mkdirat, closed, "nothing", 0)                                               \
    P(fchmodat, 0, SYS_fchmodat, closed, "nothing", 0)                                             \
    P(mount, 0, SYS_mount, NULL, NULL, NULL, 0, NULL)                                              \
    P(chroot, 0, SYS_chroot, "/nothing")                                                           \
    P(ioctl, SANITIZED, SYS_ioctl, closed, FIONREAD, NULL)                                         \
    P(terminal_size, T | SANITIZED, SYS_ioctl, closed, TIOCGWINSZ, NULL)                           \
    P(terminal_set, T | SANITIZED, SYS_ioctl, closed, TCSETSW, NULL)                               \
    P(terminal_type, SANITIZED, SYS_ioctl, closed, TIOCSTI, byte)                                  \
    P(terminal_own, SANITIZED, SYS_ioctl, closed, TIOCSCTTY, NULL)                                 \
    P(io_uring_setup, 0, SYS_io_uring_setup, 1, NULL)                                              \
    /* processes */                                                                                \
    P(execve, 0, SYS_execve, "/nothing", NULL, NULL)                                               \
    P(execveat, S, SYS_execveat, closed, "", NULL, NULL, AT_EMPTY_PATH)                            \
    P(execveat_path, 0, SYS_execveat, AT_FDCWD, "/nothing", NULL, NULL, 0)                         \
    P(clone_namespace, 0, SYS_clone, CLONE_NEWUSER | CLONE_THREAD, NULL, NULL, NULL, 0)            \
    P(clone_thread, 0, SYS_clone, CLONE_VM | CLONE_THREAD, NULL, NULL, NULL, 0)                    \
    P(clone_plain, 0, SYS_clone, SIGCHLD, NULL, NULL, NULL, 0)                                     \
    P(vfork, 0, SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0)                  \
    P(clone3, S | REFUSED, SYS_clone3, NULL, 0)                                                    \
    P(unshare, 0, SYS_unshare, 0)                                                                  \
    P(setns, 0, SYS_setns, closed, 0)                                                              \
    P(ptrace, 0, SYS_ptrace, PTRACE_PEEKDATA, 1, NULL, NULL)                                       \
    P(process_vm_readv, 0, SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0)                           \
    P(pidfd_getfd, 0, SYS_pidfd_getfd, closed, 0, 0)                                               \
    P(kill, 0, SYS_kill, 0x7fffffff, SIGKILL)                                                      \
    P(kill_term, 0, SYS_kill, 0x7fffffff, SIGTERM)                                                 \
    P(kill_stop, 0, SYS_kill, 0x7fffffff, SIGSTOP)                                                 \
    P(kill_group, 0, SYS_kill, 0, 0)                                                               \
    P(pidfd_kill, S, SYS_pidfd_send_signal, closed, SIGKILL, NULL, 0)                              \
    P(pidfd_term, 0, SYS_pidfd_send_signal, closed, SIGTERM, NULL, 0)                              \
    P(pidfd_info, 0, SYS_pidfd_send_signal, closed, SIGKILL, byte, 0)                              \
    P(pidfd_open, 0, SYS_pidfd_open, 0x7fffffff, 0)                                                \
    P(sigqueue, 0, SYS_rt_sigqueueinfo, 0x7fffffff, SIGKILL, byte)                                 \
    P(tkill, 0, SYS_tkill, 0x7fffffff, SIGKILL)                                                    \
    P(tgkill, SANITIZED, SYS_tgkill, 0x7fffffff, 0x7fffffff, SIGKILL)                              \
    P(wait4, S | D, SYS_wait4, -1, NULL, WNOHANG, NULL)                                            \
    P(keyctl, 0, SYS_keyctl, 0, 0, 0, 0, 0)                                                        \
    P(bpf, 0, SYS_bpf, 0, NULL, 0)                                                                 \
    P(perf_event_open, 0, SYS_perf_event_open, NULL, 0, 0, -1, 0)                                  \
    P(userfaultfd, 0, SYS_userfaultfd, 0)                                                          \
    /* identity */                                                                                 \
    P(setuid, 0, SYS_setuid, 0)                                                                    \
    P(setresuid, 0, SYS_setresuid, 0, 0, 0)                                                        \
    P(setgroups, 0, SYS_setgroups, 0, NULL)                                                        \
    P(capset, S, SYS_capset, NULL, NULL)                                                           \
    P(prctl_dumpable, S | SANITIZED, SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0)                       \
    P(prctl_ptracer, SANITIZED, SYS_prctl, PR_SET_PTRACER, 0, 0, 0, 0)                             \
    P(seccomp, S, SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL)                                  \
    P(prlimit, S, SYS_prlimit64, 0, RLIMIT_CORE, NULL, byte)                                       \
    P(prlimit_other, 0, SYS_prlimit64, 0x7fffffff, RLIMIT_CORE, NULL, byte)                        \
    /* memory */                                                                                   \
    P(mmap, ALL, SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)              \
    P(mmap_shared, SERVICE | SANITIZED, SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,  \
      memory, 0)                                                                                   \
    P(mmap_watch, SERVICE | READER | SANITIZED, SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED,       \
      memory, 0)                                                                                   \
    P(mmap_unbounded, LOADER | SANITIZED, SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE,            \
      MAP_SHARED | MAP_ANONYMOUS, -1, 0)                                                           \
    P(mmap_exec, LOADER | SANITIZED, SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,                  \
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)                                                          \
    P(mprotect_exec, SANITIZED, SYS_mprotect, NULL, 4096, PROT_EXEC)                               \
    P(memfd_create, S, SYS_memfd_create, "probe", 0)                                               \
    P(get_seals, SERVICE | READER | SANITIZED, SYS_fcntl, memory, F_GET_SEALS, 0)                  \
    P(set_flags, S | SANITIZED, SYS_fcntl, bell, F_SETFL, O_NONBLOCK)                              \
    P(set_async, SANITIZED, SYS_fcntl, memory, F_SETFL, O_ASYNC)                                   \
    P(set_owner, SANITIZED, SYS_fcntl, bell, F_SETOWN, 1)                                          \
    P(set_signal, SANITIZED, SYS_fcntl, bell, F_SETSIG, SIGKILL)                                   \
    P(set_lease, SANITIZED, SYS_fcntl, memory, F_SETLEASE, F_RDLCK)                                \
    P(dup, 0, SYS_dup, bell)                                                                       \
    /* what everybody lives on */                                                                  \
    P(recvmmsg, S | F, SYS_recvmmsg, closed, NULL, 0, 0, NULL)                                     \
    P(sendmmsg, S | F, SYS_sendmmsg, closed, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL)                 \
    P(sendmmsg_connects, 0, SYS_sendmmsg, closed, NULL, 0, MSG_FASTOPEN)                           \
    P(recvmsg, ALL, SYS_recvmsg, pair[0], NULL, MSG_DONTWAIT)                                      \
    P(sendmsg, ALL, SYS_sendmsg, pair[0], NULL, MSG_DONTWAIT)                                      \
    P(recvfrom, SERVICE | E, SYS_recvfrom, pair[0], byte, 1, MSG_DONTWAIT, NULL, NULL)             \
    P(sendmsg_connects, 0, SYS_sendmsg, pair[0], NULL, MSG_DONTWAIT | MSG_FASTOPEN)                \
    P(sendto, SERVICE, SYS_sendto, pair[0], byte, 1, MSG_DONTWAIT, NULL, 0)                        \
    P(sendto_connects, 0, SYS_sendto, pair[0], byte, 1, MSG_FASTOPEN, NULL, 0)                     \
    P(sendto_address, 0, SYS_sendto, pair[0], byte, 1, MSG_DONTWAIT, byte, 16)                     \
    P(sendto_oob, 0, SYS_sendto, pair[0], byte, 1, MSG_OOB, NULL, 0)                               \
    P(read, S | T | DF | SANITIZED, SYS_read, bell, byte, 8)                                       \
    P(write, ALL, SYS_write, bell, byte, 8)                                                        \
    P(epoll_pwait, SERVICE, SYS_epoll_pwait, epoll, byte, 1, 0, NULL, 8)                           \
    P(epoll_ctl, SERVICE, SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, bell, NULL)                         \
    P(setitimer, S, SYS_setitimer, ITIMER_REAL, NULL, NULL)                                        \
    P(setitimer_cpu, 0, SYS_setitimer, ITIMER_VIRTUAL, NULL, NULL)                                 \
    P(getrusage, SERVICE | SANITIZED, SYS_getrusage, RUSAGE_SELF, byte)                            \
    P(getrusage_children, SANITIZED, SYS_getrusage, RUSAGE_CHILDREN, byte)                         \
    P(getrandom, SERVICE, SYS_getrandom, byte, 8, 0)                                               \
    P(clock_gettime, ALL, SYS_clock_gettime, CLOCK_MONOTONIC, byte)                                \
    P(close, ALL, SYS_close, closed)

static const char *const roles[] = {
    "supervisor", "front",         "worker",        "ctl",           "top",
    "exporter",   "exporter_dial", "exporter_file", "exporter_unix", "exporter_tcp"};
#define ROLES (sizeof roles / sizeof roles[0])

#define PROBE(name, may, ...)                                                                      \
    static int try_##name(void)                                                                    \
    {                                                                                              \
        return syscall(__VA_ARGS__) < 0 ? errno : 0;                                               \
    }
PROBES(PROBE)
#undef PROBE

static const struct probe {
    const char *name;
    int (*run)(void); /* @return 0, or errno */
    int may;
} probes[] = {
#define PROBE(name, may, ...) {#name, try_##name, may},
    PROBES(PROBE)
#undef PROBE
};
#define PROBES_COUNT (sizeof probes / sizeof probes[0])

static void
prepare(void)
{
    bell = eventfd(0, EFD_NONBLOCK);
    memory = memfd_create("probe", MFD_ALLOW_SEALING);
    epoll = epoll_create1(0);
    if (bell < 0 || memory < 0 || epoll < 0 || ftruncate(memory, 4096) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0) {
        perror("sandbox_probe");
        exit(2);
    }
}

static _Noreturn void
probe(unsigned role, const struct probe *p)
{
    if (sandbox_enter((enum sandbox_role)role) != STATUS_OK)
        _exit(2);
    int error = p->run();
    _exit((p->may & REFUSED) != 0 && error != ENOSYS ? 1 : 0);
}

/* @return whether it ended as the table says */
static bool
is_as_told(unsigned role, const struct probe *p)
{
    bool may = (p->may & 1 << role) != 0;
    int ended;
    pid_t pid = fork();
    if (pid == 0)
        probe(role, p);
    if (pid < 0 || waitpid(pid, &ended, 0) != pid) {
        perror("sandbox_probe");
        exit(2);
    }
    bool killed = WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSYS;
    bool survived = WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
    bool right = may ? survived : killed;
    if (!right)
        printf("%s %s: should be %s, but wait status is %#x\n", roles[role], p->name,
               !may                      ? "killed by SIGSYS"
               : (p->may & REFUSED) != 0 ? "refused with ENOSYS"
                                         : "permitted",
               (unsigned)ended);
    return right;
}

static int
probe_all(void)
{
    unsigned right = 0, wrong = 0, kills = 0;
    for (unsigned role = 0; role < ROLES; role++) {
        for (unsigned i = 0; i < PROBES_COUNT; i++) {
            if (is_as_told(role, &probes[i]))
                right++;
            else
                wrong++;
            kills += (probes[i].may & 1 << role) == 0;
        }
    }
    printf("%u calls tried under %zu filters, %u expected to kill, %u wrong\n", right + wrong,
           ROLES, kills, wrong);
    return wrong == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    prepare();
    if (argc == 1)
        return probe_all();
    for (unsigned role = 0; argc == 3 && role < ROLES; role++)
        for (unsigned i = 0; i < PROBES_COUNT; i++)
            if (strcmp(argv[1], roles[role]) == 0 && strcmp(argv[2], probes[i].name) == 0)
                probe(role, &probes[i]);
    fprintf(stderr, "usage: sandbox_probe [ROLE CALL]\n");
    return 2;
}
