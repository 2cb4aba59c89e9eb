/* metrics.c - everything that is counted, for Prometheus
 * SPDX-License-Identifier: ISC
 *
 * Label values are names of rows, numbers, and names of a reading, which view/reading.c reduced to
 * letters, digits and few marks: none has to be escaped.
 */
#include "exporter/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US  1000000U
#define SECOND_MS  1000U
#define LABELS_MAX 224 /* two names of 63 octets, and what stands around them */

enum kind { COUNTER, GAUGE, HISTOGRAM };

enum row {
#define METRIC(row, name, kind, labels, text) ROW_##row,
#include "exporter/metrics.def"
#undef METRIC
    ROWS
};

struct family {
    const char *name, *labels, *text;
    enum kind kind;
};

static const struct family families[] = {
#define METRIC(row, name, kind, labels, text) {name, labels, text, kind},
#include "exporter/metrics.def"
#undef METRIC
};

static const char *const kinds[] = {"counter", "gauge", "histogram"};

struct out {
    struct http_reply *reply;
    bool is_open;
};

static void
lower(const char *from, char to[METRICS_NAME_MAX])
{
    size_t i = 0;
    for (; from[i] != '\0' && i + 1 < METRICS_NAME_MAX; i++)
        to[i] = (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] - 'A' + 'a' : from[i]);
    to[i] = '\0';
}

/* HELP and TYPE; OpenMetrics has a counter's name without its end. */
static void
begin(const struct out *out, const struct family *family)
{
    const char *end = family->kind == COUNTER && !out->is_open ? "_total" : "";
    http_reply_add(out->reply, "# HELP penstock_%s%s %s\n# TYPE penstock_%s%s %s\n", family->name,
                   end, family->text, family->name, end, kinds[family->kind]);
}

/* @param labels  with their braces; "": none */
static void
add(const struct out *out, const struct family *family, const char *labels, uint64_t value)
{
    http_reply_add(out->reply, "penstock_%s%s%s %" PRIu64 "\n", family->name,
                   family->kind == COUNTER ? "_total" : "", labels, value);
}

/* A time in µs, in seconds. */
static void
add_seconds(const struct out *out, const struct family *family, const char *labels, uint64_t us)
{
    http_reply_add(out->reply, "penstock_%s%s%s %" PRIu64 ".%06u\n", family->name,
                   family->kind == COUNTER ? "_total" : "", labels, us / SECOND_US,
                   (unsigned)(us % SECOND_US));
}

static void
add_one(const struct out *out, enum row row, uint64_t value)
{
    begin(out, &families[row]);
    add(out, &families[row], "", value);
}

/* --- the service ----------------------------------------------------------------------------- */

static void
draw_service(const struct out *out, const struct reading *r)
{
    static const char *const phases[] = {[SERVICE_PAGE_BEGINS] = "starts",
                                         [SERVICE_PAGE_RUNS] = "runs",
                                         [SERVICE_PAGE_STOPS] = "stops"};
    char labels[LABELS_MAX];
    snprintf(labels, sizeof labels, "{version=\"%s\",config=\"%016" PRIx64 "\"}", r->version,
             r->config_hash);
    begin(out, &families[ROW_BUILD]);
    add(out, &families[ROW_BUILD], labels, 1);
    add_one(out, ROW_START, r->started_s);
    add_one(out, ROW_CONFIG, r->config_s);
    begin(out, &families[ROW_PHASE]);
    for (unsigned i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        snprintf(labels, sizeof labels, "{phase=\"%s\"}", phases[i]);
        add(out, &families[ROW_PHASE], labels, (unsigned)r->phase == i);
    }
    add_one(out, ROW_LANES, r->lanes);
    add_one(out, ROW_SERVING, r->serving);
    add_one(out, ROW_DIED, r->deaths);
    add_one(out, ROW_RELOADS, r->reloads_refused);
    add_one(out, ROW_UNREAD, r->tally.drops);
    add_one(out, ROW_FILTERED, r->tally.filtered);
    add_one(out, ROW_QUERIES_MOST, r->queries_most * r->lanes);
    add_one(out, ROW_TCP_MOST, r->tcp_clients_most * r->lanes);
    add_one(out, ROW_CACHE_MOST, r->cache_bytes_most * r->lanes);
}

static void
draw_findings(const struct out *out, const struct judgement *judgement)
{
    unsigned levels[JUDGE_KINDS] = {0};
    char name[METRICS_NAME_MAX], labels[LABELS_MAX];
    for (unsigned i = 0; i < judgement->count && i < JUDGE_FINDINGS_MAX; i++) {
        const struct judge_finding *finding = &judgement->findings[i];
        if ((unsigned)finding->level > levels[finding->kind])
            levels[finding->kind] = (unsigned)finding->level;
    }
    add_one(out, ROW_LEVEL, (uint64_t)judgement->level);
    begin(out, &families[ROW_FINDING]);
    for (unsigned i = 0; i < JUDGE_KINDS; i++) {
        lower(judge_name((enum judge_kind)i), name);
        snprintf(labels, sizeof labels, "{name=\"%s\"}", name);
        add(out, &families[ROW_FINDING], labels, levels[i]);
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
family_of(enum stats_counter counter, char name[METRICS_NAME_MAX], unsigned *parts)
{
    *parts = 1;
    lower(stats_name(counter), name);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i].counter == counter) {
            *parts = others[i].parts;
            lower(others[i].name, name);
        }
    }
    return (struct family){.name = name,
                           .labels = "",
                           .text = stats_text(counter),
                           .kind = stats_is_gauge(counter) ? GAUGE : COUNTER};
}

static void
draw_counters(const struct out *out, const struct tally *tally)
{
    for (unsigned i = 0; i < STATS_COUNT; i++) {
        char name[METRICS_NAME_MAX];
        unsigned parts;
        struct family family = family_of((enum stats_counter)i, name, &parts);
        begin(out, &family);
        if (parts == SECOND_MS)
            http_reply_add(out->reply, "penstock_%s %" PRIu64 ".%03u\n", name,
                           tally->counts[i] / parts, (unsigned)(tally->counts[i] % parts));
        else if (parts == SECOND_US)
            add_seconds(out, &family, "", tally->counts[i]);
        else
            add(out, &family, "", tally->counts[i]);
    }
}

static void
draw_ends(const struct out *out, const struct tally *tally)
{
    static const char *const groups[WHY_GROUPS] = {[WHY_GROUP_ANSWERED] = "answered",
                                                   [WHY_GROUP_TURNED_AWAY] = "turned_away",
                                                   [WHY_GROUP_FAILED] = "failed",
                                                   [WHY_GROUP_NEITHER] = "neither"};
    begin(out, &families[ROW_ENDS]);
    for (unsigned i = 0; i < WHY_COUNT; i++) {
        char name[METRICS_NAME_MAX], labels[LABELS_MAX];
        lower(why_name((enum why)i), name);
        snprintf(labels, sizeof labels, "{reason=\"%s\",group=\"%s\"}", name,
                 groups[why_part_group(why_part((enum why)i))]);
        add(out, &families[ROW_ENDS], labels, tally->why[i]);
    }
}

static void
draw_responses(const struct out *out, const struct tally *tally)
{
    begin(out, &families[ROW_RESPONSES]);
    for (unsigned i = 0; i < STATS_RCODES; i++) {
        char labels[LABELS_MAX];
        snprintf(labels, sizeof labels, "{rcode=\"%s\"}", stats_rcode_name(i));
        add(out, &families[ROW_RESPONSES], labels, tally->rcodes[i]);
    }
}

/* A bound of 2^n µs: what is counted as 2^n - 1 whole µs took less. There is no sum: no mean of a
 * mixture of cache and upstream says anything, and the pages keep none. */
static void
draw_histogram(const struct out *out, const char *stage, const uint64_t buckets[STATS_BUCKETS])
{
    const char *name = families[ROW_DURATION].name;
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
draw_durations(const struct out *out, const struct tally *tally)
{
    begin(out, &families[ROW_DURATION]);
    draw_histogram(out, "answer", tally->answer_buckets);
    draw_histogram(out, "upstream", tally->upstream_buckets);
}

/* --- upstreams ------------------------------------------------------------------------------- */

static void
draw_states(const struct out *out, const struct reading *r)
{
    static const char *const states[] = {[STATS_UPSTREAM_UNASKED] = "unasked",
                                         [STATS_UPSTREAM_USABLE] = "usable",
                                         [STATS_UPSTREAM_REFUSED] = "refused",
                                         [STATS_UPSTREAM_DOWN] = "down"};
    char labels[LABELS_MAX];
    begin(out, &families[ROW_STATE]);
    for (unsigned i = 0; i < r->upstreams; i++) {
        for (unsigned state = 0; state < sizeof states / sizeof states[0]; state++) {
            snprintf(labels, sizeof labels, "{upstream=\"%s\",state=\"%s\"}",
                     r->of_upstream[i].name, states[state]);
            add(out, &families[ROW_STATE], labels, (unsigned)r->of_upstream[i].state == state);
        }
    }
    begin(out, &families[ROW_TLS]);
    for (unsigned i = 0; i < r->upstreams; i++) {
        unsigned tls = r->of_upstream[i].tls;
        if (tls != 0x0303 && tls != 0x0304)
            continue;
        snprintf(labels, sizeof labels, "{upstream=\"%s\",version=\"%s\"}", r->of_upstream[i].name,
                 tls == 0x0304 ? "1.3" : "1.2");
        add(out, &families[ROW_TLS], labels, 1);
    }
}

static void
draw_answers(const struct out *out, const struct reading *r)
{
    begin(out, &families[ROW_ANSWERS]);
    for (unsigned i = 0; i < r->upstreams; i++) {
        for (unsigned rcode = 0; rcode < STATS_RCODES; rcode++) {
            char labels[LABELS_MAX];
            snprintf(labels, sizeof labels, "{upstream=\"%s\",rcode=\"%s\"}",
                     r->of_upstream[i].name, stats_rcode_name(rcode));
            add(out, &families[ROW_ANSWERS], labels, r->of_upstream[i].rcodes[rcode]);
        }
    }
}

/* Whole numbers of an upstream. */
static uint64_t
number_of(const struct reading *r, enum row row, unsigned upstream)
{
    const struct reading_upstream *of = &r->of_upstream[upstream];
    return row == ROW_READY        ? of->connections
           : row == ROW_ASKED      ? r->tally.asked[upstream]
           : row == ROW_FAILED     ? r->tally.failed[upstream]
           : row == ROW_PINS       ? of->pins
           : row == ROW_PIN        ? of->pin_seen
           : row == ROW_MISMATCHES ? of->pin_mismatches
                                   : 0;
}

static uint64_t
remaining_s(const struct reading *r, const struct reading_upstream *of)
{
    return of->ends_s > r->wall_s ? of->ends_s - r->wall_s : 0;
}

static void
draw_upstreams(const struct out *out, const struct reading *r)
{
    static const enum row rows[] = {ROW_READY, ROW_ASKED, ROW_FAILED,     ROW_RTT,
                                    ROW_PINS,  ROW_PIN,   ROW_MISMATCHES, ROW_CERTIFICATE};
    draw_states(out, r);
    draw_answers(out, r);
    for (unsigned n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const struct family *family = &families[rows[n]];
        begin(out, family);
        for (unsigned i = 0; i < r->upstreams; i++) {
            const struct reading_upstream *of = &r->of_upstream[i];
            char labels[LABELS_MAX];
            snprintf(labels, sizeof labels, "{upstream=\"%s\"}", of->name);
            if (rows[n] == ROW_RTT && of->connections > 0 && of->rtt_us > 0)
                add_seconds(out, family, labels, of->rtt_us);
            else if (rows[n] == ROW_CERTIFICATE && of->ends_s > 0)
                add(out, family, labels, remaining_s(r, of));
            else if (rows[n] != ROW_RTT && rows[n] != ROW_CERTIFICATE)
                add(out, family, labels, number_of(r, rows[n], i));
        }
    }
}

/* --- all of it ------------------------------------------------------------------------------- */

void
metrics_draw(struct http_reply *reply, bool is_open, const struct metrics_self *self,
             const struct reading *reading, const struct judgement *judgement)
{
    struct out out = {.reply = reply, .is_open = is_open};
    reply->type = is_open ? METRICS_TYPE_OPEN : METRICS_TYPE_PLAIN;
    add_one(&out, ROW_UP, self->is_fresh);
    if (self->is_fresh) {
        draw_service(&out, reading);
        draw_findings(&out, judgement);
        draw_counters(&out, &reading->tally);
        draw_ends(&out, &reading->tally);
        draw_responses(&out, &reading->tally);
        draw_durations(&out, &reading->tally);
        draw_upstreams(&out, reading);
    }
    if (self->has_reading) {
        begin(&out, &families[ROW_AGE]);
        add_seconds(&out, &families[ROW_AGE], "", self->age_us);
    }
    add_one(&out, ROW_CONNECTS, self->connects);
    add_one(&out, ROW_REQUESTS, self->requests);
    add_one(&out, ROW_CLIENTS, self->connections);
    add_one(&out, ROW_TURNED_OFF, self->closed);
    if (is_open)
        http_reply_add(reply, "# EOF\n");
}

static void
describe(struct http_reply *reply, const struct family *family)
{
    http_reply_add(reply, "| `penstock_%s%s` | %s | %s | %s |\n", family->name,
                   family->kind == COUNTER ? "_total" : "", kinds[family->kind], family->labels,
                   family->text);
}

void
metrics_describe(struct http_reply *reply)
{
    http_reply_add(reply, "| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for (unsigned i = 0; i < ROWS; i++)
        describe(reply, &families[i]);
    for (unsigned i = 0; i < STATS_COUNT; i++) {
        char name[METRICS_NAME_MAX];
        unsigned parts;
        struct family family = family_of((enum stats_counter)i, name, &parts);
        describe(reply, &family);
    }
}
