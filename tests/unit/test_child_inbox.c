/* test_child_inbox.c - a supervisor that sends in order, and one that does not
 * SPDX-License-Identifier: ISC
 */
#include "child/child_inbox.h"
#include "os/chan.h"
#include "os/evloop.h"
#include "os/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

struct process { /* whose messages they are */
    unsigned taken[IPC_LEVEL + 1];
    int given, kept; /* descriptors: one that came, one that a handler keeps; -1: none */
};

static struct process process;
static struct child_inbox inbox;
static struct evloop loop;
static int chan[2];

static void
take(void *owner, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct process *p = owner;
    p->taken[message->type]++;
    p->given = fds[0];
}

static void
keep(void *owner, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    struct process *p = owner;
    p->taken[message->type]++;
    p->kept = fds[0];
    fds[0] = -1;
}

static const struct child_inbox_row rows[] = {
    [IPC_CONFIG] = {IPC_FIRST, take},   [IPC_LIST] = {IPC_BEGIN | IPC_SERVE, take},
    [IPC_LISTENER] = {IPC_BEGIN, keep}, [IPC_START] = {IPC_BEGIN, NULL},
    [IPC_STOP] = {IPC_SERVE, take},     [IPC_PIN_LOOK] = {IPC_FIRST | IPC_BEGIN, keep},
};

static void
init(void)
{
    cr_assert_eq(chan_pair(chan), STATUS_OK);
    cr_assert_eq(evloop_open(&loop), STATUS_OK);
    log_open_chan(chan[0], LOG_NOTICE);
    process.given = process.kept = -1;
    child_inbox_init(&inbox, chan[0], rows, sizeof rows / sizeof rows[0], &process);
}

TestSuite(child_inbox, .init = init);

static void
say(enum ipc_type type, unsigned fds_count)
{
    int fds[IPC_FDS_MAX];
    struct ipc_message message = {.type = type, .kind = IPC_SOCKET_UDP};
    for (unsigned i = 0; i < fds_count; i++)
        cr_assert_eq(evloop_open_bell(&fds[i]), STATUS_OK);
    cr_assert_eq(chan_send(chan[1], &message, fds, fds_count), STATUS_OK);
    for (unsigned i = 0; i < fds_count; i++)
        close(fds[i]);
}

static void
begin(void)
{
    say(IPC_CONFIG, 2);
    say(IPC_START, 0);
    cr_assert_eq(child_inbox_begin(&inbox), IPC_START);
    cr_assert_eq(child_inbox_listen(&inbox, &loop), STATUS_OK);
}

static void
turn(void)
{
    evloop_turn(&loop, 0);
}

static bool
is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

Test(child_inbox, hands_each_message_to_its_handler_up_to_start)
{
    say(IPC_CONFIG, 2);
    say(IPC_LIST, 1);
    say(IPC_LIST, 1);
    say(IPC_LISTENER, 1);
    say(IPC_START, 0);
    say(IPC_STOP, 0);
    cr_assert_eq(child_inbox_begin(&inbox), IPC_START);
    cr_assert_eq(process.taken[IPC_CONFIG], 1);
    cr_assert_eq(process.taken[IPC_LIST], 2);
    cr_assert_eq(process.taken[IPC_LISTENER], 1);
    cr_assert_eq(process.taken[IPC_STOP], 0, "what follows is for the loop");
}

Test(child_inbox, closes_what_a_handler_does_not_keep)
{
    say(IPC_CONFIG, 2);
    say(IPC_LISTENER, 1);
    say(IPC_START, 0);
    cr_assert_eq(child_inbox_begin(&inbox), IPC_START);
    cr_assert(is_open(process.kept));
    cr_assert_not(is_open(process.given) && process.given != process.kept);
}

Test(child_inbox, a_look_ends_the_beginning_before_or_behind_a_configuration)
{
    say(IPC_PIN_LOOK, 1);
    cr_assert_eq(child_inbox_begin(&inbox), IPC_PIN_LOOK);
    cr_assert(is_open(process.kept));
    child_inbox_init(&inbox, chan[0], rows, sizeof rows / sizeof rows[0], &process);
    say(IPC_CONFIG, 2);
    say(IPC_PIN_LOOK, 1);
    cr_assert_eq(child_inbox_begin(&inbox), IPC_PIN_LOOK);
}

Test(child_inbox, messages_come_from_the_loop_behind_start)
{
    begin();
    say(IPC_LIST, 1);
    say(IPC_STOP, 0);
    turn();
    cr_assert_eq(process.taken[IPC_LIST], 1);
    cr_assert_eq(process.taken[IPC_STOP], 1);
    cr_assert_not(is_open(process.given));
}

Test(child_inbox, a_turn_takes_a_batch_and_the_next_one_goes_on)
{
    begin();
    for (int i = 0; i < CHILD_INBOX_BATCH + 3; i++)
        say(IPC_STOP, 0);
    turn();
    cr_assert_eq(process.taken[IPC_STOP], CHILD_INBOX_BATCH);
    turn();
    cr_assert_eq(process.taken[IPC_STOP], CHILD_INBOX_BATCH + 3);
}

Test(child_inbox, speaks_to_the_supervisor)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    child_inbox_say(&inbox, &(struct ipc_message){.type = IPC_RING_END, .epoch = 4, .error = 1});
    cr_assert_eq(chan_receive(chan[1], IPC_FROM_CHILD, &message, fds), STATUS_OK);
    cr_assert_eq(message.type, IPC_RING_END);
    cr_assert_eq(message.epoch, 4);
}

/* Another process of the service could not start. */
Test(child_inbox, a_stop_ends_the_beginning_and_is_no_breach, .exit_code = 0)
{
    say(IPC_CONFIG, 2);
    say(IPC_STOP, 0);
    (void)child_inbox_begin(&inbox);
    _exit(2);
}

Test(child_inbox, a_stop_before_anything_else_likewise, .exit_code = 0)
{
    say(IPC_STOP, 0);
    (void)child_inbox_begin(&inbox);
    _exit(2);
}

Test(child_inbox, what_comes_before_its_time_is_fatal, .exit_code = 1)
{
    say(IPC_LIST, 1);
    (void)child_inbox_begin(&inbox);
}

Test(child_inbox, a_second_configuration_is_fatal, .exit_code = 1)
{
    say(IPC_CONFIG, 2);
    say(IPC_CONFIG, 2);
    (void)child_inbox_begin(&inbox);
}

Test(child_inbox, what_comes_behind_its_time_is_fatal, .exit_code = 1)
{
    begin();
    say(IPC_LISTENER, 1);
    turn();
}

Test(child_inbox, what_is_never_taken_is_fatal, .exit_code = 1)
{
    begin();
    say(IPC_RELOAD, 1);
    turn();
}

Test(child_inbox, a_message_that_cannot_be_read_is_fatal, .exit_code = 1)
{
    begin();
    cr_assert_eq(write(chan[1], "?", 1), 1);
    turn();
}

Test(child_inbox, without_a_supervisor_it_ends, .exit_code = 1)
{
    begin();
    close(chan[1]);
    turn();
}

Test(child_inbox, without_a_supervisor_it_does_not_begin, .exit_code = 1)
{
    close(chan[1]);
    (void)child_inbox_begin(&inbox);
}

Test(child_inbox, a_supervisor_that_is_gone_cannot_be_spoken_to, .exit_code = 1)
{
    close(chan[1]);
    child_inbox_say(&inbox, &(struct ipc_message){.type = IPC_READY});
}
