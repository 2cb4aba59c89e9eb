/* upstream_quota.c - see upstream_quota.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_quota.h"

void
upstream_quota_closed(struct upstream_quota *quota, uint32_t answers, uint64_t since_us,
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
upstream_quota_answered(struct upstream_quota *quota, uint32_t answers, uint64_t since_us)
{
    if (quota->guess != 0 && answers > quota->guess && since_us >= quota->guess_us)
        quota->guess = 0;
}

void
upstream_quota_outlived(struct upstream_quota *quota)
{
    if (quota->known == 0 || ++quota->outlived < 1U << quota->relapses)
        return;
    quota->outlived = 0;
    quota->known *= 2;
    if (quota->known > UPSTREAM_QUOTA_MOST)
        *quota = (struct upstream_quota){0};
}
