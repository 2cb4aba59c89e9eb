/* hole_link.c - see hole_link.h
 * SPDX-License-Identifier: ISC
 */
#include "hole/hole_link.h"

#include "lane/handoff.h"
#include "os/evloop.h"
#include "os/sys.h"

#include <errno.h>
#include <string.h>

#define FLOOD_US   300000 /* how long it lasts */
#define NO_SLOT    0xfffffff0U
#define FIRST_SLOT 0

static long
no_link(void)
{
    errno = ENOLINK;
    return -1;
}

static long
rung(const struct child_link *link)
{
    evloop_ring_bell(link->peer_bell);
    return 0;
}

static long
set_tail(const struct hole_process *self, uint64_t more)
{
    struct child_link *link = self->link;
    if (link == NULL)
        return no_link();
    atomic_store(&link->to_peer.shared->tail, link->to_peer.tail + more);
    return rung(link);
}

long
hole_link_far_tail(struct hole_process *self)
{
    return self->link == NULL ? no_link() : set_tail(self, self->link->to_peer.size + 8);
}

long
hole_link_back_tail(struct hole_process *self)
{
    return set_tail(self, (uint64_t)-8);
}

long
hole_link_odd_tail(struct hole_process *self)
{
    return set_tail(self, 3);
}

long
hole_link_far_head(struct hole_process *self)
{
    struct child_link *link = self->link;
    if (link == NULL)
        return no_link();
    atomic_store(&link->from_peer.shared->head, link->from_peer.head + link->from_peer.size);
    return rung(link);
}

/* A record whose length is written over before anybody sees it. */
static long
put_length(const struct hole_process *self, uint32_t length)
{
    struct child_link *link = self->link;
    if (link == NULL)
        return no_link();
    struct ring_producer *ring = &link->to_peer;
    size_t at = (size_t)(ring->tail & (ring->size - 1));
    if (ring_put(ring, "12345678", 8, NULL, 0) != STATUS_OK)
        return no_link();
    memcpy(ring->shared->data + at, &length, sizeof length);
    (void)ring_publish(ring);
    return rung(link);
}

long
hole_link_long_record(struct hole_process *self)
{
    return put_length(self, UINT32_MAX);
}

long
hole_link_empty_record(struct hole_process *self)
{
    return put_length(self, 0);
}

static long
put(const struct hole_process *self, const uint8_t *record, size_t size)
{
    if (self->link == NULL || ring_put(&self->link->to_peer, record, size, NULL, 0) != STATUS_OK)
        return no_link();
    (void)ring_publish(&self->link->to_peer);
    return rung(self->link);
}

long
hole_link_garbage(struct hole_process *self)
{
    uint8_t record[64];
    memset(record, 0xff, sizeof record);
    return put(self, record, sizeof record);
}

/* What the other side would believe if it asked no more than whether a record is well formed. */
static long
put_sound(const struct hole_process *self, uint32_t slot)
{
    static const uint8_t message[12 + 5] = {0, 0, 0x81, 0x80, 0, 1, 0, 0, 0,
                                            0, 0, 0,    0,    0, 1, 0, 1};
    uint8_t record[HANDOFF_QUERY_MAX + HANDOFF_ANSWER_HEAD + sizeof message];
    if (self->role == HOLE_WORKER) {
        struct handoff_answer answer = {
            .slot = slot, .generation = 0x7fffffff, .upstream = 0, .ede = DNS_EDE_NONE};
        handoff_answer_write(&answer, record);
        memcpy(record + HANDOFF_ANSWER_HEAD, message, sizeof message);
        return put(self, record, HANDOFF_ANSWER_HEAD + sizeof message);
    }
    struct handoff_query query = {.slot = slot,
                                  .generation = 0x7fffffff,
                                  .deadline_ms = UINT64_MAX,
                                  .question = {.name = {.size = 1}, .type = 1, .class = 1}};
    return put(self, record, handoff_query_write(&query, record));
}

long
hole_link_strange_slot(struct hole_process *self)
{
    return put_sound(self, NO_SLOT);
}

long
hole_link_strange_name(struct hole_process *self)
{
    return put_sound(self, FIRST_SLOT);
}

long
hole_link_everything(struct hole_process *self)
{
    if (self->link == NULL)
        return no_link();
    for (int value = 0xff; value >= 0; value -= 0x55) {
        memset(self->link->memory, value, self->link->memory_size);
        evloop_ring_bell(self->link->peer_bell);
    }
    return 0;
}

long
hole_link_bells(struct hole_process *self)
{
    if (self->link == NULL)
        return no_link();
    for (uint64_t end = sys_clock_us(CLOCK_MONOTONIC) + FLOOD_US;
         sys_clock_us(CLOCK_MONOTONIC) < end;)
        evloop_ring_bell(self->link->peer_bell);
    return 0;
}
