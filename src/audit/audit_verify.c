/* audit_verify.c - see audit_verify.h
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_verify.h"

#include <string.h>

static const uint8_t zeros[DIGEST_BYTES];

/* --- findings -------------------------------------------------------------------------------- */

static struct audit_verify_finding *
find(struct audit_verify *verify, enum audit_found found, uint64_t sequence)
{
    verify->findings++;
    verify->counts[found]++;
    struct audit_verify_finding *finding = &verify->shown[verify->shown_count];
    verify->shown_count += verify->shown_count < AUDIT_VERIFY_SHOWN_MAX;
    *finding = (struct audit_verify_finding){
        .found = found, .at = verify->at, .sequence = sequence, .member = AUDIT_MEMBERS};
    return finding;
}

/* --- what is known of lines before ----------------------------------------------------------- */

static void
remember(struct audit_verify *verify, const struct audit_found_head *line)
{
    verify->recent[verify->recent_next] = *line;
    verify->recent_next = (verify->recent_next + 1) % AUDIT_VERIFY_RECENT;
}

static bool
is_known(const struct audit_verify *verify, uint64_t sequence, const uint8_t sum[DIGEST_BYTES])
{
    for (unsigned i = 0; i < AUDIT_VERIFY_RECENT; i++)
        if (verify->recent[i].sequence == sequence &&
            memcmp(verify->recent[i].sum, sum, DIGEST_BYTES) == 0)
            return true;
    return false;
}

static bool
is_end(const struct audit_verify *verify, uint64_t sequence, const uint8_t previous[DIGEST_BYTES])
{
    return sequence == verify->end.sequence + 1 &&
           memcmp(previous, verify->end.sum, DIGEST_BYTES) == 0;
}

static bool
has(const struct audit_read *line, enum audit_member member)
{
    return (line->has & AUDIT_BIT(member)) != 0;
}

/* --- pieces ---------------------------------------------------------------------------------- */

/* What could have become the next line; where that is not known, any. */
static bool
is_next(const struct audit_verify *verify, const struct audit_read *piece)
{
    return !verify->has_end || verify->is_lost ||
           audit_chain_fits(verify->end.sequence, verify->end.sum, piece);
}

static void
add_piece(struct audit_verify *verify, const struct audit_read *piece, const char *octets,
          size_t size)
{
    if (size == 0 || !is_next(verify, piece) || verify->torn.pieces == AUDIT_CHAIN_PIECES_MOST) {
        find(verify, AUDIT_FOUND_FOREIGN, 0);
        return;
    }
    audit_chain_torn_add(&verify->torn, octets, size);
}

/* Does the line tell of what lies before it, and of nothing else? */
static void
judge_pieces(struct audit_verify *verify, const struct audit_read *line)
{
    uint8_t sum[DIGEST_BYTES], told[DIGEST_BYTES];
    bool is_told = has(line, AUDIT_OF_TORN_OCTETS), is_same = false;
    uint32_t octets = verify->torn.octets;
    if (octets > 0)
        digest_end(&verify->torn.digest, sum);
    audit_chain_torn_forget(&verify->torn);
    if ((!is_told && octets == 0) || verify->is_lost)
        return;
    if (!verify->has_line && octets == 0 && line->event == AUDIT_CONTINUED)
        return; /* of the end of a file that was not given */
    if (is_told && octets > 0) {
        audit_read_hash(line, AUDIT_OF_TORN_SHA256, told);
        is_same = audit_read_number(line, AUDIT_OF_TORN_OCTETS) == octets &&
                  memcmp(told, sum, sizeof sum) == 0;
    }
    if (is_same)
        verify->torn_told += octets;
    else
        find(verify, AUDIT_FOUND_TORN, audit_read_number(line, AUDIT_OF_SEQUENCE));
}

/* --- one line behind the other --------------------------------------------------------------- */

struct judged { /* a line that is in form */
    const struct audit_read *read;
    struct audit_found_head is;
    uint8_t previous[DIGEST_BYTES];
};

static bool
begins_a_chain(const struct judged *line)
{
    return line->is.sequence == 1 && memcmp(line->previous, zeros, sizeof zeros) == 0;
}

static void
judge_first(struct audit_verify *verify, const struct judged *line)
{
    if (verify->has_after) {
        if (!is_end(verify, line->is.sequence, line->previous))
            find(verify, AUDIT_FOUND_AFTER, line->is.sequence)->wanted = verify->end.sequence + 1;
    } else if (!begins_a_chain(line)) {
        find(verify, AUDIT_FOUND_MIDDLE, line->is.sequence);
        verify->is_middle = true;
        memcpy(verify->middle, line->previous, sizeof verify->middle);
    } else if (line->read->event != AUDIT_STARTED) {
        find(verify, AUDIT_FOUND_BEGINNING, line->is.sequence);
    }
}

/* Its number comes next, but the line before is not the one that it names. */
static void
judge_other(struct audit_verify *verify, const struct judged *line)
{
    struct audit_verify_place here = verify->at;
    if (!verify->has_line_in_file) {
        find(verify, AUDIT_FOUND_FILES, line->is.sequence);
        return;
    }
    verify->at = verify->last_at;
    find(verify, AUDIT_FOUND_EDITED, verify->end.sequence);
    verify->at = here;
}

/* Its number was there before. @return is it the end from which the log goes on? */
static bool
judge_back(struct audit_verify *verify, const struct judged *line)
{
    uint64_t sequence = line->is.sequence;
    enum audit_found found = AUDIT_FOUND_ORDER;
    bool is_known_line = is_known(verify, sequence, line->is.sum);
    bool was_missing = sequence >= verify->missing_from && sequence <= verify->missing_to;
    if (!verify->has_line_in_file)
        found = begins_a_chain(line) && !verify->is_middle && !is_known_line ? AUDIT_FOUND_NEW_CHAIN
                                                                             : AUDIT_FOUND_FILES;
    else if (is_known_line)
        found = AUDIT_FOUND_TWICE;
    else if (begins_a_chain(line))
        found = AUDIT_FOUND_NEW_CHAIN;
    else if (!was_missing && is_known(verify, sequence - 1, line->previous))
        found = AUDIT_FOUND_FORK;
    find(verify, found, sequence)->wanted = verify->end.sequence + 1;
    return found == AUDIT_FOUND_NEW_CHAIN || found == AUDIT_FOUND_FILES;
}

/* @return is it the end from which the log goes on? */
static bool
judge_place(struct audit_verify *verify, const struct judged *line)
{
    uint64_t sequence = line->is.sequence, next = verify->end.sequence + 1;
    if (!verify->has_line) {
        judge_first(verify, line);
        return true;
    }
    if (is_end(verify, sequence, line->previous))
        return true;
    if (verify->is_lost && (sequence == next || sequence == next + 1))
        return true; /* what stood in between was told */
    if (sequence == next) {
        judge_other(verify, line);
        return true;
    }
    if (sequence < next)
        return judge_back(verify, line);
    find(verify, verify->has_line_in_file ? AUDIT_FOUND_GAP : AUDIT_FOUND_FILES, sequence)->wanted =
        next;
    verify->missing_from = next;
    verify->missing_to = sequence - 1;
    return true;
}

static void
judge_hmac(struct audit_verify *verify, const struct judged *line)
{
    bool has_hmac = has(line->read, AUDIT_OF_HMAC);
    if (!verify->has_line)
        verify->has_hmac = has_hmac;
    if (verify->key != NULL && has_hmac) {
        if (!audit_read_is_keyed(line->read, verify->key, verify->key_size))
            find(verify, AUDIT_FOUND_HMAC, line->is.sequence);
    } else if (verify->key != NULL || has_hmac != verify->has_hmac) {
        find(verify, AUDIT_FOUND_HMAC_MISSING, line->is.sequence);
    }
}

/* A file that is not the first of a chain begins with CONTINUED, and nothing else does. */
static void
judge_event(struct audit_verify *verify, const struct judged *line)
{
    bool is_first = !verify->has_line_in_file, is_continued = line->read->event == AUDIT_CONTINUED;
    if (is_continued ? !is_first : is_first && line->is.sequence != 1)
        find(verify, AUDIT_FOUND_BEGINNING, line->is.sequence);
}

static void
judge_writer(struct audit_verify *verify, const struct judged *line)
{
    const struct audit_read *read = line->read;
    const char *boot = read->octets + read->of[AUDIT_OF_BOOT].at;
    uint64_t pid = audit_read_number(read, AUDIT_OF_PID);
    uint64_t monotonic_us = audit_read_number(read, AUDIT_OF_MONOTONIC_US);
    bool is_same = verify->has_writer && pid == verify->pid &&
                   memcmp(boot, verify->boot, sizeof verify->boot) == 0;
    bool may_be_new = read->event == AUDIT_STARTED || read->event == AUDIT_CONTINUED;
    if (verify->has_writer && !is_same && !may_be_new)
        find(verify, AUDIT_FOUND_WRITER, line->is.sequence);
    else if (is_same && read->event != AUDIT_STARTED && monotonic_us < verify->monotonic_us)
        find(verify, AUDIT_FOUND_CLOCK, line->is.sequence);
    verify->has_writer = true;
    verify->pid = pid;
    verify->monotonic_us = monotonic_us;
    memcpy(verify->boot, boot, sizeof verify->boot);
}

static void
judge_heads(struct audit_verify *verify, const struct judged *line)
{
    for (unsigned i = 0; i < verify->heads_count; i++) {
        const struct audit_found_head *head = &verify->heads[i];
        if (head->sequence != line->is.sequence || verify->is_head_seen[i])
            continue;
        verify->is_head_seen[i] = true;
        if (memcmp(head->sum, line->is.sum, sizeof head->sum) != 0)
            find(verify, AUDIT_FOUND_HEAD, line->is.sequence);
    }
}

static void
judge_line(struct audit_verify *verify, const struct audit_read *read)
{
    struct judged line = {.read = read, .is.sequence = audit_read_number(read, AUDIT_OF_SEQUENCE)};
    audit_read_hash(read, AUDIT_OF_PREVIOUS, line.previous);
    digest_of(read->octets, read->size, line.is.sum);
    uint64_t before = verify->findings;
    bool is_the_end = judge_place(verify, &line);
    if (verify->is_middle && verify->has_line &&
        memcmp(line.is.sum, verify->middle, sizeof verify->middle) == 0)
        find(verify, AUDIT_FOUND_FILES, line.is.sequence);
    if (verify->findings == before || !verify->has_line) {
        judge_pieces(verify, read);
        judge_event(verify, &line);
    }
    audit_chain_torn_forget(&verify->torn);
    judge_hmac(verify, &line);
    judge_heads(verify, &line);
    if (is_the_end)
        judge_writer(verify, &line);
    remember(verify, &line.is);
    if (!verify->has_line)
        verify->first = line.is;
    if (is_the_end) {
        verify->end = verify->last = line.is;
        verify->last_at = verify->at;
        verify->has_end = true;
        verify->is_lost = false;
    }
    if (has(read, AUDIT_OF_LOST))
        verify->lost += audit_read_number(read, AUDIT_OF_LOST);
    verify->has_line = verify->has_line_in_file = true;
}

/* --- octets become lines --------------------------------------------------------------------- */

static void
judge_what_is_none(struct audit_verify *verify, enum audit_read_end end, enum audit_member member)
{
    static const enum audit_found found[] = {
        [AUDIT_READ_EVENT] = AUDIT_FOUND_EVENT,     [AUDIT_READ_MEMBER] = AUDIT_FOUND_MEMBER,
        [AUDIT_READ_VALUE] = AUDIT_FOUND_MEMBER,    [AUDIT_READ_FORM] = AUDIT_FOUND_CANONICAL,
        [AUDIT_READ_FOREIGN] = AUDIT_FOUND_FOREIGN,
    };
    find(verify, found[end], 0)->member = member;
    verify->is_lost = true;
    audit_chain_torn_forget(&verify->torn);
}

static void
take_line(struct audit_verify *verify)
{
    struct audit_read read;
    enum audit_read_end end = audit_read_piece(&read, verify->line, verify->used);
    verify->at.line++;
    if (end == AUDIT_READ_CUT) {
        add_piece(verify, &read, verify->line, verify->used);
    } else {
        verify->lines++;
        if (end == AUDIT_READ_LINE)
            judge_line(verify, &read);
        else
            judge_what_is_none(verify, end, read.at);
    }
    verify->used = 0;
}

void
audit_verify_begin(struct audit_verify *verify)
{
    verify->end = verify->after;
    verify->has_end = verify->has_after;
}

/* Of a line that is too long the first octets stand for it: they are as many as no line has. */
void
audit_verify_octets(struct audit_verify *verify, const char *octets, size_t size)
{
    while (size > 0) {
        const char *newline = memchr(octets, '\n', size);
        size_t part = newline != NULL ? (size_t)(newline - octets) : size;
        size_t room = sizeof verify->line - verify->used;
        size_t taken = part < room ? part : room;
        memcpy(verify->line + verify->used, octets, taken);
        verify->used += taken;
        part += newline != NULL;
        octets += part;
        size -= part;
        if (newline != NULL)
            take_line(verify);
    }
}

void
audit_verify_file_end(struct audit_verify *verify)
{
    if (verify->used > 0)
        take_line(verify);
    verify->at = (struct audit_verify_place){.file = verify->at.file + 1};
    verify->has_line_in_file = false;
}

void
audit_verify_end(struct audit_verify *verify)
{
    verify->at = verify->last_at;
    if (!verify->has_line)
        find(verify, AUDIT_FOUND_EMPTY, 0);
    for (unsigned i = 0; i < verify->heads_count; i++) {
        const struct audit_found_head *head = &verify->heads[i];
        bool is_after = verify->has_after && head->sequence == verify->after.sequence &&
                        memcmp(head->sum, verify->after.sum, sizeof head->sum) == 0;
        if (verify->is_head_seen[i] || head->sequence == 0 || is_after)
            continue;
        bool is_cut = !verify->has_line || head->sequence > verify->last.sequence;
        find(verify, is_cut ? AUDIT_FOUND_TRUNCATED : AUDIT_FOUND_HEAD, head->sequence)->wanted =
            head->sequence;
    }
}
