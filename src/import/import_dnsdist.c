/* import_dnsdist.c - see import_dnsdist.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_dnsdist.h"

#include "import/import_backend.h"
#include "import/import_keys.h"
#include "import/import_listen.h"
#include "import/import_yaml.h"

#include <string.h>

struct dnsdist {
    struct import_draft *draft;
    struct import_backend backend;
    uint32_t item; /* of backends or binds, in which we are */
    bool has_acl;
    uint32_t bind_line; /* of the bind at hand; 0: none */
    char bind[VALUE_TEXT_MAX];
    bool is_plain; /* it serves plain DNS, as penstock does */
};

static bool
begins_with(const char *path, const char *start)
{
    return strncmp(path, start, strlen(start)) == 0;
}

static void
end_bind(struct dnsdist *d)
{
    if (d->bind_line != 0 && d->is_plain)
        import_listen_add(d->draft, d->bind_line, "binds.listen_address", d->bind, NULL);
    else if (d->bind_line != 0) {
        d->draft->names_listen = true;
        import_draft_say(d->draft, IMPORT_DRAFT_LOST, d->bind_line, "binds.listen_address",
                         "clients are served over UDP and TCP alone");
    }
    d->bind_line = 0;
}

static void
end_item(struct dnsdist *d)
{
    import_backend_end(&d->backend);
    end_bind(d);
}

static void
take_bind(struct dnsdist *d, const struct import_yaml_item *item)
{
    if (d->item != item->item || d->bind_line == 0) {
        end_item(d);
        d->item = item->item;
        d->bind_line = item->line;
        d->bind[0] = '\0';
        d->is_plain = true;
    }
    if (strcmp(item->path, "binds.protocol") == 0)
        d->is_plain = strcmp(item->value, "Do53") == 0;
    else if (!import_draft_copy(d->bind, sizeof d->bind, item->value))
        import_draft_say(d->draft, IMPORT_DRAFT_LOST, item->line, item->path, "it is too long");
}

static void
take_backend(struct dnsdist *d, const struct import_yaml_item *item)
{
    if (d->item != item->item || d->backend.upstream == NULL) {
        end_item(d);
        d->item = item->item;
        import_backend_begin(&d->backend, d->draft, item->line, "backends", true);
    }
    const char *field = strchr(item->path, '.') + 1;
    if (begins_with(field, "tls."))
        field += strlen("tls.");
    import_backend_take(&d->backend, d->draft, item->line, item->path, field, item->value);
}

static void
take(struct dnsdist *d, const struct import_yaml_item *item)
{
    if (import_keys_apply(d->draft, IMPORT_KEYS_DNSDIST, item->line, item->path, item->value))
        return;
    if (strcmp(item->path, "acl") == 0) {
        d->has_acl = true;
        import_backend_client(d->draft, item->line, "acl", item->value);
    } else if (begins_with(item->path, "binds.")) {
        take_bind(d, item);
    } else if (begins_with(item->path, "backends.")) {
        take_backend(d, item);
    } else {
        import_backend_policy(d->draft, item->line, item->path, item->value);
    }
}

void
import_dnsdist_read(struct import_draft *draft, const char *text, size_t size)
{
    struct dnsdist d = {.draft = draft};
    struct import_yaml y;
    struct import_yaml_item item;
    if (import_yaml_open(&y, text, size)) {
        while (import_yaml_next(&y, &item))
            take(&d, &item);
        end_item(&d);
        import_yaml_close(&y);
    }
    if (!d.has_acl)
        import_backend_clients(draft);
    if (!d.has_acl)
        import_draft_say(draft, IMPORT_DRAFT_NOTE, 0, "acl.allow",
                         "dnsdist serves private networks when its file names no acl: so does the "
                         "policy");
    import_listen_default(draft, "127.0.0.1", NULL, NULL);
    if (y.wrong != NULL)
        import_draft_fail(draft, y.line, "YAML", y.wrong);
}
