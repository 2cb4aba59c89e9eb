/* service_page.h - what the supervisor tells of the service: processes, limits, configuration
 * SPDX-License-Identifier: ISC
 *
 * What: one page of shared memory that the supervisor alone writes, beside the statistics pages of
 *       its children. Who may look gets it read-only and copies it at a pace of its own. Members
 *       that are atomic change; all others are written before anybody is handed the page, and never
 *       again: another configuration is told of on another page. A reader believes nothing but
 *       numbers within the bounds below. No client and no address stands here.
 * Who:  supervisor (report.c) writes; whoever reads statistics over the control socket reads. Pure.
 * Ref:  lane/stats.h; docs/LIMITS.md "supervisor".
 */
#pragma once

#include "lane/stats.h"

#include <stddef.h>
#include <string.h>

#define SERVICE_PAGE_MAGIC       UINT64_C(0x70656e73746f636b) /* "penstock" */
#define SERVICE_PAGE_LANES       16                           /* CONFIG_LANES_MAX */
#define SERVICE_PAGE_CHILDREN    4  /* places of a lane: front, worker, two workers replaced */
#define SERVICE_PAGE_NAME_MAX    64 /* an upstream's name with its NUL */
#define SERVICE_PAGE_VERSION_MAX 32 /* with its NUL */
#define SERVICE_PAGE_DEATHS      8  /* so many of the last ones are told with their times */
#define SERVICE_PAGE_LISTS       2 /* IPC_LISTS: names that are blocked, and allowed all the same */
#define SERVICE_PAGE_LIST_FILES  16  /* CONFIG_LISTS_MAX: files of each */
#define SERVICE_PAGE_SUM         32  /* octets of a SHA-256 */
#define SERVICE_PAGE_ROUTES      33  /* ROUTES_GROUPS_MAX */
#define SERVICE_PAGE_ROUTE_MAX   256 /* a domain name with its NUL */

/* Of a child; those of a place without a process: GONE. */
enum service_page_state {
    SERVICE_PAGE_GONE,
    SERVICE_PAGE_STARTING, /* spawned, serves not yet */
    SERVICE_PAGE_READY,    /* serves */
    SERVICE_PAGE_DRAINING, /* answers what it was asked, then ends */
    SERVICE_PAGE_KILLED,   /* was killed; its end is waited for */
};

enum service_page_phase { SERVICE_PAGE_BEGINS, SERVICE_PAGE_RUNS, SERVICE_PAGE_STOPS };

enum service_page_audit { /* the audit log */
                          SERVICE_PAGE_AUDIT_OFF,
                          SERVICE_PAGE_AUDIT_WAITS, /* for another process that writes to it */
                          SERVICE_PAGE_AUDIT_WRITES,
                          SERVICE_PAGE_AUDIT_FAILS, /* the last line, or the disk's promise to keep it */
};

#define SERVICE_PAGE_HEAD_WORDS 5 /* a number and a SHA-256 */

struct service_page_child {
    _Atomic uint64_t state;      /* enum service_page_state */
    _Atomic uint64_t pid;        /* 0: none */
    _Atomic uint64_t started_us; /* monotonic: its process was spawned; 0: none ever */
    _Atomic uint64_t deaths;     /* processes of this place that ended unasked, since the start */
};

struct service_page_lane {
    struct service_page_child children[SERVICE_PAGE_CHILDREN];
    _Atomic uint64_t dials, dials_refused; /* connections to upstreams, since the start */
    _Atomic uint64_t kernel_drops; /* datagrams that no front could read, modulo 2^32 a socket */
};

struct service_page_upstream {
    char name[SERVICE_PAGE_NAME_MAX]; /* NUL-terminated, of letters, digits, . _ - */
    uint64_t pins;                    /* configured, 0 to 8 */
    uint64_t verify;                  /* enum config_verify: 0 pin+ca, 1 pin, 2 ca */
};

struct service_page_route {            /* names that are asked of the same upstreams */
    char name[SERVICE_PAGE_ROUTE_MAX]; /* the first of them; "": these are all other names */
    uint64_t names;                    /* how many those are, each with all below; 0: all others */
    uint64_t upstreams;                /* bit per upstream */
};

struct service_page {
    /* --- never changes */
    uint64_t magic;       /* SERVICE_PAGE_MAGIC */
    uint64_t bytes;       /* sizeof(struct service_page) */
    uint64_t stats_bytes; /* sizeof(struct stats_page) */
    char version[SERVICE_PAGE_VERSION_MAX];

    uint64_t started_us, started_s; /* of the service: monotonic; wall clock, since 1970 */
    uint64_t config_us, config_s;   /* when this configuration came into force, likewise */
    uint64_t config_number;         /* 1: that of the start; each reload counts one up */
    uint64_t config_hash; /* of its values as read, without secrets: equal where they are equal */

    uint64_t lanes;       /* 1 to SERVICE_PAGE_LANES */
    uint64_t upstreams;   /* 1 to STATS_UPSTREAMS */
    uint64_t queries;     /* limits.queries, per lane */
    uint64_t tcp_clients; /* limits.tcp_clients, per lane */
    uint64_t cache_bytes; /* cache.size, per lane; 0: no cache */
    uint64_t query_ms;    /* timeouts.query */
    struct service_page_upstream of_upstream[STATS_UPSTREAMS];
    uint64_t
        routes; /* 1 to SERVICE_PAGE_ROUTES; the first is that of all names that no other has */
    struct service_page_route of_route[SERVICE_PAGE_ROUTES];

    /* --- changes */
    _Atomic uint64_t generation; /* another one: pages were replaced, ask for them again */
    _Atomic uint64_t cpu_user_us, cpu_system_us,
        memory_peak_bytes;       /* of the supervisor: os/usage.h */
    _Atomic uint64_t updated_us; /* monotonic: the supervisor looked here last; about each second */
    _Atomic uint64_t phase;      /* enum service_page_phase */
    _Atomic uint64_t reloads_refused, refused_us; /* since the start; the last one, monotonic */
    _Atomic uint64_t deaths;                      /* of all children, since the start */
    /* when the last ones died, monotonic: number n at n % SERVICE_PAGE_DEATHS, from 0 on */
    _Atomic uint64_t died_us[SERVICE_PAGE_DEATHS];
    /* datagrams that no front read: there was no room; the filter of the kernel took them */
    _Atomic uint64_t no_room, filtered;
    _Atomic uint64_t clients_refused, clients_dropped; /* of the control socket, since the start */
    _Atomic uint64_t audit_state;                      /* enum service_page_audit */
    /* lines since the start: written; lost; left out to bound their rate */
    _Atomic uint64_t audit_lines, audit_lost, audit_left_out;
    /* its heads that were told; the last one stands at number % 2, see service_page_audit_head() */
    _Atomic uint64_t audit_number;
    _Atomic uint64_t audit_heads[2][SERVICE_PAGE_HEAD_WORDS];
    struct service_page_lane of_lane[SERVICE_PAGE_LANES];

    /* --- never changes: files that belong to this configuration, as they were read */
    uint64_t has_ca;                         /* 1; 0: no upstream needs one, and the sum is zero */
    uint64_t list_files[SERVICE_PAGE_LISTS]; /* 0 to SERVICE_PAGE_LIST_FILES, as configured */
    uint8_t ca_sum[SERVICE_PAGE_SUM];
    uint8_t list_sums[SERVICE_PAGE_LISTS][SERVICE_PAGE_LIST_FILES][SERVICE_PAGE_SUM];
};

struct service_page_head { /* of the audit log: its last line */
    uint64_t sequence;     /* 0: there is none */
    uint8_t sum[32];       /* SHA-256 */
};

/** Writer: it has another head. */
static inline void
service_page_tell_head(struct service_page *page, const struct service_page_head *head)
{
    uint64_t words[SERVICE_PAGE_HEAD_WORDS] = {head->sequence};
    uint64_t number = stats_load(&page->audit_number) + 1;
    memcpy(&words[1], head->sum, sizeof head->sum);
    atomic_thread_fence(
        memory_order_release); /* the number before is seen before this is written */
    for (unsigned i = 0; i < SERVICE_PAGE_HEAD_WORDS; i++)
        stats_store(&page->audit_heads[number % 2][i], words[i]);
    atomic_store_explicit(&page->audit_number, number, memory_order_release);
}

/** Reader: the last one, as one. @return false: there was another one meanwhile, look again */
static inline bool
service_page_audit_head(const struct service_page *page, struct service_page_head *head)
{
    uint64_t words[SERVICE_PAGE_HEAD_WORDS];
    uint64_t number = atomic_load_explicit(&page->audit_number, memory_order_acquire);
    for (unsigned i = 0; i < SERVICE_PAGE_HEAD_WORDS; i++)
        words[i] = stats_load(&page->audit_heads[number % 2][i]);
    head->sequence = words[0];
    memcpy(head->sum, &words[1], sizeof head->sum);
    atomic_thread_fence(memory_order_acquire);
    return stats_load(&page->audit_number) == number;
}

/* All pages, as who looks has them mapped for reading. */
struct service_page_set { /* all zero: none yet */
    const struct service_page *service;
    const void *history; /* view/chronicle.h; NULL: none */
    size_t history_bytes;
    /* NULL: no process of this place ever served */
    const struct stats_page *stats[SERVICE_PAGE_LANES][SERVICE_PAGE_CHILDREN];
};
