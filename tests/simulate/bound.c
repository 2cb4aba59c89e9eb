/* bound.c - see bound.h
 * SPDX-License-Identifier: ISC
 */
#include "bound.h"

#include "../fixtures/bpf_interpreter.h"

#include "os/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_MAX 66000

static struct {
    struct bound *first;
    struct addr refused;
    int error;
} all;

void
bound_begin(void)
{
    memset(&all, 0, sizeof all);
}

void
bound_init(struct bound *bound, struct object *object, int family, int type)
{
    *bound = (struct bound){.object = object, .family = family, .type = type};
    bound->addr.family = family == AF_INET6 ? ADDR_IPV6 : ADDR_IPV4;
}

void
bound_refuse(const struct addr *addr, int error)
{
    all.refused = *addr;
    all.error = error;
}

static bool
is_taken(const struct bound *bound, const struct addr *addr)
{
    for (const struct bound *at = all.first; at != NULL; at = at->behind)
        if (at->type == bound->type && addr_is_equal(&at->addr, addr) &&
            !(at->is_shared && bound->is_shared))
            return true;
    return false;
}

int
bound_bind(struct bound *bound, const struct sockaddr *address, socklen_t size)
{
    struct addr addr;
    if (addr_from_socket(address, size, &addr) != STATUS_OK)
        return EINVAL;
    if (all.error != 0 && addr_is_equal(&addr, &all.refused))
        return all.error;
    if (is_taken(bound, &addr))
        return EADDRINUSE;
    bound->addr = addr;
    if (bound->type == SOCK_DGRAM)
        bound_list(bound);
    return 0;
}

void
bound_list(struct bound *bound)
{
    struct bound **link = &all.first;
    while (*link != NULL)
        link = &(*link)->behind;
    *link = bound;
    bound->is_listed = true;
}

void
bound_leave(struct bound *bound)
{
    struct bound **link = &all.first;
    free(bound->filter.code);
    free(bound->steering.code);
    bound->filter.code = bound->steering.code = NULL;
    if (!bound->is_listed)
        return;
    while (*link != bound)
        link = &(*link)->behind;
    *link = bound->behind;
    bound->is_listed = false;
}

/* --- options --------------------------------------------------------------------------------- */

static int
attach(const struct bound *bound, struct bound_program *program, const void *value, socklen_t size)
{
    struct sock_fprog whole;
    if (bound->is_locked)
        return EPERM;
    if (size != sizeof whole)
        return EINVAL;
    memcpy(&whole, value, sizeof whole);
    if (!bpf_is_sound(whole.filter, whole.len))
        return EINVAL;
    free(program->code);
    program->code = malloc(whole.len * sizeof *program->code);
    if (program->code == NULL)
        abort();
    memcpy(program->code, whole.filter, whole.len * sizeof *program->code);
    program->size = whole.len;
    return 0;
}

bool
bound_set(struct bound *bound, int level, int option, const void *value, socklen_t size, int *error)
{
    int number = 0;
    *error = 0;
    if (level == SOL_SOCKET && option == SO_ATTACH_FILTER)
        *error = attach(bound, &bound->filter, value, size);
    else if (level == SOL_SOCKET && option == SO_ATTACH_REUSEPORT_CBPF)
        *error = attach(bound, &bound->steering, value, size);
    else if (size < sizeof number)
        return false;
    else {
        memcpy(&number, value, sizeof number);
        if (level == SOL_SOCKET && option == SO_REUSEPORT)
            bound->is_shared = number != 0;
        else if (level == SOL_SOCKET && option == SO_LOCK_FILTER)
            bound->is_locked = number != 0;
        else if ((level == IPPROTO_IP && option == IP_PKTINFO) ||
                 (level == IPPROTO_IPV6 && option == IPV6_RECVPKTINFO))
            bound->wants_info = number != 0;
        else
            return false;
    }
    return true;
}

bool
bound_get(const struct bound *bound, int level, int option, int *value)
{
    if (level == SOL_SOCKET && option == SO_TYPE)
        *value = bound->type;
    else if (level == SOL_SOCKET && option == SO_DOMAIN)
        *value = bound->family;
    else if (level == SOL_SOCKET && option == SO_LOCK_FILTER)
        *value = bound->is_locked;
    else if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY)
        *value = 1;
    else
        return false;
    return true;
}

/* --- packets --------------------------------------------------------------------------------- */

static bool
waits_for(const struct bound *bound, int type, const struct addr *to)
{
    static const uint8_t zeros[16];
    return bound->type == type && bound->addr.family == to->family &&
           bound->addr.port == to->port &&
           (memcmp(bound->addr.bytes, to->bytes, 16) == 0 ||
            memcmp(bound->addr.bytes, zeros, 16) == 0);
}

/* The octets that programs look at: headers without checksums, and the payload. */
static struct bpf_packet
build(uint8_t *octets, int type, const struct addr *from, const struct addr *to,
      const void *payload, size_t size)
{
    bool v4 = to->family == ADDR_IPV4;
    size_t network = v4 ? 20 : 40, transport = type == SOCK_DGRAM ? 8 : 20;
    memset(octets, 0, network + transport);
    octets[0] = v4 ? 0x45 : 0x60;
    octets[v4 ? 9 : 6] = type == SOCK_DGRAM ? IPPROTO_UDP : IPPROTO_TCP;
    memcpy(octets + (v4 ? 12 : 8), from->bytes, v4 ? 4 : 16);
    memcpy(octets + (v4 ? 16 : 24), to->bytes, v4 ? 4 : 16);
    uint8_t *ports = octets + network;
    ports[0] = (uint8_t)(from->port >> 8);
    ports[1] = (uint8_t)from->port;
    ports[2] = (uint8_t)(to->port >> 8);
    ports[3] = (uint8_t)to->port;
    if (type == SOCK_DGRAM) {
        ports[4] = (uint8_t)((size + 8) >> 8);
        ports[5] = (uint8_t)(size + 8);
    } else {
        ports[12] = 0x50;
    }
    if (size > 0)
        memcpy(ports + transport, payload, size);
    return (struct bpf_packet){.octets = octets,
                               .size = network + transport + size,
                               .network_at = 0,
                               .data_at = network + transport};
}

static struct bound *
nth(int type, const struct addr *to, unsigned n)
{
    for (struct bound *at = all.first; at != NULL; at = at->behind)
        if (waits_for(at, type, to) && n-- == 0)
            return at;
    return NULL;
}

struct bound *
bound_choose(int type, const struct addr *from, const struct addr *to, const void *payload,
             size_t size)
{
    static uint8_t octets[PACKET_MAX];
    struct bound *chosen = nth(type, to, 0);
    const struct bound_program *steering = NULL;
    if (chosen == NULL || size > PACKET_MAX - 60)
        return NULL;
    for (const struct bound *at = chosen; at != NULL && steering == NULL; at = at->behind)
        if (waits_for(at, type, to) && at->steering.code != NULL)
            steering = &at->steering;
    if (steering == NULL && chosen->filter.code == NULL)
        return chosen;
    struct bpf_packet packet = build(octets, type, from, to, payload, size);
    if (steering != NULL) {
        struct bound *steered = nth(type, to, bpf_run(steering->code, steering->size, &packet));
        chosen = steered != NULL ? steered : chosen;
    }
    packet.data_at = to->family == ADDR_IPV4 ? 20 : 40; /* a filter begins at the UDP header */
    if (chosen->filter.code != NULL &&
        bpf_run(chosen->filter.code, chosen->filter.size, &packet) == 0)
        return NULL;
    return chosen;
}
