/* ctl_json.c - what penstockctl says, as JSON
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_json.h"

#include "view/finding.h"
#include "view/number.h"
#include "view/says.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#define NAME_ROOM 64

static const char *const levels[] = {
    [JUDGE_WELL] = "well", [JUDGE_LOOK] = "look", [JUDGE_ACT] = "act"};
static const char *const states[] = {[STATS_UPSTREAM_UNASKED] = "unasked",
                                     [STATS_UPSTREAM_USABLE] = "usable",
                                     [STATS_UPSTREAM_REFUSED] = "refused",
                                     [STATS_UPSTREAM_DOWN] = "down"};

void
ctl_json_begin(void)
{
    json_object_seed(1); /* else it opens a file; the keys are all ours */
}

/* --- values ---------------------------------------------------------------------------------- */

static json_t *
whole(uint64_t value)
{
    return value == NUMBER_NONE ? json_null() : json_integer((json_int_t)(value & INT64_MAX));
}

/* A value in parts of a unit. */
static json_t *
part(uint64_t value, double parts)
{
    return value == NUMBER_NONE ? json_null() : json_real((double)value / parts);
}

static json_t *
rate(uint64_t milli)
{
    return part(milli, 1000);
}

static json_t *
percent(uint64_t hundredths)
{
    return part(hundredths, 100);
}

static json_t *
ms(uint64_t us)
{
    return part(us, 1000);
}

static const char *
in_lower_case(const char *name, char text[NAME_ROOM])
{
    size_t i = 0;
    for (; name[i] != '\0' && i + 1 < NAME_ROOM; i++)
        text[i] = (char)tolower((unsigned char)name[i]);
    text[i] = '\0';
    return text;
}

/* json_dumps() gives memory of its own, which goes with free(). */
static char *
dump(json_t *root, size_t form)
{
    char *text = json_dumps(root, form | JSON_REAL_PRECISION(10));
    json_decref(root);
    return text;
}

static char *
finish(json_t *root)
{
    return dump(root, JSON_INDENT(2));
}

static json_t *
times(uint64_t half_us, uint64_t nine_us, uint64_t most_us)
{
    return json_pack("{s:o, s:o, s:o}", "p50", ms(half_us), "p90", ms(nine_us), "p99", ms(most_us));
}

static json_t *
service(const struct reading *r)
{
    char hash[NAME_ROOM];
    snprintf(hash, sizeof hash, "%016" PRIx64, r->config_hash);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:i, s:i}", "host", r->host, "version",
                     r->version, "time", whole(r->wall_s), "started", whole(r->started_s), "up_s",
                     whole((r->tally.at_us - r->started_us) / 1000000), "config_since",
                     whole(r->config_s), "config_hash", hash, "lanes", (int)r->lanes,
                     "lanes_serving", (int)r->serving);
}

/* --- status ---------------------------------------------------------------------------------- */

static json_t *
findings(const struct figures *f, const struct judgement *j)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < j->count; i++) {
        const struct judge_finding *finding = &j->findings[i];
        const char *object = says_object(f, finding);
        char name[NAME_ROOM], when[SAYS_LINE_MAX], brief[SAYS_LINE_MAX], text[FINDING_MAX];
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "name",
                                              in_lower_case(judge_name(finding->kind), name),
                                              "level", levels[finding->level], "upstream",
                                              object[0] == '\0' ? json_null() : json_string(object),
                                              "since", whole(finding->since_s), "when",
                                              says_when(f, finding, when), "brief",
                                              says_briefly(f, finding, brief), "text",
                                              finding_tell(f, finding, text)));
    }
    return list;
}

static json_t *
upstreams(const struct figures *f)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < f->upstreams; i++) {
        const struct figures_upstream *up = &f->of_upstream[i];
        const struct reading_upstream *is = up->is;
        bool has_cause = is->state == STATS_UPSTREAM_REFUSED || is->state == STATS_UPSTREAM_DOWN;
        json_t *row =
            json_pack("{s:s, s:s, s:o, s:o}", "name", is->name, "state", states[is->state], "cause",
                      has_cause ? json_string(says_cause(is->cause)) : json_null(), "since",
                      is->changed_us > 0 ? whole(figures_wall_s(f, is->changed_us)) : json_null());
        json_object_set_new(row, "share_percent", percent(up->share));
        json_object_set_new(row, "queries_per_s", rate(up->rate));
        json_object_set_new(row, "failed_per_min", rate(up->failed));
        json_object_set_new(row, "errors_percent", percent(up->errors));
        json_object_set_new(row, "answer_ms", ms(up->answer_us));
        json_object_set_new(row, "connections", whole(is->connections));
        json_object_set_new(row, "pin",
                            is->pin_seen > 0 ? json_integer(is->pin_seen) : json_null());
        json_object_set_new(row, "pins", json_integer(is->pins));
        json_object_set_new(row, "shows",
                            is->shows[0] != '\0' ? json_string(is->shows) : json_null());
        json_object_set_new(row, "certificate_days", whole(judge_days(is)));
        json_object_set_new(row, "certificate_ends",
                            is->ends_s > 0 ? whole(is->ends_s) : json_null());
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *
rates(const struct figures *f)
{
    json_t *row = json_object();
    json_object_set_new(row, "span_s", whole(f->span_s));
    json_object_set_new(row, "queries_per_s", rate(f->queries));
    json_object_set_new(row, "answered_per_s", rate(f->answered));
    json_object_set_new(row, "turned_away_per_s", rate(f->turned_away));
    json_object_set_new(row, "failed_per_s", rate(f->failed));
    json_object_set_new(row, "neither_per_s", rate(f->neither));
    json_object_set_new(row, "answered_percent", percent(f->share));
    json_object_set_new(row, "cpu_percent", percent(f->cpu));
    json_object_set_new(row, "cached_percent", percent(f->cached_share));
    json_object_set_new(row, "answer_ms", times(f->half_us, f->nine_us, f->most_us));
    json_object_set_new(row, "upstream_ms",
                        times(f->upstream_half_us, f->upstream_nine_us, f->upstream_most_us));
    return row;
}

static json_t *
room(const struct figures *f)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "waiting", whole(f->waiting),
                     "waiting_most", whole(f->waiting_most), "tcp_clients", whole(f->tcp_clients),
                     "tcp_clients_most", whole(f->tcp_clients_most), "cache_bytes",
                     whole(f->cache_bytes), "cache_bytes_most", whole(f->cache_bytes_most),
                     "dropped_unread", f->span_s > 0 ? whole(f->dropped_count) : json_null());
}

static void
add_process(json_t *list, const char *name, json_t *lane, const struct reading_process *is)
{
    json_array_append_new(list,
                          json_pack("{s:s, s:o, s:o, s:o, s:o}", "process", name, "lane", lane,
                                    "pid", is->pid > 0 ? whole(is->pid) : json_null(), "cpu_s",
                                    part(is->cpu_us, 1e6), "memory_peak_bytes",
                                    is->peak_bytes > 0 ? whole(is->peak_bytes) : json_null()));
}

/* Those that are there; a place whose process has gone is left out. */
static json_t *
processes(const struct reading *r)
{
    static const char *const names[SERVICE_PAGE_CHILDREN] = {"front", "worker", "worker", "worker"};
    json_t *list = json_array();
    add_process(list, "supervisor", json_null(), &r->supervisor);
    for (unsigned lane = 0; lane < r->lanes; lane++)
        for (unsigned place = 0; place < SERVICE_PAGE_CHILDREN; place++)
            if (r->of_lane[lane].processes[place].pid > 0)
                add_process(list, names[place], whole(lane), &r->of_lane[lane].processes[place]);
    return list;
}

static json_t *
status(const struct figures *f, const struct judgement *j)
{
    char clients[SAYS_LINE_MAX], needs[SAYS_LINE_MAX];
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "level",
                     levels[j->level], "since", whole(j->since_s), "clients",
                     says_clients(f, j, clients), "needs", says_needs(j, needs), "service",
                     service(f->reading), "findings", findings(f, j), "rates", rates(f),
                     "upstreams", upstreams(f), "room", room(f), "processes", processes(f->reading),
                     "deaths", whole(f->reading->deaths));
}

char *
ctl_json_status(const struct figures *f, const struct judgement *j)
{
    return finish(status(f, j));
}

/* --- stats ----------------------------------------------------------------------------------- */

static json_t *
counters(const struct tally *tally, bool is_gauge)
{
    json_t *rows = json_object();
    char name[NAME_ROOM];
    for (unsigned i = 0; i < STATS_COUNT; i++)
        if (stats_is_gauge((enum stats_counter)i) == is_gauge)
            json_object_set_new(rows, in_lower_case(stats_name((enum stats_counter)i), name),
                                whole(tally->counts[i]));
    return rows;
}

static const char *const group_names[] = {[WHY_GROUP_ANSWERED] = "answered",
                                          [WHY_GROUP_TURNED_AWAY] = "turned_away",
                                          [WHY_GROUP_FAILED] = "failed",
                                          [WHY_GROUP_NEITHER] = "neither"};

static json_t *
ends(const struct tally *tally)
{
    json_t *rows = json_object();
    char name[NAME_ROOM];
    for (unsigned i = 0; i < WHY_COUNT; i++)
        json_object_set_new(rows, in_lower_case(why_name((enum why)i), name), whole(tally->why[i]));
    return rows;
}

static json_t *
groups(const struct tally *tally)
{
    static const struct tally nothing;
    json_t *rows = json_object();
    for (unsigned i = 0; i < WHY_GROUPS; i++)
        json_object_set_new(rows, group_names[i],
                            whole(tally_group(&nothing, tally, (enum why_group)i)));
    return rows;
}

static json_t *
responses(const uint64_t rcodes[])
{
    json_t *rows = json_object();
    char name[NAME_ROOM];
    for (unsigned i = 0; i < STATS_RCODES; i++)
        json_object_set_new(rows, in_lower_case(stats_rcode_name(i), name), whole(rcodes[i]));
    return rows;
}

char *
ctl_json_stats(const struct reading *r)
{
    static const struct tally nothing;
    const struct tally *t = &r->tally;
    json_t *list = json_array();
    for (unsigned i = 0; i < r->upstreams; i++)
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o}", "name",
                                              r->of_upstream[i].name, "queries", whole(t->asked[i]),
                                              "failures", whole(t->failed[i]), "responses",
                                              responses(r->of_upstream[i].rcodes)));
    return finish(
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "service", service(r),
                  "counters", counters(t, false), "levels", counters(t, true), "ends", ends(t),
                  "groups", groups(t), "responses", responses(t->rcodes), "answer_ms",
                  times(tally_answer_us(&nothing, t, 500), tally_answer_us(&nothing, t, 900),
                        tally_answer_us(&nothing, t, 990)),
                  "upstream_ms",
                  times(tally_upstream_us(&nothing, t, 500), tally_upstream_us(&nothing, t, 900),
                        tally_upstream_us(&nothing, t, 990)),
                  "dropped_unread", whole(t->drops), "dropped_by_filter", whole(t->filtered),
                  "upstreams", list));
}

/* --- top ------------------------------------------------------------------------------------- */

static json_t *
parts(const struct figures *f)
{
    static const struct tally nothing;
    json_t *list = json_array();
    for (unsigned i = 0; i < WHY_PARTS; i++) {
        enum why_part which = (enum why_part)i;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:o}", "name", why_part_text(which), "group",
                            group_names[why_part_group(which)], "per_s", rate(f->parts[i]), "all",
                            whole(tally_part(&nothing, &f->reading->tally, which))));
    }
    return list;
}

static json_t *
lanes(const struct reading *r)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < r->lanes; i++) {
        const struct reading_lane *lane = &r->of_lane[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "alive", whole(lane->alive), "queued",
                            whole(lane->queued), "to_worker_bytes", whole(lane->to_worker_bytes),
                            "to_front_bytes", whole(lane->to_front_bytes), "connections",
                            whole(lane->connections), "deaths", whole(lane->deaths)));
    }
    return list;
}

char *
ctl_json_top(const struct figures *f, const struct judgement *j)
{
    json_t *now = json_pack("{s:o, s:o, s:o, s:o}", "queries_per_s", rate(f->queries_now),
                            "turned_away_per_s", rate(f->turned_away_now), "failed_per_s",
                            rate(f->failed_now), "cached_percent", percent(f->cached_share_now));
    return dump(json_pack("{s:o, s:o, s:o, s:o}", "status", status(f, j), "now", now, "ends",
                          parts(f), "lanes", lanes(f->reading)),
                JSON_COMPACT);
}

/* --- limits ---------------------------------------------------------------------------------- */

static json_t *
named(const char *const names[], size_t count, uint32_t index)
{
    return index < count && names[index] != NULL ? json_string(names[index]) : json_null();
}

#define NAMED(names, index) named(names, sizeof(names) / sizeof(names)[0], index)

static json_t *
bucket_list(const struct limits_report *report)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < report->buckets_count; i++) {
        const struct limits_bucket *bucket = &report->buckets[i];
        json_array_append_new(
            list, json_pack("{s:b, s:o, s:o, s:o, s:o, s:b}", "proven", bucket->is_proven != 0,
                            "prefix_length", whole(bucket->length), "rate_per_s",
                            whole(bucket->rate_per_s), "burst", whole(bucket->burst), "level",
                            part(bucket->level_milli, LIMITS_REPORT_MILLI), "kept",
                            bucket->is_kept != 0));
    }
    return list;
}

static json_t *
limits_lane(unsigned lane, const struct limits_report *report)
{
    static const char *const sources[] = {[LIMITS_ALLOWED] = "allowed",
                                          [LIMITS_NOT_ALLOWED] = "not_allowed",
                                          [LIMITS_MARTIAN] = "martian"};
    static const char *const modes[] = {[LIMITS_ENFORCED] = "enforced",
                                        [LIMITS_DRY_RUN] = "dry_run",
                                        [LIMITS_OFF] = "off",
                                        [LIMITS_EXEMPT] = "exempt"};
    char name[NAME_ROOM];
    bool was_refused = report->refused_s > 0 && report->refused_why < WHY_COUNT;
    json_t *row =
        json_pack("{s:i, s:b, s:o, s:o, s:o, s:o, s:o}", "lane", (int)lane, "knows",
                  ctl_fronts_knows(report), "source", NAMED(sources, report->source), "rates",
                  NAMED(modes, report->mode), "waiting", whole(report->waiting), "waiting_proven",
                  whole(report->proven), "tcp_connections", whole(report->connections));
    json_object_set_new(row, "refused_ago_s",
                        was_refused ? whole(report->refused_s - 1) : json_null());
    json_object_set_new(
        row, "refused_why",
        was_refused ? json_string(in_lower_case(why_name((enum why)report->refused_why), name))
                    : json_null());
    json_object_set_new(row, "buckets", bucket_list(report));
    return row;
}

char *
ctl_json_limits(const struct ctl_fronts_limits *limits, const char *address)
{
    json_t *list = json_array();
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        if (limits->has_report[lane])
            json_array_append_new(list, limits_lane(lane, &limits->of_lane[lane]));
    return finish(json_pack("{s:s, s:o}", "address", address, "lanes", list));
}

/* --- networks -------------------------------------------------------------------------------- */

static json_t *
networks_of(const struct ctl_fronts_networks *networks, enum networks_kind kind)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < networks->count; i++) {
        const struct ctl_fronts_network *is = &networks->rows[i];
        char text[ADDR_TEXT_MAX];
        if (is->kind == kind)
            json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:o, s:o}", "network",
                                                  addr_prefix_format(&is->network, text),
                                                  "prefix_length", (int)is->network.length, "lane",
                                                  (int)is->lane, "per_s", rate(is->rate_milli),
                                                  "error_per_s", rate(is->error_milli)));
    }
    return list;
}

char *
ctl_json_networks(const struct ctl_fronts_networks *networks)
{
    return finish(json_pack("{s:i, s:i, s:o, s:o}", "span_s", (int)networks->span_s, "sampled",
                            (int)networks->sampled, "queries",
                            networks_of(networks, NETWORKS_QUERIES), "refusals",
                            networks_of(networks, NETWORKS_REFUSALS)));
}
