/* tops.c - see tops.h
 * SPDX-License-Identifier: ISC
 */
#include "front/tops.h"

#include "base/bytes.h"

#include <string.h>

_Static_assert(NETWORKS_REPORT_PLACES == ADDR_LENGTHS_MAX, "lengths of a family");
_Static_assert(NETWORKS_REPORT_WHOLE == TOPS_WINDOW_S, "a whole window");

/* splitmix64: no secret hangs on it but the step that it walks in */
static uint32_t
next_gap(struct tops *tops)
{
    uint64_t z = tops->random += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return 1 + (uint32_t)((z ^ z >> 31) % (2 * TOPS_SAMPLED - 1)); /* TOPS_SAMPLED in the mean */
}

void
tops_init(struct tops *tops, struct hash_key key, uint32_t now_s)
{
    memset(tops, 0, sizeof *tops);
    tops->random = key.k0 ^ key.k1;
    for (unsigned kind = 0; kind < NETWORKS_REPORT_KINDS; kind++)
        tops->left[kind] = next_gap(tops);
    tops->now.begun_s = now_s;
}

/* A minute is over; after a longer pause the one before it was empty. Lengths that changed begin
 * anew. */
static void
turn_page(struct tops *tops, const struct addr_lengths *set, uint32_t now_s)
{
    uint32_t passed_s = now_s - tops->now.begun_s;
    bool is_other = tops->mark != set->mark;
    if (passed_s < TOPS_WINDOW_S && !is_other)
        return;
    if (is_other || passed_s >= 2 * TOPS_WINDOW_S)
        memset(&tops->before, 0, sizeof tops->before);
    else
        tops->before = tops->now;
    tops->has_before = !is_other;
    tops->mark = set->mark;
    memset(&tops->now, 0, sizeof tops->now);
    tops->now.begun_s = is_other ? now_s : now_s - passed_s % TOPS_WINDOW_S;
}

void
tops_count(struct tops *tops, enum networks_kind kind, const struct addr_lengths *set,
           const struct addr *client, struct addr_keys *keys, uint32_t now_s)
{
    tops->left[kind] = next_gap(tops);
    turn_page(tops, set, now_s);
    unsigned count = set->counts[addr_family_index(client)];
    for (unsigned i = 0; i < count; i++)
        heavy_count(&tops->now.tables[kind][i], addr_keys_at(keys, set, client, i), client);
}

static struct networks_row
row_of(const struct heavy *heavy, unsigned at, const struct addr_lengths *set, unsigned place)
{
    struct addr network = heavy->addrs[at];
    struct networks_row row = {.family = network.family,
                               .length = set->lengths[addr_family_index(&network)][place],
                               .count = heavy->counts[at],
                               .error = heavy->errors[at]};
    addr_mask(&network, row.length);
    struct bytes_reader r = bytes_reader(network.bytes, sizeof network.bytes);
    for (unsigned i = 0; i < 4; i++)
        row.address[i] = bytes_get_u32(&r);
    return row;
}

void
tops_report(struct tops *tops, const struct addr_lengths *set, unsigned number, uint32_t now_s,
            struct networks_report *report)
{
    turn_page(tops, set, now_s);
    unsigned order[HEAVY_PLACES], place = number % ADDR_LENGTHS_MAX;
    unsigned kind = number / ADDR_LENGTHS_MAX;
    uint32_t counted_s = now_s - tops->now.begun_s + 1;
    bool is_before = tops->has_before && counted_s < TOPS_ENOUGH_S;
    const struct tops_window *window = is_before ? &tops->before : &tops->now;
    const struct heavy *heavy = &window->tables[kind][place];
    unsigned count = heavy_order(heavy, order);
    *report = (struct networks_report){.kind = kind,
                                       .place = place,
                                       .sampled = TOPS_SAMPLED,
                                       .span_s = is_before ? TOPS_WINDOW_S : counted_s,
                                       .total = heavy->total};
    for (unsigned i = 0; i < count && i < NETWORKS_REPORT_ROWS; i++)
        report->rows[report->rows_count++] = row_of(heavy, order[i], set, place);
}
