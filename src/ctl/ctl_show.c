/* ctl_show.c - what penstockctl says, as text
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_show.h"

#include "base/lower.h"
#include "view/draw_status.h"
#include "view/draw_status_routes.h"
#include "view/number.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define VALUE_END 40 /* column behind a counter's value */
#define DEAD_US   60000000U
#define SIZE_MOST 1000 /* columns or rows */

/* Those that are known to show escape sequences as text, or of which nothing is known. */
static bool
has_term_styles(const char *term)
{
    return term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0 &&
           strcmp(term, "vt52") != 0;
}

struct ctl_show
ctl_show_how(bool is_terminal, const char *no_color, const char *term, const char *locale)
{
    bool is_utf8 = locale != NULL &&
                   (strcasestr(locale, "UTF-8") != NULL || strcasestr(locale, "UTF8") != NULL);
    bool is_unwanted = no_color != NULL && no_color[0] != '\0';
    bool is_plain = !is_terminal || !is_utf8 || is_unwanted || !has_term_styles(term);
    return (struct ctl_show){.is_plain = is_plain, .has_styles = !is_plain};
}

static enum status
write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return STATUS_SYSTEM;
        text += n;
        size -= (size_t)n;
    }
    return STATUS_OK;
}

enum status
ctl_show_write(int fd, const char *text)
{
    static const char *const codes[SHEET_STYLES] = {
        [SHEET_PLAIN] = "\033[0m",    [SHEET_WELL] = "",       [SHEET_LOOK] = "\033[1;33m",
        [SHEET_ACT] = "\033[1;31;7m", [SHEET_DIM] = "\033[2m",
    };
    static const char styles[] = {SHEET_PLAIN, SHEET_WELL, SHEET_LOOK, SHEET_ACT, SHEET_DIM, 0};
    while (*text != '\0') {
        size_t plain = strcspn(text, styles);
        if (write_all(fd, text, plain) != STATUS_OK)
            return STATUS_SYSTEM;
        text += plain;
        if (*text == '\0')
            break;
        const char *code = codes[(unsigned char)*text++];
        if (write_all(fd, code, strlen(code)) != STATUS_OK)
            return STATUS_SYSTEM;
    }
    return STATUS_OK;
}

void
ctl_show_status(const struct figures *figures, const struct judgement *judgement,
                struct ctl_show how, char text[CTL_SHOW_MAX])
{
    struct sheet sheet;
    sheet_begin(&sheet, text, CTL_SHOW_MAX, how.is_plain, how.has_styles);
    draw_status(figures, judgement, &sheet);
}

static unsigned
size_of(const char *text, unsigned otherwise)
{
    unsigned size = 0;
    if (text == NULL || text[0] == '\0')
        return otherwise;
    for (; *text >= '0' && *text <= '9' && size < SIZE_MOST; text++)
        size = size * 10 + (unsigned)(*text - '0');
    return *text == '\0' && size > 0 && size < SIZE_MOST ? size : otherwise;
}

void
ctl_show_size(int fd, const char *columns, const char *lines, struct ctl_show *how)
{
    struct winsize size;
    bool is_known = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    how->width = size_of(columns, is_known ? size.ws_col : DRAW_TOP_WIDTH);
    how->height = size_of(lines, is_known ? size.ws_row : DRAW_TOP_HEIGHT);
}

void
ctl_show_top(const struct figures *figures, const struct judgement *judgement,
             const struct draw_top_view *view, struct ctl_show how, char text[CTL_SHOW_MAX])
{
    struct sheet sheet;
    sheet_begin(&sheet, text, CTL_SHOW_MAX, how.is_plain, how.has_styles);
    draw_top(figures, judgement, view, &sheet);
}

static void
add_row(struct sheet *to, const char *name, uint64_t value, const char *sentence)
{
    char lower[LOWER_ROOM], figure[NUMBER_TEXT_MAX];
    sheet_add(to, "  %s", lower_name(name, lower, sizeof lower));
    sheet_right(to, VALUE_END, number_count(value, figure));
    sheet_add(to, "  %s", sentence);
    sheet_end_line(to, 0);
}

static void
add_stages(struct sheet *to, const struct stages *stages)
{
    static const unsigned per_mille[] = {500, 900, 990};
    sheet_add(to, "\nTime that stages took, in ms%*s%*s%*s%*s\n", 12, "count", 9, "half", 9, "90 %",
              9, "99 %");
    for (unsigned i = 0; i < STATS_STAGES; i++) {
        enum stats_stage stage = (enum stats_stage)i;
        char name[LOWER_ROOM], figure[NUMBER_TEXT_MAX];
        sheet_add(to, "  %s", lower_name(stats_stage_name(stage), name, sizeof name));
        sheet_right(to, VALUE_END, number_count(stages_count(stages, stage), figure));
        for (unsigned k = 0; k < 3; k++)
            sheet_right(to, VALUE_END + 9 * (k + 1),
                        number_ms(stages_us(stages, stage, per_mille[k]), figure));
        sheet_add(to, "  %s", stats_stage_text(stage));
        sheet_end_line(to, 0);
    }
}

void
ctl_show_stats(const struct reading *reading, const struct stages *stages, char text[CTL_SHOW_MAX])
{
    static const char *const groups[WHY_GROUPS] = {
        [WHY_GROUP_ANSWERED] = "Answered",
        [WHY_GROUP_TURNED_AWAY] = "Turned away by a rule",
        [WHY_GROUP_FAILED] = "Failed",
        [WHY_GROUP_NEITHER] = "Neither: the client's own doing",
    };
    static const char *const rcodes[STATS_RCODES] = {
        "the answer, or that there is none of this type",
        "the query is malformed",
        "the server failed",
        "the name does not exist",
        "the server cannot do that",
        "a policy is against it",
        "any other code",
    };
    const struct tally *tally = &reading->tally;
    struct sheet to;
    sheet_begin(&to, text, CTL_SHOW_MAX, true, false);
    for (unsigned gauge = 0; gauge < 2; gauge++) {
        sheet_add(&to, gauge == 0 ? "Counted since the start\n" : "\nNow\n");
        for (unsigned i = 0; i < STATS_COUNT; i++)
            if (stats_is_gauge((enum stats_counter)i) == (gauge == 1))
                add_row(&to, stats_name((enum stats_counter)i), tally->counts[i],
                        stats_text((enum stats_counter)i));
        if (gauge == 0) {
            add_row(&to, "dropped_unread", tally->drops, "messages over UDP that found no room");
            add_row(&to, "dropped_by_filter", tally->filtered,
                    "messages over UDP that the kernel dropped as no queries (filter.kernel)");
        }
    }
    add_stages(&to, stages);
    sheet_add(&to, "\nResponses to clients by RCODE\n");
    for (unsigned i = 0; i < STATS_RCODES; i++)
        add_row(&to, stats_rcode_name(i), tally->rcodes[i], rcodes[i]);
    for (unsigned group = 0; group < WHY_GROUPS; group++) {
        sheet_add(&to, "\n%s\n", groups[group]);
        for (unsigned i = 0; i < WHY_COUNT; i++)
            if (why_part_group(why_part((enum why)i)) == group)
                add_row(&to, why_name((enum why)i), tally->why[i], why_text((enum why)i));
    }
}

void
ctl_show_upstreams(const struct figures *figures, char addresses[STATS_UPSTREAMS][64],
                   char text[CTL_SHOW_MAX])
{
    struct sheet to;
    sheet_begin(&to, text, CTL_SHOW_MAX, true, false);
    draw_status_upstreams(figures, &to);
    draw_status_routes(figures, &to);
    for (unsigned i = 0; i < figures->upstreams; i++) {
        if (addresses[i][0] == '\0')
            continue;
        const struct reading_upstream *is = figures->of_upstream[i].is;
        sheet_add(&to, "%s  %s  %s%s%s", i == 0 ? "\nAddresses\n" : "", is->name, addresses[i],
                  is->shows[0] != '\0' ? "  shows " : "", is->shows);
        sheet_end_line(&to, 0);
    }
}

const char *
ctl_show_ailment(const struct reading *reading)
{
    if (reading->age_us > DEAD_US)
        return "the supervisor does not look after its processes";
    if (reading->phase != SERVICE_PAGE_RUNS)
        return reading->phase == SERVICE_PAGE_STOPS ? "it is stopping" : "it is starting";
    return reading->serving > 0 ? NULL : "no lane serves";
}
