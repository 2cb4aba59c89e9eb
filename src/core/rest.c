/* rest.c - see rest.h */
#include "core/rest.h"

void
rest_init(struct rest *rest, uint64_t now_us)
{
    *rest = (struct rest){.window_us = now_us};
}

uint32_t
rest_after_turn(struct rest *rest, uint64_t now_us, uint64_t messages)
{
    uint64_t took_us = now_us - rest->window_us;
    uint64_t in_turn = messages - rest->last;
    rest->last = messages;
    if (took_us >= REST_WINDOW_US) {
        /* a window grows with the pause before the turn that ends it: count per REST_WINDOW_US */
        rest->is_busy = (messages - rest->messages) * REST_WINDOW_US >= REST_BUSY * took_us;
        rest->window_us = now_us;
        rest->messages = messages;
    }
    return rest->is_busy && in_turn < REST_FULL ? REST_US : 0;
}
