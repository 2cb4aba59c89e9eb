/* oracle_room.c - who is refused for want of room has as much there as any other (F1)
 * SPDX-License-Identifier: ISC
 *
 * A front takes and ends several queries in a turn, and nobody sees in which order. So a network's queries
 * are counted high for who is refused (all that came in the turn, none that ended), low for others.
 */
#include "oracle.h"

#include "nets.h"

#define SERVFAIL      2
#define EDE_NOT_READY 14
#define TIMES_SHORT   4 /* the bound of a /20 is so many times that of a /24 within it */
#define VICTIMS       4096

static struct {
    const struct ask *of[VICTIMS]; /* refused in this turn */
    unsigned count;
} victims;

void
oracle_room_begin(void)
{
    nets_begin();
    victims.count = 0;
}

static bool
is_refusal(const struct ask *ask)
{
    const struct message_facts *facts = &ask->facts;
    return (facts->rcode == SERVFAIL && facts->ede == EDE_NOT_READY) ||
           (facts->is_truncated && facts->answers == 0);
}

void
oracle_room_taken(const struct ask *ask)
{
    for (unsigned level = 0; level < NETS_LEVELS; level++)
        nets_at(ask->net, level)->came++;
    nets_all()->came++;
}

void
oracle_room_answered(const struct ask *ask)
{
    for (unsigned level = 0; level < NETS_LEVELS; level++)
        nets_at(ask->net, level)->ended++;
    nets_all()->ended++;
    if (is_refusal(ask) && victims.count < VICTIMS)
        victims.of[victims.count++] = ask;
}

static unsigned
high(const struct net *net)
{
    return net->alive + net->came;
}

static unsigned
low(const struct net *net)
{
    return net->alive > net->ended ? net->alive - net->ended : 0;
}

/* Has each network that is beside one of the victim's within `full` at most one query more? */
static bool
is_fair_within(const struct ask *ask, const struct net *full)
{
    unsigned first = full == nets_all() ? 0 : full->level + 1;
    struct net *other;
    for (unsigned level = first; level < NETS_LEVELS; level++) {
        const struct net *own = nets_at(ask->net, level);
        for (size_t i = 0; (other = nets_next(i)) != NULL; i++)
            if (other->around == own->around && low(other) > high(own) + 1)
                return false;
    }
    return true;
}

static bool
is_full(const struct net *net)
{
    if (net == nets_all())
        return high(net) >= world.queries;
    return high(net) >= world.queue_per_prefix * (net->level == 0 ? TIMES_SHORT : 1U);
}

static void
judge(const struct ask *ask)
{
    bool is_any_full = is_full(nets_all());
    bool is_fair = is_any_full && is_fair_within(ask, nets_all());
    for (unsigned level = 0; level < NETS_LEVELS; level++) {
        const struct net *net = nets_at(ask->net, level);
        is_any_full = is_any_full || is_full(net);
        is_fair = is_fair || (is_full(net) && is_fair_within(ask, net));
    }
    if (!is_any_full)
        oracle_violation_of("a query is refused, and there is room (F1)", ": %s", ask->act->text);
    else if (!is_fair)
        oracle_violation_of("a query is refused, and others have two more (F1)", ": %s",
                            ask->act->text);
}

static void
settle(struct net *net)
{
    net->alive = net->alive + net->came - net->ended;
    net->came = net->ended = 0;
}

void
oracle_room_turn(void)
{
    struct net *net;
    for (unsigned i = 0; i < victims.count; i++)
        judge(victims.of[i]);
    victims.count = 0;
    settle(nets_all());
    for (size_t i = 0; (net = nets_next(i)) != NULL; i++)
        settle(net);
}
