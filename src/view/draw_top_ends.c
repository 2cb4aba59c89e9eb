/* draw_top_ends.c - how queries ended, room and lanes in the live view
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_top_ends.h"

#include "view/moment.h"
#include "view/says.h"
#include "view/spark.h"

#include <stdio.h>

#define RATE_END  40
#define SHARE_END 47
#define BAR_BEGIN 49
#define BAR       10
#define ALL_END   71

static const struct tally nothing;

static uint64_t
or_zero(uint64_t value)
{
    return value == NUMBER_NONE ? 0 : value;
}

/* --- by part --------------------------------------------------------------------------------- */

/* Queries that ended in the last five minutes, per second. */
static uint64_t
ended_rate(const struct figures *f)
{
    return or_zero(f->answered) + or_zero(f->turned_away) + or_zero(f->failed) +
           or_zero(f->neither);
}

static void
draw_rate(const struct figures *f, uint64_t rate, bool is_rare, struct sheet *to)
{
    char figure[NUMBER_TEXT_MAX], share[NUMBER_TEXT_MAX];
    sheet_right(to, RATE_END, is_rare ? number_rare(rate, figure) : number_rate(rate, figure));
    uint64_t of_all = rate == NUMBER_NONE ? NUMBER_NONE : number_share_of(rate, ended_rate(f));
    if (rate > 0 && of_all == 0)
        sheet_right(to, SHARE_END, "<0.01");
    else
        sheet_right(to, SHARE_END,
                    is_rare ? number_share(of_all, share) : number_tenths(of_all, share));
}

static void
draw_group(const struct figures *f, enum why_group group, const char *name, uint64_t rate,
           struct sheet *to)
{
    char count[NUMBER_TEXT_MAX];
    const struct tally *now = &f->reading->tally;
    bool is_rare = group == WHY_GROUP_FAILED;
    uint64_t all = tally_group(&nothing, now, group);
    if (all == 0 && group == WHY_GROUP_NEITHER)
        return;
    sheet_add(to, " %s", name);
    draw_rate(f, rate, is_rare, to);
    sheet_right(to, ALL_END, number_count(all, count));
    sheet_end_line(to, 0);
    for (unsigned i = 0; i < WHY_PARTS; i++) {
        enum why_part part = (enum why_part)i;
        uint64_t sum = tally_part(&nothing, now, part);
        if (why_part_group(part) != group || (sum == 0 && group != WHY_GROUP_ANSWERED))
            continue;
        sheet_add(to, "   %s", why_part_text(part));
        draw_rate(f, f->parts[part], is_rare, to);
        sheet_to(to, BAR_BEGIN);
        spark_bar(to, BAR, number_share_of(or_zero(f->parts[part]), ended_rate(f)));
        sheet_right(to, ALL_END, number_count(sum, count));
        sheet_end_line(to, 0);
    }
}

void
draw_top_ends(const struct figures *f, struct sheet *to)
{
    char span[MOMENT_TEXT_MAX];
    sheet_add(to, " HOW QUERIES ENDED, %s", says_span(f, span));
    sheet_right(to, RATE_END, "/s");
    sheet_right(to, SHARE_END, "%");
    sheet_right(to, ALL_END, "in all");
    sheet_end_line(to, 0);
    draw_group(f, WHY_GROUP_ANSWERED, "Answered", f->answered, to);
    draw_group(f, WHY_GROUP_TURNED_AWAY, "Turned away by a rule", f->turned_away, to);
    draw_group(f, WHY_GROUP_FAILED, "Failed", f->failed, to);
    draw_group(f, WHY_GROUP_NEITHER, "Neither: the client's own doing", f->neither, to);
}

void
draw_top_ends_short(const struct figures *f, struct sheet *to)
{
    char cache[NUMBER_TEXT_MAX], upstream[NUMBER_TEXT_MAX], here[NUMBER_TEXT_MAX];
    char rule[NUMBER_TEXT_MAX], failed[NUMBER_TEXT_MAX];
    sheet_add(to, " ended, /s:  cache %s  upstream %s  local %s  by rule %s  failed %s",
              number_rate(f->parts[WHY_PART_CACHE], cache),
              number_rate(f->parts[WHY_PART_UPSTREAM], upstream),
              number_rate(f->parts[WHY_PART_HERE], here), number_rate(f->turned_away, rule),
              number_rare(f->failed, failed));
    sheet_end_line(to, 0);
}

/* --- by reason ------------------------------------------------------------------------------- */

void
draw_top_ends_reasons(const struct figures *f, unsigned first, unsigned rows, struct sheet *to)
{
    const struct tally *now = &f->reading->tally;
    const struct tally *from = history_back(f->history, HISTORY_LONG_MS);
    char figure[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    sheet_add(to, " REASON, %s", says_span(f, span));
    sheet_right(to, 29, "/s");
    sheet_right(to, 43, "in all");
    sheet_end_line(to, 0);
    for (unsigned i = first; i < WHY_COUNT && i - first + 1 < rows; i++) {
        uint64_t rate = NUMBER_NONE;
        if (from != NULL)
            rate = (now->why[i] - from->why[i]) * 1000000 / ((now->at_us - from->at_us) / 1000 + 1);
        sheet_add(to, " %s", why_name((enum why)i));
        sheet_right(to, 29, number_rare(rate, figure));
        sheet_right(to, 43, number_count(now->why[i], figure));
        sheet_add(to, "  %s", why_text((enum why)i));
        sheet_end_line(to, 0);
    }
}

/* --- room ------------------------------------------------------------------------------------ */

void
draw_top_ends_room(const struct figures *f, bool is_wide, struct sheet *to)
{
    char one[NUMBER_TEXT_MAX], two[NUMBER_TEXT_MAX];
    sheet_add(to, " waiting %s of %s", number_count(f->waiting, one),
              number_count(f->waiting_most, two));
    sheet_add(to, "   TCP%s %s of %s", is_wide ? " clients" : "", number_count(f->tcp_clients, one),
              number_count(f->tcp_clients_most, two));
    sheet_add(to, "   cache %s of %s MiB", number_mib(f->cache_bytes, one),
              number_mib(f->cache_bytes_most, two));
    sheet_add(to, "   dropped%s %s", is_wide ? " unread" : "",
              number_count(f->span_s > 0 ? f->dropped_count : NUMBER_NONE, one));
    if (is_wide) {
        sheet_add(to, "   died %s", number_count(f->reading->deaths, one));
        sheet_add(to, "   all %s %%, %s MiB", number_tenths(f->cpu, one),
                  number_mib(f->memory_peak_bytes, two));
    }
    sheet_end_line(to, 0);
}

/* --- lanes ----------------------------------------------------------------------------------- */

static const char *
kib(uint64_t octets, char text[NUMBER_TEXT_MAX])
{
    return number_rate(octets * 1000 / 1024, text);
}

/* What was not told is "-". */
static const char *
memory(const struct reading_process *is, char text[NUMBER_TEXT_MAX])
{
    if (is->peak_bytes == 0)
        return "-";
    return number_mib(is->peak_bytes, text);
}

static void
add_process(const char *name, const struct reading_process *is, uint64_t cpu, struct sheet *to)
{
    char share[NUMBER_TEXT_MAX], mib[NUMBER_TEXT_MAX];
    sheet_add(to, "   %s %s %%, %s MiB", name, number_tenths(cpu, share), memory(is, mib));
}

void
draw_top_ends_lanes(const struct figures *f, unsigned first, unsigned rows, bool is_wide,
                    struct sheet *to)
{
    const struct reading *r = f->reading;
    char alive[NUMBER_TEXT_MAX], queued[NUMBER_TEXT_MAX], one[NUMBER_TEXT_MAX],
        two[NUMBER_TEXT_MAX];
    char connections[NUMBER_TEXT_MAX], deaths[NUMBER_TEXT_MAX];
    for (unsigned i = first; i < r->lanes && i - first < rows; i++) {
        const struct reading_lane *lane = &r->of_lane[i];
        sheet_add(to, " lane %u", i);
        sheet_to(to, 9);
        sheet_add(to, "%s alive, %s in line, rings %s and %s KiB, %s to upstreams",
                  number_count(lane->alive, alive), number_count(lane->queued, queued),
                  kib(lane->to_worker_bytes, one), kib(lane->to_front_bytes, two),
                  number_count(lane->connections, connections));
        if (is_wide) {
            add_process("front", &lane->processes[0], f->cpu_front[i], to);
            add_process("worker", &lane->processes[1], f->cpu_worker[i], to);
        } else {
            sheet_add(to, ", died %s", number_count(lane->deaths, deaths));
        }
        sheet_end_line(to, 0);
    }
}

static void
draw_process(const char *name, const struct reading_process *is, uint64_t cpu, struct sheet *to)
{
    char share[NUMBER_TEXT_MAX], mib[NUMBER_TEXT_MAX], pid[NUMBER_TEXT_MAX];
    sheet_add(to, " %s", name);
    snprintf(pid, sizeof pid, "%u", (unsigned)is->pid);
    sheet_right(to, 29, is->pid > 0 ? pid : "-");
    sheet_right(to, 43, number_tenths(cpu, share));
    sheet_right(to, 57, memory(is, mib));
    sheet_end_line(to, 0);
}

void
draw_top_ends_processes(const struct figures *f, unsigned first, unsigned rows, struct sheet *to)
{
    const struct reading *r = f->reading;
    char span[MOMENT_TEXT_MAX], name[NUMBER_TEXT_MAX];
    unsigned used = 1;
    sheet_add(to, " PROCESS, %s", says_span(f, span));
    sheet_right(to, 29, "pid");
    sheet_right(to, 43, "% of a core");
    sheet_right(to, 57, "most MiB");
    sheet_end_line(to, 0);
    if (first == 0 && used++ < rows)
        draw_process("supervisor", &r->supervisor, f->cpu_supervisor, to);
    for (unsigned i = first; i < r->lanes; i++) {
        snprintf(name, sizeof name, "front of lane %u", i);
        if (used++ < rows)
            draw_process(name, &r->of_lane[i].processes[0], f->cpu_front[i], to);
        snprintf(name, sizeof name, "worker of lane %u", i);
        if (used++ < rows)
            draw_process(name, &r->of_lane[i].processes[1], f->cpu_worker[i], to);
    }
}
