/* metrics.c - everything that is counted, for Prometheus
 * SPDX-License-Identifier: ISC
 *
 * Label values are names of rows, numbers, and names of a reading, which view/reading.c reduced to
 * letters, digits and few marks: none has to be escaped.
 */
#include "exporter/metrics.h"

#include "base/lower.h"
#include "exporter/metrics_upstreams.h"

#include <inttypes.h>
#include <stdio.h>

#define SECOND_US 1000000U
#define SECOND_MS 1000U

/* --- the service ----------------------------------------------------------------------------- */

static void
draw_service(const struct family_out *out, const struct reading *r)
{
    static const char *const phases[] = {[SERVICE_PAGE_BEGINS] = "starts",
                                         [SERVICE_PAGE_RUNS] = "runs",
                                         [SERVICE_PAGE_STOPS] = "stops"};
    char labels[FAMILY_LABELS_MAX];
    snprintf(labels, sizeof labels, "{version=\"%s\",config=\"%016" PRIx64 "\"}", r->version,
             r->config_hash);
    family_begin(out, family_of(FAMILY_BUILD));
    family_add(out, family_of(FAMILY_BUILD), labels, 1);
    family_one(out, FAMILY_START, r->started_s);
    family_one(out, FAMILY_CONFIG, r->config_s);
    family_begin(out, family_of(FAMILY_PHASE));
    for (unsigned i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        snprintf(labels, sizeof labels, "{phase=\"%s\"}", phases[i]);
        family_add(out, family_of(FAMILY_PHASE), labels, (unsigned)r->phase == i);
    }
    family_one(out, FAMILY_LANES, r->lanes);
    family_one(out, FAMILY_SERVING, r->serving);
    family_one(out, FAMILY_DIED, r->deaths);
    family_one(out, FAMILY_RELOADS, r->reloads_refused);
    family_one(out, FAMILY_AUDIT, r->audit_head.sequence);
    family_one(out, FAMILY_AUDIT_LOST, r->audit_lost);
    family_one(out, FAMILY_UNREAD, r->tally.drops);
    family_one(out, FAMILY_FILTERED, r->tally.filtered);
    family_one(out, FAMILY_QUERIES_MOST, r->queries_most * r->lanes);
    family_one(out, FAMILY_TCP_MOST, r->tcp_clients_most * r->lanes);
    family_one(out, FAMILY_CACHE_MOST, r->cache_bytes_most * r->lanes);
}

static void
draw_findings(const struct family_out *out, const struct judgement *judgement)
{
    unsigned levels[JUDGE_KINDS] = {0};
    char name[METRICS_NAME_MAX], labels[FAMILY_LABELS_MAX];
    for (unsigned i = 0; i < judgement->count && i < JUDGE_FINDINGS_MAX; i++) {
        const struct judge_finding *finding = &judgement->findings[i];
        if ((unsigned)finding->level > levels[finding->kind])
            levels[finding->kind] = (unsigned)finding->level;
    }
    family_one(out, FAMILY_LEVEL, (uint64_t)judgement->level);
    family_begin(out, family_of(FAMILY_FINDING));
    for (unsigned i = 0; i < JUDGE_KINDS; i++) {
        lower_name(judge_name((enum judge_kind)i), name, sizeof name);
        snprintf(labels, sizeof labels, "{name=\"%s\"}", name);
        family_add(out, family_of(FAMILY_FINDING), labels, levels[i]);
    }
}

/* --- rows of lane/stats.def and lane/why.def ------------------------------------------------- */

/* Units that a name of a metric has to end with, where the row's name does not. */
static const struct {
    const char *name;
    enum stats_counter counter;
    unsigned parts; /* of the row's unit in that of the metric */
} others[] = {
    {"rates_forgiven_seconds", STAT_RATES_FORGIVEN_MS, SECOND_MS},
    {"cpu_user_seconds", STAT_CPU_USER_US, SECOND_US},
    {"cpu_system_seconds", STAT_CPU_SYSTEM_US, SECOND_US},
    {"ring_depth_bytes", STAT_RING_DEPTH, 1},
};

/* @param name  room for it; @return the family of a counter */
static struct family
counter_family(enum stats_counter counter, char name[METRICS_NAME_MAX], unsigned *parts)
{
    *parts = 1;
    lower_name(stats_name(counter), name, METRICS_NAME_MAX);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i].counter == counter) {
            *parts = others[i].parts;
            lower_name(others[i].name, name, METRICS_NAME_MAX);
        }
    }
    return (struct family){.name = name,
                           .labels = "",
                           .text = stats_text(counter),
                           .kind = stats_is_gauge(counter) ? FAMILY_GAUGE : FAMILY_COUNTER};
}

static void
draw_counters(const struct family_out *out, const struct tally *tally)
{
    for (unsigned i = 0; i < STATS_COUNT; i++) {
        char name[METRICS_NAME_MAX];
        unsigned parts;
        struct family family = counter_family((enum stats_counter)i, name, &parts);
        family_begin(out, &family);
        if (parts > 1)
            family_seconds(out, &family, "", tally->counts[i] * (SECOND_US / parts));
        else
            family_add(out, &family, "", tally->counts[i]);
    }
}

static void
draw_ends(const struct family_out *out, const struct tally *tally)
{
    family_begin(out, family_of(FAMILY_ENDS));
    for (unsigned i = 0; i < WHY_COUNT; i++) {
        char name[METRICS_NAME_MAX], labels[FAMILY_LABELS_MAX];
        lower_name(why_name((enum why)i), name, sizeof name);
        snprintf(labels, sizeof labels, "{reason=\"%s\",group=\"%s\"}", name,
                 why_group_name(why_part_group(why_part((enum why)i))));
        family_add(out, family_of(FAMILY_ENDS), labels, tally->why[i]);
    }
}

static void
draw_responses(const struct family_out *out, const struct tally *tally)
{
    family_begin(out, family_of(FAMILY_RESPONSES));
    for (unsigned i = 0; i < STATS_RCODES; i++) {
        char labels[FAMILY_LABELS_MAX];
        snprintf(labels, sizeof labels, "{rcode=\"%s\"}", stats_rcode_name(i));
        family_add(out, family_of(FAMILY_RESPONSES), labels, tally->rcodes[i]);
    }
}

/* A bound of 2^n µs: what is counted as 2^n - 1 whole µs took less. There is no sum: no mean of a
 * mixture of cache and upstream says anything, and the pages keep none. */
static void
draw_histogram(const struct family_out *out, const char *stage,
               const uint64_t buckets[STATS_BUCKETS])
{
    const char *name = family_of(FAMILY_DURATION)->name;
    uint64_t sum = 0;
    unsigned bucket = 0;
    for (unsigned power = METRICS_BUCKET_MIN; power <= METRICS_BUCKET_MAX; power++) {
        uint64_t bound_us = UINT64_C(1) << power;
        for (; bucket < STATS_BUCKETS && stats_bucket_top(bucket) < bound_us; bucket++)
            sum += buckets[bucket];
        http_reply_add(out->reply,
                       "penstock_%s_bucket{stage=\"%s\",le=\"%" PRIu64 ".%06u\"} %" PRIu64 "\n",
                       name, stage, bound_us / SECOND_US, (unsigned)(bound_us % SECOND_US), sum);
    }
    for (; bucket < STATS_BUCKETS; bucket++)
        sum += buckets[bucket];
    http_reply_add(out->reply, "penstock_%s_bucket{stage=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
                   stage, sum);
    if (!out->is_open) /* which has a count only beside a sum */
        http_reply_add(out->reply, "penstock_%s_count{stage=\"%s\"} %" PRIu64 "\n", name, stage,
                       sum);
}

static void
draw_durations(const struct family_out *out, const struct stages *stages)
{
    char name[LOWER_ROOM];
    family_begin(out, family_of(FAMILY_DURATION));
    for (unsigned i = 0; i < STATS_STAGES; i++)
        draw_histogram(out, lower_name(stats_stage_name((enum stats_stage)i), name, sizeof name),
                       stages->buckets[i]);
}

/* --- all of it ------------------------------------------------------------------------------- */

void
metrics_draw(struct http_reply *reply, bool is_open, const struct metrics_self *self,
             const struct figures *figures, const struct judgement *judgement,
             const struct stages *stages)
{
    struct family_out out = {.reply = reply, .is_open = is_open};
    reply->type = is_open ? METRICS_TYPE_OPEN : METRICS_TYPE_PLAIN;
    family_one(&out, FAMILY_UP, self->is_fresh);
    if (self->is_fresh) {
        const struct reading *reading = figures->reading;
        draw_service(&out, reading);
        draw_findings(&out, judgement);
        draw_counters(&out, &reading->tally);
        draw_ends(&out, &reading->tally);
        draw_responses(&out, &reading->tally);
        draw_durations(&out, stages);
        metrics_upstreams_draw(&out, figures);
    }
    if (self->has_reading) {
        family_begin(&out, family_of(FAMILY_AGE));
        family_seconds(&out, family_of(FAMILY_AGE), "", self->age_us);
    }
    family_one(&out, FAMILY_CONNECTS, self->connects);
    family_one(&out, FAMILY_REQUESTS, self->requests);
    family_one(&out, FAMILY_CLIENTS, self->connections);
    family_one(&out, FAMILY_TURNED_OFF, self->closed);
    if (is_open)
        http_reply_add(reply, "# EOF\n");
}

void
metrics_describe(struct http_reply *reply)
{
    http_reply_add(reply, "| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for (unsigned i = 0; i < FAMILIES; i++)
        family_describe(reply, family_of((enum family_row)i));
    for (unsigned i = 0; i < STATS_COUNT; i++) {
        char name[METRICS_NAME_MAX];
        unsigned parts;
        struct family family = counter_family((enum stats_counter)i, name, &parts);
        family_describe(reply, &family);
    }
    http_reply_add(reply, "\n| stage | measured by |\n|---|---|\n");
    for (unsigned i = 0; i < STATS_STAGES; i++) {
        char name[LOWER_ROOM];
        http_reply_add(reply, "| `%s` | %s |\n",
                       lower_name(stats_stage_name((enum stats_stage)i), name, sizeof name),
                       stats_stage_text((enum stats_stage)i));
    }
}
