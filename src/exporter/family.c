/* family.c - families of metrics, and their samples in a scrape
 * SPDX-License-Identifier: ISC
 */
#include "exporter/family.h"

#include <inttypes.h>

#define SECOND_US 1000000U

static const struct family families[] = {
#define METRIC(row, name, kind, labels, text) {name, labels, text, FAMILY_##kind},
#include "exporter/metrics.def"
#undef METRIC
};

static const char *const kinds[] = {"counter", "gauge", "histogram"};

const struct family *
family_of(enum family_row row)
{
    return &families[row];
}

static const char *
end_of(const struct family *family)
{
    return family->kind == FAMILY_COUNTER ? "_total" : "";
}

/* OpenMetrics has a counter's name without its end there. */
void
family_begin(const struct family_out *out, const struct family *family)
{
    const char *end = out->is_open ? "" : end_of(family);
    http_reply_add(out->reply, "# HELP penstock_%s%s %s\n# TYPE penstock_%s%s %s\n", family->name,
                   end, family->text, family->name, end, kinds[family->kind]);
}

void
family_add(const struct family_out *out, const struct family *family, const char *labels,
           uint64_t value)
{
    http_reply_add(out->reply, "penstock_%s%s%s %" PRIu64 "\n", family->name, end_of(family),
                   labels, value);
}

void
family_seconds(const struct family_out *out, const struct family *family, const char *labels,
               uint64_t us)
{
    http_reply_add(out->reply, "penstock_%s%s%s %" PRIu64 ".%06u\n", family->name, end_of(family),
                   labels, us / SECOND_US, (unsigned)(us % SECOND_US));
}

void
family_one(const struct family_out *out, enum family_row row, uint64_t value)
{
    family_begin(out, &families[row]);
    family_add(out, &families[row], "", value);
}

void
family_describe(struct http_reply *reply, const struct family *family)
{
    http_reply_add(reply, "| `penstock_%s%s` | %s | %s | %s |\n", family->name, end_of(family),
                   kinds[family->kind], family->labels, family->text);
}
