/* oracle_queue.c - whose question is asked next, and who may have how many places (F2, F3, F4)
 * SPDX-License-Identifier: ISC
 *
 * The ring tells in which order a front hands questions over. At the end of each of its turns the oracle
 * plays what it did: takes and refuses queries, gives places back, hands over.
 */
#include "oracle.h"

#include "nets.h"
#include "proxy.h"

#include "front/front.h"
#include "lane/handoff.h"

#include <stdlib.h>
#include <string.h>

#define COOKIE_SIZE   24
#define RESERVE_PART  4 /* docs/LIMITS.md "fairqueue" */
#define RESERVE_LEAST 16
#define PROVEN_TURNS  4
#define ASKS          8192
#define ALIGN         8 /* of records in a ring */

static struct {
    struct ask *in_line[ASKS], *at_worker[ASKS]; /* as they came */
    size_t in_line_count, at_worker_count;
    uint64_t stamp;
    unsigned turn; /* of proven clients, since one of the others */
    uint64_t tail; /* octets of the ring that were looked at */
    uint32_t ring;
} queue;

void
oracle_queue_begin(void)
{
    memset(&queue, 0, sizeof queue);
}

/* Turns of proven clients for one of the others. */
static unsigned
turns_of_proven(void)
{
    unsigned proven = nets_in_line(NETS_PROVEN), unproven = nets_in_line(NETS_UNPROVEN);
    unsigned times = unproven > 0 ? proven / unproven : 0;
    return PROVEN_TURNS * (times > 0 ? times : 1);
}

static unsigned
reserve(void)
{
    unsigned least = world.places / 2 < RESERVE_LEAST ? world.places / 2 : RESERVE_LEAST;
    unsigned part = world.places / RESERVE_PART;
    return part > least ? part : least;
}

/* Is a place free that is not of the reserve? */
static bool
leaves_reserve(void)
{
    return nets_all()->at_worker < world.places - reserve();
}

/* Whoever has its share now is not judged before its next turn. */
static void
look_at_all(void)
{
    struct net *net;
    for (size_t i = 0; (net = nets_next(i)) != NULL; i++)
        if (nets_is_active(net) && !nets_is_under_share(net, world.places))
            for (unsigned line = 0; line < NETS_LINES; line++)
                net->is_entitled[line] = false;
}

/* --- in and out of line ---------------------------------------------------------------------- */

static enum nets_line
line_of(const struct ask *ask)
{
    return ask->cookie_size == COOKIE_SIZE ? NETS_PROVEN : NETS_UNPROVEN;
}

static void
renew(struct net *net, enum nets_line line)
{
    net->stamp[line] = ++queue.stamp;
    net->is_entitled[line] = true;
    net->passed[line] = net->most[line] = 0;
}

void
oracle_queue_taken(struct ask *ask)
{
    enum nets_line line = line_of(ask);
    if (queue.in_line_count == ASKS)
        abort();
    queue.in_line[queue.in_line_count++] = ask;
    for (unsigned level = NETS_LEVELS; level-- > 0;) {
        struct net *net = nets_at(ask->net, level);
        if (net->in_line[line]++ == 0)
            renew(net, line);
    }
}

/* Those that ended in this turn had no turn of theirs. */
static void
leave_line(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < queue.in_line_count; i++) {
        struct ask *ask = queue.in_line[i];
        enum nets_line line = line_of(ask);
        if (ask->responses == 0) {
            queue.in_line[kept++] = ask;
            continue;
        }
        for (unsigned level = 0; level < NETS_LEVELS; level++) {
            struct net *net = nets_at(ask->net, level);
            net->in_line[line]--;
            net->is_entitled[line] = false; /* it may have left the line, and come again */
        }
    }
    queue.in_line_count = kept;
}

static void
give_places(const struct front *front)
{
    size_t kept = 0;
    for (size_t i = 0; i < queue.at_worker_count; i++) {
        struct ask *ask = queue.at_worker[i];
        if (inflight_find(&front->waiting.inflight, ask->slot, ask->generation) != NULL) {
            queue.at_worker[kept++] = ask;
            continue;
        }
        for (unsigned level = 0; level < NETS_LEVELS; level++)
            nets_at(ask->net, level)->at_worker--;
        nets_all()->at_worker--;
    }
    queue.at_worker_count = kept;
    look_at_all();
}

/* --- what is judged -------------------------------------------------------------------------- */

/* F3: all places but the reserve are for whose turn it is; of that, half is for who has few, or within
 * whose network somebody has; the rest for networks that have few. */
static void
judge_place(const struct ask *ask, enum nets_line line)
{
    const struct net *top = nets_at(ask->net, 0);
    unsigned taken = nets_all()->at_worker;
    enum nets_rank rank = nets_rank_of(top, line), most = NETS_MODEST;
    if (!leaves_reserve())
        most = taken < world.places - reserve() / 2 ? NETS_HOPEFUL : NETS_LIGHT;
    if (taken >= world.places)
        oracle_violation_of("more questions are at the worker than places (F3)", ": %s",
                            ask->act->text);
    else if (rank > most)
        oracle_violation_of("a place of the reserve goes to who has enough (F3)", ": %s, %u there",
                            ask->act->text, top->at_worker);
}

/* F2, F3: no other network of its line has waited longer, and no client without its share waits while this
 * one has its own. */
static void
judge_level(const struct ask *ask, enum nets_line line, unsigned level)
{
    const struct net *net = nets_at(ask->net, level), *other;
    /* of wider networks the front remembers that somebody within had few, and looks again late */
    bool is_greedy = level == NETS_LEVELS - 1 && !nets_is_under_share(net, world.places);
    for (size_t i = 0; (other = nets_next(i)) != NULL; i++) {
        if (other == net || other->around != net->around || other->in_line[line] == 0 ||
            !other->is_entitled[line])
            continue;
        if (is_greedy)
            oracle_violation_of("who has its share of places comes before who has not (F3)",
                                ": %s, /%u", ask->act->text, net->prefix.length);
        else if (other->stamp[line] < net->stamp[line])
            oracle_violation_of("a network has a turn before one that waits longer (F2)",
                                ": %s, /%u", ask->act->text, net->prefix.length);
    }
}

/* F2: four turns of proven clients for one of the others. */
static void
judge_line(const struct ask *ask, enum nets_line line)
{
    if (line == NETS_UNPROVEN && queue.turn < turns_of_proven())
        oracle_violation_of("proven clients have too few turns (F2)", ": %s", ask->act->text);
    if (line == NETS_PROVEN && queue.turn >= turns_of_proven())
        oracle_violation_of("proven clients have too many turns (F2)", ": %s", ask->act->text);
}

/* F4: while places are free, and a network has not its share, each of the others in its line has one turn
 * before it at most. */
static void
note_turn(const struct net *top, enum nets_line line)
{
    struct net *net;
    unsigned count = nets_in_line(line);
    for (size_t i = 0; (net = nets_next(i)) != NULL; i++) {
        if (net->level != 0 || net->in_line[line] == 0 || net == top)
            continue;
        net->passed[line]++;
        net->most[line] = count > net->most[line] ? count : net->most[line];
        if (net->is_entitled[line] && net->passed[line] >= net->most[line])
            oracle_violation_of("a network waits for more turns than it must (F4)",
                                ": %u of %u networks", net->passed[line], net->most[line]);
    }
}

/* --- a question is handed over --------------------------------------------------------------- */

static void
hand_over(struct ask *ask)
{
    enum nets_line line = line_of(ask);
    bool is_both = nets_in_line(NETS_PROVEN) > 0 && nets_in_line(NETS_UNPROVEN) > 0;
    look_at_all();
    judge_place(ask, line);
    if (leaves_reserve()) {
        for (unsigned level = 0; level < NETS_LEVELS; level++)
            judge_level(ask, line, level);
        if (is_both)
            judge_line(ask, line);
        note_turn(nets_at(ask->net, 0), line);
    }
    queue.turn = is_both && line == NETS_PROVEN ? queue.turn + 1 : 0;
    nets_all()->at_worker++;
    for (unsigned level = 0; level < NETS_LEVELS; level++)
        nets_at(ask->net, level)->at_worker++;
    for (unsigned level = NETS_LEVELS; level-- > 0;) {
        struct net *net = nets_at(ask->net, level);
        if (--net->in_line[line] > 0)
            renew(net, line);
    }
}

static void
read_name(const struct dns_name *name, char *text, size_t room)
{
    size_t used = 0;
    for (size_t at = 0; at < name->size && name->wire[at] != 0; at += 1U + name->wire[at]) {
        if (used + 1U + name->wire[at] >= room)
            break;
        if (used > 0)
            text[used++] = '.';
        memcpy(text + used, &name->wire[at + 1], name->wire[at]);
        used += name->wire[at];
    }
    text[used] = '\0';
}

static void
take_question(const struct handoff_query *question)
{
    char name[256];
    read_name(&question->question.name, name, sizeof name);
    for (size_t i = 0; i < queue.in_line_count; i++) {
        struct ask *ask = queue.in_line[i];
        if (strcmp(ask->act->text, name) != 0)
            continue;
        memmove(&queue.in_line[i], &queue.in_line[i + 1],
                (--queue.in_line_count - i) * sizeof(struct ask *));
        ask->slot = question->slot;
        ask->generation = question->generation;
        if (queue.at_worker_count == ASKS)
            abort();
        queue.at_worker[queue.at_worker_count++] = ask;
        hand_over(ask);
        return;
    }
    oracle_violation_of("a question is asked that nobody waits for", ": %s", name);
}

static uint8_t
octet_at(const struct ring_producer *ring, uint64_t at)
{
    return ring->shared->data[at & (ring->size - 1)];
}

/* What the front wrote into the ring in this turn; the worker may have read it, and nobody has
 * written over it. */
static void
read_ring(const struct ring_producer *ring)
{
    uint8_t record[HANDOFF_QUERY_MAX];
    struct handoff_query question;
    while (queue.tail < ring->tail) {
        uint32_t size = 0;
        for (unsigned i = 0; i < sizeof size; i++)
            ((uint8_t *)&size)[i] = octet_at(ring, queue.tail + i);
        for (uint32_t i = 0; i < size && i < sizeof record; i++)
            record[i] = octet_at(ring, queue.tail + sizeof size + i);
        queue.tail += (sizeof size + size + ALIGN - 1) / ALIGN * ALIGN;
        if (size > sizeof record || handoff_query_read(record, size, &question) != STATUS_OK)
            oracle_violation("a record in the ring that is no question");
        else
            take_question(&question);
    }
}

/* Nobody waits while a place is free for it. */
static void
judge_rest(void)
{
    const struct net *net;
    if (queue.in_line_count > 0 && leaves_reserve())
        oracle_violation_of("questions wait, and places are free (F3)",
                            ": %zu in line, %u at the worker", queue.in_line_count,
                            nets_all()->at_worker);
    if (nets_all()->at_worker >= world.places)
        return;
    for (size_t i = 0; (net = nets_next(i)) != NULL; i++)
        if (net->level == 0 && net->at_worker == 0 && nets_is_active(net))
            oracle_violation_of(
                "a network with nothing at the worker waits, and places are free (F3)",
                ": %u in line", net->in_line[0] + net->in_line[1]);
}

void
oracle_queue_turn(const struct front *front)
{
    const struct child_link *link = front->uplink.newest;
    if (link == NULL)
        return;
    if (link->number != queue.ring) {
        queue.ring = link->number;
        queue.tail = 0;
    }
    give_places(front);
    leave_line();
    read_ring(&link->to_peer);
    look_at_all();
    judge_rest();
}
