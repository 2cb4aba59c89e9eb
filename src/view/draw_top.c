/* draw_top.c - the live view as lines of text
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_top.h"

#include "view/draw_top_ends.h"
#include "view/draw_top_hour.h"
#include "view/draw_top_table.h"
#include "view/draw_top_times.h"
#include "view/moment.h"
#include "view/says.h"

#include <stdio.h>
#include <string.h>

#define VERSION_WIDTH 10
#define HOST_WIDTH    12
#define OBJECT_AT     15 /* of a finding: behind "IF IT LASTS" */
#define OBJECT_MAX    16
#define ACT_WIDTH     30
#define SINCE_WIDTH   12 /* "since 02:41" and a blank */
#define BLANKS        2  /* between the parts of the whole view, without findings */
#define TABLE_LEAST   4  /* rows of upstreams that findings leave */
#define ENDS_LEAST    8  /* rows of the block of ends below which it is left out */
#define BESIDE        72 /* where distributions stand */
#define BLOCK_MAX     8192
#define TIMES_HIGH    3

static bool
is_wide(const struct draw_top_view *view)
{
    return view->width >= DRAW_TOP_WIDE && view->height >= DRAW_TOP_HIGH;
}

static unsigned
lines_of(const char *text)
{
    unsigned lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* --- head ------------------------------------------------------------------------------------ */

/* "03:12:40" */
static const char *
time_of(uint64_t wall_s, char text[MOMENT_TEXT_MAX])
{
    struct moment m = moment_of(wall_s);
    snprintf(text, MOMENT_TEXT_MAX, "%02u:%02u:%02u", m.hour, m.minute, m.second);
    return text;
}

static void
draw_identity(const struct figures *f, const struct draw_top_view *view, struct sheet *to)
{
    const struct reading *r = f->reading;
    char up[MOMENT_TEXT_MAX], now[MOMENT_TEXT_MAX], since[MOMENT_TEXT_MAX], text[SAYS_LINE_MAX];
    sheet_add(to, " penstock ");
    sheet_cut(to, VERSION_WIDTH, r->version);
    sheet_add(to, "%s", r->host[0] != '\0' ? " on " : "");
    sheet_cut(to, HOST_WIDTH, r->host);
    if (view->not_reached > 0) {
        sheet_add(to, "   ");
        sheet_style(to, SHEET_ACT);
        sheet_add(to, " not reached since %s: figures of %s ", time_of(view->not_reached, since),
                  time_of(r->wall_s, now));
        sheet_style(to, SHEET_PLAIN);
        sheet_end_line(to, 0);
        return;
    }
    uint64_t up_s = (r->tally.at_us - r->started_us) / 1000000;
    sheet_add(to, "   up %s", moment_span_short(up_s, up));
    if (view->is_paused)
        snprintf(text, sizeof text, "paused at %s", time_of(r->wall_s, now));
    else if (view->width < DRAW_TOP_WIDTH)
        snprintf(text, sizeof text, "%s", time_of(r->wall_s, now));
    else if (view->interval_s > 0)
        snprintf(text, sizeof text, "%s UTC   every %u s", moment_short(r->wall_s, now),
                 view->interval_s);
    else
        snprintf(text, sizeof text, "%s UTC", moment_short(r->wall_s, now));
    sheet_right(to, view->width - 1, text);
    sheet_end_line(to, 0);
}

static void
draw_sentence(const struct figures *f, const struct judgement *j, const struct draw_top_view *view,
              struct sheet *to)
{
    static const char *const words[] = {
        [JUDGE_WELL] = "WELL", [JUDGE_LOOK] = "LOOK", [JUDGE_ACT] = "ACT "};
    static const char *const signs[] = {[JUDGE_WELL] = "●", [JUDGE_LOOK] = "▲", [JUDGE_ACT] = "■"};
    static const char *const plain[] = {[JUDGE_WELL] = "o", [JUDGE_LOOK] = "!", [JUDGE_ACT] = "#"};
    static const enum sheet_style styles[] = {
        [JUDGE_WELL] = SHEET_WELL, [JUDGE_LOOK] = SHEET_LOOK, [JUDGE_ACT] = SHEET_ACT};
    char clients[SAYS_LINE_MAX], needs[SAYS_LINE_MAX], both[2 * SAYS_LINE_MAX];
    bool is_past = view->not_reached > 0;
    sheet_add(to, " ");
    sheet_style(to, is_past ? SHEET_DIM : styles[j->level]);
    sheet_sign(to, signs[j->level], plain[j->level]);
    sheet_add(to, " %s%s", is_past ? "WAS " : "", words[j->level]);
    sheet_style(to, SHEET_PLAIN);
    sheet_add(to, "  ");
    snprintf(both, sizeof both, "%s %s", says_clients(f, j, clients), says_needs(j, needs));
    sheet_flow(to, to->column, view->width - 1, both);
}

/* --- findings -------------------------------------------------------------------------------- */

static void
draw_when(const struct figures *f, const struct judge_finding *finding, struct sheet *to)
{
    char when[SAYS_LINE_MAX];
    sheet_to(to, 3);
    sheet_style(to, finding->level == JUDGE_ACT ? SHEET_ACT : SHEET_LOOK);
    sheet_add(to, "%s", says_when(f, finding, when));
    sheet_style(to, SHEET_PLAIN);
}

static void
draw_finding(const struct figures *f, const struct judge_finding *finding, unsigned object_width,
             const struct draw_top_view *view, struct sheet *to)
{
    char brief[SAYS_LINE_MAX], since[MOMENT_TEXT_MAX], text[SAYS_LINE_MAX];
    unsigned at = OBJECT_AT + object_width + (object_width > 0 ? 2 : 0);
    unsigned end = view->width - 1 - SINCE_WIDTH - (is_wide(view) ? ACT_WIDTH : 0);
    draw_when(f, finding, to);
    sheet_to(to, OBJECT_AT);
    sheet_cut(to, object_width, says_object(f, finding));
    sheet_to(to, at);
    sheet_cut(to, end - at, says_briefly(f, finding, brief));
    if (is_wide(view)) {
        sheet_to(to, end + 1);
        sheet_add(to, "%s", says_act(finding));
    }
    snprintf(text, sizeof text, "since %s",
             moment_since_short(finding->since_s, f->reading->wall_s, since));
    sheet_right(to, view->width - 1, text);
    sheet_end_line(to, 0);
}

/* At most so many rows, then a blank one. */
static void
draw_findings(const struct figures *f, const struct judgement *j, const struct draw_top_view *view,
              unsigned rows, struct sheet *to)
{
    unsigned width = 0, shown = j->count <= rows ? j->count : rows > 0 ? rows - 1 : 0;
    for (unsigned i = 0; i < shown; i++) {
        unsigned here = sheet_width(says_object(f, &j->findings[i]));
        width = here > width ? here : width;
    }
    for (unsigned i = 0; i < shown; i++)
        draw_finding(f, &j->findings[i], width < OBJECT_MAX ? width : OBJECT_MAX, view, to);
    if (shown < j->count) {
        sheet_add(to, "   and %u more: penstockctl status", j->count - shown);
        sheet_end_line(to, 0);
    }
    if (j->count > 0)
        sheet_end_line(to, 0);
}

/* In a small terminal: each finding over as many lines as it takes. */
static void
flow_findings(const struct figures *f, const struct judgement *j, const struct draw_top_view *view,
              struct sheet *to)
{
    for (unsigned i = 0; i < j->count; i++) {
        const struct judge_finding *finding = &j->findings[i];
        char text[2 * SAYS_LINE_MAX], brief[SAYS_LINE_MAX], since[MOMENT_TEXT_MAX];
        const char *object = says_object(f, finding);
        draw_when(f, finding, to);
        snprintf(text, sizeof text, "%s%s%s, since %s", object, object[0] != '\0' ? " " : "",
                 says_briefly(f, finding, brief),
                 moment_since_short(finding->since_s, f->reading->wall_s, since));
        sheet_to(to, OBJECT_AT);
        sheet_flow(to, 4, view->width, text);
    }
}

/* --- pages ----------------------------------------------------------------------------------- */

static void
draw_keys(const struct draw_top_view *view, struct sheet *to)
{
    sheet_add(
        to, view->interval_s == 0 ? ""
            : is_wide(view)
                ? " q quit   s sort   p pause   u upstreams   n networks   r reasons   l lanes   t "
                  "times   "
                  "+ - pace   Space now   ? help"
                : " q quit  p pause  u upstreams  n networks  r reasons  l lanes  t times  ? help");
    sheet_end_line(to, 0);
}

/* The lines of both texts beside each other, at most `rows`. */
static void
put_beside(struct sheet *to, const char *left, const char *right, unsigned rows)
{
    for (; rows > 0 && (*left != '\0' || *right != '\0'); rows--) {
        size_t size = strcspn(left, "\n"), other = strcspn(right, "\n");
        sheet_add(to, "%.*s", (int)size, left);
        if (other > 0) {
            sheet_to(to, BESIDE);
            sheet_add(to, "%.*s", (int)other, right);
        }
        sheet_end_line(to, 0);
        left += size + (left[size] == '\n');
        right += other + (right[other] == '\n');
    }
}

static void
draw_block(const struct figures *f, unsigned rows, struct sheet *to)
{
    char left[BLOCK_MAX], right[BLOCK_MAX];
    struct sheet ends, times;
    sheet_begin(&ends, left, sizeof left, to->is_plain, to->has_styles);
    sheet_begin(&times, right, sizeof right, to->is_plain, to->has_styles);
    draw_top_ends(f, &ends);
    draw_top_times_clients(f, TIMES_HIGH, &times);
    draw_top_times_upstreams(f, TIMES_HIGH, &times);
    put_beside(to, left, right, rows);
}

static void
draw_all(const struct figures *f, const struct judgement *j, const struct draw_top_view *view,
         struct sheet *to)
{
    bool wide = is_wide(view);
    unsigned used = lines_of(to->text) + BLANKS + DRAW_TOP_HOUR_ROWS + 2; /* room, keys */
    used += wide ? 1 + f->reading->lanes : 1;
    unsigned left = view->height > used ? view->height - used : 0;
    unsigned table = 1 + f->upstreams, findings = j->count + (j->count > 0);
    unsigned least = table < TABLE_LEAST ? table : TABLE_LEAST;
    if (left < least)
        left = least;
    if (findings + least > left)
        findings = left - least;
    if (table > left - findings)
        table = left - findings;
    draw_findings(f, j, view, findings > 0 ? findings - 1 : 0, to);
    if (wide)
        draw_top_hour_wide(f, j, to);
    else
        draw_top_hour(f, to);
    sheet_end_line(to, 0);
    draw_top_table(f, j, view->sort, wide, 0, table, to);
    sheet_end_line(to, 0);
    left -= findings + table;
    if (wide && left > ENDS_LEAST) {
        draw_block(f, left - 1, to);
        sheet_end_line(to, 0);
    }
    draw_top_ends_room(f, wide, to);
    if (wide)
        draw_top_ends_lanes(f, 0, f->reading->lanes, true, to);
    else
        draw_top_ends_short(f, to);
}

/* Lanes and their processes, which go on in step. */
static void
draw_lanes(const struct figures *f, const struct draw_top_view *view, unsigned rows,
           struct sheet *to)
{
    unsigned lanes = f->reading->lanes - view->first, third = rows / 3;
    unsigned shown = lanes < third ? lanes : third;
    draw_top_ends_lanes(f, view->first, shown, view->width >= DRAW_TOP_WIDE, to);
    sheet_end_line(to, 0);
    draw_top_ends_processes(f, view->first, rows - shown - 1, to);
}

/* What the page of networks says; "": nothing yet. */
static const char *
networks_of(const struct draw_top_view *view)
{
    return view->networks != NULL ? view->networks : "";
}

/* Lines of a text from elsewhere. */
static void
put_text(const char *text, unsigned first, unsigned rows, struct sheet *to)
{
    for (; first > 0 && *text != '\0'; first--)
        text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
    for (; rows > 0 && *text != '\0'; rows--) {
        size_t size = strcspn(text, "\n");
        sheet_add(to, " %.*s", (int)size, text);
        sheet_end_line(to, 0);
        text += size + (text[size] == '\n');
    }
}

static void
draw_help(struct sheet *to)
{
    static const char *const lines[] = {
        "q       quit",
        "s       sort the upstreams by the next column",
        "p       pause, or go on",
        "Space   read now",
        "+ -     read more often, or less often",
        "u       all upstreams",
        "r       every reason for which queries end",
        "l       lanes and processes",
        "n       networks that ask most, for operators",
        "t       times to answer",
        "arrows  up and down in what does not fit",
        "Esc     back to the whole view",
        "",
        "No key changes anything in the service.",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        sheet_add(to, "   %s", lines[i]);
        sheet_end_line(to, 0);
    }
}

static void
draw_one(const struct figures *f, const struct judgement *j, const struct draw_top_view *view,
         struct sheet *to)
{
    unsigned used = lines_of(to->text) + 2; /* a blank row, keys */
    unsigned rows = view->height > used + 4 ? view->height - used : 4;
    unsigned high = rows / 2 > DRAW_TOP_TIMES_OTHERS + 8 ? 8 : rows / 2 - DRAW_TOP_TIMES_OTHERS;
    switch (view->page) {
    case DRAW_TOP_UPSTREAMS:
        draw_top_table(f, j, view->sort, view->width >= DRAW_TOP_WIDE, view->first, rows, to);
        break;
    case DRAW_TOP_REASONS:
        draw_top_ends_reasons(f, view->first, rows, to);
        break;
    case DRAW_TOP_LANES:
        draw_lanes(f, view, rows, to);
        break;
    case DRAW_TOP_NETWORKS:
        put_text(networks_of(view), view->first, rows, to);
        break;
    case DRAW_TOP_TIMES:
        draw_top_times_clients(f, high, to);
        draw_top_times_upstreams(f, high, to);
        break;
    case DRAW_TOP_HELP:
        draw_help(to);
        break;
    case DRAW_TOP_ALL:
    case DRAW_TOP_PAGES:
        break;
    }
}

unsigned
draw_top_rows(const struct figures *f, const struct draw_top_view *view)
{
    return view->page == DRAW_TOP_UPSTREAMS  ? f->upstreams
           : view->page == DRAW_TOP_REASONS  ? WHY_COUNT
           : view->page == DRAW_TOP_LANES    ? f->reading->lanes
           : view->page == DRAW_TOP_NETWORKS ? lines_of(networks_of(view))
                                             : 0;
}

void
draw_top(const struct figures *f, const struct judgement *j, const struct draw_top_view *view,
         struct sheet *to)
{
    to->most = view->width;
    draw_identity(f, view, to);
    draw_sentence(f, j, view, to);
    if (view->width < DRAW_TOP_WIDTH || view->height < DRAW_TOP_HEIGHT) {
        flow_findings(f, j, view, to);
        sheet_keep_lines(to, view->height);
        return;
    }
    sheet_end_line(to, 0);
    if (view->page == DRAW_TOP_ALL)
        draw_all(f, j, view, to);
    else
        draw_one(f, j, view, to);
    while (lines_of(to->text) + 1 < view->height)
        sheet_end_line(to, 0);
    draw_keys(view, to);
}
