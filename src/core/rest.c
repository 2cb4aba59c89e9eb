/* rest.c - see rest.h */
#include "core/rest.h"

#define SMOOTHING 16 /* turns that the average looks back on */

void
rest_init(struct rest *rest, uint64_t now_us)
{
    *rest = (struct rest){.last_us = now_us, .gap_us = REST_GAP_MOST};
}

uint32_t
rest_after_turn(struct rest *rest, uint64_t now_us)
{
    uint64_t gap_us = now_us - rest->last_us;
    rest->last_us = now_us;
    if (gap_us > REST_GAP_MOST)
        gap_us = REST_GAP_MOST;
    rest->gap_us = (rest->gap_us * (SMOOTHING - 1) + (uint32_t)gap_us) / SMOOTHING;
    return rest->gap_us < REST_GAP_US ? REST_US : 0;
}
