/* audit_history.h - audit logs as honest supervisors leave them, and what the verifier says of logs
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "audit/audit_verify.h"

#include "audit_scene.h"
#include "prng.h"

#define HISTORY_FILES 4

struct history {
    struct scene_file files[HISTORY_FILES];
    unsigned count; /* files */
    struct audit_chain chain;
    uint64_t clock_us;
    size_t key_size;
    unsigned crashes, torn, rotations, refused; /* how much of it there was */
};

static inline struct scene_file *
history_file(struct history *history)
{
    return &history->files[history->count - 1];
}

/* One line. @param most  octets of it that reach the file */
static inline bool
history_put(struct history *history, enum audit_event event, size_t most)
{
    struct audit_line line;
    struct audit_chain_sealed sealed;
    struct scene_file *file = history_file(history);
    history->clock_us += 1000;
    scene_line(&line, event, (history->clock_us / 1000) % 2 == 0, history->clock_us);
    if (audit_chain_seal(&history->chain, &line, &sealed) != STATUS_OK) {
        audit_chain_lose(&history->chain);
        return false;
    }
    size_t written = sealed.size < most ? sealed.size : most;
    cr_assert(file->size + written <= sizeof file->octets);
    memcpy(file->octets + file->size, sealed.octets, written);
    file->size += written;
    audit_chain_wrote(&history->chain, &sealed, written);
    return written == sealed.size;
}

/* A supervisor starts, on what is in the last file. */
static inline enum audit_chain_end
history_start(struct history *history, uint64_t pid)
{
    struct scene_file *file = history_file(history);
    size_t tail = file->size < AUDIT_CHAIN_TAIL_MOST ? file->size : AUDIT_CHAIN_TAIL_MOST;
    audit_chain_begin(&history->chain, SCENE_BOOT, pid, SCENE_KEY, history->key_size);
    return audit_chain_resume(&history->chain, file->octets + file->size - tail, tail,
                              tail == file->size);
}

/* The old file is left, and the next one begins. */
static inline void
history_rotate(struct history *history)
{
    cr_assert_lt(history->count, (unsigned)HISTORY_FILES);
    history->files[history->count++].size = 0;
    audit_chain_next_file(&history->chain);
    history->rotations++;
    cr_assert(history_put(history, AUDIT_CONTINUED, SIZE_MAX));
}

static inline void
history_begin(struct history *history, size_t key_size)
{
    history->count = 1;
    history->files[0].size = 0;
    history->key_size = key_size;
    history->clock_us = 0;
    history->crashes = history->torn = history->rotations = history->refused = 0;
}

/* The last octets of a piece were not stored. */
static inline void
history_lose_power(struct history *history, struct prng *prng)
{
    struct scene_file *file = history_file(history);
    for (unsigned i = prng_below(prng, 300); i > 0 && file->size > 0; i--) {
        size_t at = file->size - i;
        if (i <= file->size && memchr(file->octets + at, '\n', i) == NULL)
            file->octets[at] = '\0';
    }
}

/* What a supervisor does in its life: lines, some of which the disk does not take, rotations; then
 * it stops, or is killed within a line. */
static inline void
history_live(struct history *history, struct prng *prng, uint64_t pid)
{
    enum audit_chain_end end = history_start(history, pid);
    cr_assert(end != AUDIT_CHAIN_FOREIGN && end != AUDIT_CHAIN_KEY, "%d", end);
    if (!history_put(history, AUDIT_STARTED,
                     prng_below(prng, 8) == 0 ? prng_below(prng, 400) : SIZE_MAX))
        return; /* killed */
    for (unsigned i = prng_below(prng, 12); i > 0; i--) {
        enum audit_event event = AUDIT_STOPPED + prng_below(prng, AUDIT_EVENTS - AUDIT_STOPPED);
        if (prng_below(prng, 16) == 0 && history->count < HISTORY_FILES)
            history_rotate(history);
        if (prng_below(prng, 10) == 0) { /* the disk is full, and the piece stays */
            history->refused++;
            if (history->chain.torn.pieces + 2 < AUDIT_CHAIN_PIECES_MOST)
                (void)history_put(history, event, prng_below(prng, 300));
        } else {
            (void)history_put(history, event, SIZE_MAX);
        }
    }
    if (prng_below(prng, 2) == 0) {
        (void)history_put(history, AUDIT_STOPPED, SIZE_MAX);
        return;
    }
    history->crashes++;
    if (history->chain.torn.pieces + 2 < AUDIT_CHAIN_PIECES_MOST)
        (void)history_put(history, AUDIT_DRY_RUN, prng_below(prng, 450));
    history->torn += history->chain.torn.pieces > 0;
    if (history->chain.torn.pieces > 0 && prng_below(prng, 3) == 0)
        history_lose_power(history, prng);
}

/* In parts of `part` octets. */
static inline void
history_judge(const struct history *history, struct audit_verify *verify, size_t part)
{
    audit_verify_begin(verify);
    for (unsigned i = 0; i < history->count; i++) {
        const struct scene_file *file = &history->files[i];
        for (size_t at = 0; at < file->size; at += part)
            audit_verify_octets(verify, file->octets + at,
                                file->size - at < part ? file->size - at : part);
        audit_verify_file_end(verify);
    }
    audit_verify_end(verify);
}

static inline const char *
history_first_found(const struct audit_verify *verify)
{
    return verify->findings > 0 ? audit_found_name(verify->shown[0].found) : "nothing";
}
