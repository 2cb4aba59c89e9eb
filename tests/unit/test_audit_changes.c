/* test_audit_changes.c - what a reload changes about trust and limits
 * SPDX-License-Identifier: ISC
 */
#include "audit_log_scene.h"

#include "supervisor/audit_changes.h"

static struct config before, now;

static void
add_upstream(struct config *config, const char *name, unsigned pins)
{
    struct config_upstream *to = &config->upstreams[config->upstreams_count++];
    strcpy(to->name, name);
    to->address = (struct addr){.family = ADDR_IPV4, .port = 853, .bytes = {192, 0, 2, 1}};
    strcpy(to->tls_name, "dns.example");
    to->pins_count = pins;
    for (unsigned i = 0; i < pins; i++)
        memset(to->pins[i], (int)i + 1, sizeof to->pins[i]);
}

static void
begin(void)
{
    scene_open(1);
    scene_audit();
    audit_events_started(&sup);
    add_upstream(&before, "north", 2);
    add_upstream(&before, "south", 1);
    now = before;
}

TestSuite(audit_changes, .init = begin, .fini = scene_audit_end);

Test(audit_changes, the_same_is_nothing_to_tell)
{
    unsigned lines = scene_count("\n");
    audit_changes_tell(&sup, &before, &now);
    struct config_upstream other = now.upstreams[0];
    now.upstreams[0] = now.upstreams[1];
    now.upstreams[1] = other;
    now.upstreams[0].weight = 7;
    audit_changes_tell(&sup, &before, &now);
    cr_expect_eq(scene_count("\n"), lines, "nor their order, or a share");
}

Test(audit_changes, other_pins_have_both_sums)
{
    uint8_t sum[DIGEST_BYTES];
    char text[DIGEST_TEXT_MAX], words[128];
    memset(now.upstreams[0].pins[1], 9, CONFIG_PIN_BYTES);
    audit_changes_tell(&sup, &before, &now);
    SCENE_TOLD("pins_changed");
    SCENE_TOLD("\"upstream\":\"north\"");
    digest_of(before.upstreams[0].pins, (size_t)2 * CONFIG_PIN_BYTES, sum);
    snprintf(words, sizeof words, "\"old_pins\":\"%s\"", digest_text(sum, text));
    SCENE_TOLD(words);
    digest_of(now.upstreams[0].pins, (size_t)2 * CONFIG_PIN_BYTES, sum);
    snprintf(words, sizeof words, "\"new_pins\":\"%s\"", digest_text(sum, text));
    SCENE_TOLD(words);
}

Test(audit_changes, each_part_of_an_identity_is_told_of)
{
    static const char told[] = "\"state\":\"another address, tls_name or verify\"";
    now.upstreams[0].address.bytes[3] = 2;
    audit_changes_tell(&sup, &before, &now);
    cr_expect_eq(scene_count(told), 1);
    now = before;
    strcpy(now.upstreams[0].tls_name, "other.example");
    audit_changes_tell(&sup, &before, &now);
    cr_expect_eq(scene_count(told), 2);
    now = before;
    now.upstreams[0].verify = CONFIG_VERIFY_CA;
    audit_changes_tell(&sup, &before, &now);
    cr_expect_eq(scene_count(told), 3);
}

Test(audit_changes, one_that_comes_and_one_that_goes)
{
    strcpy(now.upstreams[1].name, "west");
    audit_changes_tell(&sup, &before, &now);
    SCENE_TOLD("\"state\":\"added\",\"upstream\":\"west\"");
    SCENE_TOLD("\"state\":\"taken away\",\"upstream\":\"south\"");
    cr_expect_eq(scene_count("upstream_changed"), 2);
}

Test(audit_changes, what_is_done_with_rates)
{
    now.rates_mode = CONFIG_RATES_DRY_RUN;
    audit_changes_tell(&sup, &before, &now);
    SCENE_TOLD("\"event\":\"dry_run\",\"is_on\":true");
    audit_changes_tell(&sup, &now, &before);
    SCENE_TOLD("\"event\":\"dry_run\",\"is_on\":false");
    cr_expect_eq(scene_count("\"state\":\"rates.mode: enforce\""), 2, "with that of the start");
    now.rates_mode = CONFIG_RATES_OFF;
    audit_changes_tell(&sup, &before, &now);
    SCENE_TOLD("\"event\":\"limits\",\"is_on\":false");
}
