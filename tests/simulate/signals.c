/* signals.c - see signals.h
 * SPDX-License-Identifier: ISC
 */
#include "signals.h"

#include "process.h"

#include "os/landlock.h"
#include "os/locked.h"
#include "os/privs.h"
#include "os/sandbox.h"
#include "os/spaces.h"
#include "supervisor/reach.h"
#include "supervisor/signals.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

struct pending {
    struct object object;
    uint64_t numbers; /* a bit for each */
};

static struct pending *pending; /* of the supervisor; NULL: it does not listen yet */

static uint32_t
ready(const struct object *object)
{
    return ((const struct pending *)object)->numbers != 0 ? EPOLLIN : 0;
}

static void
closed(struct object *object)
{
    (void)object;
    pending = NULL;
}

static const struct object_class class = {.name = "signals", .ready = ready, .closed = closed};

void
signals_begin(void)
{
    pending = NULL;
}

void
signals_raise(unsigned number)
{
    if (pending == NULL)
        return;
    pending->numbers |= 1ULL << number;
    object_poke(&pending->object);
}

enum status
signals_open(int *fd)
{
    pending = object_make(&class, sizeof *pending);
    *fd = process_open(&pending->object);
    return STATUS_OK;
}

bool
signals_next(int fd, uint32_t *number)
{
    (void)fd;
    for (*number = 0; *number < 64; ++*number)
        if ((pending->numbers >> *number & 1) != 0) {
            pending->numbers &= ~(1ULL << *number);
            return true;
        }
    return false;
}

/* --- what nobody gives up here ---------------------------------------------------------------- */

enum status
privs_find_account(const char *user, struct privs_account *account)
{
    (void)user;
    *account = (struct privs_account){.uid = 1000, .gid = 1000};
    return STATUS_OK;
}

enum status
privs_find_group(const char *name, gid_t *gid)
{
    (void)name;
    *gid = 1000;
    return STATUS_OK;
}

enum status
privs_ask_as(const struct privs_account *account)
{
    (void)account;
    return STATUS_OK;
}

enum status
privs_keep_bind_only(void)
{
    return STATUS_OK;
}

enum status
privs_drop(const struct privs_account *account, const struct privs_limits *limits,
           const char **what_failed)
{
    (void)account;
    (void)limits;
    *what_failed = NULL;
    return STATUS_OK;
}

void
spaces_open(const struct privs_account *account, bool with_view, struct spaces *spaces)
{
    (void)account;
    (void)with_view;
    *spaces = (struct spaces){0};
}

const char *
spaces_text(const struct spaces *spaces, char text[SPACES_TEXT_MAX])
{
    (void)spaces;
    snprintf(text, SPACES_TEXT_MAX, "no namespaces of their own");
    return text;
}

const struct sandbox_filter sandbox_front, sandbox_worker;

const struct sandbox_filter *
sandbox_filter(enum sandbox_role role)
{
    return role == SANDBOX_WORKER ? &sandbox_worker : &sandbox_front;
}

enum status
sandbox_enter(const struct sandbox_filter *filter)
{
    (void)filter;
    return STATUS_OK;
}

long
landlock_version(void)
{
    return 0;
}

enum status
landlock_restrict(const struct landlock_permit *permit)
{
    (void)permit;
    return STATUS_NONE;
}

enum status
locked_part(const void *at, size_t size)
{
    (void)at;
    (void)size;
    return STATUS_OK;
}

enum status
locked_data(size_t grow)
{
    (void)grow;
    return STATUS_OK;
}

const char *
locked_why(int error, char text[LOCKED_TEXT_MAX])
{
    snprintf(text, LOCKED_TEXT_MAX, "%s", strerror(error));
    return text;
}

enum status
reach_restrict(const struct config *config, const char *file, const int exec_fds[CHILD_ROLES])
{
    (void)config;
    (void)file;
    (void)exec_fds;
    return STATUS_OK;
}

const char *
reach_text(char text[REACH_TEXT_MAX])
{
    snprintf(text, REACH_TEXT_MAX, "no Landlock");
    return text;
}

const char *
reach_why(int error)
{
    return strerror(error);
}

void
signals_hurry(bool on)
{
    (void)on; /* no world of ours has a control socket */
}
