/* exporter_listen.c - the sockets that the exporter serves at
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_listen.h"

#include "os/calls.h"
#include "os/log.h"
#include "os/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_FD 3 /* where systemd puts the first socket */
#define DECIMAL  10

/* A decimal number from the environment, or -1. */
static long
number_of(const char *name)
{
    const char *text = getenv(name);
    char *end = NULL;
    errno = 0;
    long number = text != NULL ? strtol(text, &end, DECIMAL) : -1;
    return text == NULL || errno != 0 || end == text || *end != '\0' ? -1 : number;
}

static bool
is_loopback(const struct addr *addr)
{
    static const struct addr six = {.family = ADDR_IPV6, .bytes = {[15] = 1}};
    struct addr masked = *addr;
    masked.port = 0;
    masked.scope = 0;
    return addr->family == ADDR_IPV4 ? addr->bytes[0] == 127 : addr_is_equal(&masked, &six);
}

static enum status __attribute__((format(printf, 2, 3)))
fail(struct exporter_listen *listen, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(listen->error, sizeof listen->error, format, args);
    va_end(args);
    return STATUS_INVALID;
}

static void
add(struct exporter_listen *listen, int fd, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];
    listen->fds[listen->count++] = fd;
    listen->is_loopback = listen->is_loopback && is_loopback(addr);
    log_write(LOG_NOTICE, LOG_LISTENING, "serving at http://%s/", addr_format(addr, text));
}

static enum status
adopt(struct exporter_listen *listen, int fd)
{
    struct addr addr;
    int type = 0, flags = fcntl(fd, F_GETFL);
    if (sock_bound(fd, &addr, &type) != STATUS_OK || type != SOCK_STREAM)
        return fail(listen, "a socket that was handed in is not a TCP socket");
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return fail(listen, "a socket that was handed in: %s", strerror(errno));
    add(listen, fd, &addr);
    return STATUS_OK;
}

enum status
exporter_listen_open(struct exporter_listen *listen, const struct addr addrs[], unsigned count)
{
    long handed_in = number_of("LISTEN_PID") == (long)getpid() ? number_of("LISTEN_FDS") : 0;
    *listen = (struct exporter_listen){.is_loopback = true};
    if (handed_in > HTTP_SERVE_LISTENERS)
        return fail(listen, "%ld sockets were handed in, and %d can be served", handed_in,
                    HTTP_SERVE_LISTENERS);
    unsigned given = handed_in > 0 ? (unsigned)handed_in : 0;
    if (calls_close_range(FIRST_FD + given, ~0U) != 0)
        return fail(listen, "descriptors cannot be closed: %s", strerror(errno));
    for (unsigned i = 0; i < given; i++)
        if (adopt(listen, FIRST_FD + (int)i) != STATUS_OK)
            return STATUS_INVALID;
    for (unsigned i = 0; i < count && given == 0; i++) {
        char text[ADDR_TEXT_MAX];
        bool is_absent;
        int fd;
        if (sock_listen(&addrs[i], SOCK_STREAM, SOCK_ALONE, &fd, &is_absent) != STATUS_OK)
            return fail(listen, "%s cannot be served: %s", addr_format(&addrs[i], text),
                        strerror(errno));
        add(listen, fd, &addrs[i]);
    }
    return STATUS_OK;
}
