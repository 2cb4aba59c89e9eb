/* control.c - see control.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/control.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"
#include "worker/tls_session.h"
#include "worker/worker.h"

#include <stdlib.h>

#define START_MS 5000 /* between two messages of the ladder */

static void
expect(struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    if (chan_await(CHAN_FD, START_MS) != STATUS_OK)
        sys_exit(1); /* nobody is there to be told */
    enum status status = chan_receive(CHAN_FD, IPC_FROM_SUPERVISOR, message, fds);
    if (status == STATUS_CLOSED)
        sys_exit(1);
    if (status != STATUS_OK)
        log_fatal("the supervisor's message could not be read: %s", status_text(status));
}

static void
take_config(struct worker *worker, const struct ipc_message *message, const int fds[IPC_FDS_MAX])
{
    void *config, *stats;
    if (memory_map(fds[0], sizeof(struct config), true, &config, &worker->config_size) !=
            STATUS_OK ||
        !config_is_sound(config))
        log_fatal("the configuration from the supervisor is not sound");
    if (memory_map(fds[1], sizeof(struct stats_page), false, &stats, &worker->stats_size) !=
        STATUS_OK)
        log_fatal("the statistics page cannot be used");
    sys_close(fds[0]);
    sys_close(fds[1]);
    worker->config = config;
    worker->stats = stats;
    worker->ca_fd = fds[2];
    worker->lane = message->lane;
    static const enum log_level most[] = {LOG_NOTICE, LOG_INFO, LOG_DEBUG};
    log_open_chan(CHAN_FD, most[worker->config->verbose < 2 ? worker->config->verbose : 2]);
}

bool
control_begin(struct worker *worker, struct ipc_message *look, int *fd)
{
    struct ipc_message *message = look;
    int fds[IPC_FDS_MAX];
    log_open_chan(CHAN_FD, LOG_INFO);
    expect(message, fds);
    if (message->type == IPC_CONFIG) {
        take_config(worker, message, fds);
        expect(message, fds);
    }
    if (message->type == IPC_PIN_LOOK) {
        *fd = fds[0];
        return false;
    }
    if (message->type != IPC_RING || worker->config == NULL)
        log_fatal("the supervisor sent %s instead of RING", ipc_type_text(message->type));
    worker_reserve(worker);
    while (message->type == IPC_RING) {
        if (relay_attach(&worker->relay, message, fds) != STATUS_OK)
            log_fatal("the ring cannot be used");
        expect(message, fds);
    }
    if (message->type != IPC_START)
        log_fatal("the supervisor sent %s instead of START", ipc_type_text(message->type));
    return true;
}

/* Sizes of tables are fixed at the start, so a new configuration means a new process. */
static void
refuse_reload(const struct ipc_message *message, const int fds[IPC_FDS_MAX])
{
    for (int i = 0; i < IPC_FDS_MAX; i++)
        if (fds[i] >= 0)
            sys_close(fds[i]);
    struct ipc_message reply = {.type = IPC_RELOADED, .epoch = message->epoch, .error = 1};
    if (chan_send(CHAN_FD, &reply, NULL, 0) != STATUS_OK)
        sys_exit(1);
}

static void
take_message(struct worker *worker, const struct ipc_message *message, const int fds[IPC_FDS_MAX])
{
    switch (message->type) {
    case IPC_UPSTREAM_SOCKET:
        if (!pool_socket(&worker->pool, message->index, message->tag, fds[0], message->error))
            log_fatal("a socket for an upstream that was not asked for");
        return;
    case IPC_RING:
        if (relay_attach(&worker->relay, message, fds) != STATUS_OK)
            log_fatal("the ring cannot be used");
        return;
    case IPC_STOP:
        if (worker->stop_us == 0)
            worker->stop_us = worker->loop.now_us + (uint64_t)worker->config->query_ms * 1000;
        return;
    case IPC_RELOAD:
        refuse_reload(message, fds);
        return;
    case IPC_CONFIG:
    case IPC_LISTENER:
    case IPC_START:
    case IPC_READY:
    case IPC_UPSTREAM_WANT:
    case IPC_LOG:
    case IPC_RELOADED:
    case IPC_PIN_LOOK:
    case IPC_PIN_SEEN:
    case IPC_LIST:
    case IPC_RING_END:
    case IPC_UPSTREAM_DEAR:
        break;
    }
    log_fatal("the supervisor sent %s to a worker that serves", ipc_type_text(message->type));
}

static void
message_ready(struct ev_source *source, uint32_t events)
{
    (void)events;
    struct worker *worker = source->owner;
    for (;;) {
        struct ipc_message message;
        int fds[IPC_FDS_MAX];
        enum status status = chan_receive(source->fd, IPC_FROM_SUPERVISOR, &message, fds);
        if (status == STATUS_AGAIN)
            return;
        if (status == STATUS_CLOSED)
            sys_exit(1); /* without a supervisor there is nothing to serve */
        if (status != STATUS_OK)
            log_fatal("the supervisor's message could not be read: %s", status_text(status));
        take_message(worker, &message, fds);
    }
}

void
control_ready(struct worker *worker)
{
    struct ipc_message ready = {.type = IPC_READY};
    tls_library_text(ready.text, sizeof ready.text);
    if (evloop_add(&worker->loop, &worker->control, CHAN_FD, EPOLLIN, message_ready, worker) !=
            STATUS_OK ||
        chan_send(CHAN_FD, &ready, NULL, 0) != STATUS_OK)
        log_fatal("cannot tell the supervisor that the worker is ready");
}

static void
report_broken(uint32_t ring)
{
    struct ipc_message message = {.type = IPC_RING_END, .epoch = ring, .error = 1};
    if (chan_send(CHAN_FD, &message, NULL, 0) != STATUS_OK)
        log_fatal("the supervisor does not read");
}

static void
report_dear(const struct pool_order *order)
{
    uint64_t cost_us = order->dear_us;
    struct ipc_message dear = {.type = IPC_UPSTREAM_DEAR,
                               .index = order->index,
                               .cost_us = cost_us < UINT32_MAX ? (uint32_t)cost_us : UINT32_MAX};
    if (chan_send(CHAN_FD, &dear, NULL, 0) != STATUS_OK)
        log_fatal("the supervisor does not read");
}

bool
control_report(struct worker *worker)
{
    uint32_t ring;
    bool is_all = true;
    struct pool_order order;
    if (relay_take_broken(&worker->relay, &ring))
        report_broken(ring);
    while (pool_next_order(&worker->pool, &order)) {
        struct ipc_message want = {
            .type = IPC_UPSTREAM_WANT, .index = order.index, .tag = order.tag};
        if (order.dear_us != 0)
            report_dear(&order);
        else if (chan_send(CHAN_FD, &want, NULL, 0) != STATUS_OK) {
            pool_order_failed(&worker->pool, &order);
            is_all = false;
        }
    }
    return is_all;
}
