/* inherited.c - what the service manager hands in: listening sockets, and where to say READY
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/inherited.h"

#include "os/calls.h"
#include "os/os.h"
#include "os/sock.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* A decimal number from the environment, or -1. */
static long
number_of(const char *name)
{
    const char *text = getenv(name);
    char *end = NULL;
    errno = 0;
    long number = text != NULL ? strtol(text, &end, 10) : -1;
    return text == NULL || errno != 0 || end == text || *end != '\0' ? -1 : number;
}

static unsigned
handed_in(void)
{
    long count = number_of("LISTEN_FDS");
    if (number_of("LISTEN_PID") != (long)getpid() || count < 0)
        return 0;
    return count > 65535 ? 65535 : (unsigned)count;
}

/* Put /dev/null where a child's channel goes, so that no descriptor of ours is ever in its way. */
static enum status
open_null(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0 || fd == INHERITED_NULL_FD)
        return fd < 0 ? STATUS_SYSTEM : STATUS_OK;
    int placed = dup3(fd, INHERITED_NULL_FD, O_CLOEXEC);
    close(fd);
    return placed < 0 ? STATUS_SYSTEM : STATUS_OK;
}

static void
name_all(struct inherited *inherited, unsigned count)
{
    const char *at = getenv("LISTEN_FDNAMES");
    memset(inherited->names, 0, sizeof inherited->names);
    for (unsigned i = 0; i < count && at != NULL; i++) {
        size_t length = strcspn(at, ":");
        if (length < INHERITED_NAME_MAX)
            memcpy(inherited->names[i], at, length);
        at = at[length] == ':' ? at + length + 1 : NULL;
    }
}

/* Eight hexadecimal digits, lane, kind, address with its port (fdstore.c): no unit's name ends like
 * that. */
static bool
is_of_socket(const char *rest)
{
    static const char digits[] = "0123456789abcdef";
    if (strspn(rest, digits) != 8 || rest[8] != '.')
        return false;
    rest += 9;
    size_t lane = strcspn(rest, ".");
    if (lane == 0 || strspn(rest, "0123456789") != lane || rest[lane] != '.')
        return false;
    rest += lane + 1;
    if (strncmp(rest, "udp.", 4) != 0 && strncmp(rest, "tcp.", 4) != 0)
        return false;
    const char *port = strrchr(rest, '_');
    return port != NULL && port[1] != '\0' && port[1 + strspn(port + 1, "0123456789")] == '\0';
}

bool
inherited_is_stored(const struct inherited *inherited, unsigned number)
{
    const char *name = inherited->names[number];
    size_t opening = sizeof INHERITED_STORED - 1;
    return strcmp(name, INHERITED_SECRET) == 0 ||
           (strncmp(name, INHERITED_STORED, opening) == 0 && is_of_socket(name + opening));
}

enum status
inherited_open(struct inherited *inherited)
{
    unsigned count = handed_in();
    inherited->count = 0;
    if (count > INHERITED_FDS_MAX)
        return STATUS_FULL;
    name_all(inherited, count);
    if (os_open_standard() != STATUS_OK || calls_close_range(INHERITED_FIRST_FD + count, ~0U) != 0)
        return STATUS_SYSTEM;
    for (unsigned i = 0; i < count; i++) {
        int above = INHERITED_FIRST_FD + 1 + (int)count;
        int fd = fcntl(INHERITED_FIRST_FD + (int)i, F_DUPFD_CLOEXEC, above);
        if (fd < 0)
            return STATUS_SYSTEM;
        inherited->fds[inherited->count++] = fd;
    }
    if (open_null() != STATUS_OK)
        return STATUS_SYSTEM;
    return count < 2 ||
                   calls_close_range(INHERITED_FIRST_FD + 1, INHERITED_FIRST_FD + count - 1) == 0
               ? STATUS_OK
               : STATUS_SYSTEM;
}

/* Where in the list an address stands; a new one is added. @return its index; -1: list is full */
static int
find_listen(struct config *config, const struct addr *addr)
{
    uint32_t i = 0;
    while (i < config->listen_count && !addr_is_equal(&config->listen[i], addr))
        i++;
    if (i == config->listen_count) {
        if (i == CONFIG_LISTEN_MAX)
            return -1;
        config->listen[config->listen_count++] = *addr;
    }
    return (int)i;
}

/* The first lane that has no socket yet for an entry gets this one. */
static enum status
place(struct supervisor *sup, int fd, struct config_error *error)
{
    struct addr addr;
    char text[ADDR_TEXT_MAX] = "no IP address";
    const char *problem = "is of no use";
    int type = 0, index = -1;
    bool is_ip = sock_bound(fd, &addr, &type) == STATUS_OK;
    if (is_ip)
        addr_format(&addr, text);
    if (!is_ip || (type != SOCK_DGRAM && type != SOCK_STREAM))
        problem = "is neither UDP nor TCP";
    else if (type == SOCK_STREAM && !sock_is_listening(fd))
        problem = "is a connection; the socket unit needs Accept=no";
    else if (sock_adopt(fd, type) != STATUS_OK)
        problem = "cannot be set up; [::] needs BindIPv6Only=ipv6-only in the socket unit";
    else if ((index = find_listen(&sup->config, &addr)) < 0)
        problem = "is one address too many";
    for (unsigned lane = 0; index >= 0 && lane < CONFIG_LANES_MAX; lane++) {
        int *slot = &sup->lanes[lane].listeners[index][type == SOCK_DGRAM ? 0 : 1];
        if (*slot < 0) {
            *slot = fd;
            return STATUS_OK;
        }
        problem = "is one socket too many for its address";
    }
    snprintf(error->text, sizeof error->text, "the socket that was handed in for %s %s", text,
             problem);
    return STATUS_INVALID;
}

/* How many lanes have a socket here: they are filled from the first on. */
static unsigned
sockets_of(const struct supervisor *sup, unsigned index, unsigned kind)
{
    unsigned count = 0;
    while (count < CONFIG_LANES_MAX && sup->lanes[count].listeners[index][kind] >= 0)
        count++;
    return count;
}

enum status
inherited_adopt(const struct inherited *inherited, struct supervisor *sup,
                struct config_error *error)
{
    unsigned lanes = 0;
    for (unsigned i = 0; i < inherited->count; i++)
        if (!inherited_is_stored(inherited, i) && place(sup, inherited->fds[i], error) != STATUS_OK)
            return STATUS_INVALID;
    for (unsigned i = 0; i < sup->config.listen_count * SUPERVISOR_KINDS; i++) {
        unsigned count = sockets_of(sup, i / SUPERVISOR_KINDS, i % SUPERVISOR_KINDS);
        if (count != 0 && lanes != 0 && count != lanes) {
            snprintf(error->text, sizeof error->text,
                     "every address needs the same number of sockets, one for each lane; there "
                     "are %u and %u",
                     lanes, count);
            return STATUS_INVALID;
        }
        lanes = count != 0 ? count : lanes;
    }
    if (lanes != 0)
        sup->config.lanes = lanes;
    return STATUS_OK;
}

int
inherited_connect_notify(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = path != NULL ? strlen(path) : 0;
    if (length < 2 || length >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return -1;
    memcpy(to.sun_path, path, length);
    if (path[0] == '@') /* the abstract namespace */
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, size) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void
inherited_notify(int notify_fd, const char *state)
{
    if (notify_fd < 0)
        return;
    ssize_t written = sys_write(notify_fd, state, strlen(state));
    (void)written;
}
