/* statistics.c - the numbers that SIGUSR1 asks for
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/statistics.h"

#include "base/lower.h"
#include "ipc/ipc.h"
#include "os/log.h"
#include "os/proc.h"
#include "supervisor/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELD_MAX 96 /* "name=value" with its space */

struct line { /* of one group, written when full and at its end */
    const char *group;
    char text[IPC_TEXT_MAX];
    size_t used;
};

static void
line_end(struct line *line)
{
    if (line->used > 0)
        log_write(LOG_NOTICE, LOG_STATISTICS, "%s%s", line->group, line->text);
    line->used = 0;
}

static void __attribute__((format(printf, 2, 3)))
line_add(struct line *line, const char *format, ...)
{
    va_list args;
    if (line->used + FIELD_MAX + strlen(line->group) >= sizeof line->text)
        line_end(line);
    line->text[line->used++] = ' ';
    va_start(args, format);
    int size = vsnprintf(line->text + line->used, FIELD_MAX, format, args);
    va_end(args);
    if (size > 0)
        line->used += size < FIELD_MAX ? (size_t)size : FIELD_MAX - 1;
}

static const struct stats_page *
page_of(const struct supervisor *sup, unsigned lane, enum child_role role)
{
    return sup->lanes[lane].children[role].stats;
}

/* The i-th of all children, each lane's worker of now before those that it has replaced. */
static const struct child *
child_at(const struct supervisor *sup, unsigned i)
{
    return &sup->lanes[i / SUPERVISOR_CHILDREN].children[i % SUPERVISOR_CHILDREN];
}

/* A row is counted in one kind of process, or says the same of both. */
static uint64_t
sum_of(const struct supervisor *sup, unsigned stat)
{
    uint64_t sum = 0;
    for (unsigned lane = 0; lane < sup->lanes_count; lane++)
        for (unsigned i = 0; i < SUPERVISOR_CHILDREN; i++)
            sum += stats_load(&sup->lanes[lane].children[i].stats->counts[stat]);
    return sum;
}

static void
log_counters(const struct supervisor *sup)
{
    struct line line = {.group = "counters"};
    char name[FIELD_MAX];
    for (unsigned i = 0; i < STATS_COUNT; i++)
        line_add(&line, "%s=%" PRIu64,
                 lower_name(stats_name((enum stats_counter)i), name, sizeof name), sum_of(sup, i));
    line_end(&line);
}

/* What waits where, of each lane: the bytes in the two rings and the questions before them. */
static void
log_queues(const struct supervisor *sup, unsigned lane)
{
    const struct stats_page *front = page_of(sup, lane, CHILD_FRONT);
    const struct stats_page *worker = page_of(sup, lane, CHILD_WORKER);
    struct line line = {.group = "queues"};
    line_add(&line, "lane=%u", lane);
    line_add(&line, "alive=%" PRIu64, stats_load(&front->counts[STAT_QUERIES_ALIVE]));
    line_add(&line, "queued=%" PRIu64, stats_load(&front->counts[STAT_QUESTIONS_QUEUED]));
    line_add(&line, "to_worker_bytes=%" PRIu64, stats_load(&worker->counts[STAT_RING_DEPTH]));
    line_add(&line, "to_front_bytes=%" PRIu64, stats_load(&front->counts[STAT_RING_DEPTH]));
    line_add(&line, "kernel_drops=%" PRIu64, report_kernel_drops(sup, lane));
    line_end(&line);
}

static void
log_ends(const struct supervisor *sup)
{
    struct line line = {.group = "ends"};
    char name[FIELD_MAX];
    for (unsigned i = 0; i < WHY_COUNT; i++) {
        uint64_t sum = 0;
        for (unsigned lane = 0; lane < sup->lanes_count; lane++)
            sum += stats_load(&page_of(sup, lane, CHILD_FRONT)->why[i]);
        line_add(&line, "%s=%" PRIu64, lower_name(why_name((enum why)i), name, sizeof name), sum);
    }
    line_end(&line);
}

/* What clients wait for is the group "latency"; a stage of it is called by its name. */
static void
log_latency(const struct supervisor *sup, enum stats_stage stage)
{
    struct stats_latency all = {0};
    char name[LOWER_ROOM], group[LOWER_ROOM + sizeof "_latency"];
    struct line line = {.group = stage == STATS_STAGE_ANSWER ? "latency" : group};
    snprintf(group, sizeof group, "%s_latency",
             lower_name(stats_stage_name(stage), name, sizeof name));
    for (unsigned at = 0; at < sup->lanes_count * SUPERVISOR_CHILDREN; at++) {
        const struct child *child = child_at(sup, at);
        for (unsigned i = 0; i < STATS_BUCKETS; i++)
            all.buckets[i] += stats_load(&child->stats->stages[stage].buckets[i]);
    }
    line_add(&line, "count=%" PRIu64, stats_latency_count(&all));
    line_add(&line, "p50_us=%" PRIu64, stats_latency_percentile(&all, 500));
    line_add(&line, "p90_us=%" PRIu64, stats_latency_percentile(&all, 900));
    line_add(&line, "p99_us=%" PRIu64, stats_latency_percentile(&all, 990));
    line_end(&line);
}

static const char *
tls_version(uint64_t tls)
{
    switch (tls >> 16 & 0xffff) {
    case 0x0304:
        return "1.3";
    case 0x0303:
        return "1.2";
    default:
        return "none";
    }
}

static void
log_upstream(const struct supervisor *sup, uint32_t index)
{
    struct line line = {.group = "upstream"};
    uint64_t sums[7] = {0}, rtt_us = 0, measured = 0, pin = 0, tls = 0, ends_s = 0;
    static const char *const names[] = {"connections", "queries",         "answers",
                                        "failures",    "handshakes_full", "handshakes_resumed",
                                        "pin_changes"};
    for (unsigned at = sup->lanes_count * SUPERVISOR_CHILDREN; at-- > 0;) { /* now comes last */
        const struct child *child = child_at(sup, at);
        const struct stats_upstream *up = &child->stats->upstreams[index];
        if (child->role != CHILD_WORKER)
            continue;
        const _Atomic uint64_t *const values[] = {&up->connections,     &up->queries,
                                                  &up->answers,         &up->failures,
                                                  &up->handshakes_full, &up->handshakes_resumed,
                                                  &up->pin_changes};
        for (size_t i = 0; i < 7; i++)
            sums[i] += stats_load(values[i]);
        measured += stats_load(&up->rtt_us) > 0;
        rtt_us += stats_load(&up->rtt_us);
        pin = stats_load(&up->pin_seen) > 0 ? stats_load(&up->pin_seen) : pin;
        ends_s = stats_load(&up->ends_s) > 0 ? stats_load(&up->ends_s) : ends_s;
        tls = stats_load(&up->tls) > 0 ? stats_load(&up->tls) : tls;
    }
    line_add(&line, "name=%s", sup->config.upstreams[index].name);
    for (size_t i = 0; i < 7; i++)
        line_add(&line, "%s=%" PRIu64, names[i], sums[i]);
    line_add(&line, "rtt_us=%" PRIu64, measured > 0 ? rtt_us / measured : 0);
    line_add(&line, "pin=%" PRIu64, pin); /* which of the configured, from 1; 0: none yet */
    if (ends_s > 0)                       /* whole days until the certificate ends */
        line_add(&line, "valid_days=%" PRIu64,
                 ends_s > sup->loop.wall_s ? (ends_s - sup->loop.wall_s) / 86400 : 0);
    line_add(&line, "tls=%s", tls_version(tls));
    line_add(&line, "cipher=0x%04x", (unsigned)(tls & 0xffff));
    line_end(&line);
}

/*
 * The kernel tells PSS to a process that may trace the other. Only root may trace the children, so
 * what we see of them is what every process sees: resident pages, and how many are shared. A service
 * manager may hide even that (ProtectProc); what a process says of itself is always there.
 */
static void
log_memory(const char *name, pid_t pid, uint64_t peak_bytes)
{
    struct line line = {.group = "process"};
    char text[2048];
    line_add(&line, "name=%s", name);
    line_add(&line, "pid=%d", (int)pid);
    if (proc_read(pid, "smaps_rollup", text, sizeof text)) {
        line_add(&line, "rss_kib=%ld", proc_number(text, "Rss", 10));
        line_add(&line, "pss_kib=%ld", proc_number(text, "Pss", 10));
    } else if (proc_read(pid, "statm", text, sizeof text)) {
        long page_kib = sysconf(_SC_PAGESIZE) / 1024;
        char *at = text;
        (void)strtol(at, &at, 10); /* the size of the address space says nothing */
        long resident = strtol(at, &at, 10);
        long shared = strtol(at, &at, 10);
        line_add(&line, "rss_kib=%ld", resident * page_kib);
        line_add(&line, "shared_kib=%ld", shared * page_kib);
    }
    line_add(&line, "peak_kib=%" PRIu64, peak_bytes / 1024);
    line_end(&line);
}

static void
log_supervisor(const struct supervisor *sup)
{
    struct line line = {.group = "supervisor"};
    uint64_t done = 0, refused = 0, deaths = 0;
    for (unsigned lane = 0; lane < sup->lanes_count; lane++) {
        done += sup->lanes[lane].dials_done;
        refused += sup->lanes[lane].dials_refused;
        deaths += sup->lanes[lane].deaths;
    }
    line_add(&line, "lanes=%u", sup->lanes_count);
    line_add(&line, "dials=%" PRIu64, done);
    line_add(&line, "dials_refused=%" PRIu64, refused);
    line_add(&line, "deaths=%" PRIu64, deaths);
    line_end(&line);
}

void
statistics_log(const struct supervisor *sup)
{
    log_counters(sup);
    log_ends(sup);
    for (unsigned i = 0; i < STATS_STAGES; i++)
        log_latency(sup, (enum stats_stage)i);
    for (unsigned i = 0; i < sup->lanes_count; i++)
        log_queues(sup, i);
    for (uint32_t i = 0; i < sup->config.upstreams_count; i++)
        log_upstream(sup, i);
    log_supervisor(sup);
    log_memory("supervisor", getpid(), stats_load(&sup->page->memory_peak_bytes));
    for (unsigned i = 0; i < sup->lanes_count * SUPERVISOR_CHILDREN; i++) {
        const struct child *child = child_at(sup, i);
        if (child->pid != 0)
            log_memory(child->name, child->pid,
                       stats_load(&child->stats->counts[STAT_MEMORY_PEAK_BYTES]));
    }
}
