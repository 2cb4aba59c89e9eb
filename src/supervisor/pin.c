#include "supervisor/pin.h"

#include "conf/pin.h"
#include "os/chan.h"
#include "os/log.h"
#include "os/sandbox.h"
#include "os/sock.h"
#include "supervisor/jail.h"
#include "supervisor/spawn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct seen {
    uint8_t pin[CONFIG_PIN_BYTES];
    char text[IPC_TEXT_MAX]; /* subject and validity, cleaned by ipc_decode() */
};

struct look {
    struct seen chain[PIN_CERTIFICATES];
    unsigned count;
    bool complete;              /* the end of the list was seen */
    char problem[IPC_TEXT_MAX]; /* what the worker says went wrong, or "" */
};

static enum status
dial(const struct addr *addr, int *fd, struct config_error *error)
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
take(struct look *look, const struct ipc_message *message)
{
    if (message->type == IPC_LOG)
        snprintf(look->problem, sizeof look->problem, "%s", message->text);
    if (message->type != IPC_PIN_SEEN)
        return;
    if (message->kind == 255) {
        look->complete = true;
        if (message->text[0] != '\0')
            snprintf(look->problem, sizeof look->problem, "%s", message->text);
    } else if (look->count < PIN_CERTIFICATES) {
        struct seen *seen = &look->chain[look->count++];
        memcpy(seen->pin, message->pin, sizeof seen->pin);
        snprintf(seen->text, sizeof seen->text, "%s", message->text);
    }
}

static void
listen_to(int chan_fd, struct look *look)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    while (!look->complete && chan_await(chan_fd, PIN_LOOK_MS) == STATUS_OK &&
           chan_receive(chan_fd, IPC_FROM_CHILD, &message, fds) == STATUS_OK) {
        take(look, &message);
        for (size_t i = 0; i < IPC_FDS_MAX; i++)
            if (fds[i] >= 0)
                close(fds[i]);
    }
}

/* Let a worker look. The socket is lent to it. */
static enum status
look_with_worker(const struct options *options, int exec_fd, int socket_fd, struct look *look,
                 struct config_error *error)
{
    int pair[2], wait_status = 0;
    pid_t pid = 0;
    struct ipc_message ask = {.type = IPC_PIN_LOOK};
    snprintf(ask.text, sizeof ask.text, "%s", options->pin_tls_name);
    if (chan_pair(pair) != STATUS_OK ||
        spawn_child(CHILD_WORKER, exec_fd, pair[1], &pid) != STATUS_OK) {
        snprintf(error->text, sizeof error->text, "cannot start penstock-worker: %s",
                 strerror(errno));
        return STATUS_SYSTEM;
    }
    close(pair[1]);
    if (chan_send(pair[0], &ask, &socket_fd, 1) == STATUS_OK)
        listen_to(pair[0], look);
    close(pair[0]);
    if (!look->complete)
        kill(pid, SIGKILL);
    if (waitpid(pid, &wait_status, 0) == pid && look->count > 0)
        return STATUS_OK;
    char ending[SPAWN_ENDING_MAX], address[ADDR_TEXT_MAX];
    bool told = look->problem[0] != '\0';
    snprintf(error->text, sizeof error->text, "%s shows no certificate: %s%.300s",
             addr_format(&options->pin_address, address), told ? "" : "the worker ",
             told ? look->problem : spawn_ending(wait_status, ending));
    return STATUS_NONE;
}

static void
print_chain(const struct options *options, const struct look *look)
{
    const char *tls_name = options->pin_tls_name;
    bool has_name = tls_name[0] != '\0';
    char address[ADDR_TEXT_MAX], pin[PIN_TEXT_MAX];
    addr_format(&options->pin_address, address);
    printf("# These are the keys that %s showed to this machine just now. A first look is not "
           "proof:\n"
           "# whoever sits between here and there shows keys of his own. Compare them with what "
           "the\n"
           "# operator publishes, or look from another network, before you rely on them.\n"
           "upstreams:\n"
           "  - name: %.63s\n"
           "    address: \"%s\"\n",
           address, has_name ? tls_name : "upstream", address);
    if (has_name)
        printf("    tls_name: %s\n", tls_name);
    printf("    verify: %s\n"
           "    pins:\n",
           has_name ? "pin+ca" : "pin # there is no tls_name to check");
    for (unsigned i = 0; i < look->count; i++) {
        if (i == 1)
            printf("      # Keys of issuers: any certificate of theirs would match. Add the "
                   "operator's backup\n"
                   "      # key instead, if he publishes one.\n");
        printf("      %s- \"%s\" # %s\n", i == 0 ? "" : "# ", pin_format(look->chain[i].pin, pin),
               look->chain[i].text);
    }
}

int
pin_run(const struct options *options)
{
    static struct look look;
    struct config_error error;
    int exec_fds[CHILD_ROLES], socket_fd = -1;
    enum status status = spawn_open(exec_fds, &error);
    if (status == STATUS_OK)
        status = dial(&options->pin_address, &socket_fd, &error);
    if (status == STATUS_OK)
        status = jail_enter(NULL, &error);
    if (status == STATUS_OK)
        status = look_with_worker(options, exec_fds[CHILD_WORKER], socket_fd, &look, &error);
    if (status != STATUS_OK) {
        fprintf(stderr, "penstock: %s\n", error.text);
        return OPTIONS_EXIT_FAILURE;
    }
    print_chain(options, &look);
    if (look.problem[0] != '\0')
        fprintf(stderr, "penstock: the handshake did not end well: %s\n", look.problem);
    return ferror(stdout) != 0 || fflush(stdout) != 0 ? OPTIONS_EXIT_FAILURE : 0;
}
