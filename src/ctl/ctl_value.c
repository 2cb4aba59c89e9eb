/* ctl_value.c - what the documents in JSON are made of
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_value.h"

#include "base/lower.h"
#include "view/number.h"

#include <inttypes.h>
#include <stdio.h>

json_t *
ctl_value_whole(uint64_t value)
{
    return value == NUMBER_NONE ? json_null() : json_integer((json_int_t)(value & INT64_MAX));
}

json_t *
ctl_value_part(uint64_t value, double parts)
{
    return value == NUMBER_NONE ? json_null() : json_real((double)value / parts);
}

json_t *
ctl_value_rate(uint64_t milli)
{
    return ctl_value_part(milli, 1000);
}

json_t *
ctl_value_percent(uint64_t hundredths)
{
    return ctl_value_part(hundredths, 100);
}

json_t *
ctl_value_ms(uint64_t us)
{
    return ctl_value_part(us, 1000);
}

char *
ctl_value_dump(json_t *root, size_t form)
{
    char *text = json_dumps(root, form | JSON_REAL_PRECISION(10));
    json_decref(root);
    return text;
}

char *
ctl_value_print(json_t *root)
{
    return ctl_value_dump(root, JSON_INDENT(2));
}

json_t *
ctl_value_times(uint64_t half_us, uint64_t nine_us, uint64_t most_us)
{
    return json_pack("{s:o, s:o, s:o}", "p50", ctl_value_ms(half_us), "p90", ctl_value_ms(nine_us),
                     "p99", ctl_value_ms(most_us));
}

/* As `penstockctl audit verify --head` takes it. */
static json_t *
audit_head(const struct service_page_head *head)
{
    char text[2 * sizeof head->sum + 1];
    for (size_t i = 0; i < sizeof head->sum; i++)
        snprintf(text + 2 * i, 3, "%02x", head->sum[i]);
    return head->sequence == 0 ? json_null() : json_sprintf("%" PRIu64 ":%s", head->sequence, text);
}

json_t *
ctl_value_audit(const struct reading *r)
{
    static const char *const states[] = {[SERVICE_PAGE_AUDIT_OFF] = "off",
                                         [SERVICE_PAGE_AUDIT_WAITS] = "waits",
                                         [SERVICE_PAGE_AUDIT_WRITES] = "writes",
                                         [SERVICE_PAGE_AUDIT_FAILS] = "fails"};
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "state", states[r->audit], "head",
                     audit_head(&r->audit_head), "lines", ctl_value_whole(r->audit_lines), "lost",
                     ctl_value_whole(r->audit_lost), "left_out",
                     ctl_value_whole(r->audit_left_out));
}

json_t *
ctl_value_service(const struct reading *r)
{
    char hash[LOWER_ROOM];
    snprintf(hash, sizeof hash, "%016" PRIx64, r->config_hash);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:i, s:i, s:o}", "host", r->host,
                     "version", r->version, "time", ctl_value_whole(r->wall_s), "started",
                     ctl_value_whole(r->started_s), "up_s",
                     ctl_value_whole((r->tally.at_us - r->started_us) / 1000000), "config_since",
                     ctl_value_whole(r->config_s), "config_hash", hash, "lanes", (int)r->lanes,
                     "lanes_serving", (int)r->serving, "audit", ctl_value_audit(r));
}
