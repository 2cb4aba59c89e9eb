/* report.c - see report.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/report.h"

#include "conf/config_hash.h"
#include "digest/digest.h"
#include "ipc/ipc.h"
#include "lane/routes.h"
#include "lane/service_page.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sock.h"
#include "os/sys.h"
#include "os/usage.h"
#include "supervisor/unread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

_Static_assert(SERVICE_PAGE_LANES == CONFIG_LANES_MAX, "lanes");
_Static_assert(STATS_UPSTREAMS == CONFIG_UPSTREAMS_MAX, "upstreams");
_Static_assert(SERVICE_PAGE_NAME_MAX == CONFIG_NAME_MAX, "names of upstreams");
_Static_assert(SERVICE_PAGE_ROUTES == ROUTES_GROUPS_MAX, "groups of upstreams");
_Static_assert(SERVICE_PAGE_ROUTE_MAX >= CONFIG_DOMAIN_MAX, "names of routes");
_Static_assert(SERVICE_PAGE_CHILDREN == SUPERVISOR_CHILDREN, "places of a lane");
_Static_assert(SERVICE_PAGE_LISTS == IPC_LISTS, "lists of names");
_Static_assert(SERVICE_PAGE_LIST_FILES == CONFIG_LISTS_MAX, "their files");
_Static_assert(SERVICE_PAGE_SUM == DIGEST_BYTES, "SHA-256");
_Static_assert(sizeof PENSTOCK_VERSION <= SERVICE_PAGE_VERSION_MAX, "the version");

/* The memory has a NUL behind the file. */
static void
fill_ca(struct service_page *page, int fd)
{
    void *at = NULL;
    size_t size = 0;
    memset(page->ca_sum, 0, sizeof page->ca_sum);
    page->has_ca = fd >= 0 && memory_map(fd, 1, true, &at, &size) == STATUS_OK;
    if (page->has_ca != 0)
        digest_of(at, size - 1, page->ca_sum);
    memory_unmap(at, size);
}

static void
fill_lists(struct service_page *page, const struct supervisor *sup)
{
    const uint32_t counts[IPC_LISTS] = {[IPC_LIST_BLOCK] = sup->config.local_block_count,
                                        [IPC_LIST_ALLOW] = sup->config.local_allow_count};
    memset(page->list_sums, 0, sizeof page->list_sums);
    for (unsigned list = 0; list < IPC_LISTS; list++) {
        page->list_files[list] = counts[list];
        for (uint32_t i = 0; i < counts[list]; i++)
            memcpy(page->list_sums[list][i], sup->namelists.files[list][i].sum, DIGEST_BYTES);
    }
}

static void
fill_routes(struct service_page *page, const struct config *config)
{
    struct routes_sets sets;
    routes_sets_make(&sets, config);
    memset(page->of_route, 0, sizeof page->of_route);
    page->routes = sets.count;
    for (uint32_t i = 0; i < sets.count; i++) {
        struct service_page_route *route = &page->of_route[i];
        const char *name = "";
        route->names = routes_sets_names(&sets, config, i, &name);
        route->upstreams = sets.of_group[i];
        snprintf(route->name, sizeof route->name, "%s", name);
    }
}

static void
fill_config(struct service_page *page, const struct supervisor *sup)
{
    const struct config *config = &sup->config;
    page->config_us = sup->loop.now_us;
    page->config_s = sup->loop.wall_s;
    page->config_number = sup->config_number;
    page->config_hash = config_hash(&sup->loaded);
    page->lanes = sup->lanes_count;
    page->upstreams = config->upstreams_count;
    page->queries = config->queries;
    page->tcp_clients = config->tcp_clients;
    page->cache_bytes = config->cache_bytes;
    page->query_ms = config->query_ms;
    memset(page->of_upstream, 0, sizeof page->of_upstream);
    for (uint32_t i = 0; i < config->upstreams_count; i++) {
        struct service_page_upstream *upstream = &page->of_upstream[i];
        memcpy(upstream->name, config->upstreams[i].name, sizeof upstream->name);
        upstream->pins = config->upstreams[i].pins_count;
        upstream->verify = config->upstreams[i].verify;
    }
    fill_routes(page, config);
    fill_ca(page, sup->ca_fd);
    fill_lists(page, sup);
}

static void
fill_start(struct service_page *page, const struct supervisor *sup)
{
    page->magic = SERVICE_PAGE_MAGIC;
    page->bytes = sizeof *page;
    page->stats_bytes = sizeof(struct stats_page);
    snprintf(page->version, sizeof page->version, "%s", PENSTOCK_VERSION);
    page->started_us = sup->loop.now_us;
    page->started_s = sup->loop.wall_s;
}

/* We write through the map that was made before the seal; nobody makes another. */
static enum status
make(int *fd, struct service_page **page)
{
    void *at;
    enum status status = memory_make("penstock-service", sizeof **page, fd, &at);
    *page = at;
    if (status == STATUS_OK)
        status = memory_fix_size(*fd);
    if (status == STATUS_OK)
        status = memory_fix_writers(*fd);
    if (status != STATUS_OK && *fd >= 0) {
        memory_unmap(at, sizeof **page);
        sys_close(*fd);
    }
    return status;
}

enum status
report_open(struct supervisor *sup)
{
    enum status status = make(&sup->page_fd, &sup->page);
    if (status != STATUS_OK)
        return status;
    unread_begin(sup);
    fill_start(sup->page, sup);
    fill_config(sup->page, sup);
    stats_store(&sup->page->generation, 1);
    return STATUS_OK;
}

void
report_config(struct supervisor *sup)
{
    struct service_page *page;
    int fd;
    if (make(&fd, &page) != STATUS_OK) {
        log_write(LOG_ERROR, LOG_INTERNAL,
                  "no memory for another service page: it tells of the configuration before: %s",
                  strerror(errno));
        return;
    }
    memcpy(page, sup->page, sizeof *page);
    fill_config(page, sup);
    report_replaced(sup);
    stats_store(&page->generation, stats_load(&sup->page->generation));
    memory_unmap(sup->page, sizeof *page);
    sys_close(sup->page_fd);
    sup->page = page;
    sup->page_fd = fd;
}

void
report_refused(struct supervisor *sup)
{
    (void)stats_grow(&sup->page->reloads_refused, 1);
    stats_store(&sup->page->refused_us, sup->loop.now_us);
}

static struct service_page_child *
shown(const struct child *child)
{
    struct supervisor *sup = child->supervisor;
    const struct child *first = sup->lanes[child->lane].children;
    return &sup->page->of_lane[child->lane].children[child - first];
}

void
report_death(const struct child *child)
{
    struct service_page *page = child->supervisor->page;
    uint64_t number = stats_grow(&page->deaths, 1);
    stats_store(&page->died_us[number % SERVICE_PAGE_DEATHS], child->supervisor->loop.now_us);
    (void)stats_grow(&shown(child)->deaths, 1);
}

void
report_replaced(struct supervisor *sup)
{
    (void)stats_grow(&sup->page->generation, 1);
}

static void
show_child(const struct child *child)
{
    static const enum service_page_state states[LIFE_STATES] = {
        [LIFE_GONE] = SERVICE_PAGE_GONE,     [LIFE_STARTING] = SERVICE_PAGE_STARTING,
        [LIFE_READY] = SERVICE_PAGE_READY,   [LIFE_DRAINING] = SERVICE_PAGE_DRAINING,
        [LIFE_KILLED] = SERVICE_PAGE_KILLED,
    };
    struct service_page_child *to = shown(child);
    stats_store(&to->state, states[child->state]);
    stats_store(&to->pid, (uint64_t)child->pid);
    stats_store(&to->started_us, child->started_us);
}

uint64_t
report_kernel_drops(const struct supervisor *sup, unsigned lane)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < sup->config.listen_count; i++) {
        int fd = sup->lanes[lane].listeners[i][IPC_SOCKET_UDP - 1];
        sum += fd >= 0 ? sock_drops(fd) : 0;
    }
    return sum;
}

static void
show_lane(struct supervisor *sup, unsigned i)
{
    const struct lane *lane = &sup->lanes[i];
    struct service_page_lane *to = &sup->page->of_lane[i];
    for (unsigned at = 0; at < SUPERVISOR_CHILDREN; at++)
        show_child(&lane->children[at]);
    stats_store(&to->dials, lane->dials_done);
    stats_store(&to->dials_refused, lane->dials_refused);
}

static void
show_usage(struct service_page *page)
{
    struct usage usage;
    usage_read(&usage);
    stats_store(&page->cpu_user_us, usage.user_us);
    stats_store(&page->cpu_system_us, usage.system_us);
    stats_store(&page->memory_peak_bytes, usage.peak_bytes);
}

void
report_tick(struct supervisor *sup)
{
    struct service_page *page = sup->page;
    uint64_t looked_us = stats_load(&page->updated_us);
    for (unsigned i = 0; i < sup->lanes_count; i++)
        show_lane(sup, i);
    stats_store(&page->phase, sup->phase == PHASE_STARTING  ? SERVICE_PAGE_BEGINS
                              : sup->phase == PHASE_RUNNING ? SERVICE_PAGE_RUNS
                                                            : SERVICE_PAGE_STOPS);
    if (sup->loop.now_us < looked_us + (uint64_t)REPORT_LOOK_MS * 1000)
        return;
    for (unsigned i = 0; i < sup->lanes_count; i++)
        stats_store(&page->of_lane[i].kernel_drops, report_kernel_drops(sup, i));
    unread_look(sup);
    show_usage(page);
    stats_store(&page->updated_us, sup->loop.now_us);
}
