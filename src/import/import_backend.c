/* import_backend.c - see import_backend.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_backend.h"

#include "import/import_acl.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60

static const char no_tls[] = "plain DNS: upstreams are asked over TLS alone";

void
import_backend_begin(struct import_backend *backend, struct import_draft *draft, uint32_t line,
                     const char *key, bool is_valid)
{
    *backend = (struct import_backend){.upstream = import_draft_upstream(draft, line, key),
                                       .is_valid = is_valid};
}

static bool
is(const char *field, const char *one, const char *other)
{
    return strcmp(field, one) == 0 || strcmp(field, other) == 0;
}

static void
take_number(struct import_draft *draft, uint32_t line, const char *key, enum config_row_id row,
            const char *value, uint32_t *to)
{
    uint32_t number;
    const char *wrong;
    if (value_parse(&config_rows[row].rule, value, &number, &wrong) == STATUS_OK)
        *to = number;
    else
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "\"%.*s\": %s", SHOWN_MAX, value,
                         wrong);
}

static void
take_name(struct import_backend *backend, struct import_draft *draft, uint32_t line,
          const char *key, const char *value)
{
    char name[CONFIG_NAME_MAX];
    const char *wrong;
    if (value_parse(&config_rows[CONFIG_ROW_upstream_name].rule, value, name, &wrong) == STATUS_OK)
        memcpy(backend->upstream->name, name, sizeof name);
    else
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "\"%.*s\" as a name: %s", SHOWN_MAX,
                         value, wrong);
}

void
import_backend_take(struct import_backend *backend, struct import_draft *draft, uint32_t line,
                    const char *key, const char *field, const char *value)
{
    struct import_draft_upstream *upstream = backend->upstream;
    bool fits = true;
    if (strcmp(field, "address") == 0)
        fits = import_draft_copy(upstream->address, sizeof upstream->address, value);
    else if (strcmp(field, "protocol") == 0)
        backend->is_tls = strcmp(value, "DoT") == 0;
    else if (strcmp(field, "tls") == 0)
        backend->is_tls = value[0] != '\0';
    else if (strcmp(field, "dohPath") == 0)
        upstream->lost = "DNS over HTTPS is not spoken";
    else if (is(field, "subject_name", "subjectName") ||
             (is(field, "subject_address", "subjectAddr") && upstream->tls_name[0] == '\0'))
        fits = import_draft_copy(upstream->tls_name, sizeof upstream->tls_name, value);
    else if (is(field, "validate_certificate", "validateCertificates"))
        backend->is_valid = import_draft_truth(value) > 0;
    else if (is(field, "ca_store", "caStore"))
        (void)import_draft_set(draft, line, key, CONFIG_ROW_tls_ca_file, value);
    else if (strcmp(field, "name") == 0)
        take_name(backend, draft, line, key, value);
    else if (strcmp(field, "weight") == 0)
        take_number(draft, line, key, CONFIG_ROW_upstream_weight, value, &upstream->weight);
    else if (is(field, "queries_per_second", "qps"))
        take_number(draft, line, key, CONFIG_ROW_upstream_qps, value, &upstream->qps);
    else if (is(field, "pools", "pool") && value[0] != '\0')
        upstream->lost = "of a pool of its own: write a route for its names";
    if (!fits)
        upstream->lost = "a value is too long";
}

void
import_backend_end(struct import_backend *backend)
{
    struct import_draft_upstream *upstream = backend->upstream;
    if (upstream != NULL && upstream->lost == NULL && !backend->is_tls)
        upstream->lost = no_tls;
    if (upstream != NULL && upstream->lost == NULL && !backend->is_valid)
        upstream->lost = "its certificate is not validated there: nobody would be authenticated";
    backend->upstream = NULL;
}

void
import_backend_policy(struct import_draft *draft, uint32_t line, const char *key, const char *value)
{
    static const char *const policies[][2] = {{"firstAvailable", "ordered"},
                                              {"wrandom", "spread"},
                                              {"roundrobin", "spread"},
                                              {"leastOutstanding", "fastest"}};
    for (unsigned i = 0; i < sizeof policies / sizeof policies[0]; i++)
        if (strcmp(value, policies[i][0]) == 0) {
            (void)import_draft_set(draft, line, key, CONFIG_ROW_strategy, policies[i][1]);
            return;
        }
    import_draft_say(draft, IMPORT_DRAFT_LOST, line, key,
                     "\"%.*s\": strategy is fastest, ordered or spread", SHOWN_MAX, value);
}

void
import_backend_client(struct import_draft *draft, uint32_t line, const char *key, const char *text)
{
    bool is_denied = text[0] == '!';
    if (!import_acl_add(draft, line, key, text + is_denied, !is_denied) && is_denied)
        import_draft_fail(draft, line, key, "whom it denies cannot be read");
}

void
import_backend_clients(struct import_draft *draft)
{
    static const char *const networks[] = {"127.0.0.0/8",    "10.0.0.0/8",     "100.64.0.0/10",
                                           "169.254.0.0/16", "192.168.0.0/16", "172.16.0.0/12",
                                           "::1/128",        "fc00::/7",       "fe80::/10"};
    for (unsigned i = 0; i < sizeof networks / sizeof networks[0]; i++)
        (void)import_acl_add(draft, 0, "acl", networks[i], true);
}
