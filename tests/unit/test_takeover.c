/* test_takeover.c - a penstock that serves, played by the test, gives its sockets away
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/takeover.h"

#include "control_scene.h"
#include "os/sock.h"
#include "supervisor/steer.h"

#include <netinet/in.h>
#include <sys/wait.h>

#define SAYS_MAX 8

static struct control_message says[SAYS_MAX]; /* after HELLO and the request */
static int says_fds[SAYS_MAX];
static unsigned says_count;
static struct config_error error;
static int listener = -1;
static bool listens = true; /* each socket of TCP that is handed over */

static void
setup(void)
{
    scene_open(1);
    sup.config.lanes = 0;
    sup.takeover.source.fd = -1;
    snprintf(sup.config.control_socket, sizeof sup.config.control_socket,
             "/tmp/penstock-takeover-%d", (int)getpid());
}

static struct control_message *
say(enum control_type type, int fd)
{
    cr_assert_lt(says_count, SAYS_MAX);
    says_fds[says_count] = fd;
    says[says_count] = (struct control_message){.type = type};
    return &says[says_count++];
}

static bool
send_one(int fd, const struct control_message *message, int passed)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    return peer_send(fd, bytes, control_message_encode(message, bytes), passed) == STATUS_OK;
}

/* A process that answers at the control socket once, and then closes. Whoever refuses what it says may be gone before all is
 * said. */
static pid_t
play(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, sup.config.control_socket, sizeof sup.config.control_socket);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(fd, 1), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct control_message hello = {.type = CONTROL_HELLO, .right = CONTROL_OPERATOR};
        uint8_t request[CONTROL_MESSAGE_MAX];
        int connection = accept(fd, NULL, NULL);
        strcpy(hello.text, "0.0.9");
        if (!send_one(connection, &hello, -1) ||
            recv(connection, request, sizeof request, 0) != 6 || request[1] != CONTROL_TAKE_OVER)
            _exit(1);
        for (unsigned i = 0; i < says_count && send_one(connection, &says[i], says_fds[i]); i++)
            ;
        while (recv(connection, request, sizeof request, 0) > 0)
            ;
        _exit(0);
    }
    close(fd);
    return pid;
}

static enum status
begin(void)
{
    int wait_status;
    pid_t pid = play();
    enum status status = takeover_begin(&sup, &listener, &error);
    if (sup.takeover.source.fd >= 0)
        shutdown(sup.takeover.source.fd, SHUT_RDWR);
    cr_assert_eq(waitpid(pid, &wait_status, 0), pid);
    cr_assert_eq(wait_status, 0);
    unlink(sup.config.control_socket);
    return status;
}

static void
say_head(unsigned lanes)
{
    struct control_message *head = say(CONTROL_HANDS_OVER, -1);
    head->lanes = lanes;
    head->programs = steer_programs(&sup.config, lanes);
    memset(head->secret, 7, sizeof head->secret);
}

/* A socket bound to 127.0.0.1, and its address an entry of `listen` if it `is_wanted`. */
static void
say_socket(unsigned lane, int type, bool is_wanted)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0), bound_type;
    cr_assert_eq(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    cr_assert(type == SOCK_DGRAM || !listens || listen(fd, 1) == 0);
    struct control_message *message = say(CONTROL_SOCKET, fd);
    message->lane = lane;
    message->kind = type == SOCK_DGRAM ? CONTROL_LISTENER_UDP : CONTROL_LISTENER_TCP;
    if (is_wanted)
        cr_assert_eq(sock_bound(fd, &sup.config.listen[sup.config.listen_count++], &bound_type),
                     STATUS_OK);
}

Test(takeover, sockets_go_where_their_address_stands_and_the_secret_is_taken, .init = setup)
{
    say_head(1);
    say_socket(0, SOCK_DGRAM, true);
    say_socket(0, SOCK_STREAM, true);
    say_socket(0, SOCK_DGRAM, false);
    say(CONTROL_SOCKET, socket(AF_UNIX, SOCK_SEQPACKET, 0))->kind = CONTROL_LISTENER_CONTROL;
    say(CONTROL_DONE, -1);
    cr_assert_eq(begin(), STATUS_OK, "%s", error.text);
    cr_expect_geq(sup.lanes[0].listeners[0][0], 0);
    cr_expect_eq(sup.lanes[0].listeners[0][1], -1);
    cr_expect_geq(sup.lanes[0].listeners[1][1], 0);
    cr_expect_geq(listener, 0);
    cr_expect_eq(sup.config.lanes, 1);
    cr_expect(sup.config.cookies_secret.is_set);
    cr_expect_eq(sup.config.cookies_secret.bytes[0], 7);
    cr_expect(sup.fronts_are_held);
    cr_expect_eq(sup.takeover.state, TAKEOVER_BEGINS);
    SCENE_LOGGED("taking over from penstock 0.0.9");
    SCENE_LOGGED("is not served any more");
    cr_expect_eq(sup.takeover.unserved_count, 1);
    SCENE_LOGGED("each client with its whole burst");
}

Test(takeover, a_secret_that_is_configured_stays, .init = setup)
{
    sup.config.cookies_secret.is_set = 1;
    say_head(1);
    say(CONTROL_DONE, -1);
    cr_assert_eq(begin(), STATUS_OK, "%s", error.text);
    cr_expect_eq(sup.config.cookies_secret.bytes[0], 0);
}

Test(takeover, what_the_sockets_cannot_be_is_said_before_anything_changes, .init = setup)
{
    sup.config.lanes = 2;
    say_head(1);
    cr_assert_eq(begin(), STATUS_INVALID);
    cr_expect_not_null(strstr(error.text, "lanes: 2"), "%s", error.text);
    sup.config.lanes = 0;
    says[0].programs++;
    cr_assert_eq(begin(), STATUS_INVALID);
    cr_expect_not_null(strstr(error.text, "filter.kernel"), "%s", error.text);
    cr_expect_eq(sup.takeover.state, TAKEOVER_NONE);
    cr_expect_not(sup.fronts_are_held);
    cr_expect_not(sup.config.cookies_secret.is_set);
}

Test(takeover, a_refusal_is_passed_on, .init = setup)
{
    strcpy(say(CONTROL_FAILED, -1)->text, "penstock is stopping");
    cr_assert_eq(begin(), STATUS_SYSTEM);
    cr_expect_not_null(strstr(error.text, "says: penstock is stopping"), "%s", error.text);
}

Test(takeover, what_comes_is_judged, .init = setup)
{
    say(CONTROL_DONE, -1);
    cr_expect_eq(begin(), STATUS_SYSTEM, "no head");
    says_count = 0;
    say_head(CONFIG_LANES_MAX + 1);
    cr_expect_eq(begin(), STATUS_SYSTEM, "too many lanes");
    says_count = 0;
    say_head(1);
    say_socket(0, SOCK_DGRAM, true);
    says[1].kind = CONTROL_LISTENER_TCP;
    cr_expect_eq(begin(), STATUS_SYSTEM, "another type");
    says_count = 0;
    listens = false;
    say_head(1);
    say_socket(0, SOCK_STREAM, true);
    say(CONTROL_DONE, -1);
    cr_expect_eq(begin(), STATUS_SYSTEM, "nobody can connect to it");
    cr_expect_not_null(strstr(error.text, "none to listen at"), "%s", error.text);
    listens = true;
    says_count = 0;
    sup.config.lanes = 0;
    say_head(1);
    say_socket(CONFIG_LANES_MAX, SOCK_DGRAM, true);
    cr_expect_eq(begin(), STATUS_SYSTEM, "no such lane");
    says_count = 0;
    sup.config.lanes = 0;
    say_head(2);
    say_socket(0, SOCK_DGRAM, true);
    say(CONTROL_DONE, -1);
    cr_expect_eq(begin(), STATUS_SYSTEM, "the other lane has none");
    cr_expect_not_null(strstr(error.text, "missing"), "%s", error.text);
    says_count = 0;
    sup.config.lanes = 0;
    say_head(1);
    say(CONTROL_HANDS_OVER, -1)->lanes = 1;
    cr_expect_eq(begin(), STATUS_SYSTEM, "twice");
}

Test(takeover, where_nobody_answers_there_is_nothing_to_take, .init = setup)
{
    cr_assert_eq(takeover_begin(&sup, &listener, &error), STATUS_OK);
    cr_expect_eq(sup.takeover.state, TAKEOVER_NONE);
    cr_expect_eq(listener, -1);
    SCENE_LOGGED("there is nothing to take over");
    sup.config.control_socket[0] = '\0';
    cr_expect_eq(takeover_begin(&sup, &listener, &error), STATUS_INVALID);
}
