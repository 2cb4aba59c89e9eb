/* fuzz_frames.c - what the reader of dnstap can say to the exporter, in Frame Streams
 * SPDX-License-Identifier: ISC
 *
 * Input: what comes from it. The same octets are the sizes of frames of ours, some of which were sent.
 * Invariants: a plain reading of the protocol says the same; a frame is taken when all of it is
 * there, not before and not otherwise for what stands behind it; nobody is waited for who sent as
 * much as the longest has; what we say may not be said to us; the next frame of ours is the first
 * that begins where sending stopped, or behind.
 */
#include "exporter/events_frames.h"

#include "fuzz.h"

#include <string.h>

#define TYPE       "protobuf:dnstap.Dnstap"
#define TYPE_SIZE  (sizeof TYPE - 1)
#define OURS_MAX   16 /* frames */
#define OCTETS_MAX (OURS_MAX * (4 + 255))

static uint32_t
number(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Content types one behind the other, to the end; none, or ours among them. */
static bool
takes_dnstap(const uint8_t *at, size_t size)
{
    bool has_ours = size == 0;
    while (size > 0) {
        if (size < 8 || number(at) != 1 || number(at + 4) > size - 8)
            return false;
        uint32_t length = number(at + 4);
        has_ours |= length == TYPE_SIZE && memcmp(at + 8, TYPE, TYPE_SIZE) == 0;
        at += 8 + length;
        size -= 8 + length;
    }
    return has_ours;
}

static enum events_frames_word
read_plainly(const uint8_t *octets, size_t size)
{
    if (size < 8)
        return EVENTS_FRAMES_MORE;
    uint32_t length = number(octets + 4);
    if (number(octets) != 0 || length < 4 || length > EVENTS_FRAMES_CONTROL_MAX - 8)
        return EVENTS_FRAMES_BAD;
    if (size - 8 < length)
        return EVENTS_FRAMES_MORE;
    uint32_t type = number(octets + 8);
    if (type == 1 && takes_dnstap(octets + 12, length - 4))
        return EVENTS_FRAMES_ACCEPT;
    return type == 5 ? EVENTS_FRAMES_FINISH : EVENTS_FRAMES_BAD;
}

/* An exact copy, so that a read past the end is seen. */
static enum events_frames_word
read_exactly(const uint8_t *octets, size_t size, size_t *used)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        abort();
    for (size_t i = 0; i < size; i++)
        exact[i] = octets[i];
    enum events_frames_word word = events_frames_read(exact, size, used);
    free(exact);
    return word;
}

/* @return octets of the word that stands first, 0: there is none */
static size_t
check_word(const uint8_t *octets, size_t size)
{
    size_t used, of_part;
    enum events_frames_word word = read_exactly(octets, size, &used);
    must(word == read_plainly(octets, size));
    must(word != EVENTS_FRAMES_MORE || size < EVENTS_FRAMES_CONTROL_MAX);
    if (word == EVENTS_FRAMES_MORE || word == EVENTS_FRAMES_BAD) {
        must(used == 0);
        return 0;
    }
    must(used >= 12 && used <= size && used <= EVENTS_FRAMES_CONTROL_MAX);
    must(read_exactly(octets, used, &of_part) == word && of_part == used);
    must(read_exactly(octets, used - 1, &of_part) == EVENTS_FRAMES_MORE && of_part == 0);
    return used;
}

static void
check_ours(size_t (*say)(uint8_t to[EVENTS_FRAMES_WORD_MAX]))
{
    uint8_t word[EVENTS_FRAMES_WORD_MAX];
    size_t used, size = say(word);
    must(size >= 12 && size <= sizeof word && number(word) == 0 && number(word + 4) == size - 8);
    must(events_frames_read(word, size, &used) == EVENTS_FRAMES_BAD && used == 0);
}

/* Frames of ours, as large as the input says; any number of their octets may have been sent. */
static void
check_next(const uint8_t *sizes, size_t count)
{
    static uint8_t octets[OCTETS_MAX];
    size_t begins[OURS_MAX + 1], size = 0;
    count = count < OURS_MAX ? count : OURS_MAX;
    for (size_t i = 0; i < count; i++) {
        begins[i] = size;
        memset(octets + size, 0xff, 4U + sizes[i]); /* what is in a frame is no size */
        memset(octets + size, 0, 3);
        octets[size + 3] = sizes[i];
        size += 4U + sizes[i];
    }
    begins[count] = size;
    for (size_t i = 0; i < count; i++) {
        must(events_frames_next(octets, size, begins[i]) == begins[i]);
        must(events_frames_next(octets, size, begins[i] + 1) == begins[i + 1]);
        must(events_frames_next(octets, size, begins[i + 1] - 1) == begins[i + 1]);
    }
    must(events_frames_next(octets, size, size) == size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_ours(events_frames_ready);
    check_ours(events_frames_start);
    check_ours(events_frames_stop);
    check_next(data, size);
    for (size_t at = 0, used = 1; used > 0; at += used)
        used = check_word(data + at, size - at);
    return 0;
}
