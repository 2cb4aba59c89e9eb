/* world_faults.c - see world_faults.h
 * SPDX-License-Identifier: ISC
 */
#include "world_faults.h"

#include "draw.h"
#include "files.h"
#include "oracle.h"
#include "proxy.h"
#include "world_upstreams.h"

#include "front/front.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A lane that dies more often in a minute rests, by design (docs/LIMITS.md): that is no fault here. */
#define DEATHS_MOST   8
#define DEATHS_WINDOW (60 * KERNEL_S)

#define SECRET_DIGITS 32
#define ROLLS         1024

static struct {
    uint64_t over_us, front_died_us, stopped_us;
    uint64_t deaths_us[DEATHS_MOST]; /* of all lanes, the oldest first */
    bool was_well;                   /* until it was told to stop */
    bool broke_rings;
    uint64_t rolled_us[ROLLS]; /* the oldest first */
    unsigned rolls;
} faults;

void
world_faults_begin(void)
{
    memset(&faults, 0, sizeof faults);
}

static void
lasts_until(uint64_t until_us)
{
    if (until_us > faults.over_us)
        faults.over_us = until_us;
}

static uint64_t
end_of(const struct act *act)
{
    uint64_t end_us = kernel_now() + act->for_us;
    lasts_until(end_us);
    return end_us;
}

void
world_faults_freeze(const struct act *act, uint64_t number)
{
    (void)number;
    world_upstreams_freeze((unsigned)act->who, end_of(act));
}

void
world_faults_forget(const struct act *act, uint64_t number)
{
    (void)number;
    lasts_until(kernel_now());
    world_upstreams_forget((unsigned)act->who);
}

void
world_faults_silence(const struct act *act, uint64_t number)
{
    (void)number;
    world_upstreams_silence((unsigned)act->who, end_of(act));
}

static void
accept_again(void *owner, uint64_t number)
{
    struct upstream *upstream = owner;
    (void)number;
    upstream->refuses = false;
}

void
world_faults_refuse(const struct act *act, uint64_t number)
{
    struct upstream *upstream = world_upstream((unsigned)act->who);
    (void)number;
    upstream->refuses = true;
    world_upstreams_unwell(upstream->index, end_of(act));
    kernel_at(kernel_now() + act->for_us, accept_again, upstream, 0);
}

static struct process *
process_of(const struct act *act)
{
    switch (act->number) {
    case 0:
        return proxy_front_of((unsigned)act->who);
    case 1:
        return proxy_worker_of((unsigned)act->who);
    default:
        return proxy_supervisor();
    }
}

void
world_faults_note(void)
{
    lasts_until(kernel_now());
}

bool
world_faults_may_die(void)
{
    if (faults.deaths_us[0] != 0 && kernel_now() < faults.deaths_us[0] + DEATHS_WINDOW)
        return false;
    memmove(faults.deaths_us, faults.deaths_us + 1, (DEATHS_MOST - 1) * sizeof faults.deaths_us[0]);
    faults.deaths_us[DEATHS_MOST - 1] = kernel_now();
    world_faults_note();
    return true;
}

void
world_faults_kill(const struct act *act, uint64_t number)
{
    struct process *process = process_of(act);
    (void)number;
    /* before all serve, a death ends the start: that is another world's */
    if (process == NULL || !proxy_is_serving() || !world_faults_may_die())
        return;
    if (act->number == 0)
        faults.front_died_us = kernel_now();
    process_kill(process, SIGSEGV);
}

/* Either side of a ring, taken over, writes another index: it lies in memory that both can write. */
void
world_faults_ring(const struct act *act, uint64_t number)
{
    struct process *process = proxy_front_of((unsigned)act->who);
    struct front *front = process != NULL ? proxy_front(process) : NULL;
    if (front == NULL || !proxy_is_serving() || front->uplink.newest == NULL ||
        !world_faults_may_die())
        return;
    faults.broke_rings = true;
    struct child_link *link = front->uplink.newest;
    struct ring_shared *ring =
        (act->number & 1) != 0 ? link->from_peer.shared : link->to_peer.shared;
    uint64_t lie = draw(draw_who(DRAW_ACT, number), 0, UINT64_MAX);
    if ((act->number & 2) != 0)
        atomic_store(&ring->head, lie);
    else
        atomic_store(&ring->tail, lie);
}

static void
own_key_again(void *owner, uint64_t number)
{
    struct upstream *upstream = owner;
    (void)number;
    upstream->is_foreign = false;
    world_upstreams_forget(upstream->index);
}

void
world_faults_key(const struct act *act, uint64_t number)
{
    struct upstream *upstream = world_upstream((unsigned)act->who);
    (void)number;
    world_upstreams_forget(upstream->index);
    upstream->is_foreign = true;
    world_upstreams_unwell(upstream->index, end_of(act));
    kernel_at(kernel_now() + act->for_us, own_key_again, upstream, 0);
}

/* No fault: whoever offers one is shown the key. */
void
world_faults_tickets(const struct act *act, uint64_t number)
{
    (void)number;
    world_upstream((unsigned)act->who)->ticket++;
}

void
world_faults_reset(const struct act *act, uint64_t number)
{
    (void)number;
    lasts_until(kernel_now());
    world_upstreams_reset((unsigned)act->who);
}

void
world_faults_stall(const struct act *act, uint64_t number)
{
    struct process *process = process_of(act);
    (void)number;
    if (process != NULL)
        process_stall(process, end_of(act));
}

void
world_faults_reload(const struct act *act, uint64_t number)
{
    char text[WORLD_CONFIG_MAX];
    (void)number; /* no fault: nobody may notice it */
    if (act->text[0] != '\0') {
        snprintf(text, sizeof text, "%.*s%s}\n", (int)world.config_size - 2, world.config,
                 act->text);
        files_write(PROXY_CONFIG, text);
        oracle_routes_change(act->number);
    }
    proxy_signal(SIGHUP);
}

/* Digits of the configuration, behind `key: "`. @return NULL: it does not say it */
static char *
digits_of(const char *key)
{
    char *at = strstr(world.config, key);
    return at != NULL ? at + strlen(key) : NULL;
}

/* No fault: a cookie that was given before proves an address for its hour. */
void
world_faults_roll(const struct act *act, uint64_t number)
{
    uint64_t who = draw_who(DRAW_ACT, number);
    char *secret = digits_of(", secret: \""), *previous = digits_of("{previous_secret: \"");
    char text[SECRET_DIGITS + 1];
    if (secret == NULL || previous == NULL || faults.rolls == ROLLS)
        return;
    memcpy(previous, secret, SECRET_DIGITS);
    snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)draw(who, 0, UINT64_MAX),
             (unsigned long long)draw(who, 1, UINT64_MAX));
    memcpy(secret, text, SECRET_DIGITS);
    faults.rolled_us[faults.rolls++] = kernel_now();
    files_write(PROXY_CONFIG, world.config);
    world_faults_reload(act, number);
}

unsigned
world_faults_rolls(uint64_t since_us, uint64_t until_us)
{
    unsigned count = 0;
    for (unsigned i = faults.rolls; i-- > 0 && faults.rolled_us[i] >= since_us;)
        count += faults.rolled_us[i] <= until_us;
    return count;
}

void
world_faults_stop(const struct act *act, uint64_t number)
{
    (void)act;
    (void)number;
    faults.was_well = faults.over_us == 0;
    faults.stopped_us = kernel_now();
    lasts_until(kernel_now());
    proxy_signal(SIGTERM);
}

void
world_faults_clock(const struct act *act, uint64_t number)
{
    (void)number;
    lasts_until(kernel_now());
    kernel_set_wall_offset(kernel_wall() - (int64_t)kernel_now() +
                           (int64_t)act->number * (int64_t)KERNEL_S);
}

uint64_t
world_faults_over_us(void)
{
    return faults.over_us;
}

uint64_t
world_faults_front_died_us(void)
{
    return faults.front_died_us;
}

void
world_faults_front_ended(void)
{
    faults.front_died_us = kernel_now();
}

bool
world_faults_broke_rings(void)
{
    return faults.broke_rings;
}

bool
world_faults_is_stopped(void)
{
    return faults.stopped_us != 0;
}

uint64_t
world_faults_stopped_us(void)
{
    return faults.stopped_us;
}

bool
world_faults_is_stop_alone(void)
{
    return faults.stopped_us != 0 && faults.was_well && faults.over_us == faults.stopped_us;
}
