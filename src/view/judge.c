/* judge.c - is it well, what needs somebody, and since when
 * SPDX-License-Identifier: ISC
 */
#include "view/judge.h"

#include <string.h>

#define SECOND_US UINT64_C(1000000)

#define FAILED_ENOUGH   20   /* queries; fewer are no share */
#define FAILED_FEW      3    /* of a look that is too short for so many */
#define SHORT_S         60   /* below it, a look is that short */
#define SHARE_LOOK      9990 /* hundredths of a percent, as all shares here */
#define SHARE_ACT       9900
#define STALE_ACT       100
#define DROPPED_ACT     100
#define ERRORS_ENOUGH   20 /* of different names; fewer may be about names */
#define ERRORS_LOOK     2000
#define ERRORS_MOST     8000
#define ERRORS_OTHERS   3 /* times as many as other upstreams have */
#define ERRORS_USUAL    4 /* times as many as in the hour before, where there are no others */
#define ROOM_LOOK       5000
#define ROOM_ACT        9000
#define DAYS_LOOK       14
#define DAYS_ACT        2
#define OTHERS_ENOUGH   2 /* usable upstreams beside one whose certificate ends */
#define SLOW_TIMES      4
#define SLOW_US         200000
#define DIED_ACT        3
#define OVER_LIMIT_LOOK 1000 /* thousandths per second */
#define OLD_LOOK_US     (3 * SECOND_US)
#define OLD_ACT_US      (60 * SECOND_US)

enum scope { SERVICE, UPSTREAM };

struct row {
    const char *name, *when;
    enum scope scope;
    uint64_t hold_s[JUDGE_LEVELS];
};

static const struct row rows[] = {
#define FINDING(name, scope, when, look_s, act_s, reason)                                          \
    {#name, when, scope, {[JUDGE_LOOK] = look_s, [JUDGE_ACT] = act_s}},
#include "view/findings.def"
#undef FINDING
};

/* What the figures of this moment say of one finding, holding times apart. */
struct condition {
    enum judge_level level;
    uint64_t since_us; /* monotonic, where the service says itself since when; 0: it does not */
    bool is_urgent;    /* it does not wait until it has held */
};

static struct condition
level_if(bool is_look, bool is_act)
{
    return (struct condition){.level = is_act ? JUDGE_ACT : is_look ? JUDGE_LOOK : JUDGE_WELL};
}

/* --- conditions ------------------------------------------------------------------------------ */

static bool
is_over(uint64_t share, uint64_t limit)
{
    return share != NUMBER_NONE && share > limit;
}

static struct condition
judge_room(uint64_t used, uint64_t most, bool is_full)
{
    bool is_look = most > 0 && used > most / 10000 * ROOM_LOOK + most % 10000 * ROOM_LOOK / 10000;
    bool is_act = most > 0 && used > most / 10000 * ROOM_ACT + most % 10000 * ROOM_ACT / 10000;
    return level_if(is_look, is_act || is_full);
}

static struct condition
judge_share(const struct figures *f)
{
    bool is_few = f->span_s < SHORT_S && f->failed_count >= FAILED_FEW;
    bool is_look = f->share < SHARE_LOOK && f->failed_count >= FAILED_ENOUGH;
    bool is_act = f->share_minute < SHARE_ACT && f->failed_minute_count >= FAILED_ENOUGH;
    return level_if(is_look || (is_few && f->share < SHARE_ACT),
                    is_act || (is_few && f->answered_minute_count == 0));
}

static struct condition
judge_slow(const struct figures *f)
{
    if (f->most_us == NUMBER_NONE)
        return level_if(false, false);
    bool is_unusual = f->usual_most_us != NUMBER_NONE && f->most_us > SLOW_US &&
                      f->most_us / SLOW_TIMES >= f->usual_most_us &&
                      f->most_us > SLOW_TIMES * f->usual_most_us;
    return level_if(is_unusual, f->reading->query_us > 0 && f->most_us > f->reading->query_us / 2);
}

/* All that are asked what no route has are refused for their keys: that says more than that none can be asked. */
static bool
is_all_by_pin(const struct figures *f)
{
    return f->of_route[0].upstreams > 0 && f->of_route[0].by_pin == f->of_route[0].upstreams;
}

static struct condition
judge_none(const struct figures *f)
{
    struct condition c = level_if(false, figures_is_down(f, 0) && !is_all_by_pin(f));
    c.since_us = f->of_route[0].none_us;
    return c;
}

/* Nobody else is asked their names: clients get errors. Since the first of them. */
static struct condition
judge_route(const struct figures *f)
{
    struct condition c = level_if(false, f->routes_down > 0);
    for (unsigned i = 1; i < f->routes; i++)
        if (figures_is_down(f, i) && (c.since_us == 0 || f->of_route[i].none_us < c.since_us))
            c.since_us = f->of_route[i].none_us;
    return c;
}

static struct condition
judge_died(const struct figures *f)
{
    struct condition c = level_if(f->died_hour > 0, f->died_ten_minutes >= DIED_ACT);
    c.since_us = f->first_died_us;
    return c;
}

static struct condition
judge_old(const struct figures *f)
{
    uint64_t age_us = f->reading->age_us;
    struct condition c = level_if(age_us > OLD_LOOK_US, age_us > OLD_ACT_US);
    c.since_us = f->reading->tally.at_us - age_us;
    return c;
}

static struct condition
judge_service(enum judge_kind kind, const struct figures *f)
{
    uint64_t dropped = number_share_of(f->dropped_count, f->dropped_count + f->queries_count);
    switch (kind) {
    case JUDGE_OLD:
        return judge_old(f);
    case JUDGE_NONE:
        return judge_none(f);
    case JUDGE_ROUTE:
        return judge_route(f);
    case JUDGE_SHARE:
        return judge_share(f);
    case JUDGE_STALE:
        return level_if(f->stale_count > 0, is_over(f->stale_share, STALE_ACT));
    case JUDGE_DIED:
        return judge_died(f);
    case JUDGE_AUDIT:
        return level_if(f->reading->audit == SERVICE_PAGE_AUDIT_WAITS,
                        f->reading->audit == SERVICE_PAGE_AUDIT_FAILS);
    case JUDGE_WAITING:
        return judge_room(f->waiting, f->waiting_most, f->full_count > 0);
    case JUDGE_TCP_CLIENTS:
        return judge_room(f->tcp_clients, f->tcp_clients_most, false);
    case JUDGE_DROPPED:
        return level_if(f->dropped_count > 0, is_over(dropped, DROPPED_ACT));
    case JUDGE_SLOW:
        return judge_slow(f);
    case JUDGE_NETWORK:
        return level_if(is_over(f->over_limit_minute, OVER_LIMIT_LOOK), false);
    case JUDGE_ERRORS:
    case JUDGE_PIN:
    case JUDGE_MISSING:
    case JUDGE_LAST_PIN:
    case JUDGE_CERTIFICATE:
    case JUDGE_KINDS:
        break;
    }
    return level_if(false, false);
}

uint64_t
judge_days(const struct reading_upstream *upstream)
{
    return upstream->valid_days == 0 ? NUMBER_NONE : upstream->valid_days - 1;
}

static unsigned
index_of(const struct figures *f, const struct figures_upstream *up)
{
    return (unsigned)(up - f->of_upstream);
}

/* Of the usable upstreams for one name that this one is for: the fewest for any, without those of names that have none. */
static unsigned
fewest_usable(const struct figures *f, unsigned upstream)
{
    unsigned fewest = 0;
    for (unsigned i = 0; i < f->routes; i++) {
        unsigned usable = f->of_route[i].usable;
        if (figures_is_asked(f, i, upstream) && usable > 0 && (fewest == 0 || usable < fewest))
            fewest = usable;
    }
    return fewest;
}

static struct condition
judge_certificate(const struct figures *f, const struct figures_upstream *up)
{
    uint64_t days = judge_days(up->is);
    unsigned others = fewest_usable(f, index_of(f, up)) - (up->is_usable ? 1 : 0);
    return level_if(days < DAYS_LOOK, days < DAYS_ACT && others < OTHERS_ENOUGH);
}

/* Names that are broken everywhere are no fault of an upstream: then others have errors, too. */
static struct condition
judge_errors(const struct figures *f, const struct figures_upstream *up)
{
    bool has_others = up->errors_others != NUMBER_NONE, has_usual = up->errors_usual != NUMBER_NONE;
    bool is_unlike = has_others  ? up->errors / ERRORS_OTHERS > up->errors_others
                     : has_usual ? up->errors / ERRORS_USUAL > up->errors_usual
                                 : false;
    bool is_look =
        is_over(up->errors, ERRORS_MOST) || (is_over(up->errors, ERRORS_LOOK) && is_unlike);
    bool is_act = is_over(up->errors_minute, ERRORS_MOST) && is_over(f->errors_minute, ERRORS_MOST);
    return level_if(is_look && up->errors_count >= ERRORS_ENOUGH,
                    is_act && up->errors_minute_count >= ERRORS_ENOUGH);
}

static struct condition
judge_upstream(enum judge_kind kind, const struct figures *f, const struct figures_upstream *up)
{
    bool is_by_pin = !up->is_usable && up->is->cause == STATS_CAUSE_PIN;
    struct condition c = level_if(false, false);
    if (kind == JUDGE_PIN) {
        bool is_for_rest = figures_is_asked(f, 0, index_of(f, up));
        c = level_if(is_by_pin, is_by_pin && is_for_rest && is_all_by_pin(f));
        c.since_us = up->is->changed_us;
    } else if (kind == JUDGE_MISSING) { /* "none can be asked" says it of all of them */
        unsigned left = fewest_usable(f, index_of(f, up));
        c = level_if(!up->is_usable && !is_by_pin && left > 0, false);
        c.since_us = up->is->changed_us;
        c.is_urgent = left == 1;
    } else if (kind == JUDGE_LAST_PIN) {
        c = level_if(up->is_usable && !up->has_spare, false);
        c.since_us = up->is->pin_changed_us;
    } else if (kind == JUDGE_ERRORS && up->is_usable) {
        c = judge_errors(f, up);
    } else if (kind == JUDGE_CERTIFICATE && up->is_usable) {
        c = judge_certificate(f, up);
    }
    return c;
}

/* --- holding and falling --------------------------------------------------------------------- */

static void
watch_level(struct judge_watch *watch, enum judge_level level, const struct condition *condition,
            uint64_t hold_us, uint64_t now_us)
{
    bool holds = condition->level >= level;
    if (holds && !watch->holds[level]) {
        bool is_told = condition->since_us > 0 && condition->since_us < now_us;
        watch->begun_us[level] = is_told ? condition->since_us : now_us;
    }
    watch->holds[level] = holds;
    if (holds && (condition->is_urgent || now_us - watch->begun_us[level] >= hold_us)) {
        if (!watch->is_up[level])
            watch->since_us[level] = watch->begun_us[level];
        watch->is_up[level] = true;
        watch->held_us[level] = now_us;
    } else if (!holds && watch->is_up[level] && now_us - watch->held_us[level] >= JUDGE_QUIET_US) {
        watch->is_up[level] = false;
    }
}

static enum judge_level
level_of(const struct judge_watch *watch)
{
    return watch->is_up[JUDGE_ACT] ? JUDGE_ACT : watch->is_up[JUDGE_LOOK] ? JUDGE_LOOK : JUDGE_WELL;
}

static unsigned
width_of(enum judge_kind kind, const struct figures *figures)
{
    return rows[kind].scope == UPSTREAM ? figures->upstreams : 1;
}

/* Another configuration has others, or the same in another order. */
static void
forget_upstreams(struct judge *judge, uint64_t upstreams_id)
{
    for (unsigned kind = 0; kind < JUDGE_KINDS; kind++)
        if (rows[kind].scope == UPSTREAM)
            memset(judge->watches[kind], 0, sizeof judge->watches[kind]);
    judge->upstreams_id = upstreams_id;
}

void
judge_step(struct judge *judge, const struct figures *figures)
{
    uint64_t now_us = figures->reading->tally.at_us;
    bool is_well = true;
    if (judge->upstreams_id != figures->reading->tally.upstreams_id)
        forget_upstreams(judge, figures->reading->tally.upstreams_id);
    for (unsigned kind = 0; kind < JUDGE_KINDS; kind++) {
        for (unsigned i = 0; i < width_of(kind, figures); i++) {
            struct judge_watch *watch = &judge->watches[kind][i];
            struct condition c =
                rows[kind].scope == UPSTREAM
                    ? judge_upstream((enum judge_kind)kind, figures, &figures->of_upstream[i])
                    : judge_service((enum judge_kind)kind, figures);
            for (unsigned level = JUDGE_LOOK; level < JUDGE_LEVELS; level++)
                watch_level(watch, (enum judge_level)level, &c,
                            rows[kind].hold_s[level] * SECOND_US, now_us);
            is_well = is_well && level_of(watch) == JUDGE_WELL;
        }
    }
    if (judge->begun_us == 0)
        judge->begun_us = now_us;
    if (!is_well)
        judge->well_us = 0;
    else if (judge->well_us == 0)
        judge->well_us = now_us;
}

/* --- telling --------------------------------------------------------------------------------- */

static void
add(struct judgement *judgement, const struct judge_finding *finding)
{
    unsigned at = judgement->count++;
    for (; at > 0 && judgement->findings[at - 1].level < finding->level; at--)
        judgement->findings[at] = judgement->findings[at - 1];
    judgement->findings[at] = *finding;
    judgement->act += finding->level == JUDGE_ACT;
}

/* Kinds come in the order of their rows; what is to be acted upon goes before all others. */
void
judge_tell(const struct judge *judge, const struct figures *figures, struct judgement *judgement)
{
    memset(judgement, 0, sizeof *judgement);
    judgement->watched_s = (figures->reading->tally.at_us - judge->begun_us) / SECOND_US;
    judgement->is_from_start = judge->begun_us <= figures->reading->started_us + JUDGE_START_US;
    for (unsigned kind = 0; kind < JUDGE_KINDS; kind++) {
        for (unsigned i = 0; i < width_of(kind, figures); i++) {
            const struct judge_watch *watch = &judge->watches[kind][i];
            enum judge_level level = level_of(watch);
            if (level == JUDGE_WELL)
                continue;
            add(judgement, &(struct judge_finding){
                               .kind = (enum judge_kind)kind,
                               .level = level,
                               .upstream = i,
                               .since_s = figures_wall_s(figures, watch->since_us[level])});
        }
    }
    judgement->level = judgement->count > 0 ? judgement->findings[0].level : JUDGE_WELL;
    judgement->since_s = judgement->count > 0 ? judgement->findings[0].since_s
                                              : figures_wall_s(figures, judge->well_us);
}

const char *
judge_when(const struct judge_finding *finding)
{
    return finding->level == JUDGE_ACT ? "NOW" : rows[finding->kind].when;
}

const char *
judge_name(enum judge_kind kind)
{
    return rows[kind].name;
}
