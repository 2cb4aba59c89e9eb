/* test_pin_look.c - one look at a server's certificates, in a process of its own; the test is server and supervisor
 * SPDX-License-Identifier: ISC
 */
#include "worker/pin_look.h"

#include "child_scene.h"
#include "tls_scene.h"

#include <fcntl.h>
#include <sys/socket.h>

#define CHAIN_END 255 /* depth of the message that ends the list */

static struct config config;
static struct worker looker = {.ca_fd = -1, .look_fd = -1};
static struct ipc_message ask;
static int pair[2]; /* the looker's end, and the server's */

static int
run_look(void)
{
    static struct pin_look look;
    close(pair[1]);
    pin_look_prepare(&look, &looker, &ask);
    return pin_look(&look, pair[0]);
}

static int
socket_send(void *owner, const unsigned char *from, size_t size)
{
    (void)owner;
    ssize_t sent = send(pair[1], from, size, MSG_NOSIGNAL);
    return sent >= 0 ? (int)sent : MBEDTLS_ERR_SSL_CONN_EOF;
}

static int
socket_receive(void *owner, unsigned char *to, size_t size)
{
    (void)owner;
    ssize_t got = recv(pair[1], to, size, 0);
    return got >= 0 ? (int)got : MBEDTLS_ERR_SSL_CONN_EOF;
}

/* Look as `ask` says. @param chain  of the server; NULL: it closes and says nothing */
static void
look_at(struct party **chain)
{
    struct server server;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    cr_assert_eq(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
    scene_start(run_look);
    close(pair[0]);
    if (chain != NULL) {
        server_init(&server, chain);
        server_begin(&server);
        mbedtls_ssl_set_bio(&server.ssl, NULL, socket_send, socket_receive, NULL);
        (void)mbedtls_ssl_handshake(&server.ssl);
    }
    close(pair[1]);
}

/* The next certificate is this party's. */
static void
assert_shows(unsigned depth, const struct party *party)
{
    const struct ipc_message *seen = scene_hear();
    cr_assert_not_null(seen);
    cr_assert(seen->type == IPC_PIN_SEEN && seen->kind == depth, "%u", seen->kind);
    cr_assert_arr_eq(seen->pin, party->pin, CONFIG_PIN_BYTES);
    cr_assert_neq(seen->text[0], '\0');
}

/* The list ends. @return what went wrong; "": nothing */
static const char *
assert_ends(const struct party *vouching)
{
    static const uint8_t none[CONFIG_PIN_BYTES];
    const struct ipc_message *end = scene_hear();
    cr_assert_not_null(end);
    cr_assert(end->type == IPC_PIN_SEEN && end->kind == CHAIN_END, "%u", end->kind);
    cr_assert_arr_eq(end->pin, vouching != NULL ? vouching->pin : none, CONFIG_PIN_BYTES);
    return end->text;
}

static void
assert_exits(int exit_status)
{
    cr_assert_null(scene_hear());
    int status = scene_end();
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == exit_status, "0x%x", (unsigned)status);
}

static void
begin(void)
{
    setup();
    ask = (struct ipc_message){.type = IPC_PIN_LOOK, .index = IPC_NO_POLICY, .text = NAME};
}

static void
ask_by_policy(const struct party *pin)
{
    config = (struct config){.upstreams_count = 1, .tls_versions = CONFIG_TLS13};
    config.upstreams[0] = policy(CONFIG_VERIFY_PIN, NAME, pin, NULL);
    looker.self.config = &config;
    ask = (struct ipc_message){.type = IPC_PIN_LOOK, .index = 0};
}

TestSuite(pin_look, .init = begin);

Test(pin_look, without_a_policy_every_certificate_is_shown_and_none_vouches)
{
    look_at(CHAIN(&leaf, &inter));
    assert_shows(0, &leaf);
    assert_shows(1, &inter);
    cr_assert_str_eq(assert_ends(NULL), "");
    assert_exits(0);
}

Test(pin_look, with_an_upstreams_policy_the_pin_that_vouches_is_told)
{
    ask_by_policy(&leaf);
    look_at(CHAIN(&leaf, &inter));
    assert_shows(0, &leaf);
    assert_shows(1, &inter);
    cr_assert_str_eq(assert_ends(&leaf), "");
    assert_exits(0);
}

Test(pin_look, who_is_refused_is_shown_all_the_same_and_the_end_says_why)
{
    ask_by_policy(&other_leaf);
    look_at(CHAIN(&leaf, &inter));
    assert_shows(0, &leaf);
    assert_shows(1, &inter);
    cr_assert_neq(assert_ends(NULL)[0], '\0');
    assert_exits(1);
}

Test(pin_look, a_server_that_closes_has_shown_nothing)
{
    look_at(NULL);
    cr_assert_neq(assert_ends(NULL)[0], '\0');
    assert_exits(1);
}

Test(pin_look, an_upstream_that_there_is_not_is_fatal)
{
    ask_by_policy(&leaf);
    ask.index = 1;
    look_at(NULL);
    assert_exits(1);
}
