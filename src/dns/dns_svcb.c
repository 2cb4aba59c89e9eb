/* dns_svcb.c - see dns_svcb.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_svcb.h"

#define IPV4_OCTETS 4
#define IPV6_OCTETS 16

bool
dns_svcb_next(struct dns_svcb *svcb, struct dns_svcb_param *param)
{
    struct bytes_reader *r = &svcb->params;
    if (bytes_left(r) == 0)
        return false;
    param->key = bytes_get_u16(r);
    param->size = bytes_get_u16(r);
    param->value = bytes_get_view(r, param->size);
    return !r->failed;
}

static bool
param_is_sound(const struct dns_svcb_param *param)
{
    size_t one = param->key == DNS_SVCB_IPV4HINT   ? IPV4_OCTETS
                 : param->key == DNS_SVCB_IPV6HINT ? IPV6_OCTETS
                                                   : 0;
    return one == 0 || (param->size > 0 && param->size % one == 0);
}

bool
dns_svcb_read(const uint8_t *data, size_t size, struct dns_svcb *svcb)
{
    struct bytes_reader r = bytes_reader(data, size);
    svcb->priority = bytes_get_u16(&r);
    if (!dns_name_get(&r, &svcb->target))
        return false;
    struct bytes_reader begin = r;
    struct dns_svcb_param param;
    int before = -1; /* below every key */
    svcb->params = r;
    while (dns_svcb_next(svcb, &param)) {
        if (param.key <= before || !param_is_sound(&param))
            return false;
        before = param.key;
    }
    bool is_whole = !svcb->params.failed;
    svcb->params = begin;
    return is_whole;
}
