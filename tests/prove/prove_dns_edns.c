/* prove_dns_edns.c - the OPT record: any that comes, and any that we write
 * SPDX-License-Identifier: ISC
 *
 * Lemmas: one option; the loop over options, where that contract stands for one; the whole record, where
 * this one stands for the loop. The same for what is written: a text; the record.
 */
#include "dns/dns_edns.h"
#include "prove.h"

#define MESSAGE_MOST 65535 /* octets of a message */

#ifndef SIZE_MOST
#define SIZE_MOST 32 /* octets of what is written and read again; tools/prove says how many */
#endif

/* What holds of all that was read up to octet `end` of a message. */
#define IS_READ(edns, end)                                                                         \
    ((edns)->present && (edns)->version == 0 &&                                                    \
     ((edns)->cookie_size == 0 || (edns)->cookie_size == 8 ||                                      \
      ((edns)->cookie_size >= 16 && (edns)->cookie_size <= DNS_COOKIE_MAX)) &&                     \
     (!(edns)->cookie_is_odd || (edns)->cookie_size == 0) &&                                       \
     (!(edns)->keepalive_timed || ((edns)->keepalive && !(edns)->keepalive_is_odd)) &&             \
     (uint32_t)(edns)->ede_text_at + (edns)->ede_text_size <= (end))

/* A reader at its begin, whose first octet stands at `at` of a message. */
#define IS_AT(r, at)                                                                               \
    ((r)->pos == 0 && !(r)->failed && (r)->size <= MESSAGE_MOST && (at) <= MESSAGE_MOST &&         \
     (at) + (r)->size <= MESSAGE_MOST && __CPROVER_r_ok((r)->data, (r)->size))

static void get_option(uint16_t code, struct bytes_reader *option, size_t at, struct dns_edns *edns)
    __CPROVER_requires(IS_AT(option, at) && IS_READ(edns, at))
        __CPROVER_assigns(*edns, option->pos, option->failed)
            __CPROVER_ensures(IS_READ(edns, at + option->size));

static bool get_options(struct bytes_reader *r, size_t begin, struct dns_edns *edns)
    __CPROVER_requires(IS_AT(r, begin) && IS_READ(edns, begin))
        __CPROVER_assigns(*edns, r->pos, r->failed)
            __CPROVER_ensures(IS_READ(edns, begin + r->size));

/* What prove_dns_text.c proves; the text stands for itself and is not read here. */
size_t dns_text_put(struct bytes_writer *w, const uint8_t *text, size_t size, size_t room)
    __CPROVER_requires(w->pos <= w->size && __CPROVER_r_ok(text, size))
        __CPROVER_assigns(w->pos, w->failed)
            __CPROVER_ensures(w->pos <= w->size && w->pos >= __CPROVER_old(w->pos) &&
                              __CPROVER_return_value == w->pos - __CPROVER_old(w->pos) &&
                              __CPROVER_return_value <= room && __CPROVER_return_value <= size &&
                              (!__CPROVER_old(w->failed) ||
                               (w->failed && __CPROVER_return_value == 0)));

#include "dns/dns_edns.c"

static struct bytes_reader
any_part(size_t at)
{
    size_t size = any_up_to(MESSAGE_MOST);
    ASSUME(at + size <= MESSAGE_MOST);
    return bytes_reader(any_octets(size), size);
}

void
prove_dns_edns_option(void)
{
    size_t at = any_up_to(MESSAGE_MOST);
    struct bytes_reader option = any_part(at);
    struct dns_edns edns;
    ASSUME(IS_READ(&edns, at));
    get_option(nondet_u16(), &option, at, &edns);
    REACHED();
}

void
prove_dns_edns_options(void)
{
    size_t at = any_up_to(MESSAGE_MOST);
    struct bytes_reader r = any_part(at);
    struct dns_edns edns;
    ASSUME(IS_READ(&edns, at));
    bool is_whole = get_options(&r, at, &edns);
    CLAIM(!is_whole || (r.pos == r.size && !r.failed), "options are read to their end");
    ASSUME(is_whole && edns.cookie_size != 0);
    REACHED();
}

void
prove_dns_edns_get(void)
{
    struct bytes_reader r = any_part(0);
    r.pos = any_up_to(MESSAGE_MOST);
    r.failed = nondet_bool();
    ASSUME(r.pos <= r.size);
    struct bytes_reader before = r;
    struct dns_edns edns;
    enum dns_edns_result result = dns_edns_get(&r, &edns);
    CLAIM(r.pos <= r.size && (!before.failed || r.failed), "the position stays inside");
    CLAIM(result == DNS_EDNS_OK || result == DNS_EDNS_FORM, "no other result");
    CLAIM(result == DNS_EDNS_FORM || (!r.failed && edns.present), "what is read was there");
    CLAIM(edns.version > 0 || !edns.present || IS_READ(&edns, r.size), "options are sound");
    if (result == DNS_EDNS_FORM || edns.version > 0)
        CLAIM(!edns.padding && !edns.nsid && !edns.keepalive && edns.cookie_size == 0 &&
                  !edns.cookie_is_odd && edns.ede == DNS_EDE_NONE && edns.ede_text_size == 0,
              "no option is set");
    ASSUME(result == DNS_EDNS_OK && edns.ede_text_size > 0);
    REACHED();
}

/* Whatever is asked for: what may be left out never passes the bound, the rest is there or the writer fails. */
static void
put_any(uint16_t padding_block)
{
    size_t room = any_up_to(MESSAGE_MOST), begin = any_up_to(MESSAGE_MOST);
    struct dns_edns_put put;
    ASSUME(begin <= room && put.nsid_size <= DNS_NSID_MAX && put.cookie_size <= DNS_COOKIE_MAX);
    put.padding_block = padding_block;
    put.nsid = any_octets(put.nsid_size);
    put.ede_text = any_octets(put.ede_text_size);
    struct bytes_writer w = bytes_writer(any_octets(room), room);
    w.pos = begin;
    dns_edns_put(&w, &put);
    CLAIM(w.pos <= room, "the position stays inside");
    size_t least = begin + dns_edns_put_size(&put);
    size_t max = put.message_max == 0 || put.message_max > room ? room : put.message_max;
    CLAIM(w.failed == (least > room), "only what may not be left out makes it fail");
    ASSUME(!w.failed);
    CLAIM(w.pos <= max || w.pos == least, "what may be left out never passes the bound");
    if (padding_block == 0)
        CLAIM(w.pos - begin <= DNS_EDNS_WHOLE_MAX, "no OPT is larger");
    else
        CLAIM(w.pos + 4 > max || w.pos == max || w.pos % padding_block == 0,
              "it is padded to a multiple, or to the bound");
    ASSUME(put.nsid_size > 0 && put.cookie_size > 0);
}

void
prove_dns_edns_put(void)
{
    put_any(0);
    REACHED();
}

void
prove_dns_edns_put_padded(void)
{
    put_any(DNS_PADDING_QUERY);
    REACHED();
}

/* What asks for no text, no name and no padding is read as it was written. */
void
prove_dns_edns_again(void)
{
    static uint8_t octets[SIZE_MOST];
    size_t begin = any_up_to(3);
    struct dns_edns_put put = {.udp_size = nondet_u16(),
                               .extended_rcode = nondet_u8(),
                               .dnssec_ok = nondet_bool(),
                               .ede = nondet_u16(),
                               .keepalive = nondet_bool(),
                               .keepalive_100ms = nondet_u16()};
    struct bytes_writer w = bytes_writer(octets, SIZE_MOST);
    w.pos = begin;
    dns_edns_put(&w, &put);
    CLAIM(!w.failed && w.pos - begin == dns_edns_put_size(&put), "it has the size that was told");
    struct bytes_reader r = bytes_reader(octets, w.pos);
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
    REACHED();
}
