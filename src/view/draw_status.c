/* draw_status.c - the status page as text
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_status.h"

#include "view/draw_status_routes.h"
#include "view/finding.h"
#include "view/moment.h"
#include "view/says.h"

#include <stdio.h>
#include <string.h>

#define WIDTH        76 /* of the head */
#define TEXT_WIDTH   75 /* of findings */
#define TABLE_WIDTH  80
#define FIGURE_END   23 /* where a figure ends */
#define NOTE_AT      32 /* what is said beside it */
#define WHEN_WIDTH   12 /* "IF IT LASTS" */
#define OTHER_WIDTHS 45 /* of the table of upstreams, without name, state and key */

static void
line(struct sheet *to, const char *text)
{
    sheet_add(to, "%s", text);
    sheet_end_line(to, 0);
}

/* --- head ------------------------------------------------------------------------------------ */

static void
draw_head(const struct figures *f, const struct judgement *j, struct sheet *to)
{
    static const char *const says[] = {
        [JUDGE_WELL] = "WELL", [JUDGE_LOOK] = "LOOK", [JUDGE_ACT] = "ACT"};
    static const enum sheet_style styles[] = {
        [JUDGE_WELL] = SHEET_WELL, [JUDGE_LOOK] = SHEET_LOOK, [JUDGE_ACT] = SHEET_ACT};
    char moment[MOMENT_TEXT_MAX];
    const char *host = f->reading->host;
    sheet_add(to, "penstock%s%s%s", host[0] != '\0' ? " on " : "", host,
              j->level == JUDGE_WELL ? " is " : ": ");
    sheet_style(to, styles[j->level]);
    sheet_add(to, "%s", says[j->level]);
    sheet_style(to, SHEET_PLAIN);
    sheet_add(to, ".");
    sheet_right(to, WIDTH, moment_full(f->reading->wall_s, moment));
    sheet_end_line(to, 0);
    sheet_end_line(to, 0);
}

static void
draw_since(const struct figures *f, const struct judgement *j, struct sheet *to)
{
    char since[MOMENT_TEXT_MAX], span[MOMENT_TEXT_MAX], up[MOMENT_TEXT_MAX];
    uint64_t now_s = f->reading->wall_s;
    moment_since(j->since_s, now_s, since);
    moment_span(now_s > j->since_s ? now_s - j->since_s : 0, span);
    if (j->level == JUDGE_WELL && !f->is_whole)
        sheet_add(to, "  Well, as far as %s can tell.", says_span(f, span));
    else if (j->level == JUDGE_WELL)
        sheet_add(to, "  Well since %s (%s).", since, span);
    else
        sheet_add(to, "  Like this since %s (%s).", since, span);
    uint64_t up_s = (f->reading->tally.at_us - f->reading->started_us) / 1000000;
    sheet_add(to, " Up for %s.", moment_span(up_s, up));
    sheet_end_line(to, 0);
}

static bool
is_old(const struct judgement *j)
{
    return j->count > 0 && j->findings[0].kind == JUDGE_OLD && j->level == JUDGE_ACT;
}

static void
draw_sentences(const struct figures *f, const struct judgement *j, struct sheet *to)
{
    char clients[SAYS_LINE_MAX], needs[SAYS_LINE_MAX], share[NUMBER_TEXT_MAX];
    char span[MOMENT_TEXT_MAX], both[2 * SAYS_LINE_MAX];
    says_clients(f, j, clients);
    says_needs(j, needs);
    bool is_long = 3 + strlen(clients) + strlen(needs) > TABLE_WIDTH;
    snprintf(both, sizeof both, "%s%s%s", clients, is_long ? "\n" : " ", needs);
    sheet_flow(to, 2, TABLE_WIDTH, both);
    draw_since(f, j, to);
    if (j->level != JUDGE_WELL && f->share != NUMBER_NONE && !is_old(j)) {
        sheet_add(to, "  %s %% answered of the queries that no rule turned away, last %s.",
                  number_share(f->share, share), says_span(f, span));
        sheet_end_line(to, 0);
    }
    sheet_end_line(to, 0);
}

static void
draw_findings(const struct figures *f, const struct judgement *j, struct sheet *to)
{
    for (unsigned i = 0; i < j->count; i++) {
        char text[FINDING_MAX], when[SAYS_LINE_MAX];
        const struct judge_finding *finding = &j->findings[i];
        sheet_add(to, "%u ", i + 1);
        sheet_style(to, finding->level == JUDGE_ACT ? SHEET_ACT : SHEET_LOOK);
        sheet_add(to, "%s", says_when(f, finding, when));
        sheet_style(to, SHEET_PLAIN);
        sheet_to(to, 2 + WHEN_WIDTH);
        sheet_flow(to, 2, TEXT_WIDTH, finding_tell(f, finding, text));
        sheet_end_line(to, 0);
    }
}

/* --- figures --------------------------------------------------------------------------------- */

static void
draw_figure(struct sheet *to, const char *name, const char *figure, const char *unit)
{
    sheet_add(to, "  %s", name);
    sheet_right(to, FIGURE_END, figure);
    if (strcmp(figure, "-") != 0)
        sheet_add(to, " %s", unit);
}

struct note {
    uint64_t rate;
    const char *text;
};

/* "8.8 block list, 0.6 not allowed or malformed": what there was of, the most first, as fits. */
static void
draw_notes(struct sheet *to, struct note notes[], unsigned count)
{
    bool is_first = true;
    for (unsigned i = 0; i < count; i++) {
        unsigned most = 0;
        for (unsigned k = 1; k < count; k++)
            if (notes[k].rate > notes[most].rate)
                most = k;
        char rate[NUMBER_TEXT_MAX];
        uint64_t value = notes[most].rate;
        notes[most].rate = 0;
        if (value == 0 || value == NUMBER_NONE)
            break;
        number_rate(value, rate);
        if (!is_first && to->column + 3 + strlen(rate) + strlen(notes[most].text) > TABLE_WIDTH)
            break;
        sheet_to(to, is_first ? NOTE_AT : 0);
        sheet_add(to, "%s%s %s", is_first ? "" : ", ", rate, notes[most].text);
        is_first = false;
    }
    sheet_end_line(to, 0);
}

static void
draw_refusals(const struct figures *f, struct sheet *to)
{
    char figure[NUMBER_TEXT_MAX];
    struct note turned_away[] = {{f->parts[WHY_PART_LISTED], "block list"},
                                 {f->over_limit, "over a limit"},
                                 {f->parts[WHY_PART_UNFIT], "not allowed or malformed"}};
    struct note failed[] = {{f->parts[WHY_PART_LATE], "no upstream answered in time"},
                            {f->parts[WHY_PART_UNREACHED], "no usable answer from upstreams"},
                            {f->parts[WHY_PART_USELESS], "nothing but errors came back"},
                            {f->parts[WHY_PART_NO_ROOM], "no room"},
                            {f->parts[WHY_PART_UNSENT], "not sent by the kernel"}};
    draw_figure(to, "turned away", number_rate(f->turned_away, figure), "/s");
    draw_notes(to, turned_away, sizeof turned_away / sizeof turned_away[0]);
    draw_figure(to, "failed", number_rare(f->failed, figure), "/s");
    draw_notes(to, failed, sizeof failed / sizeof failed[0]);
}

static void
draw_times(const struct figures *f, struct sheet *to)
{
    char half[NUMBER_TEXT_MAX], most[NUMBER_TEXT_MAX];
    draw_figure(to, "time to answer", number_ms(f->half_us, half), "ms for half");
    if (f->most_us != NUMBER_NONE) {
        sheet_add(to, ", %s ms for 99 of 100", number_ms(f->most_us, most));
    } else {
        sheet_to(to, NOTE_AT);
        sheet_add(to, "fewer than %u answers", TALLY_ENOUGH);
    }
    sheet_end_line(to, 0);
}

static void
draw_figures(const struct figures *f, struct sheet *to)
{
    char figure[NUMBER_TEXT_MAX], low[NUMBER_TEXT_MAX], high[NUMBER_TEXT_MAX];
    char span[MOMENT_TEXT_MAX];
    sheet_add(to, "Last %s", says_span(f, span));
    sheet_end_line(to, 0);
    draw_figure(to, "queries", number_rate(f->queries, figure), "/s");
    if (f->usual_low != NUMBER_NONE) {
        sheet_to(to, NOTE_AT);
        sheet_add(to, "usual for the last hour: %s to %s",
                  number_count((f->usual_low + 500) / 1000, low),
                  number_count((f->usual_high + 500) / 1000, high));
    }
    sheet_end_line(to, 0);
    draw_figure(to, "answered", number_share(f->share, figure), "%");
    sheet_to(to, NOTE_AT);
    line(to, "of those that no rule turned away");
    draw_figure(to, "from the cache", number_tenths(f->cached_share, figure), "%");
    sheet_end_line(to, 0);
    draw_times(f, to);
    draw_refusals(f, to);
    sheet_end_line(to, 0);
}

/* --- upstreams ------------------------------------------------------------------------------- */

struct table {
    unsigned order[STATS_UPSTREAMS];
    unsigned name, state, key; /* widths */
};

static unsigned
wider(unsigned width, const char *text)
{
    unsigned other = sheet_width(text);
    return other > width ? other : width;
}

/* What is asked most comes first. */
static void
lay_out(struct table *table, const struct figures *f)
{
    char key[SAYS_LINE_MAX];
    *table = (struct table){.key = 3};
    for (unsigned i = 0; i < f->upstreams; i++) {
        const struct figures_upstream *up = &f->of_upstream[i];
        unsigned at = i;
        table->name = wider(table->name, up->is->name);
        table->state = wider(table->state, says_state(up));
        table->key = wider(table->key, says_key(up, key));
        for (; at > 0 && f->of_upstream[table->order[at - 1]].rate < up->rate; at--)
            table->order[at] = table->order[at - 1];
        table->order[at] = i;
    }
    unsigned most = TABLE_WIDTH - OTHER_WIDTHS - table->state - table->key;
    if (table->name > most)
        table->name = most;
}

static void
draw_upstream(const struct figures_upstream *up, const struct table *table, struct sheet *to)
{
    char figure[NUMBER_TEXT_MAX], text[SAYS_LINE_MAX];
    unsigned end = 4 + table->name + table->state;
    sheet_add(to, "  %.*s", (int)table->name, up->is->name);
    sheet_to(to, 4 + table->name);
    sheet_add(to, "%s", says_state(up));
    number_percent(up->share, figure);
    snprintf(text, sizeof text, "%s%s", figure, up->share == NUMBER_NONE ? "" : " %");
    sheet_right(to, end += 7, text);
    number_ms(up->answer_us, figure);
    snprintf(text, sizeof text, "%s%s", figure, up->answer_us == NUMBER_NONE ? "" : " ms");
    sheet_right(to, end += 10, text);
    number_rate(up->failed, figure);
    snprintf(text, sizeof text, "%s%s", figure, up->failed == NUMBER_NONE ? "" : " /min");
    sheet_right(to, end += 12, text);
    sheet_to(to, end += 2);
    sheet_add(to, "%s", says_key(up, text));
    sheet_right(to, end + table->key + 10, says_days(up, text));
    sheet_end_line(to, 0);
}

void
draw_status_upstreams(const struct figures *f, struct sheet *to)
{
    struct table table;
    lay_out(&table, f);
    unsigned end = 4 + table.name + table.state;
    sheet_add(to, "Upstreams");
    sheet_right(to, end += 7, "share");
    sheet_right(to, end += 10, "answer");
    sheet_right(to, end += 12, "failed");
    sheet_to(to, end += 2);
    sheet_add(to, "key");
    sheet_right(to, end + table.key + 10, "certificate");
    sheet_end_line(to, 0);
    for (unsigned i = 0; i < f->upstreams; i++)
        draw_upstream(&f->of_upstream[table.order[i]], &table, to);
}

/* --- the end --------------------------------------------------------------------------------- */

static void
draw_room(const struct figures *f, struct sheet *to)
{
    char one[NUMBER_TEXT_MAX], two[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    sheet_add(to, "Room: waiting %s of %s", number_count(f->waiting, one),
              number_count(f->waiting_most, two));
    sheet_add(to, ", TCP clients %s of %s", number_count(f->tcp_clients, one),
              number_count(f->tcp_clients_most, two));
    if (f->span_s > 0 && f->dropped_count == 0)
        sheet_add(to, ", nothing dropped unread");
    else if (f->dropped_count > 0)
        sheet_add(to, ", %s dropped unread in %s", number_count(f->dropped_count, one),
                  says_span(f, span));
    line(to, ".");
}

static void
draw_processes(const struct figures *f, struct sheet *to)
{
    char cpu[NUMBER_TEXT_MAX], memory[NUMBER_TEXT_MAX];
    sheet_add(to, "Processes: ");
    if (f->cpu != NUMBER_NONE)
        sheet_add(to, "%s %% of a core, ", number_tenths(f->cpu, cpu));
    sheet_add(to, "%s MiB resident at most.", number_mib(f->memory_peak_bytes, memory));
    sheet_end_line(to, 0);
}

static void
draw_service(const struct figures *f, struct sheet *to)
{
    char words[NUMBER_TEXT_MAX], config[MOMENT_TEXT_MAX];
    uint64_t deaths = f->reading->deaths;
    if (deaths == 0)
        sheet_add(to, "No process has died.");
    else
        sheet_add(to, "Processes that died since the start: %s.", number_count(deaths, words));
    sheet_add(to, " Configuration of %s is in force.",
              moment_since(f->reading->config_s, f->reading->wall_s, config));
    sheet_end_line(to, 0);
}

static void
draw_summary(const struct figures *f, struct sheet *to)
{
    char queries[NUMBER_TEXT_MAX], cached[NUMBER_TEXT_MAX], half[NUMBER_TEXT_MAX];
    char most[NUMBER_TEXT_MAX];
    sheet_add(to, "%s queries/s", number_rate(f->queries, queries));
    if (f->cached_share != NUMBER_NONE)
        sheet_add(to, ", %s %% from the cache", number_tenths(f->cached_share, cached));
    if (f->most_us != NUMBER_NONE)
        sheet_add(to, ", half in %s ms, 99 of 100 in %s ms", number_ms(f->half_us, half),
                  number_ms(f->most_us, most));
    line(to, ".");
}

void
draw_status(const struct figures *f, const struct judgement *j, struct sheet *to)
{
    draw_head(f, j, to);
    draw_sentences(f, j, to);
    draw_findings(f, j, to);
    if (is_old(j)) /* figures that are old say nothing of now */
        return;
    if (j->level == JUDGE_WELL)
        draw_figures(f, to);
    draw_status_upstreams(f, to);
    draw_status_routes(f, to);
    sheet_end_line(to, 0);
    if (j->level != JUDGE_WELL) {
        draw_summary(f, to);
    } else {
        draw_room(f, to);
        draw_processes(f, to);
        draw_service(f, to);
    }
}
