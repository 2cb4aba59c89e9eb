/* test_notify.c - what the service manager hears in each phase
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/notify.h"

#include "os/sys.h"
#include "supervisor/reload.h"
#include "supervisor_scene.h"

#define YAML                                                                                       \
    "listen: [127.0.0.1]\nupstreams:\n"                                                            \
    "- {name: one, address: 192.0.2.1, verify: ca, tls_name: one.example}\n"                       \
    "- {name: two, address: 192.0.2.2, verify: ca, tls_name: two.example}\n"                       \
    "tls: {ca_file: /etc/ssl/certs/ca-certificates.crt}\n"

static int manager;

static void
setup_with(const char *yaml)
{
    int pair[2];
    scene_open_with(yaml);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    sup.notify_fd = pair[0];
    sup.stored_count = UINT32_MAX; /* nothing is put into its store */
    manager = pair[1];
}

static void
setup(void)
{
    setup_with(YAML);
}

/* The next message, "" if there is none. */
static const char *
told(void)
{
    static char text[2048];
    ssize_t size = recv(manager, text, sizeof text - 1, MSG_DONTWAIT);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static void
set_upstream(uint32_t index, enum stats_upstream_state state)
{
    stats_store(&scene_child(0, CHILD_WORKER)->stats->upstreams[index].state, state);
}

Test(notify, says_ready_once_when_all_serve, .init = setup)
{
    scene_start(1);
    cr_expect_str_eq(
        told(),
        "READY=1\nSTATUS=Serving: 1 of 1 lane, 0 of 2 upstreams can be asked, 2 not tried yet\n");
    scene_pass(3000);
    cr_expect_str_eq(told(), "", "nothing is new");
}

Test(notify, says_what_changed_when_it_changed, .init = setup)
{
    scene_start(1);
    (void)told();
    set_upstream(0, STATS_UPSTREAM_USABLE);
    scene_pass(1100);
    cr_expect_str_eq(
        told(), "STATUS=Serving: 1 of 1 lane, 1 of 2 upstreams can be asked, 1 not tried yet\n");
    set_upstream(1, STATS_UPSTREAM_REFUSED);
    scene_pass(1100);
    cr_expect_str_eq(told(), "STATUS=Serving: 1 of 1 lane, 1 of 2 upstreams can be asked\n");
    end_process(scene_process(scene_child(0, CHILD_FRONT)), SIGKILL);
    scene_pass(1100);
    cr_expect_str_eq(told(), "STATUS=Serving: 0 of 1 lane, 1 of 2 upstreams can be asked\n");
    cr_expect_str_eq(told(), "");
}

Test(notify, a_reload_is_announced_with_its_time_and_ends_with_ready, .init = setup)
{
    unsigned long long when;
    int used = 0;
    scene_start(1);
    (void)told();
    scene_write_file(YAML "listen_: 1\n");
    uint64_t before_us = sys_clock_us(CLOCK_MONOTONIC);
    sup.loop.now_us = before_us - 5; /* the signal came later in this turn */
    reload_ask(&sup, "test");
    const char *text = told();
    (void)sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%llu\n%n", &when, &used);
    cr_expect_str_eq(text + used, "STATUS=Reading the configuration again\n");
    cr_expect_geq(when, before_us);
    reload_ask(&sup, "test");
    cr_expect_str_eq(told(), "", "it knows");
    reload_tick(&sup);
    text = told();
    cr_expect_eq(strncmp(text, "READY=1\nSTATUS=Serving: ", 24), 0, "%s", text);
    cr_expect_not_null(strstr(text, "; the last reload was refused: "), "%s", text);
    cr_expect_not_null(strstr(text, "listen_"), "%s", text);
}

Test(notify, a_refusal_is_shown_until_a_reload_is_taken_up, .init = setup)
{
    scene_start(1);
    (void)told();
    sup.reload_news = (struct reload_news){.text = "no such key"};
    scene_pass(1100);
    cr_expect_not_null(strstr(told(), "; the last reload was refused: no such key"));
    sup.reload_news.is_in_force = true;
    scene_pass(1100);
    cr_expect_null(strstr(told(), "refused"));
}

Test(notify, says_stopping_and_then_nothing, .init = setup)
{
    scene_start(1);
    (void)told();
    lanes_stop(&sup, 0);
    cr_expect_str_eq(told(), "STOPPING=1\nSTATUS=Answering what is in flight\n");
    reload_ask(&sup, "test");
    scene_pass(3000);
    cr_expect_str_eq(told(), "");
}

Test(notify, says_that_a_start_has_failed, .init = setup)
{
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    end_process(scene_process(scene_child(0, CHILD_FRONT)), 256);
    scene_turn(1);
    cr_expect_not_null(strstr(told(), "STOPPING=1"));
    cr_expect_not_null(strstr(told(), "STATUS=It cannot start: "));
}

Test(notify, without_a_service_manager_nobody_is_told)
{
    scene_open_with(YAML);
    scene_start(1);
    scene_pass(2000);
    cr_expect_str_eq(sup.status,
                     "Serving: 1 of 1 lane, 0 of 2 upstreams can be asked, 2 not tried yet");
}

#define ROUTES                                                                                     \
    "routes: [{names: [corp.example], upstreams: [two]}, {names: [a.example], upstreams: "         \
    "[three]},"                                                                                    \
    " {names: [b.example], upstreams: [two, three]}]\n"

Test(notify, says_which_names_nobody_can_be_asked)
{
    setup_with("listen: [127.0.0.1]\nupstreams:\n"
               "- {name: one, address: 192.0.2.1, verify: ca, tls_name: one.example}\n"
               "- {name: two, address: 192.0.2.2, verify: ca, tls_name: two.example}\n"
               "- {name: three, address: 192.0.2.3, verify: ca, tls_name: three.example}\n"
               "tls: {ca_file: /etc/ssl/certs/ca-certificates.crt}\n" ROUTES);
    scene_start(1);
    set_upstream(0, STATS_UPSTREAM_USABLE);
    set_upstream(1, STATS_UPSTREAM_DOWN);
    scene_pass(1100);
    cr_expect_str_eq(sup.status, "Serving: 1 of 1 lane, 1 of 3 upstreams can be asked, 1 not tried "
                                 "yet, none for corp.example");
    set_upstream(2, STATS_UPSTREAM_REFUSED);
    scene_pass(1100);
    cr_expect_str_eq(sup.status, "Serving: 1 of 1 lane, 1 of 3 upstreams can be asked, none for "
                                 "corp.example and 2 more");
    set_upstream(0, STATS_UPSTREAM_DOWN);
    set_upstream(2, STATS_UPSTREAM_USABLE);
    scene_pass(1100);
    cr_expect_str_eq(sup.status, "Serving: 1 of 1 lane, 1 of 3 upstreams can be asked, NONE for "
                                 "names outside of routes, none for corp.example");
    set_upstream(2, STATS_UPSTREAM_DOWN);
    scene_pass(1100);
    cr_expect_str_eq(sup.status, "Serving: 1 of 1 lane, 0 of 3 upstreams can be asked");
}
