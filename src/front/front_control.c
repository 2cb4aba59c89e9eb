/* front_control.c - see front_control.h
 * SPDX-License-Identifier: ISC
 */
#include "front/front_control.h"

#include "conf/config_change.h"
#include "front/admit.h"
#include "front/front.h"
#include "front/listen.h"
#include "front/tcp_accept.h"
#include "front/tell_limits.h"
#include "os/chan.h"
#include "os/log.h"
#include "os/random.h"

#include <string.h>

_Static_assert(sizeof(struct networks_report) <= sizeof((struct ipc_message *)0)->report,
               "it fits");
_Static_assert(sizeof(struct limits_report) <= sizeof((struct ipc_message *)0)->report, "it fits");

static bool
take_up_acl(struct front *front, const struct config *config)
{
    return acl_init(&front->next_acl, config->allow, config->allow_count, config->deny,
                    config->deny_count) == STATUS_OK;
}

/* Reserve all memory for the configuration's sizes. */
static void
reserve(struct front *front, const struct acl *acl)
{
    const struct config *config = front->self.config;
    struct stats_page *stats = front->self.stats;
    const struct clock_time now = evloop_time(&front->loop);
    rate_reserve(&front->rate, config, stats);
    source_change(&front->source, config, acl, &front->rate.set);
    balancers_change(&front->balancers, config, stats);
    local_change(&front->local, config);
    waiting_reserve(&front->waiting, config, &front->rate, &front->local.routing.now);
    tops_init(&front->ledger.tops, random_key(), now.now_s);
    recall_reserve(&front->recall, config,
                   &(struct recall_parts){stats, &front->local, &front->waiting}, &now);
    udp_reserve(&front->udp, config->listen_count,
                config->proxy_count > 0 ? UDP_HEADED_MAX : UDP_RECEIVED_MAX, &front->loop, stats);
    tcp_reserve(
        &front->tcp, config,
        &(struct tcp_parts){&front->loop, stats, &front->rate, &front->source, &front->balancers});
    pacing_reserve(&front->pacing, config);
    recording_init(&front->recording, stats);
    recording_change(&front->recording, config);
    deliver_init(&front->deliver,
                 &(struct deliver_parts){stats, &front->rate, &front->pacing, &front->udp,
                                         &front->tcp, &front->recording});
    deliver_change(&front->deliver, config);
    uplink_reserve(&front->uplink,
                   &(struct uplink_parts){&front->loop, stats, &front->waiting, front->self.lane});
}

/* Take up another configuration of the same sizes. */
static void
change(struct front *front, const struct acl *acl)
{
    const struct config *config = front->self.config;
    const struct clock_time now = evloop_time(&front->loop);
    rate_change(&front->rate, config, &now);
    source_change(&front->source, config, acl, &front->rate.set);
    balancers_change(&front->balancers, config, front->self.stats);
    local_change(&front->local, config);
    waiting_change(&front->waiting, config);
    recall_change(&front->recall, config);
    tcp_change(&front->tcp, config);
    pacing_change(&front->pacing, config);
    recording_change(&front->recording, config);
    deliver_change(&front->deliver, config);
}

static void
take_config(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    child_config_take(&front->self, message, fds);
    if (!take_up_acl(front, front->self.config))
        log_fatal("the access lists of the configuration cannot be used");
    reserve(front, &front->next_acl);
}

static void
take_ring(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    enum status status = uplink_attach(&front->uplink, message, fds);
    if (status != STATUS_OK)
        log_fatal("ring %u to a worker cannot be used: %s", message->epoch, status_text(status));
    fds[0] = fds[1] = fds[2] = -1;
    if (routing_turn(&front->local.routing, evloop_time(&front->loop).now_s))
        flush_reroute(&front->recall.flush, &front->waiting.inflight);
}

void
front_control_report(struct front *front)
{
    struct ipc_message message = {.type = IPC_RING_END, .error = 1};
    while (uplink_pop_broken(&front->uplink, &message.epoch))
        child_inbox_say(&front->inbox, &message);
}

/* A worker is gone: what it has answered is delivered, what it has not is asked again. */
static void
take_ring_end(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    const struct clock_time now = evloop_time(&front->loop);
    struct handoff_answer answer;
    struct inflight_question *question;
    (void)fds;
    while ((question = uplink_next_of(&front->uplink, message->epoch, &answer)) != NULL)
        admit_answer(front, question, &answer, &now);
    front_control_report(front);
    uplink_detach(&front->uplink, message->epoch, message->error != 0);
}

static void
take_list(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    enum status status = local_take_list(&front->local, (enum ipc_list)message->index, fds[0]);
    fds[0] = -1;
    if (status != STATUS_OK)
        log_fatal("list %u of names cannot be used: %s", message->index, status_text(status));
}

/* @param fd  -1: events are off. Taken away */
static enum status
take_up_events(struct front *front, int *fd)
{
    int given = *fd;
    *fd = -1;
    deliver_flush(&front->deliver); /* what was noted so far belongs to the memory so far */
    return recording_take(&front->recording, given);
}

static void
take_events(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    (void)message;
    enum status status = take_up_events(process, &fds[0]);
    if (status != STATUS_OK)
        log_fatal("the memory for events cannot be used: %s", status_text(status));
}

static void
take_listener(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    listen_take(front->self.config, &front->udp, &front->tcp, message, fds[0]);
    fds[0] = -1;
}

/* What the supervisor had no copy of is bound here, while there is a right to. */
static void
take_start(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    (void)message;
    (void)fds;
    listen_bind_missing(front->self.config, &front->udp, &front->tcp,
                        front->self.lane == 0 && !front->is_held);
}

static bool
has_same_upstreams(const struct config *before, const struct config *after)
{
    bool is_same = before->upstreams_count == after->upstreams_count;
    for (uint32_t i = 0; is_same && i < after->upstreams_count; i++)
        is_same = strcmp(before->upstreams[i].name, after->upstreams[i].name) == 0;
    return is_same;
}

/* Tables keep their size and sockets their address: the supervisor asks for no such change. No event
 * is written between the memory of one configuration and the settings of another. */
static bool
take_up(struct front *front, const struct config *config, size_t size, int *events_fd)
{
    if (config_change_fixed(front->self.config, config) != CONFIG_ROWS ||
        !take_up_acl(front, config) || take_up_events(front, events_fd) != STATUS_OK)
        return false;
    if (config_change_is_for_workers(front->self.config, config) &&
        !has_same_upstreams(front->self.config, config))
        uplink_forget_places(&front->uplink);
    child_config_unmap(front->self.config, front->self.config_size);
    front->self.config = config;
    front->self.config_size = size;
    change(front, &front->next_acl);
    child_config_set_level(config);
    return true;
}

static void
take_reload(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    const struct config *config;
    size_t size;
    struct ipc_message done = {.type = IPC_RELOADED, .epoch = message->epoch, .error = 1};
    if (child_config_map(fds[0], &config, &size) == STATUS_OK) {
        done.error = !take_up(front, config, size, &fds[1]);
        if (done.error != 0)
            child_config_unmap(config, size);
    }
    child_inbox_say(&front->inbox, &done);
}

/* The time by which every client that waits now has its answer, if only because its deadline has
 * passed. A reload may have shortened the time of queries that come later. */
static uint64_t
last_deadline_us(const struct front *front)
{
    uint64_t last_us = front->loop.now_us + (uint64_t)front->self.config->query_ms * 1000;
    const struct inflight_question *question = inflight_oldest(&front->waiting.inflight);
    for (; question != NULL; question = inflight_younger(&front->waiting.inflight, question)) {
        uint64_t end_us = (question->deadline_ms + WAITING_MARGIN_MS) * 1000;
        last_us = end_us > last_us ? end_us : last_us;
    }
    return last_us;
}

static void
take_reading(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    (void)fds;
    if (front->stop_us != 0)
        return;
    front->is_held = message->reads == 0;
    udp_hold(&front->udp, front->is_held);
    tcp_accept_hold(&front->tcp, front->is_held);
}

static void
take_stop(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    (void)message;
    (void)fds;
    if (front->stop_us != 0)
        return;
    uint64_t reads_ms = front->is_held ? IPC_HANDED_MS : FRONT_LAST_MS;
    front->stop_us = last_deadline_us(front) + reads_ms * 1000;
    front->reads_us = front->loop.now_us + reads_ms * 1000;
    front->read = UINT64_MAX; /* this turn is the first that looks */
}

/* The supervisor asks for one at a time, and has judged the name. */
static void
take_flush(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    struct dns_name name;
    (void)fds;
    if (front->recall.flush.is_under_way || dns_name_parse(message->text, &name) != STATUS_OK)
        log_fatal("the supervisor broke its contract: it asks to flush what cannot be flushed");
    flush_begin(&front->recall.flush, &front->waiting.inflight, &name, message->below != 0,
                message->tag);
}

void
front_control_flushed(struct front *front)
{
    const struct flush *flush = &front->recall.flush;
    struct ipc_message done = {
        .type = IPC_FLUSHED, .tag = flush->tag, .count = flush->walk.dropped};
    child_inbox_say(&front->inbox, &done);
}

/* The supervisor has judged the address. */
static void
take_limits(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    const struct tell_limits_parts parts = {&front->rate, &front->source, &front->waiting,
                                            &front->tcp, &front->ledger.refusals};
    const struct clock_time now = evloop_time(&front->loop);
    struct ipc_message told = {.type = IPC_REPORT, .tag = message->tag};
    struct limits_report report;
    struct addr client;
    (void)fds;
    if (addr_parse(message->text, 0, &client) != STATUS_OK)
        log_fatal("the supervisor broke its contract: it asks about what is no address");
    tell_limits(&parts, &client, &now, &report);
    memcpy(told.report, &report, sizeof report);
    child_inbox_say(&front->inbox, &told);
}

static void
take_networks(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct front *front = process;
    const struct clock_time now = evloop_time(&front->loop);
    struct ipc_message told = {.type = IPC_REPORT, .tag = message->tag};
    struct networks_report report;
    (void)fds;
    for (unsigned i = 0; i < NETWORKS_REPORTS; i++) {
        tops_report(&front->ledger.tops, &front->rate.set, i, now.now_s, &report);
        memcpy(told.report, &report, sizeof report);
        child_inbox_say(&front->inbox, &told);
    }
}

static const struct child_inbox_row rows[] = {
#define NEVER                0, NULL
#define TAKES(when, handler) when, handler
#define MESSAGE(name, number, fds_min, fds_max, fields, supervisor, front, worker, text)           \
    [number] = {front},
#include "ipc/messages.def"
#undef MESSAGE
};

void
front_control_begin(struct front *front)
{
    child_inbox_init(&front->inbox, CHAN_FD, rows, sizeof rows / sizeof rows[0], front);
    (void)child_inbox_begin(&front->inbox); /* no front is asked to look at pins */
}
