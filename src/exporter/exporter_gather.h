/* exporter_gather.h - readings of a running service, and of one that may come back
 * SPDX-License-Identifier: ISC
 *
 * What: the connection to the service, its pages, and what is seen on them. When the service is
 *       gone its pages stay as they were, and say so by their age; it is connected to again.
 * Who:  exporter.
 * Ref:  control/control_client.h, docs/VIEW.md.
 */
#pragma once

#include "exporter/exporter_link.h"
#include "view/sight.h"
#include "view/stages.h"

#define EXPORTER_GATHER_STEP_MS  10000     /* between two readings that nobody asks for */
#define EXPORTER_GATHER_LEAST_MS 1000      /* no two readings are nearer than that */
#define EXPORTER_GATHER_FRESH_US 10000000U /* what the supervisor wrote is fresh for so long */

struct exporter_gather { /* zeroed, then exporter_gather_begin() */
    struct exporter_link link;
    bool has_reading;
    uint64_t read_us;    /* monotonic: of the last reading */
    uint64_t written_us; /* monotonic: the service wrote last, by the last reading */
    uint64_t connects;   /* connections made */
    struct control_pages pages;
    char host[SERVICE_PAGE_NAME_MAX];
    struct sight sight;
    struct stages stages; /* of the same reading */
};

/** As exporter_link_begin(). Reads the name of the machine. */
void exporter_gather_begin(struct exporter_gather *gather, const char *path, int dial_fd);

/** What is to be done at this time: connect, read.
 *  @return STATUS_OK; STATUS_CLOSED: nobody is there any more who connects, and so all is over */
MUST_CHECK enum status exporter_gather_turn(struct exporter_gather *gather, uint64_t now_us);

/** The answer of who connects is there. @return as exporter_gather_turn() */
MUST_CHECK enum status exporter_gather_connected(struct exporter_gather *gather);

/** A socket that was connected is the connection from now on; what it has is read. */
void exporter_gather_greet(struct exporter_gather *gather, int fd);

/** The service has closed the connection, or sends what nobody asked for. */
void exporter_gather_lost(struct exporter_gather *gather);

/** Somebody wants to see: a new reading, unless the last one is EXPORTER_GATHER_LEAST_MS young. */
void exporter_gather_refresh(struct exporter_gather *gather, uint64_t now_us);

/** Is what is shown true of now: of a service that is connected to, and no older than
 *  EXPORTER_GATHER_FRESH_US? */
bool exporter_gather_is_fresh(const struct exporter_gather *gather);

/** When exporter_gather_turn() has something to do, monotonic. */
uint64_t exporter_gather_next_us(const struct exporter_gather *gather);
