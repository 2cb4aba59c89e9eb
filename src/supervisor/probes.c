/* probes.c - see probes.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/probes.h"

#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SNA = 1 << SANDBOX_SUPERVISOR_SPACES_AUDIT,
    SA = 1 << SANDBOX_SUPERVISOR_AUDIT | SNA,
    SN = 1 << SANDBOX_SUPERVISOR_SPACES | SNA,
    S = 1 << SANDBOX_SUPERVISOR | SA | SN,
    F = 1 << SANDBOX_FRONT,
    W = 1 << SANDBOX_WORKER,
    C = 1 << SANDBOX_CTL,
    T = 1 << SANDBOX_TOP,
    V = 1 << SANDBOX_VERIFY,
    E = 1 << SANDBOX_EXPORTER,
    DF = 1 << SANDBOX_EXPORTER_FILE,
    DU = 1 << SANDBOX_EXPORTER_UNIX,
    DT = 1 << SANDBOX_EXPORTER_TCP,
    D = 1 << SANDBOX_EXPORTER_DIAL | DF | DU | DT,
    SERVICE = S | F | W,                /* its three */
    READER = C | T | E,                 /* who maps pages for reading alone */
    ASKING = S | F | W | C | T | E | D, /* who has a socket, and a clock */
    ALL = ASKING | V,
    REFUSED = PROBES_REFUSED,
    ALONE = PROBES_ALONE
};

#ifdef PENSTOCK_SANITIZED
enum { SANITIZED = ALL }; /* rows of the sanitizer's run-time library permit it in this build */
#else
enum { SANITIZED = 0 };
#endif

#ifdef PENSTOCK_STATIC
enum { LOADER = 0, VIEW = SN };
#else
enum { LOADER = S, VIEW = 0 }; /* a child's loader works under the supervisor's filter */
#endif

#define APPEND (O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

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
    P(connect, S | T | D, SYS_connect, with->closed, NULL, 0)                                      \
    P(bind, S, SYS_bind, with->closed, NULL, 0)                                                    \
    P(listen, 0, SYS_listen, with->closed, 1)                                                      \
    P(accept4, S | F | E, SYS_accept4, with->closed, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)     \
    P(accept4_inherited, 0, SYS_accept4, with->closed, NULL, NULL, SOCK_NONBLOCK)                  \
    P(set_nodelay, S, SYS_setsockopt, with->closed, IPPROTO_TCP, TCP_NODELAY, with->octets, 4)     \
    P(set_send_timeout, T | D, SYS_setsockopt, with->closed, SOL_SOCKET, SO_SNDTIMEO,              \
      with->octets, 16)                                                                            \
    P(shutdown_writing, E, SYS_shutdown, with->closed, SHUT_WR)                                    \
    P(shutdown_all, 0, SYS_shutdown, with->closed, SHUT_RDWR)                                      \
    P(set_mark, 0, SYS_setsockopt, with->closed, SOL_SOCKET, SO_MARK, with->octets, 4)             \
    P(get_error, S, SYS_getsockopt, with->closed, SOL_SOCKET, SO_ERROR, with->octets, NULL)        \
    P(get_peercred, S, SYS_getsockopt, with->closed, SOL_SOCKET, SO_PEERCRED, with->octets, NULL)  \
    P(get_peergroups, S, SYS_getsockopt, with->closed, SOL_SOCKET, SO_PEERGROUPS, with->octets,    \
      NULL)                                                                                        \
    P(get_peersec, SANITIZED &S, SYS_getsockopt, with->closed, SOL_SOCKET, SO_PEERSEC,             \
      with->octets, NULL)                                                                          \
    /* files */                                                                                    \
    P(openat, S | SANITIZED, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY)                        \
    P(openat_write, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY)                        \
    P(openat_append, DF | SA | SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", APPEND, 0640)         \
    P(openat_append_cut, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", APPEND | O_TRUNC, 0640)     \
    P(openat_both, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_RDWR)                           \
    P(openat_create, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_CREAT, 0600)       \
    P(openat_cut, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_TRUNC)                \
    P(openat_tmpfile, SANITIZED, SYS_openat, AT_FDCWD, "/nothing", O_RDWR | O_TMPFILE, 0600)       \
    P(openat_path, SANITIZED, SYS_openat, AT_FDCWD, "/dev/null", O_PATH)                           \
    P(flock, SA, SYS_flock, with->closed, LOCK_EX | LOCK_NB)                                       \
    P(flock_waits, 0, SYS_flock, with->closed, LOCK_EX)                                            \
    P(fdatasync, SA, SYS_fdatasync, with->closed)                                                  \
    P(fsync, 0, SYS_fsync, with->closed)                                                           \
    P(openat2, 0, SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0)                                   \
    P(unlinkat, 0, SYS_unlinkat, with->closed, "nothing", 0)                                       \
    P(renameat2, 0, SYS_renameat2, with->closed, "nothing", with->closed, "nothing", 0)            \
    P(mkdirat, 0, SYS_mkdirat, with->closed, "nothing", 0)                                         \
    P(fchmodat, 0, SYS_fchmodat, with->closed, "nothing", 0)                                       \
    P(mount, 0, SYS_mount, NULL, NULL, NULL, 0, NULL)                                              \
    P(chroot, 0, SYS_chroot, "/nothing")                                                           \
    P(ioctl, SANITIZED, SYS_ioctl, with->closed, FIONREAD, NULL)                                   \
    P(terminal_size, T | SANITIZED, SYS_ioctl, with->closed, TIOCGWINSZ, NULL)                     \
    P(terminal_set, T | SANITIZED, SYS_ioctl, with->closed, TCSETSW, NULL)                         \
    P(terminal_type, SANITIZED, SYS_ioctl, with->closed, TIOCSTI, with->octets)                    \
    P(terminal_own, SANITIZED, SYS_ioctl, with->closed, TIOCSCTTY, NULL)                           \
    P(io_uring_setup, 0, SYS_io_uring_setup, 1, NULL)                                              \
    /* processes */                                                                                \
    P(execve, 0, SYS_execve, "/nothing", NULL, NULL)                                               \
    P(execveat, S, SYS_execveat, with->closed, "", NULL, NULL, AT_EMPTY_PATH)                      \
    P(execveat_path, 0, SYS_execveat, AT_FDCWD, "/nothing", NULL, NULL, 0)                         \
    P(clone_namespace, 0, SYS_clone, CLONE_NEWUSER | CLONE_THREAD, NULL, NULL, NULL, 0)            \
    P(clone_thread, 0, SYS_clone, CLONE_VM | CLONE_THREAD, NULL, NULL, NULL, 0)                    \
    P(clone_plain, 0, SYS_clone, SIGCHLD, NULL, NULL, NULL, 0)                                     \
    P(vfork, ALONE, SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0)              \
    P(clone3, S | REFUSED, SYS_clone3, NULL, 0)                                                    \
    P(unshare, 0, SYS_unshare, 0)                                                                  \
    P(setns, 0, SYS_setns, with->closed, 0)                                                        \
    P(setns_user, SN, SYS_setns, with->closed, CLONE_NEWUSER)                                      \
    P(setns_net, SN, SYS_setns, with->closed, CLONE_NEWNET)                                        \
    P(setns_ipc, SN, SYS_setns, with->closed, CLONE_NEWIPC)                                        \
    P(setns_uts, SN, SYS_setns, with->closed, CLONE_NEWUTS)                                        \
    P(setns_mount, VIEW, SYS_setns, with->closed, CLONE_NEWNS)                                     \
    P(setns_pid, 0, SYS_setns, with->closed, CLONE_NEWPID)                                         \
    P(setns_several, 0, SYS_setns, with->closed, CLONE_NEWUSER | CLONE_NEWNS)                      \
    P(unshare_user, 0, SYS_unshare, CLONE_NEWUSER)                                                 \
    P(umount, 0, SYS_umount2, "/nothing", 0)                                                       \
    P(pivot_root, 0, SYS_pivot_root, "/nothing", "/nothing")                                       \
    P(ptrace, 0, SYS_ptrace, PTRACE_PEEKDATA, 1, NULL, NULL)                                       \
    P(process_vm_readv, 0, SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0)                           \
    P(pidfd_getfd, 0, SYS_pidfd_getfd, with->closed, 0, 0)                                         \
    P(kill, 0, SYS_kill, 0x7fffffff, SIGKILL)                                                      \
    P(kill_term, 0, SYS_kill, 0x7fffffff, SIGTERM)                                                 \
    P(kill_stop, 0, SYS_kill, 0x7fffffff, SIGSTOP)                                                 \
    P(kill_group, 0, SYS_kill, 0, 0)                                                               \
    P(pidfd_kill, S, SYS_pidfd_send_signal, with->closed, SIGKILL, NULL, 0)                        \
    P(pidfd_term, 0, SYS_pidfd_send_signal, with->closed, SIGTERM, NULL, 0)                        \
    P(pidfd_info, 0, SYS_pidfd_send_signal, with->closed, SIGKILL, with->octets, 0)                \
    P(pidfd_open, 0, SYS_pidfd_open, 0x7fffffff, 0)                                                \
    P(sigqueue, 0, SYS_rt_sigqueueinfo, 0x7fffffff, SIGKILL, with->octets)                         \
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
    P(capset, SN, SYS_capset, NULL, NULL)                                                          \
    P(prctl_dumpable, S | SANITIZED, SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0)                       \
    P(bounding_drop, SN | SANITIZED, SYS_prctl, PR_CAPBSET_DROP, 9999, 0, 0, 0)                    \
    P(securebits_unlock, SANITIZED, SYS_prctl, PR_SET_SECUREBITS, 0, 0, 0, 0)                      \
    P(prctl_ptracer, SANITIZED, SYS_prctl, PR_SET_PTRACER, 0, 0, 0, 0)                             \
    P(seccomp, S, SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL)                                  \
    P(landlock_rules, S, SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)    \
    P(landlock_flag, 0, SYS_landlock_create_ruleset, NULL, 0, 0x100)                               \
    P(landlock_add, 0, SYS_landlock_add_rule, with->closed, 0, NULL, 0)                            \
    P(landlock_enter, S, SYS_landlock_restrict_self, with->closed, 0)                              \
    P(landlock_enter_flag, 0, SYS_landlock_restrict_self, with->closed, 1)                         \
    P(prlimit, S, SYS_prlimit64, 0, RLIMIT_CORE, NULL, with->octets)                               \
    P(prlimit_other, 0, SYS_prlimit64, 0x7fffffff, RLIMIT_CORE, NULL, with->octets)                \
    /* memory */                                                                                   \
    P(mmap, ALL, SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)              \
    P(mmap_shared, SERVICE | SANITIZED, SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,  \
      with->memory, 0)                                                                             \
    P(mmap_watch, SERVICE | READER | SANITIZED, SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED,       \
      with->memory, 0)                                                                             \
    P(mmap_unbounded, LOADER | SANITIZED, SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE,            \
      MAP_SHARED | MAP_ANONYMOUS, -1, 0)                                                           \
    P(mmap_exec, LOADER | SANITIZED, SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,                  \
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)                                                          \
    P(mprotect_exec, SANITIZED, SYS_mprotect, NULL, 4096, PROT_EXEC)                               \
    P(mlock, S | F, SYS_mlock2, NULL, 0, 1)                                                        \
    P(mlock_at_once, 0, SYS_mlock2, NULL, 0, 0)                                                    \
    P(mlockall, 0, SYS_mlockall, MCL_FUTURE)                                                       \
    P(munlockall, 0, SYS_munlockall)                                                               \
    P(memfd_create, S, SYS_memfd_create, "probe", 0)                                               \
    P(get_seals, SERVICE | READER | SANITIZED, SYS_fcntl, with->memory, F_GET_SEALS, 0)            \
    P(set_flags, S | SANITIZED, SYS_fcntl, with->bell, F_SETFL, O_NONBLOCK)                        \
    P(set_async, SANITIZED, SYS_fcntl, with->memory, F_SETFL, O_ASYNC)                             \
    P(set_owner, SANITIZED, SYS_fcntl, with->bell, F_SETOWN, 1)                                    \
    P(set_signal, SANITIZED, SYS_fcntl, with->bell, F_SETSIG, SIGKILL)                             \
    P(set_lease, SANITIZED, SYS_fcntl, with->memory, F_SETLEASE, F_RDLCK)                          \
    P(dup, 0, SYS_dup, with->bell)                                                                 \
    /* what everybody lives on */                                                                  \
    P(recvmmsg, S | F, SYS_recvmmsg, with->closed, NULL, 0, 0, NULL)                               \
    P(sendmmsg, S | F, SYS_sendmmsg, with->closed, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL)           \
    P(sendmmsg_connects, 0, SYS_sendmmsg, with->closed, NULL, 0, MSG_FASTOPEN)                     \
    P(recvmsg, ASKING, SYS_recvmsg, with->pair[0], NULL, MSG_DONTWAIT)                             \
    P(sendmsg, ASKING, SYS_sendmsg, with->pair[0], NULL, MSG_DONTWAIT)                             \
    P(recvfrom, SERVICE | E, SYS_recvfrom, with->pair[0], with->octets, 1, MSG_DONTWAIT, NULL,     \
      NULL)                                                                                        \
    P(sendmsg_connects, 0, SYS_sendmsg, with->pair[0], NULL, MSG_DONTWAIT | MSG_FASTOPEN)          \
    P(sendto, SERVICE, SYS_sendto, with->pair[0], with->octets, 1, MSG_DONTWAIT, NULL, 0)          \
    P(sendto_connects, 0, SYS_sendto, with->pair[0], with->octets, 1, MSG_FASTOPEN, NULL, 0)       \
    P(sendto_address, 0, SYS_sendto, with->pair[0], with->octets, 1, MSG_DONTWAIT, with->octets,   \
      16)                                                                                          \
    P(sendto_oob, 0, SYS_sendto, with->pair[0], with->octets, 1, MSG_OOB, NULL, 0)                 \
    P(read, S | T | V | DF | SANITIZED, SYS_read, with->bell, with->octets, 8)                     \
    P(write, ASKING, SYS_write, with->bell, with->octets, 8)                                       \
    P(epoll_pwait, SERVICE, SYS_epoll_pwait, with->epoll, with->octets, 1, 0, NULL, 8)             \
    P(epoll_ctl, SERVICE, SYS_epoll_ctl, with->epoll, EPOLL_CTL_DEL, with->bell, NULL)             \
    P(setitimer, S, SYS_setitimer, ITIMER_REAL, NULL, NULL)                                        \
    P(setitimer_cpu, 0, SYS_setitimer, ITIMER_VIRTUAL, NULL, NULL)                                 \
    P(getrusage, SERVICE | SANITIZED, SYS_getrusage, RUSAGE_SELF, with->octets)                    \
    P(getrusage_children, SANITIZED, SYS_getrusage, RUSAGE_CHILDREN, with->octets)                 \
    P(getrandom, SERVICE, SYS_getrandom, with->octets, 8, 0)                                       \
    P(clock_gettime, ASKING, SYS_clock_gettime, CLOCK_MONOTONIC, with->octets)                     \
    P(close, ALL, SYS_close, with->closed)                                                         \
    /* another ABI of the same processor: x32 marks its numbers with this bit */                   \
    P(x32, 0, SYS_getpid | 0x40000000)

#define PROBE(name, may, ...)                                                                      \
    static int try_##name(struct probes_scene *with)                                               \
    {                                                                                              \
        (void)with;                                                                                \
        return syscall(__VA_ARGS__) < 0 ? errno : 0;                                               \
    }
PROBES(PROBE)
#undef PROBE

/* The gate of 32-bit programs, which a 64-bit one can use as well: where the kernel has three ABIs. Other processors have no such. */
#ifdef __X32_SYSCALL_BIT
#define OTHER_GATE
static int
try_int80(struct probes_scene *with)
{
    long result = 20; /* getpid() of that ABI */
    (void)with;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? (int)-result : 0;
}
#endif

static const struct probe probes[] = {
#define PROBE(name, may, ...) {#name, try_##name, may},
    PROBES(PROBE)
#undef PROBE
#ifdef OTHER_GATE
        {"int80", try_int80, 0},
#endif
};

const struct probe *
probes_all(size_t *count)
{
    *count = sizeof probes / sizeof probes[0];
    return probes;
}

bool
probes_have_gate(void)
{
#ifdef OTHER_GATE
    return true;
#else
    return false;
#endif
}

enum status
probes_open(struct probes_scene *with)
{
    with->closed = 1000000;
    with->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    with->memory = memfd_create("probe", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    with->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (with->bell < 0 || with->memory < 0 || with->epoll < 0 || ftruncate(with->memory, 4096) != 0)
        return STATUS_SYSTEM;
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, with->pair) == 0 ? STATUS_OK
                                                                                  : STATUS_SYSTEM;
}
