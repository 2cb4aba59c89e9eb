/* says.c - the sentences about what was judged
 * SPDX-License-Identifier: ISC
 */
#include "view/says.h"

#include "view/moment.h"
#include "view/says_route.h"
#include "view/sheet.h"

#include <stdio.h>
#include <string.h>

#define DAY_S 86400U

const char *
says_span(const struct figures *f, char text[MOMENT_TEXT_MAX])
{
    if (f->is_whole)
        snprintf(text, MOMENT_TEXT_MAX, "5 minutes");
    else
        moment_span(f->span_s > 0 ? f->span_s : 1, text);
    return text;
}

/* --- how clients fare ------------------------------------------------------------------------ */

static const struct judge_finding *
find(const struct judgement *judgement, enum judge_kind kind)
{
    for (unsigned i = 0; i < judgement->count; i++)
        if (judgement->findings[i].kind == kind)
            return &judgement->findings[i];
    return NULL;
}

static void
say_idle(const struct figures *f, struct sheet *to)
{
    char words[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    sheet_add(to, "No query came in %s. ", says_span(f, span));
    if (f->usable == 0 || figures_is_down(f, 0))
        sheet_add(to, "%s.", says_route_none(f));
    else if (f->usable < f->upstreams)
        sheet_add(to, "%u of %u upstreams can be asked.", f->usable, f->upstreams);
    else if (f->upstreams == 1)
        sheet_add(to, "The upstream can be asked.");
    else if (f->upstreams == 2)
        sheet_add(to, "Both upstreams can be asked.");
    else
        sheet_add(to, "All %s upstreams can be asked.", number_word(f->upstreams, words));
}

const char *
says_clients(const struct figures *f, const struct judgement *judgement, char text[SAYS_LINE_MAX])
{
    struct sheet to;
    char route[SAYS_LINE_MAX];
    const struct judge_finding *share = find(judgement, JUDGE_SHARE);
    const struct judge_finding *errors = find(judgement, JUDGE_ERRORS);
    sheet_begin(&to, text, SAYS_LINE_MAX, true, false);
    if (f->span_s == 0)
        sheet_add(&to, "There is one reading only, so no rate can be told.");
    else if (f->queries_count == 0)
        say_idle(f, &to);
    else if (f->failed_minute_count > 0 && f->answered_minute_count == 0)
        sheet_add(&to, judgement->level == JUDGE_WELL
                           ? "Too few queries came to judge by, and none was answered."
                           : "No client is answered.");
    else if (errors != NULL && errors->level == JUDGE_ACT)
        sheet_add(&to, "Clients get errors: upstreams answer with little else.");
    else if (f->usable == 0 && f->stale_count > 0)
        sheet_add(&to, "Clients get old answers: no upstream can be asked.");
    else if (f->usable > 0 && figures_is_down(f, 0))
        sheet_add(&to, "%s.", says_route_none(f));
    else if (share != NULL && share->level == JUDGE_ACT && f->share_minute < 9900)
        sheet_add(&to, "%u in 100 queries fail.", (unsigned)((10099 - f->share_minute) / 100));
    else if (share != NULL && f->share < 9900)
        sheet_add(&to, "%u in 100 queries fail.", (unsigned)((10099 - f->share) / 100));
    else if (share != NULL)
        sheet_add(&to, "Nearly all clients are answered.");
    else if (f->routes_down > 0)
        sheet_add(&to, "Clients are answered, but for names of %s.", says_route_down(f, route));
    else
        sheet_add(&to, "Clients are answered.");
    return text;
}

static void
add_word(struct sheet *to, uint64_t count)
{
    char words[NUMBER_TEXT_MAX];
    sheet_add(to, "%s thing%s need%s you", number_word_first(count, words), count == 1 ? "" : "s",
              count == 1 ? "s" : "");
}

const char *
says_needs(const struct judgement *judgement, char text[SAYS_LINE_MAX])
{
    char words[NUMBER_TEXT_MAX];
    unsigned look = judgement->count - judgement->act;
    struct sheet to;
    sheet_begin(&to, text, SAYS_LINE_MAX, true, false);
    if (judgement->count == 0) {
        sheet_add(&to, "Nothing needs you.");
    } else if (judgement->act == 0) {
        add_word(&to, look);
        sheet_add(&to, look == 1 ? ", not tonight." : ", none of them tonight.");
    } else {
        add_word(&to, judgement->act);
        sheet_add(&to, " now%s%s%s", look > 0 ? "; " : ".",
                  look > 0 ? number_word(look, words) : "", look > 0 ? " more can wait." : "");
    }
    return text;
}

/* --- an upstream in a table ------------------------------------------------------------------ */

const char *
says_state(const struct figures_upstream *up)
{
    switch (up->is->state) {
    case STATS_UPSTREAM_UNASKED:
        return "not asked yet";
    case STATS_UPSTREAM_USABLE:
        return up->is->connections > 0 ? "in use" : "ready";
    case STATS_UPSTREAM_REFUSED:
        return "refused";
    case STATS_UPSTREAM_DOWN:
        return "down";
    }
    return "";
}

const char *
says_cause(enum stats_upstream_cause cause)
{
    switch (cause) {
    case STATS_CAUSE_NONE:
        return "its cause is not known";
    case STATS_CAUSE_PIN:
        return "no pin matches its key";
    case STATS_CAUSE_CA:
        return "no trusted CA signed its certificate";
    case STATS_CAUSE_NAME:
        return "its certificate is for another name";
    case STATS_CAUSE_DATES:
        return "its certificate has ended or not begun";
    case STATS_CAUSE_CERTIFICATE:
        return "its certificate or key is unfit";
    case STATS_CAUSE_TLS:
        return "TLS with it fails";
    case STATS_CAUSE_LOST:
        return "it does not answer";
    }
    return "";
}

const char *
says_key(const struct figures_upstream *up, char text[SAYS_LINE_MAX])
{
    const struct reading_upstream *is = up->is;
    if (!is->has_pins)
        snprintf(text, SAYS_LINE_MAX, "by CA");
    else if (!up->is_usable && is->cause == STATS_CAUSE_PIN)
        snprintf(text, SAYS_LINE_MAX, "none of %u", is->pins);
    else if (is->pin_seen == 0)
        snprintf(text, SAYS_LINE_MAX, "-");
    else
        snprintf(text, SAYS_LINE_MAX, "pin %u/%u%s", is->pin_seen, is->pins,
                 up->has_spare ? "" : ", last");
    return text;
}

const char *
says_days(const struct figures_upstream *up, char text[SAYS_LINE_MAX])
{
    uint64_t days = judge_days(up->is);
    if (days == NUMBER_NONE || !up->is_usable)
        snprintf(text, SAYS_LINE_MAX, "-");
    else if (days == 0)
        snprintf(text, SAYS_LINE_MAX, "today");
    else
        snprintf(text, SAYS_LINE_MAX, "%llu day%s", (unsigned long long)days, days == 1 ? "" : "s");
    return text;
}

/* --- findings in a few words ----------------------------------------------------------------- */

static const struct figures_upstream *
upstream_of(const struct figures *f, const struct judge_finding *finding)
{
    return &f->of_upstream[finding->upstream];
}

const char *
says_when(const struct figures *f, const struct judge_finding *finding, char text[SAYS_LINE_MAX])
{
    char day[MOMENT_TEXT_MAX];
    if (finding->kind != JUDGE_CERTIFICATE || finding->level == JUDGE_ACT) {
        snprintf(text, SAYS_LINE_MAX, "%s", judge_when(finding));
        return text;
    }
    moment_day(upstream_of(f, finding)->is->ends_s, day);
    snprintf(text, SAYS_LINE_MAX, "BY %s", day);
    for (char *c = text; *c != '\0'; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    return text;
}

const char *
says_object(const struct figures *f, const struct judge_finding *finding)
{
    switch (finding->kind) {
    case JUDGE_ERRORS:
    case JUDGE_PIN:
    case JUDGE_MISSING:
    case JUDGE_LAST_PIN:
    case JUDGE_CERTIFICATE:
        return upstream_of(f, finding)->is->name;
    case JUDGE_OLD:
    case JUDGE_NONE:
    case JUDGE_ROUTE:
    case JUDGE_SHARE:
    case JUDGE_STALE:
    case JUDGE_DIED:
    case JUDGE_AUDIT:
    case JUDGE_WAITING:
    case JUDGE_TCP_CLIENTS:
    case JUDGE_DROPPED:
    case JUDGE_SLOW:
    case JUDGE_NETWORK:
    case JUDGE_KINDS:
        break;
    }
    return "";
}

static void
brief_of_upstream(const struct figures *f, const struct judge_finding *finding, struct sheet *to)
{
    const struct figures_upstream *up = upstream_of(f, finding);
    char days[SAYS_LINE_MAX], percent[NUMBER_TEXT_MAX];
    if (finding->kind == JUDGE_ERRORS)
        sheet_add(to, "%s %% of its responses are errors", number_percent(up->errors, percent));
    else if (finding->kind == JUDGE_LAST_PIN)
        sheet_add(to, "backup key in use, no spare pin is left");
    else if (finding->kind == JUDGE_CERTIFICATE)
        sheet_add(to, "certificate ends %s%s", judge_days(up->is) > 0 ? "in " : "",
                  says_days(up, days));
    else if (up->is_usable) /* it is quiet, and not yet for long enough */
        sheet_add(to, "can be asked again");
    else
        sheet_add(to, "%s: %s", says_state(up), says_cause(up->is->cause));
}

static void
brief_of_none(const struct figures *f, const struct judge_finding *finding, struct sheet *to)
{
    char route[SAYS_LINE_MAX];
    if (finding->kind == JUDGE_NONE)
        sheet_add(to, !figures_is_down(f, 0) ? "upstreams are back"
                      : f->usable == 0       ? "no upstream can be asked"
                                             : "no upstream outside of routes");
    else if (f->routes_down > 0)
        sheet_add(to, "no upstream for %s", says_route_down(f, route));
    else
        sheet_add(to, "upstreams of routes are back");
}

const char *
says_briefly(const struct figures *f, const struct judge_finding *finding, char text[SAYS_LINE_MAX])
{
    char one[NUMBER_TEXT_MAX], two[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    struct sheet to;
    sheet_begin(&to, text, SAYS_LINE_MAX, true, false);
    switch (finding->kind) {
    case JUDGE_ERRORS:
    case JUDGE_PIN:
    case JUDGE_MISSING:
    case JUDGE_LAST_PIN:
    case JUDGE_CERTIFICATE:
        brief_of_upstream(f, finding, &to);
        break;
    case JUDGE_OLD:
        sheet_add(&to, "figures are %s old", moment_span(f->reading->age_us / 1000000, span));
        break;
    case JUDGE_NONE:
    case JUDGE_ROUTE:
        brief_of_none(f, finding, &to);
        break;
    case JUDGE_SHARE:
        sheet_add(&to, "%s %% of queries answered", number_share(f->share, one));
        break;
    case JUDGE_STALE:
        sheet_add(&to, "%s old answers in %s", number_count(f->stale_count, one),
                  says_span(f, span));
        break;
    case JUDGE_DIED:
        sheet_add(&to, "%s process%s died in an hour", number_word(f->died_hour, one),
                  f->died_hour == 1 ? "" : "es");
        break;
    case JUDGE_AUDIT:
        sheet_add(&to, "audit log not written");
        break;
    case JUDGE_WAITING:
        sheet_add(&to, "%s of %s queries wait", number_count(f->waiting, one),
                  number_count(f->waiting_most, two));
        break;
    case JUDGE_TCP_CLIENTS:
        sheet_add(&to, "%s of %s TCP clients", number_count(f->tcp_clients, one),
                  number_count(f->tcp_clients_most, two));
        break;
    case JUDGE_DROPPED:
        sheet_add(&to, "%s packets dropped unread", number_count(f->dropped_count, one));
        break;
    case JUDGE_SLOW:
        sheet_add(&to, "99 of 100 answers take %s ms", number_ms(f->most_us, one));
        break;
    case JUDGE_NETWORK:
        sheet_add(&to, "clients over limit, %s /s turned away", number_rate(f->over_limit, one));
        break;
    case JUDGE_KINDS:
        break;
    }
    return text;
}

const char *
says_mark(const struct figures *f, const struct judge_finding *finding, char text[SAYS_LINE_MAX])
{
    const char *object = says_object(f, finding);
    int used = snprintf(text, SAYS_LINE_MAX, "%s%s", object, object[0] != '\0' ? " " : "");
    const char *name = judge_name(finding->kind);
    for (; *name != '\0' && used + 1 < SAYS_LINE_MAX; name++)
        text[used++] = *name == '_' ? ' ' : (char)(*name - 'A' + 'a');
    text[used] = '\0';
    return text;
}

const char *
says_act(const struct judge_finding *finding)
{
    switch (finding->kind) {
    case JUDGE_OLD:
        return "look at the supervisor";
    case JUDGE_NONE:
    case JUDGE_ROUTE:
    case JUDGE_MISSING:
        return "penstockctl status";
    case JUDGE_SHARE:
    case JUDGE_STALE:
    case JUDGE_SLOW:
        return "look at the upstreams";
    case JUDGE_PIN:
        return "compare keys before you pin";
    case JUDGE_LAST_PIN:
        return "add the next backup pin";
    case JUDGE_ERRORS:
    case JUDGE_CERTIFICATE:
        return "ask its operator";
    case JUDGE_DIED:
    case JUDGE_AUDIT:
        return "read the log";
    case JUDGE_WAITING:
    case JUDGE_TCP_CLIENTS:
    case JUDGE_DROPPED:
        return "penstockctl status";
    case JUDGE_NETWORK:
        return "penstockctl networks";
    case JUDGE_KINDS:
        break;
    }
    return "";
}
