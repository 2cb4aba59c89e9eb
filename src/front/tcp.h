/* tcp.h - messages over TCP
 * SPDX-License-Identifier: ISC
 *
 * What: a fixed table of connections. Many queries may wait on one, answers leave as they come.
 *       Nobody makes us keep more than one input buffer and, from a shared pool, one output buffer
 *       for him; who reads too slowly for that is cut off.
 * Who:  front.
 * Ref:  RFC 7766; docs/LIMITS.md "tcp".
 */
#pragma once

#include "conf/config.h"
#include "gate/crowd.h"
#include "gate/pacer.h"
#include "lane/query.h"
#include "os/evloop.h"

struct front;

#define TCP_MESSAGE_MAX   4096 /* octets of a query */
#define TCP_INPUT_BYTES   (2 + TCP_MESSAGE_MAX)
#define TCP_WAITING_MAX   64           /* queries waiting on one connection; then we stop reading */
#define TCP_ACCEPT_BATCH  64           /* connections accepted per listener and turn */
#define TCP_OUTPUTS       64           /* output buffers in the pool */
#define TCP_OUTPUT_BYTES  (132 * 1024) /* two answers of 65,535 octets */
#define TCP_STALL_MS      5000         /* for a client to take what waits in its output buffer */
#define TCP_READS_MAX     64           /* reads for one message; a query fits in one segment */
#define TCP_REFUSED_MAX   128          /* queries over the rate; then the connection ends */
#define TCP_IDLE_SHARE    8    /* an eighth of the idle time is left when the table is full */
#define TCP_DRAINS        8    /* reads of what a connection sent in vain, before it is closed */
#define TCP_EVICT_LOOK    64   /* connections idle longest, of which one makes room */
#define TCP_NEW_BURST_S   4    /* seconds' worth of new connections at once, after quiet time */
#define TCP_NETWORKS      4096 /* whose new connections are counted */
#define TCP_SETTLED_MS    1000 /* idle so long, a connection makes room for others of its client */
#define TCP_PARKED        256  /* accepted connections that wait until they may come */
#define TCP_PARKED_MS     4000 /* each of them at most */
#define TCP_LOOK_MS       10   /* between two looks at those */
#define TCP_PAUSE_MS      100  /* without accepting, after the kernel had no descriptor or memory */
#define TCP_SEND_BYTES    (64 * 1024) /* kernel's buffer per connection, so it cannot grow there */
#define TCP_RECEIVE_BYTES (16 * 1024)

enum tcp_timer { /* what a connection is waited for at most; each kind is one list in order of time
                  */
                 TCP_TIMER_IDLE,
                 TCP_TIMER_MESSAGE,
                 TCP_TIMER_STALL,
                 TCP_TIMERS,
                 TCP_TIMER_NONE = TCP_TIMERS,
};

struct tcp_connection {
    struct ev_source source;
    struct front *front;
    struct addr addr;        /* the client's */
    uint64_t armed_us;       /* when its timer began */
    uint32_t generation;     /* odd: open */
    uint32_t previous, next; /* of its timer's list; next: of the free list */
    uint32_t touched_next;   /* of the list to settle */
    uint32_t output;         /* index in the pool, 0 none */
    uint32_t taken;          /* messages, since it opened */
    uint16_t input_most;     /* octets of the input buffer that were ever in use, to be wiped */
    uint16_t input_size;     /* octets received and not yet taken */
    uint16_t waiting;        /* queries that wait for an answer */
    uint8_t listener;
    uint8_t timer;   /* enum tcp_timer */
    uint8_t reads;   /* since a message was taken last, at most TCP_READS_MAX */
    uint8_t refused; /* queries over the rate, at most TCP_REFUSED_MAX */
    bool is_touched; /* in the list to settle */
    bool is_paused;  /* TCP_WAITING_MAX was reached */
    bool has_ended;  /* the client shut its side; it may still take answers */
    bool is_over; /* it sent what is no query, or had its share; nothing more of it is looked at */
    bool is_doomed;      /* closed when the turn ends; nothing more is sent */
    bool took_a_message; /* since it was settled last */
};

struct tcp_output {
    uint32_t start, end; /* octets in use */
    uint32_t next;       /* free list */
};

struct tcp_listener {
    struct ev_source source;
    struct front *front;
    uint8_t index;
};

struct tcp_parked {
    struct addr addr;
    uint64_t since_us;
    int fd;
    uint32_t previous, next; /* in order of coming; next: of the free list */
    uint8_t listener;
    bool has_rate; /* it was within its network's rate: it only waits for room */
};

struct tcp_park {
    struct tcp_parked slots[TCP_PARKED + 1]; /* [0] is never used */
    struct crowd held;                       /* of each network */
    uint32_t count, touched, free;
    uint32_t first, last;
    uint64_t look_us; /* when they are looked at next */
};

struct tcp {
    struct tcp_connection *connections; /* [0] is never used */
    uint8_t (*inputs)[TCP_INPUT_BYTES];
    uint8_t (*output_bytes)[TCP_OUTPUT_BYTES];
    struct tcp_output outputs[TCP_OUTPUTS + 1]; /* [0] is never used */
    uint32_t outputs_touched, outputs_free;
    uint32_t count, touched, free, open; /* connections: at most, ever used, free list, open */
    uint32_t to_settle;                  /* connections touched in this turn */
    struct {
        uint32_t first, last;
    } timers[TCP_TIMERS];
    struct tcp_listener listeners[CONFIG_LISTEN_MAX];
    uint64_t accept_again_us; /* 0: accepting */
    struct networks networks; /* those that have a connection, open or parked */
    struct crowd held;        /* connections; CROWD_A: idle, CROWD_B: the others */
    struct pacer arrivals;    /* new connections of each network; an octet is a connection */
    struct tcp_park park;
    ev_handler *ready; /* of connections */
};

/** Reserve the tables; fatal if there is no memory. */
void tcp_reserve(struct front *front);

/** Serve a listening socket for config.listen[index]. @param fd  given away. */
MUST_CHECK enum status tcp_listen(struct front *front, uint32_t index, int fd);

/** Accept and read no more; connections end once their answers are out. */
void tcp_stop(struct front *front);

/** Where to compose an answer: `size` octets. NULL: the connection is gone or does not read. */
uint8_t *tcp_room(struct front *front, const struct query_client *client, size_t size);

/** Send what was composed in tcp_room(), now or when the turn ends. */
void tcp_send(struct front *front, const struct query_client *client, size_t size);

/** A message of this connection came to its end. May name a connection that is gone. */
void tcp_done(struct front *front, const struct query_client *client);

/** Read no more from a connection that sends what is no query. */
void tcp_distrust(struct front *front, const struct query_client *client);

/** It asked for more than it may: end it if that happens too often. */
void tcp_refused(struct front *front, const struct query_client *client);

/** How long a connection may be idle now: all of config.tcp_idle while half of the table is free,
 * then less and less. In ms. */
uint32_t tcp_idle_ms(const struct front *front);

/** Take up front->config after it changed. */
void tcp_change(struct front *front);

/** End connections whose time is up. */
void tcp_expire(struct front *front);

/** Accept again after a pause that is over, and let those in that wait. */
void tcp_resume(struct front *front);

/** Last act of a turn: take messages that had to wait, send, close, choose what to wait for. */
void tcp_settle(struct front *front);

/** When tcp_expire() or tcp_resume() has work next, monotonic µs; UINT64_MAX: never. */
uint64_t tcp_deadline_us(const struct front *front);
