/* test_reload.c - another configuration for a service that runs
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "conf/config_hash.h"
#include "supervisor/reload.h"
#include "supervisor/retire.h"

#include <stdlib.h>

#define HEAD "listen: [\"127.0.0.1:5300\"]\nlanes: 1\nlog: {level: debug}\n"
#define UPSTREAM(address)                                                                          \
    "upstreams:\n  - {name: one, verify: pin, address: " address ", pins: [" PIN "]}\n"
#define PIN    "\"sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\""
#define BEFORE HEAD UPSTREAM("192.0.2.1")

static struct child *front, *worker;

static void
run(void)
{
    scene_open_with(BEFORE);
    scene_start(1);
    front = scene_child(0, CHILD_FRONT);
    worker = scene_child(0, CHILD_WORKER);
    scene_skip(front);
    scene_skip(worker);
}

static void
reload(const char *yaml)
{
    scene_write_file(yaml);
    raise_signal(SIGHUP);
    scene_turn(1);
}

Test(reload, what_is_the_same_goes_to_fronts_and_replaces_nobody)
{
    run();
    pid_t pid = worker->pid;
    reload(BEFORE);
    cr_assert_eq(sup.config_number, 2);
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    cr_assert_eq(scene_hear(front, &message, fds), IPC_RELOAD);
    cr_assert_eq(message.epoch, 2);
    SCENE_EXPECT(front, IPC_LIST, IPC_LIST);
    cr_assert_eq(worker->pid, pid);
    SCENE_LOGGED("the new configuration is in force\n");
}

/* Who reads the same file makes the same number of it, whatever this machine makes of `auto`. */
Test(reload, the_hash_in_force_is_that_of_what_was_read)
{
    static const char one[] = "log: {level: debug}\n" UPSTREAM("192.0.2.1");
    static const char other[] =
        "log: {level: debug}\ntimeouts: {query: 3s}\n" UPSTREAM("192.0.2.1");
    static struct config read;
    bool has_file = false;
    scene_open_with(one);
    scene_start(1);
    scene_skip(scene_child(0, CHILD_FRONT));
    scene_skip(scene_child(0, CHILD_WORKER));
    reload(other);
    cr_assert_eq(sup.config_number, 2);
    cr_assert_eq(settings_load(&options, &has_file, &read, &sup.wrong), STATUS_OK, "%s",
                 sup.wrong.of[0].text);
    cr_assert_eq(read.lanes, 0);
    cr_assert_neq(sup.config.lanes, 0);
    cr_expect_eq(sup.page->config_hash, config_hash(&read));
    scene_write_file(one);
    cr_assert_eq(settings_load(&options, &has_file, &read, &sup.wrong), STATUS_OK, "%s",
                 sup.wrong.of[0].text);
    cr_expect_neq(sup.page->config_hash, config_hash(&read));
}

/* The defaults would serve again, of nobody's wish: who takes a file away by mistake gets a line in the log. */
Test(reload, a_file_that_is_gone_stands_for_no_configuration)
{
    run();
    if (access(OPTIONS_CONFIG_FILE, F_OK) == 0)
        cr_skip_test("this machine has a configuration of its own");
    setenv("PENSTOCK_UPSTREAMS_0_NAME", "two", 1);
    setenv("PENSTOCK_UPSTREAMS_0_ADDRESS", "192.0.2.1", 1);
    setenv("PENSTOCK_UPSTREAMS_0_VERIFY", "ca", 1);
    setenv("PENSTOCK_LISTEN", "127.0.0.1:5300", 1);
    setenv("PENSTOCK_LANES", "1", 1);
    options.file = NULL; /* as if it had been read without a flag */
    raise_signal(SIGHUP);
    scene_turn(1);
    cr_assert_eq(sup.config_number, 1);
    cr_assert_str_eq(sup.config.upstreams[0].name, "one");
    SCENE_LOGGED("the configuration stays as it is: " OPTIONS_CONFIG_FILE
                 ": No such file or directory");
}

#define ONE "000102030405060708090a0b0c0d0e0f"
#define TWO "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

static char secret_path[64];

static void
write_secret(const char *text)
{
    snprintf(secret_path, sizeof secret_path, "/tmp/penstock-reload-%d", (int)getpid());
    int fd = open(secret_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void
remove_secret(void)
{
    unlink(secret_path);
}

/* All of the new secrets or none of them: half of a rotation would be a rotation that nobody knows of. */
Test(reload, another_secret_of_a_file_is_taken_up_or_refused_as_a_whole, .fini = remove_secret)
{
    char yaml[1024];
    run();
    write_secret(ONE "\n");
    snprintf(yaml, sizeof yaml, BEFORE "cookies: {secret_file: %s}\n", secret_path);
    reload(yaml);
    cr_assert_eq(sup.config_number, 2);
    cr_expect_eq(sup.config.cookies_secret.bytes[15], 15);
    pid_t pid = worker->pid;
    write_secret(TWO "\nprevious " ONE "\n");
    reload(yaml);
    cr_assert_eq(sup.config_number, 3);
    cr_expect_eq(sup.config.cookies_secret.bytes[0], 0xf0);
    cr_expect_eq(sup.config.cookies_previous_secret.bytes[15], 15);
    cr_expect_eq(sup.loaded.cookies_secret.is_set, 1, "systemd is not to keep it");
    cr_expect_eq(worker->pid, pid, "no worker knows of it");
    write_secret(ONE "\nprevious nothing\n");
    reload(yaml);
    cr_assert_eq(sup.config_number, 3);
    cr_expect_eq(sup.config.cookies_secret.bytes[0], 0xf0);
    cr_expect_eq(sup.config.cookies_previous_secret.bytes[15], 15);
    SCENE_LOGGED("the configuration stays as it is: cookies.secret_file: /tmp/penstock-reload-");
    cr_expect_null(strstr(scene_log(), ONE));
}

Test(reload, a_worker_that_it_concerns_is_replaced)
{
    run();
    pid_t pid = worker->pid;
    reload(HEAD UPSTREAM("192.0.2.2"));
    SCENE_LOGGED("the new configuration is in force; workers are replaced");
    cr_assert_eq(sup.lanes[0].children[CHILD_ROLES].pid, pid);
    scene_turn(0);
    cr_assert_eq(worker->state, LIFE_STARTING);
    cr_assert_eq(worker->upstreams[0].bytes[3], 2);
    cr_assert_eq(sup.lanes[0].children[CHILD_ROLES].upstreams[0].bytes[3], 1, "as it began");
}

Test(reload, what_is_wrong_leaves_all_as_it_was)
{
    run();
    reload("nonsense: 1\n" BEFORE);
    SCENE_LOGGED("the configuration stays as it is: ");
    SCENE_LOGGED("nonsense");
    cr_assert_eq(sup.config_number, 1);
    SCENE_EXPECT_NOTHING(front);
}

Test(reload, all_that_is_wrong_is_logged_and_the_first_is_the_answer)
{
    char text[4096] = "nonsense: 1\nuser: [x]\n";
    for (unsigned i = 0; i < 30; i++)
        strcat(text, "more: 1\n");
    run();
    reload(strcat(text, BEFORE));
    SCENE_LOGGED(":1: nonsense: unknown key; ");
    SCENE_LOGGED(":2: user: a list or mapping where a value must be; ");
    SCENE_LOGGED("the configuration stays as it is: and 23 more; penstock --check tells them\n");
    cr_expect_not_null(strstr(sup.reload_news.text, ":1: nonsense: unknown key; "));
    cr_expect_not_null(strstr(sup.reload_news.text, " (and 31 more)"), "%s", sup.reload_news.text);
    cr_assert_eq(sup.config_number, 1);
    reload(BEFORE "limits: {queries: 5000}\n");
    cr_expect_not_null(strstr(sup.reload_news.text, "limits.queries can only change"));
}

Test(reload, what_needs_a_restart_is_named)
{
    run();
    reload("limits: {queries: 5000}\n" BEFORE);
    SCENE_LOGGED("limits.queries can only change with a restart");
    cr_assert_eq(sup.config_number, 1);
}

Test(reload, it_waits_while_a_child_starts)
{
    run();
    end_process(scene_process(worker), SIGSEGV);
    scene_turn(0);
    cr_assert_eq(worker->state, LIFE_STARTING);
    reload(BEFORE);
    cr_assert_eq(sup.config_number, 1);
    scene_ready(worker);
    scene_turn(1);
    cr_assert_eq(sup.config_number, 2);
}

Test(reload, a_storm_of_signals_waits_for_a_place_and_takes_the_files_of_then)
{
    static const char *const files[] = {HEAD UPSTREAM("192.0.2.2"), HEAD UPSTREAM("192.0.2.3"),
                                        HEAD UPSTREAM("192.0.2.4")};
    run();
    for (unsigned i = 0; i < 3; i++) {
        reload(files[i]);
        if (i == SUPERVISOR_RETIRED)
            break;
        scene_turn(0);
        scene_ready(worker);
        scene_turn(1);
    }
    SCENE_LOGGED("the new configuration waits: workers that were replaced answer still");
    cr_assert_eq(sup.config.upstreams[0].address.bytes[3], 3);
    scene_turn(10);
    cr_assert_eq(sup.config.upstreams[0].address.bytes[3], 3, "nothing has changed");
    scene_write_file(HEAD UPSTREAM("192.0.2.9"));
    end_process(scene_process(&sup.lanes[0].children[CHILD_ROLES]), 0);
    scene_turn(1);
    cr_assert_eq(sup.config.upstreams[0].address.bytes[3], 9);
    cr_assert_eq(sup.lanes[0].deaths, 0);
}

Test(reload, a_secret_that_nobody_configured_is_kept)
{
    run();
    uint8_t before[sizeof sup.config.cookies_secret.bytes];
    memcpy(before, sup.config.cookies_secret.bytes, sizeof before);
    reload(BEFORE);
    cr_assert_arr_eq(before, sup.config.cookies_secret.bytes, sizeof before);
}

Test(reload, the_longest_time_of_a_query_decides_how_long_a_stop_takes)
{
    run();
    uint32_t before = sup.config.query_ms;
    reload("timeouts: {query: 9s}\n" BEFORE);
    cr_assert_eq(sup.query_ms_most, 9000);
    scene_turn(0);
    scene_ready(worker);
    reload(BEFORE);
    cr_assert_eq(sup.config.query_ms, before);
    cr_assert_eq(sup.query_ms_most, 9000);
}

Test(reload, a_service_that_stops_reads_nothing)
{
    run();
    lanes_stop(&sup, 0);
    reload(BEFORE);
    cr_assert_eq(sup.config_number, 1);
}
