/* audit_scene.h - lines of an audit log, for tests
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "audit/audit_chain.h"
#include "audit/audit_read.h"

#include <criterion/criterion.h>
#include <string.h>

#define SCENE_BOOT   "6f1c0e8a-0d7b-4c3e-9a54-0123456789ab"
#define SCENE_UTC_US UINT64_C(1795914486123456) /* 2026-11-29T01:08:06.123456Z */
#define SCENE_KEY    "0123456789abcdef0123456789abcdef"

/* A member of whatever kind, but the common ones, at its longest. */
static inline void
scene_fill(struct audit_line *line, enum audit_member member)
{
    static const uint8_t sum[DIGEST_BYTES] = {0xab, 0xcd};
    char text[AUDIT_TEXT_MOST + 2];
    memset(text, '"', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    switch (audit_table_member(member)->kind) {
    case AUDIT_TEXT:
        audit_line_text(line, member, text);
        break;
    case AUDIT_NUMBER:
        audit_line_number(line, member, UINT64_MAX);
        break;
    case AUDIT_FLAG:
        audit_line_flag(line, member, false);
        break;
    case AUDIT_HASH:
        audit_line_hash(line, member, sum);
        break;
    case AUDIT_WORD:
        audit_line_word(line, member, UINT64_C(0xfedcba9876543210));
        break;
    case AUDIT_UUID:
        audit_line_uuid(line, member, SCENE_BOOT);
        break;
    case AUDIT_NAME:
    case AUDIT_TIME:
        break;
    }
}

/* A line of an event, with what it has and, maybe, may have; common members are left out. */
static inline void
scene_line(struct audit_line *line, enum audit_event event, bool is_full, uint64_t us)
{
    const struct audit_table_event *of = audit_table_event(event);
    uint64_t wanted = (of->has | (is_full ? of->may : 0)) & ~(AUDIT_COMMON | AUDIT_EXTRA);
    audit_line_begin(line, event, SCENE_UTC_US + us, us);
    for (enum audit_member member = 0; member < AUDIT_MEMBERS; member++)
        if ((wanted & AUDIT_BIT(member)) != 0)
            scene_fill(line, member);
}

struct scene_file {
    char octets[1 << 16];
    size_t size;
};

/* @param most  octets that are written of it */
static inline void
scene_put(struct audit_chain *chain, struct scene_file *file, enum audit_event event, size_t most)
{
    struct audit_line line;
    struct audit_chain_sealed sealed;
    scene_line(&line, event, false, 1000 * (chain->sequence + 1));
    cr_assert_eq(audit_chain_seal(chain, &line, &sealed), STATUS_OK);
    size_t written = sealed.size < most ? sealed.size : most;
    cr_assert(file->size + written <= sizeof file->octets);
    memcpy(file->octets + file->size, sealed.octets, written);
    file->size += written;
    audit_chain_wrote(chain, &sealed, written);
}
