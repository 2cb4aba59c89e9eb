/* watch.c - see watch.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/watch.h"

static uint64_t
later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

struct watch_times
watch_times_of(const struct health *health, uint32_t query_ms)
{
    return (struct watch_times){.suspect_us = health_suspect_us(health, query_ms),
                                .answer_us = health_answer_us(health, query_ms),
                                .silence_us = health_silence_us(health, query_ms)};
}

struct watch_step
watch_step(enum watch_doubt doubt, enum watch_sign sign)
{
    static const struct watch_step steps[WATCH_DOUBTS][WATCH_SIGNS] = {
        [WATCH_CALM] = {[WATCH_QUIET] = {WATCH_SUSPECT, {.probe = true}},
                        [WATCH_STILL] = {.doubt = WATCH_CALM},
                        [WATCH_HEARD] = {.doubt = WATCH_CALM}},
        [WATCH_SUSPECT] = {[WATCH_QUIET] = {.doubt = WATCH_SUSPECT},
                           [WATCH_STILL] = {WATCH_LEFT, {.leave = true}},
                           [WATCH_HEARD] = {.doubt = WATCH_CALM}},
        [WATCH_LEFT] = {[WATCH_QUIET] = {.doubt = WATCH_LEFT},
                        [WATCH_STILL] = {.doubt = WATCH_LEFT},
                        [WATCH_HEARD] = {.doubt = WATCH_CALM}},
    };
    return steps[doubt][sign];
}

static uint64_t
quiet_at(const struct watch *watch, uint64_t oldest_us, uint64_t suspect_us)
{
    if (watch->unheard_us != 0)
        return watch->unheard_us + suspect_us;
    if (oldest_us == 0)
        return UINT64_MAX;
    uint64_t waited_us = watch->heard_us > oldest_us ? watch->heard_us - oldest_us : 0;
    return watch->heard_us + later(suspect_us, waited_us);
}

uint64_t
watch_sign_at(const struct watch *watch, const struct flights *flights,
              const struct watch_times *times)
{
    if (watch->is_paused)
        return UINT64_MAX;
    uint64_t probe_us = flights_probe_us(flights);
    switch (watch->doubt) {
    case WATCH_CALM:
        return quiet_at(watch, flights_oldest_us(flights), times->suspect_us);
    case WATCH_SUSPECT:
        /* one that was written before the suspicion is no answer to it */
        return probe_us == 0 ? 0 : later(watch->suspected_us, probe_us) + times->answer_us;
    case WATCH_LEFT:
    case WATCH_DOUBTS:
        break;
    }
    return UINT64_MAX;
}

/* The only place that writes watch->doubt. */
static struct watch_remedies
see(struct watch *watch, enum watch_sign sign)
{
    struct watch_step step = watch_step(watch->doubt, sign);
    watch->doubt = step.doubt;
    return step.remedies;
}

void
watch_end(struct watch *watch)
{
    (void)see(watch, WATCH_HEARD); /* asks for nothing in any state */
}

void
watch_wrote(struct watch *watch, uint64_t now_us)
{
    if (watch->unheard_us == 0)
        watch->unheard_us = now_us;
}

void
watch_heard(struct watch *watch, uint64_t now_us)
{
    watch_end(watch);
    watch->heard_us = now_us;
    watch->unheard_us = 0;
}

struct watch_remedies
watch_look(struct watch *watch, const struct flights *flights, const struct watch_times *times,
           uint64_t now_us)
{
    uint64_t sign_us = watch_sign_at(watch, flights, times);
    switch (watch->doubt) {
    case WATCH_CALM:
        if (now_us < sign_us)
            break;
        watch->suspected_us = now_us;
        return see(watch, WATCH_QUIET);
    case WATCH_SUSPECT:
        if (sign_us == 0)
            return (struct watch_remedies){.probe = true};
        if (now_us >= sign_us)
            return see(watch, WATCH_STILL);
        break;
    case WATCH_LEFT:
        return (struct watch_remedies){.leave = true};
    case WATCH_DOUBTS:
        break;
    }
    return (struct watch_remedies){0};
}

uint64_t
watch_late_at(const struct watch *watch, const struct flights *flights, enum flights_walk walk,
              uint64_t age_us)
{
    uint64_t sent_us = flights_walk_us(flights, walk);
    bool is_never = age_us == UINT64_MAX || watch->is_paused || watch->doubt == WATCH_LEFT;
    return is_never || sent_us == 0 ? UINT64_MAX : sent_us + age_us;
}

uint64_t
watch_end_at(const struct watch *watch, const struct flights *flights,
             const struct watch_times *times, bool is_place_needed, uint64_t query_us)
{
    if (watch->doubt != WATCH_LEFT || watch->is_paused)
        return UINT64_MAX;
    if (flights_awaited(flights) == 0)
        return 0;
    return watch->suspected_us + (is_place_needed ? times->silence_us : query_us);
}

uint64_t
watch_next_us(const struct watch *watch, const struct flights *flights,
              const struct watch_times *times, uint64_t now_us)
{
    uint64_t sign_us = watch_sign_at(watch, flights, times), next = UINT64_MAX;
    if (sign_us > 0)
        next = later(sign_us, now_us);
    /* what could have been done already, if there had been room */
    bool is_pending = (watch->doubt == WATCH_SUSPECT && sign_us == 0) ||
                      (watch->doubt == WATCH_LEFT && watch->is_left_over);
    return is_pending ? sooner(next, now_us + WATCH_AGAIN_US) : next;
}
