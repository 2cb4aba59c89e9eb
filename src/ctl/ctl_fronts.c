/* ctl_fronts.c - see ctl_fronts.h
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_fronts.h"

#include "base/bytes.h"
#include "lane/why.h"
#include "view/number.h"
#include "view/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MS 30000 /* a front that hangs is ended; others may ask before us */

static const char *const sources[] = {
    [LIMITS_ALLOWED] = "may ask",
    [LIMITS_NOT_ALLOWED] = "is not on the access list: its queries are dropped",
    [LIMITS_MARTIAN] = "is an address that no client can have: its queries are dropped",
};
static const char *const modes[] = {
    [LIMITS_ENFORCED] = "its rates are enforced",
    [LIMITS_DRY_RUN] = "its rates are only counted (dry run)",
    [LIMITS_OFF] = "there are no rates (rates.mode is off)",
    [LIMITS_EXEMPT] = "it is exempt from rates (rates.exempt)",
};

static const char *
word(const char *const words[], size_t count, uint32_t index)
{
    return index < count && words[index] != NULL ? words[index] : "?";
}

#define WORD(words, index) word(words, sizeof(words) / sizeof(words)[0], index)

static uint32_t
at_most(uint32_t value, uint32_t most)
{
    return value < most ? value : most;
}

enum status
ctl_fronts_ask_limits(struct control_client *client, const char *address,
                      struct ctl_fronts_limits *limits)
{
    struct control_message request = {.type = CONTROL_LIMITS}, answer;
    memset(limits, 0, sizeof *limits);
    snprintf(request.text, sizeof request.text, "%s", address);
    enum status status = control_client_ask(client, &request, &answer, ANSWER_MS);
    while (status == STATUS_OK && answer.type == CONTROL_REPORT) {
        uint32_t lane = answer.lane;
        if (lane < SERVICE_PAGE_LANES) {
            struct limits_report *report = &limits->of_lane[lane];
            memcpy(report, answer.report, sizeof *report);
            report->buckets_count = at_most(report->buckets_count, LIMITS_REPORT_BUCKETS);
            limits->has_report[lane] = true;
        }
        status = control_client_next(client, &answer, ANSWER_MS);
    }
    return status;
}

bool
ctl_fronts_knows(const struct limits_report *report)
{
    bool is_kept = false;
    for (uint32_t i = 0; i < report->buckets_count; i++)
        is_kept = is_kept || report->buckets[i].is_kept != 0;
    return is_kept || report->waiting > 0 || report->connections > 0 || report->refused_s > 0;
}

static void
show_bucket(const struct limits_bucket *bucket, struct sheet *to)
{
    char text[64];
    sheet_add(to, "    /%-4" PRIu32 "%-10s", bucket->length,
              bucket->is_proven != 0 ? "proven" : "unproven");
    snprintf(text, sizeof text, "%" PRIu32 ".%" PRIu32, bucket->level_milli / 1000,
             bucket->level_milli % 1000 / 100);
    sheet_add(to, "%10s of %-8" PRIu32 " leaks %" PRIu32 "/s%s", text, bucket->burst,
              bucket->rate_per_s, bucket->is_kept != 0 ? "" : ", not kept");
    sheet_end_line(to, 0);
}

/* What proves an address is not kept: that it was proved shows in what it left behind. */
static bool
is_proven(const struct limits_report *report)
{
    bool is_proven = report->connections > 0 || report->proven > 0;
    for (uint32_t i = 0; i < report->buckets_count; i++)
        is_proven =
            is_proven || (report->buckets[i].is_proven != 0 && report->buckets[i].is_kept != 0 &&
                          report->buckets[i].level_milli > 0);
    return is_proven;
}

static void
show_lane(unsigned lane, const struct limits_report *report, struct sheet *to)
{
    sheet_add(to, "  lane %u: %" PRIu32 " queries waiting, %" PRIu32 " TCP connections, %s", lane,
              report->waiting, report->connections,
              is_proven(report) ? "proved its address lately" : "did not prove its address lately");
    sheet_end_line(to, 0);
    if (report->refused_s > 0) {
        sheet_add(to, "    refused %" PRIu32 " s ago: %s", report->refused_s - 1,
                  report->refused_why < WHY_COUNT ? why_text((enum why)report->refused_why) : "?");
        sheet_end_line(to, 0);
    }
    for (uint32_t i = 0; i < report->buckets_count; i++)
        show_bucket(&report->buckets[i], to);
}

void
ctl_fronts_show_limits(const struct ctl_fronts_limits *limits, const char *address,
                       char text[CTL_SHOW_MAX])
{
    const struct limits_report *any = NULL;
    unsigned known = 0;
    struct sheet to;
    sheet_begin(&to, text, CTL_SHOW_MAX, true, false);
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        if (any == NULL && limits->has_report[lane])
            any = &limits->of_lane[lane];
    if (any == NULL) {
        sheet_add(&to, "No front serves: nothing is known of %s.", address);
        sheet_end_line(&to, 0);
        return;
    }
    sheet_add(&to, "%s %s; %s.", address, WORD(sources, any->source), WORD(modes, any->mode));
    sheet_end_line(&to, 0);
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++) {
        if (!limits->has_report[lane] || !ctl_fronts_knows(&limits->of_lane[lane]))
            continue;
        show_lane(lane, &limits->of_lane[lane], &to);
        known++;
    }
    if (known > 0)
        return;
    sheet_add(&to, "  No front knows anything of it or its networks: these buckets are empty.");
    sheet_end_line(&to, 0);
    for (uint32_t i = 0; i < any->buckets_count; i++)
        show_bucket(&any->buckets[i], &to);
}

/* --- networks -------------------------------------------------------------------------------- */

/* @return false: it is no network */
static bool
read_network(const struct networks_row *row, struct addr_prefix *network)
{
    *network = (struct addr_prefix){.addr.family = (uint8_t)row->family};
    if ((row->family != ADDR_IPV4 || row->length > 32) &&
        (row->family != ADDR_IPV6 || row->length > 128))
        return false;
    struct bytes_writer w = bytes_writer(network->addr.bytes, sizeof network->addr.bytes);
    for (unsigned i = 0; i < 4; i++)
        bytes_put_u32(&w, row->address[i]);
    addr_mask(&network->addr, row->length);
    network->length = (uint8_t)row->length;
    return true;
}

static bool
comes_before(const struct ctl_fronts_network *a, const struct ctl_fronts_network *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->place != b->place ? a->place < b->place : a->rate_milli > b->rate_milli;
}

static void
insert(struct ctl_fronts_networks *networks, const struct ctl_fronts_network *network)
{
    unsigned at = networks->count;
    if (at == CTL_FRONTS_NETWORKS)
        return;
    for (; at > 0 && comes_before(network, &networks->rows[at - 1]); at--)
        networks->rows[at] = networks->rows[at - 1];
    networks->rows[at] = *network;
    networks->count++;
}

void
ctl_fronts_add(struct ctl_fronts_networks *networks, unsigned lane,
               const struct networks_report *report)
{
    uint32_t count = at_most(report->rows_count, NETWORKS_REPORT_ROWS);
    uint32_t span_s = report->span_s > 0 ? report->span_s : 1;
    if (report->kind >= NETWORKS_REPORT_KINDS || report->place >= NETWORKS_REPORT_PLACES)
        return;
    networks->sampled = report->sampled;
    networks->span_s = span_s > networks->span_s ? span_s : networks->span_s;
    for (uint32_t i = 0; i < count; i++) {
        const struct networks_row *row = &report->rows[i];
        uint64_t each_milli = (uint64_t)at_most(report->sampled, UINT16_MAX) * 1000;
        struct ctl_fronts_network network = {.lane = lane,
                                             .kind = (enum networks_kind)report->kind,
                                             .place = report->place,
                                             .rate_milli = row->count * each_milli / span_s,
                                             .error_milli = row->error * each_milli / span_s};
        if (read_network(row, &network.network))
            insert(networks, &network);
    }
}

enum status
ctl_fronts_ask_networks(struct control_client *client, struct ctl_fronts_networks *networks)
{
    static const struct control_message request = {.type = CONTROL_NETWORKS};
    struct control_message answer;
    struct networks_report report;
    memset(networks, 0, sizeof *networks);
    enum status status = control_client_ask(client, &request, &answer, ANSWER_MS);
    while (status == STATUS_OK && answer.type == CONTROL_REPORT) {
        memcpy(&report, answer.report, sizeof report);
        ctl_fronts_add(networks, answer.lane, &report);
        status = control_client_next(client, &answer, ANSWER_MS);
    }
    return status;
}

static void
show_network(const struct ctl_fronts_network *is, struct sheet *to)
{
    char rate[NUMBER_TEXT_MAX], error[NUMBER_TEXT_MAX], network[ADDR_TEXT_MAX];
    sheet_right(to, 14, number_rate(is->rate_milli, rate));
    sheet_add(to, " /s  %s", addr_prefix_format(&is->network, network));
    if (is->error_milli > 0)
        sheet_add(to, " (up to %s /s of it are others')", number_rate(is->error_milli, error));
    sheet_end_line(to, 0);
}

/* Of when the figures are: somebody who looks during a flood must not take them for those of now. */
static void
show_span(const struct ctl_fronts_networks *networks, struct sheet *to)
{
    bool is_whole = networks->span_s >= NETWORKS_REPORT_WHOLE;
    if (networks->sampled == 0)
        sheet_add(to, "No front serves.");
    else if (is_whole)
        sheet_add(
            to,
            "Networks of the last whole minute, which ended less than half a minute ago, from "
            "one query of %u.",
            networks->sampled);
    else
        sheet_add(to, "Networks of the last %u s, from one query of %u.", networks->span_s,
                  networks->sampled);
    sheet_end_line(to, 0);
    if (networks->count > 0 || networks->sampled == 0)
        return;
    sheet_add(to, is_whole ? "Nobody was counted in it; what came since is shown in less than "
                             "half a minute."
                           : "Nobody was counted yet.");
    sheet_end_line(to, 0);
}

void
ctl_fronts_show_networks(const struct ctl_fronts_networks *networks, char text[CTL_SHOW_MAX])
{
    static const char *const titles[] = {"Most queries", "Most refusals by a limit"};
    const struct ctl_fronts_network *before = NULL;
    unsigned shown = 0;
    struct sheet to;
    sheet_begin(&to, text, CTL_SHOW_MAX, true, false);
    show_span(networks, &to);
    for (unsigned i = 0; i < networks->count; i++) {
        const struct ctl_fronts_network *is = &networks->rows[i];
        bool is_other = before == NULL || before->kind != is->kind;
        if (is_other) {
            sheet_add(&to, "%s", titles[is->kind]);
            sheet_end_line(&to, 0);
        }
        shown = is_other || before->place != is->place ? 0 : shown + 1;
        if (!is_other && shown == 0)
            sheet_end_line(&to, 0);
        if (shown < CTL_FRONTS_SHOWN)
            show_network(is, &to);
        before = is;
    }
}
