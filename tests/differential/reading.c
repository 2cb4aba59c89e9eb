/* reading.c - see reading.h
 * SPDX-License-Identifier: ISC
 */
#include "reading.h"

#include "dns/dns_layout.h"

struct reading_record *
reading_add(struct reading *reading, unsigned section)
{
    if (reading->records_count == READING_RECORDS_MAX) {
        reading->is_long = true;
        return NULL;
    }
    struct reading_record *record = &reading->records[reading->records_count++];
    *record = (struct reading_record){.section = section, .data_at = reading->data_size};
    return record;
}

void
reading_add_data(struct reading *reading, const void *octets, size_t size)
{
    if (size > READING_DATA_MAX - reading->data_size || reading->records_count == 0) {
        reading->is_long = true;
        return;
    }
    if (size > 0)
        memcpy(reading->data + reading->data_size, octets, size);
    reading->data_size += size;
    reading->records[reading->records_count - 1].data_size += size;
}

void
reading_options(struct reading *reading, const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    reading->options_count = 0;
    while (bytes_left(&r) > 0) {
        struct reading_option option = {.code = bytes_get_u16(&r), .size = bytes_get_u16(&r)};
        option.data = bytes_get_view(&r, option.size);
        if (r.failed)
            reading->options_are_odd = true;
        else if (reading->options_count == READING_OPTIONS_MAX)
            reading->is_long = true;
        else
            reading->options[reading->options_count++] = option;
    }
}

const struct reading_option *
reading_option(const struct reading *reading, uint16_t code)
{
    for (unsigned i = 0; i < reading->options_count; i++)
        if (reading->options[i].code == code)
            return &reading->options[i];
    return NULL;
}

void
reading_name(struct dns_name *to, const uint8_t *name, size_t size)
{
    *to = (struct dns_name){.size = 0};
    if (size > DNS_NAME_MAX)
        return;
    memcpy(to->wire, name, size);
    to->size = (uint8_t)size;
}

/* RDATA as its layout says, names expanded. */
static void
expand_data(struct bytes_reader *r, const struct reading_record *record, size_t end,
            struct reading *reading)
{
    struct dns_layout layout = dns_layout_of(record->type);
    size_t ahead = layout.before;
    struct bytes_reader strings = *r;
    bytes_skip(&strings, ahead);
    for (; layout.names > 0 && layout.strings > 0; layout.strings--) {
        uint8_t size = bytes_get_u8(&strings);
        bytes_skip(&strings, size);
        ahead += 1U + size;
    }
    reading_add_data(reading, bytes_get_view(r, ahead), ahead);
    for (; layout.names > 0; layout.names--) {
        struct dns_name name;
        if (!dns_name_skip(r, &name))
            return;
        reading_add_data(reading, name.wire, name.size);
    }
    size_t rest = r->pos < end ? end - r->pos : 0;
    reading_add_data(reading, bytes_get_view(r, rest), rest);
}

static void
get_record(struct bytes_reader *r, unsigned section, struct reading *reading)
{
    struct dns_name owner;
    if (!dns_name_skip(r, &owner))
        return;
    uint16_t type = bytes_get_u16(r), class = bytes_get_u16(r);
    uint32_t ttl = bytes_get_u32(r);
    uint16_t size = bytes_get_u16(r);
    struct bytes_reader data = *r;
    const uint8_t *octets = bytes_get_view(r, size);
    if (octets == NULL)
        return;
    if (type == DNS_TYPE_OPT) {
        reading_options(reading, octets, size);
        return;
    }
    if (type == DNS_TYPE_TSIG)
        return;
    struct reading_record *record = reading_add(reading, section);
    if (record == NULL)
        return;
    record->owner = owner;
    record->type = type;
    record->class = class;
    record->ttl = ttl;
    expand_data(&data, record, r->pos, reading);
}

void
reading_by_us(const uint8_t *message, size_t size, struct reading *reading)
{
    struct bytes_reader r = bytes_reader(message, size);
    struct dns_name name;
    uint16_t counts[4];
    *reading = (struct reading){.is_read = true};
    bytes_skip(&r, 4);
    for (unsigned i = 0; i < 4; i++)
        counts[i] = bytes_get_u16(&r);
    reading->is_read = dns_name_get(&r, &name);
    bytes_skip(&r, 4);
    for (unsigned section = 0; section < 3; section++)
        for (unsigned i = 0; i < counts[section + 1] && !r.failed; i++)
            get_record(&r, section, reading);
    reading->is_read = !r.failed;
}
