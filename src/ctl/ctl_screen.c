/* ctl_screen.c - the terminal of the live view
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_screen.h"

#include "view/sheet.h"

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <wchar.h>

#define ESCAPE_MS 25     /* a key that begins with ESC has come whole by then */
#define TRIANGLE  0x25b2 /* one of the signs that stand in frames */

/* --- opening --------------------------------------------------------------------------------- */

/* A locale that is named and not installed is no reason to do without its characters. */
static bool
has_signs(void)
{
    if (setlocale(LC_CTYPE, "") == NULL && setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return false;
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 && wcwidth(TRIANGLE) == 1;
}

/* None of them interrupts what is done: each is read when its turn comes. */
static int
open_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaddset(&set, numbers[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    /* one that is blocked is kept though it is ignored; and curses leaves it alone, which else sets
       its action at each refresh */
    signal(SIGTSTP, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
take_size(struct ctl_screen *screen)
{
    int height, width;
    getmaxyx(stdscr, height, width);
    screen->height = height > 0 ? (unsigned)height : 1;
    screen->width = width > 0 ? (unsigned)width : 1;
}

static void
set_colours(void)
{
    if (!has_colors() || start_color() != OK || use_default_colors() != OK)
        return;
    init_pair(SHEET_LOOK, COLOR_YELLOW, -1);
    init_pair(SHEET_ACT, COLOR_RED, -1);
}

enum status
ctl_screen_open(struct ctl_screen *screen, bool is_plain, const char **what_failed)
{
    *screen = (struct ctl_screen){.signals = -1};
    *what_failed = "top needs a terminal; --once and --json do not";
    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return STATUS_INVALID;
    screen->is_plain = !has_signs() || is_plain;
    *what_failed = "signals cannot be read";
    screen->signals = open_signals();
    if (screen->signals < 0)
        return STATUS_SYSTEM;
    *what_failed = "the type of this terminal (TERM) is not known; --once and --json do without";
    set_escdelay(ESCAPE_MS);
    screen->terminal = newterm(NULL, stdout, stdin);
    if (screen->terminal == NULL) {
        ctl_screen_close(screen);
        return STATUS_INVALID;
    }
    cbreak();
    noecho();
    nonl();
    typeahead(-1);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    if (!screen->is_plain)
        set_colours();
    take_size(screen);
    return STATUS_OK;
}

void
ctl_screen_close(struct ctl_screen *screen)
{
    if (screen->terminal != NULL)
        endwin();
    screen->terminal = NULL;
    if (screen->signals >= 0)
        close(screen->signals);
    screen->signals = -1;
}

/* --- drawing --------------------------------------------------------------------------------- */

static void
set_style(char style)
{
    switch ((enum sheet_style)style) {
    case SHEET_LOOK:
        attrset(A_BOLD | COLOR_PAIR(SHEET_LOOK));
        break;
    case SHEET_ACT:
        attrset(A_BOLD | A_REVERSE | COLOR_PAIR(SHEET_ACT));
        break;
    case SHEET_DIM:
        attrset(A_DIM);
        break;
    case SHEET_PLAIN:
    case SHEET_WELL:
    case SHEET_STYLES:
        attrset(A_NORMAL);
        break;
    }
}

void
ctl_screen_draw(struct ctl_screen *screen, const char *text)
{
    static const char ends[] = {'\n', SHEET_PLAIN, SHEET_WELL, SHEET_LOOK, SHEET_ACT, SHEET_DIM, 0};
    unsigned line = 0;
    erase();
    move(0, 0);
    while (*text != '\0' && line < screen->height) {
        size_t size = strcspn(text, ends);
        addnstr(text, (int)size);
        text += size;
        if (*text == '\n')
            move((int)++line, 0);
        else if (*text != '\0')
            set_style(*text);
        text += *text != '\0';
    }
    attrset(A_NORMAL);
    refresh();
}

/* --- waiting --------------------------------------------------------------------------------- */

static enum ctl_screen_event
obey_signal(struct ctl_screen *screen)
{
    struct signalfd_siginfo info;
    struct winsize size;
    if (read(screen->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return CTL_SCREEN_NOTHING;
    switch (info.ssi_signo) {
    case SIGWINCH:
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
            resizeterm(size.ws_row, size.ws_col);
        clearok(curscr, TRUE); /* a size that came back in time is none for curses */
        take_size(screen);
        return CTL_SCREEN_CHANGED;
    case SIGTSTP:
        endwin(); /* the next refresh() takes it over again */
        kill(0, SIGSTOP);
        return CTL_SCREEN_CHANGED;
    case SIGCONT:
        clearok(curscr, TRUE);
        return CTL_SCREEN_CHANGED;
    default:
        return CTL_SCREEN_END;
    }
}

/* @return false: no key is there */
static bool
take_key(int *key)
{
    *key = getch();
    switch (*key) {
    case ERR:
    case KEY_RESIZE:
        return false;
    case KEY_UP:
        *key = CTL_SCREEN_UP;
        break;
    case KEY_DOWN:
        *key = CTL_SCREEN_DOWN;
        break;
    case KEY_PPAGE:
        *key = CTL_SCREEN_PAGE_UP;
        break;
    case KEY_NPAGE:
        *key = CTL_SCREEN_PAGE_DOWN;
        break;
    case KEY_HOME:
        *key = CTL_SCREEN_HOME;
        break;
    default:
        break;
    }
    return true;
}

enum ctl_screen_event
ctl_screen_wait(struct ctl_screen *screen, int timeout_ms, int *key)
{
    struct pollfd from[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = screen->signals, .events = POLLIN}};
    if (take_key(key)) /* curses may hold some that it read with another */
        return CTL_SCREEN_KEY;
    if (poll(from, 2, timeout_ms) <= 0)
        return CTL_SCREEN_NOTHING;
    if (from[1].revents != 0)
        return obey_signal(screen);
    if (take_key(key))
        return CTL_SCREEN_KEY;
    return (from[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 ? CTL_SCREEN_END
                                                                   : CTL_SCREEN_NOTHING;
}
