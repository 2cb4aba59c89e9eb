/* takeover.c - see takeover.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/takeover.h"

#include "os/log.h"
#include "os/peer.h"
#include "os/sock.h"
#include "os/sys.h"
#include "supervisor/steer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct other { /* the one whose place we take */
    int fd;
    char version[32];
};

static enum status __attribute__((format(printf, 3, 4)))
fail(struct config_error *error, enum status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return status;
}

enum status
takeover_send(int fd, const struct control_message *request)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    return peer_send(fd, bytes, control_message_encode(request, bytes), -1);
}

/* @param passed  written: the caller's. @return STATUS_OK; STATUS_SYSTEM, with `error` */
static enum status
receive(const struct other *other, struct control_message *answer, int *passed,
        struct config_error *error)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    size_t size;
    memset(answer, 0, sizeof *answer);
    enum status status =
        peer_await(other->fd, bytes, sizeof bytes, &size, passed, TAKEOVER_ANSWER_MS);
    if (status == STATUS_OK)
        status = control_message_decode(bytes, size, *passed >= 0, CONTROL_FROM_SERVICE, answer);
    explicit_bzero(bytes, sizeof bytes); /* the secret of cookies may be there */
    if (status == STATUS_OK && answer->type != CONTROL_FAILED)
        return STATUS_OK;
    if (*passed >= 0)
        sys_close(*passed);
    *passed = -1;
    if (status == STATUS_OK)
        return fail(error, STATUS_SYSTEM, "--take-over: the penstock that serves says: %.300s",
                    answer->text);
    return fail(error, STATUS_SYSTEM,
                "--take-over: the penstock that serves (%s) does not hand over: its log says why",
                other->version[0] != '\0' ? other->version : "of no known version");
}

static void
leave_out(struct supervisor *sup, const struct addr *addr, int type)
{
    struct takeover *takeover = &sup->takeover;
    char text[ADDR_TEXT_MAX];
    log_write(LOG_NOTICE, LOG_LISTENING, "%s (%s) is not served any more", addr_format(addr, text),
              type == SOCK_DGRAM ? "UDP" : "TCP");
    if (takeover->unserved_count < CONFIG_LISTEN_MAX &&
        !addr_is_among(addr, takeover->unserved, takeover->unserved_count))
        takeover->unserved[takeover->unserved_count++] = *addr;
}

/* The address decides where it belongs; `fd` is given away. */
static enum status
place(struct supervisor *sup, const struct control_message *message, int fd,
      struct config_error *error)
{
    struct addr addr;
    char text[ADDR_TEXT_MAX];
    int type, wanted = message->kind == CONTROL_LISTENER_UDP ? SOCK_DGRAM : SOCK_STREAM;
    uint32_t index = 0;
    if (message->lane >= CONFIG_LANES_MAX || sock_bound(fd, &addr, &type) != STATUS_OK ||
        type != wanted || (type == SOCK_STREAM && !sock_is_listening(fd))) {
        sys_close(fd);
        return fail(error, STATUS_SYSTEM, "--take-over: a socket that came is none to listen at");
    }
    while (index < sup->config.listen_count && !addr_is_equal(&sup->config.listen[index], &addr))
        index++;
    if (index == sup->config.listen_count) {
        leave_out(sup, &addr, type);
        sys_close(fd);
        return STATUS_OK;
    }
    int *slot = &sup->lanes[message->lane].listeners[index][message->kind - CONTROL_LISTENER_UDP];
    if (*slot >= 0 || sock_adopt(fd, type) != STATUS_OK) {
        sys_close(fd);
        return fail(error, STATUS_SYSTEM, "--take-over: the socket of %s is of no use",
                    addr_format(&addr, text));
    }
    *slot = fd;
    return STATUS_OK;
}

/* What the sockets are, and what the configuration wants. */
static enum status
compare(struct supervisor *sup, const struct control_message *head, struct config_error *error)
{
    struct config *config = &sup->config;
    if (head->lanes < 1 || head->lanes > CONFIG_LANES_MAX)
        return fail(error, STATUS_SYSTEM, "--take-over: no number of lanes came");
    if (config->lanes != 0 && config->lanes != head->lanes)
        return fail(error, STATUS_INVALID,
                    "lanes: %u; the penstock that serves has %u, and only a restart without "
                    "--take-over can change that",
                    config->lanes, head->lanes);
    if (head->programs != steer_programs(config, head->lanes))
        return fail(error, STATUS_INVALID,
                    "filter.kernel, filter.ports or, with several lanes, the shortest prefix of "
                    "rates is another than that of the penstock that serves, or what this version "
                    "makes of them; only a restart without --take-over can change that");
    config->lanes = head->lanes;
    if (!config->cookies_secret.is_set) {
        memcpy(config->cookies_secret.bytes, head->secret, sizeof config->cookies_secret.bytes);
        config->cookies_secret.is_set = 1;
    }
    return STATUS_OK;
}

/* Every lane must have what one of them has. */
static enum status
check_whole(const struct supervisor *sup, struct config_error *error)
{
    for (uint32_t i = 0; i < sup->config.listen_count * SUPERVISOR_KINDS; i++)
        for (unsigned lane = 1; lane < sup->config.lanes; lane++) {
            unsigned at = i / SUPERVISOR_KINDS, kind = i % SUPERVISOR_KINDS;
            if ((sup->lanes[0].listeners[at][kind] >= 0) !=
                (sup->lanes[lane].listeners[at][kind] >= 0))
                return fail(error, STATUS_SYSTEM, "--take-over: a lane's socket is missing");
        }
    return STATUS_OK;
}

static enum status
take_sockets(struct supervisor *sup, const struct other *other, int *listener,
             struct config_error *error)
{
    struct control_message message;
    enum status status = STATUS_OK;
    int passed;
    while (status == STATUS_OK) {
        status = receive(other, &message, &passed, error);
        if (status != STATUS_OK || message.type == CONTROL_DONE)
            break;
        if (message.type != CONTROL_SOCKET) {
            if (passed >= 0)
                sys_close(passed);
            status = fail(error, STATUS_SYSTEM, "--take-over: something else than a socket came");
        } else if (message.kind != CONTROL_LISTENER_CONTROL) {
            status = place(sup, &message, passed, error);
        } else if (*listener >= 0) {
            sys_close(passed);
        } else {
            *listener = passed;
        }
    }
    return status == STATUS_OK ? check_whole(sup, error) : status;
}

static enum status
take_all(struct supervisor *sup, struct other *other, int *listener, struct config_error *error)
{
    static const struct control_message request = {.type = CONTROL_TAKE_OVER,
                                                   .count = CONTROL_TAKE_OVER_VERSION};
    struct control_message message;
    int passed;
    enum status status = receive(other, &message, &passed, error);
    if (status != STATUS_OK)
        return status;
    if (message.type != CONTROL_HELLO)
        return fail(error, STATUS_SYSTEM, "--take-over: no penstock answers at the control socket");
    snprintf(other->version, sizeof other->version, "%.*s", (int)sizeof other->version - 1,
             message.text);
    if (takeover_send(other->fd, &request) == STATUS_OK)
        status = receive(other, &message, &passed, error);
    else
        status = fail(error, STATUS_SYSTEM, "--take-over: the penstock that serves has gone");
    if (status == STATUS_OK && message.type != CONTROL_HANDS_OVER) {
        if (passed >= 0)
            sys_close(passed);
        status = fail(error, STATUS_SYSTEM, "--take-over: something else than sockets came");
    }
    if (status == STATUS_OK)
        status = compare(sup, &message, error);
    explicit_bzero(&message, sizeof message);
    return status == STATUS_OK ? take_sockets(sup, other, listener, error) : status;
}

enum status
takeover_begin(struct supervisor *sup, int *listener, struct config_error *error)
{
    struct other other = {.fd = -1};
    const char *path = sup->config.control_socket;
    if (path[0] == '\0')
        return fail(error, STATUS_INVALID, "control.socket: \"off\"; --take-over needs it");
    enum status status = peer_connect(path, TAKEOVER_ANSWER_MS, &other.fd);
    if (status == STATUS_SYSTEM && (errno == ENOENT || errno == ECONNREFUSED)) {
        log_write(LOG_NOTICE, LOG_CONTROL,
                  "no penstock serves at %s: there is nothing to take over", path);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return fail(error, STATUS_SYSTEM, "--take-over: %.300s: %s", path,
                    status == STATUS_SYSTEM ? strerror(errno) : "it takes no connection");
    status = take_all(sup, &other, listener, error);
    if (status != STATUS_OK) {
        sys_close(other.fd);
        return status;
    }
    log_write(LOG_NOTICE, LOG_CONTROL,
              "taking over from penstock %s, which serves until this one is ready", other.version);
    log_write(LOG_NOTICE, LOG_CONTROL, "%s not handed over: it begins %s",
              sup->config.rates_mode == CONFIG_RATES_OFF ? "the cache is"
                                                         : "cache and levels of rates are",
              sup->config.rates_mode == CONFIG_RATES_OFF
                  ? "empty"
                  : "empty, and each client with its whole burst");
    sup->takeover.state = TAKEOVER_BEGINS;
    sup->takeover.source.fd = other.fd;
    sup->fronts_are_held = true;
    return STATUS_OK;
}
