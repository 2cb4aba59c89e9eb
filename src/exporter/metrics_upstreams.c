/* metrics_upstreams.c - the upstreams, for Prometheus
 * SPDX-License-Identifier: ISC
 */
#include "exporter/metrics_upstreams.h"

#include <stdio.h>

static void
draw_states(const struct family_out *out, const struct reading *r)
{
    static const char *const states[] = {[STATS_UPSTREAM_UNASKED] = "unasked",
                                         [STATS_UPSTREAM_USABLE] = "usable",
                                         [STATS_UPSTREAM_REFUSED] = "refused",
                                         [STATS_UPSTREAM_DOWN] = "down"};
    char labels[FAMILY_LABELS_MAX];
    family_begin(out, family_of(FAMILY_STATE));
    for (unsigned i = 0; i < r->upstreams; i++) {
        for (unsigned state = 0; state < sizeof states / sizeof states[0]; state++) {
            snprintf(labels, sizeof labels, "{upstream=\"%s\",state=\"%s\"}",
                     r->of_upstream[i].name, states[state]);
            family_add(out, family_of(FAMILY_STATE), labels,
                       (unsigned)r->of_upstream[i].state == state);
        }
    }
    family_begin(out, family_of(FAMILY_TLS));
    for (unsigned i = 0; i < r->upstreams; i++) {
        unsigned tls = r->of_upstream[i].tls;
        if (tls != 0x0303 && tls != 0x0304)
            continue;
        snprintf(labels, sizeof labels, "{upstream=\"%s\",version=\"%s\"}", r->of_upstream[i].name,
                 tls == 0x0304 ? "1.3" : "1.2");
        family_add(out, family_of(FAMILY_TLS), labels, 1);
    }
}

static void
draw_answers(const struct family_out *out, const struct reading *r)
{
    family_begin(out, family_of(FAMILY_ANSWERS));
    for (unsigned i = 0; i < r->upstreams; i++) {
        for (unsigned rcode = 0; rcode < STATS_RCODES; rcode++) {
            char labels[FAMILY_LABELS_MAX];
            snprintf(labels, sizeof labels, "{upstream=\"%s\",rcode=\"%s\"}",
                     r->of_upstream[i].name, stats_rcode_name(rcode));
            family_add(out, family_of(FAMILY_ANSWERS), labels, r->of_upstream[i].rcodes[rcode]);
        }
    }
}

static void
draw_routes(const struct family_out *out, const struct figures *f)
{
    family_begin(out, family_of(FAMILY_ROUTE));
    for (unsigned i = 0; i < f->routes; i++) {
        char labels[FAMILY_LABELS_MAX];
        const char *name = f->of_route[i].is->name;
        snprintf(labels, sizeof labels, "{route=\"%s\"}", name[0] != '\0' ? name : ".");
        family_add(out, family_of(FAMILY_ROUTE), labels, f->of_route[i].usable);
    }
}

/* Whole numbers of an upstream. */
static uint64_t
number_of(const struct reading *r, enum family_row row, unsigned upstream)
{
    const struct reading_upstream *of = &r->of_upstream[upstream];
    return row == FAMILY_READY        ? of->connections
           : row == FAMILY_ASKED      ? r->tally.asked[upstream]
           : row == FAMILY_FAILED     ? r->tally.failed[upstream]
           : row == FAMILY_PINS       ? of->pins
           : row == FAMILY_PIN        ? of->pin_seen
           : row == FAMILY_MISMATCHES ? of->pin_mismatches
                                      : 0;
}

static uint64_t
remaining_s(const struct reading *r, const struct reading_upstream *of)
{
    return of->ends_s > r->wall_s ? of->ends_s - r->wall_s : 0;
}

void
metrics_upstreams_draw(const struct family_out *out, const struct figures *figures)
{
    const struct reading *r = figures->reading;
    static const enum family_row rows[] = {FAMILY_READY,      FAMILY_ASKED,      FAMILY_FAILED,
                                           FAMILY_RTT,        FAMILY_PINS,       FAMILY_PIN,
                                           FAMILY_MISMATCHES, FAMILY_CERTIFICATE};
    draw_states(out, r);
    draw_routes(out, figures);
    draw_answers(out, r);
    for (unsigned n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const struct family *family = family_of(rows[n]);
        family_begin(out, family);
        for (unsigned i = 0; i < r->upstreams; i++) {
            const struct reading_upstream *of = &r->of_upstream[i];
            char labels[FAMILY_LABELS_MAX];
            snprintf(labels, sizeof labels, "{upstream=\"%s\"}", of->name);
            if (rows[n] == FAMILY_RTT && of->connections > 0 && of->rtt_us > 0)
                family_seconds(out, family, labels, of->rtt_us);
            else if (rows[n] == FAMILY_CERTIFICATE && of->ends_s > 0)
                family_add(out, family, labels, remaining_s(r, of));
            else if (rows[n] != FAMILY_RTT && rows[n] != FAMILY_CERTIFICATE)
                family_add(out, family, labels, number_of(r, rows[n], i));
        }
    }
}
