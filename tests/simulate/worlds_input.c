/* worlds_input.c - a world whose acts are octets
 * SPDX-License-Identifier: ISC
 *
 * What a fuzzer gives is a world: an octet for the configuration, one for the number of acts, five for
 * each act; what is left are the draws, in the order in which they are made (draw.h). Nothing is an
 * empty world.
 */
#include "worlds.h"

#include "base/bytes.h"
#include "draw.h"

#include <stdio.h>

#define ACTS_MAX   64
#define STEP_US    (4 * KERNEL_MS)  /* of the octet that says how long after the act before */
#define LENGTH_US  (20 * KERNEL_MS) /* of the one that says how long */
#define STALL_MOST 75               /* steps; who stands still for longer is ended */

static struct bytes_reader input;

void
worlds_input_take(const uint8_t *octets, size_t size)
{
    input = bytes_reader(octets, size);
}

/* Zero past the end. */
static unsigned
octet(void)
{
    return bytes_get_u8(&input);
}

/* Quick, slow, silent, or an error: by the number of the name. */
static void
name(struct act *act, unsigned number)
{
    static const char *const scripts[] = {"", "", "", "", "d30-", "d900-", "n-", "e-"};
    snprintf(act->text, sizeof act->text, "%sq%u.example", scripts[number % 8], number / 8);
}

static void
add(uint64_t at_us)
{
    static const enum act_kind kinds[] = {
        ACT_ASK,  ACT_ASK,   ACT_ASK,    ACT_ASK, ACT_FREEZE, ACT_FORGET,  ACT_REFUSE, ACT_SILENCE,
        ACT_KILL, ACT_STALL, ACT_RELOAD, ACT_KEY, ACT_RESET,  ACT_TICKETS, ACT_LIE,    ACT_ASK};
    enum act_kind kind = kinds[octet() % (sizeof kinds / sizeof kinds[0])];
    unsigned who = octet(), length = octet(), number = octet();
    bool is_ours = kind == ACT_KILL || kind == ACT_STALL || kind == ACT_LIE;
    if (kind == ACT_STALL && length > STALL_MOST)
        length = STALL_MOST;
    struct act *act = world_add(at_us, kind, who);
    act->for_us = length * LENGTH_US;
    if (kind == ACT_ASK) {
        name(act, number);
        return;
    }
    act->who = who % (is_ours ? world.lanes : world.upstreams);
    act->number = kind == ACT_LIE ? number : number % 2;
}

void
worlds_input(uint64_t *dice)
{
    unsigned how = octet();
    (void)dice;
    world_begin_config(1 + how % 2, 1 + how / 2 % 4);
    world_say("cache: {size: %s}", (how & 8) != 0 ? "1MiB" : "off");
    world.preemption = (how & 16) != 0 ? 5 : 0;
    uint64_t at_us = WORLDS_BEGIN_US;
    for (unsigned i = octet() % (ACTS_MAX + 1); i > 0 && bytes_left(&input) > 0; i--) {
        at_us += octet() * STEP_US;
        add(at_us);
    }
    size_t left = bytes_left(&input);
    draw_input(input.data + input.size - left, left);
}
