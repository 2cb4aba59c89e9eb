/* list_line.c - see list_line.h
 * SPDX-License-Identifier: ISC
 *
 * Text is taken apart as pairs of a pointer and a size; nothing is copied.
 */
#include "answers/list_line.h"

struct text {
    const char *at;
    size_t size;
};

#define BLANK    ' '  /* parts the names of a hosts line; a tab does, too */
#define ONE_NAME '\0' /* stands in no name, so it parts none */

#define TEXT(literal) ((struct text){literal, sizeof(literal) - 1})

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct text
part(struct text text, size_t from, size_t to)
{
    return (struct text){text.at + from, to - from};
}

static struct text
trimmed(struct text text)
{
    size_t from = 0, to = text.size;
    while (from < to && is_blank(text.at[from]))
        from++;
    while (to > from && is_blank(text.at[to - 1]))
        to--;
    return part(text, from, to);
}

static bool
is_same(struct text a, struct text b)
{
    return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
}

/* If the text begins so, take that off. */
static bool
take(struct text *text, struct text start)
{
    if (text->size < start.size || memcmp(text->at, start.at, start.size) != 0)
        return false;
    *text = part(*text, start.size, text->size);
    return true;
}

/* Where a character stands first; `text.size` if nowhere. */
static size_t
find(struct text text, char c)
{
    const char *at = text.size > 0 ? memchr(text.at, c, text.size) : NULL;
    return at == NULL ? text.size : (size_t)(at - text.at);
}

/* May it stand in a name? Letters, digits, "-", "_", "." and all of UTF-8 but ASCII: a bit for each
 * of ASCII, since a list has a hundred million of them. */
static bool
is_of_name(unsigned char c)
{
    static const uint64_t low = UINT64_C(0x3ff) << '0' | UINT64_C(3) << '-';
    static const uint64_t high = UINT64_C(0x3ffffff) << ('A' - 64) | UINT64_C(1) << ('_' - 64) |
                                 UINT64_C(0x3ffffff) << ('a' - 64);
    return c >= 0x80 || ((c < 64 ? low : high) >> c % 64 & 1) != 0;
}

/* Could it be a name that is blocked as a whole? Digits and dots alone are an address. */
static bool
is_name(struct text text)
{
    bool has_letter = false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (!is_of_name(c))
            return false;
        has_letter |= c < '.' || c > '9'; /* no name has the '/' between */
    }
    return has_letter && text.at[0] != '.' && text.at[0] != '-';
}

/* A name as it is given out: what stands before it in lists taken off, and a dot at its end. */
static struct text
bare_name(struct text text)
{
    if (!take(&text, TEXT("*.")))
        (void)take(&text, TEXT("."));
    if (text.size > 1 && text.at[text.size - 1] == '.')
        text.size--;
    return text;
}

static void
set_names(struct list_line *read, enum list_kind kind, struct text names, char between)
{
    *read = (struct list_line){kind, bytes_reader(names.at, names.size), between};
}

/*
 * '#' begins a comment where a line or a word begins, and behind a name; but "##", "#@#", "#?#" and
 * their like right behind a name, or at the very beginning of a line, make a cosmetic rule.
 */
static bool
is_cosmetic(struct text line, size_t hash)
{
    struct text rest = part(line, hash, line.size);
    static const char *const marks[] = {"##", "#@#", "#?#", "#@?#", "#$#", "#@$#", "#%#", "#@%#"};
    if (hash > 0 && is_blank(line.at[hash - 1]))
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t size = strlen(marks[i]);
        if (rest.size <= size || memcmp(rest.at, marks[i], size) != 0)
            continue;
        char next = rest.at[size];
        return hash > 0 || (next != '#' && !is_blank(next)); /* "## heading" is a comment */
    }
    return false;
}

/* Addresses that a hosts file gives to names that shall lead nowhere. */
static bool
is_nowhere(struct text word)
{
    static const char *const words[] = {"0.0.0.0", "127.0.0.1", "::", "::1", "0", "::0", "0::0"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_same(word, (struct text){words[i], strlen(words[i])}))
            return true;
    return false;
}

/* The first word of a hosts line: digits and dots, or with a colon (and perhaps an interface). */
static bool
is_address(struct text word)
{
    bool is_plain = word.size > 0;
    for (size_t i = 0; i < word.size; i++) {
        if (word.at[i] == ':')
            return true;
        is_plain = is_plain && ((word.at[i] >= '0' && word.at[i] <= '9') || word.at[i] == '.');
    }
    return is_plain;
}

/* Names that every hosts file has for the machine itself. */
static bool
is_machine(struct text name)
{
    static const char *const names[] = {"localhost", "localhost.localdomain", "local",
                                        "broadcasthost", "0.0.0.0"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (is_same(name, (struct text){names[i], strlen(names[i])}))
            return true;
    return take(&name, TEXT("ip6-"));
}

static struct text
next_part(struct text *rest, char between)
{
    size_t size = find(*rest, between);
    struct text one = part(*rest, 0, size);
    *rest = part(*rest, size < rest->size ? size + 1 : size, rest->size);
    return one;
}

static size_t
word_size(struct text text)
{
    size_t size = 0;
    while (size < text.size && !is_blank(text.at[size]))
        size++;
    return size;
}

static void
read_hosts(struct text address, struct text names, struct list_line *read)
{
    bool is_own = true, are_names = true;
    for (struct text rest = names; rest.size > 0;) {
        struct text word = part(rest, 0, word_size(rest));
        is_own = is_own && is_machine(word);
        are_names = are_names && (is_name(bare_name(word)) || is_machine(word));
        rest = trimmed(part(rest, word.size, rest.size));
    }
    if (is_own)
        read->kind = LIST_NOTHING;
    else if (!is_nowhere(address))
        read->kind = LIST_ADDRESS;
    else if (!are_names)
        read->kind = LIST_UNKNOWN;
    else
        set_names(read, LIST_NAMES, names, BLANK);
}

/* "/a.example/b.example/VALUE" of dnsmasq: what becomes of those names? */
static void
read_dnsmasq(struct text value, bool is_server, struct list_line *read)
{
    size_t end = value.size;
    while (end > 0 && value.at[end - 1] != '/')
        end--;
    read->kind = LIST_UNKNOWN;
    if (end < 2 || value.at[0] != '/')
        return;
    struct text names = part(value, 1, end - 1), to = part(value, end, value.size);
    for (struct text rest = names; rest.size > 0;)
        if (!is_name(bare_name(next_part(&rest, '/'))))
            return;
    if (names.size == 0)
        return;
    bool is_default = is_server && is_same(to, TEXT("#")); /* the usual servers, after all */
    bool is_null = !is_server && (is_nowhere(to) || is_same(to, TEXT("#")));
    if (is_default)
        set_names(read, LIST_EXCEPTIONS, names, '/');
    else if (to.size == 0 || is_null)
        set_names(read, LIST_NAMES, names, '/');
    else
        read->kind = LIST_ADDRESS;
}

/* Options that leave a rule a rule for the whole domain. */
static bool
options_are_plain(struct text options)
{
    while (options.size > 0) {
        struct text one = trimmed(next_part(&options, ','));
        if (!is_same(one, TEXT("important")) && !is_same(one, TEXT("all")))
            return false;
    }
    return true;
}

/* A rule of an ad blocker, "||NAME^$OPTIONS". */
static void
read_rule(struct text rule, enum list_kind kind, struct list_line *read)
{
    size_t options = find(rule, '$');
    struct text where = part(rule, 0, options);
    bool is_domain = take(&where, TEXT("||"));
    if (where.size > 0 && where.at[where.size - 1] == '|')
        where.size--;
    bool is_closed = where.size > 0 && where.at[where.size - 1] == '^';
    where.size -= is_closed;
    bool is_plain_name = is_domain && is_name(bare_name(where));
    if (!is_plain_name && rule.size > 1 && rule.at[0] == '/' &&
        find(part(rule, 1, rule.size), '/') < rule.size - 1)
        read->kind = LIST_REGEX;
    else if (!is_plain_name)
        read->kind = LIST_PATTERN;
    else if (options < rule.size && !options_are_plain(part(rule, options + 1, rule.size)))
        read->kind = LIST_OPTION;
    else
        set_names(read, kind, where, ONE_NAME);
}

static bool
is_rule(struct text line)
{
    for (size_t i = 0; i < line.size; i++)
        if (strchr("|^$*/=?&~:,", line.at[i]) != NULL && line.at[i] != '\0')
            return true;
    return false;
}

/* A line of one word. */
static void
read_word(struct text word, struct list_line *read)
{
    struct text value = word;
    if (take(&value, TEXT("@@")))
        read_rule(value, LIST_EXCEPTIONS, read);
    else if (take(&value, TEXT("address=")))
        read_dnsmasq(value, false, read);
    else if (take(&value, TEXT("server=")) || take(&value, TEXT("local=")))
        read_dnsmasq(value, true, read);
    else if (is_name(bare_name(word)))
        set_names(read, LIST_NAMES, word, ONE_NAME);
    else if (is_address(word))
        read->kind = LIST_UNKNOWN;
    else if (is_rule(word))
        read_rule(word, LIST_NAMES, read);
}

void
list_line_read(const char *line, size_t size, struct list_line *read)
{
    struct text text = {line, size};
    *read = (struct list_line){.kind = LIST_UNKNOWN, .rest = bytes_reader(line, 0)};
    size_t i = find(text, '#');
    while (i < text.size) {
        if (is_cosmetic(text, i)) {
            read->kind = LIST_COSMETIC;
            return;
        }
        bool is_in_rule = i > 0 && (text.at[i - 1] == '/' || text.at[i - 1] == '|');
        if (is_in_rule) /* "server=/x/#" */
            i += 1 + find(part(text, i + 1, text.size), '#');
        else
            text.size = i;
    }
    text = trimmed(text);
    bool is_heading = text.size > 0 && text.at[0] == '[' && text.at[text.size - 1] == ']';
    if (text.size == 0 || text.at[0] == '!' || is_heading) {
        read->kind = LIST_NOTHING;
        return;
    }
    struct text first = part(text, 0, word_size(text));
    struct text more = trimmed(part(text, first.size, text.size));
    if (more.size == 0)
        read_word(first, read);
    else if (is_address(first))
        read_hosts(first, more, read);
    else if (is_rule(first) && !is_name(first))
        read_rule(text, LIST_NAMES, read);
}

bool
list_line_next(struct list_line *read, const char **name, size_t *size)
{
    struct bytes_reader *r = &read->rest;
    while (bytes_left(r) > 0) {
        struct text rest = {(const char *)r->data + r->pos, bytes_left(r)};
        size_t taken = read->between == BLANK ? word_size(rest) : find(rest, read->between);
        struct text one = part(rest, 0, taken);
        bytes_skip(r, taken < rest.size ? taken + 1 : taken);
        if (!is_name(bare_name(one)) || (read->between == BLANK && is_machine(one)))
            continue;
        one = bare_name(one);
        *name = one.at;
        *size = one.size;
        return true;
    }
    return false;
}

const char *
list_line_kind_text(enum list_kind kind)
{
    static const char *const texts[LIST_KINDS] = {
        [LIST_NAMES] = "names",
        [LIST_EXCEPTIONS] = "exceptions",
        [LIST_NOTHING] = "comments",
        [LIST_COSMETIC] = "about parts of pages",
        [LIST_OPTION] = "with options that DNS cannot follow",
        [LIST_PATTERN] = "about parts of addresses",
        [LIST_REGEX] = "regular expressions",
        [LIST_ADDRESS] = "that give another address or server",
        [LIST_UNKNOWN] = "without a name",
    };
    return texts[kind];
}
