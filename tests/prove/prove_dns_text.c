/* prove_dns_text.c - texts of strangers, whatever the octets
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_text.h"
#include "prove.h"

#define TEXT_MOST 65535

static uint32_t get_character(struct bytes_reader *r)
    __CPROVER_requires(r->pos <= r->size && r->size <= TEXT_MOST && !r->failed &&
                       __CPROVER_r_ok(r->data, r->size)) __CPROVER_assigns(r->pos, r->failed)
        __CPROVER_ensures(r->pos <= r->size && r->pos >= __CPROVER_old(r->pos) &&
                          (__CPROVER_return_value == 0 || r->pos > __CPROVER_old(r->pos)));

#include "dns/dns_text.c"

void
prove_dns_text_character(void)
{
    size_t size = any_up_to(TEXT_MOST);
    struct bytes_reader r = bytes_reader(any_octets(size), size);
    r.pos = any_up_to(TEXT_MOST);
    ASSUME(r.pos <= size);
    uint32_t code = get_character(&r);
    CLAIM(code <= CODE_MAX, "there is such a character");
    ASSUME(code > 0xffff);
    REACHED();
}

void
prove_dns_text_put(void)
{
    size_t size = any_up_to(TEXT_MOST), w_size = any_up_to(TEXT_MOST), room = any_up_to(TEXT_MOST);
    struct bytes_writer w = bytes_writer(any_octets(w_size), w_size);
    w.pos = any_up_to(TEXT_MOST);
    w.failed = nondet_bool();
    ASSUME(w.pos <= w_size);
    struct bytes_writer before = w;
    size_t put = dns_text_put(&w, any_octets(size), size, room);
    CLAIM(w.pos <= w.size && w.pos - before.pos == put, "the position stays inside, and is told");
    CLAIM(put <= room && put <= size, "no more is written than there is and may be");
    CLAIM(!before.failed || (w.failed && put == 0), "a failure is not forgotten");
    ASSUME(put > 100);
    REACHED();
}
