/* reading_ldns.c - what ldns reads in a message
 * SPDX-License-Identifier: ISC
 */
#include "reading.h"

#include <ldns/ldns.h>
#include <stdio.h>

/* Of some messages that it refuses, ldns 1.8.3 loses what it had made of them: no fault of ours. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
    return "leak:libldns";
}

static void
get_name(struct dns_name *to, const ldns_rdf *name)
{
    reading_name(to, ldns_rdf_data(name), ldns_rdf_size(name));
}

static void
get_section(const ldns_rr_list *list, unsigned section, struct reading *reading)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);
        struct reading_record *record = reading_add(reading, section);
        if (record == NULL)
            return;
        get_name(&record->owner, ldns_rr_owner(rr));
        record->type = (uint16_t)ldns_rr_get_type(rr);
        record->class = (uint16_t)ldns_rr_get_class(rr);
        record->ttl = ldns_rr_ttl(rr);
        for (size_t k = 0; k < ldns_rr_rd_count(rr); k++)
            reading_add_data(reading, ldns_rdf_data(ldns_rr_rdf(rr, k)),
                             ldns_rdf_size(ldns_rr_rdf(rr, k)));
    }
}

static void
get_question(const ldns_pkt *packet, struct reading *reading)
{
    const ldns_rr_list *list = ldns_pkt_question(packet);
    if (ldns_rr_list_rr_count(list) == 0)
        return;
    const ldns_rr *rr = ldns_rr_list_rr(list, 0);
    reading->has_question = true;
    get_name(&reading->question.name, ldns_rr_owner(rr));
    reading->question.type = (uint16_t)ldns_rr_get_type(rr);
    reading->question.class = (uint16_t)ldns_rr_get_class(rr);
}

/* ldns keeps the last OPT apart and forgets that it was there, unless a field of it is not zero. */
static void
get_opt(const ldns_pkt *packet, struct reading *reading)
{
    static uint8_t kept[DNS_MESSAGE_MAX]; /* outlives the packet */
    reading->has_opt = ldns_pkt_edns(packet);
    reading->udp_size = ldns_pkt_edns_udp_size(packet);
    reading->version = ldns_pkt_edns_version(packet);
    reading->extended_rcode = ldns_pkt_edns_extended_rcode(packet);
    reading->dnssec_ok = ldns_pkt_edns_do(packet);
    const ldns_rdf *options = ldns_pkt_edns_data(packet);
    if (options == NULL || ldns_rdf_size(options) > sizeof kept)
        return;
    memcpy(kept, ldns_rdf_data(options), ldns_rdf_size(options));
    reading_options(reading, kept, ldns_rdf_size(options));
}

static unsigned
bit(bool is_set, enum dns_header_flag flag)
{
    return is_set ? flag : 0;
}

/* It has no name for DNS_Z. */
static uint16_t
flags_of(const ldns_pkt *packet)
{
    return (uint16_t)(bit(ldns_pkt_qr(packet), DNS_QR) | bit(ldns_pkt_aa(packet), DNS_AA) |
                      bit(ldns_pkt_tc(packet), DNS_TC) | bit(ldns_pkt_rd(packet), DNS_RD) |
                      bit(ldns_pkt_ra(packet), DNS_RA) | bit(ldns_pkt_ad(packet), DNS_AD) |
                      bit(ldns_pkt_cd(packet), DNS_CD) |
                      (unsigned)ldns_pkt_get_opcode(packet) << 11 |
                      (unsigned)ldns_pkt_get_rcode(packet));
}

void
reading_by_ldns(const uint8_t *message, size_t size, struct reading *reading)
{
    ldns_pkt *packet = NULL;
    *reading = (struct reading){.is_read = false};
    ldns_status status = ldns_wire2pkt(&packet, message, size);
    if (status != LDNS_STATUS_OK || packet == NULL) {
        snprintf(reading->refusal, sizeof reading->refusal, "%s", ldns_get_errorstr_by_id(status));
        return;
    }
    struct bytes_reader r = bytes_reader(message, size);
    reading->is_read = true;
    reading->id = ldns_pkt_id(packet);
    bytes_skip(&r, 2);
    reading->flags = flags_of(packet);
    bytes_skip(&r, 2);
    for (unsigned i = 0; i < 4; i++)
        reading->counts[i] = bytes_get_u16(&r); /* it takes OPT and TSIG off its own */
    get_question(packet, reading);
    get_opt(packet, reading);
    reading->has_tsig = ldns_pkt_tsig(packet) != NULL;
    get_section(ldns_pkt_answer(packet), 0, reading);
    get_section(ldns_pkt_authority(packet), 1, reading);
    get_section(ldns_pkt_additional(packet), 2, reading);
    ldns_pkt_free(packet);
}
