/* value_scene.h - a rule of each kind of value, and what a text becomes under it
 * SPDX-License-Identifier: ISC
 *
 * What: helpers that the tests of conf/value*.c share.
 * Who:  tests.
 */
#pragma once

#include "conf/value.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct value_rule duration = {VALUE_DURATION, 4, 100, 7200000, ""};
static const struct value_rule count = {VALUE_COUNT, 4, 64, 65536, ""};
static const struct value_rule lanes = {VALUE_COUNT, 4, 1, 16, "auto"};
static const struct value_rule word = {VALUE_WORD, 4, 0, 0, "pin+ca pin ca"};
static const struct value_rule flags = {VALUE_FLAGS, 4, 0, 0, "1.2 1.3"};
static const struct value_rule name = {VALUE_NAME, 9, 0, 0, ""};
static const struct value_rule user = {VALUE_USER, 33, 0, 0, ""};
static const struct value_rule host = {VALUE_HOST, 256, 0, 0, ""};
static const struct value_rule domain = {VALUE_DOMAIN, CONFIG_DOMAIN_MAX, 0, 0, ""};
static const struct value_rule path = {VALUE_PATH, 1024, 0, 0, ""};
static const struct value_rule control = {VALUE_SOCKET, CONFIG_SOCKET_MAX, 0, 0, ""};
static const struct value_rule who = {VALUE_WHO, CONFIG_WHO_MAX, 0, 0, ""};
static const struct value_rule listen = {VALUE_LISTEN, sizeof(struct addr), 0, 0, ""};
static const struct value_rule upstream = {VALUE_UPSTREAM, sizeof(struct addr), 0, 0, ""};
static const struct value_rule source = {VALUE_SOURCE, sizeof(struct addr), 0, 0, ""};
static const struct value_rule prefix = {VALUE_PREFIX, sizeof(struct addr_prefix), 0, 0, ""};
static const struct value_rule pin = {VALUE_PIN, CONFIG_PIN_BYTES, 0, 0, ""};
static const struct value_rule port = {VALUE_PORT, 4, 0, 0, ""};
static const struct value_rule bytes = {VALUE_BYTES, 8, 0, 0, "off"};
static const struct value_rule rate = {VALUE_RATE, sizeof(struct config_rate), 0, 0, "32"};
static const struct value_rule share = {VALUE_SHARE, sizeof(struct config_share), 0, 0, ""};
static const struct value_rule secret = {VALUE_SECRET, sizeof(struct config_secret), 0, 0, ""};
static const struct value_rule pace = {VALUE_DURATION, 4, 1000, 3600000, "off"};
static const struct value_rule from_zero = {VALUE_DURATION, 4, 0, 604800000, ""};

/* What reading and writing makes of a text; what is wrong with it otherwise. */
static inline const char *
again(const struct value_rule *rule, const char *text)
{
    static char written[VALUE_TEXT_MAX];
    _Alignas(8) char field[VALUE_TEXT_MAX + 1];
    const char *wrong = "nothing said";
    memset(field, 0x5a, sizeof field);
    if (value_parse(rule, text, field, &wrong) != STATUS_OK) {
        for (size_t i = 0; i < rule->size; i++)
            cr_assert_eq(field[i], 0, "\"%s\" left something behind", text);
        return wrong;
    }
    cr_assert_eq(field[rule->size], 0x5a, "\"%s\" wrote past its field", text);
    cr_assert(value_is_sound(rule, field), "\"%s\" was read but is not sound", text);
    cr_assert_not_null(value_format(rule, field, written));
    return written;
}
