/* oracle_octets.c - how many octets an address is sent that may have been forged
 * SPDX-License-Identifier: ISC
 */
#include "oracle.h"

#include "world_faults.h"

#include "front/pacing.h"

#include <string.h>

#define NETWORKS    1024
#define COOKIE_SIZE 24 /* the client's half and ours */
#define FORMERR     1

static struct network { /* what it was sent, and has not leaked yet */
    uint8_t prefix[7];
    uint8_t family;
    uint64_t at_us;
    double octets;
} networks[NETWORKS];

void
oracle_octets_begin(void)
{
    memset(networks, 0, sizeof networks);
}

static struct network *
network_of(const struct addr *addr)
{
    size_t octets = addr->family == ADDR_IPV4 ? PACING_IPV4_LENGTH / 8 : PACING_IPV6_LENGTH / 8;
    for (size_t i = 0; i < NETWORKS; i++) {
        struct network *network = &networks[i];
        if (network->family == ADDR_NONE) {
            network->family = addr->family;
            memcpy(network->prefix, addr->bytes, octets);
        }
        if (network->family == addr->family && memcmp(network->prefix, addr->bytes, octets) == 0)
            return network;
    }
    return NULL;
}

/* Any stretch of T ms carries at most burst + rate * (T + 1 ms) octets to one network. */
static void
judge_pace(const struct ask *ask)
{
    struct network *network = network_of(&ask->from);
    double rate = world.pacing_rate, most = world.pacing_burst + rate / 1000;
    if (network == NULL)
        return;
    network->octets -= rate * (double)(kernel_now() - network->at_us) / 1e6;
    network->octets = (network->octets > 0 ? network->octets : 0) + (double)ask->response_size +
                      PACING_HEAD_OCTETS;
    network->at_us = kernel_now();
    if (network->octets > most)
        oracle_violation_of("a network is sent more than its pace", ": by %u octets",
                            (unsigned)(network->octets - most));
}

void
oracle_octets_judge(const struct ask *ask)
{
    const struct message_facts *facts = &ask->facts;
    if (ask->conn != NULL) /* its address is proven */
        return;
    if (ask->is_cut && facts->rcode != FORMERR)
        oracle_violation_of("a query that was cut short is answered", ": RCODE %u", facts->rcode);
    if ((ask->is_cut || facts->is_truncated) && ask->response_size > ask->size)
        oracle_violation_of("what is no answer is larger than the query", ": %zu octets for %zu",
                            ask->response_size, ask->size);
    if (world.pacing_rate > 0 && ask->response_size > PACING_FREE &&
        ask->cookie_size != COOKIE_SIZE)
        judge_pace(ask);
}

/* Each datagram that a front took has had its end, and no other. */
void
oracle_octets_end(void)
{
    const struct ask *ask;
    if ((world.row->flags & WORLD_ONE_END) == 0 || world_faults_front_died_us() != 0)
        return;
    for (size_t i = 0; (ask = world_clients_at(i)) != NULL; i++)
        if (ask->responses != ask->arrivals)
            oracle_violation_of("a datagram has no end of its own",
                                ": %s came %u times, %u responses", ask->act->text, ask->arrivals,
                                ask->responses);
}
