/* dns_edns.c - see dns_edns.h */
#include "dns/dns_edns.h"

#define FLAG_DO          0x8000 /* RFC 3225 */
#define OPTION_HEAD      4      /* code and length, octets */
#define COOKIE_CLIENT    8      /* RFC 7873 section 4 */
#define COOKIE_FULL_MIN  16
#define TYPE_OPT         41
#define MESSAGE_MAX      65535
#define KEEPALIVE_OCTETS 2 /* RFC 7828 3.1; none in a query */

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

static void
get_option(uint16_t code, struct bytes_reader *option, struct dns_edns *edns)
{
    switch (code) {
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
        if (edns->ede == DNS_EDE_NONE && bytes_left(option) >= sizeof edns->ede)
            edns->ede = bytes_get_u16(option);
        break;
    default:
        break;
    }
}

static bool
get_options(struct bytes_reader *r, struct dns_edns *edns)
{
    while (bytes_left(r) > 0) {
        uint16_t code = bytes_get_u16(r);
        uint16_t size = bytes_get_u16(r);
        const uint8_t *data = bytes_get_view(r, size);
        if (data == NULL)
            return false;
        struct bytes_reader option = bytes_reader(data, size);
        get_option(code, &option, edns);
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
    const uint8_t *options = bytes_get_view(r, size);
    if (options == NULL)
        return DNS_EDNS_FORM;
    if (fixed.version > 0)
        return DNS_EDNS_OK;
    struct bytes_reader inner = bytes_reader(options, size);
    if (get_options(&inner, edns))
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

static void
put_padding(struct bytes_writer *w, const struct dns_edns_put *put)
{
    size_t max = put->message_max != 0 ? put->message_max : MESSAGE_MAX;
    if (max > w->size)
        max = w->size;
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
    if (put->ede != DNS_EDE_NONE) {
        put_option_head(w, DNS_OPTION_EDE, sizeof put->ede);
        bytes_put_u16(w, put->ede);
    }
    if (put->padding_block > 0)
        put_padding(w, put);
    if (!w->failed)
        bytes_set_u16(w, size_at, (uint16_t)(w->pos - options_at));
}
