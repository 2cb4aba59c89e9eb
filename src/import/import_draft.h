/* import_draft.h - a policy while another program's configuration is read
 * SPDX-License-Identifier: ISC
 *
 * What: settings that were carried, upstreams, zones and clients as they were found, and a finding for
 *       each setting of the file: what became of it, or why nothing did.
 * Who:  penstockctl import: readers fill it, import_settle judges what can be judged at the end only.
 *       Pure: fixed memory of the caller, no allocation.
 * Ref:  docs/MIGRATION.md; docs/LIMITS.md "penstockctl".
 */
#pragma once

#include "conf/config_row.h"

#include <stdbool.h>
#include <stdint.h>

#define IMPORT_DRAFT_FINDINGS_MAX  65536
#define IMPORT_DRAFT_ARENA_BYTES   (1U << 21)
#define IMPORT_DRAFT_KEY_MAX       96  /* octets of a key in a finding, with its NUL */
#define IMPORT_DRAFT_TEXT_MAX      512 /* of what is said of it */
#define IMPORT_DRAFT_UPSTREAMS_MAX 512
#define IMPORT_DRAFT_ZONES_MAX     1024
#define IMPORT_DRAFT_CLIENTS_MAX   1024
#define IMPORT_DRAFT_PORT_TEXT_MAX 8

enum import_draft_kind {
    IMPORT_DRAFT_CARRIED,
    IMPORT_DRAFT_LOST, /* not carried */
    IMPORT_DRAFT_NOTE, /* about what was carried; no setting of its own */
};

struct import_draft_finding {
    uint32_t line; /* 1..; 0: the file as a whole */
    enum import_draft_kind kind;
    uint32_t key, text; /* offsets into the arena, of texts of printable ASCII */
};

struct import_draft_upstream {
    uint32_t line;
    const char *key;              /* static: the setting that names it */
    const char *lost;             /* static: why it cannot be carried; NULL: no reason yet */
    char address[VALUE_TEXT_MAX]; /* as a policy has it: ADDRESS or ADDRESS:PORT */
    char tls_name[CONFIG_HOST_MAX];
    char name[CONFIG_NAME_MAX]; /* "": one is made */
    uint8_t pins[CONFIG_PINS_MAX][CONFIG_PIN_BYTES];
    uint32_t pins_count;
    bool is_by_pin; /* the certificate's issuer does not count there */
    uint32_t weight, qps;
    uint32_t group;  /* IMPORT_DRAFT_REST, or a number that zones have too */
    bool is_again;   /* it stands in the file once, and here for another group before */
    bool is_settled; /* it is a policy's upstream number `place`, or is said not to be */
    uint32_t place;  /* IMPORT_DRAFT_NOWHERE: it is none */
};

#define IMPORT_DRAFT_REST    0U /* the group of those that are asked for every name without another */
#define IMPORT_DRAFT_NOWHERE UINT32_MAX

struct import_draft_zone { /* a name that is asked of one group, with all names below */
    uint32_t line;
    const char *key;  /* static */
    const char *lost; /* static: why it cannot be a route; NULL: no reason yet */
    uint32_t group;
    char name[CONFIG_DOMAIN_MAX]; /* as a policy has it */
};

struct import_draft_client {
    uint32_t line;   /* 0: what that program allows when nothing is said */
    const char *key; /* static */
    struct addr_prefix prefix;
    bool is_allowed;
    bool is_row; /* of acl.deny, once it is settled */
};

struct import_draft {
    struct config config;    /* the defaults, and what was set */
    bool given[CONFIG_ROWS]; /* was set */
    uint32_t upstreams_count, zones_count, clients_count, findings_count, arena_used;
    uint32_t groups_count; /* numbers of groups that are taken, but for the rest */
    uint32_t rest_count;   /* of config.upstreams, the first ones: those of the rest */
    uint32_t counts[IMPORT_DRAFT_NOTE + 1];    /* findings, by kind */
    uint32_t per_client_line, per_proven_line; /* where the rates of one client stand, 0: nowhere */
    uint32_t per_client, per_proven;           /* queries/s of one client, of a proven one */
    bool names_listen;                         /* the file names an address to serve */
    bool is_stale_off;                         /* expired responses are not used */
    bool is_broken;                            /* the file could not be read to its end */
    bool serves_everybody; /* that program does, unless its file says otherwise */
    bool is_overfull;      /* more findings, upstreams, zones or clients than there is room for */
    /* as many of each as is counted above; the rest is never looked at */
    struct import_draft_upstream upstreams[IMPORT_DRAFT_UPSTREAMS_MAX];
    struct import_draft_zone zones[IMPORT_DRAFT_ZONES_MAX];
    struct import_draft_client clients[IMPORT_DRAFT_CLIENTS_MAX];
    struct import_draft_finding findings[IMPORT_DRAFT_FINDINGS_MAX];
    char arena[IMPORT_DRAFT_ARENA_BYTES];
};

/** Begin with the defaults of a policy, and without a finding. @param draft  any memory, written */
void import_draft_begin(struct import_draft *draft);

/**
 * Add a finding, in its place by line. What is not printable ASCII is shown as a question mark.
 *
 * @param key  borrowed; cut at IMPORT_DRAFT_KEY_MAX
 */
void import_draft_say(struct import_draft *draft, enum import_draft_kind kind, uint32_t line,
                      const char *key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/** Begin a list anew, without the defaults. */
void import_draft_empty(struct import_draft *draft, enum config_row_id row);

/**
 * Set a key, or say why its value cannot be one of penstock's.
 *
 * @param row   no list and no key of an upstream
 * @param text  as a policy has it; borrowed
 * @return false: not carried, and said
 */
bool import_draft_set(struct import_draft *draft, uint32_t line, const char *key,
                      enum config_row_id row, const char *text);

/** Add a value to a list; the first one takes the place of the defaults.
 *  @param key  NULL: nothing is said @return as above */
bool import_draft_add(struct import_draft *draft, uint32_t line, const char *key,
                      enum config_row_id row, const char *text);

/** The file cannot be read further, so that nothing of it can be used. @param why  borrowed */
void import_draft_fail(struct import_draft *draft, uint32_t line, const char *key, const char *why);

/**
 * Note an upstream.
 *
 * @param key  static
 * @return it, zeroed but for line and key; never NULL: where there is no room for another one, one
 *         that nobody asks for
 */
struct import_draft_upstream *import_draft_upstream(struct import_draft *draft, uint32_t line,
                                                    const char *key);

/** The same server in another group, too. @param upstream  its number in draft->upstreams */
void import_draft_again(struct import_draft *draft, uint32_t upstream, uint32_t group);

/** A number for a group of upstreams that no other has. */
uint32_t import_draft_group(struct import_draft *draft);

/**
 * Note a name that is asked of a group.
 *
 * @param key   static
 * @param name  borrowed; no name of a domain, or one that was noted before: not carried, and said
 * @return its number in draft->zones; IMPORT_DRAFT_NOWHERE: not noted
 */
uint32_t import_draft_zone(struct import_draft *draft, uint32_t line, const char *key,
                           const char *name, uint32_t group);

/** Add a pin. @param base64  of a SHA-256, without "sha256//" @return false: not carried, and said */
bool import_draft_pin(struct import_draft *draft, struct import_draft_upstream *upstream,
                      uint32_t line, const char *key, const char *base64);

/** Copy a text whole. @return false: it does not fit, and `to` is "" */
bool import_draft_copy(char *to, size_t room, const char *text);

/** "yes", "true", "on" or "1": 1; "no", "false", "off" or "0": 0; else -1. */
int import_draft_truth(const char *text);
