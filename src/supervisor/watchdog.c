/* watchdog.c - children that do not turn are replaced, and the service manager hears that we do
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/watchdog.h"

#include "supervisor/children.h"
#include "supervisor/inherited.h"

#include <stdlib.h>
#include <unistd.h>

#define LOOK_US ((uint64_t)HEARTBEAT_MS * 1000)

/* A variable that is a whole number; 0: it is none. */
static uint64_t
number_from(const char *name)
{
    const char *text = getenv(name);
    char *end;
    if (text == NULL || *text < '0' || *text > '9')
        return 0;
    unsigned long long value = strtoull(text, &end, 10);
    return *end == '\0' ? value : 0;
}

void
watchdog_open(struct supervisor *sup)
{
    uint64_t pid = number_from("WATCHDOG_PID");
    /* half of the time, as sd_watchdog_enabled(3) recommends */
    if (pid == 0 || pid == (uint64_t)getpid())
        sup->notify_us = number_from("WATCHDOG_USEC") / 2;
}

static uint64_t
count_of(const struct child *child, enum stats_counter counter)
{
    return stats_load(&child->stats->counts[counter]);
}

static void
look_at(struct child *child)
{
    struct supervisor *sup = child->supervisor;
    bool in_handshake = count_of(child, STAT_IN_HANDSHAKE) != 0;
    if (child->state != LIFE_READY)
        child->heartbeat = (struct heartbeat){0};
    else if (heartbeat_is_lost(&child->heartbeat, count_of(child, STAT_TURNS), in_handshake,
                               sup->loop.now_us))
        children_kill_for(child, LOG_ERROR,
                          in_handshake ? "it hangs in a TLS handshake" : "it hangs");
}

void
watchdog_tick(struct supervisor *sup)
{
    uint64_t now_us = sup->loop.now_us;
    if (sup->notify_us != 0 && now_us >= sup->notified_us + sup->notify_us) {
        inherited_notify(sup->notify_fd, "WATCHDOG=1\n");
        sup->notified_us = now_us;
    }
    if (now_us < sup->watch_us)
        return;
    sup->watch_us = now_us + LOOK_US;
    for (unsigned i = 0; i < children_count(sup); i++)
        look_at(children_at(sup, i));
}

uint64_t
watchdog_deadline_us(const struct supervisor *sup)
{
    uint64_t notify_us = sup->notify_us != 0 ? sup->notified_us + sup->notify_us : UINT64_MAX;
    return notify_us < sup->watch_us ? notify_us : sup->watch_us;
}
