/* attest_value.c - facts of an attestation, and what could not be read
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_value.h"

#include "digest/digest.h"

#include <errno.h>
#include <string.h>

struct attest_value
attest_value_begin(void)
{
    return (struct attest_value){.facts = json_object(), .not_read = json_object()};
}

void
attest_value_unread(struct attest_value *value, const char *name, const char *why)
{
    json_object_set_new(value->facts, name, json_null());
    json_object_set_new(value->not_read, name, json_string(why));
}

void
attest_value_put(struct attest_value *value, const char *name, json_t *fact)
{
    if (fact == NULL)
        attest_value_unread(value, name, strerror(errno));
    else
        json_object_set_new(value->facts, name, fact);
}

json_t *
attest_value_end(struct attest_value *value)
{
    json_object_set_new(value->facts, "not_read", value->not_read);
    return value->facts;
}

json_t *
attest_value_sum(const uint8_t sum[32])
{
    char text[DIGEST_TEXT_MAX];
    return json_string(digest_text(sum, text));
}

json_t *
attest_value_numbers(const uint64_t numbers[], size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer((json_int_t)(numbers[i] & INT64_MAX)));
    return list;
}
