/* fuzz_events.c - memory of events as a front that was taken over may write it
 * SPDX-License-Identifier: ISC
 *
 * Input: an octet that says whether the numbers beside the records are right, whether the reader
 * begins at the start, and else how many records before the last; eight octets, the count of records; then records, each of as many
 * octets as a record has, the last one cut short. Invariants: what is taken is sound; a look ends;
 * each record up to the count is taken, lost or bad; nothing is taken twice; what is told of it is one
 * line of printable characters, and frames within their bounds.
 */
#include "exporter/events_dnstap.h"
#include "exporter/events_text.h"
#include "lane/events.h"

#include "fuzz.h"

#include <string.h>

#define NOW_US UINT64_C(1000000000)

static struct events_memory memory;

static void
fill(struct bytes_reader *r, uint64_t written, bool is_right)
{
    for (uint64_t n = 0; bytes_left(r) > 0 && n < EVENTS_SLOTS; n++) {
        struct event event = {0};
        uint64_t words[EVENTS_WORDS];
        size_t size = bytes_left(r) < sizeof event ? bytes_left(r) : sizeof event;
        uint64_t number = written - 1 - n;
        struct events_slot *slot = &memory.slots[number % EVENTS_SLOTS];
        bytes_get_copy(r, &event, size);
        memcpy(words, &event, sizeof words);
        for (size_t i = 0; i < EVENTS_WORDS; i++)
            slot->words[i] = words[i];
        slot->number = is_right ? 2 * number + 2 : words[0];
    }
}

/* A line of printable characters, and frames that have room. */
static void
check_told(const struct event *event)
{
    static char line[EVENTS_TEXT_MAX];
    static uint8_t frames[EVENTS_DNSTAP_MAX];
    size_t line_size = events_text_line(event, NOW_US, "a", line);
    must(line_size > 2 && line_size < EVENTS_TEXT_MAX);
    must(line[line_size - 2] == '}' && line[line_size - 1] == '\n');
    for (size_t i = 0; i + 1 < line_size; i++)
        must(line[i] >= ' ' && line[i] <= '~');
    size_t size = events_dnstap_write(event, NOW_US, frames);
    size_t first = 4 + ((size_t)frames[2] << 8 | frames[3]);
    must(size >= first && size < EVENTS_DNSTAP_MAX);
    must(event->size > 0 ? size == first + 4 + ((size_t)frames[first + 2] << 8 | frames[first + 3])
                         : size == first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    struct events_reader reader;
    struct event event;
    uint8_t how = bytes_get_u8(&r);
    uint64_t written = bytes_get_u64(&r), taken = 0;
    memset(&memory, 0, sizeof memory);
    bool is_late = (how & 2) != 0; /* it begins some records before the last */
    memory.written = written - (written < how ? 0 : how >> 2);
    events_reader_init(&reader, &memory, !is_late);
    memory.written = written;
    uint64_t first = reader.next;
    fill(&r, written, (how & 1) != 0);
    while (events_read(&reader, NOW_US, &event)) {
        must(events_is_sound(&event, NOW_US));
        must(++taken <= EVENTS_SLOTS);
        check_told(&event);
    }
    must(reader.next == written);
    must(taken + reader.lost + reader.bad == written - first);
    memory.written = written - 1; /* it goes back */
    must(written == 0 || (!events_read(&reader, NOW_US, &event) && reader.next == written - 1));
    return 0;
}
