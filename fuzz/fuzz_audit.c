/* fuzz_audit.c - an audit log of whatever octets: what is found, and how a writer would go on
 * SPDX-License-Identifier: ISC
 *
 * Input: an octet of choices (1: a key; 2: the input is a script of changes to an honest log, else it
 * is the log; 4: into two files), then the log, or changes of four octets: where, how, what.
 * Invariants: parts of any size make no difference; a sound log passes a plain reading that shares
 * nothing with the verifier but the sum, and a log that passes the plain reading and has no member
 * that the plain one does not know is sound; a chain goes on behind a log that is sound, and is
 * sound with its next line; an honest log that was changed before its head is found.
 */
#include "audit/audit_verify.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define KEY      "0123456789abcdef0123456789abcdef"
#define BOOT     "6f1c0e8a-0d7b-4c3e-9a54-0123456789ab"
#define LOG_MOST 32768
#define LINES    6 /* of the honest log */

struct log {
    char octets[LOG_MOST];
    size_t size;
};

static struct log honest, read, next;
static struct audit_verify whole, parts;

/* --- what is honest -------------------------------------------------------------------------- */

static void
add_line(struct audit_chain *chain, struct log *to, enum audit_event event)
{
    static struct audit_line line;
    static struct audit_chain_sealed sealed;
    audit_line_begin(&line, event, 1795914486123456 + chain->sequence, 5000 + chain->sequence);
    if (event == AUDIT_STARTED) {
        audit_line_text(&line, AUDIT_OF_VERSION, "1");
        audit_line_text(&line, AUDIT_OF_MBEDTLS, "\"3\"");
        audit_line_word(&line, AUDIT_OF_CONFIG, chain->sequence);
    } else {
        audit_line_flag(&line, AUDIT_OF_IS_ON, true);
    }
    if (audit_chain_seal(chain, &line, &sealed) != STATUS_OK)
        return;
    must(to->size + sealed.size <= LOG_MOST);
    memcpy(to->octets + to->size, sealed.octets, sealed.size);
    to->size += sealed.size;
    audit_chain_wrote(chain, &sealed, sealed.size);
}

static void
make_honest(struct audit_chain *chain, bool has_key)
{
    honest.size = 0;
    audit_chain_begin(chain, BOOT, 7, KEY, has_key ? strlen(KEY) : 0);
    for (unsigned i = 0; i < LINES; i++)
        add_line(chain, &honest, i == 0 ? AUDIT_STARTED : AUDIT_DRY_RUN);
}

static void
change(const uint8_t script[4])
{
    size_t at = ((size_t)script[0] << 8 | script[1]) % (read.size + 1), size = script[2] >> 2;
    switch (script[2] & 3) {
    case 0:
        if (at < read.size)
            read.octets[at] = (char)script[3];
        break;
    case 1:
        size = size < read.size - at ? size : read.size - at;
        memmove(read.octets + at, read.octets + at + size, read.size - at - size);
        read.size -= size;
        break;
    case 2:
        if (read.size < LOG_MOST / 2) {
            memmove(read.octets + at + 1, read.octets + at, read.size - at);
            read.octets[at] = (char)script[3];
            read.size++;
        }
        break;
    default: /* a copy of what stands elsewhere */
        size = size * 8 < read.size - at ? size * 8 : read.size - at;
        if (read.size + size < LOG_MOST / 2) {
            memcpy(read.octets + read.size, read.octets + at, size);
            read.size += size;
        }
        break;
    }
}

/* --- verified -------------------------------------------------------------------------------- */

static void
verify(struct audit_verify *verify, const struct log *of, size_t cut, size_t part, bool has_key)
{
    audit_verify_begin(verify);
    for (size_t at = 0; at < of->size;) {
        size_t most = at < cut ? cut - at : of->size - at;
        size_t size = part < most ? part : most;
        audit_verify_octets(verify, of->octets + at, size);
        at += size;
        if (at == cut && cut < of->size)
            audit_verify_file_end(verify);
    }
    audit_verify_file_end(verify);
    audit_verify_end(verify);
    must(has_key == (verify->key != NULL));
    must(verify->shown_count <= AUDIT_VERIFY_SHOWN_MAX && verify->shown_count <= verify->findings);
}

static void
ask(struct audit_verify *verify, bool has_key)
{
    memset(verify, 0, sizeof *verify);
    if (has_key) {
        verify->key = KEY;
        verify->key_size = strlen(KEY);
    }
}

/* --- read plainly ---------------------------------------------------------------------------- */

static bool
find_text(const char *line, size_t size, const char *name, const char **value)
{
    char wanted[40] = "\"";
    strcat(strcat(wanted, name), "\":");
    const char *at = memmem(line, size, wanted, strlen(wanted));
    *value = at == NULL ? NULL : at + strlen(wanted);
    return at != NULL;
}

/* Whole lines, numbered one after the other, each with the sum of the one before: what every sound log
 * of one file without pieces has. */
static bool
is_plainly_sound(const struct log *of)
{
    uint8_t sum[DIGEST_BYTES];
    char text[DIGEST_TEXT_MAX] = "0000000000000000000000000000000000000000000000000000000000000000";
    unsigned long long sequence = 0;
    if (of->size == 0 || of->octets[of->size - 1] != '\n')
        return false;
    for (const char *at = of->octets, *end; at < of->octets + of->size; at = end + 1) {
        const char *previous, *number;
        end = memchr(at, '\n', (size_t)(of->octets + of->size - at));
        size_t size = (size_t)(end - at);
        if (!find_text(at, size, "previous", &previous) ||
            !find_text(at, size, "sequence", &number))
            return false;
        if ((size_t)(end - previous) < 66 || memcmp(previous + 1, text, 64) != 0 ||
            strtoull(number, NULL, 10) != ++sequence)
            return false;
        digest_of(at, size, sum);
        digest_text(sum, text);
    }
    return true;
}

/* --- both ------------------------------------------------------------------------------------ */

static void
check_next_line(bool has_key)
{
    static struct audit_chain chain;
    size_t tail = read.size < AUDIT_CHAIN_TAIL_MOST ? read.size : AUDIT_CHAIN_TAIL_MOST;
    audit_chain_begin(&chain, BOOT, 8, KEY, has_key ? strlen(KEY) : 0);
    enum audit_chain_end end =
        audit_chain_resume(&chain, read.octets + read.size - tail, tail, tail == read.size);
    if (whole.findings > 0)
        return;
    if (whole.has_hmac && !has_key) { /* it was not judged */
        must(end == AUDIT_CHAIN_KEY || end == AUDIT_CHAIN_FOREIGN);
        return;
    }
    must(end == AUDIT_CHAIN_SOUND || end == AUDIT_CHAIN_TORN || end == AUDIT_CHAIN_FOREIGN);
    must(end != AUDIT_CHAIN_FOREIGN || whole.torn.octets > 0); /* too many pieces */
    if (end == AUDIT_CHAIN_FOREIGN)
        return;
    must(chain.sequence == whole.last.sequence && chain.torn.octets == whole.torn.octets);
    must(memcmp(chain.head, whole.last.sum, DIGEST_BYTES) == 0);
    next = read;
    add_line(&chain, &next, AUDIT_STARTED);
    ask(&parts, has_key);
    verify(&parts, &next, next.size, next.size, has_key);
    must(parts.findings == 0);
}

static void
check_change(const struct audit_chain *chain, bool has_key)
{
    bool is_before_head =
        read.size < honest.size - 1 || memcmp(read.octets, honest.octets, honest.size - 1) != 0;
    ask(&parts, has_key);
    parts.heads_count = 1;
    parts.heads[0].sequence = chain->sequence;
    memcpy(parts.heads[0].sum, chain->head, DIGEST_BYTES);
    verify(&parts, &read, read.size, read.size, has_key);
    must(!is_before_head || parts.findings > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct audit_chain chain;
    if (size < 1 || size > LOG_MOST / 4)
        return 0;
    bool has_key = (data[0] & 1) != 0, is_script = (data[0] & 2) != 0;
    if (is_script) {
        make_honest(&chain, has_key);
        read = honest;
        for (size_t at = 1; at + 4 <= size && at < 64; at += 4)
            change(data + at);
        check_change(&chain, has_key);
    } else {
        memcpy(read.octets, data + 1, size - 1);
        read.size = size - 1;
    }
    size_t cut = (data[0] & 4) != 0 ? read.size / 2 : read.size;
    ask(&whole, has_key);
    verify(&whole, &read, cut, read.size + 1, has_key);
    ask(&parts, has_key);
    verify(&parts, &read, cut, 1 + (data[0] >> 3), has_key);
    must(parts.findings == whole.findings && parts.lines == whole.lines);
    must(memcmp(parts.counts, whole.counts, sizeof parts.counts) == 0);
    if (cut < read.size)
        return 0;
    if (whole.findings == 0 && whole.torn_told == 0 && whole.torn.octets == 0 && read.size > 0 &&
        read.octets[read.size - 1] == '\n')
        must(is_plainly_sound(&read));
    check_next_line(has_key);
    return 0;
}
