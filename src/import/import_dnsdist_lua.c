/* import_dnsdist_lua.c - see import_dnsdist_lua.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_dnsdist_lua.h"

#include "import/import_acl.h"
#include "import/import_backend.h"
#include "import/import_keys.h"
#include "import/import_listen.h"
#include "import/import_lua.h"

#include <stdio.h>
#include <string.h>

struct conf {
    struct import_draft *draft;
    struct import_lua_statement statement;
    bool has_acl;
};

static void
take_server(struct conf *c)
{
    struct import_backend backend;
    import_backend_begin(&backend, c->draft, c->statement.line, "newServer", true);
    for (unsigned i = 0; i < c->statement.count; i++) {
        const struct import_lua_value *value = &c->statement.values[i];
        char key[IMPORT_DRAFT_KEY_MAX];
        const char *field = value->key[0] == '\0' ? "address" : value->key;
        snprintf(key, sizeof key, "newServer.%s", field);
        if (import_keys_apply(c->draft, IMPORT_KEYS_LUA, value->line, key, value->text))
            continue;
        if (value->is_computed)
            backend.upstream->lost = "a value of it is computed, or has an escape";
        else
            import_backend_take(&backend, c->draft, value->line, key, field, value->text);
    }
    import_backend_end(&backend);
}

static void
take_acl(struct conf *c, bool is_anew)
{
    if (is_anew)
        import_acl_forget(c->draft);
    else if (!c->has_acl)
        import_backend_clients(c->draft);
    c->has_acl = true;
    for (unsigned i = 0; i < c->statement.count; i++)
        import_backend_client(c->draft, c->statement.values[i].line, is_anew ? "setACL" : "addACL",
                              c->statement.values[i].text);
}

static void
take_local(struct conf *c, bool is_anew)
{
    struct import_draft *draft = c->draft;
    if (is_anew && draft->given[CONFIG_ROW_listen]) {
        import_draft_empty(draft, CONFIG_ROW_listen);
        import_draft_say(draft, IMPORT_DRAFT_NOTE, c->statement.line, c->statement.name,
                         "what was in listen before is gone");
    }
    import_listen_add(draft, c->statement.line, c->statement.name, c->statement.values[0].text,
                      NULL);
    for (unsigned i = 1; i < c->statement.count; i++)
        import_draft_say(draft, IMPORT_DRAFT_LOST, c->statement.values[i].line, c->statement.name,
                         "%s: no option of an address that is served",
                         c->statement.values[i].key[0] == '\0' ? "its second argument"
                                                               : c->statement.values[i].key);
}

static bool
has_computed(const struct import_lua_statement *statement)
{
    for (unsigned i = 0; i < statement->count; i++)
        if (statement->values[i].is_computed)
            return true;
    return false;
}

/* A name of a policy is a variable of Lua. */
static bool
is_readable(const struct import_lua_statement *statement)
{
    if (strcmp(statement->name, "newServer") == 0)
        return true; /* it says itself what it lacks */
    if (strcmp(statement->name, "setServerPolicy") == 0)
        return statement->count == 1;
    return statement->count > 0 && !has_computed(statement);
}

static void
take(struct conf *c)
{
    const char *name = c->statement.name;
    uint32_t line = c->statement.line;
    bool is_acl = strcmp(name, "setACL") == 0 || strcmp(name, "addACL") == 0;
    bool is_read = c->statement.is_call && !c->statement.is_inner && is_readable(&c->statement);
    if (c->statement.takes_clients && !(is_acl && is_read)) {
        import_draft_fail(c->draft, line, name,
                          "Lua is not run: whom it no longer serves is not known");
        return;
    }
    if (import_keys_apply(c->draft, IMPORT_KEYS_LUA, line, name, ""))
        return;
    if (!is_read) {
        import_draft_say(c->draft, IMPORT_DRAFT_LOST, line, name,
                         "Lua is not run: it is computed, or stands in a function, a loop or "
                         "a condition");
        return;
    }
    if (is_acl)
        take_acl(c, name[0] == 's');
    else if (strcmp(name, "newServer") == 0)
        take_server(c);
    else if (strcmp(name, "setServerPolicy") == 0)
        import_backend_policy(c->draft, line, name, c->statement.values[0].text);
    else
        take_local(c, name[0] == 's');
}

void
import_dnsdist_lua_read(struct import_draft *draft, const char *text, size_t size)
{
    struct conf c = {.draft = draft};
    struct import_lua lua;
    import_lua_open(&lua, text, size);
    while (import_lua_next(&lua, &c.statement))
        take(&c);
    if (!c.has_acl) {
        import_backend_clients(draft);
        import_draft_say(draft, IMPORT_DRAFT_NOTE, 0, "acl.allow",
                         "dnsdist serves private networks when its file names no ACL: so does the "
                         "policy");
    }
    import_listen_default(draft, "127.0.0.1", NULL, NULL);
}
