/* habits.c - see habits.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/habits.h"

/* --- idle time -------------------------------------------------------------------------------- */

uint64_t
habits_idle_us(uint64_t server_us, uint64_t configured_us)
{
    uint64_t before = server_us - server_us / 5;
    return server_us != 0 && before < configured_us ? before : configured_us;
}

uint64_t
habits_idle_closed(uint64_t server_us, uint64_t idle_us)
{
    return idle_us >= UPSTREAM_IDLE_LEARN_US ? idle_us : server_us;
}

uint64_t
habits_idle_outlived(uint64_t server_us, uint64_t configured_us)
{
    if (server_us == 0)
        return 0;
    server_us += server_us / 16 + 1;
    return habits_idle_us(server_us, UINT64_MAX) < configured_us ? server_us : 0;
}

/* --- queries ---------------------------------------------------------------------------------- */

void
habits_quota_closed(struct habits_quota *quota, uint32_t answers, uint64_t since_us,
                    uint64_t now_us)
{
    if (answers == 0)
        return;
    if (quota->known != 0 && answers >= quota->known) { /* as was known */
        quota->known = answers;
        quota->guess = quota->outlived = 0;
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
    quota->known = answers > quota->guess ? answers : quota->guess;
    quota->guess = quota->outlived = 0;
    if (quota->known > UPSTREAM_QUOTA_MOST)
        quota->known = 0;
}

void
habits_quota_answered(struct habits_quota *quota, uint32_t answers, uint64_t since_us)
{
    if (quota->guess != 0 && answers > quota->guess && since_us >= quota->guess_us)
        quota->guess = 0;
}

void
habits_quota_outlived(struct habits_quota *quota)
{
    if (quota->known == 0 || ++quota->outlived < 1U << quota->relapses)
        return;
    quota->outlived = 0;
    quota->known *= 2;
    if (quota->known > UPSTREAM_QUOTA_MOST)
        *quota = (struct habits_quota){0};
}
