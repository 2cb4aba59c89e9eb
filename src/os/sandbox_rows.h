/* sandbox_rows.h - the form of a row in seccomp/<role>.def, as values
 * SPDX-License-Identifier: ISC
 *
 * What: the macros that rows are written with, what they become, and the tables of them.
 * Who:  what makes programs of them (sandbox_make.c), what prints them, and the tests that compare them. No
 *       process of the service holds any.
 * Ref:  docs/SANDBOX.md.
 */
#pragma once

#include "os/privs.h"
#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Rows have the kernel's names; musl makes macros of these. */
#undef pread64
#undef pwrite64

/* musl has it as a macro for prlimit(), and a row is of the system call */
#undef prlimit64

#define SANDBOX_ARGS_MAX    3
#define SANDBOX_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Flags of the calls that send, with none of which a socket connects itself (MSG_FASTOPEN does). */
#define SANDBOX_SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)

/* Flags of openat(2) with which nothing is made, written or cut. */
#define SANDBOX_READ_FLAGS                                                                         \
    (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_DIRECTORY | O_NOFOLLOW | O_LARGEFILE)

/* Flags of openat(2) with which one file is made or added to (exporter/exporter_target.c, os/append.c). */
#define SANDBOX_APPEND_FLAGS                                                                       \
    (O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* Flags of mmap(2) that tell shared from private memory, and whether there is a descriptor. */
#define SANDBOX_MAP_KIND (MAP_TYPE | MAP_ANONYMOUS)

/* How a child is made: a fork with a descriptor that stands for it (supervisor/spawn.c). */
#define SANDBOX_FORK (CLONE_PIDFD | SIGCHLD)

#define SANDBOX_LOCK 1 /* MLOCK_ONFAULT, which musl has no name for (os/locked.c) */

struct sandbox_row {
    const char *name; /* of the call */
    int call;         /* its number; negative: this architecture does not have it */
    int refuse;       /* errno that the call fails with; 0: it is allowed */
    const char *rule; /* `args` in words, by the names that the row uses; "" for none */
    unsigned args_count;
    struct scmp_arg_cmp args[SANDBOX_ARGS_MAX]; /* all must hold */
    const char *reason;
};

struct sandbox_table {
    const char *name;               /* of the role; static */
    const struct sandbox_row *rows; /* static */
    size_t count;
};

/** @return static: the rows of a role, which sandbox_filter() has as a program */
const struct sandbox_table *sandbox_rows_of(enum sandbox_role role);

/* What every form below becomes: arguments' rules in words, and as values. */
#define SANDBOX_ROW(call_, rule_, count_, reason_, ...)                                            \
    {.name = #call_,                                                                               \
     .call = SCMP_SYS(call_),                                                                      \
     .rule = rule_,                                                                                \
     .args_count = count_,                                                                         \
     .args = {__VA_ARGS__},                                                                        \
     .reason = reason_},

/* Allowed whatever the arguments. */
#define ALLOW(call_, reason_)                                                                      \
    {.name = #call_, .call = SCMP_SYS(call_), .rule = "", .reason = reason_},

/* Allowed if argument `arg_` (from 0) is `value_`. A call may have several rows: one must match. */
#define ALLOW_ARG(call_, arg_, value_, reason_)                                                    \
    SANDBOX_ROW(call_, "arg" #arg_ " = " #value_, 1, reason_, SANDBOX_EQ(arg_, value_))

/* Allowed if both arguments have these values. */
#define ALLOW_ARGS(call_, arg_, value_, other_, other_value_, reason_)                             \
    SANDBOX_ROW(call_, "arg" #arg_ " = " #value_ ", arg" #other_ " = " #other_value_, 2, reason_,  \
                SANDBOX_EQ(arg_, value_), SANDBOX_EQ(other_, other_value_))

/* Allowed if, of argument `arg_`, the bits in `mask_` are those of `value_`. */
#define ALLOW_MASK(call_, arg_, mask_, value_, reason_)                                            \
    SANDBOX_ROW(call_, "arg" #arg_ " & (" #mask_ ") = " #value_, 1, reason_,                       \
                SANDBOX_BITS(arg_, mask_, value_))

/* Allowed if, of both arguments, these bits are those of the values. */
#define ALLOW_MASKS(call_, arg_, mask_, value_, other_, other_mask_, other_value_, reason_)        \
    SANDBOX_ROW(call_,                                                                             \
                "arg" #arg_ " & (" #mask_ ") = " #value_ ", arg" #other_ " & (" #other_mask_       \
                ") = " #other_value_,                                                              \
                2, reason_, SANDBOX_BITS(arg_, mask_, value_),                                     \
                SANDBOX_BITS(other_, other_mask_, other_value_))

/* Allowed if argument `arg_` has no other bits than those of `flags_`. */
#define ALLOW_FLAGS(call_, arg_, flags_, reason_)                                                  \
    SANDBOX_ROW(call_, "arg" #arg_ " has no bits but " #flags_, 1, reason_,                        \
                SANDBOX_BITS(arg_, ~(flags_), 0))

/* Allowed if argument `arg_` is `value_` and `other_` has no other bits than those of `flags_`. */
#define ALLOW_FLAGS_ARG(call_, arg_, value_, other_, flags_, reason_)                              \
    SANDBOX_ROW(call_, "arg" #arg_ " = " #value_ ", arg" #other_ " has no bits but " #flags_, 2,   \
                reason_, SANDBOX_EQ(arg_, value_), SANDBOX_BITS(other_, ~(flags_), 0))

/* Flags of `arg_` as in ALLOW_FLAGS, and argument `null_` is NULL: no address is named. */
#define ALLOW_FLAGS_NULL(call_, arg_, flags_, null_, reason_)                                      \
    SANDBOX_ROW(call_, "arg" #arg_ " has no bits but " #flags_ ", arg" #null_ " = NULL", 2,        \
                reason_, SANDBOX_BITS(arg_, ~(flags_), 0), SANDBOX_EQ(null_, 0))

/* socket(2) of this family and type, and of the protocol that goes with them by default; the flags
 * SOCK_NONBLOCK and SOCK_CLOEXEC may be set. */
#define ALLOW_SOCKET(family_, type_, reason_)                                                      \
    SANDBOX_ROW(socket, #family_ ", " #type_ ", default protocol", 3, reason_,                     \
                SANDBOX_EQ(0, family_), SANDBOX_BITS(1, ~(SOCK_NONBLOCK | SOCK_CLOEXEC), type_),   \
                SANDBOX_EQ(2, 0))

/* Not allowed, but a question that deserves an answer: it fails with `errno_`. */
#define REFUSE(call_, errno_, reason_)                                                             \
    {.name = #call_,                                                                               \
     .call = SCMP_SYS(call_),                                                                      \
     .refuse = errno_,                                                                             \
     .rule = "fails with " #errno_,                                                                \
     .reason = reason_},

/* Rows of one kind of build. */
#ifdef PENSTOCK_SANITIZED
#define ALLOW_SANITIZED(call_, reason_) ALLOW(call_, reason_)
#else
#define ALLOW_SANITIZED(call_, reason_)
#endif
#ifdef PENSTOCK_STATIC
#define ALLOW_SHARED(call_, reason_)
#define ALLOW_ARG_STATIC ALLOW_ARG
#else
#define ALLOW_SHARED(call_, reason_) ALLOW(call_, reason_)
#define ALLOW_ARG_STATIC(call_, arg_, value_, reason_)
#endif

/* The casts keep a negative constant from being widened into one that no 32-bit argument equals. */
#define SANDBOX_EQ(arg_, value_)                                                                   \
    {                                                                                              \
        .arg = arg_, .op = SCMP_CMP_EQ, .datum_a = (uint32_t)(value_)                              \
    }
#define SANDBOX_BITS(arg_, mask_, value_)                                                          \
    {                                                                                              \
        .arg = arg_, .op = SCMP_CMP_MASKED_EQ, .datum_a = (uint32_t)(mask_),                       \
        .datum_b = (uint32_t)(value_)                                                              \
    }
