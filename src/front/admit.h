/* admit.h - what becomes of a message that arrived
 * SPDX-License-Identifier: ISC
 *
 * What: the stages that judge a client's message, the cheap ones first. Each either ends it
 *       (deliver.h) or passes it on; the last lets it wait for its question.
 * Who:  front; called by udp.c and tcp.c for each message.
 * Ref:  docs/QUERY.md.
 */
#pragma once

#include "lane/query.h"

struct front;

/**
 * Judge one message.
 *
 * @param draft    query_draft(), with client and arrived_us filled in; changed
 * @param message  borrowed for this call; `size` octets, 0..65535
 */
void admit_message(struct front *front, struct query *draft, const uint8_t *message, size_t size);
