/* import_stubby.c - see import_stubby.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_stubby.h"

#include "import/import_keys.h"
#include "import/import_listen.h"
#include "import/import_yaml.h"

#include <stdio.h>
#include <string.h>

#define SERVERS   "upstream_recursive_servers."
#define PORT_TEXT 8
#define SHOWN_MAX 60

struct stubby {
    struct import_draft *draft;
    struct import_draft_upstream *upstream; /* of `item`; NULL: none yet */
    uint32_t item;
    char port[PORT_TEXT]; /* of `upstream`; "": not told */
    bool is_sha256;       /* the digest of the pin that follows */
};

/* Its address is whole when the next one begins: the port may stand anywhere. */
static void
end_upstream(struct stubby *s)
{
    if (s->upstream != NULL && s->port[0] != '\0')
        import_listen_join(s->upstream->address, s->upstream->address, s->port);
    s->upstream = NULL;
    s->port[0] = '\0';
    s->is_sha256 = true; /* what getdns takes where nothing is told */
}

static void
take_server(struct stubby *s, const struct import_yaml_item *item)
{
    const char *key = item->path + sizeof SERVERS - 1, *value = item->value;
    struct import_draft *draft = s->draft;
    if (s->upstream == NULL || s->item != item->item) {
        end_upstream(s);
        s->item = item->item;
        s->upstream = import_draft_upstream(draft, item->line, "upstream_recursive_servers");
    }
    bool fits = true;
    if (strcmp(key, "address_data") == 0)
        fits = import_draft_copy(s->upstream->address, sizeof s->upstream->address, value);
    else if (strcmp(key, "tls_port") == 0)
        fits = import_draft_copy(s->port, sizeof s->port, value);
    else if (strcmp(key, "tls_auth_name") == 0)
        fits = import_draft_copy(s->upstream->tls_name, sizeof s->upstream->tls_name, value);
    else if (strcmp(key, "tls_pubkey_pinset.digest") == 0)
        s->is_sha256 = strcmp(value, "sha256") == 0;
    else if (s->is_sha256)
        (void)import_draft_pin(draft, s->upstream, item->line, item->path, value);
    else
        import_draft_say(draft, IMPORT_DRAFT_LOST, item->line, item->path,
                         "a pin of another digest than sha256");
    if (!fits)
        s->upstream->lost = "a value is too long";
}

static void
take(struct stubby *s, const struct import_yaml_item *item)
{
    struct import_draft *draft = s->draft;
    const char *path = item->path, *value = item->value;
    if (import_keys_apply(draft, IMPORT_KEYS_STUBBY, item->line, path, value))
        return;
    if (strncmp(path, SERVERS, sizeof SERVERS - 1) == 0) {
        take_server(s, item);
    } else if (strcmp(path, "listen_addresses") == 0) {
        import_listen_add(draft, item->line, path, value, NULL);
    } else if (strcmp(path, "round_robin_upstreams") == 0) {
        int truth = import_draft_truth(value);
        (void)import_draft_set(draft, item->line, path, CONFIG_ROW_strategy,
                               truth > 0    ? "spread"
                               : truth == 0 ? "ordered"
                                            : value);
    } else if (strcmp(value, "GETDNS_TLS1_2") == 0 || strcmp(value, "GETDNS_TLS1_3") == 0) {
        (void)import_draft_add(draft, item->line, path, CONFIG_ROW_tls_versions, "1.3");
        if (strcmp(value, "GETDNS_TLS1_2") == 0)
            (void)import_draft_add(draft, 0, NULL, CONFIG_ROW_tls_versions, "1.2");
    } else {
        import_draft_say(draft, IMPORT_DRAFT_LOST, item->line, path,
                         "\"%.*s\": TLS below 1.2 is not spoken", SHOWN_MAX, value);
    }
}

void
import_stubby_read(struct import_draft *draft, const char *text, size_t size)
{
    struct stubby s = {.draft = draft, .is_sha256 = true};
    struct import_yaml y;
    struct import_yaml_item item;
    draft->serves_everybody = true;
    if (import_yaml_open(&y, text, size)) {
        while (import_yaml_next(&y, &item))
            take(&s, &item);
        end_upstream(&s);
        import_yaml_close(&y);
    }
    import_listen_default(draft, "127.0.0.1", "::1", NULL);
    if (y.wrong != NULL)
        import_draft_fail(draft, y.line, "YAML", y.wrong);
}
