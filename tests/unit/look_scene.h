/* look_scene.h - the commands that look at upstreams, without network, process or jail
 * SPDX-License-Identifier: ISC
 *
 * What: look.h, jail.h and executables.h are made here: every look shows `shown`. What a command
 *       prints goes to memory.
 */
#pragma once

#include "supervisor/executables.h"
#include "supervisor/jail.h"
#include "supervisor/look.h"
#include "supervisor/options.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct look_chain shown;
static unsigned looks;       /* taken */
static uint32_t versions[4]; /* that each asked for */
static bool cannot_connect;
static int out_fd = -1;

const char *const executables_names[CHILD_ROLES] = {"penstock-front", "penstock-worker"};

enum status
executables_open(int exec_fds[CHILD_ROLES], struct config_error *error)
{
    (void)error;
    exec_fds[CHILD_FRONT] = exec_fds[CHILD_WORKER] = -1;
    return STATUS_OK;
}

enum status
executables_check_root(const int exec_fds[CHILD_ROLES], struct config_error *error)
{
    (void)exec_fds;
    (void)error;
    return STATUS_OK;
}

enum status
jail_check_account(const char *user, struct config_error *error)
{
    (void)user;
    (void)error;
    return STATUS_OK;
}

enum status
jail_enter(const struct config *config, const char *file, const int exec_fds[CHILD_ROLES],
           struct spaces *spaces, struct config_error *error)
{
    (void)file;
    *spaces = (struct spaces){0};
    (void)config;
    (void)exec_fds;
    (void)error;
    return STATUS_OK;
}

enum status
look_dial(const struct addr *addr, const struct addr *source, int *fd, struct config_error *error)
{
    char text[ADDR_TEXT_MAX];
    (void)source;
    *fd = -1;
    if (!cannot_connect)
        return STATUS_OK;
    snprintf(error->text, sizeof error->text, "cannot connect to %s", addr_format(addr, text));
    return STATUS_SYSTEM;
}

enum status
look_at(const struct look_ask *ask, int exec_fd, int socket_fd, struct look_chain *chain,
        struct config_error *error)
{
    (void)exec_fd;
    (void)socket_fd;
    versions[looks++ % 4] = ask->versions;
    *chain = shown;
    if (shown.count > 0)
        return STATUS_OK;
    snprintf(error->text, sizeof error->text, "it shows no certificate");
    return STATUS_NONE;
}

/* What one command says, on stdout and stderr. */
static const char *
said_by(int (*command)(const struct options *options), const struct options *options,
        int *exit_code)
{
    static char text[16 << 10];
    out_fd = memfd_create("out", MFD_CLOEXEC);
    cr_assert_eq(fflush(stdout), 0);
    cr_assert_geq(dup2(out_fd, STDOUT_FILENO), 0);
    cr_assert_geq(dup2(out_fd, STDERR_FILENO), 0);
    *exit_code = command(options);
    cr_assert_eq(fflush(stdout), 0);
    ssize_t size = pread(out_fd, text, sizeof text - 1, 0);
    cr_assert_geq(size, 0);
    text[size] = '\0';
    return text;
}
#define SAYS(words, text) cr_assert_not_null(strstr(text, words), "%s", text)
