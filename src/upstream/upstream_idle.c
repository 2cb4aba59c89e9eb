/* upstream_idle.c - see upstream_idle.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_idle.h"

uint64_t
upstream_idle_us(uint64_t server_us, uint64_t configured_us)
{
    uint64_t before = server_us - server_us / 5;
    return server_us != 0 && before < configured_us ? before : configured_us;
}

uint64_t
upstream_idle_closed(uint64_t server_us, uint64_t idle_us)
{
    return idle_us >= UPSTREAM_IDLE_LEARN_US ? idle_us : server_us;
}

uint64_t
upstream_idle_outlived(uint64_t server_us, uint64_t configured_us)
{
    if (server_us == 0)
        return 0;
    server_us += server_us / 16 + 1;
    return upstream_idle_us(server_us, UINT64_MAX) < configured_us ? server_us : 0;
}
