/* ctl_json.c - what penstockctl says, as JSON
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_json.h"

#include "base/lower.h"
#include "ctl/ctl_value.h"
#include "view/finding.h"
#include "view/says.h"

#include <stdlib.h>

#define SORTED_AT_FIRST 4096 /* octets */

static const char *const levels[] = {
    [JUDGE_WELL] = "well", [JUDGE_LOOK] = "look", [JUDGE_ACT] = "act"};
static const char *const states[] = {[STATS_UPSTREAM_UNASKED] = "unasked",
                                     [STATS_UPSTREAM_USABLE] = "usable",
                                     [STATS_UPSTREAM_REFUSED] = "refused",
                                     [STATS_UPSTREAM_DOWN] = "down"};

static int
by_value(const void *a, const void *b)
{
    const unsigned char *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void
ctl_json_begin(void)
{
    unsigned char many[SORTED_AT_FIRST] = {0};
    json_object_seed(1); /* else it opens a file; the keys are all ours */
    /* keys are sorted, and at its first array above 1 KiB the C library asks how much memory there
     * is (glibc before 2.37) */
    qsort(many, sizeof many, 1, by_value);
}

/* --- status ---------------------------------------------------------------------------------- */

static json_t *
findings(const struct figures *f, const struct judgement *j)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < j->count; i++) {
        const struct judge_finding *finding = &j->findings[i];
        const char *object = says_object(f, finding);
        char name[LOWER_ROOM], when[SAYS_LINE_MAX], brief[SAYS_LINE_MAX], text[FINDING_MAX];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "name",
                            lower_name(judge_name(finding->kind), name, sizeof name), "level",
                            levels[finding->level], "upstream",
                            object[0] == '\0' ? json_null() : json_string(object), "since",
                            ctl_value_whole(finding->since_s), "when", says_when(f, finding, when),
                            "brief", says_briefly(f, finding, brief), "text",
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
        json_t *row = json_pack(
            "{s:s, s:s, s:o, s:o}", "name", is->name, "state", states[is->state], "cause",
            has_cause ? json_string(says_cause(is->cause)) : json_null(), "since",
            is->changed_us > 0 ? ctl_value_whole(figures_wall_s(f, is->changed_us)) : json_null());
        json_object_set_new(row, "share_percent", ctl_value_percent(up->share));
        json_object_set_new(row, "queries_per_s", ctl_value_rate(up->rate));
        json_object_set_new(row, "failed_per_min", ctl_value_rate(up->failed));
        json_object_set_new(row, "errors_percent", ctl_value_percent(up->errors));
        json_object_set_new(row, "answer_ms", ctl_value_ms(up->answer_us));
        json_object_set_new(row, "connections", ctl_value_whole(is->connections));
        json_object_set_new(row, "pin",
                            is->pin_seen > 0 ? json_integer(is->pin_seen) : json_null());
        json_object_set_new(row, "pins", json_integer(is->pins));
        json_object_set_new(row, "shows",
                            is->shows[0] != '\0' ? json_string(is->shows) : json_null());
        json_object_set_new(row, "certificate_days", ctl_value_whole(judge_days(is)));
        json_object_set_new(row, "certificate_ends",
                            is->ends_s > 0 ? ctl_value_whole(is->ends_s) : json_null());
        json_array_append_new(list, row);
    }
    return list;
}

/* The first is that of all names that no other has. */
static json_t *
routes(const struct figures *f)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < f->routes; i++) {
        const struct figures_route *of = &f->of_route[i];
        json_t *names = json_array();
        for (unsigned u = 0; u < f->upstreams; u++)
            if (figures_is_asked(f, i, u))
                json_array_append_new(names, json_string(f->of_upstream[u].is->name));
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o}", "name",
                            of->is->names > 0 ? json_string(of->is->name) : json_null(), "names",
                            of->is->names > 0 ? ctl_value_whole(of->is->names) : json_null(),
                            "upstreams", names, "usable", ctl_value_whole(of->usable)));
    }
    return list;
}

static json_t *
rates(const struct figures *f)
{
    json_t *row = json_object();
    json_object_set_new(row, "span_s", ctl_value_whole(f->span_s));
    json_object_set_new(row, "queries_per_s", ctl_value_rate(f->queries));
    json_object_set_new(row, "answered_per_s", ctl_value_rate(f->answered));
    json_object_set_new(row, "turned_away_per_s", ctl_value_rate(f->turned_away));
    json_object_set_new(row, "failed_per_s", ctl_value_rate(f->failed));
    json_object_set_new(row, "neither_per_s", ctl_value_rate(f->neither));
    json_object_set_new(row, "answered_percent", ctl_value_percent(f->share));
    json_object_set_new(row, "cpu_percent", ctl_value_percent(f->cpu));
    json_object_set_new(row, "cached_percent", ctl_value_percent(f->cached_share));
    json_object_set_new(row, "answer_ms", ctl_value_times(f->half_us, f->nine_us, f->most_us));
    json_object_set_new(
        row, "upstream_ms",
        ctl_value_times(f->upstream_half_us, f->upstream_nine_us, f->upstream_most_us));
    return row;
}

static json_t *
room(const struct figures *f)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "waiting", ctl_value_whole(f->waiting),
                     "waiting_most", ctl_value_whole(f->waiting_most), "tcp_clients",
                     ctl_value_whole(f->tcp_clients), "tcp_clients_most",
                     ctl_value_whole(f->tcp_clients_most), "cache_bytes",
                     ctl_value_whole(f->cache_bytes), "cache_bytes_most",
                     ctl_value_whole(f->cache_bytes_most), "dropped_unread",
                     f->span_s > 0 ? ctl_value_whole(f->dropped_count) : json_null());
}

static void
add_process(json_t *list, const char *name, json_t *lane, const struct reading_process *is)
{
    json_array_append_new(
        list, json_pack("{s:s, s:o, s:o, s:o, s:o}", "process", name, "lane", lane, "pid",
                        is->pid > 0 ? ctl_value_whole(is->pid) : json_null(), "cpu_s",
                        ctl_value_part(is->cpu_us, 1e6), "memory_peak_bytes",
                        is->peak_bytes > 0 ? ctl_value_whole(is->peak_bytes) : json_null()));
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
                add_process(list, names[place], ctl_value_whole(lane),
                            &r->of_lane[lane].processes[place]);
    return list;
}

static json_t *
status(const struct figures *f, const struct judgement *j)
{
    char clients[SAYS_LINE_MAX], needs[SAYS_LINE_MAX];
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "level",
                     levels[j->level], "since", ctl_value_whole(j->since_s), "clients",
                     says_clients(f, j, clients), "needs", says_needs(j, needs), "service",
                     ctl_value_service(f->reading), "findings", findings(f, j), "rates", rates(f),
                     "upstreams", upstreams(f), "routes", routes(f), "room", room(f), "processes",
                     processes(f->reading), "deaths", ctl_value_whole(f->reading->deaths));
}

char *
ctl_json_status(const struct figures *f, const struct judgement *j)
{
    return ctl_value_print(status(f, j));
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
            list,
            json_pack("{s:s, s:s, s:o, s:o}", "name", why_part_text(which), "group",
                      why_group_name(why_part_group(which)), "per_s", ctl_value_rate(f->parts[i]),
                      "all", ctl_value_whole(tally_part(&nothing, &f->reading->tally, which))));
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
            list,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "alive", ctl_value_whole(lane->alive),
                      "queued", ctl_value_whole(lane->queued), "to_worker_bytes",
                      ctl_value_whole(lane->to_worker_bytes), "to_front_bytes",
                      ctl_value_whole(lane->to_front_bytes), "connections",
                      ctl_value_whole(lane->connections), "deaths", ctl_value_whole(lane->deaths)));
    }
    return list;
}

char *
ctl_json_top(const struct figures *f, const struct judgement *j)
{
    json_t *now = json_pack("{s:o, s:o, s:o, s:o}", "queries_per_s", ctl_value_rate(f->queries_now),
                            "turned_away_per_s", ctl_value_rate(f->turned_away_now), "failed_per_s",
                            ctl_value_rate(f->failed_now), "cached_percent",
                            ctl_value_percent(f->cached_share_now));
    return ctl_value_dump(json_pack("{s:o, s:o, s:o, s:o}", "status", status(f, j), "now", now,
                                    "ends", parts(f), "lanes", lanes(f->reading)),
                          JSON_COMPACT);
}
