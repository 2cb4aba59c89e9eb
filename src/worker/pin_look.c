/* pin_look.c - see pin_look.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/pin_look.h"

#include "os/chan.h"
#include "os/evloop.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"
#include "worker/tls_context.h"
#include "worker/tls_setup.h"
#include "worker/tls_show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define CHAIN_MAX 16 /* certificates reported */
#define CHAIN_END 255

static void
report(const struct ipc_message *seen)
{
    if (chan_send(CHAN_FD, seen, NULL, 0) != STATUS_OK)
        log_fatal("the supervisor does not read: PIN_SEEN cannot be sent");
}

static void
report_certificate(unsigned depth, const struct tls_show_item *item)
{
    struct ipc_message seen = {.type = IPC_PIN_SEEN, .kind = (uint8_t)depth};
    memcpy(seen.pin, item->pin, sizeof seen.pin);
    snprintf(seen.text, sizeof seen.text, "%s", item->text);
    report(&seen);
}

static void
report_end(const struct pin_look *look)
{
    struct ipc_message end = {.type = IPC_PIN_SEEN, .kind = CHAIN_END};
    const struct tls_facts *facts = tls_session_facts(look->session);
    end.index = tls_session_cause(look->session) == TLS_CAUSE_AGAIN;
    if (look->trouble != NULL)
        snprintf(end.text, sizeof end.text, "%s", look->trouble);
    else if (look->upstream != NULL && facts->pin_index >= 0)
        memcpy(end.pin, look->upstream->pins[facts->pin_index], sizeof end.pin);
    report(&end);
}

static bool
push(struct pin_look *look)
{
    size_t due;
    const uint8_t *from = tls_session_due(look->session, &due);
    if (due > 0) {
        ssize_t sent = sys_send(look->socket.fd, from, due, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINPROGRESS)
            return false;
        if (sent > 0)
            tls_session_sent(look->session, (size_t)sent);
        tls_session_due(look->session, &due);
    }
    evloop_want(&look->loop, &look->socket, due > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return true;
}

static void
socket_ready(struct ev_source *source, uint32_t events)
{
    struct pin_look *look = source->owner;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        size_t room;
        uint8_t *to = tls_session_room(look->session, &room);
        ssize_t got = sys_recv(source->fd, to, room, 0);
        if (got < 0 && errno != EAGAIN)
            look->trouble = strerror(errno);
        if (got >= 0)
            tls_session_fed(look->session, (size_t)got);
    }
    look->result = tls_session_handshake(look->session);
    if (!push(look) && look->trouble == NULL)
        look->trouble = strerror(errno);
}

static void
run(struct pin_look *look, int fd)
{
    if (evloop_add(&look->loop, &look->socket, fd, EPOLLOUT, socket_ready, look) != STATUS_OK)
        log_fatal("the event loop cannot be opened: %s", strerror(errno));
    look->result = tls_session_handshake(look->session);
    uint64_t end_us = look->loop.now_us + PIN_LOOK_MS * 1000ULL;
    while (look->trouble == NULL && look->result != TLS_OK && look->result != TLS_FAILED) {
        evloop_turn(&look->loop, end_us);
        if (look->loop.now_us >= end_us)
            look->trouble = "no handshake in time";
    }
    if (look->result == TLS_FAILED && look->trouble == NULL)
        look->trouble = tls_session_error(look->session);
}

static struct tls_anchors *
load_anchors(int ca_fd)
{
    struct tls_anchors *anchors = NULL;
    unsigned count, skipped;
    void *pem;
    size_t size;
    if (ca_fd < 0)
        return NULL;
    if (memory_map(ca_fd, 1, true, &pem, &size) != STATUS_OK ||
        tls_setup_anchors(pem, size, &anchors, &count, &skipped) != STATUS_OK)
        log_fatal("no CA certificate can be read");
    memory_unmap(pem, size);
    return anchors;
}

static enum status
prepare_context(struct pin_look *look, struct tls_context *context, const struct worker *worker,
                const struct ipc_message *ask)
{
    if (ask->index == IPC_NO_POLICY)
        return tls_context_init(context, NULL, ask->text,
                                (struct tls_rules){CONFIG_TLS12 | CONFIG_TLS13, CONFIG_TLS_MODERN},
                                NULL);
    if (worker->self.config == NULL || ask->index >= worker->self.config->upstreams_count)
        log_fatal(
            "the supervisor broke its contract: PIN_LOOK names upstream %u, which does not exist",
            ask->index);
    look->upstream = &worker->self.config->upstreams[ask->index];
    struct tls_rules rules = {worker->self.config->tls_versions, worker->self.config->tls_policy};
    if (ask->tag != 0)
        rules.versions &= ask->tag;
    return tls_context_init(context, look->upstream, "", rules, load_anchors(worker->ca_fd));
}

void
pin_look_prepare(struct pin_look *look, const struct worker *worker, const struct ipc_message *ask)
{
    struct tls_context *context = memory_reserve(tls_context_bytes());
    look->session = memory_reserve(tls_session_bytes());
    uint8_t *in = memory_reserve(TLS_IN_BYTES), *out = memory_reserve(TLS_OUT_BYTES);
    if (context == NULL || look->session == NULL || in == NULL || out == NULL ||
        tls_setup_library() != STATUS_OK ||
        prepare_context(look, context, worker, ask) != STATUS_OK ||
        tls_session_open(look->session, context, in, out, 0) != STATUS_OK ||
        evloop_open(&look->loop) != STATUS_OK)
        log_fatal("the TLS library cannot be initialised");
}

int
pin_look(struct pin_look *look, int fd)
{
    run(look, fd);
    struct tls_show_item item;
    for (unsigned depth = 0;
         depth < CHAIN_MAX && tls_show_certificate(look->session, depth, &item) == STATUS_OK;
         depth++)
        report_certificate(depth, &item);
    report_end(look);
    return look->trouble != NULL;
}
