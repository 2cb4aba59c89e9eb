/* udp.h - messages over UDP, in batches
 * SPDX-License-Identifier: ISC
 *
 * What: takes up to UDP_BATCH messages with one call and sends as many with one. Answers are
 *       composed in the batch they leave with. They leave from the address that was asked.
 * Who:  front.
 * Ref:  docs/LIMITS.md "udp".
 */
#pragma once

#include "conf/config.h"
#include "lane/query.h"
#include "lane/why.h"
#include "os/evloop.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct front;

#define UDP_BATCH         64                       /* messages per system call */
#define UDP_BATCHES       4                        /* received per listener and turn */
#define UDP_MESSAGE_MAX   1232                     /* octets of a query */
#define UDP_RECEIVED_MAX  (UDP_MESSAGE_MAX + 1)    /* one more: what is larger is seen to be */
#define UDP_ROOM          (DNS_EDNS_UDP_MAX + 176) /* octets to compose an answer in */
#define UDP_CONTROL_BYTES 64                       /* one IP_PKTINFO or IPV6_PKTINFO, aligned */

struct udp_control {
    _Alignas(struct cmsghdr) uint8_t bytes[UDP_CONTROL_BYTES];
};

struct udp_slot { /* one message of a batch and what recvmmsg and sendmmsg want of it */
    struct sockaddr_storage name;
    struct iovec part;
    struct udp_control control;
};

struct udp_received {
    struct mmsghdr headers[UDP_BATCH];
    struct udp_slot slots[UDP_BATCH];
    uint8_t messages[UDP_BATCH][UDP_RECEIVED_MAX];
};

struct udp_sending {
    struct mmsghdr headers[UDP_BATCH];
    struct udp_slot slots[UDP_BATCH];
    uint8_t why[UDP_BATCH]; /* enum why, counted once the kernel has taken the answer */
    uint8_t messages[UDP_BATCH][UDP_ROOM];
    uint32_t count;
};

struct udp_listener {
    struct ev_source source; /* fd -1: none */
    struct front *front;
    struct udp_sending *sending;
    uint8_t index;    /* in config.listen */
    bool is_wildcard; /* the address asked comes with each message */
};

struct udp {
    struct udp_received *received; /* shared by all listeners */
    struct udp_listener listeners[CONFIG_LISTEN_MAX];
};

/** Reserve the batches; fatal if there is no memory. */
void udp_reserve(struct front *front);

/** Serve a bound socket for config.listen[index]. @param fd  given away. */
MUST_CHECK enum status udp_listen(struct front *front, uint32_t index, int fd);

/** Read no more. */
void udp_stop(struct front *front);

/** Where to compose the next answer to `client`: UDP_ROOM octets, valid until udp_send(). */
uint8_t *udp_room(struct front *front, const struct query_client *client);

/** Put what was composed into the batch; its `why` is counted when it is sent. */
void udp_send(struct front *front, const struct query_client *client, size_t size, enum why why);

/** Hand all batches to the kernel. What it does not take is lost, and counted as WHY_SEND_FAILED.
 */
void udp_flush(struct front *front);
