/* ctl_compliance.c - see ctl_compliance.h
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_compliance.h"

#include "base/addr.h"
#include "conf/config_hash.h"
#include "conf/config_load.h"
#include "conf/config_row.h"
#include "ctl/ctl_file.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

static const struct ctl_compliance_of rows[] = {
#define COMPLIANCE(id, standard, section, requirement, setting, proof, subject, unless, wanted)    \
    {#id, standard, section, requirement, setting, CTL_COMPLIANCE_##proof, subject, wanted, unless},
#include "ctl/compliance.def"
#undef COMPLIANCE
};

const struct ctl_compliance_of *
ctl_compliance_of(enum ctl_compliance_row row)
{
    return &rows[row];
}

/* --- what was printed ------------------------------------------------------------------------ */

/* The line, without its blanks in front; "": the text is over. */
static char *
take_line(char **rest, size_t *indent)
{
    char *line = *rest, *end = strchr(line, '\n');
    if (end != NULL)
        *end = '\0';
    *rest = end != NULL ? end + 1 : line + strlen(line);
    *indent = strspn(line, " ");
    return line + *indent;
}

static bool
add_key(struct ctl_compliance *compliance, struct ctl_compliance_key key)
{
    if (compliance->keys_count == CTL_COMPLIANCE_KEYS_MAX)
        return false;
    for (unsigned i = 0; i < compliance->keys_count; i++) {
        const struct ctl_compliance_key *has = &compliance->keys[i];
        if (has->upstream == key.upstream && strcmp(has->group, key.group) == 0 &&
            strcmp(has->key, key.key) == 0)
            return false;
    }
    compliance->keys[compliance->keys_count++] = key;
    return true;
}

/* Top level at indent 0, a group's keys at 2, an entry's of a list at 4 behind "- " of its first. */
enum status
ctl_compliance_parse(struct ctl_compliance *compliance)
{
    char *rest = compliance->text;
    const char *group = "";
    compliance->keys_count = compliance->upstreams = compliance->routes = 0;
    if (compliance->size >= sizeof compliance->text ||
        memchr(compliance->text, '\0', compliance->size) != NULL)
        return STATUS_INVALID;
    compliance->text[compliance->size] = '\0';
    while (*rest != '\0') {
        size_t indent;
        char *line = take_line(&rest, &indent);
        bool is_first = strncmp(line, "- ", 2) == 0;
        unsigned *entries =
            strcmp(group, CONFIG_ROUTES_GROUP) == 0 ? &compliance->routes : &compliance->upstreams;
        *entries += is_first;
        char *key = is_first ? line + 2 : line;
        char *value = strchr(key, ':');
        if (value == NULL)
            return STATUS_INVALID;
        *value++ = '\0';
        value += strspn(value, " ");
        if (indent == 0)
            group = *value == '\0' ? key : "";
        struct ctl_compliance_key found = {group, key, value,
                                           is_first || indent == 4 ? *entries : 0};
        bool is_none = strcmp(key, CONFIG_ROUTES_GROUP) == 0 && strcmp(value, "[]") == 0;
        if (*value != '\0' && !is_none && !add_key(compliance, found))
            return STATUS_INVALID;
    }
    return compliance->upstreams > 0 ? STATUS_OK : STATUS_INVALID;
}

/* "group.key", or "key" of the top level */
static bool
is_named(const struct ctl_compliance_key *key, const char *path)
{
    size_t group = strlen(key->group);
    if (group == 0)
        return strcmp(path, key->key) == 0;
    return strncmp(path, key->group, group) == 0 && path[group] == '.' &&
           strcmp(path + group + 1, key->key) == 0;
}

static const char *
value_of(const struct ctl_compliance *compliance, const char *path)
{
    for (unsigned i = 0; i < compliance->keys_count; i++)
        if (compliance->keys[i].upstream == 0 && is_named(&compliance->keys[i], path))
            return compliance->keys[i].value;
    return NULL;
}

static const char *
value_of_entry(const struct ctl_compliance *compliance, const char *group, const char *name,
               unsigned entry)
{
    const struct ctl_compliance_key *key = compliance->keys, *end = key + compliance->keys_count;
    while (key < end && (key->upstream != entry || strcmp(key->group, group) != 0 ||
                         strcmp(key->key, name) != 0))
        key++;
    return key < end ? key->value : NULL;
}

static uint32_t
zone_index(const char *name)
{
    return if_nametoindex(name);
}

/* The number by which a service tells what it has in force. */
static bool
put_hash(struct ctl_compliance *compliance)
{
    static struct config config;
    static const char *const none[] = {NULL};
    struct config_error error;
    struct config_source source = {.file = "-",
                                   .text = compliance->text,
                                   .text_size = compliance->size,
                                   .environ = none,
                                   .zone_index = zone_index};
    if (config_load(&source, &config, &error) != STATUS_OK)
        return false;
    compliance->hash = config_hash(&config);
    memset(&config, 0, sizeof config); /* it may hold a secret */
    return true;
}

/* What a person wrote leaves keys out; a row must not be judged by what is not there. */
static bool
has_all_keys(const struct ctl_compliance *compliance)
{
    unsigned wanted = 0;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        char path[CONFIG_PATH_TEXT_MAX];
        (void)config_row_path(row, 0, path);
        bool is_entry = config_row_is_entry(row);
        unsigned entries = row->is_upstream ? compliance->upstreams : compliance->routes;
        wanted += is_entry ? entries : 1;
        if (!is_entry && value_of(compliance, path) == NULL)
            return false;
        for (unsigned i = 1; is_entry && i <= entries; i++)
            if (value_of_entry(compliance, row->group, row->key, i) == NULL)
                return false;
    }
    return compliance->keys_count == wanted;
}

enum status
ctl_compliance_read(struct ctl_compliance *compliance, const char *path, const char **failed)
{
    if (ctl_file_read(path, compliance->text, sizeof compliance->text, &compliance->size, failed) !=
        STATUS_OK)
        return STATUS_INVALID;
    *failed = "it is not what penstock --print-config prints; make it: penstock --print-config | "
              "penstockctl compliance --config -";
    bool is_read = put_hash(compliance) && ctl_compliance_parse(compliance) == STATUS_OK &&
                   has_all_keys(compliance);
    return is_read ? STATUS_OK : STATUS_INVALID;
}

/* --- is it what is wanted? ------------------------------------------------------------------- */

static bool
is_one_of(const char *value, const char *words)
{
    static const char between[] = " or ";
    for (const char *end; words != NULL; words = end != NULL ? end + strlen(between) : NULL) {
        end = strstr(words, between);
        size_t length = end != NULL ? (size_t)(end - words) : strlen(words);
        if (strlen(value) == length && memcmp(value, words, length) == 0)
            return true;
    }
    return false;
}

/* What was not printed is nothing that could be wanted. */
static bool
is_wanted(const char *value, const char *wanted)
{
    static const char lacks[] = "not ";
    if (value == NULL)
        return false;
    if (strncmp(wanted, lacks, strlen(lacks)) == 0)
        return !is_one_of(value, wanted + strlen(lacks));
    return is_one_of(value, wanted);
}

#define SAY(why, ...) (void)snprintf(why, CTL_COMPLIANCE_WHY_MAX, __VA_ARGS__)

static bool
judge_printed(const struct ctl_compliance *compliance, const struct ctl_compliance_of *of,
              char why[CTL_COMPLIANCE_WHY_MAX])
{
    const char *value = value_of(compliance, of->subject);
    SAY(why, "%s: %s", of->subject, value != NULL ? value : "not printed");
    return is_wanted(value, of->wanted);
}

/* In 2^32 parts of all addresses of the family; what a network has of its own is not counted. */
static uint64_t
extent(const struct addr_prefix *prefix)
{
    const uint8_t *octets = prefix->addr.bytes;
    bool is_local = prefix->addr.family == ADDR_IPV6 &&
                    ((prefix->length >= 7 && (octets[0] & 0xfe) == 0xfc) ||
                     (prefix->length >= 10 && octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80));
    return is_local || prefix->length > 32 ? 0 : UINT64_C(1) << (32 - prefix->length);
}

/* Whose the prefixes are nobody can tell; that they are not everybody's can be told. */
static bool
judge_clients(const struct ctl_compliance *compliance, const struct ctl_compliance_of *of,
              char why[CTL_COMPLIANCE_WHY_MAX])
{
    uint64_t ipv4 = 0, ipv6 = 0;
    const char *value = value_of(compliance, of->subject);
    SAY(why, "%s: %s", of->subject, value != NULL ? value : "not printed");
    for (const char *at = value == NULL ? NULL : strchr(value, '"'); at != NULL;) {
        struct addr_prefix prefix;
        char text[ADDR_TEXT_MAX];
        size_t length = strcspn(++at, "\"");
        if (at[length] == '\0' || length >= sizeof text)
            return false;
        memcpy(text, at, length);
        text[length] = '\0';
        if (addr_prefix_parse(text, &prefix) != STATUS_OK)
            return false;
        *(prefix.addr.family == ADDR_IPV4 ? &ipv4 : &ipv6) += extent(&prefix);
        at = strchr(at + length + 1, '"');
    }
    return value != NULL && ipv4 <= UINT64_C(1) << 26 && ipv6 <= UINT64_C(1) << 16;
}

static bool
judge_each(const struct ctl_compliance *compliance, const struct ctl_compliance_of *of,
           char why[CTL_COMPLIANCE_WHY_MAX])
{
    for (unsigned upstream = 1; upstream <= compliance->upstreams; upstream++) {
        const char *value = value_of_entry(compliance, "upstreams", of->subject, upstream);
        if (is_wanted(value, of->wanted))
            continue;
        const char *name = value_of_entry(compliance, "upstreams", "name", upstream);
        SAY(why, "upstream %s: %s: %s", name != NULL ? name : "?", of->subject,
            value != NULL ? value : "not printed");
        return false;
    }
    SAY(why, "%s of %u upstreams", of->subject, compliance->upstreams);
    return true;
}

/* --- the running service --------------------------------------------------------------------- */

static bool
has_tls(const struct reading_upstream *upstream)
{
    return upstream->tls == 0x0304 || upstream->tls == 0x0303;
}

static bool
is_usable(const struct reading_upstream *upstream)
{
    return upstream->state == STATS_UPSTREAM_USABLE;
}

static bool
is_usable_with_tls(const struct reading_upstream *upstream)
{
    return has_tls(upstream) || !is_usable(upstream);
}

/* One that was not seen yet says nothing. */
static bool
is_valid_long(const struct reading_upstream *upstream)
{
    return upstream->valid_days > CTL_COMPLIANCE_DAYS; /* it is one more than the days */
}

struct fact {
    const char *name;
    bool (*holds)(const struct reading_upstream *upstream);
};

static bool
judge_live(const struct reading *reading, const struct ctl_compliance_of *of,
           char why[CTL_COMPLIANCE_WHY_MAX])
{
    static const struct fact facts[] = {
        {"tls", is_usable_with_tls}, {"upstreams", is_usable}, {"certificates", is_valid_long}};
    if (strcmp(of->subject, "lanes") == 0) {
        SAY(why, "%u of %u lanes serve", reading->serving, reading->lanes);
        return reading->serving == reading->lanes && reading->lanes > 0;
    }
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (strcmp(of->subject, facts[i].name) == 0) {
            unsigned holds = 0;
            for (unsigned at = 0; at < reading->upstreams; at++)
                holds += facts[i].holds(&reading->of_upstream[at]);
            SAY(why, "so it is with %u of %u upstreams", holds, reading->upstreams);
            return holds == reading->upstreams && holds > 0;
        }
    SAY(why, "no such fact is known");
    return false;
}

/* --- rows ------------------------------------------------------------------------------------ */

static bool
is_excepted(const struct ctl_compliance *compliance, const struct ctl_compliance_of *of)
{
    for (unsigned i = 0; i < compliance->keys_count; i++) {
        const struct ctl_compliance_key *key = &compliance->keys[i];
        char line[CTL_COMPLIANCE_WHY_MAX];
        SAY(line, "%s%s%s: %s", key->group, *key->group != '\0' ? "." : "", key->key, key->value);
        if (key->upstream == 0 && strcmp(line, of->unless) == 0)
            return true;
    }
    return false;
}

static enum ctl_compliance_result
judge_kernel(const struct ctl_compliance_kernel *kernel, char why[CTL_COMPLIANCE_WHY_MAX])
{
    if (!kernel->is_read) {
        SAY(why, "the kernel shows it to root alone");
        return CTL_COMPLIANCE_NOT_JUDGED;
    }
    SAY(why, "%zu findings%s%s", kernel->findings, kernel->first != NULL ? "; the first: " : "",
        kernel->first != NULL ? kernel->first : "");
    return kernel->findings == 0 ? CTL_COMPLIANCE_PASS : CTL_COMPLIANCE_FAIL;
}

static enum ctl_compliance_result
judge_row(const struct ctl_compliance *compliance, const struct reading *reading,
          const struct ctl_compliance_kernel *kernel, const struct ctl_compliance_of *of,
          char why[CTL_COMPLIANCE_WHY_MAX])
{
    bool is_well = false;
    if (of->unless[0] != '\0' && is_excepted(compliance, of)) {
        SAY(why, "%s", of->unless);
        return CTL_COMPLIANCE_NOT_APPLICABLE;
    }
    switch (of->proof) {
    case CTL_COMPLIANCE_PRINTED:
        is_well = judge_printed(compliance, of, why);
        break;
    case CTL_COMPLIANCE_CLIENTS:
        is_well = judge_clients(compliance, of, why);
        break;
    case CTL_COMPLIANCE_EACH:
        is_well = judge_each(compliance, of, why);
        break;
    case CTL_COMPLIANCE_LIVE:
        is_well = judge_live(reading, of, why);
        break;
    case CTL_COMPLIANCE_KERNEL:
        return judge_kernel(kernel, why);
    case CTL_COMPLIANCE_PAPER:
        SAY(why, "%s: %s", of->subject, of->wanted);
        return CTL_COMPLIANCE_BY_DOCUMENT;
    case CTL_COMPLIANCE_NONE:
        SAY(why, "%s", of->wanted);
        return CTL_COMPLIANCE_NOT_MET;
    }
    return is_well ? CTL_COMPLIANCE_PASS : CTL_COMPLIANCE_FAIL;
}

void
ctl_compliance_judge(struct ctl_compliance *compliance, const struct reading *reading,
                     const struct ctl_compliance_kernel *kernel)
{
    memset(compliance->counts, 0, sizeof compliance->counts);
    compliance->is_in_force = compliance->hash == reading->config_hash;
    for (enum ctl_compliance_row row = 0; row < CTL_COMPLIANCE_ROWS; row++) {
        compliance->of_row[row].result =
            judge_row(compliance, reading, kernel, &rows[row], compliance->of_row[row].why);
        compliance->counts[compliance->of_row[row].result]++;
    }
}
