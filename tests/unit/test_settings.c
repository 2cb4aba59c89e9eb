/* test_settings.c - from files, environment and flags to a judged configuration
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "conf/config_cookies.h"

#include <net/if.h>
#include <stdlib.h>
#include <sys/stat.h>

#define UPSTREAMS                                                                                  \
    "upstreams:\n  - {name: one, address: 192.0.2.1, verify: ca, tls_name: dns.example}\n"
#define PEM "-----BEGIN CERTIFICATE-----\n"

static struct config config;
static struct config_error error;
static bool has_file;

/* `error` is the first of what is wrong. */
static enum status
load_file(void)
{
    enum status status = settings_load(&options, &has_file, &config, &sup.wrong);
    error = sup.wrong.of[0];
    return status;
}

static enum status
load(const char *yaml)
{
    scene_write_file(yaml);
    return load_file();
}

/* A file with these contents, by its path. */
static const char *
file_with(const char *bytes, size_t size)
{
    static char path[64];
    int fd = memfd_create("bytes", MFD_CLOEXEC);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

Test(settings, a_file_is_read_and_judged)
{
    cr_assert_eq(load(UPSTREAMS), STATUS_OK, "%s", error.text);
    cr_assert_eq(config.upstreams_count, 1);
    cr_assert_eq(load("lanes: none\n" UPSTREAMS), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, ":1: lanes: "), "%s", error.text);
    cr_assert_eq(config.upstreams_count, 0, "zeroed");
}

Test(settings, the_environment_has_its_say)
{
    setenv("PENSTOCK_TIMEOUTS_QUERY", "3s", 1);
    cr_assert_eq(load(UPSTREAMS), STATUS_OK, "%s", error.text);
    cr_assert_eq(config.query_ms, 3000);
}

Test(settings, a_file_that_was_named_has_to_be_there)
{
    options.file = "no/such/file";
    cr_assert_eq(load_file(), STATUS_INVALID);
    cr_assert_str_eq(error.text, "no/such/file: No such file or directory");
}

Test(settings, a_file_of_no_flag_may_be_missing_where_none_was)
{
    if (access(OPTIONS_CONFIG_FILE, F_OK) == 0)
        cr_skip_test("this machine has a configuration of its own");
    cr_assert_eq(load(UPSTREAMS), STATUS_OK, "%s", error.text);
    cr_expect(has_file);
    options.file = NULL;
    cr_expect_eq(load_file(), STATUS_INVALID);
    cr_expect_str_eq(error.text, OPTIONS_CONFIG_FILE ": No such file or directory");
    cr_expect(has_file, "that of the one in force");
    has_file = false;
    setenv("PENSTOCK_UPSTREAMS_0_NAME", "one", 1);
    setenv("PENSTOCK_UPSTREAMS_0_ADDRESS", "192.0.2.1", 1);
    setenv("PENSTOCK_UPSTREAMS_0_VERIFY", "ca", 1);
    cr_expect_eq(load_file(), STATUS_OK, "%s", error.text);
    cr_expect_not(has_file);
}

/* A supervisor that waited for whoever opens the other end would start no child again and hear no signal. */
Test(settings, a_service_waits_for_no_pipe, .timeout = 20)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/penstock-settings-%d", (int)getpid());
    cr_assert_eq(mkfifo(path, 0600), 0);
    options.file = path;
    cr_expect_eq(load_file(), STATUS_INVALID, "nobody writes");
    settings_enter_jail();
    cr_expect_eq(load_file(), STATUS_INVALID);
    cr_expect_not_null(strstr(error.text, ": is not a regular file"), "%s", error.text);
    unlink(path);
}

Test(settings, a_file_is_not_larger_than_it_may_be)
{
    char *large = calloc(1, CONFIG_FILE_MAX + 1);
    memset(large, '\n', CONFIG_FILE_MAX + 1);
    options.file = file_with(large, CONFIG_FILE_MAX + 1);
    cr_assert_eq(load_file(), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "larger than"), "%s", error.text);
    free(large);
}

Test(settings, an_interface_is_asked_for_once_and_in_the_jail_no_more)
{
    char name[CONFIG_ZONE_NAME_MAX];
    unsigned lo = if_nametoindex("lo");
    if (lo == 0)
        cr_skip_test("there is no loopback interface");
    for (unsigned jailed = 0; jailed < 2; jailed++) {
        cr_assert_eq(load("listen: [\"[fe80::1%lo]:53\"]\n" UPSTREAMS), STATUS_OK, "%s",
                     error.text);
        cr_assert_eq(config.listen[0].scope, lo);
        settings_enter_jail();
    }
    cr_assert_eq(load("listen: [\"[fe80::1%eth7]:53\"]\n" UPSTREAMS), STATUS_INVALID);
    cr_assert(settings_zone_name(lo, name));
    cr_assert_str_eq(name, "lo");
}

Test(settings, certificates_are_read_where_an_upstream_needs_them)
{
    int fd = -1;
    void *at;
    size_t size;
    cr_assert_eq(load(UPSTREAMS), STATUS_OK, "%s", error.text);
    strcpy(config.tls_ca_file, file_with(PEM, sizeof PEM - 1));
    cr_assert_eq(settings_load_ca(&config, &fd, &error), STATUS_OK, "%s", error.text);
    cr_assert_eq(memory_map(fd, 1, true, &at, &size), STATUS_OK);
    cr_assert_str_eq((const char *)at, PEM);
    config.upstreams[0].verify = CONFIG_VERIFY_PIN;
    cr_assert_eq(settings_load_ca(&config, &fd, &error), STATUS_OK);
    cr_assert_eq(fd, -1);
}

Test(settings, what_holds_no_certificate_is_refused)
{
    int fd = 7;
    cr_assert_eq(load(UPSTREAMS), STATUS_OK, "%s", error.text);
    strcpy(config.tls_ca_file, file_with("nothing", 7));
    cr_assert_eq(settings_load_ca(&config, &fd, &error), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "holds no certificate in PEM"), "%s", error.text);
    cr_assert_eq(fd, -1);
    strcpy(config.tls_ca_file, "no/such/file");
    cr_assert_eq(settings_load_ca(&config, &fd, &error), STATUS_INVALID);
    cr_assert_str_eq(error.text, "tls.ca_file: no/such/file: No such file or directory");
}

Test(settings, a_secret_is_made_kept_or_as_configured)
{
    static struct config next;
    static const struct config none;
    settings_fill_secret(&config, NULL);
    cr_assert(config.cookies_secret.is_set);
    cr_assert_neq(memcmp(&config.cookies_secret, &none.cookies_secret, sizeof none.cookies_secret),
                  0);
    settings_fill_secret(&next, &config);
    cr_assert_arr_eq(&next.cookies_secret, &config.cookies_secret, sizeof next.cookies_secret);
    next.cookies_secret.bytes[0] ^= 1;
    uint8_t configured = next.cookies_secret.bytes[0];
    settings_fill_secret(&next, &config);
    cr_assert_eq(next.cookies_secret.bytes[0], configured);
}

#define SECRET "000102030405060708090a0b0c0d0e0f"

static char secret_path[64];

static void
write_secret(const char *text, mode_t mode)
{
    snprintf(secret_path, sizeof secret_path, "/tmp/penstock-cookies-%d", (int)getpid());
    unlink(secret_path);
    int fd = open(secret_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(fchmod(fd, mode), 0);
    close(fd);
    snprintf(config.cookies_secret_file, sizeof config.cookies_secret_file, "%s", secret_path);
}

static void
remove_secret(void)
{
    unlink(secret_path);
}

Test(settings, secrets_come_from_a_file_of_their_own, .fini = remove_secret)
{
    int fds[CHILD_ROLES];
    void *at;
    size_t size;
    cr_assert_eq(settings_load_cookies(&config, &error), STATUS_OK, "none is configured");
    cr_assert_eq(load(UPSTREAMS), STATUS_OK, "%s", error.text);
    write_secret(SECRET "\nstaged ffffffffffffffffffffffffffffffff\n", 0640);
    cr_assert_eq(settings_load_cookies(&config, &error), STATUS_OK, "%s", error.text);
    cr_expect_eq(config.cookies_secret.bytes[15], 15);
    cr_expect_eq(config.cookies_staged_secret.bytes[0], 0xff);
    settings_fill_secret(&config, NULL);
    cr_expect_eq(config.cookies_secret.bytes[15], 15);
    cr_assert_eq(settings_share(&config, fds), STATUS_OK);
    cr_assert_eq(memory_map(fds[CHILD_FRONT], sizeof config, true, &at, &size), STATUS_OK);
    const struct config *front = at;
    cr_expect(config_is_sound(front), "a front takes it");
    cr_expect_eq(front->cookies_staged_secret.bytes[0], 0xff);
    cr_expect_eq(front->cookies_secret_file[0], '\0');
}

Test(settings, a_file_of_secrets_is_refused_without_showing_it, .fini = remove_secret)
{
    char expected[CONFIG_ERROR_MAX];
    write_secret("0" SECRET "\n", 0600);
    cr_assert_eq(settings_load_cookies(&config, &error), STATUS_INVALID);
    snprintf(
        expected, sizeof expected,
        "cookies.secret_file: %s:1: not a secret, and not shown; allowed: 32 hexadecimal digits "
        "in lower case",
        secret_path);
    cr_expect_str_eq(error.text, expected);
    cr_expect_eq(config.cookies_secret.is_set, 0);
    char large[CONFIG_COOKIES_FILE_MOST + 2] = {0};
    memset(large, '0', sizeof large - 1);
    write_secret(large, 0600);
    cr_assert_eq(settings_load_cookies(&config, &error), STATUS_INVALID);
    cr_expect_not_null(strstr(error.text, ": larger than "), "%s", error.text);
    remove_secret();
    cr_assert_eq(settings_load_cookies(&config, &error), STATUS_INVALID);
    snprintf(expected, sizeof expected, "cookies.secret_file: %s: No such file or directory",
             secret_path);
    cr_expect_str_eq(error.text, expected);
}

Test(settings, a_file_of_secrets_is_for_us_alone, .fini = remove_secret)
{
    static const mode_t refused[] = {0644, 0604, 0660, 0602, 0620, 0601};
    static const mode_t taken[] = {0600, 0640, 0440, 0400};
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        write_secret(SECRET, refused[i]);
        cr_expect_eq(settings_load_cookies(&config, &error), STATUS_INVALID, "%o", refused[i]);
        cr_expect_not_null(
            strstr(error.text, ": others can read or change it; allowed: a mode of 0640 or less"),
            "%s", error.text);
        cr_expect_eq(config.cookies_secret.is_set, 0);
    }
    for (unsigned i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        write_secret(SECRET, taken[i]);
        cr_expect_eq(settings_load_cookies(&config, &error), STATUS_OK, "%s", error.text);
    }
}

Test(settings, the_worker_gets_no_secret)
{
    static const struct config none;
    int fds[CHILD_ROLES];
    void *at;
    size_t size;
    cr_assert_eq(load(UPSTREAMS), STATUS_OK, "%s", error.text);
    settings_fill_secret(&config, NULL);
    cr_assert_eq(settings_share(&config, fds), STATUS_OK);
    cr_assert_eq(memory_map(fds[CHILD_FRONT], sizeof config, true, &at, &size), STATUS_OK);
    const struct config *front = at;
    cr_assert(front->cookies_secret.is_set);
    cr_assert_eq(memory_map(fds[CHILD_WORKER], sizeof config, true, &at, &size), STATUS_OK);
    const struct config *worker = at;
    cr_assert_arr_eq(&worker->cookies_secret, &none.cookies_secret, sizeof none.cookies_secret);
    cr_assert_eq(worker->upstreams_count, 1);
}

Test(settings, what_is_worth_a_word_is_one_line_each)
{
    static struct namelists lists = {.fds = {-1, -1}};
    scene_open(1);
    cr_assert_eq(load("upstreams:\n  - {name: one, address: 192.0.2.1, verify: pin, pins: ["
                      "\"sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\"]}\n"),
                 STATUS_OK, "%s", error.text);
    settings_log_warnings(&config, &lists);
    SCENE_LOGGED("warning supervisor config: upstream one: one pin and no backup");
}
