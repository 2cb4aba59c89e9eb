/* import_backend.h - a server that dnsdist balances over, in either of its languages
 * SPDX-License-Identifier: ISC
 *
 * What: dnsdist.yml and newServer() name the same things by other words. What has a place in an
 *       upstream goes there; a backend without TLS, without validation or of a pool of its own is
 *       none that can be carried.
 * Who:  import_dnsdist and import_dnsdist_lua. Pure.
 */
#pragma once

#include "import/import_draft.h"

struct import_backend {
    struct import_draft_upstream *upstream; /* NULL: none is begun */
    bool is_tls, is_valid;                  /* as far as was told */
};

/** Begin one. @param is_valid  whether dnsdist validates when nothing is told */
void import_backend_begin(struct import_backend *backend, struct import_draft *draft, uint32_t line,
                          const char *key, bool is_valid);

/** Take a value of it. @param field  the last word of its key: "subject_name" or "subjectName" */
void import_backend_take(struct import_backend *backend, struct import_draft *draft, uint32_t line,
                         const char *key, const char *field, const char *value);

/** All is told. Does nothing where none is begun. */
void import_backend_end(struct import_backend *backend);

/** The policy by which dnsdist chooses, as `strategy`. */
void import_backend_policy(struct import_draft *draft, uint32_t line, const char *key,
                           const char *value);

/** A network that dnsdist serves, or with a "!" before it one that it does not; the longest prefix
 * decides. */
void import_backend_client(struct import_draft *draft, uint32_t line, const char *key,
                           const char *text);

/** The networks that dnsdist serves when nothing is told. */
void import_backend_clients(struct import_draft *draft);
