/* fuzz_upstream.c - what a worker knows of upstreams and of what is in flight, against plain models
 * SPDX-License-Identifier: ISC
 *
 * Input: events of a letter and its numbers: connections, answers, failures and closes of four
 * upstreams, keys that they show, a choice among them; queries on one connection, and its silence.
 * Invariants: the average lies between the samples; times of silence keep their order; back-off ends
 * within its bound; a quota is learned of two connections and never above its bound; key news are
 * told once; a choice is usable and the best kind there is; an id is out once, and every query in
 * flight is met once, the oldest first; a connection is left only after a probe without an answer.
 */
#include "upstream/choice.h"

#include "upstream_flights.h"

/* --- health ---------------------------------------------------------------------------------- */

static void
check_health(unsigned i)
{
    const struct health *health = &world.health[i];
    struct watch_times times = flights_times(health, 4000);
    must(health->srtt_us == 0 ||
         (health->srtt_us >= world.least_us[i] && health->srtt_us <= world.most_us[i]));
    must(health_near_us(health) <= health->srtt_us && health->spoilt <= UPSTREAM_SPOILT_MOST);
    must(times.suspect_us <= times.silence_us && times.answer_us <= times.silence_us);
    must(times.silence_us <= 2000000 && times.silence_us >= UPSTREAM_SILENCE_MIN_US);
    must(times.suspect_us >= UPSTREAM_SUSPECT_MIN_US && times.answer_us >= UPSTREAM_ANSWER_MIN_US);
}

static void
sample(unsigned i, uint32_t us, bool is_sound, bool is_answer)
{
    uint32_t counted = us > 0 ? us : 1;
    if (is_answer || world.health[i].srtt_us == 0) {
        world.least_us[i] =
            world.most_us[i] == 0 || counted < world.least_us[i] ? counted : world.least_us[i];
        world.most_us[i] = counted > world.most_us[i] ? counted : world.most_us[i];
    }
    if (!is_answer) {
        health_connected(&world.health[i], us);
        return;
    }
    health_answered(&world.health[i], us, is_sound);
    must(world.health[i].failures == 0 && world.health[i].retry_us == 0);
    must(world.health[i].p95_us != 0 && world.health[i].near_us != 0);
}

static void
fail(unsigned i, bool is_lone)
{
    struct health before = world.health[i], *health = &world.health[i];
    uint64_t most_us = is_lone ? UPSTREAM_BACKOFF_LONE_US : UPSTREAM_BACKOFF_MOST_US;
    health_failed(health, world.now_us, random_bits(), is_lone);
    if (world.now_us < before.retry_us) { /* several within one back-off count once */
        must(memcmp(&before, health, sizeof before) == 0);
        return;
    }
    must(health->failures == before.failures + 1 && health->retry_us > world.now_us);
    must(health->retry_us <= world.now_us + most_us + most_us / 4);
}

static void
learn_idle(struct bytes_reader *r)
{
    uint64_t server_us = get_us(r), configured_us = 1ULL + get_us(r), idle_us = get_us(r);
    uint64_t learned_us = health_idle_closed(server_us, idle_us);
    must(learned_us == (idle_us < UPSTREAM_IDLE_LEARN_US ? server_us : idle_us));
    must(health_idle_us(learned_us, configured_us) <= configured_us);
    must(learned_us == 0 || health_idle_us(learned_us, configured_us) <= learned_us);
    uint64_t tried_us = health_idle_outlived(server_us, configured_us);
    must(tried_us == 0 || tried_us > server_us);
    must(tried_us == 0 || health_idle_us(tried_us, UINT64_MAX) < configured_us);
}

static void
learn_quota(struct bytes_reader *r)
{
    uint8_t how = bytes_get_u8(r);
    uint32_t answers = get_us(r), since_s = bytes_get_u8(r);
    uint64_t since_us = world.now_us > since_s * 1000ULL ? world.now_us - since_s * 1000ULL : 0;
    struct health_quota before = world.quota, *quota = &world.quota;
    switch (how % 3) {
    case 0:
        health_quota_closed(quota, answers, since_us, world.now_us);
        must(before.known != 0 || before.guess != 0 || quota->known == 0); /* one proves nothing */
        must(quota->known <= UPSTREAM_QUOTA_MOST);
        break;
    case 1:
        health_quota_answered(quota, answers, since_us);
        must(quota->known == before.known);
        break;
    default:
        if (how % 9 == 2)
            health_quota_outlived(quota);
        else if (how % 9 == 5 || health_quota_is_tried(quota))
            health_quota_tried(quota, since_s % 2 == 0);
        must(quota->known == before.known || quota->known == 0 || quota->known == 2 * before.known);
        break;
    }
    must(quota->relapses <= UPSTREAM_QUOTA_RELAPSES);
    must(1U << quota->unheard <= UPSTREAM_QUOTA_TRIALS && quota->untried < UPSTREAM_QUOTA_TRIALS);
}

static void
show_key(uint8_t how, uint8_t days)
{
    int pin = how % 5 - 1;
    unsigned pins = 4;
    uint64_t told_us = world.news.told_us;
    bool ends_soon = days < UPSTREAM_ENDS_SOON_DAYS;
    uint32_t news = key_news_seen(&world.news, pin, pins, days * 86400LL, world.now_us);
    bool is_told = ends_soon && (told_us == 0 || world.now_us - told_us >= UPSTREAM_TOLD_US);
    must(((news & KEY_NEWS_ENDS_SOON) != 0) == is_told);
    if (pin < 0) {
        must((news & ~(uint32_t)KEY_NEWS_ENDS_SOON) == 0);
        return;
    }
    bool is_other = world.pin != (unsigned)pin + 1;
    must(((news & KEY_NEWS_CHANGED) != 0) == (is_other && world.pin != 0));
    must(((news & KEY_NEWS_IS_BACKUP) != 0) == (pin > 0 && (world.pins_seen >> pin & 1) == 0));
    must(((news & KEY_NEWS_IS_LAST) != 0) == (is_other && pin == 3));
    world.pins_seen |= 1U << pin;
    world.pin = (unsigned)pin + 1;
}

static bool
is_poor(unsigned i)
{
    return world.health[i].failures != 0 || world.health[i].spoilt >= UPSTREAM_SPOILT_MANY;
}

static void
choose(struct bytes_reader *r)
{
    static const uint32_t weights[UPSTREAMS] = {1, 2, 1000, 7};
    uint8_t sets = bytes_get_u8(r), more = bytes_get_u8(r);
    struct choice ask = {.strategy = more / 16 % 3,
                         .count = UPSTREAMS,
                         .usable = sets % 16,
                         .suspect = sets / 16,
                         .avoid = more % 16,
                         .weights = more & 64 ? weights : NULL,
                         .random = more & 128 ? 0 : random_bits()};
    int chosen = choice_make(&ask, world.health);
    must((chosen < 0) == (ask.usable == 0));
    if (chosen < 0)
        return;
    uint32_t usable = ask.usable, bit = 1U << chosen;
    must((usable & bit) != 0);
    usable &= (usable & ~ask.avoid) != 0 ? ~ask.avoid : UINT32_MAX;
    must((usable & bit) != 0);
    usable &= (usable & ~ask.suspect) != 0 ? ~ask.suspect : UINT32_MAX;
    must((usable & bit) != 0);
    for (unsigned i = 0; i < UPSTREAMS; i++)
        must(ask.random % UPSTREAM_EXPLORE_ONE_IN == 0 || !is_poor((unsigned)chosen) ||
             (usable >> i & 1) == 0 || is_poor(i));
    must(choice_hedge_us(ask.strategy, world.health, (1U << UPSTREAMS) - 1, (unsigned)chosen) >=
         UPSTREAM_HEDGE_MIN_US);
}

/* --- the life of a connection ---------------------------------------------------------------- */

static void
raise_event(uint8_t which)
{
    enum conn_event event = which % CONN_EVENTS;
    struct conn_step step, none;
    conn_fsm_raise(&world.fsm, event);
    enum conn_state from = world.fsm.state;
    must(conn_fsm_next(&world.fsm, &step) && !conn_fsm_next(&world.fsm, &none));
    must(step.from == from && step.state == world.fsm.state && step.state < CONN_STATES);
    /* queries flow only behind a handshake that was trusted, and what was begun is put away */
    must(!step.actions.serve || (from == CONN_HANDSHAKE && event == CONN_ON_SECURED));
    must(step.state != CONN_READY || from == CONN_READY || step.actions.serve);
    must(from != CONN_CLOSED || step.state == CONN_CLOSED || step.state == CONN_IDLE);
    must(!step.actions.close || step.state == CONN_CLOSED);
    must(strlen(conn_fsm_text(step.state)) > 1);
    conn_fsm_done(&world.fsm);
    must(!conn_fsm_next(&world.fsm, &none));
}

/* --- the input ------------------------------------------------------------------------------- */

static void
step(struct bytes_reader *r)
{
    uint8_t what = bytes_get_u8(r);
    unsigned i = what / 16 % UPSTREAMS;
    switch (what % 16) {
    case 0:
        sample(i, get_us(r), true, what / 64 % 2);
        break;
    case 1:
        sample(i, get_us(r), false, true);
        break;
    case 2:
        fail(i, what / 64 % 2);
        break;
    case 3:
        health_hurry(&world.health[i], world.now_us);
        must(world.health[i].retry_us <= world.now_us + UPSTREAM_BACKOFF_LONE_US);
        break;
    case 4:
        learn_idle(r);
        break;
    case 5:
        learn_quota(r);
        break;
    case 6:
        show_key(what / 16, bytes_get_u8(r));
        break;
    case 7:
        choose(r);
        break;
    case 8:
        raise_event(bytes_get_u8(r));
        break;
    case 9:
        for (unsigned n = what >= 128 ? what * 8U : 1; n > 0; n--)
            write_query(i == 3);
        break;
    case 10:
        end_query(bytes_get_u8(r), bytes_get_u8(r));
        break;
    case 11:
        pop_query();
        break;
    case 12:
        walk(what / 16);
        break;
    case 13:
        look(what / 16);
        break;
    case 14:
        hear(what / 16);
        break;
    default:
        world.now_us += get_us(r);
    }
    check_health(i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    memset(&world, 0, offsetof(struct world, flights));
    flights_init(&world.flights);
    world.watch = (struct watch){0};
    world.out_count = world.written = world.random = 0;
    world.now_us = 1;
    while (bytes_left(&r) > 0)
        step(&r);
    check_flights();
    return 0;
}
