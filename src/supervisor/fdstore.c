/* fdstore.c - see fdstore.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/fdstore.h"

#include "os/log.h"
#include "os/memory.h"
#include "os/peer.h"
#include "os/sock.h"
#include "os/sys.h"
#include "supervisor/steer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET_BYTES (sizeof((struct config *)0)->cookies_secret.bytes)

/* A socket's name: what the kernel runs on it, its lane, its kind, its address. */
#define NAME_FORMAT  INHERITED_STORED "%08" PRIx32 ".%u."
#define MESSAGE_MAX  (INHERITED_NAME_MAX + 64)
#define PROGRAMS_END (sizeof INHERITED_STORED - 1 + 8)

struct stored { /* what stands behind a name */
    bool is_secret;
    uint32_t programs;
    unsigned lane;
    int type;
    struct addr addr;
    const char *place; /* in the name: kind and address, the same in each lane */
};

static void
format(char name[INHERITED_NAME_MAX], const struct stored *stored)
{
    char text[ADDR_TEXT_MAX];
    addr_format(&stored->addr, text);
    for (char *at = text; *at != '\0'; at++)
        if (*at == ':') /* it stands between names */
            *at = '_';
    snprintf(name, INHERITED_NAME_MAX, NAME_FORMAT "%s.%s", stored->programs, stored->lane,
             stored->type == SOCK_DGRAM ? "udp" : "tcp", text);
}

/* @return false: it is none that we put there, or it has become something else */
static bool
parse(const struct inherited *inherited, unsigned i, struct stored *stored)
{
    const char *name = inherited->names[i];
    char again[INHERITED_NAME_MAX];
    *stored = (struct stored){.is_secret = strcmp(name, INHERITED_SECRET) == 0};
    if (stored->is_secret)
        return true;
    char *end;
    stored->programs = (uint32_t)strtoull(name + sizeof INHERITED_STORED - 1, &end, 16);
    stored->lane = *end == '.' ? (unsigned)strtoull(end + 1, NULL, 10) : CONFIG_LANES_MAX;
    if (stored->lane >= CONFIG_LANES_MAX ||
        sock_bound(inherited->fds[i], &stored->addr, &stored->type) != STATUS_OK)
        return false;
    if (stored->type == SOCK_STREAM && !sock_is_listening(inherited->fds[i]))
        return false;
    format(again, stored);
    if (strcmp(again, name) != 0)
        return false;
    stored->place = strchr(name + PROGRAMS_END + 1, '.');
    return true;
}

/* --- out of the store ------------------------------------------------------------------------ */

struct dropped {
    unsigned waited_ms; /* until the manager had room: FDSTORE_BARRIER_MS in all */
    unsigned count;     /* of what must become free */
    struct addr addrs[INHERITED_FDS_MAX];
    int types[INHERITED_FDS_MAX];
};

/* As at the start, when the manager may be busy. Not poll(): where it is the kernel that lacks room
 * (ENOBUFS, ETOOMANYREFS) that returns at once. @return false: it hears nothing */
static bool
say(const struct supervisor *sup, const char *text, int passed, struct dropped *dropped)
{
    enum status status;
    while ((status = peer_send(sup->notify_fd, (const uint8_t *)text, strlen(text), passed)) ==
               STATUS_AGAIN &&
           dropped->waited_ms < FDSTORE_BARRIER_MS) {
        (void)sys_poll(NULL, 0, FDSTORE_LOOK_MS);
        dropped->waited_ms += FDSTORE_LOOK_MS;
    }
    return status == STATUS_OK;
}

static void
format_removal(char text[MESSAGE_MAX], const char *name)
{
    snprintf(text, MESSAGE_MAX, "FDSTOREREMOVE=1\nFDNAME=%s\n", name);
}

/* Has the socket unit one for this address? Then it does not become free. */
static bool
is_placed(const struct supervisor *sup, const struct addr *addr, int type)
{
    for (uint32_t i = 0; i < sup->config.listen_count; i++)
        if (addr_is_equal(&sup->config.listen[i], addr))
            return sup->lanes[0].listeners[i][type == SOCK_DGRAM ? 0 : 1] >= 0;
    return false;
}

/* Our copy and the manager's; if it does not hear, wait_until_closed() finds out. */
static void
drop(const struct inherited *inherited, unsigned i, const struct supervisor *sup,
     struct dropped *dropped)
{
    char text[MESSAGE_MAX];
    struct addr *addr = &dropped->addrs[dropped->count];
    int *type = &dropped->types[dropped->count];
    if (sock_bound(inherited->fds[i], addr, type) == STATUS_OK &&
        !(sup->is_socket_unit && is_placed(sup, addr, *type)))
        dropped->count++;
    sys_close(inherited->fds[i]);
    format_removal(text, inherited->names[i]);
    (void)say(sup, text, -1, dropped);
}

/* The manager closes its end of a pipe when it has looked at all that it was told before. */
static bool
wait_for_manager(const struct supervisor *sup, struct dropped *dropped)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    bool is_sent = say(sup, "BARRIER=1\n", ends[1], dropped);
    sys_close(ends[1]);
    struct pollfd waiting = {.fd = ends[0]};
    bool is_done = is_sent && sys_poll(&waiting, 1, FDSTORE_BARRIER_MS) == 1;
    sys_close(ends[0]);
    return is_done;
}

static bool
is_free(const struct addr *addr, int type)
{
    bool is_absent;
    int fd;
    if (sock_listen(addr, type, SOCK_ALONE, &fd, &is_absent) != STATUS_OK)
        return errno != EADDRINUSE;
    sys_close(fd);
    return true;
}

/* It closes what it removed a little later, on a thread of its own. An address that another server
 * has is not free either: whoever binds it says so. */
static void
wait_until_free(const struct dropped *dropped)
{
    unsigned waited_ms = 0;
    for (unsigned i = 0; i < dropped->count; i++)
        while (waited_ms < FDSTORE_BARRIER_MS && !is_free(&dropped->addrs[i], dropped->types[i])) {
            (void)sys_poll(NULL, 0, FDSTORE_LOOK_MS);
            waited_ms += FDSTORE_LOOK_MS;
        }
}

static enum status
wait_until_closed(const struct supervisor *sup, struct dropped *dropped, struct config_error *error)
{
    if (wait_for_manager(sup, dropped)) {
        wait_until_free(dropped);
        return STATUS_OK;
    }
    snprintf(error->text, sizeof error->text,
             "the service manager keeps sockets that the configuration does not want, and does not "
             "give them up: stop the service before it is started");
    return STATUS_SYSTEM;
}

/* Else nobody could bind these addresses. */
static enum status
give_up(const struct inherited *inherited, const struct supervisor *sup, struct config_error *error)
{
    struct dropped dropped = {0};
    for (unsigned i = 0; i < inherited->count; i++)
        if (inherited_is_stored(inherited, i))
            drop(inherited, i, sup, &dropped);
    log_write(
        LOG_NOTICE, LOG_LISTENING, "%s",
        sup->is_socket_unit
            ? "the sockets that the service manager kept are given up: it has a socket unit"
            : "the sockets that the service manager kept are not those that the configuration "
              "wants: they are bound anew");
    return wait_until_closed(sup, &dropped, error);
}

/* Do all of them have the same programs, those that the configuration wants, and does each address
 * have a socket in each lane? @param lanes  written: how many there are */
static bool
is_wanted(const struct inherited *inherited, const struct supervisor *sup, unsigned *lanes)
{
    static struct stored all[INHERITED_FDS_MAX];
    unsigned count = 0;
    *lanes = 0;
    for (unsigned i = 0; i < inherited->count; i++) {
        if (!inherited_is_stored(inherited, i))
            continue;
        struct stored *stored = &all[count];
        if (!parse(inherited, i, stored))
            return false;
        if (stored->is_secret)
            continue;
        if (stored->programs != all[0].programs)
            return false;
        *lanes = stored->lane >= *lanes ? stored->lane + 1 : *lanes;
        count++;
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned same = 0;
        for (unsigned k = 0; k < count; k++)
            same += strcmp(all[i].place, all[k].place) == 0;
        if (same != *lanes)
            return false;
    }
    return count == 0 || ((sup->config.lanes == 0 || sup->config.lanes == *lanes) &&
                          all[0].programs == steer_programs(&sup->config, *lanes));
}

/* @return false: it is not wanted */
static bool
take_secret(struct supervisor *sup, int fd)
{
    void *at;
    size_t size;
    if (sup->config.cookies_secret.is_set ||
        memory_map(fd, SECRET_BYTES, true, &at, &size) != STATUS_OK)
        return false;
    memcpy(sup->config.cookies_secret.bytes, at, SECRET_BYTES);
    sup->config.cookies_secret.is_set = 1;
    sup->is_secret_stored = true; /* another memfd would be kept beside it */
    memory_unmap(at, size);
    sys_close(fd);
    return true;
}

/* @return false: its address is not in the list any more */
static bool
take_socket(struct supervisor *sup, const struct stored *stored, int fd)
{
    uint32_t i = 0;
    while (i < sup->config.listen_count && !addr_is_equal(&sup->config.listen[i], &stored->addr))
        i++;
    if (i == sup->config.listen_count || sock_adopt(fd, stored->type) != STATUS_OK)
        return false;
    int *slot = &sup->lanes[stored->lane].listeners[i][stored->type == SOCK_DGRAM ? 0 : 1];
    if (*slot >= 0)
        return false;
    *slot = fd;
    return true;
}

static enum status
take_all(const struct inherited *inherited, struct supervisor *sup, struct config_error *error)
{
    struct dropped dropped = {0};
    struct stored stored;
    bool is_any = false;
    for (unsigned i = 0; i < inherited->count; i++) {
        if (!parse(inherited, i, &stored) ||
            (stored.is_secret ? take_secret(sup, inherited->fds[i])
                              : take_socket(sup, &stored, inherited->fds[i])))
            continue;
        drop(inherited, i, sup, &dropped);
        is_any = true;
    }
    return is_any ? wait_until_closed(sup, &dropped, error) : STATUS_OK;
}

enum status
fdstore_take(const struct inherited *inherited, struct supervisor *sup, struct config_error *error)
{
    unsigned lanes, count = 0;
    for (unsigned i = 0; i < inherited->count; i++) {
        count += inherited_is_stored(inherited, i);
        sup->is_socket_unit |= !inherited_is_stored(inherited, i);
    }
    if (count == 0)
        return STATUS_OK;
    if (sup->is_socket_unit || !is_wanted(inherited, sup, &lanes))
        return give_up(inherited, sup, error);
    if (lanes > 0)
        sup->config.lanes = lanes;
    return take_all(inherited, sup, error);
}

/* --- into the store -------------------------------------------------------------------------- */

/* Whether it can still be read from is ours to find out: the manager is to keep it (FDPOLL).
 * @return STATUS_OK; STATUS_AGAIN: the manager has no room now; else nobody listens */
static enum status
put(const struct supervisor *sup, const char *name, int fd)
{
    char text[MESSAGE_MAX];
    int size = snprintf(text, sizeof text, "FDSTORE=1\nFDPOLL=0\nFDNAME=%s\n", name);
    return peer_send(sup->notify_fd, (const uint8_t *)text, (size_t)size, fd);
}

static enum status
put_secret(const struct supervisor *sup)
{
    int fd;
    enum status status =
        memory_share("penstock-cookies", sup->config.cookies_secret.bytes, SECRET_BYTES, true, &fd);
    if (status != STATUS_OK)
        return status;
    status = put(sup, INHERITED_SECRET, fd);
    sys_close(fd);
    return status;
}

/* The number-th socket of all lanes for a list of addresses. @return false: there is none */
static bool
socket_at(const struct supervisor *sup, uint32_t number, const struct addr addrs[], uint32_t count,
          struct stored *stored)
{
    uint32_t of_lane = count * SUPERVISOR_KINDS;
    if (number >= of_lane * sup->lanes_count)
        return false;
    *stored = (struct stored){.programs = steer_programs(&sup->config, sup->lanes_count),
                              .lane = number / of_lane,
                              .type = number % SUPERVISOR_KINDS == 0 ? SOCK_DGRAM : SOCK_STREAM,
                              .addr = addrs[number % of_lane / SUPERVISOR_KINDS]};
    return true;
}

static enum status
remove_from_store(const struct supervisor *sup, const char *name)
{
    char text[MESSAGE_MAX];
    format_removal(text, name);
    return peer_send(sup->notify_fd, (const uint8_t *)text, strlen(text), -1);
}

/* One that a penstock put there whose place we took would be kept beside ours. */
static enum status
tell_secret(const struct supervisor *sup, uint32_t step)
{
    if (sup->is_secret_stored || step > 1)
        return STATUS_NONE;
    if (step == 0)
        return remove_from_store(sup, INHERITED_SECRET);
    return sup->loaded.cookies_secret.is_set == 0 ? put_secret(sup) : STATUS_NONE;
}

/* First what a penstock whose place we took put there, and we do not serve.
 * @return STATUS_NONE: that was all */
static enum status
tell_number(const struct supervisor *sup, uint32_t number)
{
    const struct takeover *takeover = &sup->takeover;
    uint32_t of_all = SUPERVISOR_KINDS * sup->lanes_count;
    char name[INHERITED_NAME_MAX];
    struct stored stored;
    if (socket_at(sup, number, takeover->unserved, takeover->unserved_count, &stored)) {
        format(name, &stored);
        return remove_from_store(sup, name);
    }
    number -= takeover->unserved_count * of_all;
    if (socket_at(sup, number, sup->config.listen, sup->config.listen_count, &stored)) {
        uint32_t at = number / SUPERVISOR_KINDS % sup->config.listen_count;
        format(name, &stored);
        return put(sup, name, sup->lanes[stored.lane].listeners[at][number % SUPERVISOR_KINDS]);
    }
    return tell_secret(sup, number - sup->config.listen_count * of_all);
}

void
fdstore_tick(struct supervisor *sup)
{
    if (sup->notify_fd < 0 || sup->is_socket_unit || sup->phase != PHASE_RUNNING ||
        sup->fronts_are_held || sup->takeover.state != TAKEOVER_NONE)
        return;
    for (unsigned i = 0; i < FDSTORE_BATCH && sup->stored_count != UINT32_MAX; i++) {
        enum status status = tell_number(sup, sup->stored_count);
        if (status == STATUS_AGAIN)
            return;
        sup->stored_count = status == STATUS_OK ? sup->stored_count + 1 : UINT32_MAX;
    }
}
