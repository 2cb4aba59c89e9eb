/* worker_control.c - see worker_control.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/worker_control.h"

#include "os/chan.h"
#include "os/log.h"
#include "worker/worker.h"

static void
take_config(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct worker *worker = process;
    child_config_take(&worker->self, message, fds);
    worker->ca_fd = fds[2];
    fds[2] = -1;
}

/* The first ring says that it is to serve, not to look: that takes all its memory. */
static void
take_ring(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct worker *worker = process;
    if (!worker->is_reserved)
        worker_reserve(worker);
    enum status status = relay_attach(&worker->relay, message, fds);
    if (status != STATUS_OK)
        log_fatal("ring %u to the front cannot be used: %s", message->epoch, status_text(status));
    fds[0] = fds[1] = fds[2] = -1;
}

static void
take_start(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    const struct worker *worker = process;
    (void)message;
    (void)fds;
    if (!worker->is_reserved)
        log_fatal("the supervisor broke its contract: START came before a RING");
}

static void
take_look(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct worker *worker = process;
    worker->look = *message;
    worker->look_fd = fds[0];
    fds[0] = -1;
}

static void
take_socket(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct worker *worker = process;
    bool is_wanted =
        pool_socket(&worker->pool, message->index, message->tag, fds[0], message->error);
    fds[0] = -1;
    if (!is_wanted)
        log_fatal("the supervisor broke its contract: a socket came for an upstream %u that there "
                  "is not",
                  message->index);
}

static void
take_stop(void *process, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct worker *worker = process;
    (void)message;
    (void)fds;
    if (worker->stop_us == 0)
        worker->stop_us = worker->loop.now_us + (uint64_t)worker->self.config->query_ms * 1000;
}

static const struct child_inbox_row rows[] = {
#define NEVER                0, NULL
#define TAKES(when, handler) when, handler
#define MESSAGE(name, number, fds_min, fds_max, fields, supervisor, front, worker, text)           \
    [number] = {worker},
#include "ipc/messages.def"
#undef MESSAGE
};

bool
worker_control_begin(struct worker *worker)
{
    child_inbox_init(&worker->inbox, CHAN_FD, rows, sizeof rows / sizeof rows[0], worker);
    return child_inbox_begin(&worker->inbox) == IPC_START;
}

static void
report_dear(const struct worker *worker, const struct pool_order *order)
{
    uint64_t cost_us = order->dear_us;
    struct ipc_message dear = {.type = IPC_UPSTREAM_DEAR,
                               .index = order->index,
                               .cost_us = cost_us < UINT32_MAX ? (uint32_t)cost_us : UINT32_MAX};
    child_inbox_say(&worker->inbox, &dear);
}

static void
report_key(const struct worker *worker, const struct pool_order *order)
{
    struct ipc_message key = {.type = IPC_UPSTREAM_KEY, .index = order->index};
    memcpy(key.pin, order->key, sizeof key.pin);
    child_inbox_say(&worker->inbox, &key);
}

bool
worker_control_report(struct worker *worker)
{
    uint32_t ring;
    bool is_all = true;
    struct pool_order order;
    if (relay_pop_broken(&worker->relay, &ring))
        child_inbox_say(&worker->inbox,
                        &(struct ipc_message){.type = IPC_RING_END, .epoch = ring, .error = 1});
    while (pool_next_order(&worker->pool, &order)) {
        struct ipc_message want = {
            .type = IPC_UPSTREAM_WANT, .index = order.index, .tag = order.tag};
        if (order.dear_us != 0)
            report_dear(worker, &order);
        else if (order.key != NULL)
            report_key(worker, &order);
        else if (chan_send(CHAN_FD, &want, NULL, 0) != STATUS_OK) {
            pool_order_failed(&worker->pool, &order);
            is_all = false;
        }
    }
    return is_all;
}
