/* front_scene.h - the parts of a front, put together for tests, with clients and clocks played
 * SPDX-License-Identifier: ISC
 *
 * What: everything but the worker is real. Datagrams and new connections come out of lists that the
 *       test fills, by the wrapped calls below (-Wl,--wrap); a TCP connection is one end of a
 *       socketpair, whose other end is the client's.
 */
#pragma once

#include "front/admit.h"
#include "front/deliver.h"
#include "front/front.h"
#include "front/tcp_accept.h"
#include "front/tcp_table.h"
#include "os/memory.h"
#include "os/sys.h"

#include "dns_build.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#define SCENE_DATAGRAMS 512

struct scene_datagram {
    struct addr from;
    struct addr to; /* ADDR_NONE: the kernel does not tell */
    size_t size;
    uint8_t octets[1500];
};

static struct front front;
static struct config config;
static struct stats_page stats;
static struct clock_time scene_now = {1000000, 1000, 1, 1700000000};

static struct scene_datagram scene_in[SCENE_DATAGRAMS], scene_out[SCENE_DATAGRAMS];
static unsigned scene_in_count, scene_in_at, scene_out_count, scene_batches;
static int scene_send_errno;                   /* of the next sendmmsg, once */
static struct addr scene_new[SCENE_DATAGRAMS]; /* clients that connect */
static int scene_clients[SCENE_DATAGRAMS];     /* their ends, in that order */
static unsigned scene_new_count, scene_new_at;
static int scene_accept_errno; /* of the next accept4, once */

int __wrap_sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sys_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags);
int __wrap_sys_getsockname(int fd, struct sockaddr *address, socklen_t *size);
int __wrap_sys_setsockopt(int fd, int level, int option, const void *value, socklen_t size);

static inline socklen_t
scene_put_address(void *to, const struct addr *from)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(from->port)};
    memcpy(&in.sin_addr, from->bytes, 4);
    memcpy(to, &in, sizeof in);
    return sizeof in;
}

/* As the kernel tells of the address that was asked; the other one is where it was routed to. */
static inline void
scene_put_to(struct msghdr *header, const struct addr *to)
{
    struct in_pktinfo info = {.ipi_ifindex = 1, .ipi_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (to->family == ADDR_NONE) {
        header->msg_controllen = 0;
        return;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(&info.ipi_spec_dst, to->bytes, 4);
    memcpy(CMSG_DATA(c), &info, sizeof info);
    header->msg_controllen = CMSG_SPACE(sizeof info);
}

int
__wrap_sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    unsigned taken = 0;
    (void)fd;
    (void)flags;
    for (; taken < count && scene_in_at < scene_in_count; taken++) {
        const struct scene_datagram *d = &scene_in[scene_in_at++];
        struct msghdr *header = &messages[taken].msg_hdr;
        size_t room = header->msg_iov->iov_len, size = d->size < room ? d->size : room;
        header->msg_namelen = scene_put_address(header->msg_name, &d->from);
        scene_put_to(header, &d->to);
        memcpy(header->msg_iov->iov_base, d->octets, size);
        messages[taken].msg_len = (unsigned)size;
    }
    scene_batches += taken > 0;
    errno = EAGAIN;
    return taken > 0 ? (int)taken : -1;
}

int
__wrap_sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)fd;
    (void)flags;
    errno = scene_send_errno;
    scene_send_errno = 0;
    if (errno != 0)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        struct scene_datagram *d = &scene_out[scene_out_count++ % SCENE_DATAGRAMS];
        struct sockaddr_in in;
        memcpy(&in, messages[i].msg_hdr.msg_name, sizeof in);
        d->from = (struct addr){.family = ADDR_IPV4, .port = ntohs(in.sin_port)};
        memcpy(d->from.bytes, &in.sin_addr, 4);
        d->size = messages[i].msg_hdr.msg_iov->iov_len;
        memcpy(d->octets, messages[i].msg_hdr.msg_iov->iov_base, d->size);
    }
    return (int)count;
}

int
__wrap_sys_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags)
{
    (void)fd;
    errno = scene_accept_errno != 0 ? scene_accept_errno : EAGAIN;
    scene_accept_errno = 0;
    if (errno != EAGAIN || scene_new_at == scene_new_count)
        return -1;
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | flags, 0, ends), 0);
    *size = scene_put_address(from, &scene_new[scene_new_at]);
    scene_clients[scene_new_at++] = ends[0];
    return ends[1];
}

int
__wrap_sys_getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
    (void)fd;
    *size = scene_put_address(address, &config.listen[0]);
    return 0;
}

int
__wrap_sys_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    (void)fd;
    (void)level;
    (void)option;
    (void)value;
    (void)size;
    return 0;
}

static inline struct addr
scene_client(const char *text)
{
    struct addr addr;
    cr_assert_eq(addr_parse(text, 4000, &addr), STATUS_OK, "%s", text);
    return addr;
}

/* A configuration without rates and pacing: tests set what they are about, before scene_open(). */
static inline void
scene_config(void)
{
    config.listen_count = 1;
    cr_assert_eq(addr_parse("127.0.0.1", 53, &config.listen[0]), STATUS_OK);
    config.query_ms = 2000;
    config.queries = 64;
    config.queue_per_prefix = 32;
    config.upstreams_count = config.upstream_connections = config.upstream_in_flight = 1;
    config.tcp_clients = 8;
    config.tcp_per_prefix = 8;
    config.tcp_new_per_s = 1000;
    config.tcp_idle_ms = 10000;
    config.tcp_message_ms = 2000;
    config.rates_mode = CONFIG_RATES_OFF;
    config.rates_entries = 64;
    config.rates_slip = 2;
    config.rates_ipv4_count = 2;
    config.rates_proven_ipv4_count = 1;
    config.rates_ipv4[0] = (struct config_rate){.length = 32, .rate_per_s = 1, .burst = 2};
    config.rates_ipv4[1] = (struct config_rate){.length = 24, .rate_per_s = 10, .burst = 20};
    config.rates_proven_ipv4[0] = (struct config_rate){.length = 32, .rate_per_s = 1, .burst = 2};
    config.cookies_enabled = 1;
    config.cookies_secret = (struct config_secret){.bytes = {1, 2, 3}, .is_set = 1};
    config.pacing_rate = 1000;
    config.pacing_burst = 2000;
    config.pacing_wait_ms = 100;
    config.cache_bytes = 256 * 1024;
    config.cache_ttl_max_ms = 86400000;
    config.cache_negative_max_ms = 3600000;
    config.cache_failure_ms = 5000;
    config.cache_stale_ms = 86400000;
    config.cache_stale_after_ms = 1000;
    config.cache_prefetch = 1;
    config.local_special = 1;
    config.filter_martians = 1;
}

/* As front_control.c does it. */
static inline void
scene_open(void)
{
    struct addr_prefix allow[2], deny;
    struct acl acl;
    cr_assert_eq(addr_prefix_parse("127.0.0.0/8", &allow[0]), STATUS_OK);
    cr_assert_eq(addr_prefix_parse("192.0.2.0/24", &allow[1]), STATUS_OK);
    cr_assert_eq(addr_prefix_parse("127.0.9.9", &deny), STATUS_OK);
    cr_assert_eq(acl_init(&acl, allow, 2, &deny, 1), STATUS_OK);
    front.self.config = &config;
    front.self.stats = &stats;
    cr_assert_eq(evloop_open(&front.loop), STATUS_OK);
    rate_reserve(&front.rate, &config, &stats);
    source_change(&front.source, &config, &acl, &front.rate.set);
    balancers_change(&front.balancers, &config, &stats);
    local_change(&front.local, &config);
    waiting_reserve(&front.waiting, &config, &front.rate, &front.local.routing.now);
    recall_reserve(&front.recall, &config,
                   &(struct recall_parts){&stats, &front.local, &front.waiting}, &scene_now);
    udp_reserve(&front.udp, config.listen_count,
                config.proxy_count > 0 ? UDP_HEADED_MAX : UDP_RECEIVED_MAX, &front.loop, &stats);
    tcp_reserve(
        &front.tcp, &config,
        &(struct tcp_parts){&front.loop, &stats, &front.rate, &front.source, &front.balancers});
    pacing_reserve(&front.pacing, &config);
    recording_init(&front.recording, &stats);
    deliver_init(&front.deliver, &(struct deliver_parts){&stats, &front.rate, &front.pacing,
                                                         &front.udp, &front.tcp, &front.recording});
    deliver_change(&front.deliver, &config);
    uplink_reserve(&front.uplink, &(struct uplink_parts){&front.loop, &stats, &front.waiting, 0});
}

/* 127.0.0.200 speaks for others. Before scene_open(). */
static inline void
scene_balancer(void)
{
    config.proxy_count = 1;
    cr_assert_eq(addr_prefix_parse("127.0.0.200", &config.proxy[0]), STATUS_OK);
}

/* The PROXY header for an IPv4 client, or of a health check: NULL. @return its size, 28 or 16 */
static inline size_t
scene_header(const char *client, enum query_transport transport, uint8_t to[28])
{
    struct bytes_writer w = bytes_writer(to, 28);
    bytes_put_copy(&w, "\r\n\r\n\0\r\nQUIT\n", 12);
    bytes_put_u8(&w, client != NULL ? 0x21 : 0x20);
    bytes_put_u8(&w, client == NULL ? 0 : transport == QUERY_TCP ? 0x11 : 0x12);
    bytes_put_u16(&w, client != NULL ? 12 : 0);
    if (client != NULL) {
        struct addr source = scene_client(client);
        bytes_put_copy(&w, source.bytes, 4);
        bytes_put_copy(&w, "\177\0\0\1", 4);
        bytes_put_u16(&w, source.port);
        bytes_put_u16(&w, 53);
    }
    cr_assert_not(w.failed);
    return w.pos;
}

static inline void
scene_setup(void)
{
    scene_config();
    scene_open();
}

static inline void
scene_pass(unsigned ms)
{
    scene_now =
        evloop_time_at(scene_now.now_us + (uint64_t)ms * 1000, scene_now.wall_s + ms / 1000);
}

/* A query as a client writes it: `cookie` octets of an option, 0 for none; `edns` for an OPT. */
static inline size_t
scene_query(const char *name, uint16_t type, bool edns, const uint8_t *cookie, uint16_t cookie_size,
            uint8_t to[512])
{
    struct bytes_writer w = bytes_writer(to, 512);
    struct dns_question question = question_of(name, type);
    build_header(&w, 77, DNS_RD, 1, 0, 0, edns || cookie_size > 0);
    build_question(&w, &question);
    if (edns || cookie_size > 0) {
        bytes_put_u8(&w, 0);
        bytes_put_u16(&w, DNS_TYPE_OPT);
        bytes_put_u16(&w, 1232);
        bytes_put_u32(&w, 0);
        bytes_put_u16(&w, cookie_size > 0 ? (uint16_t)(4 + cookie_size) : 0);
    }
    if (cookie_size > 0) {
        bytes_put_u16(&w, 10);
        bytes_put_u16(&w, cookie_size);
        bytes_put_copy(&w, cookie, cookie_size);
    }
    cr_assert_not(w.failed);
    return w.pos;
}

/* The draft, parsed, of a client over UDP or TCP. */
static inline struct query *
scene_draft(const char *client, enum query_transport transport, const char *name, uint16_t type)
{
    struct query *draft = inflight_draft(&front.waiting.queries);
    uint8_t message[512];
    size_t size = scene_query(name, type, true, NULL, 0, message);
    draft->client = (struct query_client){.addr = scene_client(client),
                                          .transport = (uint8_t)transport,
                                          .payer = RATE_NOBODY,
                                          .is_proven = transport == QUERY_TCP};
    draft->cookie = COOKIE_NONE;
    draft->keys.mark = 0;
    draft->has_stale = false;
    draft->arrived_us = scene_now.now_us;
    cr_assert_eq(dns_query_parse(message, size, &draft->dns), DNS_QUERY_OK);
    return draft;
}

/* An answer to a question: `count` A records with a TTL, and an RCODE. @return its size */
static inline size_t
scene_answer(const struct dns_question *question, unsigned rcode, uint16_t count, uint32_t ttl,
             uint8_t to[4096], struct dns_answer *answer)
{
    struct bytes_writer w = bytes_writer(to, 4096);
    build_header(&w, 0, DNS_QR | DNS_RD | DNS_RA | rcode, 1, count, 0, 0);
    build_question(&w, question);
    for (uint16_t i = 0; i < count; i++) {
        build_pointer(&w, DNS_HEADER_SIZE);
        build_record(&w, DNS_TYPE_A, ttl, 4);
        bytes_put_u32(&w, 0xc0000200U + i);
    }
    cr_assert_not(w.failed);
    if (answer != NULL)
        cr_assert_eq(dns_answer_parse(to, w.pos, question, answer), DNS_ANSWER_OK);
    return w.pos;
}

/* The RCODE and flags of a message. */
static inline unsigned
scene_flags(const uint8_t *message)
{
    return (unsigned)message[2] << 8 | message[3];
}

static inline uint64_t
scene_stat(enum stats_counter counter)
{
    return atomic_load(&stats.counts[counter]);
}
