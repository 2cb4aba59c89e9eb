/* test_config_print.c - a configuration as YAML that loads to the same
 * SPDX-License-Identifier: ISC
 */
#include "config_scene.h"

#include "conf/config_row.h"
#include "conf/pin.h"

#include <time.h>

static unsigned state; /* of rand_r */

static uint32_t
below(uint32_t bound)
{
    return (uint32_t)rand_r(&state) % bound;
}

/* A random text that the rule takes. */
static void
random_text(const struct value_rule *rule, char *text)
{
    static const char *const units[] = {"ms", "s", "m"};
    static const uint32_t unit_ms[] = {1, 1000, 60000};
    static const char letters[] = "abcXYZ0189";
    uint8_t bytes[CONFIG_PIN_BYTES];
    uint32_t unit = below(3), value = rule->low + below(rule->high - rule->low + 1);
    switch (rule->kind) {
    case VALUE_DURATION:
        while (value / unit_ms[unit] * unit_ms[unit] < rule->low)
            unit--;
        sprintf(text, "%u%s", value / unit_ms[unit], units[unit]);
        return;
    case VALUE_COUNT:
        sprintf(text, "%u", value);
        return;
    case VALUE_WORD:
    case VALUE_FLAGS: {
        const char *word = rule->words;
        for (uint32_t skip = below(3); skip > 0 && strchr(word, ' ') != NULL; skip--)
            word = strchr(word, ' ') + 1;
        sprintf(text, "%.*s", (int)strcspn(word, " "), word);
        return;
    }
    case VALUE_NAME:
    case VALUE_USER:
        *text++ = 'n';
        for (uint32_t len = below(rule->size - 1); len > 0; len--)
            *text++ = "abz09._-"[below(8)];
        *text = '\0';
        return;
    case VALUE_WHO:
        sprintf(text, "%sn%x", below(2) ? CONFIG_GROUP_START : "", below(1 << 20));
        return;
    case VALUE_SOCKET:
        sprintf(text, "%s", below(2) ? "off" : "/run/x/control");
        return;
    case VALUE_HOST:
        for (uint32_t labels = 1 + below(4); labels > 0; labels--, *text++ = labels ? '.' : '\0')
            for (uint32_t len = (*text++ = 'h', below(60)); len > 0; len--)
                *text++ = letters[below(10)];
        return;
    case VALUE_DOMAIN: /* fits local.through, too: see config_judge.c */
        sprintf(text, "%s%x.home.arpa", below(2) ? "a_." : "", below(1 << 20));
        return;
    case VALUE_PATH:
        *text++ = '/';
        for (uint32_t len = below(rule->size - 2); len > 0; len--)
            *text++ = (char)(' ' + 13 + below('~' - ' ' - 12)); /* no comma: that ends an item */
        *text++ = 'f'; /* a file, which audit.path has to name */
        *text = '\0';
        return;
    case VALUE_LISTEN:
    case VALUE_UPSTREAM:
        if (below(2))
            sprintf(text, "%u.%u.%u.%u:%u", 1 + below(223), below(256), below(256), below(256),
                    54 + below(65000));
        else
            sprintf(text, "[2001:db8::%x:%x]:%u", below(65536), below(65536), 54 + below(65000));
        return;
    case VALUE_PREFIX:
        if (below(2))
            sprintf(text, "%u.%u.0.0/%u", below(256), below(256), 16 + below(17));
        else
            sprintf(text, "2001:db8:%x::/%u", below(65536), 48 + below(80));
        return;
    case VALUE_PORT:
        sprintf(text, "%u", below(65536));
        return;
    case VALUE_BYTES:
        sprintf(text, "%uMiB", 1 + below(4096));
        return;
    case VALUE_RATE:
        sprintf(text, "/%u %u/s %u", below(33), 1 + below(CONFIG_RATE_MAX), 1 + below(3000));
        return;
    case VALUE_SHARE:  /* must name an address that is served: see random_items() */
    case VALUE_SOURCE: /* must be of its upstream's family: test_config_judge.c */
        return;
    case VALUE_SECRET:
        for (size_t i = 0; i < CONFIG_SECRET_BYTES; i++)
            text += sprintf(text, "%02x", below(256));
        return;
    case VALUE_PIN:
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)below(256);
        bytes[0] |= 1;
        pin_format(bytes, text);
        return;
    }
}

/* Secrets are in the configuration or in a file: a key of the other way is empty. */
static bool
is_left_empty(enum config_row_id id, bool has_secret_file)
{
    return has_secret_file ? config_rows[id].rule.kind == VALUE_SECRET
                           : id == CONFIG_ROW_cookies_secret_file;
}

/* How many items a random list has; few enough that rules between items and chance repetitions
 * leave most configurations sound. */
static uint32_t
random_items(const struct config_row *row, uint32_t upstream)
{
    uint32_t items = row->is_list ? row->items_min + below(row->items_max + 1) : 1;
    if (row->rule.kind == VALUE_PIN)
        items = upstream % 3 == 2 ? 0 : 1 + below(CONFIG_PINS_MAX);
    if (row->rule.kind == VALUE_RATE)
        items = below(2);
    if (row->rule.kind == VALUE_SHARE)
        items = 0;
    if (row->rule.kind == VALUE_PORT)
        items = below(8);
    if (items > row->items_max)
        items = row->items_max;
    return items > 100 ? 100 : items;
}

/* A random environment that names every key and loads, but for chance repetitions. */
static size_t
random_env(char (*env)[6000], const char **pointers)
{
    size_t count = 0;
    uint32_t upstreams = 1 + below(CONFIG_UPSTREAMS_MAX);
    bool has_secret_file = below(2) == 1;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if (row->is_route) /* must name upstreams that there are */
            continue;
        for (uint32_t u = 0; u < (row->is_upstream ? upstreams : 1); u++) {
            char *text = env[count];
            uint32_t items = is_left_empty(id, has_secret_file) ? 0 : random_items(row, u);
            config_row_env(row, u, text);
            strcat(text, "=");
            for (uint32_t i = 0; i < items; i++) {
                strcat(text, i == 0 ? "" : ",");
                if (id == CONFIG_ROW_upstream_verify)
                    strcat(text, u % 3 == 2 ? "ca" : u % 3 == 1 ? "pin" : "pin+ca");
                else if (id == CONFIG_ROW_rates_entries)
                    sprintf(text + strlen(text), "%u", 64u << below(18));
                else
                    random_text(&row->rule, text + strlen(text));
            }
            pointers[count] = text;
            count++;
        }
    }
    pointers[count] = NULL;
    return count;
}

Test(config_print, routes_print_to_themselves)
{
    static struct config loaded;
    cr_assert_eq(
        load("upstreams:\n"
             "- {name: a, address: 192.0.2.1, tls_name: a.example, verify: ca}\n"
             "- {name: b, address: 192.0.2.2, tls_name: b.example, verify: ca}\n"
             "- {name: c, address: 192.0.2.3, tls_name: c.example, verify: ca}\n"
             "routes:\n"
             "- {names: [corp.example, 10.in-addr.arpa], upstreams: [b, c], private: allow}\n"
             "- {names: [lab.corp.example], upstreams: [c]}\n",
             NULL),
        STATUS_OK, "%s", error.text);
    memcpy(&loaded, &config, sizeof loaded);
    cr_expect_eq(loaded.routes_count, 2);
    expect_print_loads_the_same(&loaded);
}

Test(config_print, any_configuration_prints_to_itself)
{
    static char env[CONFIG_ROWS + CONFIG_UPSTREAMS_MAX * CONFIG_ROWS][6000];
    const char *pointers[CONFIG_ROWS + CONFIG_UPSTREAMS_MAX * CONFIG_ROWS + 1];
    static struct config loaded;
    unsigned seed = (unsigned)time(NULL), loads = 0;
    for (unsigned round = 0; round < 300; round++) {
        state = seed + round;
        random_env(env, pointers);
        if (load(NULL, pointers) != STATUS_OK) {
            cr_assert(strstr(error.text, "twice") != NULL ||
                          strstr(error.text, "earlier") != NULL ||
                          strstr(error.text, "bits set past") != NULL ||
                          strstr(error.text, "cache.ttl_max") != NULL ||
                          strstr(error.text, "pacing.rate") != NULL ||
                          strstr(error.text, "itself listens") != NULL,
                      "seed %u round %u: %s", seed, round, error.text);
            continue;
        }
        loads++;
        memcpy(&loaded, &config, sizeof loaded);
        expect_print_loads_the_same(&loaded);
    }
    cr_expect_gt(loads, 100, "seed %u: too few to tell: %u", seed, loads);
}
