/* test_child_config.c - what a child maps, and what it refuses to
 * SPDX-License-Identifier: ISC
 */
#include "child/child_config.h"
#include "conf/config_load.h"
#include "os/chan.h"
#include "os/memory.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct config sound;
static int chan[2];

static void
init(void)
{
    static const char yaml[] = "upstreams:\n- address: 192.0.2.1\n  name: dns.example\n"
                               "  verify: ca\nlisten: [127.0.0.1]\n";
    struct config_error error;
    struct config_source source = {
        .file = "penstock.yaml", .text = yaml, .text_size = sizeof yaml - 1};
    cr_assert_eq(config_load(&source, &sound, &error), STATUS_OK, "%s", error.text);
    cr_assert_eq(chan_pair(chan), STATUS_OK);
    log_open_chan(chan[0], LOG_NOTICE);
}

TestSuite(child_config, .init = init);

static int
share(const void *from, size_t size, bool read_only)
{
    int fd;
    cr_assert_eq(memory_share("test", from, size, read_only, &fd), STATUS_OK);
    return fd;
}

static int
log_lines(void)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX], count = 0;
    while (chan_receive(chan[1], IPC_FROM_CHILD, &message, fds) == STATUS_OK)
        count++;
    return count;
}

Test(child_config, a_sound_configuration_is_mapped)
{
    const struct config *config;
    size_t size;
    cr_assert_eq(child_config_map(share(&sound, sizeof sound, true), &config, &size), STATUS_OK);
    cr_assert_eq(memcmp(config, &sound, sizeof sound), 0);
    cr_assert_geq(size, sizeof sound);
    child_config_unmap(config, size);
}

Test(child_config, one_that_could_still_change_is_refused)
{
    const struct config *config;
    size_t size;
    cr_assert_eq(child_config_map(share(&sound, sizeof sound, false), &config, &size),
                 STATUS_INVALID);
    cr_assert_null(config);
}

Test(child_config, one_that_is_cut_or_not_sound_is_refused)
{
    const struct config *config;
    size_t size;
    cr_assert_eq(child_config_map(share(&sound, sizeof sound - 1, true), &config, &size),
                 STATUS_INVALID);
    sound.magic++;
    cr_assert_eq(child_config_map(share(&sound, sizeof sound, true), &config, &size),
                 STATUS_INVALID);
    cr_assert_null(config);
    cr_assert_neq(child_config_map(-1, &config, &size), STATUS_OK);
}

Test(child_config, takes_configuration_page_lane_and_level)
{
    struct child_config child = {0};
    struct ipc_message message = {.type = IPC_CONFIG, .lane = 5};
    sound.verbose = 1;
    int page = share(NULL, sizeof *child.stats, false);
    int fds[IPC_FDS_MAX] = {share(&sound, sizeof sound, true), page, -1};
    child_config_take(&child, &message, fds);
    cr_assert_eq(child.lane, 5);
    cr_assert_eq(child.config->verbose, 1);
    stats_add(child.stats, STAT_TURNS, 3);
    struct stats_page seen;
    cr_assert_eq(pread(page, &seen, sizeof seen, 0), (ssize_t)sizeof seen);
    cr_assert_eq(seen.counts[STAT_TURNS], 3, "whoever holds the page sees it");
    log_write(LOG_INFO, LOG_CONFIG, "wanted");
    log_write(LOG_DEBUG, LOG_CONFIG, "not wanted");
    cr_assert_eq(log_lines(), 1);
}

Test(child_config, each_verbosity_has_its_level)
{
    static const int lines[] = {1, 2, 3};
    for (uint32_t verbose = 0; verbose <= CONFIG_VERBOSE_MAX; verbose++) {
        sound.verbose = verbose;
        child_config_set_level(&sound);
        log_write(LOG_NOTICE, LOG_CONFIG, "notice");
        log_write(LOG_INFO, LOG_CONFIG, "info");
        log_write(LOG_DEBUG, LOG_CONFIG, "debug");
        cr_expect_eq(log_lines(), lines[verbose], "verbosity %u", verbose);
    }
}

Test(child_config, an_unsound_configuration_is_fatal, .exit_code = 1)
{
    struct child_config child = {0};
    sound.bytes--;
    int fds[IPC_FDS_MAX] = {share(&sound, sizeof sound, true),
                            share(NULL, sizeof *child.stats, false), -1};
    child_config_take(&child, &(struct ipc_message){.type = IPC_CONFIG}, fds);
}

Test(child_config, a_page_of_another_size_is_fatal, .exit_code = 1)
{
    struct child_config child = {0};
    int fds[IPC_FDS_MAX] = {share(&sound, sizeof sound, true),
                            share(NULL, sizeof *child.stats - 1, false), -1};
    child_config_take(&child, &(struct ipc_message){.type = IPC_CONFIG}, fds);
}
