/* finding_line.c - a finding in two sentences: what it is, and what to do
 * SPDX-License-Identifier: ISC
 */
#include "view/finding_line.h"

#include "view/says_route.h"
#include "view/sheet.h"

static const struct figures_upstream *
upstream_of(const struct figures *f, const struct judge_finding *finding)
{
    return &f->of_upstream[finding->upstream];
}

/* --- what it is ------------------------------------------------------------------------------ */

static void
tell_end(const struct figures_upstream *up, struct sheet *to)
{
    uint64_t days = judge_days(up->is);
    char number[NUMBER_TEXT_MAX];
    sheet_add(to, "%s: its certificate ends ", up->is->name);
    if (days == NUMBER_NONE || days == 0)
        sheet_add(to, "within a day.");
    else
        sheet_add(to, "in %s day%s.", number_count(days, number), days == 1 ? "" : "s");
}

static void
tell_upstream(const struct figures *f, const struct judge_finding *finding, struct sheet *to)
{
    const struct figures_upstream *up = upstream_of(f, finding);
    char percent[NUMBER_TEXT_MAX];
    if (finding->kind == JUDGE_LAST_PIN)
        sheet_add(to, "%s shows its backup key, and no spare pin is left.", up->is->name);
    else if (finding->kind == JUDGE_CERTIFICATE)
        tell_end(up, to);
    else if (finding->kind == JUDGE_ERRORS)
        sheet_add(to, "%s answers with errors: %s %% of its responses.", up->is->name,
                  number_percent(up->errors, percent));
    else if (up->is_usable) /* it is quiet, and not yet for long enough */
        sheet_add(to, "%s can be asked again.", up->is->name);
    else
        sheet_add(to, "%s is %s: %s. It is asked nothing.", up->is->name, says_state(up),
                  says_cause(up->is->cause));
}

static void
tell_none(const struct figures *f, struct sheet *to)
{
    sheet_add(to, "%s.",
              figures_is_down(f, 0) ? says_route_none(f) : "Upstreams can be asked again");
}

static void
tell_routes(const struct figures *f, struct sheet *to)
{
    char names[SAYS_LINE_MAX];
    if (f->routes_down == 0)
        sheet_add(to, "Upstreams of all routes can be asked again.");
    else if (f->routes_down == 1)
        sheet_add(to, "No upstream can be asked names of %s.", says_route_down(f, names));
    else
        sheet_add(to, "No upstream can be asked names of %s, and of %u more routes.",
                  says_route_down(f, names), f->routes_down - 1);
}

static void
tell_share(const struct figures *f, struct sheet *to)
{
    char count[NUMBER_TEXT_MAX], share[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    sheet_add(to, "%s queries failed in the last %s, %s %% were answered.",
              number_count(f->failed_count, count), says_span(f, span),
              number_share(f->share, share));
}

static void
tell_died(const struct figures *f, struct sheet *to)
{
    char number[NUMBER_TEXT_MAX];
    sheet_add(to, "%s process%s died in the last hour, and %s started again.",
              number_word_first(f->died_hour, number), f->died_hour == 1 ? "" : "es",
              f->died_hour == 1 ? "was" : "were");
}

static void
tell_count(const struct figures *f, uint64_t count, const char *what, struct sheet *to)
{
    char number[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    sheet_add(to, "%s %s in the last %s.", number_count(count, number), what, says_span(f, span));
}

static void
tell_used(uint64_t used, uint64_t most, const char *what, struct sheet *to)
{
    char one[NUMBER_TEXT_MAX], two[NUMBER_TEXT_MAX];
    sheet_add(to, "%s of %s %s.", number_count(used, one), number_count(most, two), what);
}

const char *
finding_line_what(const struct figures *f, const struct judge_finding *finding,
                  char text[FINDING_LINE_MAX])
{
    char number[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    struct sheet to;
    sheet_begin(&to, text, FINDING_LINE_MAX, true, false);
    switch (finding->kind) {
    case JUDGE_ERRORS:
    case JUDGE_PIN:
    case JUDGE_MISSING:
    case JUDGE_LAST_PIN:
    case JUDGE_CERTIFICATE:
        tell_upstream(f, finding, &to);
        break;
    case JUDGE_OLD:
        sheet_add(&to, "The figures are %s old.", moment_span(f->reading->age_us / 1000000, span));
        break;
    case JUDGE_NONE:
        tell_none(f, &to);
        break;
    case JUDGE_ROUTE:
        tell_routes(f, &to);
        break;
    case JUDGE_SHARE:
        tell_share(f, &to);
        break;
    case JUDGE_STALE:
        tell_count(f, f->stale_count, "old answers were given", &to);
        break;
    case JUDGE_DIED:
        tell_died(f, &to);
        break;
    case JUDGE_AUDIT:
        sheet_add(&to, "%s",
                  f->reading->audit == SERVICE_PAGE_AUDIT_FAILS ? "The audit log cannot be written."
                  : f->reading->audit == SERVICE_PAGE_AUDIT_WAITS
                      ? "Another process writes to the audit log."
                      : "The audit log is written again.");
        break;
    case JUDGE_WAITING:
        tell_used(f->waiting, f->waiting_most, "queries wait", &to);
        break;
    case JUDGE_TCP_CLIENTS:
        tell_used(f->tcp_clients, f->tcp_clients_most, "TCP connections of clients are in use",
                  &to);
        break;
    case JUDGE_DROPPED:
        tell_count(f, f->dropped_count, "packets were dropped unread", &to);
        break;
    case JUDGE_SLOW:
        sheet_add(&to, "99 of 100 answers take up to %s ms.", number_ms(f->most_us, number));
        break;
    case JUDGE_NETWORK:
        sheet_add(&to, "Clients are over their limit: %s /s turned away.",
                  number_rate(f->over_limit, number));
        break;
    case JUDGE_KINDS:
        break;
    }
    return text;
}

/* --- what to do ------------------------------------------------------------------------------ */

static void
ask_operator(const struct figures *f, const struct judge_finding *finding, struct sheet *to)
{
    const char *other = "";
    unsigned others = 0;
    uint32_t peers = figures_peers(f, finding->upstream);
    for (unsigned i = 0; i < f->upstreams; i++) {
        if ((peers >> i & 1) != 0 && f->of_upstream[i].is_usable) {
            other = f->of_upstream[i].is->name;
            others++;
        }
    }
    char words[NUMBER_TEXT_MAX];
    if (others == 0)
        sheet_add(to, "Ask its operator. If it ends, no upstream is left.");
    else if (others == 1)
        sheet_add(to, "Ask its operator. If it ends, %s alone is left.", other);
    else
        sheet_add(to, "Ask its operator. If it ends, %s others are left.",
                  number_word(others, words));
}

static const char *
act_on_missing(const struct figures_upstream *up)
{
    if (up->is_usable)
        return "If it stays so for five minutes, this goes away by itself.";
    if (up->is->cause == STATS_CAUSE_LOST)
        return "Look at the path to it, and whether its operator tells of an outage.";
    return "Ask its operator, or mend tls_name or tls.ca_file.";
}

static const char *
act(const struct figures *f, const struct judge_finding *finding)
{
    switch (finding->kind) {
    case JUDGE_OLD:
        return "On the host: `penstockctl status`. If that fails too: `systemctl status penstock`.";
    case JUDGE_NONE:
        return figures_is_down(f, 0)
                   ? "If none of them answers, look at the network of this host first."
                   : "If it stays so for five minutes, this goes away by itself.";
    case JUDGE_ROUTE:
        return f->routes_down > 0 ? "Nobody else is asked them. Look at the path to its upstreams."
                                  : "If it stays so for five minutes, this goes away by itself.";
    case JUDGE_SHARE:
        return "How queries ended is said below. Look at the upstreams.";
    case JUDGE_STALE:
        return "Upstreams did not answer in time. Look at them below.";
    case JUDGE_ERRORS:
        return "Clients get them. Ask its operator, or take it out of \"upstreams\" until then.";
    case JUDGE_PIN:
        return upstream_of(f, finding)->is_usable
                   ? "If it stays so for five minutes, this goes away by itself."
                   : "Compare its key with what its operator publishes before you pin it.";
    case JUDGE_MISSING:
        return act_on_missing(upstream_of(f, finding));
    case JUDGE_LAST_PIN:
        return "Put the operator's next backup pin behind it.";
    case JUDGE_DIED:
        return "The log says how: `journalctl -u penstock -p err`.";
    case JUDGE_AUDIT:
        return "The log says why: `journalctl -u penstock PENSTOCK_EVENT=audit`.";
    case JUDGE_WAITING:
        return "Upstreams are slow, or somebody asks too much. The limit is limits.queries.";
    case JUDGE_TCP_CLIENTS:
        return "Whoever has most gives way. The limit is limits.tcp_clients.";
    case JUDGE_DROPPED:
        return "More lanes or a larger net.core.rmem_max help: `penstockctl status` says which.";
    case JUDGE_SLOW:
        return "Look at the answer times of the upstreams below.";
    case JUDGE_NETWORK:
        return "`penstockctl networks` names the network. Everybody else is served.";
    case JUDGE_CERTIFICATE:
    case JUDGE_KINDS:
        break;
    }
    return "";
}

const char *
finding_line_act(const struct figures *f, const struct judge_finding *finding,
                 char text[FINDING_LINE_MAX])
{
    struct sheet to;
    sheet_begin(&to, text, FINDING_LINE_MAX, true, false);
    if (finding->kind == JUDGE_CERTIFICATE)
        ask_operator(f, finding, &to);
    else
        sheet_add(&to, "%s", act(f, finding));
    return text;
}
