/* control.c - see control.h
 * SPDX-License-Identifier: ISC
 */
#include "front/control.h"

#include "conf/config_change.h"
#include "front/admit.h"
#include "front/front.h"
#include "front/listen.h"
#include "os/chan.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

#include <stdlib.h>

#define BEGIN_MS 10000 /* for the supervisor to send the next message at start */
#define BATCH    16    /* messages taken per turn */

static void
close_all(const int fds[IPC_FDS_MAX])
{
    for (int i = 0; i < IPC_FDS_MAX; i++)
        if (fds[i] >= 0)
            sys_close(fds[i]);
}

/* Map a configuration and make its access list. Nothing is changed on failure. */
static bool
map_config(int fd, const struct config **config, size_t *size, struct acl *acl)
{
    void *at;
    if (memory_map(fd, sizeof **config, true, &at, size) != STATUS_OK)
        return false;
    *config = at;
    if (config_is_sound(*config) && acl_init(acl, (*config)->allow, (*config)->allow_count,
                                             (*config)->deny, (*config)->deny_count) == STATUS_OK)
        return true;
    memory_unmap(at, *size);
    return false;
}

static enum log_level
level_of(const struct config *config)
{
    return config->verbose == 0 ? LOG_NOTICE : config->verbose == 1 ? LOG_INFO : LOG_DEBUG;
}

/* Reserve all memory for the configuration's sizes. */
static void
reserve(struct front *front, const struct acl *acl)
{
    const struct config *config = front->config;
    struct stats_page *stats = front->stats;
    const struct clock_time now = evloop_time(&front->loop);
    rate_reserve(&front->rate, config, stats);
    source_change(&front->source, config, acl, &front->rate.set);
    local_change(&front->local, config);
    waiting_reserve(&front->waiting, config, &front->rate);
    recall_reserve(&front->recall, config,
                   &(struct recall_parts){stats, &front->local, &front->waiting}, &now);
    udp_reserve(&front->udp, config->listen_count, &front->loop, stats);
    tcp_reserve(&front->tcp, config,
                &(struct tcp_parts){&front->loop, stats, &front->rate, &front->source});
    pacing_reserve(&front->pacing, config);
    deliver_init(&front->deliver, &(struct deliver_parts){stats, &front->rate, &front->pacing,
                                                          &front->udp, &front->tcp});
    deliver_change(&front->deliver, config);
    relay_reserve(&front->relay,
                  &(struct relay_parts){&front->loop, stats, &front->waiting, front->lane});
}

/* Take up another configuration of the same sizes. */
static void
change(struct front *front, const struct acl *acl)
{
    const struct config *config = front->config;
    const struct clock_time now = evloop_time(&front->loop);
    rate_change(&front->rate, config, &now);
    source_change(&front->source, config, acl, &front->rate.set);
    local_change(&front->local, config);
    waiting_change(&front->waiting, config);
    recall_change(&front->recall, config);
    tcp_change(&front->tcp, config);
    pacing_change(&front->pacing, config);
    deliver_change(&front->deliver, config);
}

static void
take_config(struct front *front, const struct ipc_message *message, const int fds[IPC_FDS_MAX])
{
    void *stats;
    size_t size;
    if (!map_config(fds[0], &front->config, &front->config_size, &front->next_acl))
        log_fatal("the configuration that was handed in is not sound");
    if (memory_map(fds[1], sizeof *front->stats, false, &stats, &size) != STATUS_OK)
        log_fatal("the statistics page that was handed in cannot be used");
    front->stats = stats;
    front->lane = message->lane;
    log_open_chan(CHAN_FD, level_of(front->config));
    reserve(front, &front->next_acl);
    close_all(fds);
}

static void
take_ring(struct front *front, const struct ipc_message *message, const int fds[IPC_FDS_MAX])
{
    if (relay_attach(&front->relay, message, fds) != STATUS_OK)
        log_fatal("the ring that was handed in cannot be used");
}

void
control_report_rings(struct front *front)
{
    struct ipc_message message = {.type = IPC_RING_END, .error = 1};
    while (relay_pop_broken(&front->relay, &message.epoch))
        if (chan_send(CHAN_FD, &message, NULL, 0) != STATUS_OK)
            log_fatal("the supervisor does not read");
}

/* A worker is gone: what it has answered is delivered, what it has not is asked again. */
static void
end_ring(struct front *front, uint32_t number, bool is_death)
{
    const struct clock_time now = evloop_time(&front->loop);
    struct handoff_answer answer;
    struct inflight_question *question;
    while ((question = relay_next_of(&front->relay, number, &answer)) != NULL)
        admit_answer(front, question, &answer, &now);
    control_report_rings(front);
    relay_detach(&front->relay, number, is_death);
}

static void
take_list(struct front *front, const struct ipc_message *message, int fd)
{
    if (local_take_list(&front->local, (enum ipc_list)message->index, fd) != STATUS_OK)
        log_fatal("the list of names that was handed in cannot be used");
}

/* @return false: all is there (START) */
static bool
begin_step(struct front *front)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    if (chan_await(CHAN_FD, BEGIN_MS) != STATUS_OK ||
        chan_receive(CHAN_FD, IPC_FROM_SUPERVISOR, &message, fds) != STATUS_OK)
        log_fatal("the supervisor does not send what a start needs");
    bool is_configured = front->config != NULL;
    if (message.type == IPC_CONFIG && !is_configured)
        take_config(front, &message, fds);
    else if (message.type == IPC_RING && is_configured)
        take_ring(front, &message, fds);
    else if (message.type == IPC_RING_END && is_configured)
        end_ring(front, message.epoch, message.error != 0);
    else if (message.type == IPC_LIST && is_configured)
        take_list(front, &message, fds[0]);
    else if (message.type == IPC_LISTENER && is_configured)
        listen_take(front->config, &front->udp, &front->tcp, &message, fds[0]);
    else if (message.type == IPC_START && is_configured)
        return false;
    else
        log_fatal("message %s at the wrong time", ipc_type_text(message.type));
    return true;
}

void
control_begin(struct front *front)
{
    while (begin_step(front))
        ;
}

static void
reload(struct front *front, const struct ipc_message *message, int fd)
{
    const struct config *config;
    size_t size;
    struct ipc_message done = {.type = IPC_RELOADED, .epoch = message->epoch, .error = 1};
    if (map_config(fd, &config, &size, &front->next_acl)) {
        /* tables keep their size and sockets their address; the supervisor asks for no such change */
        bool taken = config_change_fixed(front->config, config) == CONFIG_ROWS;
        if (taken) {
            memory_unmap((void *)(uintptr_t)front->config, front->config_size);
            front->config = config;
            front->config_size = size;
            change(front, &front->next_acl);
            log_open_chan(CHAN_FD, level_of(config));
        } else {
            memory_unmap((void *)(uintptr_t)config, size);
        }
        done.error = !taken;
    }
    if (chan_send(CHAN_FD, &done, NULL, 0) != STATUS_OK)
        log_fatal("the supervisor does not read");
}

/* When whoever waits now has been answered, if only by its deadline. A reload may have shortened
 * the time of those who come later. */
static uint64_t
last_deadline_us(const struct front *front)
{
    uint64_t last_us = front->loop.now_us + (uint64_t)front->config->query_ms * 1000;
    const struct inflight_question *question = inflight_oldest(&front->waiting.inflight);
    for (; question != NULL; question = inflight_younger(&front->waiting.inflight, question)) {
        uint64_t end_us = (question->deadline_ms + WAITING_MARGIN_MS) * 1000;
        last_us = end_us > last_us ? end_us : last_us;
    }
    return last_us;
}

static void
stop(struct front *front)
{
    if (front->stop_us != 0)
        return;
    front->stop_us = last_deadline_us(front);
    udp_stop(&front->udp);
    tcp_stop(&front->tcp);
}

static void
take_message(struct front *front, const struct ipc_message *message, const int fds[IPC_FDS_MAX])
{
    if (message->type == IPC_RING) {
        take_ring(front, message, fds);
    } else if (message->type == IPC_RING_END) {
        end_ring(front, message->epoch, message->error != 0);
    } else if (message->type == IPC_LIST) {
        take_list(front, message, fds[0]);
    } else if (message->type == IPC_RELOAD) {
        reload(front, message, fds[0]);
        close_all(fds);
    } else if (message->type == IPC_STOP) {
        stop(front);
    } else {
        log_fatal("message %s at the wrong time", ipc_type_text(message->type));
    }
}

static void
ready(struct ev_source *source, uint32_t events)
{
    (void)events;
    for (int i = 0; i < BATCH; i++) {
        struct ipc_message message;
        int fds[IPC_FDS_MAX];
        enum status status = chan_receive(source->fd, IPC_FROM_SUPERVISOR, &message, fds);
        if (status == STATUS_AGAIN)
            return;
        if (status == STATUS_CLOSED) /* nobody is left to serve for */
            sys_exit(1);
        if (status != STATUS_OK)
            log_fatal("the supervisor broke the contract: %s", status_text(status));
        take_message(source->owner, &message, fds);
    }
}

void
control_ready(struct front *front)
{
    struct ipc_message message = {.type = IPC_READY};
    if (evloop_add(&front->loop, &front->control, CHAN_FD, EPOLLIN, ready, front) != STATUS_OK ||
        chan_send(CHAN_FD, &message, NULL, 0) != STATUS_OK)
        log_fatal("the supervisor does not read");
}
