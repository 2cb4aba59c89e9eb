/* ctl_json_fronts.c - what fronts know of clients, as JSON
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_json_fronts.h"

#include "base/lower.h"
#include "ctl/ctl_value.h"

/* --- limits ---------------------------------------------------------------------------------- */

static json_t *
named(const char *const names[], size_t count, uint32_t index)
{
    return index < count && names[index] != NULL ? json_string(names[index]) : json_null();
}

#define NAMED(names, index) named(names, sizeof(names) / sizeof(names)[0], index)

static json_t *
bucket_list(const struct limits_report *report)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < report->buckets_count; i++) {
        const struct limits_bucket *bucket = &report->buckets[i];
        json_array_append_new(
            list,
            json_pack("{s:b, s:o, s:o, s:o, s:o, s:b}", "proven", bucket->is_proven != 0,
                      "prefix_length", ctl_value_whole(bucket->length), "rate_per_s",
                      ctl_value_whole(bucket->rate_per_s), "burst", ctl_value_whole(bucket->burst),
                      "level", ctl_value_part(bucket->level_milli, LIMITS_REPORT_MILLI), "kept",
                      bucket->is_kept != 0));
    }
    return list;
}

static json_t *
limits_lane(unsigned lane, const struct limits_report *report)
{
    static const char *const sources[] = {[LIMITS_ALLOWED] = "allowed",
                                          [LIMITS_NOT_ALLOWED] = "not_allowed",
                                          [LIMITS_MARTIAN] = "martian"};
    static const char *const modes[] = {[LIMITS_ENFORCED] = "enforced",
                                        [LIMITS_DRY_RUN] = "dry_run",
                                        [LIMITS_OFF] = "off",
                                        [LIMITS_EXEMPT] = "exempt"};
    char name[LOWER_ROOM];
    bool was_refused = report->refused_s > 0 && report->refused_why < WHY_COUNT;
    json_t *row = json_pack(
        "{s:i, s:b, s:o, s:o, s:o, s:o, s:o}", "lane", (int)lane, "knows", ctl_fronts_knows(report),
        "source", NAMED(sources, report->source), "rates", NAMED(modes, report->mode), "waiting",
        ctl_value_whole(report->waiting), "waiting_proven", ctl_value_whole(report->proven),
        "tcp_connections", ctl_value_whole(report->connections));
    json_object_set_new(row, "refused_ago_s",
                        was_refused ? ctl_value_whole(report->refused_s - 1) : json_null());
    json_object_set_new(
        row, "refused_why",
        was_refused
            ? json_string(lower_name(why_name((enum why)report->refused_why), name, sizeof name))
            : json_null());
    json_object_set_new(row, "buckets", bucket_list(report));
    return row;
}

char *
ctl_json_fronts_limits(const struct ctl_fronts_limits *limits, const char *address)
{
    json_t *list = json_array();
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        if (limits->has_report[lane])
            json_array_append_new(list, limits_lane(lane, &limits->of_lane[lane]));
    return ctl_value_print(json_pack("{s:s, s:o}", "address", address, "lanes", list));
}

/* --- networks -------------------------------------------------------------------------------- */

static json_t *
networks_of(const struct ctl_fronts_networks *networks, enum networks_kind kind)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < networks->count; i++) {
        const struct ctl_fronts_network *is = &networks->rows[i];
        char text[ADDR_TEXT_MAX];
        if (is->kind == kind)
            json_array_append_new(list,
                                  json_pack("{s:s, s:i, s:i, s:o, s:o}", "network",
                                            addr_prefix_format(&is->network, text), "prefix_length",
                                            (int)is->network.length, "lane", (int)is->lane, "per_s",
                                            ctl_value_rate(is->rate_milli), "error_per_s",
                                            ctl_value_rate(is->error_milli)));
    }
    return list;
}

char *
ctl_json_fronts_networks(const struct ctl_fronts_networks *networks)
{
    return ctl_value_print(json_pack("{s:i, s:i, s:o, s:o}", "span_s", (int)networks->span_s,
                                     "sampled", (int)networks->sampled, "queries",
                                     networks_of(networks, NETWORKS_QUERIES), "refusals",
                                     networks_of(networks, NETWORKS_REFUSALS)));
}
