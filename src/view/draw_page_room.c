/* draw_page_room.c - how much room there is, and the work with upstreams, on the page
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_room.h"

#include "view/draw_page_mark.h"
#include "view/moment.h"
#include "view/number.h"
#include "view/says.h"

#include <stdio.h>
#include <string.h>

#define TLS_1_3     0x0304
#define MINUTE      60
#define LANES_SHOWN 4 /* with more the rows are too many: one of all */

static void
begin_row(struct markup *to, const char *name, enum judge_level level)
{
    markup_put(to, "<div><dt>%s</dt><dd class=\"%s\">", name,
               level == JUDGE_WELL ? "" : draw_page_mark_word(level));
    if (level != JUDGE_WELL)
        draw_page_mark(to, level, "m");
}

static void
put_row(struct markup *to, const char *name, const char *figure, const char *unit,
        enum judge_level level)
{
    begin_row(to, name, level);
    markup_figure(to, figure);
    if (unit[0] != '\0' && strcmp(figure, "-") != 0)
        markup_put(to, " %s", unit);
    markup_put(to, "</dd></div>");
}

static void
put_used(struct markup *to, const char *name, uint64_t used, uint64_t most, enum judge_level level)
{
    char one[NUMBER_TEXT_MAX], two[NUMBER_TEXT_MAX];
    begin_row(to, name, level);
    markup_put(to, "%s of %s</dd><dd class=\"bar\">", number_count(used, one),
               number_count(most, two));
    draw_page_mark_bar(to, number_share_of(used, most), "b1");
    markup_put(to, "</dd></div>");
}

static void
put_cache(const struct figures *f, struct markup *to)
{
    char one[NUMBER_TEXT_MAX], two[NUMBER_TEXT_MAX];
    if (f->cache_bytes_most == 0) {
        put_row(to, "cache", "none", "", JUDGE_WELL);
        return;
    }
    begin_row(to, "cache", JUDGE_WELL);
    markup_put(to, "%s of %s MiB</dd><dd class=\"bar\">", number_mib(f->cache_bytes, one),
               number_mib(f->cache_bytes_most, two));
    draw_page_mark_bar(to, number_share_of(f->cache_bytes, f->cache_bytes_most), "b1");
    markup_put(to, "</dd></div>");
}

static enum judge_level
level_of(const struct judgement *j, enum judge_kind kind)
{
    return draw_page_mark_level(j, kind, 0);
}

static void
draw_room(const struct figures *f, const struct judgement *j, struct markup *to)
{
    char figure[NUMBER_TEXT_MAX], other[NUMBER_TEXT_MAX], text[SAYS_LINE_MAX];
    char span[MOMENT_TEXT_MAX];
    markup_put(to, "<h2>Room <span>used of what there is</span></h2><dl class=\"room\">");
    put_used(to, "queries waiting", f->waiting, f->waiting_most, level_of(j, JUDGE_WAITING));
    put_used(to, "TCP clients", f->tcp_clients, f->tcp_clients_most,
             level_of(j, JUDGE_TCP_CLIENTS));
    put_cache(f, to);
    markup_put(to, "</dl><p class=\"note\">A full cache is as it should be.</p>"
                   "<dl class=\"room\">");
    snprintf(text, sizeof text, "dropped unread, %s", says_span(f, span));
    put_row(to, text, number_count(f->span_s > 0 ? f->dropped_count : NUMBER_NONE, figure), "",
            level_of(j, JUDGE_DROPPED));
    put_row(to, "answers held back",
            number_count(f->reading->tally.counts[STAT_ANSWERS_HELD], figure), "", JUDGE_WELL);
    put_row(to, "processes died, last hour", number_count(f->died_hour, figure), "",
            level_of(j, JUDGE_DIED));
    snprintf(text, sizeof text, "%s of %s", number_count(f->reading->serving, figure),
             number_count(f->reading->lanes, other));
    put_row(to, "lanes that serve", text, "", JUDGE_WELL);
    markup_put(to, "</dl>");
}

/* --- the work with upstreams ----------------------------------------------------------------- */

static void
put_per_minute(const struct figures *f, const char *name, enum stats_counter counter,
               struct markup *to)
{
    char figure[NUMBER_TEXT_MAX];
    uint64_t rate = figures_rate(f, counter);
    put_row(to, name, number_rate(rate == NUMBER_NONE ? rate : rate * MINUTE, figure), "/min",
            JUDGE_WELL);
}

static uint64_t
rate_of_all(const struct figures *f, const enum stats_counter counters[], unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t rate = figures_rate(f, counters[i]);
        if (rate == NUMBER_NONE)
            return NUMBER_NONE;
        sum += rate;
    }
    return sum;
}

static void
put_tls(const struct figures *f, struct markup *to)
{
    unsigned known = 0, newest = 0;
    char text[NUMBER_TEXT_MAX] = "-";
    for (unsigned i = 0; i < f->upstreams; i++) {
        known += f->of_upstream[i].is->tls != 0;
        newest += f->of_upstream[i].is->tls == TLS_1_3;
    }
    if (known > 0)
        snprintf(text, sizeof text, "%u of %u", newest, known);
    put_row(to, "upstreams with TLS 1.3", text, "", JUDGE_WELL);
}

static void
draw_work(const struct figures *f, struct markup *to)
{
    static const enum stats_counter twice[] = {STAT_HEDGES, STAT_FAILOVERS, STAT_UPSTREAM_RETRIES};
    char figure[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    markup_put(to, "<h2 class=\"h\">Upstream work <span>last %s</span></h2><dl class=\"room\">",
               says_span(f, span));
    put_per_minute(f, "handshakes, full", STAT_HANDSHAKES_FULL, to);
    put_per_minute(f, "resumed", STAT_HANDSHAKES_RESUMED, to);
    put_per_minute(f, "failed", STAT_HANDSHAKES_FAILED, to);
    put_row(to, "asked twice",
            number_rate(rate_of_all(f, twice, sizeof twice / sizeof twice[0]), figure), "/s",
            JUDGE_WELL);
    put_row(to, "joined another", number_rate(figures_rate(f, STAT_COALESCED), figure), "/s",
            JUDGE_WELL);
    put_tls(f, to);
    markup_put(to, "</dl>");
}

/* --- processes ------------------------------------------------------------------------------- */

static void
put_process(struct markup *to, const char *name, uint64_t cpu, uint64_t bytes)
{
    char share[NUMBER_TEXT_MAX], mib[NUMBER_TEXT_MAX];
    begin_row(to, name, JUDGE_WELL);
    markup_figure(to, number_tenths(cpu, share));
    markup_put(to, " %%, ");
    markup_figure(to, bytes > 0 ? number_mib(bytes, mib) : "-");
    markup_put(to, " MiB</dd></div>");
}

static void
draw_processes(const struct figures *f, struct markup *to)
{
    char span[MOMENT_TEXT_MAX], name[NUMBER_TEXT_MAX];
    const struct reading *r = f->reading;
    markup_put(to,
               "<h2 class=\"h\">Processes <span>of one core, last %s; most memory</span></h2>"
               "<dl class=\"room\">",
               says_span(f, span));
    put_process(to, "supervisor", f->cpu_supervisor, r->supervisor.peak_bytes);
    for (unsigned i = 0; i < r->lanes && r->lanes <= LANES_SHOWN; i++) {
        const struct reading_process *of = r->of_lane[i].processes;
        snprintf(name, sizeof name, "front of lane %u", i);
        put_process(to, name, f->cpu_front[i], of[0].peak_bytes);
        snprintf(name, sizeof name, "worker of lane %u", i);
        put_process(to, name, f->cpu_worker[i], of[1].peak_bytes);
    }
    if (r->lanes > LANES_SHOWN)
        put_process(to, "all processes", f->cpu, f->memory_peak_bytes);
    markup_put(to, "</dl>");
}

void
draw_page_room(const struct figures *figures, const struct judgement *judgement, struct markup *to)
{
    markup_put(to, "<section class=\"box\">");
    draw_room(figures, judgement, to);
    draw_work(figures, to);
    draw_processes(figures, to);
    markup_put(to, "</section>");
}
