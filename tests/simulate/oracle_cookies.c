/* oracle_cookies.c - cookies tell the time at which they were made
 * SPDX-License-Identifier: ISC
 */
#include "oracle.h"

#include "world_faults.h"

#include <string.h>

#define CLIENT_HALF 8
#define WHOLE       24   /* RFC 9018: with version, three octets, time and hash */
#define TIME_AT     12   /* CLIENT_HALF, version, three octets */
#define RENEW_S     1800 /* RFC 9018 4.3: then the client gets a new one */
#define FUTURE_S    300
#define TAKEN_UP_US KERNEL_S /* a front has taken up another secret */

static uint32_t
time_of(const uint8_t *cookie)
{
    const uint8_t *at = cookie + TIME_AT;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Seconds from the time in a cookie, which is one of 2^32 (RFC 9018 4.3), to `wall_us`. */
static int64_t
age_at(int64_t wall_us, uint32_t made_s)
{
    return (int32_t)((uint32_t)(wall_us / 1000000) - made_s);
}

/* Is it of the time between arrival and response, whichever way the clock jumped? */
static bool
is_of_now(const struct ask *ask, uint32_t made_s)
{
    int64_t then_s = age_at(ask->arrived_wall_us, made_s), now_s = age_at(kernel_wall(), made_s);
    int64_t from_s = then_s < now_s ? then_s : now_s, to_s = then_s < now_s ? now_s : then_s;
    return from_s <= 1 && to_s >= -1;
}

/* What was given under the secret of today, in the first half of its life, is said again; what was
 * given under another one is replaced. */
static void
judge_secret(const struct ask *ask, int64_t age_s, bool is_repeated)
{
    if (ask->cookie_us == 0 || age_s > RENEW_S - 2 || age_s < -FUTURE_S + 2 ||
        world_faults_rolls(ask->cookie_us - TAKEN_UP_US, ask->cookie_us) > 0 ||
        world_faults_rolls(ask->arrived_us - TAKEN_UP_US, kernel_now()) > 0)
        return;
    bool is_of_another = world_faults_rolls(ask->cookie_us, ask->arrived_us) > 0;
    if (is_repeated && is_of_another)
        oracle_violation("a cookie of another secret is not replaced");
    else if (!is_repeated && !is_of_another)
        oracle_violation_of("a cookie is not known again", ": %lld s old", (long long)age_s);
}

void
oracle_cookies_judge(const struct ask *ask)
{
    const struct message_facts *facts = &ask->facts;
    if (facts->rcode != 0 || facts->answers == 0)
        return;
    if (facts->cookie_size != WHOLE || memcmp(facts->cookie, ask->cookie, CLIENT_HALF) != 0) {
        oracle_violation("a response without the client's cookie");
        return;
    }
    bool is_repeated = ask->cookie_size == facts->cookie_size &&
                       memcmp(ask->cookie, facts->cookie, facts->cookie_size) == 0;
    int64_t took_us = (int64_t)(kernel_now() - ask->arrived_us);
    int64_t jumped_us = kernel_wall() - ask->arrived_wall_us - took_us;
    bool has_jumped = jumped_us > 1000000 || jumped_us < -1000000;
    if (ask->cookie_size == WHOLE && !has_jumped)
        judge_secret(ask, age_at(ask->arrived_wall_us, time_of(ask->cookie)), is_repeated);
    uint32_t made_s = time_of(facts->cookie);
    int64_t age_s = age_at(ask->arrived_wall_us, made_s);
    if (is_of_now(ask, made_s))
        return;
    if (!is_repeated)
        oracle_violation_of("a new cookie of another time", ": by %lld s", (long long)age_s);
    else if (!has_jumped && (age_s > RENEW_S + 2 || age_s < -FUTURE_S - 2))
        oracle_violation_of("an old cookie is not replaced", ": %lld s old", (long long)age_s);
}
