/* nets.h - the networks of clients, and what each has in a front, counted from outside
 * SPDX-License-Identifier: ISC
 *
 * What: a network at each of the three lengths that rates have by default, one within the other. Queries
 *       are counted as they are taken and as their responses leave; questions as they enter the line
 *       and the ring.
 * Who:  oracle_room.c, oracle_queue.c.
 * Ref:  docs/LIMITS.md "networks".
 */
#pragma once

#include "base/addr.h"

#define NETS_LEVELS 3 /* 0: the shortest prefix; the last: a client */
#define NETS_MAX    4096

/* It has few at the worker; it has not, and one within it has; neither. */
enum nets_rank { NETS_LIGHT, NETS_HOPEFUL, NETS_MODEST };

enum nets_line { NETS_UNPROVEN, NETS_PROVEN, NETS_LINES };

struct net {
    unsigned level;
    struct addr_prefix prefix;
    struct net *around; /* the one that it is within; of level 0: all */
    /* queries that a front has taken and not answered, when its turn began; in this turn */
    unsigned alive, came, ended;
    /* its questions */
    unsigned in_line[NETS_LINES], at_worker;
    uint64_t stamp[NETS_LINES]; /* when it got into line, or had its turn last */
    /* since then it was never seen with its share of places, and none of its questions left the line
     * without a turn */
    bool is_entitled[NETS_LINES];
    unsigned passed[NETS_LINES]; /* since then, turns of others */
    unsigned most[NETS_LINES];   /* since then, networks in the same line, at most */
};

void nets_begin(void);

/** All of them. */
struct net *nets_all(void);

/** The network of the longest length. */
struct net *nets_of(const struct addr *client);

/** The one of a level around it, or itself. */
struct net *nets_at(struct net *net, unsigned level);

/** The i-th; NULL: there are no more. */
struct net *nets_next(size_t i);

/* --- how they stand -------------------------------------------------------------------------- */

/** It has a question in line or at the worker. */
bool nets_is_active(const struct net *net);

/** It has nothing at the worker, or much less than those beside it. */
bool nets_is_light(const struct net *net);

/** One within it, which is in that line, is light among its own. */
bool nets_is_hopeful(const struct net *net, enum nets_line line);

enum nets_rank nets_rank_of(const struct net *net, enum nets_line line);

/** It is light, or has less than its share of `places`: of those of the network around it, divided by
 * those that are active there. */
bool nets_is_under_share(const struct net *net, unsigned places);

/** Networks of the shortest prefix that are in line. */
unsigned nets_in_line(enum nets_line line);
