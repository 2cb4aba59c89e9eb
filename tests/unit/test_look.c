/* test_look.c - one look at an upstream's certificates
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/look.h"

#include <netinet/in.h>

static struct look_chain chain;
static struct config_error error;
static const struct addr address = {.family = ADDR_IPV4, .port = 853, .bytes = {192, 0, 2, 1}};
static struct ipc_message heard[2]; /* what the worker was sent */
static unsigned heard_count;
static unsigned certificates;   /* that it shows */
static const char *its_problem; /* NULL: it does not even end its list */
static int its_status;

/* The worker: it says all that it has to say at once, and ends. */
static void
play(struct process *process)
{
    struct ipc_message seen = {.type = IPC_PIN_SEEN};
    for (unsigned i = 0; i < certificates; i++) {
        seen.kind = (uint8_t)i;
        seen.pin[0] = (uint8_t)(1 + i);
        snprintf(seen.text, sizeof seen.text, "CN=number-%u", i);
        cr_assert_eq(chan_send(process->chan_fd, &seen, NULL, 0), STATUS_OK);
    }
    if (its_problem != NULL) {
        seen = (struct ipc_message){.type = IPC_PIN_SEEN, .kind = 255, .index = 1, .pin = {2}};
        snprintf(seen.text, sizeof seen.text, "%s", its_problem);
        cr_assert_eq(chan_send(process->chan_fd, &seen, NULL, 0), STATUS_OK);
    }
    process->is_dead = true;
    process->wait_status = its_status;
    shutdown(process->chan_fd, SHUT_WR);
}

static enum status
look(uint32_t index)
{
    struct look_ask ask = {
        .address = &address, .tls_name = "dns.example", .index = index, .policy_fds = {2, 2, -1}};
    int fds[IPC_FDS_MAX], socket_fd = eventfd(0, EFD_CLOEXEC);
    at_spawn = play;
    processes_count = heard_count = 0;
    enum status status = look_at(&ask, -1, socket_fd, &chain, &error);
    while (heard_count < 2 && chan_receive(processes[0].chan_fd, IPC_FROM_SUPERVISOR,
                                           &heard[heard_count], fds) == STATUS_OK) {
        heard_count++;
        scene_close(fds);
    }
    close(socket_fd);
    return status;
}

Test(look, a_chain_is_taken_as_it_comes)
{
    certificates = 3;
    its_problem = "";
    cr_assert_eq(look(IPC_NO_POLICY), STATUS_OK, "%s", error.text);
    cr_assert(chain.complete);
    cr_assert(chain.wants_12);
    cr_assert_eq(chain.count, 3);
    cr_assert_str_eq(chain.seen[2].text, "CN=number-2");
    cr_assert_eq(chain.seen[2].pin[0], 3);
    cr_assert_eq(chain.vouches[0], 2);
    cr_assert_str_eq(chain.problem, "");
    cr_assert_eq(heard_count, 1);
    cr_assert_eq(heard[0].type, IPC_PIN_LOOK);
    cr_assert_str_eq(heard[0].text, "dns.example");
}

Test(look, with_a_policy_the_worker_gets_it_first)
{
    certificates = 1;
    its_problem = "";
    cr_assert_eq(look(4), STATUS_OK, "%s", error.text);
    cr_assert_eq(heard_count, 2);
    cr_assert_eq(heard[0].type, IPC_CONFIG);
    cr_assert_eq(heard[1].index, 4);
}

Test(look, more_certificates_than_there_is_room_for_are_not_kept)
{
    certificates = LOOK_CERTIFICATES + 3;
    its_problem = "";
    cr_assert_eq(look(IPC_NO_POLICY), STATUS_OK);
    cr_assert_eq(chain.count, LOOK_CERTIFICATES);
}

Test(look, what_went_wrong_is_told_in_the_workers_words)
{
    certificates = 0;
    its_problem = "connection reset";
    cr_assert_eq(look(IPC_NO_POLICY), STATUS_NONE);
    cr_assert_str_eq(error.text, "192.0.2.1:853 shows no certificate: connection reset");
    certificates = 1;
    cr_assert_eq(look(IPC_NO_POLICY), STATUS_OK);
    cr_assert_str_eq(chain.problem, "connection reset");
}

Test(look, a_worker_that_ends_without_a_word_is_told_by_its_end)
{
    certificates = 0;
    its_problem = NULL;
    its_status = SIGSYS;
    cr_assert_eq(look(IPC_NO_POLICY), STATUS_NONE);
    cr_assert_not_null(strstr(error.text, "the worker was killed by its syscall filter"), "%s",
                       error.text);
}

Test(look, without_a_process_there_is_no_look)
{
    spawn_error = EAGAIN;
    cr_assert_eq(look(IPC_NO_POLICY), STATUS_SYSTEM);
    cr_assert_str_eq(error.text, "cannot start penstock-worker: Resource temporarily unavailable");
}

Test(look, an_upstream_is_dialled_or_said_to_be_out_of_reach)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int fd = -1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&at, size), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    struct addr to = {.family = ADDR_IPV4, .port = ntohs(at.sin_port), .bytes = {127, 0, 0, 1}};
    cr_assert_eq(look_dial(&to, &(struct addr){0}, &fd, &error), STATUS_SYSTEM);
    cr_assert_not_null(strstr(error.text, "cannot connect to 127.0.0.1:"), "%s", error.text);
    cr_assert_not_null(strstr(error.text, "Connection refused"), "%s", error.text);
    struct addr stranger = {.family = ADDR_IPV4, .bytes = {192, 0, 2, 7}};
    cr_assert_eq(look_dial(&to, &stranger, &fd, &error), STATUS_SYSTEM);
    cr_assert_not_null(strstr(error.text, " from 192.0.2.7: Cannot assign requested address"), "%s",
                       error.text);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(look_dial(&to, &(struct addr){0}, &fd, &error), STATUS_OK, "%s", error.text);
    close(fd);
}
