/* fuzz_view.c - pages of a hostile service harm nobody who looks, down to the drawn text
 * SPDX-License-Identifier: ISC
 *
 * The input patches the good pages of a service with twenty seconds behind it: one byte for the
 * page, two of place (in words), one of length, then the octets, again and again. Then somebody
 * looks twice and draws.
 */
#include "base/bytes.h"
#include "view/chains.h"
#include "view/draw_status.h"
#include "view/finding.h"
#include "view/says.h"
#include "view/sight.h"

#include "fuzz.h"

#include <string.h>

#define BEGIN_US UINT64_C(1000000000)
#define STEP_US  UINT64_C(1000000)
#define STEPS    20
#define WALL_S   UINT64_C(1800000000)

struct pages {
    struct service_page service;
    struct stats_page front, worker;
    struct chronicle_page hour;
};

static struct pages good, pages;
static struct sight sight;
static unsigned shared, alone, shown;
static char text[DRAW_STATUS_MAX];

static struct service_page_set
set_of(const struct pages *from, bool has_hour)
{
    return (struct service_page_set){.service = &from->service,
                                     .history = has_hour ? &from->hour : NULL,
                                     .history_bytes = has_hour ? sizeof from->hour : 0,
                                     .stats[0] = {&from->front, &from->worker}};
}

static void
make_good(void)
{
    struct service_page_set set = set_of(&good, false);
    good.service = (struct service_page){.magic = SERVICE_PAGE_MAGIC,
                                         .bytes = sizeof good.service,
                                         .stats_bytes = sizeof good.front,
                                         .version = "1",
                                         .started_us = BEGIN_US,
                                         .started_s = WALL_S,
                                         .lanes = 1,
                                         .upstreams = 2,
                                         .queries = 100,
                                         .query_ms = 5000,
                                         .of_upstream = {{"north", 2, 0}, {"south", 1, 1}}};
    stats_chain_write(&good.worker.chains[1],
                      &(struct stats_chain_copy){.seen_us = BEGIN_US,
                                                 .count = 2,
                                                 .of = {{.ends_s = WALL_S}, {.sum = {1}}}});
    chronicle_begin(&good.hour);
    for (unsigned i = 0; i < STEPS; i++) {
        stats_add(&good.front, STAT_UDP_QUERIES, 10);
        stats_store(&good.service.updated_us, BEGIN_US + i * STEP_US);
        must(sight_take(&sight, &set, BEGIN_US + i * STEP_US, WALL_S + i) == STATUS_OK);
        chronicle_publish(&good.hour, &sight.chronicle);
    }
}

static void
patch(struct bytes_reader *r)
{
    struct {
        void *at;
        size_t size;
    } const of[] = {{&pages.service, sizeof pages.service},
                    {&pages.front, sizeof pages.front},
                    {&pages.worker, sizeof pages.worker},
                    {&pages.hour, sizeof pages.hour}};
    unsigned which = bytes_get_u8(r) % 4;
    size_t at = (size_t)bytes_get_u16(r) * 8 % of[which].size, len = bytes_get_u8(r);
    len = len < bytes_left(r) ? len : bytes_left(r);
    len = len < of[which].size - at ? len : of[which].size - at;
    memcpy((char *)of[which].at + at, bytes_get_view(r, len), len);
}

/* Nothing that a terminal would obey, but for the marks of a sheet. */
static void
expect_plain(const char *words)
{
    for (; *words != '\0'; words++)
        must((unsigned char)*words >= ' ' || *words == '\n' || *words < SHEET_STYLES);
}

static void
draw(void)
{
    char words[FINDING_MAX], line[SAYS_LINE_MAX];
    struct sheet sheet;
    const struct judgement *j = &sight.judgement;
    must(j->count <= JUDGE_FINDINGS_MAX && j->act <= j->count);
    sheet_begin(&sheet, text, sizeof text, true, true);
    draw_status(&sight.figures, j, &sheet);
    must(sheet.used < sizeof text && strlen(text) == sheet.used);
    expect_plain(text);
    for (unsigned i = 0; i < j->count; i++) {
        must(j->findings[i].upstream < STATS_UPSTREAMS);
        expect_plain(finding_tell(&sight.figures, &j->findings[i], words));
        expect_plain(says_briefly(&sight.figures, &j->findings[i], line));
    }
    for (unsigned which = HISTORY_QUERIES; which < HISTORY_UPSTREAM + STATS_UPSTREAMS; which++) {
        uint64_t values[HISTORY_COLUMNS_MAX];
        history_columns(&sight.chronicle.history, which, HISTORY_COLUMNS_MAX, values);
    }
}

/* Any number of certificates is told as so many that there are, each with an end that a date can have. */
static void
read_chains(const struct service_page_set *set)
{
    struct stats_chain_copy chains[STATS_UPSTREAMS];
    chains_read(chains, set);
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++) {
        must(chains[i].count <= STATS_CHAIN_MOST &&
             (chains[i].count == 0 || chains[i].seen_us > 0));
        for (unsigned n = 0; n < chains[i].count; n++)
            must(chains[i].of[n].ends_s <= UINT64_C(253402300799)); /* the year 9999 */
        shown += chains[i].count > 0;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (good.service.magic == 0)
        make_good();
    memcpy(&pages, &good, sizeof pages);
    memset(&sight, 0, sizeof sight);
    for (struct bytes_reader r = bytes_reader(data, size); bytes_left(&r) >= 4;)
        patch(&r);
    struct service_page_set set = set_of(&pages, true);
    read_chains(&set);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t at_us = BEGIN_US + (STEPS + i) * STEP_US;
        if (sight_take(&sight, &set, at_us, WALL_S + STEPS + i) != STATUS_OK)
            return 0;
        shared += sight.is_shared;
        alone += sight.is_alone;
        draw();
    }
    return 0;
}

void
fuzz_reached(void)
{
    must(shared > 0 && alone > 0 && shown > 0);
}
