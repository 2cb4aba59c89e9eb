/* fuzz_dns_edns.c - the body of an OPT: what was read can be said again
 * SPDX-License-Identifier: ISC
 *
 * Input: an OPT record behind its TYPE. Invariants: the reader ends within the data; fields written
 * by dns_edns_put() are read back; padding makes whole blocks or ends at its bound.
 */
#include "dns/dns_edns.h"

#include "fuzz.h"

static void
check_put(const struct dns_edns *edns, const uint8_t *text, size_t before, uint16_t block,
          uint16_t max)
{
    uint8_t wire[2048];
    struct dns_edns back;
    struct dns_edns_put put = {.udp_size = edns->udp_size,
                               .extended_rcode = edns->extended_rcode,
                               .dnssec_ok = edns->dnssec_ok,
                               .ede = edns->ede,
                               .keepalive = edns->keepalive,
                               .cookie_size = edns->cookie_size,
                               .nsid = "a-name",
                               .nsid_size = edns->nsid ? 6 : 0,
                               .padding_block = block,
                               .message_max = max};
    memcpy(put.cookie, edns->cookie, sizeof put.cookie);
    put.ede_text = text;
    put.ede_text_size = edns->ede_text_size;
    struct bytes_writer w = bytes_writer(wire, sizeof wire);
    bytes_put_zeros(&w, before);
    dns_edns_put(&w, &put);
    must(!w.failed);
    struct bytes_reader r = bytes_reader(wire, w.pos);
    bytes_skip(&r, before + 3);
    must(dns_edns_get(&r, &back) == DNS_EDNS_OK && bytes_left(&r) == 0);
    must(back.udp_size == edns->udp_size && back.extended_rcode == edns->extended_rcode);
    must(back.dnssec_ok == edns->dnssec_ok && back.keepalive == edns->keepalive);
    must(back.ede == edns->ede && back.cookie_size == edns->cookie_size);
    must(memcmp(back.cookie, edns->cookie, sizeof back.cookie) == 0);
    bool has_room = max == 0 || before + DNS_EDNS_WHOLE_MAX <= max;
    must(back.nsid == edns->nsid || !has_room);
    must(dns_edns_put_size(&put) <= DNS_EDNS_PUT_MAX);
    must(back.version == 0 && (block != 0 || !back.padding));
    must(!back.padding || w.pos % block == 0 || w.pos == max || w.pos == sizeof wire);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    struct dns_edns edns;
    enum dns_edns_result result = dns_edns_get(&r, &edns);
    must(r.pos <= size);
    must(edns.cookie_size == 0 || edns.cookie_size == 8 ||
         (edns.cookie_size >= 16 && edns.cookie_size <= DNS_COOKIE_MAX));
    if (result == DNS_EDNS_FORM) {
        must(edns.cookie_size == 0 && !edns.padding && !edns.keepalive);
        must(!edns.cookie_is_odd && !edns.keepalive_is_odd);
        must(edns.ede == DNS_EDE_NONE && edns.present == (size >= 8));
        return 0;
    }
    must(edns.present && !(edns.cookie_is_odd && edns.cookie_size != 0));
    must(!edns.keepalive_is_odd || (edns.keepalive && !edns.keepalive_timed));
    uint16_t block = (uint16_t)(edns.udp_size & 1 ? edns.udp_size % 1024 : 0);
    struct bytes_reader text = bytes_reader(data, size);
    bytes_seek(&text, edns.ede_text_at);
    const uint8_t *octets = bytes_get_view(&text, edns.ede_text_size);
    must(octets != NULL);
    check_put(&edns, octets, 12 + edns.udp_size % 300, block, edns.extended_rcode * 4);
    check_put(&edns, octets, 12 + edns.udp_size % 300, block, 0);
    return 0;
}
