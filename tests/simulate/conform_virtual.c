/* conform_virtual.c - the scripts of conform.c on the virtual kernel
 * SPDX-License-Identifier: ISC
 */
#include "conform.h"

#include "dgram.h"
#include "files.h"
#include "kernel.h"
#include "process.h"
#include "stream.h"
#include "trace.h"

#include "os/os.h"

#include <errno.h>
#include <stdio.h>

static struct {
    struct stream *stream;
    size_t octets; /* that came */
    bool is_broken, is_ended;
} peer;

static void
heard(void *owner, const uint8_t *octets, size_t size)
{
    (void)owner;
    (void)octets;
    peer.octets += size;
}

static void
ended(void *owner)
{
    (void)owner;
    peer.is_ended = true;
}

static void
broken(void *owner)
{
    (void)owner;
    peer.is_broken = true;
    peer.stream = NULL;
}

static int
dialled(struct stream *stream, const struct addr *to)
{
    static const struct stream_far far = {.octets = heard, .ended = ended, .broken = broken};
    static const struct stream_net net = {.delay_us = 10};
    if (to->port == 1) { /* nobody is there */
        stream_refuse(stream, &net);
        return 0;
    }
    stream_accept(stream, &far, &net);
    peer.stream = stream;
    peer.octets = 0;
    peer.is_broken = peer.is_ended = false;
    stream_pause(stream, true); /* it reads when it is asked to */
    return 0;
}

struct sockaddr_storage
peer_address(int is_refusing)
{
    struct addr addr = {.family = ADDR_IPV4, .port = is_refusing ? 1 : 2, .bytes = {127, 0, 0, 1}};
    struct sockaddr_storage address;
    addr_to_socket(&addr, &address);
    return address;
}

void
peer_accept(void)
{
}

void
peer_write(size_t size)
{
    static const char octets[4096];
    stream_write(peer.stream, octets, size);
}

void
peer_end(void)
{
    stream_end(peer.stream);
}

void
peer_close(void)
{
    if (peer.stream != NULL)
        stream_close(peer.stream);
    peer.stream = NULL;
}

void
peer_reset(void)
{
    stream_reset(peer.stream);
    peer.stream = NULL;
}

long
peer_read(void)
{
    if (peer.stream != NULL) {
        stream_pause(peer.stream, false);
        if (peer.stream != NULL)
            stream_pause(peer.stream, true);
    }
    long got = (long)peer.octets;
    peer.octets = 0;
    if (got > 0)
        return got;
    return peer.is_broken ? -1 : peer.is_ended ? -2 : 0;
}

void
peer_settle(void)
{
    process_sleep(kernel_now() + 20 * KERNEL_MS);
}

static int
scripts(void *os, void *state)
{
    (void)os;
    (void)state;
    return conform_run();
}

int
main(void)
{
    trace_begin(false);
    kernel_begin(KERNEL_BEGIN_US);
    files_begin();
    bound_begin();
    dgram_begin();
    stream_begin();
    stream_on_connect = dialled;
    const struct process *process = process_start("scripts", scripts, 1, NULL);
    kernel_run(kernel_began() + 3600 * KERNEL_S);
    return process_is_alive(process) || process_wait_status(process) != 0;
}
