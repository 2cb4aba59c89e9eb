/* import_coredns_zone.h - which names the blocks of a Corefile have, and the forwards in them
 * SPDX-License-Identifier: ISC
 *
 * What: CoreDNS takes the block with the longest zone of a name, and in it the first forward that has
 *       the name. A route has a name at every address that penstock serves: the zone of a block that
 *       is not served at each of those, and what another block or forward has before, is not carried.
 * Who:  reader of a Corefile. Pure.
 */
#pragma once

#include "import/import_draft.h"

#define IMPORT_COREDNS_ZONE_BLOCKS_MAX   64
#define IMPORT_COREDNS_ZONE_BINDS_MAX    16
#define IMPORT_COREDNS_ZONE_FORWARDS_MAX 64

struct import_coredns_zone_forward {
    uint32_t line, block, group;
    uint32_t zone;                /* of its block, below which it is; IMPORT_DRAFT_NOWHERE: none */
    bool is_zone;                 /* its name is none of its block's */
    char name[CONFIG_DOMAIN_MAX]; /* "": every name */
};

struct import_coredns_zone { /* caller's memory, members private but for the last three */
    struct import_draft *draft;
    uint32_t blocks_count, forwards_count;
    uint32_t first_zone;                       /* of the block at hand, in draft->zones */
    uint32_t block_of[IMPORT_DRAFT_ZONES_MAX]; /* 1.. */
    uint16_t port_of[IMPORT_DRAFT_ZONES_MAX];  /* 0: none that can be read */
    bool is_asked[IMPORT_DRAFT_ZONES_MAX];     /* a forward has it */
    struct {
        unsigned count;                                       /* 0: served at every address */
        struct addr addresses[IMPORT_COREDNS_ZONE_BINDS_MAX]; /* port 0 */
    } binds[IMPORT_COREDNS_ZONE_BLOCKS_MAX + 1];
    struct import_coredns_zone_forward forwards[IMPORT_COREDNS_ZONE_FORWARDS_MAX];
    bool is_root;   /* the block at hand has the zone ".": to be set */
    bool is_rest;   /* the forward at hand is asked for every name */
    uint32_t group; /* of its servers for the zones that it has; IMPORT_DRAFT_REST: it has none */
};

/** Begin. @param draft  borrowed until the end */
void import_coredns_zone_open(struct import_coredns_zone *z, struct import_draft *draft);

/** A block begins. @return false: there is no room for another one */
MUST_CHECK bool import_coredns_zone_block(struct import_coredns_zone *z);

/** It names a zone: NAME or NAME:PORT. One that cannot be carried is said to be so. */
void import_coredns_zone_add(struct import_coredns_zone *z, uint32_t line, const char *word);

/** It is served at this address. */
void import_coredns_zone_bind(struct import_coredns_zone *z, const char *address);

/** Does the block at hand name a zone other than "."? */
bool import_coredns_zone_is_named(const struct import_coredns_zone *z);

/**
 * A forward of the block begins: `is_rest` and `group` tell for which names its servers are.
 *
 * @param from  the name before its servers; borrowed
 * @return NULL; or why it has no name, static
 */
const char *import_coredns_zone_forward(struct import_coredns_zone *z, uint32_t line,
                                        const char *from);

/** The file is read, and draft->config.listen has its addresses: zones of forwards are noted. */
void import_coredns_zone_close(struct import_coredns_zone *z);
