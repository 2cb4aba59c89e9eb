/* steer.c - which lane's socket a client's packets go to
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/steer.h"

#include "gate/packet_filter.h"
#include "gate/steering.h"
#include "ipc/ipc.h"
#include "os/random.h"
#include "os/sock.h"

#include <string.h>

#define IPV4_LENGTH 24 /* what a network has besides its rates: lines, pace, connections */
#define IPV6_LENGTH 56

static unsigned
shortest(unsigned length, const struct config_rate rates[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        length = rates[i].length < length ? rates[i].length : length;
    return length;
}

static unsigned
ipv4_length(const struct config *config)
{
    unsigned length = shortest(IPV4_LENGTH, config->rates_ipv4, config->rates_ipv4_count);
    return shortest(length, config->rates_proven_ipv4, config->rates_proven_ipv4_count);
}

static unsigned
ipv6_length(const struct config *config)
{
    unsigned length = shortest(IPV6_LENGTH, config->rates_ipv6, config->rates_ipv6_count);
    return shortest(length, config->rates_proven_ipv6, config->rates_proven_ipv6_count);
}

bool
steer_is_same(const struct config *a, const struct config *b)
{
    return ipv4_length(a) == ipv4_length(b) && ipv6_length(a) == ipv6_length(b);
}

/* Of balancers the source port says nothing; each message's own is judged by the front. */
static uint32_t
filtered_ports(const struct config *config)
{
    return config->proxy_count > 0 ? 0 : config->filter_ports_count;
}

/* One word for each instruction. @return how many */
static size_t
note(const struct sock_filter *program, size_t count, uint64_t words[])
{
    for (size_t i = 0; i < count; i++)
        words[i] = (uint64_t)program[i].code << 48 | (uint64_t)program[i].jt << 40 |
                   (uint64_t)program[i].jf << 32 | program[i].k;
    return count;
}

uint32_t
steer_programs(const struct config *config, unsigned lanes)
{
    static const struct hash_key key; /* no secret: the other side counts alike */
    uint64_t words[PACKET_FILTER_MAX + 1 + STEERING_MAX];
    size_t count = 0;
    if (config->filter_kernel) {
        struct sock_filter filter[PACKET_FILTER_MAX];
        uint16_t ports[CONFIG_PORTS_MAX];
        uint32_t ports_count = filtered_ports(config);
        for (uint32_t i = 0; i < ports_count; i++)
            ports[i] = (uint16_t)config->filter_ports[i];
        count = note(filter, packet_filter_build(ports, ports_count, filter), words);
    }
    words[count++] = lanes;
    if (lanes > 1) {
        struct steering steering;
        struct sock_filter program[STEERING_MAX];
        if (steering_init(&steering, lanes, ipv4_length(config), ipv6_length(config), key) ==
            STATUS_OK)
            count += note(program, steering_build(&steering, config->proxy_count > 0, program),
                          words + count);
    }
    return (uint32_t)hash_siphash13_words(&key, words, count);
}

bool
steer_is_bound(const struct supervisor *sup, unsigned lane)
{
    for (uint32_t i = 0; i < sup->config.listen_count; i++)
        for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++)
            if (sup->lanes[lane].listeners[i][kind] < 0)
                return false;
    return true;
}

/* One program for a whole group; any of its sockets can bring it. A socket that is locked was
 * handed in and served another penstock before: it has such a program. */
static enum status
attach(const struct supervisor *sup, const struct steering *steering, enum ipc_socket_kind kind)
{
    struct sock_filter program[STEERING_MAX];
    bool has_headers = kind == IPC_SOCKET_UDP && sup->config.proxy_count > 0;
    size_t count = steering_build(steering, has_headers, program);
    for (uint32_t i = 0; i < sup->config.listen_count; i++) {
        int fd = sup->lanes[0].listeners[i][kind - 1];
        if (!sock_filter_is_locked(fd) && sock_steering_attach(fd, program, count) != STATUS_OK)
            return STATUS_SYSTEM;
    }
    return STATUS_OK;
}

static enum status
lock(const struct supervisor *sup)
{
    for (unsigned lane = 0; lane < sup->lanes_count; lane++)
        for (uint32_t i = 0; i < sup->config.listen_count; i++)
            for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++)
                if (sock_filter_lock(sup->lanes[lane].listeners[i][kind]) != STATUS_OK)
                    return STATUS_SYSTEM;
    return STATUS_OK;
}

enum status
steer_lanes(const struct supervisor *sup)
{
    struct steering steering;
    if (sup->lanes_count == 1)
        return STATUS_OK;
    enum status status = steering_init(&steering, sup->lanes_count, ipv4_length(&sup->config),
                                       ipv6_length(&sup->config), random_key());
    if (status == STATUS_OK)
        status = attach(sup, &steering, IPC_SOCKET_UDP);
    if (status == STATUS_OK)
        status = attach(sup, &steering, IPC_SOCKET_TCP);
    return status == STATUS_OK ? lock(sup) : status;
}
