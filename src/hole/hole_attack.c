/* hole_attack.c - see hole_attack.h
 * SPDX-License-Identifier: ISC
 */
#include "hole/hole_attack.h"

#include "hole/hole_calls.h"
#include "hole/hole_link.h"
#include "hole/hole_memory.h"
#include "hole/hole_messages.h"
#include "os/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/mempolicy.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* where a call is told to write, or finds zeros */
static char scratch[256];

#define NO_FD HOLE_ATTACK_NO_FD
#define CALL(name_, group_, expected_, reason_, what_, ...)                                        \
    static long try_##name_(struct hole_process *self)                                             \
    {                                                                                              \
        (void)self;                                                                                \
        return syscall(__VA_ARGS__);                                                               \
    }
#define DO(name_, group_, expected_, reason_, what_, function_)                                    \
    static long try_##name_(struct hole_process *self)                                             \
    {                                                                                              \
        return function_(self);                                                                    \
    }
#include "hole/attacks.def"
#undef CALL
#undef DO

#define CALL(name_, ...) try_##name_,
#define DO(name_, ...)   try_##name_,
static long (*const attacks[])(struct hole_process *) = {
#include "hole/attacks.def"
};

long
hole_attack_try(struct hole_process *self, unsigned number)
{
    errno = ENOSYS;
    return number < sizeof attacks / sizeof attacks[0] ? attacks[number](self) : -1;
}
