/* prove_dns_edns.c - the OPT record: any that comes, and what is written is read
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_edns.h"
#include "prove.h"

/* Octets of what is read; tools/prove says how many. */
#ifndef SIZE_MOST
#define SIZE_MOST 32
#endif

void
prove_dns_edns_get(void)
{
    static uint8_t octets[SIZE_MOST];
    size_t size = any_up_to(SIZE_MOST);
    __CPROVER_havoc_object(octets);
    struct bytes_reader r = bytes_reader(ANY_TAIL(octets, size), size);
    r.pos = any_up_to(size);
    r.failed = nondet_bool();
    struct bytes_reader before = r;
    struct dns_edns edns;
    enum dns_edns_result result = dns_edns_get(&r, &edns);
    CLAIM(r.pos <= r.size && (!before.failed || r.failed), "the position stays inside");
    CLAIM(result == DNS_EDNS_OK || result == DNS_EDNS_FORM, "no other result");
    CLAIM(result == DNS_EDNS_FORM || (!r.failed && edns.present), "what is read was there");
    CLAIM(edns.cookie_size == 0 || edns.cookie_size == 8 ||
              (edns.cookie_size >= 16 && edns.cookie_size <= DNS_COOKIE_MAX),
          "a cookie has a size that cookies have");
    CLAIM(!edns.cookie_is_odd || edns.cookie_size == 0, "an odd one is none");
    CLAIM((size_t)edns.ede_text_at + edns.ede_text_size <= r.size, "a text is inside the message");
    CLAIM(edns.ede_text_size == 0 || edns.ede_text_at > before.pos, "and inside the record");
    CLAIM(!edns.keepalive_timed || (edns.keepalive && !edns.keepalive_is_odd), "a time is even");
    if (result == DNS_EDNS_FORM || edns.version > 0)
        CLAIM(!edns.padding && !edns.nsid && !edns.keepalive && edns.cookie_size == 0 &&
                  !edns.cookie_is_odd && edns.ede == DNS_EDE_NONE && edns.ede_text_size == 0,
              "no option is set");
}

/* What asks for no text, no name and no padding: all of it must be there, or the writer fails. */
void
prove_dns_edns_put(void)
{
    static uint8_t octets[SIZE_MOST];
    size_t room = any_up_to(SIZE_MOST), begin = any_up_to(3);
    ASSUME(begin <= room);
    struct dns_edns_put put = {.udp_size = nondet_u16(),
                               .extended_rcode = nondet_u8(),
                               .dnssec_ok = nondet_bool(),
                               .ede = nondet_u16(),
                               .keepalive = nondet_bool(),
                               .keepalive_100ms = nondet_u16()};
    struct bytes_writer w = bytes_writer(ANY_TAIL(octets, room), room);
    w.pos = begin;
    dns_edns_put(&w, &put);
    CLAIM(w.pos <= room, "the position stays inside");
    CLAIM(w.failed == (room - begin < dns_edns_put_size(&put)), "it fails where it must");
    ASSUME(!w.failed);
    CLAIM(w.pos - begin == dns_edns_put_size(&put), "it has the size that was told");
    struct bytes_reader r = bytes_reader(w.data, w.pos);
    struct dns_edns edns;
    bytes_seek(&r, begin + 3);
    CLAIM(dns_edns_get(&r, &edns) == DNS_EDNS_OK && r.pos == w.pos, "it is read to its end");
    CLAIM(edns.udp_size == put.udp_size && edns.extended_rcode == put.extended_rcode &&
              edns.version == 0 && edns.dnssec_ok == put.dnssec_ok,
          "the fixed part is read as written");
    CLAIM(edns.ede == put.ede, "the error is read as written");
    CLAIM(edns.keepalive_timed == put.keepalive &&
              (!put.keepalive || edns.keepalive_100ms == put.keepalive_100ms),
          "the time is read as written");
}

/* Padding, and what may be left out, never pass the bound of the message. */
void
prove_dns_edns_padding(void)
{
    static uint8_t octets[SIZE_MOST];
    size_t room = any_up_to(SIZE_MOST), begin = any_up_to(4);
    char nsid[4];
    uint8_t text[4];
    struct dns_edns_put put = {.ede = nondet_bool() ? DNS_EDE_NONE : DNS_EDE_OTHER,
                               .nsid = nsid,
                               .ede_text = text,
                               .padding_block = nondet_u16(),
                               .message_max = nondet_u16()};
    put.nsid_size = (uint8_t)any_up_to(sizeof nsid);
    put.ede_text_size = (uint16_t)any_up_to(sizeof text);
    ASSUME(begin <= room);
    ASSUME(put.padding_block == 0 || put.padding_block == 8 || put.padding_block == 128);
    struct bytes_writer w = bytes_writer(ANY_TAIL(octets, room), room);
    w.pos = begin;
    dns_edns_put(&w, &put);
    CLAIM(w.pos <= room, "the position stays inside");
    size_t least = begin + dns_edns_put_size(&put);
    size_t max = put.message_max == 0 || put.message_max > room ? room : put.message_max;
    CLAIM(w.failed == (least > room), "only what may not be left out makes it fail");
    ASSUME(!w.failed);
    CLAIM(w.pos <= max || w.pos == least, "what may be left out never passes the bound");
    CLAIM(put.padding_block == 0 || w.pos + 4 > max || w.pos == max ||
              w.pos % put.padding_block == 0,
          "it is padded to a multiple, or to the bound");
}
