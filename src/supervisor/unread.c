/* unread.c - datagrams that no front read: for want of room, or because the filter took them
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/unread.h"

#include "ipc/ipc.h"
#include "os/netstat.h"
#include "os/sock.h"

uint64_t
unread_no_room(uint64_t dropped, bool has_filter, bool is_known, uint64_t no_room)
{
    return !has_filter || !is_known || no_room > dropped ? dropped : no_room;
}

/* What all sockets dropped since this was asked last. A socket of a front that bound it begins with
 * none; counts are modulo 2^32. */
static uint64_t
dropped_since(struct supervisor *sup)
{
    uint64_t sum = 0;
    for (unsigned lane = 0; lane < sup->lanes_count; lane++) {
        for (uint32_t i = 0; i < sup->config.listen_count; i++) {
            int fd = sup->lanes[lane].listeners[i][IPC_SOCKET_UDP - 1];
            uint32_t drops = fd >= 0 ? sock_drops(fd) : 0;
            sum += (uint32_t)(drops - sup->unread.drops[lane][i]);
            sup->unread.drops[lane][i] = drops;
        }
    }
    return sum;
}

/* @return how many found no room in the whole namespace since this was asked last */
static uint64_t
no_room_since(struct unread *unread, uint64_t now_us)
{
    uint64_t before = unread->no_room;
    unread->is_known = netstat_no_room(&unread->no_room) == STATUS_OK;
    unread->read_us = now_us;
    return unread->no_room > before ? unread->no_room - before : 0;
}

void
unread_begin(struct supervisor *sup)
{
    sup->unread = (struct unread){.no_room = 0};
    (void)no_room_since(&sup->unread, sup->loop.now_us);
    (void)dropped_since(sup);
}

void
unread_look(struct supervisor *sup)
{
    struct unread *unread = &sup->unread;
    uint64_t dropped = dropped_since(sup), now_us = sup->loop.now_us;
    if (dropped == 0 && now_us < unread->read_us + (uint64_t)UNREAD_READ_MS * 1000)
        return;
    bool was_known = unread->is_known;
    uint64_t all = no_room_since(unread, now_us);
    uint64_t no_room =
        unread_no_room(dropped, sup->config.filter_kernel != 0, was_known && unread->is_known, all);
    (void)stats_grow(&sup->page->no_room, no_room);
    (void)stats_grow(&sup->page->filtered, dropped - no_room);
}
