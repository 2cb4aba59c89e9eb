/* pin_look.c - see pin_look.h */
#include "worker/pin_look.h"

#include "os/chan.h"
#include "os/evloop.h"
#include "os/log.h"
#include "os/memory.h"
#include "worker/tls_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define CHAIN_MAX 16 /* certificates reported */
#define CHAIN_END 255

struct look {
    struct evloop loop;
    struct ev_source socket;
    struct tls_session *session;
    enum tls_result result;
    const char *trouble; /* NULL: none */
};

static struct look look_once; /* a process looks once */

static void
report(unsigned depth, const uint8_t *pin, const char *text)
{
    struct ipc_message seen = {.type = IPC_PIN_SEEN, .kind = (uint8_t)depth};
    if (pin != NULL)
        memcpy(seen.pin, pin, sizeof seen.pin);
    snprintf(seen.text, sizeof seen.text, "%s", text);
    if (chan_send(CHAN_FD, &seen, NULL, 0) != STATUS_OK)
        log_fatal("the supervisor does not listen");
}

static bool
push(struct look *look)
{
    size_t due;
    const uint8_t *from = tls_session_due(look->session, &due);
    if (due > 0) {
        ssize_t sent = send(look->socket.fd, from, due, MSG_NOSIGNAL);
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
    struct look *look = source->owner;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        size_t room;
        uint8_t *to = tls_session_room(look->session, &room);
        ssize_t got = recv(source->fd, to, room, 0);
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
run(struct look *look, int fd)
{
    if (evloop_add(&look->loop, &look->socket, fd, EPOLLOUT, socket_ready, look) != STATUS_OK)
        log_fatal("no event loop");
    look->result = tls_session_handshake(look->session);
    uint64_t end_us = look->loop.now_us + PIN_LOOK_MS * 1000ULL;
    while (look->trouble == NULL && look->result != TLS_OK && look->result != TLS_FAILED) {
        if (evloop_turn(&look->loop, end_us) != STATUS_OK)
            log_fatal("the event loop failed");
        if (look->loop.now_us >= end_us)
            look->trouble = "no handshake in time";
    }
    if (look->result == TLS_FAILED && look->trouble == NULL)
        look->trouble = tls_session_error(look->session);
}

void
pin_look_prepare(const char *name)
{
    struct look *look = &look_once;
    struct tls_context *context = memory_reserve(tls_context_bytes());
    look->session = memory_reserve(tls_session_bytes());
    uint8_t *in = memory_reserve(TLS_IN_BYTES), *out = memory_reserve(TLS_OUT_BYTES);
    if (context == NULL || look->session == NULL || in == NULL || out == NULL ||
        tls_start() != STATUS_OK ||
        tls_context_init(context, NULL, name, CONFIG_TLS12 | CONFIG_TLS13, NULL) != STATUS_OK ||
        tls_session_open(look->session, context, in, out, 0) != STATUS_OK ||
        evloop_open(&look->loop) != STATUS_OK)
        log_fatal("the TLS library does not start");
}

int
pin_look(int fd)
{
    struct look *look = &look_once;
    run(look, fd);
    struct tls_chain_item item;
    for (unsigned depth = 0; look->trouble == NULL && depth < CHAIN_MAX &&
                             tls_session_chain(look->session, depth, &item) == STATUS_OK;
         depth++)
        report(depth, item.pin, item.text);
    report(CHAIN_END, NULL, look->trouble != NULL ? look->trouble : "");
    return look->trouble != NULL;
}
