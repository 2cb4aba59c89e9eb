/* events_frames.h - Frame Streams: what frames of dnstap are wrapped in
 * SPDX-License-Identifier: ISC
 *
 * What: control frames as who sends data writes them, and those that the other side answers with: a
 *       stranger's octets. In a file a stream is START, frames, STOP; over a socket the sides agree
 *       first (READY, ACCEPT), and the other one says last that it has all (FINISH).
 * Who:  exporter. Pure.
 * Ref:  the Frame Streams protocol, uni- and bidirectional.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define EVENTS_FRAMES_CONTROL_MAX 520 /* octets of a control frame that is read: 512 and its head */
#define EVENTS_FRAMES_WORD_MAX    64  /* of one that is written */

enum events_frames_word {
    EVENTS_FRAMES_MORE,   /* it is not all here */
    EVENTS_FRAMES_BAD,    /* it is none that may be said to us */
    EVENTS_FRAMES_ACCEPT, /* it takes dnstap */
    EVENTS_FRAMES_FINISH, /* it has all */
};

/** "Do you take dnstap?" @return octets */
size_t events_frames_ready(uint8_t to[EVENTS_FRAMES_WORD_MAX]);

/** What a stream begins with. @return octets */
size_t events_frames_start(uint8_t to[EVENTS_FRAMES_WORD_MAX]);

/** What it ends with. @return octets */
size_t events_frames_stop(uint8_t to[EVENTS_FRAMES_WORD_MAX]);

/** What does the other side say first? @param used  written: octets of it; 0 with MORE and BAD */
enum events_frames_word events_frames_read(const uint8_t *octets, size_t size, size_t *used);

/** Where the data frame begins that stands first at `sent` or behind it, in frames of our own that
 *  begin at `frames`. */
size_t events_frames_next(const uint8_t *frames, size_t size, size_t sent);
