/* import_keys.c - see import_keys.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_keys.h"

#include "import/import_line.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60 /* characters of a value in a finding */

enum treat { KEEP, SAME, TAKE, LACK };
enum form { PLAIN, SECONDS, MILLISECONDS, TRUTH };

struct key {
    enum import_keys_peer peer;
    enum treat treat;
    const char *key;
    enum config_row_id row;  /* KEEP */
    enum form form;          /* KEEP */
    const char *value, *why; /* SAME: with this value; what becomes of it, or why nothing does */
};

static const struct key keys[] = {
#define IMPORT_KEEP(peer, key, row, form, why)                                                     \
    {IMPORT_KEYS_##peer, KEEP, key, CONFIG_ROW_##row, form, "", why},
#define IMPORT_SAME(peer, key, value, why)                                                         \
    {IMPORT_KEYS_##peer, SAME, key, CONFIG_ROWS, PLAIN, value, why},
#define IMPORT_TAKE(peer, key, why) {IMPORT_KEYS_##peer, TAKE, key, CONFIG_ROWS, PLAIN, "", why},
#define IMPORT_LACK(peer, key, why) {IMPORT_KEYS_##peer, LACK, key, CONFIG_ROWS, PLAIN, "", why},
#include "import/import_keys.def"
#undef IMPORT_KEEP
#undef IMPORT_SAME
#undef IMPORT_TAKE
#undef IMPORT_LACK
};

#define KEYS (sizeof keys / sizeof keys[0])

const char *
import_keys_name(enum import_keys_peer peer)
{
    switch (peer) {
    case IMPORT_KEYS_STUBBY:
        return "stubby";
    case IMPORT_KEYS_UNBOUND:
        return "unbound";
    case IMPORT_KEYS_DNSDIST:
    case IMPORT_KEYS_LUA:
        return "dnsdist";
    case IMPORT_KEYS_COREDNS:
        return "coredns";
    case IMPORT_KEYS_SMARTDNS:
        return "smartdns";
    case IMPORT_KEYS_PEERS:
        break;
    }
    return NULL;
}

/* A star stands for any characters. The patterns are ours, with two stars at most. */
static bool
fits(const char *pattern, const char *text)
{
    for (; *pattern != '*'; pattern++, text++)
        if (*pattern != *text || *text == '\0')
            return *pattern == *text;
    for (;; text++) {
        if (fits(pattern + 1, text))
            return true;
        if (*text == '\0')
            return false;
    }
}

static const struct key *
find(enum import_keys_peer peer, const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].peer == peer && fits(keys[i].key, name))
            return &keys[i];
    return NULL;
}

static void
keep(struct import_draft *draft, const struct key *is, uint32_t line, const char *key,
     const char *value)
{
    char text[VALUE_TEXT_MAX];
    int truth = import_draft_truth(value);
    if (is->form == TRUTH && truth < 0) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "\"%.*s\" is neither yes nor no",
                         SHOWN_MAX, value);
        return;
    }
    if (is->form == TRUTH)
        snprintf(text, sizeof text, "%s", truth > 0 ? "yes" : "no");
    else
        snprintf(text, sizeof text, "%.*s%s", (int)sizeof text - 3, value,
                 is->form == SECONDS        ? "s"
                 : is->form == MILLISECONDS ? "ms"
                                            : "");
    if (config_rows[is->row].is_list)
        (void)import_draft_add(draft, line, key, is->row, text);
    else
        (void)import_draft_set(draft, line, key, is->row, text);
}

bool
import_keys_apply(struct import_draft *draft, enum import_keys_peer peer, uint32_t line,
                  const char *key, const char *value)
{
    const struct key *is = find(peer, key);
    if (is == NULL) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "no key of penstock does this");
        return true;
    }
    switch (is->treat) {
    case KEEP:
        keep(draft, is, line, key, value);
        return true;
    case SAME:
        if (strcmp(value, is->value) == 0)
            import_draft_say(draft, IMPORT_DRAFT_CARRIED, line, key, "what is always so: %s",
                             is->why);
        else
            import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "\"%.*s\": %s", SHOWN_MAX, value,
                             is->why);
        return true;
    case LACK:
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "%s", is->why);
        return true;
    case TAKE:
        break;
    }
    return false;
}

/* --- whose file is it? ----------------------------------------------------------------------- */

/* What follows the first word in the files of a peer. */
static char
mark_of(enum import_keys_peer peer)
{
    if (peer == IMPORT_KEYS_LUA)
        return '(';
    return peer == IMPORT_KEYS_COREDNS || peer == IMPORT_KEYS_SMARTDNS ? '\0' : ':';
}

/* Is the word the key, a part of it between dots, or does it fit the pattern? */
static bool
is_of(const char *key, const char *word)
{
    size_t size = strlen(word);
    if (key[0] != '*' && fits(key, word))
        return true;
    for (size_t part; *key != '\0'; key += part + (key[part] == '.')) {
        part = strcspn(key, ".");
        if (part == size && memcmp(key, word, size) == 0)
            return true;
    }
    return false;
}

static void
count_line(const struct import_line *line, unsigned scores[IMPORT_KEYS_PEERS])
{
    char word[IMPORT_DRAFT_KEY_MAX];
    bool is_counted[IMPORT_KEYS_PEERS] = {false};
    unsigned first = strcmp(line->words[0], "-") == 0 && line->count > 1 ? 1 : 0;
    size_t size = strcspn(line->words[first], ":(");
    char mark = line->words[first][size];
    if (mark == '\0' && first + 1 < line->count && line->words[first + 1][0] == ':')
        mark = ':'; /* YAML takes a blank before it */
    snprintf(word, sizeof word, "%.*s", (int)(size < sizeof word ? size : 0), line->words[first]);
    for (size_t i = 0; i < KEYS; i++) {
        if (is_counted[keys[i].peer] || mark != mark_of(keys[i].peer))
            continue;
        is_counted[keys[i].peer] = is_of(keys[i].key, word);
        scores[keys[i].peer] += is_counted[keys[i].peer];
    }
    scores[IMPORT_KEYS_COREDNS] += strcmp(line->words[line->count - 1], "{") == 0;
    /* a comment of Lua; "---" begins a document of YAML */
    scores[IMPORT_KEYS_LUA] += strncmp(line->words[0], "--", 2) == 0 && line->words[0][2] != '-';
}

enum import_keys_peer
import_keys_guess(const char *text, size_t size)
{
    struct import_line line;
    struct import_line_reader reader = import_line_open(text, size);
    unsigned scores[IMPORT_KEYS_PEERS] = {0}, most = 0;
    enum import_keys_peer best = IMPORT_KEYS_PEERS;
    while (import_line_next(&reader, &line))
        count_line(&line, scores);
    for (unsigned peer = 0; peer < IMPORT_KEYS_PEERS; peer++) {
        if (scores[peer] == most)
            best = IMPORT_KEYS_PEERS;
        if (scores[peer] <= most)
            continue;
        most = scores[peer];
        best = (enum import_keys_peer)peer;
    }
    return best;
}
