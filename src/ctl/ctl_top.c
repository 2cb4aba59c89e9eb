/* ctl_top.c - the live view: readings at a pace, keys, and what is shown
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_top.h"

#include "ctl/ctl_fronts.h"
#include "ctl/ctl_options.h"
#include "os/sys.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_MS 1000
#define PAGE_ROWS 10 /* that a key for a page moves */
#define ASK_MS                                                                                     \
    30000 /* fronts are asked for networks no more often: the service logs each request */

static const unsigned paces_s[] = {1, 2, 5, 10, 30, CTL_OPTIONS_INTERVAL_S_MAX};
#define PACES (sizeof paces_s / sizeof paces_s[0])

void
ctl_top_begin(struct ctl_top *top, unsigned interval_s)
{
    memset(top, 0, sizeof *top);
    top->view.interval_s = interval_s;
    top->view.networks = top->networks;
}

/* --- keys ------------------------------------------------------------------------------------ */

/* A page's key leaves it, too. */
static void
turn_to(struct draw_top_view *view, enum draw_top_page page)
{
    view->page = view->page == page ? DRAW_TOP_ALL : page;
    view->first = 0;
}

static void
scroll(struct draw_top_view *view, int rows, const struct figures *figures)
{
    unsigned all = draw_top_rows(figures, view), most = all > 0 ? all - 1 : 0;
    int first = (int)view->first + rows;
    view->first = first < 0 ? 0 : (unsigned)first > most ? most : (unsigned)first;
}

/* The next pace that is quicker, or slower. */
static void
change_pace(struct draw_top_view *view, bool is_quicker)
{
    for (size_t i = 0; i < PACES; i++) {
        unsigned pace_s = paces_s[is_quicker ? PACES - 1 - i : i];
        if (is_quicker ? pace_s < view->interval_s : pace_s > view->interval_s) {
            view->interval_s = pace_s;
            return;
        }
    }
}

static void
move_by_key(struct draw_top_view *view, int key, const struct figures *figures)
{
    switch (key) {
    case CTL_SCREEN_UP:
        scroll(view, -1, figures);
        break;
    case CTL_SCREEN_DOWN:
        scroll(view, 1, figures);
        break;
    case CTL_SCREEN_PAGE_UP:
        scroll(view, -PAGE_ROWS, figures);
        break;
    case CTL_SCREEN_PAGE_DOWN:
        scroll(view, PAGE_ROWS, figures);
        break;
    case CTL_SCREEN_HOME:
        view->first = 0;
        break;
    default:
        break;
    }
}

void
ctl_top_press(struct ctl_top *top, int key, const struct figures *figures)
{
    struct draw_top_view *view = &top->view;
    switch (key) {
    case 'q':
        top->is_ended = true;
        break;
    case 's':
        view->sort = (enum draw_top_sort)((view->sort + 1) % DRAW_TOP_SORTS);
        break;
    case 'p':
        view->is_paused = !view->is_paused;
        top->is_due = !view->is_paused;
        break;
    case 'u':
        turn_to(view, DRAW_TOP_UPSTREAMS);
        break;
    case 'r':
        turn_to(view, DRAW_TOP_REASONS);
        break;
    case 'l':
        turn_to(view, DRAW_TOP_LANES);
        break;
    case 'n':
        turn_to(view, DRAW_TOP_NETWORKS);
        break;
    case 't':
        turn_to(view, DRAW_TOP_TIMES);
        break;
    case '?':
    case 'h':
        turn_to(view, DRAW_TOP_HELP);
        break;
    case '+':
    case '=':
        change_pace(view, true);
        break;
    case '-':
        change_pace(view, false);
        break;
    case ' ':
        top->is_due = true;
        break;
    case CTL_SCREEN_ESCAPE:
        turn_to(view, DRAW_TOP_ALL);
        break;
    default:
        move_by_key(view, key, figures);
        break;
    }
}

/* --- going on -------------------------------------------------------------------------------- */

static uint64_t
now_ms(void)
{
    return sys_clock_us(CLOCK_MONOTONIC) / 1000;
}

/* Where the service has gone the figures stay; a service that is back gives others. */
static enum status
read_again(struct ctl_top *top, struct ctl_gather *gather, const char *socket)
{
    enum status status = STATUS_OK;
    if (top->view.not_reached > 0)
        status = ctl_gather_reopen(gather, socket);
    if (status == STATUS_OK)
        status = ctl_gather_read(gather);
    if (status == STATUS_OK)
        top->view.not_reached = 0;
    else if (top->view.not_reached == 0)
        top->view.not_reached = (uint64_t)time(NULL);
    top->is_due = false;
    return status;
}

/* While their page is shown. Who may not know is told so. */
static void
ask_networks(struct ctl_top *top, struct ctl_gather *gather)
{
    static struct ctl_fronts_networks networks;
    bool is_told = top->networks_ms > 0;
    bool is_early = is_told && (top->is_no_operator || top->view.is_paused ||
                                now_ms() < top->networks_ms + ASK_MS);
    if (top->view.page != DRAW_TOP_NETWORKS || top->view.not_reached > 0 || is_early)
        return;
    enum status status = ctl_fronts_ask_networks(&gather->client, &networks);
    if (status == STATUS_OK)
        ctl_fronts_show_networks(&networks, top->networks);
    else
        snprintf(top->networks, sizeof top->networks,
                 "Operators alone are told of networks (control.operators): %s.\n",
                 gather->client.error);
    top->is_no_operator = status == STATUS_NONE; /* the service would log each further try */
    top->networks_ms = now_ms();
}

static void
draw(const struct ctl_top *top, const struct ctl_gather *gather, struct ctl_screen *screen)
{
    static char text[DRAW_TOP_MAX];
    struct sheet sheet;
    struct draw_top_view view = top->view;
    view.width = screen->width;
    view.height = screen->height;
    sheet_begin(&sheet, text, sizeof text, screen->is_plain, !screen->is_plain);
    draw_top(&gather->sight.figures, &gather->sight.judgement, &view, &sheet);
    ctl_screen_draw(screen, text);
}

enum status
ctl_top_run(struct ctl_top *top, struct ctl_gather *gather, struct ctl_screen *screen,
            const char *socket)
{
    enum status status = ctl_gather_rates(gather);
    uint64_t read_ms = now_ms();
    while (status == STATUS_OK && !top->is_ended) {
        int key;
        draw(top, gather, screen);
        uint64_t next_ms = read_ms + (uint64_t)top->view.interval_s * SECOND_MS, at_ms = now_ms();
        int wait_ms = top->view.is_paused ? -1 : next_ms > at_ms ? (int)(next_ms - at_ms) : 0;
        enum ctl_screen_event event =
            top->is_due ? CTL_SCREEN_NOTHING : ctl_screen_wait(screen, wait_ms, &key);
        if (event == CTL_SCREEN_KEY)
            ctl_top_press(top, key, &gather->sight.figures);
        else if (event == CTL_SCREEN_END)
            break;
        if (top->is_due || (!top->view.is_paused && now_ms() >= next_ms)) {
            (void)read_again(top, gather, socket);
            read_ms = now_ms();
        }
        ask_networks(top, gather);
    }
    return status;
}
