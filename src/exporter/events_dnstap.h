/* events_dnstap.h - an event as dnstap, in Frame Streams
 * SPDX-License-Identifier: ISC
 *
 * What: a CLIENT_QUERY for each event, and a CLIENT_RESPONSE where there was a response. An event
 *       has no message; what it knows of one is told as a message of a header and the question. Of a
 *       client that is told in part, the address is that of its network.
 * Who:  exporter. Pure. Fourteen fields, written and never read: a library would be more than what it
 *       saves.
 * Ref:  dnstap.info (dnstap.proto); exporter/events_frames.h.
 */
#pragma once

#include "lane/events.h"

#include <stddef.h>

#define EVENTS_DNSTAP_FRAME_MAX 512 /* octets of a frame, with its length */
#define EVENTS_DNSTAP_MAX       (2 * EVENTS_DNSTAP_FRAME_MAX) /* of an event */

/** The frames of an event. @param offset_us  wall clock less monotonic clock. @return octets */
size_t events_dnstap_write(const struct event *event, uint64_t offset_us,
                           uint8_t to[EVENTS_DNSTAP_MAX]);
