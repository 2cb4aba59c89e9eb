/* fuzz_dns_frame.c - a stream of messages gives the same however it arrives
 * SPDX-License-Identifier: ISC
 *
 * Input: one octet that chooses the pieces, then the stream. Invariant: the messages found in the
 * whole stream are found in the same places when it grows piece by piece.
 */
#include "base/bytes.h"

#include "fuzz.h"

#define MIN 12

/* The messages at hand, from offset `done`; *bad is set where the stream is lost. */
static size_t
consume(const uint8_t *stream, size_t have, size_t done, size_t max, unsigned *count, bool *bad)
{
    const uint8_t *message;
    size_t message_size;
    enum bytes_frame result;
    while ((result = bytes_frame_peek(stream + done, have - done, MIN, max, &message,
                                      &message_size)) == BYTES_FRAME_OK) {
        must(message == stream + done + BYTES_FRAME_HEADER);
        must(message_size >= MIN && message_size <= max);
        must(message_size <= have - done - BYTES_FRAME_HEADER);
        done += BYTES_FRAME_HEADER + message_size;
        ++*count;
    }
    must(message == NULL);
    must(result != BYTES_FRAME_MORE || message_size == 0 ||
         have - done < BYTES_FRAME_HEADER + message_size);
    *bad = result == BYTES_FRAME_BAD;
    return done;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const uint8_t *stream = data + 1;
    size_t max = data[0] & 0x80 ? 65535 : 512, step = 1U + (data[0] & 0x7f);
    unsigned whole_count = 0, pieces_count = 0;
    bool whole_bad = false, pieces_bad = false;
    size_t whole = consume(stream, size - 1, 0, max, &whole_count, &whole_bad);
    size_t done = 0;
    for (size_t have = 0; have < size - 1 && !pieces_bad;) {
        have = have + step < size - 1 ? have + step : size - 1;
        done = consume(stream, have, done, max, &pieces_count, &pieces_bad);
    }
    must(done == whole && pieces_count == whole_count && pieces_bad == whole_bad);
    return 0;
}
