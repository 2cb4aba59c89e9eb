/* dns_edns.c - see dns_edns.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_edns.h"

#include "dns/dns_text.h"

#define FLAG_DO          0x8000 /* RFC 3225 */
#define OPTION_HEAD      4      /* code and length, octets */
#define COOKIE_CLIENT    8      /* RFC 7873 section 4 */
#define COOKIE_FULL_MIN  16
#define TYPE_OPT         41
#define MESSAGE_MAX      65535
#define KEEPALIVE_OCTETS 2  /* RFC 7828 3.1; none in a query */
#define FIXED_OCTETS     11 /* an OPT without options */

static void
get_cookie(struct bytes_reader *option, struct dns_edns *edns)
{
    size_t size = bytes_left(option);
    if (edns->cookie_size != 0 || edns->cookie_is_odd)
        return;
    edns->cookie_is_odd =
        size != COOKIE_CLIENT && (size < COOKIE_FULL_MIN || size > DNS_COOKIE_MAX);
    if (edns->cookie_is_odd)
        return;
    edns->cookie_size = (uint8_t)size;
    bytes_get_copy(option, edns->cookie, size);
}

static void
get_keepalive(struct bytes_reader *option, struct dns_edns *edns)
{
    size_t size = bytes_left(option);
    edns->keepalive = true;
    edns->keepalive_is_odd = size != 0 && size != KEEPALIVE_OCTETS;
    edns->keepalive_timed = size == KEEPALIVE_OCTETS;
    edns->keepalive_100ms = edns->keepalive_timed ? bytes_get_u16(option) : 0;
}

/* @param at  where the option's contents stand for the caller */
static void
get_error(struct bytes_reader *option, size_t at, struct dns_edns *edns)
{
    if (edns->ede != DNS_EDE_NONE || bytes_left(option) < sizeof edns->ede)
        return;
    edns->ede = bytes_get_u16(option);
    edns->ede_text_at = (uint16_t)(at + sizeof edns->ede);
    edns->ede_text_size = (uint16_t)bytes_left(option);
}

static void
get_option(uint16_t code, struct bytes_reader *option, size_t at, struct dns_edns *edns)
{
    switch (code) {
    case DNS_OPTION_NSID:
        edns->nsid = true;
        break;
    case DNS_OPTION_COOKIE:
        get_cookie(option, edns);
        break;
    case DNS_OPTION_KEEPALIVE:
        get_keepalive(option, edns);
        break;
    case DNS_OPTION_PADDING:
        edns->padding = true;
        break;
    case DNS_OPTION_EDE:
        get_error(option, at, edns);
        break;
    default:
        break;
    }
}

/* @param begin  where the options stand for the caller */
static bool
get_options(struct bytes_reader *r, size_t begin, struct dns_edns *edns)
{
    while (bytes_left(r) > 0) {
        uint16_t code = bytes_get_u16(r);
        uint16_t size = bytes_get_u16(r);
        size_t at = begin + r->pos;
        const uint8_t *data = bytes_get_view(r, size);
        if (data == NULL)
            return false;
        struct bytes_reader option = bytes_reader(data, size);
        get_option(code, &option, at, edns);
    }
    return true;
}

enum dns_edns_result
dns_edns_get(struct bytes_reader *r, struct dns_edns *edns)
{
    *edns = (struct dns_edns){.ede = DNS_EDE_NONE};
    struct dns_edns fixed = {.ede = DNS_EDE_NONE, .present = true};
    fixed.udp_size = bytes_get_u16(r);
    fixed.extended_rcode = bytes_get_u8(r);
    fixed.version = bytes_get_u8(r);
    fixed.dnssec_ok = (bytes_get_u16(r) & FLAG_DO) != 0;
    uint16_t size = bytes_get_u16(r);
    if (r->failed)
        return DNS_EDNS_FORM;
    *edns = fixed;
    size_t begin = r->pos;
    const uint8_t *options = bytes_get_view(r, size);
    if (options == NULL)
        return DNS_EDNS_FORM;
    if (fixed.version > 0)
        return DNS_EDNS_OK;
    struct bytes_reader inner = bytes_reader(options, size);
    if (get_options(&inner, begin, edns))
        return DNS_EDNS_OK;
    *edns = fixed;
    return DNS_EDNS_FORM;
}

static void
put_option_head(struct bytes_writer *w, uint16_t code, size_t size)
{
    bytes_put_u16(w, code);
    bytes_put_u16(w, (uint16_t)size);
}

/* Octets of the message that what may be left out must not pass. */
static size_t
end_of(const struct bytes_writer *w, const struct dns_edns_put *put)
{
    size_t max = put->message_max != 0 ? put->message_max : MESSAGE_MAX;
    return max < w->size ? max : w->size;
}

static void
put_nsid(struct bytes_writer *w, const struct dns_edns_put *put)
{
    if (put->nsid_size == 0 || w->pos + OPTION_HEAD + put->nsid_size > end_of(w, put))
        return;
    put_option_head(w, DNS_OPTION_NSID, put->nsid_size);
    bytes_put_copy(w, put->nsid, put->nsid_size);
}

static void
put_error(struct bytes_writer *w, const struct dns_edns_put *put)
{
    size_t head_at = w->pos, end = end_of(w, put), room = 0, size = 0;
    put_option_head(w, DNS_OPTION_EDE, sizeof put->ede);
    bytes_put_u16(w, put->ede);
    if (!w->failed && w->pos < end)
        room = end - w->pos < DNS_EDE_TEXT_MAX ? end - w->pos : DNS_EDE_TEXT_MAX;
    if (put->ede_text_size > 0)
        size = dns_text_put(w, put->ede_text, put->ede_text_size, room);
    if (size > 0)
        bytes_set_u16(w, head_at + sizeof(uint16_t), (uint16_t)(sizeof put->ede + size));
}

static void
put_padding(struct bytes_writer *w, const struct dns_edns_put *put)
{
    size_t max = end_of(w, put);
    size_t bare = w->pos + OPTION_HEAD;
    if (w->failed || bare > max)
        return;
    size_t block = put->padding_block;
    size_t whole = (bare + block - 1) / block * block;
    size_t padding = (whole < max ? whole : max) - bare;
    put_option_head(w, DNS_OPTION_PADDING, padding);
    bytes_put_zeros(w, padding);
}

void
dns_edns_put(struct bytes_writer *w, const struct dns_edns_put *put)
{
    bytes_put_u8(w, 0); /* the root, RFC 6891 6.1.2 */
    bytes_put_u16(w, TYPE_OPT);
    bytes_put_u16(w, put->udp_size);
    bytes_put_u8(w, put->extended_rcode);
    bytes_put_u8(w, 0);
    bytes_put_u16(w, put->dnssec_ok ? FLAG_DO : 0);
    size_t size_at = w->pos;
    bytes_put_u16(w, 0);
    size_t options_at = w->pos;
    if (put->cookie_size > 0) {
        put_option_head(w, DNS_OPTION_COOKIE, put->cookie_size);
        bytes_put_copy(w, put->cookie, put->cookie_size);
    }
    if (put->keepalive_asked)
        put_option_head(w, DNS_OPTION_KEEPALIVE, 0);
    if (put->keepalive) {
        put_option_head(w, DNS_OPTION_KEEPALIVE, KEEPALIVE_OCTETS);
        bytes_put_u16(w, put->keepalive_100ms);
    }
    if (put->ede != DNS_EDE_NONE)
        put_error(w, put);
    put_nsid(w, put);
    if (put->padding_block > 0)
        put_padding(w, put);
    if (!w->failed)
        bytes_set_u16(w, size_at, (uint16_t)(w->pos - options_at));
}

size_t
dns_edns_nsid_size(const struct dns_edns_put *put)
{
    return put->nsid_size > 0 ? OPTION_HEAD + (size_t)put->nsid_size : 0;
}

size_t
dns_edns_put_size(const struct dns_edns_put *put)
{
    size_t size = FIXED_OCTETS;
    if (put->cookie_size > 0)
        size += OPTION_HEAD + (size_t)put->cookie_size;
    if (put->keepalive_asked)
        size += OPTION_HEAD;
    if (put->keepalive)
        size += OPTION_HEAD + KEEPALIVE_OCTETS;
    if (put->ede != DNS_EDE_NONE)
        size += OPTION_HEAD + sizeof put->ede;
    return size;
}

size_t
dns_edns_udp_limit(const struct dns_edns *edns)
{
    if (!edns->present || edns->udp_size < DNS_EDNS_UDP_MIN)
        return DNS_EDNS_UDP_MIN;
    return edns->udp_size < DNS_EDNS_UDP_MAX ? edns->udp_size : DNS_EDNS_UDP_MAX;
}
