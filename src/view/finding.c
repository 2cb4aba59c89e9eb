/* finding.c - a finding in whole sentences: what, since when, what to do
 * SPDX-License-Identifier: ISC
 */
#include "view/finding.h"

#include "view/finding_route.h"
#include "view/moment.h"
#include "view/says.h"
#include "view/sheet.h"

#include <string.h>

struct telling {
    const struct figures *f;
    const struct judge_finding *finding;
    const struct figures_upstream *up; /* of a finding about one */
    char since[MOMENT_TEXT_MAX];
    struct sheet to;
};

/* "south and harbour", of those that can be asked beside the finding's own. @return how many */
static unsigned
list_others(const struct telling *t, char *text, size_t size)
{
    struct sheet list;
    unsigned others[STATS_UPSTREAMS], count = 0;
    uint32_t peers = figures_peers(t->f, t->finding->upstream);
    for (unsigned i = 0; i < t->f->upstreams; i++)
        if ((peers >> i & 1) != 0 && t->f->of_upstream[i].is_usable)
            others[count++] = i;
    sheet_begin(&list, text, size, true, false);
    for (unsigned i = 0; i < count; i++)
        sheet_add(&list, "%s%s",
                  i == 0           ? ""
                  : i + 1 == count ? " and "
                                   : ", ",
                  t->f->of_upstream[others[i]].is->name);
    return count;
}

static void
tell_who_works(struct telling *t)
{
    char others[SAYS_LINE_MAX * 2];
    unsigned count = list_others(t, others, sizeof others);
    if (count == 0)
        sheet_add(&t->to, "No other upstream can be asked%s. ",
                  t->f->routes > 1 ? " the same names" : "");
    else if (count == 1)
        sheet_add(&t->to, "%s alone does its work. ", others);
    else
        sheet_add(&t->to, "%s do its work. ", others);
}

static void
tell_pin(struct telling *t)
{
    sheet_add(&t->to,
              "%s has been refused since %s: no pin matches its key.\nIt is asked nothing. ",
              t->up->is->name, t->since);
    tell_who_works(t);
    if (t->up->is->shows[0] != '\0')
        sheet_add(&t->to, "It shows\n    %s\n", t->up->is->shows);
    else
        sheet_add(&t->to, "What it shows is told by\n    penstock pin --check %s\n",
                  t->up->is->name);
    sheet_add(&t->to, "Either its operator changed keys, or somebody intercepts the connection. "
                      "Compare with what the "
                      "operator publishes. If it is theirs, put it in \"pins\", then\n"
                      "    penstock --check && penstockctl reload\n"
                      "If not, leave it refused, and ask who could be in the path.");
}

static void
tell_missing(struct telling *t)
{
    if (t->up->is_usable) {
        sheet_add(&t->to, "%s can be asked again. It could not from %s on.\n", t->up->is->name,
                  t->since);
        sheet_add(&t->to, "If it stays so for five minutes, this goes away by itself.");
        return;
    }
    sheet_add(&t->to, "%s has not been usable since %s: %s.\n", t->up->is->name, t->since,
              says_cause(t->up->is->cause));
    tell_who_works(t);
    if (t->up->is->cause == STATS_CAUSE_LOST)
        sheet_add(&t->to, "Look at the path to it, and whether its operator tells of an outage. It "
                          "is tried again by itself.");
    else
        sheet_add(&t->to,
                  "Ask its operator; if the configuration is wrong, mend tls_name or tls.ca_file. "
                  "What it shows is told by\n    penstock pin --check %s",
                  t->up->is->name);
}

static void
tell_last_pin(struct telling *t)
{
    char words[NUMBER_TEXT_MAX];
    sheet_add(&t->to,
              "%s shows its backup key (pin %u of %u)%s%s.\n"
              "No spare pin is behind it: its next change of key is an outage of %s. ",
              t->up->is->name, t->up->is->pin_seen, t->up->is->pins,
              t->up->is->pin_changed_us > 0 ? " since " : "",
              t->up->is->pin_changed_us > 0 ? t->since : "", t->up->is->name);
    sheet_add(&t->to, "Get the operator's next backup pin and put it behind the %s.",
              number_word(t->up->is->pins, words));
}

static void
tell_audit(struct telling *t)
{
    char lost[NUMBER_TEXT_MAX];
    const struct reading *r = t->f->reading;
    if (r->audit == SERVICE_PAGE_AUDIT_WRITES) {
        sheet_add(&t->to,
                  "The audit log is written again. It was not from %s on; %s lines were lost since "
                  "the start.\n",
                  t->since, number_count(r->audit_lost, lost));
        sheet_add(&t->to, "If it stays so for five minutes, this goes away by itself.");
        return;
    }
    if (r->audit == SERVICE_PAGE_AUDIT_WAITS) {
        sheet_add(&t->to,
                  "Another process writes to the audit log since %s, and this one waits until it "
                  "ends. See who that is: fuser on audit.path tells.",
                  t->since);
        return;
    }
    sheet_add(&t->to,
              "The audit log cannot be written since %s; %s lines were lost since the start.\n",
              t->since, number_count(r->audit_lost, lost));
    sheet_add(&t->to,
              "The disk may be full, or the folder not ours to write to; the log says which:\n"
              "    journalctl -u penstock PENSTOCK_EVENT=audit");
}

/* "ends in 6 days, 2 Dec 05:59 UTC" */
static void
tell_end(struct telling *t)
{
    char text[SAYS_LINE_MAX], moment[MOMENT_TEXT_MAX];
    uint64_t days = judge_days(t->up->is);
    sheet_add(&t->to, "%s: its certificate ends %s%s, %s UTC.\n", t->up->is->name,
              days > 0 ? "in " : "", days > 0 ? says_days(t->up, text) : "within a day",
              moment_since(t->up->is->ends_s, t->f->reading->wall_s, moment));
}

static void
tell_certificate(struct telling *t)
{
    char others[SAYS_LINE_MAX * 2];
    unsigned count = list_others(t, others, sizeof others);
    tell_end(t);
    sheet_add(&t->to, "Mostly operators renew by themselves. If it ends, ");
    if (count == 0)
        sheet_add(&t->to, "no upstream is left: ask its operator.");
    else if (count == 1)
        sheet_add(&t->to, "only %s is left.", others);
    else
        sheet_add(&t->to, "%s are left.", others);
}

static void
tell_none(struct telling *t)
{
    if (!figures_is_down(t->f, 0)) {
        sheet_add(&t->to, "Upstreams can be asked again. None could from %s on.\n", t->since);
        sheet_add(&t->to, "If it stays so for five minutes, this goes away by itself.");
        return;
    }
    sheet_add(&t->to, "No upstream%s has been usable since %s.\n",
              t->f->routes > 1 ? " for names outside of routes" : "", t->since);
    for (unsigned i = 0; i < t->f->upstreams; i++)
        if (figures_is_asked(t->f, 0, i))
            sheet_add(&t->to, "%s: %s. ", t->f->of_upstream[i].is->name,
                      says_cause(t->f->of_upstream[i].is->cause));
    sheet_add(&t->to,
              "Clients get what the cache holds, and errors. If all of them do not answer, look at "
              "the network of this host first. They are tried again by themselves.");
}

static void
tell_unreached(struct telling *t)
{
    if (t->finding->kind == JUDGE_NONE)
        tell_none(t);
    else
        finding_route_tell(t->f, t->since, &t->to);
}

static void
tell_share(struct telling *t)
{
    char share[NUMBER_TEXT_MAX], failed[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    unsigned most = WHY_PART_LATE;
    for (unsigned i = 0; i < WHY_PARTS; i++)
        if (why_part_group((enum why_part)i) == WHY_GROUP_FAILED &&
            t->f->parts[i] > t->f->parts[most])
            most = i;
    sheet_add(&t->to, "%s queries failed in the last %s, mostly: %s. %s %% were answered. ",
              number_count(t->f->failed_count, failed), says_span(t->f, span),
              why_part_text((enum why_part)most), number_share(t->f->share, share));
    sheet_add(&t->to, "So it is since %s. Look at the upstreams below.", t->since);
}

static void
tell_stale(struct telling *t)
{
    char count[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    sheet_add(&t->to, "%s old answers were given in the last %s, since %s. ",
              number_count(t->f->stale_count, count), says_span(t->f, span), t->since);
    sheet_add(&t->to, "Upstreams did not answer in time, so what had run out in the cache stood in "
                      "(cache.stale_after). Look at the upstreams below.");
}

static void
tell_errors(struct telling *t)
{
    char percent[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    const struct figures_upstream *up = t->up;
    sheet_add(&t->to, "%s answers with errors since %s: %s %% of its responses in the last %s",
              up->is->name, t->since, number_percent(up->errors, percent), says_span(t->f, span));
    if (up->errors_others != NUMBER_NONE)
        sheet_add(&t->to, ", others %s %%", number_percent(up->errors_others, percent));
    else if (up->errors_usual != NUMBER_NONE)
        sheet_add(&t->to, ", %s %% are usual", number_percent(up->errors_usual, percent));
    sheet_add(
        &t->to,
        ". SERVFAIL, REFUSED, NOTIMP and FORMERR say that it cannot answer, and clients get "
        "them. Ask its operator, or take it out of \"upstreams\" until it is mended. Its log, "
        "if it is yours, says why.");
}

static void
tell_died(struct telling *t)
{
    char words[NUMBER_TEXT_MAX];
    uint64_t died = t->f->died_hour;
    sheet_add(&t->to, "%s process%s died in the last hour, and %s started again.\n",
              number_word_first(died, words), died == 1 ? "" : "es", died == 1 ? "was" : "were");
    sheet_add(&t->to,
              "The log says how:\n    journalctl -u penstock -p err\n"
              "A process that dies of SIGSYS or of a fault in memory is a defect: report it.");
}

static void
tell_room(struct telling *t, uint64_t used, uint64_t most, const char *what, const char *limit)
{
    char one[NUMBER_TEXT_MAX], two[NUMBER_TEXT_MAX], full[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    sheet_add(&t->to, "%s of %s %s, since %s. ", number_count(used, one), number_count(most, two),
              what, t->since);
    if (t->finding->kind == JUDGE_WAITING && t->f->full_count > 0)
        sheet_add(&t->to, "%s were refused for want of room in the last %s. ",
                  number_count(t->f->full_count, full), says_span(t->f, span));
    sheet_add(&t->to,
              "Upstreams are slow, or somebody asks more than this machine serves: whoever "
              "has most gives way. %s is the limit.",
              limit);
}

static void
tell_tcp_clients(struct telling *t)
{
    tell_room(t, t->f->tcp_clients, t->f->tcp_clients_most, "connections of TCP clients are in use",
              "limits.tcp_clients");
}

static void
tell_dropped(struct telling *t)
{
    char count[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    sheet_add(&t->to, "%s packets were dropped unread in the last %s, since %s. ",
              number_count(t->f->dropped_count, count), says_span(t->f, span), t->since);
    sheet_add(&t->to,
              "The fronts did not read them in time, and the kernel had no room for more. If the "
              "processors are busy, more of them help (lanes); if that came in a burst, a larger "
              "net.core.rmem_max does.");
}

static void
tell_slow(struct telling *t)
{
    char most[NUMBER_TEXT_MAX], usual[NUMBER_TEXT_MAX];
    sheet_add(&t->to, "99 of 100 answers take up to %s ms, since %s. ",
              number_ms(t->f->most_us, most), t->since);
    if (t->f->usual_most_us != NUMBER_NONE)
        sheet_add(&t->to, "%s ms are usual. ", number_ms(t->f->usual_most_us, usual));
    sheet_add(&t->to, "Look at the answer times of the upstreams below.");
}

static void
tell_network(struct telling *t)
{
    char rate[NUMBER_TEXT_MAX], percent[NUMBER_TEXT_MAX];
    const char *network = t->f->reading->network;
    bool is_named = network[0] != '\0';
    uint64_t by_tcp = number_share_of(t->f->parts[WHY_PART_LIMIT_TCP], t->f->over_limit);
    sheet_add(&t->to, "%s %s limit since %s: %s /s turned away", is_named ? network : "Clients",
              is_named ? "is over its" : "are over their", t->since,
              number_rate(t->f->over_limit, rate));
    if (by_tcp != NUMBER_NONE && by_tcp >= 4500 && by_tcp <= 5500)
        sheet_add(&t->to, ", half of it told to ask over TCP");
    else if (by_tcp != NUMBER_NONE && by_tcp > 0)
        sheet_add(&t->to, ", %s %% of it told to ask over TCP", number_percent(by_tcp, percent));
    sheet_add(&t->to, ". Everybody else is served. If %s, see rates.ipv4 and rates.exempt.",
              is_named ? "it is one of yours and honest" : "they are yours and honest");
}

static void
tell_old(struct telling *t)
{
    char span[MOMENT_TEXT_MAX];
    sheet_add(&t->to,
              "The figures are %s old: the supervisor writes them each second and does not.\n",
              moment_span(t->f->reading->age_us / 1000000, span));
    sheet_add(&t->to, "It hangs or was stopped. Clients are served as long as fronts and workers "
                      "live. Restart it if that lasts:\n    systemctl restart penstock");
}

const char *
finding_tell(const struct figures *figures, const struct judge_finding *finding,
             char text[FINDING_MAX])
{
    struct telling t = {
        .f = figures, .finding = finding, .up = &figures->of_upstream[finding->upstream]};
    moment_since(finding->since_s, figures->reading->wall_s, t.since);
    sheet_begin(&t.to, text, FINDING_MAX, true, false);
    switch (finding->kind) {
    case JUDGE_OLD:
        tell_old(&t);
        break;
    case JUDGE_NONE:
    case JUDGE_ROUTE:
        tell_unreached(&t);
        break;
    case JUDGE_SHARE:
        tell_share(&t);
        break;
    case JUDGE_STALE:
        tell_stale(&t);
        break;
    case JUDGE_ERRORS:
        tell_errors(&t);
        break;
    case JUDGE_PIN:
        tell_pin(&t);
        break;
    case JUDGE_MISSING:
        tell_missing(&t);
        break;
    case JUDGE_LAST_PIN:
        tell_last_pin(&t);
        break;
    case JUDGE_DIED:
        tell_died(&t);
        break;
    case JUDGE_AUDIT:
        tell_audit(&t);
        break;
    case JUDGE_CERTIFICATE:
        tell_certificate(&t);
        break;
    case JUDGE_WAITING:
        tell_room(&t, figures->waiting, figures->waiting_most, "queries wait", "limits.queries");
        break;
    case JUDGE_TCP_CLIENTS:
        tell_tcp_clients(&t);
        break;
    case JUDGE_DROPPED:
        tell_dropped(&t);
        break;
    case JUDGE_SLOW:
        tell_slow(&t);
        break;
    case JUDGE_NETWORK:
        tell_network(&t);
        break;
    case JUDGE_KINDS:
        break;
    }
    return text;
}
