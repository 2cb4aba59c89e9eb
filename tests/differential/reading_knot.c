/* reading_knot.c - what libknot reads in a message
 * SPDX-License-Identifier: ISC
 */
#include "reading.h"

#include <libknot/libknot.h>
#include <stdio.h>

static void
get_section(const knot_pkt_t *packet, unsigned section, struct reading *reading)
{
    const knot_pktsection_t *list = knot_pkt_section(packet, (knot_section_t)section);
    for (uint16_t i = 0; i < list->count; i++) {
        const knot_rrset_t *rr = knot_pkt_rr(list, i);
        if (rr->type == KNOT_RRTYPE_OPT || rr->type == KNOT_RRTYPE_TSIG)
            continue;
        struct reading_record *record = reading_add(reading, section);
        if (record == NULL)
            return;
        reading_name(&record->owner, rr->owner, knot_dname_size(rr->owner));
        record->type = rr->type;
        record->class = rr->rclass;
        record->ttl = rr->ttl;
        if (rr->rrs.count == 1)
            reading_add_data(reading, rr->rrs.rdata->data, rr->rrs.rdata->len);
    }
}

static void
get_opt(const knot_pkt_t *packet, struct reading *reading)
{
    static uint8_t kept[DNS_MESSAGE_MAX]; /* outlives the packet */
    reading->has_opt = knot_pkt_has_edns(packet);
    if (!reading->has_opt)
        return;
    const knot_rrset_t *opt = packet->opt_rr;
    reading->udp_size = knot_edns_get_payload(opt);
    reading->version = knot_edns_get_version(opt);
    reading->extended_rcode = knot_edns_get_ext_rcode(opt);
    reading->dnssec_ok = knot_edns_do(opt);
    if (opt->rrs.count != 1)
        return;
    memcpy(kept, opt->rrs.rdata->data, opt->rrs.rdata->len);
    reading_options(reading, kept, opt->rrs.rdata->len);
}

static void
get_header(const uint8_t *wire, struct reading *reading)
{
    reading->id = knot_wire_get_id(wire);
    reading->flags =
        (uint16_t)((unsigned)knot_wire_get_flags1(wire) << 8 | knot_wire_get_flags2(wire));
    reading->counts[0] = knot_wire_get_qdcount(wire);
    reading->counts[1] = knot_wire_get_ancount(wire);
    reading->counts[2] = knot_wire_get_nscount(wire);
    reading->counts[3] = knot_wire_get_arcount(wire);
}

void
reading_by_knot(const uint8_t *message, size_t size, struct reading *reading)
{
    static uint8_t wire[DNS_MESSAGE_MAX]; /* it takes no const */
    *reading = (struct reading){.is_read = false};
    memcpy(wire, message, size);
    knot_pkt_t *packet = knot_pkt_new(wire, (uint16_t)size, NULL);
    int status =
        packet == NULL ? KNOT_ENOMEM : knot_pkt_parse(packet, KNOT_PF_KEEPWIRE | KNOT_PF_NOCANON);
    if (status != KNOT_EOK) {
        snprintf(reading->refusal, sizeof reading->refusal, "%s", knot_strerror(status));
        knot_pkt_free(packet);
        return;
    }
    reading->is_read = true;
    get_header(wire, reading);
    const knot_dname_t *name = knot_pkt_wire_qname(packet);
    reading->has_question = name != NULL;
    if (name != NULL) {
        reading_name(&reading->question.name, name, packet->qname_size);
        reading->question.type = knot_pkt_qtype(packet);
        reading->question.class = knot_pkt_qclass(packet);
    }
    get_opt(packet, reading);
    reading->has_tsig = knot_pkt_has_tsig(packet);
    for (unsigned section = 0; section < KNOT_PKT_SECTIONS; section++)
        get_section(packet, section, reading);
    knot_pkt_free(packet);
}
