/* nets.c - see nets.h
 * SPDX-License-Identifier: ISC
 */
#include "nets.h"

#include "policy.h"

#include <stdlib.h>
#include <string.h>

#define LIGHT_PART 8 /* docs/LIMITS.md "fairqueue" */

static const uint8_t lengths[2][NETS_LEVELS] = {{20, 24, 32}, {48, 56, 64}};

static struct {
    struct net all;
    struct net of[NETS_MAX];
    size_t count;
} nets;

void
nets_begin(void)
{
    memset(&nets, 0, sizeof nets);
}

struct net *
nets_all(void)
{
    return &nets.all;
}

struct net *
nets_next(size_t i)
{
    return i < nets.count ? &nets.of[i] : NULL;
}

static struct net *
find(const struct addr *client, unsigned level, struct net *around)
{
    for (size_t i = 0; i < nets.count; i++) {
        const struct policy_list one = {.of = {nets.of[i].prefix}, .count = 1};
        if (nets.of[i].level == level && nets.of[i].around == around && policy_has(&one, client))
            return &nets.of[i];
    }
    if (nets.count == NETS_MAX)
        abort();
    struct net *net = &nets.of[nets.count++];
    *net = (struct net){.level = level, .around = around};
    net->prefix.addr = *client;
    net->prefix.length = lengths[client->family == ADDR_IPV6][level];
    return net;
}

struct net *
nets_of(const struct addr *client)
{
    struct net *net = &nets.all;
    for (unsigned level = 0; level < NETS_LEVELS; level++)
        net = find(client, level, net);
    return net;
}

struct net *
nets_at(struct net *net, unsigned level)
{
    while (net->level > level)
        net = net->around;
    return net;
}

/* --- how they stand -------------------------------------------------------------------------- */

bool
nets_is_active(const struct net *net)
{
    return net->in_line[NETS_UNPROVEN] + net->in_line[NETS_PROVEN] + net->at_worker > 0;
}

static unsigned
active_within(const struct net *around)
{
    const struct net *net;
    unsigned count = 0;
    for (size_t i = 0; (net = nets_next(i)) != NULL; i++)
        count += net->around == around && nets_is_active(net);
    return count;
}

bool
nets_is_light(const struct net *net)
{
    return net->at_worker == 0 ||
           (uint64_t)net->at_worker * active_within(net->around) * LIGHT_PART <
               net->around->at_worker;
}

bool
nets_is_hopeful(const struct net *net, enum nets_line line)
{
    const struct net *within;
    for (size_t i = 0; (within = nets_next(i)) != NULL; i++)
        if (within->around == net && within->in_line[line] > 0 &&
            (nets_is_light(within) || nets_is_hopeful(within, line)))
            return true;
    return false;
}

static unsigned
share_of(const struct net *net, unsigned places)
{
    unsigned whole = net->level == 0 ? places : share_of(net->around, places);
    unsigned active = active_within(net->around);
    return active > 0 && whole / active > 0 ? whole / active : 1;
}

bool
nets_is_under_share(const struct net *net, unsigned places)
{
    return nets_is_light(net) || net->at_worker < share_of(net, places);
}

unsigned
nets_in_line(enum nets_line line)
{
    const struct net *net;
    unsigned count = 0;
    for (size_t i = 0; (net = nets_next(i)) != NULL; i++)
        count += net->level == 0 && net->in_line[line] > 0;
    return count;
}

enum nets_rank
nets_rank_of(const struct net *net, enum nets_line line)
{
    if (nets_is_light(net))
        return NETS_LIGHT;
    return nets_is_hopeful(net, line) ? NETS_HOPEFUL : NETS_MODEST;
}
