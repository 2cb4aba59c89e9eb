/* child_link.c - see child_link.h
 * SPDX-License-Identifier: ISC
 */
#include "child/child_link.h"

#include "os/evloop.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

void
child_link_init(struct child_link *link)
{
    *link = (struct child_link){.bell.fd = -1, .peer_bell = -1};
}

bool
child_link_is_usable(const struct child_link *link)
{
    return link->memory != NULL && !link->is_broken;
}

/* It has woken us. The bell is registered on its edge, so that each ring of it is an event and
 * its counter need not be cleared. */
static void
bell_rung(struct ev_source *source, uint32_t events)
{
    struct child_link *link = source->owner;
    (void)events;
    link->has_more = !link->is_broken;
}

static bool
is_ring_size(uint32_t bytes)
{
    return bytes >= CHILD_LINK_BYTES_MIN && bytes <= CHILD_LINK_BYTES_MAX &&
           (bytes & (bytes - 1)) == 0;
}

static enum status
map(struct child_link *link, const struct ipc_message *ring, int fd)
{
    if (!is_ring_size(ring->ring_query_bytes) || !is_ring_size(ring->ring_answer_bytes))
        return STATUS_INVALID;
    size_t size =
        RING_MEMORY_BYTES(ring->ring_query_bytes) + RING_MEMORY_BYTES(ring->ring_answer_bytes);
    return memory_map(fd, size, false, &link->memory, &link->memory_size);
}

enum status
child_link_open(struct child_link *link, struct evloop *loop, enum child_link_side side,
                const struct ipc_message *ring, const int fds[IPC_FDS_MAX])
{
    bool is_front = side == CHILD_LINK_FRONT;
    int bell = is_front ? fds[1] : fds[2];
    child_link_init(link);
    link->side = side;
    link->number = ring->epoch;
    link->peer_bell = is_front ? fds[2] : fds[1];
    enum status status = map(link, ring, fds[0]);
    sys_close(fds[0]);
    if (status == STATUS_OK)
        status = evloop_add(loop, &link->bell, bell, EPOLLIN | EPOLLET, bell_rung, link);
    if (status != STATUS_OK) {
        sys_close(bell);
        child_link_close(link, loop);
        return status;
    }
    uint8_t *queries = link->memory;
    uint8_t *answers = queries + RING_MEMORY_BYTES(ring->ring_query_bytes);
    if (is_front) {
        ring_producer_init(&link->to_peer, queries, ring->ring_query_bytes);
        ring_consumer_init(&link->from_peer, answers, ring->ring_answer_bytes);
    } else {
        ring_producer_init(&link->to_peer, answers, ring->ring_answer_bytes);
        ring_consumer_init(&link->from_peer, queries, ring->ring_query_bytes);
    }
    link->has_more = true; /* the peer may have filled it before we came */
    return STATUS_OK;
}

void
child_link_close(struct child_link *link, struct evloop *loop)
{
    evloop_remove(loop, &link->bell, true);
    if (link->peer_bell >= 0)
        sys_close(link->peer_bell);
    memory_unmap(link->memory, link->memory_size);
    child_link_init(link);
}

void
child_link_break(struct child_link *link, uint32_t lane, const char *what)
{
    link->is_broken = link->is_untold = true;
    link->has_more = false;
    log_write(LOG_ERROR, LOG_RING, "lane %u: the %s %s", lane,
              link->side == CHILD_LINK_FRONT ? "worker" : "front", what);
}

bool
child_link_pop_broken(struct child_link *link, uint32_t *number)
{
    bool is_news = link->is_untold;
    link->is_untold = false;
    *number = link->number;
    return is_news;
}

void
child_link_publish(struct child_link *link)
{
    if (ring_publish(&link->to_peer))
        evloop_ring_bell(link->peer_bell);
}

void
child_link_release(struct child_link *link)
{
    if (ring_release(&link->from_peer))
        evloop_ring_bell(link->peer_bell);
}

bool
child_link_sleep(struct child_link *link)
{
    if (!link->has_more)
        link->has_more = !ring_sleep(&link->from_peer);
    return !link->has_more;
}

void
child_link_wake(struct child_link *link)
{
    ring_wake(&link->from_peer);
}
