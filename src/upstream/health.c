/* health.c - see health.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/health.h"

#define P95_STEPS 16U /* a sample moves the estimate by at most so much of itself */

void
health_connected(struct health *health, uint32_t rtt_us)
{
    if (health->srtt_us == 0)
        health->srtt_us = rtt_us > 0 ? rtt_us : 1;
}

/*
 * A quantile without memory of samples: up by 95 parts where one was later, down by 5 where it was
 * not, so it rests where one in twenty is later. It climbs within a few samples and sinks slowly.
 */
static uint32_t
p95_after(uint32_t p95_us, uint32_t rtt_us)
{
    if (p95_us == 0)
        return rtt_us < UINT32_MAX / 2 ? 2 * rtt_us + 1 : UINT32_MAX;
    uint64_t step = (uint64_t)p95_us / P95_STEPS + 1;
    uint64_t next = rtt_us > p95_us ? p95_us + step * 95 / 100 : p95_us - step * 5 / 100;
    /* a step of less than one would never sink */
    if (next == p95_us)
        next = rtt_us > p95_us ? next + 1 : next - (rtt_us % 20 == 0);
    return next > UINT32_MAX ? UINT32_MAX : next > 0 ? (uint32_t)next : 1;
}

/* Not only what is bad throughout: what draws a retry for each second answer is no better. */
static void
note_use(struct health *health, bool is_sound)
{
    if (!is_sound)
        health->spoilt += UPSTREAM_SPOILT_STEP;
    else if (health->spoilt > 0)
        health->spoilt--;
    if (health->spoilt > UPSTREAM_SPOILT_MOST)
        health->spoilt = UPSTREAM_SPOILT_MOST;
}

/* By two sets of answers, so one that was quick long ago is forgotten. */
static void
note_near(struct health *health, uint32_t rtt_us)
{
    uint32_t us = rtt_us > 0 ? rtt_us : 1;
    if (health->near_us == 0 || us < health->near_us)
        health->near_us = us;
    if (health->next_us == 0 || us < health->next_us)
        health->next_us = us;
    if (++health->next_count < UPSTREAM_NEAR_ANSWERS)
        return;
    health->near_us = health->next_us;
    health->next_us = health->next_count = 0;
}

void
health_answered(struct health *health, uint32_t rtt_us, bool is_sound)
{
    health->failures = 0;
    health->retry_us = 0;
    note_use(health, is_sound);
    uint64_t most = (uint64_t)health->srtt_us * UPSTREAM_SAMPLE_PARTS + UPSTREAM_SAMPLE_MORE_US;
    if (health->srtt_us == 0)
        health->srtt_us = rtt_us;
    else
        health->srtt_us =
            (uint32_t)(((uint64_t)health->srtt_us * 7 + (rtt_us < most ? rtt_us : most)) / 8);
    if (health->srtt_us == 0)
        health->srtt_us = 1;
    health->p95_us = p95_after(health->p95_us, rtt_us);
    note_near(health, rtt_us);
}

void
health_failed(struct health *health, uint64_t now_us, uint32_t random, bool lone)
{
    if (now_us < health->retry_us)
        return;
    uint64_t most = lone ? UPSTREAM_BACKOFF_LONE_US : UPSTREAM_BACKOFF_MOST_US;
    uint64_t wait = UPSTREAM_BACKOFF_FIRST_US;
    for (uint32_t i = 0; i < health->failures && wait < most; i++)
        wait *= 2;
    if (wait > most)
        wait = most;
    if (health->failures < UINT32_MAX)
        health->failures++;
    /* three quarters, and up to half more */
    health->retry_us = now_us + wait / 4 * 3 + (wait / 2 * (random >> 16) >> 16);
}

uint32_t
health_near_us(const struct health *health)
{
    bool is_measured = health->near_us != 0 && health->near_us < health->srtt_us;
    return is_measured ? health->near_us : health->srtt_us;
}

uint64_t
health_silence_us(const struct health *health, uint32_t query_ms)
{
    uint64_t limit = 4 * (uint64_t)health_near_us(health);
    uint64_t most = (uint64_t)query_ms * 1000 / 2;
    if (limit < UPSTREAM_SILENCE_MIN_US)
        limit = UPSTREAM_SILENCE_MIN_US;
    return limit < most ? limit : most;
}

static uint64_t
at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

static uint64_t
at_least(uint64_t value, uint64_t least)
{
    return value > least ? value : least;
}

uint64_t
health_suspect_us(const struct health *health, uint32_t query_ms)
{
    uint64_t limit = at_least(4 * (uint64_t)health_near_us(health), UPSTREAM_SUSPECT_MIN_US);
    return at_most(limit, health_silence_us(health, query_ms));
}

uint64_t
health_answer_us(const struct health *health, uint32_t query_ms)
{
    uint64_t limit = at_least(2 * (uint64_t)health_near_us(health), UPSTREAM_ANSWER_MIN_US);
    return at_most(limit, health_silence_us(health, query_ms));
}

void
health_hurry(struct health *health, uint64_t now_us)
{
    if (health->retry_us > now_us + UPSTREAM_BACKOFF_LONE_US)
        health->retry_us = now_us;
}

/* --- when it closes connections: idle time ------------------------------------------------------ */

uint64_t
health_idle_us(uint64_t server_us, uint64_t configured_us)
{
    uint64_t before = server_us - server_us / 5;
    return server_us != 0 && before < configured_us ? before : configured_us;
}

uint64_t
health_idle_closed(uint64_t server_us, uint64_t idle_us)
{
    return idle_us >= UPSTREAM_IDLE_LEARN_US ? idle_us : server_us;
}

uint64_t
health_idle_outlived(uint64_t server_us, uint64_t configured_us)
{
    if (server_us == 0)
        return 0;
    server_us += server_us / 16 + 1;
    return health_idle_us(server_us, UINT64_MAX) < configured_us ? server_us : 0;
}

/* --- when it closes connections: queries -------------------------------------------------------- */

/* A quota larger than UPSTREAM_QUOTA_MOST is none. */
static void
know_quota(struct health_quota *quota, uint32_t answers)
{
    quota->known = answers <= UPSTREAM_QUOTA_MOST ? answers : 0;
    quota->guess = quota->outlived = 0;
}

void
health_quota_closed(struct health_quota *quota, uint32_t answers, uint64_t since_us,
                    uint64_t now_us)
{
    if (answers == 0)
        return;
    if (quota->known != 0 && answers >= quota->known) { /* as was known */
        know_quota(quota, answers);
        return;
    }
    if (quota->guess == 0) {
        quota->guess = answers;
        quota->guess_us = now_us;
        return;
    }
    if (since_us < quota->guess_us)
        return; /* one of those that ended together with the first */
    if (quota->known != 0 && quota->relapses < UPSTREAM_QUOTA_RELAPSES)
        quota->relapses++;
    know_quota(quota, answers > quota->guess ? answers : quota->guess);
}

void
health_quota_answered(struct health_quota *quota, uint32_t answers, uint64_t since_us)
{
    if (quota->guess != 0 && answers > quota->guess && since_us >= quota->guess_us)
        quota->guess = 0;
}

static void
double_quota(struct health_quota *quota)
{
    quota->outlived = 0;
    quota->known *= 2;
    if (quota->known > UPSTREAM_QUOTA_MOST)
        *quota = (struct health_quota){0};
}

void
health_quota_outlived(struct health_quota *quota)
{
    if (quota->known != 0 && ++quota->outlived >= 1U << quota->relapses)
        double_quota(quota);
}

bool
health_quota_is_tried(struct health_quota *quota)
{
    if (quota->known == 0 || ++quota->untried < 1U << quota->unheard)
        return false;
    quota->untried = 0;
    return true;
}

void
health_quota_tried(struct health_quota *quota, bool is_heard)
{
    if (!is_heard) {
        quota->unheard += 1U << quota->unheard < UPSTREAM_QUOTA_TRIALS;
        return;
    }
    quota->unheard = 0;
    double_quota(quota);
}
