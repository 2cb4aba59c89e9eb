/* ctl_json_stats.c - what is counted, as JSON
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_json_stats.h"

#include "base/lower.h"
#include "ctl/ctl_value.h"

static json_t *
counters(const struct tally *tally, bool is_gauge)
{
    json_t *rows = json_object();
    char name[LOWER_ROOM];
    for (unsigned i = 0; i < STATS_COUNT; i++)
        if (stats_is_gauge((enum stats_counter)i) == is_gauge)
            json_object_set_new(rows,
                                lower_name(stats_name((enum stats_counter)i), name, sizeof name),
                                ctl_value_whole(tally->counts[i]));
    return rows;
}

static json_t *
ends(const struct tally *tally)
{
    json_t *rows = json_object();
    char name[LOWER_ROOM];
    for (unsigned i = 0; i < WHY_COUNT; i++)
        json_object_set_new(rows, lower_name(why_name((enum why)i), name, sizeof name),
                            ctl_value_whole(tally->why[i]));
    return rows;
}

static json_t *
groups(const struct tally *tally)
{
    static const struct tally nothing;
    json_t *rows = json_object();
    for (unsigned i = 0; i < WHY_GROUPS; i++)
        json_object_set_new(rows, why_group_name((enum why_group)i),
                            ctl_value_whole(tally_group(&nothing, tally, (enum why_group)i)));
    return rows;
}

static json_t *
responses(const uint64_t rcodes[])
{
    json_t *rows = json_object();
    char name[LOWER_ROOM];
    for (unsigned i = 0; i < STATS_RCODES; i++)
        json_object_set_new(rows, lower_name(stats_rcode_name(i), name, sizeof name),
                            ctl_value_whole(rcodes[i]));
    return rows;
}

static json_t *
durations(const struct stages *stages)
{
    json_t *rows = json_object();
    for (unsigned i = 0; i < STATS_STAGES; i++) {
        enum stats_stage stage = (enum stats_stage)i;
        char name[LOWER_ROOM];
        json_object_set_new(
            rows, lower_name(stats_stage_name(stage), name, sizeof name),
            json_pack("{s:o, s:o}", "count", ctl_value_whole(stages_count(stages, stage)), "ms",
                      ctl_value_times(stages_us(stages, stage, 500), stages_us(stages, stage, 900),
                                      stages_us(stages, stage, 990))));
    }
    return rows;
}

char *
ctl_json_stats(const struct reading *r, const struct stages *stages)
{
    static const struct tally nothing;
    const struct tally *t = &r->tally;
    json_t *list = json_array();
    for (unsigned i = 0; i < r->upstreams; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:o}", "name", r->of_upstream[i].name, "queries",
                            ctl_value_whole(t->asked[i]), "failures", ctl_value_whole(t->failed[i]),
                            "responses", responses(r->of_upstream[i].rcodes)));
    return ctl_value_print(json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "service",
        ctl_value_service(r), "counters", counters(t, false), "levels", counters(t, true), "ends",
        ends(t), "groups", groups(t), "responses", responses(t->rcodes), "answer_ms",
        ctl_value_times(tally_answer_us(&nothing, t, 500), tally_answer_us(&nothing, t, 900),
                        tally_answer_us(&nothing, t, 990)),
        "upstream_ms",
        ctl_value_times(tally_upstream_us(&nothing, t, 500), tally_upstream_us(&nothing, t, 900),
                        tally_upstream_us(&nothing, t, 990)),
        "dropped_unread", ctl_value_whole(t->drops), "dropped_by_filter",
        ctl_value_whole(t->filtered), "upstreams", list, "stages", durations(stages)));
}
