/* oracle_cookies.c - cookies tell the time at which they were made
 * SPDX-License-Identifier: ISC
 */
#include "oracle.h"

#include <string.h>

#define CLIENT_HALF 8
#define WHOLE       24   /* RFC 9018: with version, three octets, time and hash */
#define TIME_AT     12   /* CLIENT_HALF, version, three octets */
#define RENEW_S     1800 /* RFC 9018 4.3: then the client gets a new one */
#define FUTURE_S    300

static int64_t
time_of(const uint8_t *cookie)
{
    const uint8_t *at = cookie + TIME_AT;
    return (int64_t)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
}

/* Is it of the time between arrival and response, whichever way the clock jumped? */
static bool
is_of_now(const struct ask *ask, int64_t made_s)
{
    int64_t then_s = ask->arrived_wall_us / 1000000, now_s = kernel_wall() / 1000000;
    int64_t from_s = then_s < now_s ? then_s : now_s, to_s = then_s < now_s ? now_s : then_s;
    return made_s >= from_s - 1 && made_s <= to_s + 1;
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
    int64_t made_s = time_of(facts->cookie);
    if (is_of_now(ask, made_s))
        return;
    bool is_repeated = ask->cookie_size == facts->cookie_size &&
                       memcmp(ask->cookie, facts->cookie, facts->cookie_size) == 0;
    int64_t took_us = (int64_t)(kernel_now() - ask->arrived_us);
    int64_t jumped_us = kernel_wall() - ask->arrived_wall_us - took_us;
    int64_t age_s = ask->arrived_wall_us / 1000000 - made_s;
    bool has_jumped = jumped_us > 1000000 || jumped_us < -1000000;
    if (!is_repeated)
        oracle_violation_of("a new cookie of another time", ": by %lld s", (long long)age_s);
    else if (!has_jumped && (age_s > RENEW_S + 2 || age_s < -FUTURE_S - 2))
        oracle_violation_of("an old cookie is not replaced", ": %lld s old", (long long)age_s);
}
