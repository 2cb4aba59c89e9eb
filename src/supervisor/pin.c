/* pin.c - `penstock pin`: one look at an upstream's certificates
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/pin.h"

#include "conf/pin.h"
#include "os/chan.h"
#include "os/log.h"
#include "os/sandbox.h"
#include "os/sock.h"
#include "supervisor/ending.h"
#include "supervisor/executables.h"
#include "supervisor/jail.h"
#include "supervisor/spawn.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum status
pin_dial(const struct addr *addr, int *fd, struct config_error *error)
{
    char text[ADDR_TEXT_MAX];
    int problem = 0;
    socklen_t size = sizeof problem;
    if (sock_dial(addr, fd) != STATUS_OK) {
        problem = errno;
    } else {
        struct pollfd waiting = {.fd = *fd, .events = POLLOUT};
        int ready;
        do
            ready = poll(&waiting, 1, PIN_DIAL_MS);
        while (ready < 0 && errno == EINTR);
        if (ready <= 0)
            problem = ETIMEDOUT;
        else if (getsockopt(*fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
            problem = errno;
    }
    if (problem == 0)
        return STATUS_OK;
    snprintf(error->text, sizeof error->text, "cannot connect to %s: %s", addr_format(addr, text),
             strerror(problem));
    return STATUS_SYSTEM;
}

static void
take(struct pin_chain *chain, const struct ipc_message *message)
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
    } else if (chain->count < PIN_CERTIFICATES) {
        struct pin_seen *seen = &chain->seen[chain->count++];
        memcpy(seen->pin, message->pin, sizeof seen->pin);
        snprintf(seen->text, sizeof seen->text, "%s", message->text);
    }
}

static void
listen_to(int chan_fd, struct pin_chain *chain)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    while (!chain->complete && chan_await(chan_fd, PIN_WAIT_MS) == STATUS_OK &&
           chan_receive(chan_fd, IPC_FROM_CHILD, &message, fds) == STATUS_OK) {
        take(chain, &message);
        for (size_t i = 0; i < IPC_FDS_MAX; i++)
            if (fds[i] >= 0)
                close(fds[i]);
    }
}

static enum status
send_ask(int chan_fd, const struct pin_ask *ask, int socket_fd)
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
pin_look(const struct pin_ask *ask, int exec_fd, int socket_fd, struct pin_chain *chain,
         struct config_error *error)
{
    int pair[2], wait_status = 0;
    int pid_fd = -1;
    pid_t pid = 0;
    *chain = (struct pin_chain){0};
    if (chan_pair(pair) != STATUS_OK ||
        spawn_child(CHILD_WORKER, exec_fd, pair[1], &pid, &pid_fd) != STATUS_OK) {
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

#define WARNING                                                                                    \
    "# These are the keys that %s showed to this machine just now. A first look is not proof:\n"   \
    "# whoever sits between here and there shows keys of his own. Compare them with what the\n"    \
    "# operator publishes, or look from another network, before you rely on them.\n"

static void
print_chain(const struct options *options, const struct pin_chain *chain)
{
    const char *tls_name = options->pin_tls_name;
    bool has_name = tls_name[0] != '\0';
    char address[ADDR_TEXT_MAX], pin[PIN_TEXT_MAX];
    addr_format(&options->pin_address, address);
    printf(WARNING "upstreams:\n"
                   "  - name: %.63s\n"
                   "    address: \"%s\"\n",
           address, has_name ? tls_name : "upstream", address);
    if (has_name)
        printf("    tls_name: %s\n", tls_name);
    printf("    verify: %s\n"
           "    pins:\n",
           has_name ? "pin+ca" : "pin # there is no tls_name to check");
    for (unsigned i = 0; i < chain->count; i++) {
        if (i == 1)
            printf("      # Keys of issuers: any certificate of theirs would match. Add the "
                   "operator's backup\n"
                   "      # key instead, if he publishes one.\n");
        printf("      %s- \"%s\" # %s\n", i == 0 ? "" : "# ", pin_format(chain->seen[i].pin, pin),
               chain->seen[i].text);
    }
}

/* What stands before and behind the upstreams of a policy that starts as it is. */
static void
print_policy_head(void)
{
    printf("# A policy for this host alone. Check it with: penstock --check -c FILE\n"
           "listen: [\"127.0.0.1:53\", \"[::1]:53\"]\n"
           "acl:\n"
           "  # Add the prefixes of your clients, and an address of yours to listen.\n"
           "  allow: [\"127.0.0.0/8\", \"::1/128\"]\n");
}

int
pin_run(const struct options *options)
{
    static struct pin_chain chain;
    struct config_error error;
    int exec_fds[CHILD_ROLES], socket_fd = -1;
    enum status status = executables_open(exec_fds, &error);
    if (status == STATUS_OK)
        status = pin_dial(&options->pin_address, &socket_fd, &error);
    if (status == STATUS_OK)
        status = jail_enter(NULL, exec_fds, &error);
    if (status == STATUS_OK)
        status = pin_look(&(struct pin_ask){.address = &options->pin_address,
                                            .tls_name = options->pin_tls_name,
                                            .index = IPC_NO_POLICY},
                          exec_fds[CHILD_WORKER], socket_fd, &chain, &error);
    if (status != STATUS_OK) {
        fprintf(stderr, "penstock: %s\n", error.text);
        return OPTIONS_EXIT_FAILURE;
    }
    if (options->pin_policy)
        print_policy_head();
    print_chain(options, &chain);
    if (options->pin_policy)
        printf("tls:\n  versions: [\"1.3\"]\n");
    if (chain.problem[0] != '\0')
        fprintf(stderr, "penstock: the handshake did not end well: %s\n", chain.problem);
    return ferror(stdout) != 0 || fflush(stdout) != 0 ? OPTIONS_EXIT_FAILURE : 0;
}
