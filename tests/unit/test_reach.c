/* test_reach.c - what Landlock is asked for; that it holds, tests/sandbox/landlock_probe.c tries
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/reach.h"

#include "os/landlock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATHS_MAX 64

static const int programs[CHILD_ROLES] = {10, 11};
static struct config config; /* all empty */
static long version = 7;
static enum status outcome;

/* What landlock_restrict() was asked for: */
static struct landlock_permit asked;
static uint16_t ports[CONFIG_UPSTREAMS_MAX];
static char readable[PATHS_MAX][PATH_MAX];

long __wrap_landlock_version(void);
long
__wrap_landlock_version(void)
{
    return version;
}

enum status __wrap_landlock_restrict(const struct landlock_permit *permit);
enum status
__wrap_landlock_restrict(const struct landlock_permit *permit)
{
    char link[32];
    asked = *permit;
    memcpy(ports, permit->ports, permit->ports_count * sizeof *ports);
    cr_assert_leq(permit->readable_count, PATHS_MAX);
    for (size_t i = 0; i < permit->readable_count; i++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", permit->readable[i]);
        cr_assert_gt(readlink(link, readable[i], PATH_MAX - 1), 0);
    }
    errno = EPERM;
    return outcome;
}

static bool
can_read(const char *folder)
{
    for (size_t i = 0; i < asked.readable_count; i++)
        if (strcmp(readable[i], folder) == 0)
            return true;
    return false;
}

static char top[PATH_MAX];

static const char *
below(const char *name)
{
    static char paths[8][PATH_MAX + 64];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", top, name);
    return path;
}

static void
make_file(const char *name)
{
    int fd = open(below(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
}

static void
make_folders(void)
{
    static char name[] = "/tmp/penstock-reach-XXXXXX";
    cr_assert_not_null(mkdtemp(name));
    cr_assert_not_null(realpath(name, top));
    cr_assert_eq(
        mkdir(below("etc"), 0700) | mkdir(below("real"), 0700) | mkdir(below("lists"), 0700), 0);
    make_file("etc/penstock.yaml");
    make_file("real/ca.pem");
    make_file("real/cookies");
    make_file("lists/a");
    make_file("lists/b");
    cr_assert_eq(symlink(below("real/ca.pem"), below("etc/ca.pem")), 0);
}

static void
remove_folders(void)
{
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -r '%s'", top);
    cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

TestSuite(reach, .init = make_folders, .fini = remove_folders);

Test(reach, ports_are_those_of_upstreams_and_programs_those_of_children)
{
    config.upstreams_count = 2;
    config.upstreams[0].address.port = 853;
    config.upstreams[1].address.port = 8853;
    cr_assert_eq(reach_restrict(&config, NULL, programs), STATUS_OK);
    cr_assert_eq(asked.ports_count, 2);
    cr_assert(ports[0] == 853 && ports[1] == 8853);
    cr_assert(asked.programs_count == CHILD_ROLES && asked.programs == programs);
    cr_assert((asked.forbids & LANDLOCK_NO_CHANGES) != 0 && !asked.has_folder);
}

Test(reach, without_a_configuration_there_is_proc_alone)
{
    cr_assert_eq(reach_restrict(NULL, NULL, programs), STATUS_OK);
    cr_assert_eq(asked.ports_count, 0);
    cr_assert(asked.readable_count == 1 && can_read("/proc"));
}

Test(reach, of_each_file_the_folder_where_it_is_named_and_where_it_is)
{
    snprintf(config.tls_ca_file, sizeof config.tls_ca_file, "%s", below("etc/ca.pem"));
    cr_assert_eq(reach_restrict(&config, below("etc/penstock.yaml"), programs), STATUS_OK);
    cr_assert(can_read(below("etc")) && can_read(below("real")));
    cr_assert_eq(asked.readable_count, 3, "%zu", asked.readable_count);
}

Test(reach, a_secret_of_a_file_can_be_read_again)
{
    snprintf(config.cookies_secret_file, CONFIG_LIST_PATH_MAX, "%s", below("real/cookies"));
    cr_assert_eq(reach_restrict(&config, NULL, programs), STATUS_OK);
    cr_assert(can_read(below("real")));
    cr_assert_eq(asked.readable_count, 2, "%zu", asked.readable_count);
}

Test(reach, files_of_one_folder_need_it_once)
{
    snprintf(config.local_block[0], CONFIG_LIST_PATH_MAX, "%s", below("lists/a"));
    snprintf(config.local_block[1], CONFIG_LIST_PATH_MAX, "%s", below("lists/b"));
    config.local_block_count = 2;
    snprintf(config.local_allow[0], CONFIG_LIST_PATH_MAX, "%s", below("lists/b"));
    config.local_allow_count = 1;
    cr_assert_eq(reach_restrict(&config, NULL, programs), STATUS_OK);
    cr_assert(can_read(below("lists")));
    cr_assert_eq(asked.readable_count, 2, "%zu", asked.readable_count);
}

Test(reach, a_file_of_the_root_is_itself_all_that_can_be_read_of_it)
{
    /* "/" itself, taken as a file: its folder would be everything */
    snprintf(config.tls_ca_file, sizeof config.tls_ca_file, "/etc");
    cr_assert_eq(reach_restrict(&config, NULL, programs), STATUS_OK);
    cr_assert(can_read("/etc") && !can_read("/"));
}

Test(reach, accounts_are_looked_up_only_where_some_are_named)
{
    cr_assert_eq(reach_restrict(&config, NULL, programs), STATUS_OK);
    cr_assert_not(can_read("/etc"));
    config.control_operators_count = 1;
    cr_assert_eq(reach_restrict(&config, NULL, programs), STATUS_OK);
    cr_assert(can_read("/etc"));
}

Test(reach, what_is_not_there_is_left_out)
{
    cr_assert_eq(reach_restrict(&config, below("nowhere/penstock.yaml"), programs), STATUS_OK);
    cr_assert_eq(asked.readable_count, 1);
}

Test(reach, every_list_in_a_folder_of_its_own_has_room)
{
    for (unsigned i = 0; i < CONFIG_LISTS_MAX; i++) {
        char name[64];
        snprintf(name, sizeof name, "lists/%u", i);
        cr_assert_eq(mkdir(below(name), 0700), 0);
        snprintf(name, sizeof name, "lists/%u/names", i);
        make_file(name);
        snprintf(config.local_block[i], CONFIG_LIST_PATH_MAX, "%s", below(name));
    }
    config.local_block_count = CONFIG_LISTS_MAX;
    cr_assert_eq(reach_restrict(&config, NULL, programs), STATUS_OK);
    for (unsigned i = 0; i < CONFIG_LISTS_MAX; i++) {
        char name[64];
        snprintf(name, sizeof name, "lists/%u", i);
        cr_assert(can_read(below(name)), "%u", i);
    }
    char text[REACH_TEXT_MAX];
    cr_assert_lt(strlen(reach_text(text)), REACH_TEXT_MAX - 1);
}

Test(reach, a_kernel_without_landlock_is_told_of_and_is_no_error)
{
    char text[REACH_TEXT_MAX];
    version = -1;
    outcome = STATUS_NONE;
    cr_assert_eq(reach_restrict(&config, NULL, programs), STATUS_OK);
    cr_assert_not_null(strstr(reach_text(text), "this kernel has no Landlock"), "%s", text);
    cr_assert_str_eq(reach_why(EACCES), strerror(EACCES));
}

Test(reach, what_cannot_be_set_up_is_an_error)
{
    outcome = STATUS_SYSTEM;
    cr_assert_eq(reach_restrict(&config, NULL, programs), STATUS_SYSTEM);
    cr_assert_eq(errno, EPERM);
}

Test(reach, its_state_is_a_sentence)
{
    char text[REACH_TEXT_MAX];
    cr_assert_eq(reach_restrict(&config, below("etc/penstock.yaml"), programs), STATUS_OK);
    cr_assert_eq(strncmp(reach_text(text), "Landlock, version 7: ", 21), 0, "%s", text);
    cr_assert_str_eq(reach_why(ENOENT), strerror(ENOENT));
}
