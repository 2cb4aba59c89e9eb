/* child_scene.h - a child that runs in a process of its own; the test is its supervisor
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "conf/config_load.h"
#include "lane/stats.h"
#include "os/chan.h"
#include "os/evloop.h"
#include "os/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int scene_chan; /* the supervisor's end */
static pid_t scene_pid;

/* Run `child` in a process whose descriptor CHAN_FD is the other end. Its result is the exit
 * status. */
static inline void
scene_start(int (*child)(void))
{
    int pair[2];
    cr_assert_eq(chan_pair(pair), STATUS_OK);
    scene_pid = fork();
    cr_assert_geq(scene_pid, 0);
    if (scene_pid == 0) {
        close(pair[0]);
        if (dup2(pair[1], CHAN_FD) != CHAN_FD)
            _exit(99);
        exit(child());
    }
    close(pair[1]);
    scene_chan = pair[0];
}

/* @return the wait status of the child, which has ended or will */
static inline int
scene_end(void)
{
    int status = 0;
    cr_assert_eq(waitpid(scene_pid, &status, 0), scene_pid);
    return status;
}

/* Send `message`; its descriptors are given away. */
static inline void
scene_say(const struct ipc_message *message, const int *fds, size_t count)
{
    cr_assert_eq(chan_send(scene_chan, message, fds, count), STATUS_OK);
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

static inline void
scene_say_type(enum ipc_type type)
{
    scene_say(&(struct ipc_message){.type = type}, NULL, 0);
}

/* The next message of the child that is no line for the log; its descriptors are closed. NULL: it
 * has ended. */
static inline const struct ipc_message *
scene_hear(void)
{
    static struct ipc_message message;
    int fds[IPC_FDS_MAX];
    for (;;) {
        cr_assert_eq(chan_await(scene_chan, 30000), STATUS_OK, "the child says nothing");
        enum status status = chan_receive(scene_chan, IPC_FROM_CHILD, &message, fds);
        if (status == STATUS_CLOSED)
            return NULL;
        cr_assert_eq(status, STATUS_OK);
        for (int i = 0; i < IPC_FDS_MAX; i++)
            if (fds[i] >= 0)
                close(fds[i]);
        if (message.type != IPC_LOG)
            return &message;
    }
}

static inline int
scene_share(const void *from, size_t size, bool read_only)
{
    int fd;
    cr_assert_eq(memory_share("test", from, size, read_only, &fd), STATUS_OK);
    return fd;
}

static inline void
scene_load(const char *yaml, struct config *config)
{
    struct config_error error;
    struct config_source source = {
        .file = "penstock.yaml", .text = yaml, .text_size = strlen(yaml)};
    cr_assert_eq(config_load(&source, config, &error), STATUS_OK, "%s", error.text);
}

/* A configuration, and a statistics page of its own, for lane 0. */
static inline void
scene_say_config(const struct config *config)
{
    int fds[] = {scene_share(config, sizeof *config, true),
                 scene_share(NULL, sizeof(struct stats_page), false)};
    scene_say(&(struct ipc_message){.type = IPC_CONFIG, .lane = 0}, fds, 2);
}

#define SCENE_RING_BYTES (1U << 20)

/* A RING with memory of its own. @return a copy of the memory's descriptor */
static inline int
scene_say_ring(uint32_t number)
{
    struct ipc_message ring = {.type = IPC_RING,
                               .epoch = number,
                               .ring_query_bytes = SCENE_RING_BYTES,
                               .ring_answer_bytes = SCENE_RING_BYTES};
    int fds[IPC_FDS_MAX] = {scene_share(NULL, (size_t)SCENE_RING_BYTES * 3, false), -1, -1};
    int copy = dup(fds[0]);
    cr_assert_eq(evloop_open_bell(&fds[1]), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[2]), STATUS_OK);
    scene_say(&ring, fds, 3);
    return copy;
}
