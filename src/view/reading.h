/* reading.h - what the service says of itself at one moment, as plain numbers
 * SPDX-License-Identifier: ISC
 *
 * What: all statistics pages of all lanes and the service page. What stands in shared memory is read
 *       once, bounded, and not believed further.
 * Who:  whoever looks. Pure: pages and time are arguments.
 * Ref:  lane/stats.h, docs/VIEW.md.
 */
#pragma once

#include "base/status.h"
#include "lane/service_page.h"
#include "view/tally.h"

#include <stddef.h>

struct reading_upstream {
    char name[SERVICE_PAGE_NAME_MAX];
    unsigned pins;     /* configured */
    bool has_pins;     /* they count; else the CA alone does */
    unsigned pin_seen; /* 1 is the first; 0: none yet */
    enum stats_upstream_state state;
    enum stats_upstream_cause cause;
    uint64_t changed_us;     /* monotonic: of the state; 0: never */
    uint64_t tried_us;       /* while pages are added: when the lane whose state it is learnt it, */
    bool is_connected;       /* and whether it has a connection */
    uint64_t pin_changed_us; /* monotonic; 0: never */
    uint64_t connections;    /* ready now */
    uint64_t rtt_us;         /* mean of the lanes that measured; 0: none did */
    uint64_t lanes_measured; /* while pages are added: how many those are */
    uint64_t pin_mismatches;
    uint64_t rcodes[STATS_RCODES];     /* responses since the start */
    uint64_t ends_s;                   /* when the certificate ends, since 1970; 0: not known */
    uint64_t valid_days;               /* 1 + whole days until then; 0: not known */
    unsigned tls, cipher, group;       /* version, 0x0304, and IANA's numbers; 0: none yet */
    char shows[SERVICE_PAGE_NAME_MAX]; /* the key of a refused one; "": not told */
};

struct reading_route {                 /* names that are asked of the same upstreams */
    char name[SERVICE_PAGE_ROUTE_MAX]; /* the first of them; "": these are all other names */
    unsigned names;                    /* how many; 0: all others */
    uint32_t upstreams;                /* bit per upstream */
};

struct reading_process {
    uint64_t pid;        /* 0: none */
    uint64_t cpu_us;     /* processor time since the start, of those in its place before it too */
    uint64_t peak_bytes; /* the most memory that was resident; 0: not told */
};

struct reading_lane {
    uint64_t alive, queued;                   /* queries; of them, questions in line */
    uint64_t to_worker_bytes, to_front_bytes; /* in the rings */
    uint64_t connections;                     /* to upstreams, ready */
    uint64_t deaths;
    struct reading_process processes[SERVICE_PAGE_CHILDREN];
};

struct reading {
    uint64_t wall_s; /* since 1970, of the moment of the tally */
    struct tally tally;
    char host[SERVICE_PAGE_NAME_MAX], version[SERVICE_PAGE_VERSION_MAX];
    uint64_t started_us, started_s; /* of the service: monotonic; since 1970 */
    uint64_t config_s, config_hash; /* in force since then; equal where values are equal */
    uint64_t generation;
    uint64_t age_us; /* of what the supervisor wrote */
    enum service_page_phase phase;
    unsigned lanes, upstreams;
    unsigned serving; /* lanes whose front and worker serve */
    uint64_t queries_most, tcp_clients_most, cache_bytes_most; /* limits of one lane */
    uint64_t query_us;                                         /* timeouts.query */
    uint64_t deaths;                                           /* since the start */
    uint64_t died_us[SERVICE_PAGE_DEATHS]; /* the last ones, monotonic; 0: none */
    uint64_t reloads_refused;
    enum service_page_audit audit;                    /* the state of the audit log */
    uint64_t audit_lines, audit_lost, audit_left_out; /* since the start */
    struct service_page_head audit_head;              /* sequence 0: none, or not told */
    struct reading_upstream of_upstream[STATS_UPSTREAMS];
    unsigned routes; /* 1 or more; the first is that of all names that no other has */
    struct reading_route of_route[SERVICE_PAGE_ROUTES];
    struct reading_lane of_lane[SERVICE_PAGE_LANES];
    struct reading_process supervisor;   /* no pid is told */
    char network[SERVICE_PAGE_NAME_MAX]; /* that is most over its limit; "": not told */
};

/**
 * Begin with the service page.
 *
 * @param reading  written; what the pages do not tell (host, network, shown keys) is empty
 * @param page     borrowed for this call; @param bytes  how many of it can be read
 * @param at_us    monotonic, @param wall_s  since 1970: now
 * @return STATUS_OK; STATUS_INVALID: not a service page of this build
 */
MUST_CHECK enum status reading_begin(struct reading *reading, const struct service_page *page,
                                     size_t bytes, uint64_t at_us, uint64_t wall_s);

/**
 * Add the statistics page of one process. Then, when all were added, reading_end().
 *
 * @param page   borrowed for this call
 * @param lane   whose it is, below `reading->lanes` (another one is ignored)
 * @param place  in the lane: 0 the front, 1 the worker, 2 and 3 workers that were replaced
 */
void reading_add(struct reading *reading, const struct stats_page *page, unsigned lane,
                 unsigned place);
void reading_end(struct reading *reading);
