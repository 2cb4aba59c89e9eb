/* listen.c - see listen.h
 * SPDX-License-Identifier: ISC
 */
#include "front/listen.h"

#include "front/tcp_accept.h"
#include "gate/packet_filter.h"
#include "os/chan.h"
#include "os/log.h"
#include "os/privs.h"
#include "os/sock.h"
#include "os/sys.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert(CONFIG_PORTS_MAX <= PACKET_FILTER_PORTS_MAX, "all of them fit");

static const char *
kind_text(enum ipc_socket_kind kind)
{
    return kind == IPC_SOCKET_UDP ? "UDP" : "TCP";
}

static int
socket_type(enum ipc_socket_kind kind)
{
    return kind == IPC_SOCKET_UDP ? SOCK_DGRAM : SOCK_STREAM;
}

static const struct ev_source *
source_of(const struct udp *udp, const struct tcp *tcp, uint32_t index, enum ipc_socket_kind kind)
{
    return kind == IPC_SOCKET_UDP ? &udp->listeners[index].source : &tcp->listeners[index].source;
}

/*
 * What can never be a query does not wake us. With several lanes the supervisor locks the socket,
 * after it has attached the program that steers among them.
 */
static enum status
filter(const struct config *config, int fd)
{
    struct sock_filter program[PACKET_FILTER_MAX];
    if (!config->filter_kernel || sock_filter_is_locked(fd)) /* an earlier front did it */
        return STATUS_OK;
    uint16_t ports[PACKET_FILTER_PORTS_MAX];
    /* a balancer's says nothing, and those of its clients are judged by gate/acl.h */
    uint32_t ports_count = config->proxy_count > 0 ? 0 : config->filter_ports_count;
    for (uint32_t i = 0; i < ports_count; i++)
        ports[i] = (uint16_t)config->filter_ports[i];
    size_t count = packet_filter_build(ports, ports_count, program);
    enum status status = sock_filter_attach(fd, program, count);
    if (status == STATUS_OK && config->lanes == 1)
        status = sock_filter_lock(fd);
    return status;
}

static enum status
serve(const struct config *config, struct udp *udp, struct tcp *tcp, uint32_t index,
      enum ipc_socket_kind kind, int fd)
{
    if (kind == IPC_SOCKET_TCP)
        return tcp_accept_listen(tcp, index, fd);
    enum status status = filter(config, fd);
    return status == STATUS_OK ? udp_listen(udp, index, fd) : status;
}

void
listen_take(const struct config *config, struct udp *udp, struct tcp *tcp,
            const struct ipc_message *listener, int fd)
{
    enum ipc_socket_kind kind = listener->kind;
    if (listener->index >= config->listen_count ||
        (kind != IPC_SOCKET_UDP && kind != IPC_SOCKET_TCP) ||
        source_of(udp, tcp, listener->index, kind)->fd >= 0)
        log_fatal("the supervisor sent a listening socket that was not asked for");
    if (sock_adopt(fd, socket_type(kind)) != STATUS_OK ||
        serve(config, udp, tcp, listener->index, kind, fd) != STATUS_OK)
        log_fatal("the %s socket %u that was handed in cannot be used: %s", kind_text(kind),
                  listener->index, strerror(errno));
}

/* One line that says what to do. */
static _Noreturn void
fail(const char *address, enum ipc_socket_kind kind)
{
    const char *hint = "";
    if (errno == EACCES)
        hint = "; start as root, or give penstock-front the capability CAP_NET_BIND_SERVICE, or "
               "choose a port from 1024 on";
    if (errno == EADDRINUSE)
        hint = "; another server has it: stop that one, or choose other addresses with listen";
    if (errno == EADDRNOTAVAIL)
        hint = "; no interface has this address";
    log_write(LOG_ERROR, LOG_LISTENING, "cannot bind %s (%s): %s%s", address, kind_text(kind),
              strerror(errno), hint);
    sys_exit(1);
}

/* Can a socket of the one take what comes to the other? */
static bool
meet(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && a->port == b->port &&
           (sock_is_wildcard(a) || sock_is_wildcard(b) || addr_is_equal(a, b));
}

/* With several lanes the first one finds out whether another server of our account has the address;
 * sockets of ours at addresses that meet are none. */
static enum sock_sharing
sharing_of(const struct config *config, const struct udp *udp, const struct tcp *tcp,
           uint32_t index, enum ipc_socket_kind kind, bool is_first)
{
    if (config->lanes == 1)
        return SOCK_ALONE;
    for (uint32_t i = 0; i < config->listen_count; i++)
        if (source_of(udp, tcp, i, kind)->fd >= 0 &&
            meet(&config->listen[i], &config->listen[index]))
            return SOCK_SHARED;
    return is_first ? SOCK_FIRST : SOCK_SHARED;
}

static void
bind_one(const struct config *config, struct udp *udp, struct tcp *tcp, uint32_t index,
         enum ipc_socket_kind kind, bool is_first)
{
    const struct addr *addr = &config->listen[index];
    char text[ADDR_TEXT_MAX];
    enum sock_sharing sharing = sharing_of(config, udp, tcp, index, kind, is_first);
    bool is_absent;
    int fd;
    if (sock_listen(addr, socket_type(kind), sharing, &fd, &is_absent) != STATUS_OK)
        fail(addr_format(addr, text), kind);
    if (is_absent)
        log_write(LOG_NOTICE, LOG_LISTENING,
                  "no interface has %s yet; it is served (%s) when it comes",
                  addr_format(addr, text), kind_text(kind));
    struct ipc_message copy = {.type = IPC_LISTENER, .index = index, .kind = (uint8_t)kind};
    if (chan_send(CHAN_FD, &copy, &fd, 1) != STATUS_OK)
        log_fatal("cannot send a copy of a listening socket to the supervisor");
    if (serve(config, udp, tcp, index, kind, fd) != STATUS_OK)
        log_fatal("cannot serve %s: %s", addr_format(addr, text), strerror(errno));
}

void
listen_bind_missing(const struct config *config, struct udp *udp, struct tcp *tcp, bool is_first)
{
    static const enum ipc_socket_kind kinds[] = {IPC_SOCKET_UDP, IPC_SOCKET_TCP};
    if (privs_keep_bind_only() != STATUS_OK)
        log_fatal("cannot give up privileges before binding: %s", strerror(errno));
    for (uint32_t i = 0; i < config->listen_count; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (source_of(udp, tcp, i, kinds[k])->fd < 0)
                bind_one(config, udp, tcp, i, kinds[k], is_first);
}
