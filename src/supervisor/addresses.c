/* addresses.c - see addresses.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/addresses.h"

#include "os/log.h"
#include "os/sock.h"

#include <string.h>

static bool
has_socket(const struct supervisor *sup, uint32_t index)
{
    for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++)
        if (sup->lanes[0].listeners[index][kind] >= 0)
            return true;
    return false;
}

static void
leave_out(struct supervisor *sup, uint32_t index)
{
    struct config *config = &sup->config;
    uint32_t behind = --config->listen_count - index;
    memmove(&config->listen[index], &config->listen[index + 1], behind * sizeof config->listen[0]);
    memset(&config->listen[config->listen_count], 0, sizeof config->listen[0]);
    for (unsigned lane = 0; lane < CONFIG_LANES_MAX; lane++) {
        int(*listeners)[SUPERVISOR_KINDS] = sup->lanes[lane].listeners;
        memmove(listeners[index], listeners[index + 1], behind * sizeof listeners[0]);
        memset(listeners[config->listen_count], 0xff, sizeof listeners[0]); /* -1 each */
    }
}

static void
forget_shares(struct config *config)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < config->rates_listeners_count; i++)
        if (addr_is_among(&config->rates_listeners[i].listen, config->listen, config->listen_count))
            config->rates_listeners[kept++] = config->rates_listeners[i];
    uint32_t gone = config->rates_listeners_count - kept;
    memset(&config->rates_listeners[kept], 0, gone * sizeof config->rates_listeners[0]);
    config->rates_listeners_count = kept;
}

enum status
addresses_settle(struct supervisor *sup, struct config_error *error)
{
    struct config *config = &sup->config;
    char text[ADDR_TEXT_MAX];
    bool has_ipv6 = sock_has_ipv6();
    for (uint32_t i = 0; i < config->listen_count;) {
        const struct addr *addr = &config->listen[i];
        if (has_ipv6 || addr->family != ADDR_IPV6 || has_socket(sup, i)) {
            i++;
            continue;
        }
        addr_format(addr, text);
        if (!sock_is_wildcard(addr) || config->listen_count == 1) {
            snprintf(error->text, sizeof error->text,
                     "listen: %s: the kernel has no IPv6; allowed: IPv4 addresses", text);
            return STATUS_INVALID;
        }
        log_write(LOG_WARNING, LOG_CONFIG, "listen: %s is left out: the kernel has no IPv6", text);
        leave_out(sup, i);
    }
    forget_shares(config);
    return STATUS_OK;
}

void
addresses_keep(const struct config *settled, struct config *next)
{
    memcpy(next->listen, settled->listen, sizeof next->listen);
    next->listen_count = settled->listen_count;
    forget_shares(next);
}
