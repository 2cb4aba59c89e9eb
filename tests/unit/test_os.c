/* test_os.c - two processes in one program
 * SPDX-License-Identifier: ISC
 */
#include "os/chan.h"
#include "os/os.h"

#include <criterion/criterion.h>
#include <string.h>

static struct os one, other;

/* The line that has come out at the other end of a channel; "" if none has. */
static const char *
line(int fd)
{
    static struct ipc_message message;
    int fds[IPC_FDS_MAX];
    if (chan_receive(fd, IPC_FROM_CHILD, &message, fds) != STATUS_OK)
        return "";
    return message.text;
}

Test(os, each_process_logs_to_its_own_channel_at_its_own_level)
{
    int first[2], second[2];
    cr_assert_eq(chan_pair(first), STATUS_OK);
    cr_assert_eq(chan_pair(second), STATUS_OK);
    os_use(&one);
    log_open_chan(first[0], LOG_NOTICE);
    os_use(&other);
    log_open_chan(second[0], LOG_INFO);
    log_write(LOG_INFO, LOG_CONFIG, "of the other");
    os_use(&one);
    log_write(LOG_INFO, LOG_CONFIG, "below its level");
    log_write(LOG_NOTICE, LOG_CONFIG, "of the one");
    cr_assert_str_eq(line(first[1]), "of the one");
    cr_assert_str_eq(line(first[1]), "");
    cr_assert_str_eq(line(second[1]), "of the other");
    cr_assert_str_eq(line(second[1]), "");
}

Test(os, what_one_process_says_too_often_does_not_silence_another)
{
    int first[2], second[2];
    cr_assert_eq(chan_pair(first), STATUS_OK);
    cr_assert_eq(chan_pair(second), STATUS_OK);
    os_use(&other);
    log_open_chan(second[0], LOG_NOTICE);
    os_use(&one);
    log_open_chan(first[0], LOG_NOTICE);
    for (int i = 0; i < 2 * LOG_BURST; i++)
        log_write(LOG_NOTICE, LOG_CONFIG, "again");
    int said = 0;
    while (line(first[1])[0] != '\0')
        said++;
    cr_assert_eq(said, LOG_BURST);
    os_use(&other);
    log_write(LOG_NOTICE, LOG_CONFIG, "once");
    cr_assert_str_eq(line(second[1]), "once");
}

Test(os, each_process_draws_from_its_own_block)
{
    os_use(&one);
    (void)random_u32();
    size_t left = one.random.left;
    cr_assert_eq(left, RANDOM_BLOCK_BYTES - sizeof(uint32_t));
    os_use(&other);
    (void)random_u32();
    cr_assert_eq(one.random.left, left);
    cr_assert_eq(other.random.left, left);
    cr_assert_neq(memcmp(one.random.block, other.random.block, RANDOM_BLOCK_BYTES), 0);
}
