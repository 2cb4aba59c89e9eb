/* import_listen.c - see import_listen.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_listen.h"

#include <stdio.h>
#include <string.h>

static bool
has_port(const char *address)
{
    const char *colon = strchr(address, ':'), *end = strchr(address, ']');
    if (address[0] == '[')
        return end != NULL && end[1] == ':';
    return colon != NULL && strchr(colon + 1, ':') == NULL;
}

void
import_listen_join(char to[VALUE_TEXT_MAX], const char *address, const char *port)
{
    char joined[VALUE_TEXT_MAX];
    bool is_bare = address[0] != '[' && strchr(address, ':') != NULL;
    int size = snprintf(joined, sizeof joined, is_bare ? "[%s]:%s" : "%s:%s", address, port);
    if (size < 0 || (size_t)size >= sizeof joined)
        joined[0] = '\0';
    memcpy(to, joined, sizeof joined);
}

bool
import_listen_part(const char *text, char sign, char address[VALUE_TEXT_MAX],
                   char port[IMPORT_DRAFT_PORT_TEXT_MAX])
{
    const char *at = strchr(text, sign);
    size_t size = at == NULL ? strlen(text) : (size_t)(at - text);
    port[0] = '\0';
    address[0] = '\0';
    if (size >= VALUE_TEXT_MAX)
        return false;
    memcpy(address, text, size);
    address[size] = '\0';
    return at == NULL || import_draft_copy(port, IMPORT_DRAFT_PORT_TEXT_MAX, at + 1);
}

void
import_listen_add(struct import_draft *draft, uint32_t line, const char *key, const char *text,
                  const char *port)
{
    char address[VALUE_TEXT_MAX], own_port[IMPORT_DRAFT_PORT_TEXT_MAX];
    draft->names_listen = draft->names_listen || key != NULL;
    if (!import_listen_part(text, '@', address, own_port)) {
        if (key != NULL)
            import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "it is too long for an address");
        return;
    }
    if (own_port[0] != '\0')
        port = own_port;
    if (port != NULL && !has_port(address))
        import_listen_join(address, address, port);
    (void)import_draft_add(draft, line, key, CONFIG_ROW_listen, address);
}

void
import_listen_default(struct import_draft *draft, const char *ipv4, const char *ipv6,
                      const char *port)
{
    if (draft->given[CONFIG_ROW_listen])
        return;
    if (draft->names_listen) { /* and none of them could be carried: no more than what is safe */
        ipv4 = "127.0.0.1";
        ipv6 = NULL;
    }
    import_listen_add(draft, 0, NULL, ipv4, port);
    if (ipv6 != NULL)
        import_listen_add(draft, 0, NULL, ipv6, port);
}
