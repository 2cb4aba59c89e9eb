/* tcp.h - messages over TCP
 * SPDX-License-Identifier: ISC
 *
 * What: a fixed table of connections. Many queries may wait on one, answers leave as they come.
 *       For each client we keep one input buffer and, from a shared pool, one output buffer; a
 *       client that reads too slowly for that is cut off.
 * Who:  front: the turn takes messages and settles connections, deliver.c answers.
 * Ref:  RFC 7766; docs/LIMITS.md "tcp".
 */
#pragma once

#include "base/list.h"
#include "front/balancers.h"
#include "front/rate.h"
#include "front/source.h"
#include "gate/crowd.h"
#include "gate/pacer.h"
#include "os/clock.h"
#include "os/evloop.h"

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
#define TCP_DRAINS        8    /* reads of what is not taken any more, before the close */
#define TCP_EVICT_LOOK    64   /* connections idle longest, of which one makes room */
#define TCP_NEW_BURST_S   4    /* seconds' worth of new connections at once, after quiet time */
#define TCP_NETWORKS      4096 /* whose new connections are counted */
#define TCP_SETTLED_MS    1000 /* idle so long, a connection makes room for others of its client */
#define TCP_PARKED        256  /* accepted connections that wait until they may come */
#define TCP_PARKED_MS     4000 /* each of them at most */
#define TCP_GREETINGS     256  /* connections of balancers whose PROXY header is awaited */
#define TCP_LOOK_MS       10   /* between two looks at those */
#define TCP_PAUSE_MS      100  /* without accepting, after the kernel had no descriptor or memory */
#define TCP_SEND_BYTES    (64 * 1024) /* kernel's buffer per connection, so it cannot grow there */
#define TCP_RECEIVE_BYTES (16 * 1024)

/* What a connection is waited for at most; each kind is one list in order of time. */
enum tcp_timer {
    TCP_TIMER_IDLE,
    TCP_TIMER_MESSAGE,
    TCP_TIMER_STALL,
    TCP_TIMERS,
    TCP_TIMER_NONE = TCP_TIMERS,
};

struct tcp;

struct tcp_connection {
    struct ev_source source;
    struct tcp *tcp;         /* the table it is in, for its handler */
    struct addr addr;        /* the client's */
    struct addr balancer;    /* that named it, or ADDR_NONE */
    uint64_t armed_us;       /* when its timer began */
    uint32_t generation;     /* odd: open */
    struct list_links timed; /* of its timer's list, or of the free list */
    struct list_links read;  /* of the list to read */
    struct list_links touch; /* of the list to settle */
    uint32_t output;         /* index in the pool, 0 none */
    uint32_t taken;          /* messages, since it opened */
    uint16_t input_most;     /* octets of the input buffer that were ever in use, to be wiped */
    uint16_t input_size;     /* octets received and not yet let go, */
    uint16_t input_at;       /* of which so many were taken */
    uint16_t waiting;        /* queries that wait for an answer */
    uint8_t listener;
    bool is_datagram;    /* a balancer's, for a client that asked it over UDP */
    uint8_t timer;       /* enum tcp_timer */
    uint8_t reads;       /* since a message was taken last, at most TCP_READS_MAX */
    uint8_t refused;     /* queries over the rate, at most TCP_REFUSED_MAX */
    bool is_readable;    /* the kernel has octets for it */
    bool is_paused;      /* TCP_WAITING_MAX was reached */
    bool has_ended;      /* the client shut its side; it may still take answers */
    bool is_over;        /* what is no query, or all it may send, has come: nothing more is taken */
    bool is_doomed;      /* closed when the turn ends; nothing more is sent */
    bool took_a_message; /* since it was settled last */
};

struct tcp_output {
    uint32_t start, end; /* octets in use */
    uint32_t next;       /* free list */
};

struct tcp_listener {
    struct ev_source source;
    bool is_ready;      /* connections may be there to accept */
    bool *any_is_ready; /* of all listeners */
};

struct tcp_parked {
    struct addr addr;
    struct addr balancer; /* that named it, or ADDR_NONE */
    uint64_t since_us;
    int fd;
    struct list_links links; /* in order of coming, or of the free list */
    uint8_t listener;
    bool has_rate;    /* it was within its network's rate: it only waits for room */
    bool is_datagram; /* a balancer's, for a client that asked it over UDP */
};

struct tcp_park {
    struct tcp_parked slots[TCP_PARKED + 1]; /* [0] is never used */
    struct crowd held;                       /* of each network */
    struct list order, free;
    uint32_t count, touched; /* parked now; slots ever used */
    uint64_t look_us;        /* when they are looked at next */
    uint32_t look_at;        /* a look goes on with this one; 0: none is under way */
};

struct tcp_greeting { /* a connection of a balancer that has not said for whom it is */
    struct ev_source source;
    struct tcp *tcp; /* the table it is in, for its handler */
    uint64_t since_us;
    struct addr balancer;
    struct list_links links; /* in order of coming, or of the free list */
    struct list_links read;  /* of those that may have octets */
    uint16_t size;           /* octets of its header that came */
    uint8_t listener;
    uint8_t octets[PROXY_HEADER_MAX];
};

struct tcp_greetings {
    struct tcp_greeting *slots; /* [0] is never used */
    struct crowd held;          /* of each balancer's network */
    struct list order, free, ready;
    uint32_t count, touched; /* awaited now; slots ever used */
};

struct tcp_parts { /* what TCP works with; borrowed for life */
    struct evloop *loop;
    struct stats_page *stats;
    const struct rate *rate;
    struct source *source;
    struct balancers *balancers;
};

struct tcp {
    struct tcp_parts parts;
    const struct config *config;        /* borrowed */
    struct tcp_connection *connections; /* [0] is never used */
    uint8_t (*inputs)[TCP_INPUT_BYTES];
    uint8_t (*output_bytes)[TCP_OUTPUT_BYTES];
    struct tcp_output outputs[TCP_OUTPUTS + 1]; /* [0] is never used */
    uint32_t outputs_touched, outputs_free;
    uint32_t count, touched, open; /* connections: at most, ever used, open */
    struct list free;              /* connections */
    struct list to_read;           /* those that may have messages to take */
    struct list to_settle;         /* those touched in this turn */
    struct list timers[TCP_TIMERS];
    struct tcp_listener listeners[CONFIG_LISTEN_MAX];
    bool has_arrivals;            /* some listener or greeting is ready */
    uint32_t accepting, accepted; /* the listener whose turn it is; of it in this turn */
    uint64_t accept_again_us;     /* 0: accepting */
    bool is_held;                 /* another process accepts */
    bool is_stopped;              /* nothing is accepted or read any more */
    struct networks networks;     /* those that have a connection, open or parked */
    struct crowd held;            /* connections; CROWD_A: idle, CROWD_B: the others */
    struct pacer arrivals;        /* new connections of each network; an octet is a connection */
    struct tcp_park park;
    struct tcp_greetings greetings;
    ev_handler *ready; /* of connections */
};

/** Reserve the tables and take up a configuration; fatal if there is no memory. */
void tcp_reserve(struct tcp *tcp, const struct config *config, const struct tcp_parts *parts);

/** Take up another configuration, after rate_change(). */
void tcp_change(struct tcp *tcp, const struct config *config);

/** Accept and read no more; connections end once their answers are out. */
void tcp_stop(struct tcp *tcp);

/**
 * Take the next message: of connections that can be read, and of those that had to wait and have
 * room for more now.
 *
 * @param client   written
 * @param message  written: borrowed until the next call; `size` octets
 * @return false: there are none now
 */
MUST_CHECK bool tcp_next(struct tcp *tcp, struct query_client *client, const uint8_t **message,
                         size_t *size);

/** Where to compose an answer: `size` octets. NULL: the connection is gone or does not read. */
uint8_t *tcp_room(struct tcp *tcp, const struct query_client *client, size_t size);

/** Send what was composed in tcp_room(), now or when the turn ends. */
void tcp_send(struct tcp *tcp, const struct query_client *client, size_t size);

/** A message of this connection came to its end. May name a connection that is gone. */
void tcp_done(struct tcp *tcp, const struct query_client *client);

/** Read no more from a connection that sends what is no query. */
void tcp_distrust(struct tcp *tcp, const struct query_client *client);

/** It asked for more than it may: end it if that happens too often. */
void tcp_refused(struct tcp *tcp, const struct query_client *client);

/** Last act of a turn: send, close, choose what to wait for. */
void tcp_settle(struct tcp *tcp, const struct clock_time *now);

/** When something of TCP has to be done next, monotonic µs; UINT64_MAX: never. */
uint64_t tcp_deadline_us(const struct tcp *tcp);
