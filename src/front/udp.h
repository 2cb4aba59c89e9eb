/* udp.h - messages over UDP, in batches
 * SPDX-License-Identifier: ISC
 *
 * What: takes up to UDP_BATCH messages with one call and sends as many with one. Answers are
 *       composed in the batch they leave with. They leave from the address that was asked.
 * Who:  front: the turn takes messages, deliver.c sends answers.
 * Ref:  docs/LIMITS.md "udp".
 */
#pragma once

#include "conf/config.h"
#include "gate/proxy_header.h"
#include "lane/query.h"
#include "lane/stats.h"
#include "lane/why.h"
#include "os/evloop.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define UDP_BATCH         64                    /* messages per system call */
#define UDP_BATCHES       4                     /* received per listener and turn */
#define UDP_MESSAGE_MAX   1232                  /* octets of a query */
#define UDP_RECEIVED_MAX  (UDP_MESSAGE_MAX + 1) /* one more: what is larger is seen to be */
#define UDP_HEADED_MAX    (UDP_RECEIVED_MAX + PROXY_HEADER_MAX) /* the same, behind a balancer */
#define UDP_ROOM          (DNS_EDNS_UDP_MAX + 176)              /* octets to compose an answer in */
#define UDP_CONTROL_BYTES 64 /* one IP_PKTINFO or IPV6_PKTINFO, aligned */

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
    struct udp_slot slots[UDP_BATCH]; /* their parts name the room for each message */
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
    struct udp_sending *sending;
    bool is_ready;    /* something may be there to read */
    bool is_wildcard; /* the address asked comes with each message */
};

struct udp {
    struct evloop *loop; /* borrowed, as is: */
    struct stats_page *stats;
    struct udp_received *received;  /* shared by all listeners: the batch that is taken now */
    uint32_t received_count, taken; /* messages of it; those that udp_next() gave */
    uint32_t batches;               /* received of this listener in this turn */
    uint32_t reading;               /* the listener whose turn it is */
    uint32_t count;                 /* listeners */
    bool is_held;                   /* another process reads them */
    struct udp_listener listeners[CONFIG_LISTEN_MAX]; /* as in config.listen */
};

/**
 * Reserve the batches; fatal if there is no memory.
 *
 * @param message_max  octets received of a message: UDP_RECEIVED_MAX, or UDP_HEADED_MAX
 * @param loop, stats  borrowed for life
 */
void udp_reserve(struct udp *udp, uint32_t listeners, size_t message_max, struct evloop *loop,
                 struct stats_page *stats);

/** Serve a bound socket for config.listen[index]. @param fd  given away. */
MUST_CHECK enum status udp_listen(struct udp *udp, uint32_t index, int fd);

/** Leave the sockets alone, or read them again. Answers are sent in any case. */
void udp_hold(struct udp *udp, bool holds);

/** Read no more. */
void udp_stop(struct udp *udp);

/**
 * Take the next message of this turn.
 *
 * @param client   written: its addresses, transport and listener, and no balancer. A source that is no address has
 *                 none (ADDR_NONE, port 0).
 * @param message  written: borrowed until the next call
 * @param size     written: octets, 0..the most that udp_reserve() was told
 * @return false: there are none now, or each listener had UDP_BATCHES batches
 */
MUST_CHECK bool udp_next(struct udp *udp, struct query_client *client, const uint8_t **message,
                         size_t *size);

/** Is there no room for one more answer of this listener until udp_flush()? */
bool udp_is_full(const struct udp *udp, uint32_t listener);

/** Answers of this listener that wait for udp_flush(): the place of the next one. */
uint32_t udp_waiting(const struct udp *udp, uint32_t listener);

/** Where to compose the next answer of a listener: UDP_ROOM octets, valid until udp_send(). */
uint8_t *udp_room(struct udp *udp, uint32_t listener);

/** Put what was composed into the batch. @param why  given back by udp_flush() */
void udp_send(struct udp *udp, const struct query_client *client, size_t size, enum why why);

/**
 * Hand a listener's batch to the kernel. What it does not take is lost.
 *
 * @param why  written: how each of them ended, as told to udp_send(), or WHY_SEND_FAILED
 * @return answers, 0..UDP_BATCH
 */
uint32_t udp_flush(struct udp *udp, uint32_t listener, uint8_t why[UDP_BATCH]);
