/* audit_changes.c - see audit_changes.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/audit_changes.h"

#include "supervisor/audit_log.h"

#include <string.h>

void
audit_changes_tell_mode(struct supervisor *sup, uint32_t mode)
{
    struct audit_line line;
    bool is_dry = mode == CONFIG_RATES_DRY_RUN;
    if (!audit_log_begin(sup, is_dry ? AUDIT_DRY_RUN : AUDIT_LIMITS, &line))
        return;
    audit_line_flag(&line, AUDIT_OF_IS_ON, mode != CONFIG_RATES_OFF);
    audit_line_text(&line, AUDIT_OF_LIMIT, "rates");
    if (!is_dry)
        audit_line_text(&line, AUDIT_OF_STATE,
                        mode == CONFIG_RATES_OFF ? "rates.mode: off" : "rates.mode: enforce");
    audit_log_add(sup, &line);
}

static void
tell_no_dry_run(struct supervisor *sup)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_DRY_RUN, &line))
        return;
    audit_line_flag(&line, AUDIT_OF_IS_ON, false);
    audit_line_text(&line, AUDIT_OF_LIMIT, "rates");
    audit_log_add(sup, &line);
}

/* --- upstreams ------------------------------------------------------------------------------- */

static const struct config_upstream *
find(const struct config *config, const char *name)
{
    for (uint32_t i = 0; i < config->upstreams_count; i++)
        if (strcmp(config->upstreams[i].name, name) == 0)
            return &config->upstreams[i];
    return NULL;
}

static void
add_pins(struct audit_line *line, enum audit_member member, const struct config_upstream *upstream)
{
    uint8_t sum[DIGEST_BYTES];
    digest_of(upstream->pins, upstream->pins_count * sizeof upstream->pins[0], sum);
    audit_line_hash(line, member, sum);
}

/* @param before, @param now  NULL: there was none of that name, or is none */
static void
tell_upstream(struct supervisor *sup, const char *state, const struct config_upstream *before,
              const struct config_upstream *now)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_UPSTREAM_CHANGED, &line))
        return;
    audit_line_text(&line, AUDIT_OF_UPSTREAM, now != NULL ? now->name : before->name);
    audit_line_text(&line, AUDIT_OF_STATE, state);
    if (before != NULL)
        add_pins(&line, AUDIT_OF_OLD_PINS, before);
    if (now != NULL)
        add_pins(&line, AUDIT_OF_NEW_PINS, now);
    audit_log_add(sup, &line);
}

static void
tell_pins(struct supervisor *sup, const struct config_upstream *before,
          const struct config_upstream *now)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_PINS_CHANGED, &line))
        return;
    audit_line_text(&line, AUDIT_OF_UPSTREAM, now->name);
    add_pins(&line, AUDIT_OF_OLD_PINS, before);
    add_pins(&line, AUDIT_OF_NEW_PINS, now);
    audit_log_add(sup, &line);
}

static bool
is_same_upstream(const struct config_upstream *before, const struct config_upstream *now)
{
    return addr_is_equal(&before->address, &now->address) &&
           strcmp(before->tls_name, now->tls_name) == 0 && before->verify == now->verify;
}

/* What is behind the last pin is zero. */
static bool
has_same_pins(const struct config_upstream *before, const struct config_upstream *now)
{
    return before->pins_count == now->pins_count &&
           memcmp(before->pins, now->pins, sizeof before->pins) == 0;
}

static void
compare(struct supervisor *sup, const struct config_upstream *before,
        const struct config_upstream *now)
{
    if (before == NULL)
        tell_upstream(sup, "added", NULL, now);
    else if (!is_same_upstream(before, now))
        tell_upstream(sup, "another address, tls_name or verify", before, now);
    else if (!has_same_pins(before, now))
        tell_pins(sup, before, now);
}

void
audit_changes_tell(struct supervisor *sup, const struct config *before, const struct config *now)
{
    for (uint32_t i = 0; i < now->upstreams_count; i++)
        compare(sup, find(before, now->upstreams[i].name), &now->upstreams[i]);
    for (uint32_t i = 0; i < before->upstreams_count; i++)
        if (find(now, before->upstreams[i].name) == NULL)
            tell_upstream(sup, "taken away", &before->upstreams[i], NULL);
    if (before->rates_mode == now->rates_mode)
        return;
    if (before->rates_mode == CONFIG_RATES_DRY_RUN)
        tell_no_dry_run(sup);
    audit_changes_tell_mode(sup, now->rates_mode);
}
