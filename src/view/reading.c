/* reading.c - what the service says of itself at one moment, as plain numbers
 * SPDX-License-Identifier: ISC
 */
#include "view/reading.h"

#include <string.h>

#define FRONT         0
#define WORKER        1
#define VERIFY_CA     2   /* enum config_verify: pins do not count */
#define PINS_MOST     8   /* CONFIG_PINS_MAX */
#define NAMES_MOST    512 /* CONFIG_ROUTES_MAX * CONFIG_ROUTE_NAMES */
#define DAY_S         86400
#define END_MOST      UINT64_C(253402300799)    /* 31 December 9999 */
#define HEAD_TRIES    4                         /* times that it is copied while it is written to */
#define SEQUENCE_MOST ((UINT64_C(1) << 53) - 1) /* AUDIT_NUMBER_MOST */
#define HASH_BEGIN    UINT64_C(14695981039346656037) /* FNV-1a, 64 bits */
#define HASH_FACTOR   UINT64_C(1099511628211)

static uint64_t
at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

/* Text of a page: what is no letter, digit or mark of a name becomes "?". */
static void
copy_name(char *to, const char *from, size_t size)
{
    size_t i = 0;
    for (; i + 1 < size; i++) {
        char c = ((const volatile char *)from)[i]; /* read once: the page may change meanwhile */
        bool is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       strchr("._-+~", c) != NULL;
        if (c == '\0')
            break;
        to[i] = (char)(is_name ? c : '?');
    }
    to[i] = '\0';
}

static uint64_t
hash_name(uint64_t hash, const char *name)
{
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * HASH_FACTOR;
    return (hash ^ 0xff) * HASH_FACTOR; /* where a name ends counts too */
}

static void
begin_upstreams(struct reading *reading, const struct service_page *page)
{
    reading->tally.upstreams_id = HASH_BEGIN;
    reading->upstreams = (unsigned)at_most(page->upstreams, STATS_UPSTREAMS);
    for (unsigned i = 0; i < reading->upstreams; i++) {
        struct reading_upstream *upstream = &reading->of_upstream[i];
        copy_name(upstream->name, page->of_upstream[i].name, sizeof upstream->name);
        upstream->pins = (unsigned)at_most(page->of_upstream[i].pins, PINS_MOST);
        upstream->has_pins = page->of_upstream[i].verify != VERIFY_CA && upstream->pins > 0;
        reading->tally.upstreams_id = hash_name(reading->tally.upstreams_id, upstream->name);
    }
}

static void
begin_routes(struct reading *reading, const struct service_page *page)
{
    uint32_t all = (uint32_t)((UINT64_C(1) << reading->upstreams) - 1);
    reading->routes = (unsigned)at_most(page->routes, SERVICE_PAGE_ROUTES);
    for (unsigned i = 0; i < reading->routes; i++) {
        struct reading_route *route = &reading->of_route[i];
        copy_name(route->name, page->of_route[i].name, sizeof route->name);
        route->names = (unsigned)at_most(page->of_route[i].names, NAMES_MOST);
        route->upstreams = (uint32_t)page->of_route[i].upstreams & all;
    }
    if (reading->routes == 0) { /* none is told of: all names are asked of all */
        reading->routes = 1;
        reading->of_route[0].upstreams = all;
    }
}

static void
begin_lanes(struct reading *reading, const struct service_page *page)
{
    reading->lanes = (unsigned)at_most(page->lanes, SERVICE_PAGE_LANES);
    for (unsigned i = 0; i < reading->lanes; i++) {
        const struct service_page_lane *lane = &page->of_lane[i];
        for (unsigned place = 0; place < SERVICE_PAGE_CHILDREN; place++) {
            reading->of_lane[i].processes[place].pid = stats_load(&lane->children[place].pid);
            reading->of_lane[i].deaths += stats_load(&lane->children[place].deaths);
        }
        reading->serving += stats_load(&lane->children[FRONT].state) == SERVICE_PAGE_READY &&
                            stats_load(&lane->children[WORKER].state) == SERVICE_PAGE_READY;
    }
}

static void
begin_supervisor(struct reading *reading, const struct service_page *page)
{
    reading->supervisor.cpu_us = stats_load(&page->cpu_user_us) + stats_load(&page->cpu_system_us);
    reading->supervisor.peak_bytes = stats_load(&page->memory_peak_bytes);
    reading->tally.cpu_us = reading->tally.cpu_supervisor_us = reading->supervisor.cpu_us;
}

static void
begin_deaths(struct reading *reading, const struct service_page *page)
{
    reading->deaths = stats_load(&page->deaths);
    uint64_t told = at_most(reading->deaths, SERVICE_PAGE_DEATHS);
    for (unsigned i = 0; i < told; i++)
        reading->died_us[i] = stats_load(&page->died_us[i]);
}

static void
begin_audit(struct reading *reading, const struct service_page *page)
{
    uint64_t state = stats_load(&page->audit_state);
    reading->audit = (enum service_page_audit)at_most(state, SERVICE_PAGE_AUDIT_FAILS);
    reading->audit_lines = stats_load(&page->audit_lines);
    reading->audit_lost = stats_load(&page->audit_lost);
    reading->audit_left_out = stats_load(&page->audit_left_out);
    bool is_whole = false;
    for (unsigned i = 0; i < HEAD_TRIES && !is_whole; i++)
        is_whole = service_page_audit_head(page, &reading->audit_head);
    if (!is_whole || reading->audit_head.sequence > SEQUENCE_MOST)
        reading->audit_head.sequence = 0;
}

enum status
reading_begin(struct reading *reading, const struct service_page *page, size_t bytes,
              uint64_t at_us, uint64_t wall_s)
{
    memset(reading, 0, sizeof *reading);
    if (bytes < sizeof *page || page->magic != SERVICE_PAGE_MAGIC || page->bytes != sizeof *page ||
        page->stats_bytes != sizeof(struct stats_page))
        return STATUS_INVALID;
    uint64_t updated_us = stats_load(&page->updated_us), phase = stats_load(&page->phase);
    reading->tally.at_us = at_us;
    reading->wall_s = wall_s;
    copy_name(reading->version, page->version, sizeof reading->version);
    reading->started_us = at_most(page->started_us, at_us);
    reading->started_s = page->started_s;
    reading->config_s = page->config_s;
    reading->config_hash = page->config_hash;
    reading->generation = stats_load(&page->generation);
    reading->age_us = updated_us < at_us ? at_us - updated_us : 0;
    reading->phase = (enum service_page_phase)at_most(phase, SERVICE_PAGE_STOPS);
    reading->queries_most = at_most(page->queries, UINT32_MAX);
    reading->tcp_clients_most = at_most(page->tcp_clients, UINT32_MAX);
    reading->cache_bytes_most = at_most(page->cache_bytes, UINT64_C(1) << 40);
    reading->query_us = at_most(page->query_ms, UINT32_MAX) * 1000;
    reading->reloads_refused = stats_load(&page->reloads_refused);
    reading->tally.drops = stats_load(&page->no_room);
    reading->tally.filtered = stats_load(&page->filtered);
    begin_supervisor(reading, page);
    begin_lanes(reading, page);
    begin_upstreams(reading, page);
    begin_routes(reading, page);
    begin_deaths(reading, page);
    begin_audit(reading, page);
    return STATUS_OK;
}

/* --- statistics pages ------------------------------------------------------------------------ */

/* Does what this lane says go before what the others said? One with a connection knows; of the others, which may not have
 * asked for hours, who tried last. */
static bool
goes_before(const struct reading_upstream *to, const struct reading_upstream *lane)
{
    if (lane->is_connected != to->is_connected)
        return lane->is_connected;
    if (lane->state == to->state)
        return lane->changed_us > to->changed_us;
    if (lane->state == STATS_UPSTREAM_UNASKED || to->state == STATS_UPSTREAM_UNASKED)
        return to->state == STATS_UPSTREAM_UNASKED;
    return lane->tried_us > to->tried_us;
}

/* What a worker that was replaced had to say of an upstream is past. */
static void
add_state(struct reading_upstream *to, const struct stats_upstream *from)
{
    struct reading_upstream lane = {
        .state = (enum stats_upstream_state)at_most(stats_load(&from->state), STATS_UPSTREAM_DOWN),
        .cause = (enum stats_upstream_cause)at_most(stats_load(&from->cause), STATS_CAUSE_LOST),
        .changed_us = stats_load(&from->changed_us),
        .tried_us = stats_load(&from->tried_us)};
    uint64_t rtt_us = at_most(stats_load(&from->rtt_us), UINT32_MAX);
    lane.is_connected = lane.state == STATS_UPSTREAM_USABLE && stats_load(&from->connections) > 0;
    if (goes_before(to, &lane)) {
        to->tried_us = lane.state == to->state ? to->tried_us : 0;
        to->state = lane.state;
        to->cause = lane.cause;
        to->changed_us = lane.changed_us;
        to->is_connected = lane.is_connected;
    }
    if (to->state == lane.state && lane.tried_us > to->tried_us)
        to->tried_us = lane.tried_us;
    to->lanes_measured += rtt_us > 0;
    to->rtt_us += rtt_us;
    uint64_t pin_seen = at_most(stats_load(&from->pin_seen), PINS_MOST);
    uint64_t pin_changed_us = stats_load(&from->pin_changed_us);
    uint64_t ends_s = at_most(stats_load(&from->ends_s), END_MOST), tls = stats_load(&from->tls);
    /* a renewed one was seen; that of a key that is in use no more may end as it likes */
    if (pin_changed_us > to->pin_changed_us ||
        (pin_changed_us == to->pin_changed_us && ends_s > to->ends_s))
        to->ends_s = ends_s;
    if (pin_seen > 0 && (to->pin_seen == 0 || pin_changed_us > to->pin_changed_us)) {
        to->pin_seen = (unsigned)pin_seen;
        to->pin_changed_us = pin_changed_us;
    }
    to->tls = tls > 0 ? (unsigned)(tls >> 16 & 0xffff) : to->tls;
    to->cipher = tls > 0 ? (unsigned)(tls & 0xffff) : to->cipher;
    to->group = tls > 0 ? (unsigned)(tls >> 32 & 0xffff) : to->group;
}

static void
add_usage(struct reading *reading, const struct stats_page *page, unsigned lane, unsigned place)
{
    struct reading_process *to = &reading->of_lane[lane].processes[place];
    struct tally *tally = &reading->tally;
    to->cpu_us =
        stats_load(&page->counts[STAT_CPU_USER_US]) + stats_load(&page->counts[STAT_CPU_SYSTEM_US]);
    to->peak_bytes = stats_load(&page->counts[STAT_MEMORY_PEAK_BYTES]);
    tally->cpu_us += to->cpu_us;
    *(place == FRONT ? &tally->cpu_front_us[lane] : &tally->cpu_worker_us[lane]) += to->cpu_us;
}

static void
add_worker(struct reading *reading, const struct stats_page *page, unsigned place)
{
    for (unsigned i = 0; i < reading->upstreams; i++) {
        const struct stats_upstream *from = &page->upstreams[i];
        struct reading_upstream *to = &reading->of_upstream[i];
        reading->tally.asked[i] += stats_load(&from->queries);
        reading->tally.failed[i] += stats_load(&from->failures);
        reading->tally.erred[i] += stats_load(&from->errors);
        for (unsigned k = 0; k < STATS_RCODES; k++) {
            uint64_t count = stats_load(&from->rcodes[k]);
            reading->tally.responded[i] += count;
            to->rcodes[k] += count;
        }
        to->connections += at_most(stats_load(&from->connections), UINT16_MAX);
        to->pin_mismatches += stats_load(&from->pin_mismatches);
        if (place == WORKER)
            add_state(to, from);
    }
    for (unsigned i = 0; i < STATS_BUCKETS; i++)
        reading->tally.upstream_buckets[i] +=
            stats_load(&page->stages[STATS_STAGE_UPSTREAM].buckets[i]);
}

void
reading_add(struct reading *reading, const struct stats_page *page, unsigned lane, unsigned place)
{
    if (lane >= reading->lanes || place >= SERVICE_PAGE_CHILDREN)
        return;
    struct reading_lane *of = &reading->of_lane[lane];
    add_usage(reading, page, lane, place);
    struct tally *tally = &reading->tally;
    for (unsigned i = 0; i < STATS_COUNT; i++)
        tally->counts[i] += stats_load(&page->counts[i]);
    if (place == FRONT) {
        for (unsigned i = 0; i < WHY_COUNT; i++)
            tally->why[i] += stats_load(&page->why[i]);
        for (unsigned i = 0; i < STATS_RCODES; i++)
            tally->rcodes[i] += stats_load(&page->rcodes[i]);
        for (unsigned i = 0; i < STATS_BUCKETS; i++)
            tally->answer_buckets[i] += stats_load(&page->stages[STATS_STAGE_ANSWER].buckets[i]);
        of->alive += stats_load(&page->counts[STAT_QUERIES_ALIVE]);
        of->queued += stats_load(&page->counts[STAT_QUESTIONS_QUEUED]);
        of->to_front_bytes += stats_load(&page->counts[STAT_RING_DEPTH]);
    } else {
        add_worker(reading, page, place);
        of->to_worker_bytes += stats_load(&page->counts[STAT_RING_DEPTH]);
        of->connections += stats_load(&page->counts[STAT_UPSTREAM_CONNECTIONS]);
    }
}

void
reading_end(struct reading *reading)
{
    for (unsigned i = 0; i < reading->upstreams; i++) {
        struct reading_upstream *upstream = &reading->of_upstream[i];
        if (upstream->lanes_measured > 0)
            upstream->rtt_us /= upstream->lanes_measured;
        if (upstream->ends_s > 0)
            upstream->valid_days = 1 + (upstream->ends_s > reading->wall_s
                                            ? (upstream->ends_s - reading->wall_s) / DAY_S
                                            : 0);
        if (upstream->pin_seen > upstream->pins)
            upstream->pin_seen = upstream->pins;
    }
}
