/* stats.c - the texts of stats.def
 * SPDX-License-Identifier: ISC
 */
#include "lane/stats.h"

static const char *const texts[] = {
#define COUNTER(name, text) text,
#define GAUGE(name, text)   text,
#include "lane/stats.def"
#undef COUNTER
#undef GAUGE
};

const char *
stats_text(enum stats_counter counter)
{
    return texts[counter];
}
