/* worker_ladder.c - see worker_ladder.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/worker_ladder.h"

#include "child/child_ladder.h"
#include "worker/pin_look.h"
#include "worker/tls_setup.h"
#include "worker/worker_control.h"

/* descriptors beside upstream connections: channel, loop, ring, in passing */
#define FILES_EXTRA 32

/* octets beside tables and connections: the libraries */
#define MEMORY_EXTRA (16U << 20)

/* octets that mbedTLS may take for one connection */
#define MEMORY_CONN (192U << 10)

/* octets of heap that are locked for each; with one connection 108 KiB of all heap were in use */
#define MEMORY_TLS (64U << 10)

static void
drop(const struct worker *worker, size_t connections)
{
    const struct config *config = worker->self.config;
    child_ladder_drop(&(struct child_needs){
        .filter = &sandbox_worker,
        .user = config != NULL ? config->user : "nobody", /* a look comes without a configuration */
        .files = FILES_EXTRA + 2 * connections,           /* one that comes while one goes */
        .for_what = "its connections to upstreams",
        .memory_bytes = MEMORY_EXTRA + connections * MEMORY_CONN,
        .locked_bytes = connections * MEMORY_TLS,
        .lock_error = worker->pool.lock_error});
}

/* For `penstock pin`. */
static int
look(struct worker *worker)
{
    struct pin_look look = {0};
    pin_look_prepare(&look, worker, &worker->look);
    drop(worker, 1);
    return pin_look(&look, worker->look_fd);
}

static void
get_ready(struct worker *worker)
{
    struct ipc_message ready = {.type = IPC_READY};
    tls_setup_version(ready.text, sizeof ready.text);
    child_ladder_ready(&worker->inbox, &worker->loop, &ready);
}

int
worker_ladder_run(struct os *os, struct worker *worker)
{
    worker->ca_fd = worker->look_fd = -1;
    child_ladder_begin(os, &worker->loop);
    if (!worker_control_begin(worker))
        return look(worker);
    drop(worker, (size_t)worker->pool.count * worker->pool.conns_count);
    get_ready(worker);
    worker_begin(worker);
    uint64_t due_us = 0;
    while (!worker_is_over(worker)) {
        due_us = worker_turn(worker, evloop_wait(&worker->loop, due_us));
        if (worker_has_report(worker) && !worker_control_report(worker))
            due_us = 0;
    }
    worker_end(worker);
    return 0;
}
