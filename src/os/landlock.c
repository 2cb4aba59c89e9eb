/* landlock.c - three system calls that the C library has no names for */
#include "os/landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ABI_WITH_TCP       4 /* Linux 6.7, younger than the headers of some distributions */
#define ACCESS_CONNECT_TCP (UINT64_C(1) << 1)
#define RULE_NET_PORT      2

struct ruleset { /* struct landlock_ruleset_attr as of ABI 4 */
    uint64_t access_fs, access_net;
};

struct port_rule { /* struct landlock_net_port_attr */
    uint64_t access, port;
};

static bool
can_restrict_tcp(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >=
           ABI_WITH_TCP;
}

enum status
landlock_connect_only(const uint16_t *ports, size_t count)
{
    struct ruleset ruleset = {.access_net = ACCESS_CONNECT_TCP};
    if (!can_restrict_tcp())
        return STATUS_NONE;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
    if (fd < 0)
        return STATUS_SYSTEM;
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        struct port_rule rule = {.access = ACCESS_CONNECT_TCP, .port = ports[i]};
        done = syscall(SYS_landlock_add_rule, fd, RULE_NET_PORT, &rule, 0) == 0;
    }
    done = done && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return done ? STATUS_OK : STATUS_SYSTEM;
}
