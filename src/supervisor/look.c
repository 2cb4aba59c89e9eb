/* look.c - one look at an upstream's certificates
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/look.h"

#include "os/chan.h"
#include "os/sock.h"
#include "supervisor/ending.h"
#include "supervisor/spawn.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum status
look_dial(const struct addr *addr, const struct addr *source, int *fd, struct config_error *error)
{
    char text[ADDR_TEXT_MAX], from[ADDR_TEXT_MAX];
    int problem = 0;
    socklen_t size = sizeof problem;
    if (sock_dial(addr, source, fd) != STATUS_OK) {
        problem = errno;
    } else {
        struct pollfd waiting = {.fd = *fd, .events = POLLOUT};
        int ready;
        do
            ready = poll(&waiting, 1, LOOK_DIAL_MS);
        while (ready < 0 && errno == EINTR);
        if (ready <= 0)
            problem = ETIMEDOUT;
        else if (getsockopt(*fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
            problem = errno;
    }
    if (problem == 0)
        return STATUS_OK;
    snprintf(error->text, sizeof error->text, "cannot connect to %s%s%s: %s",
             addr_format(addr, text), source->family == ADDR_NONE ? "" : " from ",
             source->family == ADDR_NONE ? "" : addr_format(source, from), strerror(problem));
    return STATUS_SYSTEM;
}

static void
take(struct look_chain *chain, const struct ipc_message *message)
{
    if (message->type == IPC_LOG)
        snprintf(chain->problem, sizeof chain->problem, "%s", message->text);
    if (message->type != IPC_PIN_SEEN)
        return;
    if (message->kind == 255) {
        chain->complete = true;
        chain->wants_12 = message->index != 0;
        memcpy(chain->vouches, message->pin, sizeof chain->vouches);
        if (message->text[0] != '\0')
            snprintf(chain->problem, sizeof chain->problem, "%s", message->text);
    } else if (chain->count < LOOK_CERTIFICATES) {
        struct look_seen *seen = &chain->seen[chain->count++];
        memcpy(seen->pin, message->pin, sizeof seen->pin);
        snprintf(seen->text, sizeof seen->text, "%s", message->text);
    }
}

static void
listen_to(int chan_fd, struct look_chain *chain)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    while (!chain->complete && chan_await(chan_fd, LOOK_WAIT_MS) == STATUS_OK &&
           chan_receive(chan_fd, IPC_FROM_CHILD, &message, fds) == STATUS_OK) {
        take(chain, &message);
        chan_close(fds, IPC_FDS_MAX);
    }
}

static enum status
send_ask(int chan_fd, const struct look_ask *ask, int socket_fd)
{
    struct ipc_message look = {.type = IPC_PIN_LOOK, .index = ask->index, .tag = ask->versions};
    struct ipc_message config = {.type = IPC_CONFIG};
    snprintf(look.text, sizeof look.text, "%s", ask->tls_name);
    enum status status = STATUS_OK;
    if (ask->index != IPC_NO_POLICY)
        status = chan_send(chan_fd, &config, ask->policy_fds, ask->policy_fds[2] >= 0 ? 3 : 2);
    return status == STATUS_OK ? chan_send(chan_fd, &look, &socket_fd, 1) : status;
}

enum status
look_at(const struct look_ask *ask, int exec_fd, int socket_fd, struct look_chain *chain,
        struct config_error *error)
{
    int pair[2], wait_status = 0;
    int pid_fd = -1;
    pid_t pid = 0;
    *chain = (struct look_chain){0};
    if (chan_pair(pair) != STATUS_OK ||
        spawn_child(CHILD_WORKER, exec_fd, pair[1], ask->spaces, &pid, &pid_fd) != STATUS_OK) {
        snprintf(error->text, sizeof error->text, "cannot start penstock-worker: %s",
                 strerror(errno));
        return STATUS_SYSTEM;
    }
    close(pair[1]);
    if (send_ask(pair[0], ask, socket_fd) == STATUS_OK)
        listen_to(pair[0], chain);
    close(pair[0]);
    if (!chain->complete)
        (void)spawn_kill(pid_fd); /* it may have ended by itself */
    close(pid_fd);
    if (spawn_reap(pid, true, &wait_status) && chain->count > 0)
        return STATUS_OK;
    char ending[ENDING_MAX], address[ADDR_TEXT_MAX];
    bool told = chain->problem[0] != '\0';
    snprintf(error->text, sizeof error->text, "%s shows no certificate: %s%.300s",
             addr_format(ask->address, address), told ? "" : "the worker ",
             told ? chain->problem : ending_text(wait_status, ending));
    return STATUS_NONE;
}
