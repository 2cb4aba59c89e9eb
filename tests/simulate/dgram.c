/* dgram.c - see dgram.h
 * SPDX-License-Identifier: ISC
 */
#include "dgram.h"

#include "process.h"
#include "trace.h"

#include "os/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define BUFFER_OCTETS   425984U /* twice net.core.rmem_max as it comes */
#define OVERHEAD_OCTETS 768U    /* of each small datagram, as the kernel counts */

struct datagram {
    struct datagram *behind;
    struct addr from, to;
    size_t size;
    uint8_t octets[];
};

struct dgram {
    struct object object;
    struct bound bound;
    struct datagram *first, *last;
    size_t queued;
    int drops;
};

static struct {
    unsigned failing;
    int error;
} sending;

void (*dgram_on_send)(const struct addr *from, const struct addr *to, const uint8_t *octets,
                      size_t size);
void (*dgram_on_take)(const struct addr *from, const uint8_t *octets, size_t size);

static uint32_t
ready(const struct object *object)
{
    return EPOLLOUT | (((const struct dgram *)object)->first != NULL ? EPOLLIN : 0);
}

static struct datagram *
take(struct dgram *dgram)
{
    struct datagram *datagram = dgram->first;
    if (datagram != NULL) {
        dgram->first = datagram->behind;
        dgram->queued -= OVERHEAD_OCTETS + datagram->size;
    }
    return datagram;
}

static void
closed(struct object *object)
{
    struct dgram *dgram = (struct dgram *)object;
    struct datagram *datagram;
    bound_leave(&dgram->bound);
    while ((datagram = take(dgram)) != NULL)
        free(datagram);
}

static const struct object_class class = {.name = "dgram", .ready = ready, .closed = closed};

void
dgram_begin(void)
{
    memset(&sending, 0, sizeof sending);
    dgram_on_send = NULL;
    dgram_on_take = NULL;
}

int
dgram_make(int family)
{
    struct dgram *dgram = object_make(&class, sizeof *dgram);
    bound_init(&dgram->bound, &dgram->object, family, SOCK_DGRAM);
    return process_open(&dgram->object);
}

bool
dgram_is(const struct object *object)
{
    return object->class == &class;
}

struct bound *
dgram_bound(struct object *object)
{
    return &((struct dgram *)object)->bound;
}

int
dgram_drops(const struct object *object)
{
    return ((const struct dgram *)object)->drops;
}

void
dgram_fail_sending(unsigned calls, int error)
{
    sending.failing = calls;
    sending.error = error;
}

bool
dgram_arrive(const struct addr *from, const struct addr *to, const void *octets, size_t size)
{
    trace_note("c>f", from->port, size, octets, size);
    struct bound *bound = bound_choose(SOCK_DGRAM, from, to, octets, size);
    struct dgram *dgram = bound != NULL ? (struct dgram *)bound->object : NULL;
    if (dgram == NULL)
        return false;
    if (dgram->queued + OVERHEAD_OCTETS + size > BUFFER_OCTETS) {
        dgram->drops++;
        return false;
    }
    struct datagram *datagram = malloc(sizeof *datagram + size);
    if (datagram == NULL)
        abort();
    *datagram = (struct datagram){.from = *from, .to = *to, .size = size};
    memcpy(datagram->octets, octets, size);
    if (dgram->first != NULL)
        dgram->last->behind = datagram;
    else
        dgram->first = datagram;
    dgram->last = datagram;
    dgram->queued += OVERHEAD_OCTETS + size;
    object_poke(&dgram->object);
    return true;
}

/* --- calls ----------------------------------------------------------------------------------- */

static void
put_control(struct msghdr *header, int level, int type, const void *info, size_t size)
{
    struct cmsghdr *c = header->msg_control;
    if (c == NULL || header->msg_controllen < CMSG_SPACE(size)) {
        header->msg_controllen = 0;
        return;
    }
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), info, size);
    header->msg_controllen = CMSG_SPACE(size);
}

static void
put_info(struct msghdr *header, const struct addr *to)
{
    if (to->family == ADDR_IPV4) {
        struct in_pktinfo info = {.ipi_ifindex = 1};
        memcpy(&info.ipi_spec_dst, to->bytes, 4);
        memcpy(&info.ipi_addr, to->bytes, 4);
        put_control(header, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
        struct in6_pktinfo info = {.ipi6_ifindex = 1};
        memcpy(&info.ipi6_addr, to->bytes, 16);
        put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

static void
give(const struct dgram *dgram, const struct datagram *datagram, struct mmsghdr *message)
{
    struct msghdr *header = &message->msg_hdr;
    size_t room = header->msg_iov->iov_len;
    size_t size = datagram->size < room ? datagram->size : room;
    memcpy(header->msg_iov->iov_base, datagram->octets, size);
    struct sockaddr_storage from;
    socklen_t from_size = addr_to_socket(&datagram->from, &from);
    memcpy(header->msg_name, &from,
           from_size < header->msg_namelen ? from_size : header->msg_namelen);
    header->msg_namelen = from_size;
    header->msg_flags = size < datagram->size ? MSG_TRUNC : 0;
    message->msg_len = (unsigned)size;
    if (dgram->bound.wants_info)
        put_info(header, &datagram->to);
    else
        header->msg_controllen = 0;
}

int
dgram_receive(struct object *object, struct mmsghdr *messages, unsigned count)
{
    struct dgram *dgram = (struct dgram *)object;
    struct datagram *datagram;
    unsigned taken = 0;
    while (taken < count && (datagram = take(dgram)) != NULL) {
        if (dgram_on_take != NULL)
            dgram_on_take(&datagram->from, datagram->octets, datagram->size);
        give(dgram, datagram, &messages[taken++]);
        free(datagram);
    }
    if (taken == 0)
        errno = EAGAIN;
    return taken > 0 ? (int)taken : -1;
}

static struct addr
source_of(const struct dgram *dgram, struct msghdr *header)
{
    struct addr from = dgram->bound.addr;
    struct cmsghdr *c = header->msg_controllen > 0 ? CMSG_FIRSTHDR(header) : NULL;
    if (c != NULL && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(c), sizeof info);
        memcpy(from.bytes, &info.ipi_spec_dst, 4);
    } else if (c != NULL && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo info;
        memcpy(&info, CMSG_DATA(c), sizeof info);
        memcpy(from.bytes, &info.ipi6_addr, 16);
    }
    return from;
}

int
dgram_send(struct object *object, struct mmsghdr *messages, unsigned count)
{
    const struct dgram *dgram = (struct dgram *)object;
    if (sending.failing > 0) {
        sending.failing--;
        errno = sending.error;
        return -1;
    }
    for (unsigned i = 0; i < count; i++) {
        struct msghdr *header = &messages[i].msg_hdr;
        struct addr to, from = source_of(dgram, header);
        if (addr_from_socket(header->msg_name, header->msg_namelen, &to) != STATUS_OK) {
            errno = EINVAL;
            return i > 0 ? (int)i : -1;
        }
        messages[i].msg_len = (unsigned)header->msg_iov->iov_len;
        trace_note("f>c", to.port, messages[i].msg_len, header->msg_iov->iov_base,
                   messages[i].msg_len);
        if (dgram_on_send != NULL)
            dgram_on_send(&from, &to, header->msg_iov->iov_base, messages[i].msg_len);
    }
    return (int)count;
}
