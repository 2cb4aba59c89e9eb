/* audit_chain.c - see audit_chain.h
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_chain.h"

#include "base/bytes.h"
#include "digest/hmac.h"

#include <assert.h>
#include <stdio.h>

void
audit_chain_begin(struct audit_chain *chain, const char boot[AUDIT_UUID_SIZE], uint64_t pid,
                  const void *key, size_t key_size)
{
    *chain = (struct audit_chain){.pid = pid, .key_size = key_size};
    memcpy(chain->boot, boot, sizeof chain->boot);
    assert(key_size <= sizeof chain->key);
    if (key_size > 0)
        memcpy(chain->key, key, key_size);
}

/* --- what was torn --------------------------------------------------------------------------- */

void
audit_chain_torn_add(struct audit_torn *torn, const char *octets, size_t size)
{
    if (torn->octets == 0)
        digest_begin(&torn->digest);
    else
        digest_add(&torn->digest, "\n", 1);
    torn->octets += (uint32_t)(size + (torn->octets > 0));
    torn->pieces++;
    digest_add(&torn->digest, octets, size);
}

void
audit_chain_torn_forget(struct audit_torn *torn)
{
    torn->octets = 0;
    torn->pieces = 0;
}

/* --- the end of a file ----------------------------------------------------------------------- */

/* Of octets that end: where the last line of them begins. */
static size_t
begin_of_last(const char *octets, size_t size)
{
    while (size > 0 && octets[size - 1] != '\n')
        size--;
    return size;
}

static bool
is_of_key(const struct audit_chain *chain, const struct audit_read *line)
{
    if ((line->has & AUDIT_BIT(AUDIT_OF_HMAC)) == 0)
        return chain->key_size == 0;
    return chain->key_size > 0 && audit_read_is_keyed(line, chain->key, chain->key_size);
}

static enum audit_chain_end
go_on_behind(struct audit_chain *chain, const struct audit_read *line)
{
    if (!is_of_key(chain, line))
        return AUDIT_CHAIN_KEY;
    chain->sequence = audit_read_number(line, AUDIT_OF_SEQUENCE);
    digest_of(line->octets, line->size, chain->head);
    return AUDIT_CHAIN_SOUND;
}

/* Which of the last lines is whole; behind it, to the end, there are pieces. */
struct last {
    enum audit_read_end end; /* LINE: `read` has it; CUT: there is none in the whole file */
    struct audit_read read;
    size_t behind;
};

static void
find_last(struct last *last, const char *tail, size_t size, bool is_whole)
{
    size_t end = size > 0 && tail[size - 1] == '\n' ? size - 1 : size;
    last->behind = 0;
    last->end = AUDIT_READ_CUT;
    for (unsigned pieces = 0; size > 0; pieces++) {
        size_t begin = begin_of_last(tail, end);
        if ((begin == 0 && !is_whole) || pieces >= AUDIT_CHAIN_PIECES_MOST || begin == end) {
            last->end = AUDIT_READ_FOREIGN;
            return;
        }
        last->behind = end < size ? end + 1 : size;
        last->end = audit_read_piece(&last->read, tail + begin, end - begin);
        if (last->end != AUDIT_READ_CUT)
            return;
        last->behind = 0;
        if (begin == 0)
            return;
        end = begin - 1;
    }
}

bool
audit_chain_fits(uint64_t sequence, const uint8_t head[DIGEST_BYTES],
                 const struct audit_read *piece)
{
    uint8_t previous[DIGEST_BYTES];
    if ((piece->has & AUDIT_BIT(AUDIT_OF_SEQUENCE)) != 0 &&
        audit_read_number(piece, AUDIT_OF_SEQUENCE) != sequence + 1)
        return false;
    if ((piece->has & AUDIT_BIT(AUDIT_OF_PREVIOUS)) == 0)
        return true;
    audit_read_hash(piece, AUDIT_OF_PREVIOUS, previous);
    return memcmp(previous, head, sizeof previous) == 0;
}

/* A piece of a file without a line may be of a chain that went on from the file before. */
static bool
is_of_chain(const struct audit_chain *chain, const char *octets, size_t size)
{
    struct audit_read piece;
    return audit_read_piece(&piece, octets, size) == AUDIT_READ_CUT &&
           (chain->sequence == 0 || audit_chain_fits(chain->sequence, chain->head, &piece));
}

enum audit_chain_end
audit_chain_resume(struct audit_chain *chain, const char *tail, size_t size, bool is_whole)
{
    struct last last;
    enum audit_chain_end found = AUDIT_CHAIN_NEW;
    find_last(&last, tail, size, is_whole);
    if (last.end != AUDIT_READ_LINE && last.end != AUDIT_READ_CUT)
        return AUDIT_CHAIN_FOREIGN;
    struct audit_chain next = *chain;
    if (last.end == AUDIT_READ_LINE)
        found = go_on_behind(&next, &last.read);
    if (found == AUDIT_CHAIN_KEY)
        return found;
    next.is_newline_due = size > 0 && tail[size - 1] != '\n';
    audit_chain_torn_forget(&next.torn);
    for (size_t at = last.behind; at < size;) {
        const char *end = memchr(tail + at, '\n', size - at);
        size_t piece = end != NULL ? (size_t)(end - tail) - at : size - at;
        if (!is_of_chain(&next, tail + at, piece))
            return AUDIT_CHAIN_FOREIGN;
        audit_chain_torn_add(&next.torn, tail + at, piece);
        at += piece + 1;
    }
    if (next.torn.pieces >= AUDIT_CHAIN_PIECES_MOST)
        return AUDIT_CHAIN_FOREIGN;
    *chain = next;
    return next.torn.pieces > 0 ? AUDIT_CHAIN_TORN : found;
}

void
audit_chain_next_file(struct audit_chain *chain)
{
    chain->is_newline_due = false;
}

/* --- lines ----------------------------------------------------------------------------------- */

static void
add_common(const struct audit_chain *chain, struct audit_line *line)
{
    audit_line_number(line, AUDIT_OF_SEQUENCE, chain->sequence + 1);
    audit_line_hash(line, AUDIT_OF_PREVIOUS, chain->head);
    audit_line_uuid(line, AUDIT_OF_BOOT, chain->boot);
    audit_line_number(line, AUDIT_OF_PID, chain->pid);
    if (chain->lost > 0)
        audit_line_number(line, AUDIT_OF_LOST, chain->lost);
    if (chain->torn.octets > 0) {
        uint8_t sum[DIGEST_BYTES];
        struct digest torn = chain->torn.digest;
        digest_end(&torn, sum);
        audit_line_number(line, AUDIT_OF_TORN_OCTETS, chain->torn.octets);
        audit_line_hash(line, AUDIT_OF_TORN_SHA256, sum);
    }
}

static void
add_hmac(const struct audit_chain *chain, struct audit_line *line, char room[AUDIT_LINE_MOST])
{
    struct hmac hmac;
    uint8_t sum[DIGEST_BYTES];
    hmac_begin(&hmac, chain->key, chain->key_size);
    hmac_add(&hmac, room, audit_line_write(line, room));
    hmac_end(&hmac, sum);
    audit_line_hash(line, AUDIT_OF_HMAC, sum);
}

enum status
audit_chain_seal(const struct audit_chain *chain, struct audit_line *line,
                 struct audit_chain_sealed *sealed)
{
    sealed->size = 0;
    if (chain->sequence >= AUDIT_NUMBER_MOST)
        return STATUS_INVALID;
    if (chain->torn.pieces >= AUDIT_CHAIN_PIECES_MOST)
        return STATUS_FULL;
    sealed->at = chain->is_newline_due;
    char *octets = sealed->octets + sealed->at;
    add_common(chain, line);
    if (chain->key_size > 0)
        add_hmac(chain, line, octets);
    size_t size = audit_line_write(line, octets);
    if (size == 0 || size >= AUDIT_LINE_MOST)
        return STATUS_INVALID;
    sealed->octets[0] = sealed->at > 0 ? '\n' : sealed->octets[0];
    octets[size] = '\n';
    digest_of(octets, size, sealed->sum);
    sealed->size = sealed->at + size + 1;
    return STATUS_OK;
}

void
audit_chain_wrote(struct audit_chain *chain, const struct audit_chain_sealed *sealed,
                  size_t written)
{
    if (sealed->size > 0 && written + 1 >= sealed->size) { /* all of it, or all but its newline */
        chain->sequence++;
        memcpy(chain->head, sealed->sum, sizeof chain->head);
        chain->lost = 0;
        audit_chain_torn_forget(&chain->torn);
        chain->is_newline_due = written < sealed->size;
        return;
    }
    chain->lost++;
    if (written == 0)
        return;
    chain->is_newline_due = written > sealed->at;
    if (written > sealed->at)
        audit_chain_torn_add(&chain->torn, sealed->octets + sealed->at, written - sealed->at);
}

void
audit_chain_lose(struct audit_chain *chain)
{
    chain->lost++;
}

const char *
audit_chain_head(const struct audit_chain *chain, char text[AUDIT_CHAIN_HEAD_TEXT_MAX])
{
    char sum[DIGEST_TEXT_MAX];
    (void)snprintf(text, AUDIT_CHAIN_HEAD_TEXT_MAX, "%llu:%s", (unsigned long long)chain->sequence,
                   digest_text(chain->head, sum));
    return text;
}
