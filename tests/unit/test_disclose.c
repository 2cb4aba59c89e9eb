/* test_disclose.c - no more of a client or a name is told than is to be
 * SPDX-License-Identifier: ISC
 */
#include "lane/disclose.h"

#include <criterion/criterion.h>
#include <string.h>

static struct disclose disclose = {.ipv4_length = 24, .ipv6_length = 56, .key = {1, 2}};
static struct event event;

static const struct event *
tell(enum events_client clients, const char *client)
{
    struct addr addr = {.family = ADDR_NONE};
    if (client != NULL)
        cr_assert_eq(addr_parse(client, 4000, &addr), STATUS_OK);
    memset(&event, 0xff, sizeof event);
    disclose.clients = clients;
    disclose_client(&disclose, &addr, &event);
    return &event;
}

static bool
has(const uint8_t *wanted, size_t size)
{
    return memmem(&event, offsetof(struct event, name), wanted, size) != NULL;
}

Test(disclose, none_tells_nothing)
{
    tell(EVENTS_CLIENT_NONE, "192.0.2.77");
    cr_assert_eq(event.client_kind, EVENTS_CLIENT_NONE);
    cr_assert_eq(event.client_family, ADDR_NONE);
    cr_assert_eq(event.client_port, 0);
    cr_assert_not(has((const uint8_t[]){192, 0, 2}, 3));
}

Test(disclose, truncated_tells_the_network)
{
    tell(EVENTS_CLIENT_NETWORK, "192.0.2.77");
    cr_assert_eq(event.client_length, 24);
    cr_assert_eq(event.client_port, 0);
    cr_assert_eq(memcmp(event.client, (const uint8_t[16]){192, 0, 2}, 16), 0);
    tell(EVENTS_CLIENT_NETWORK, "2001:db8:1:2345::9");
    cr_assert_eq(event.client_length, 56);
    cr_assert_eq(memcmp(event.client, (const uint8_t[16]){0x20, 1, 0xd, 0xb8, 0, 1, 0x23}, 16), 0);
}

Test(disclose, a_pseudonym_is_the_same_for_a_client_and_another_for_each_other)
{
    uint8_t first[16];
    memcpy(first, tell(EVENTS_CLIENT_PSEUDONYM, "192.0.2.77")->client, 16);
    cr_assert_not(has((const uint8_t[]){192, 0, 2}, 3));
    cr_assert_eq(event.client_port, 0);
    cr_assert_eq(event.client_family, ADDR_NONE);
    cr_assert_eq(memcmp(first, tell(EVENTS_CLIENT_PSEUDONYM, "192.0.2.77")->client, 16), 0);
    cr_assert_neq(memcmp(first, tell(EVENTS_CLIENT_PSEUDONYM, "192.0.2.78")->client, 16), 0);
    cr_assert_neq(memcmp(first, tell(EVENTS_CLIENT_PSEUDONYM, "c000:24d::")->client, 16), 0,
                  "the same octets, of another family");
    disclose.key.k1++;
    cr_assert_neq(memcmp(first, tell(EVENTS_CLIENT_PSEUDONYM, "192.0.2.77")->client, 16), 0,
                  "another day");
}

Test(disclose, full_tells_address_and_port)
{
    tell(EVENTS_CLIENT_ADDRESS, "192.0.2.77");
    cr_assert_eq(event.client_port, 4000);
    cr_assert_eq(memcmp(event.client, (const uint8_t[16]){192, 0, 2, 77}, 16), 0);
}

Test(disclose, a_client_without_address_has_none_to_tell)
{
    for (int kind = EVENTS_CLIENT_NONE; kind <= EVENTS_CLIENT_ADDRESS; kind++)
        cr_assert_eq(tell((enum events_client)kind, NULL)->client_kind, EVENTS_CLIENT_NONE);
}

static void
expect_name(enum events_name names, const char *name, const char *wanted)
{
    struct dns_name asked, told;
    cr_assert_eq(dns_name_parse(name, &asked), STATUS_OK);
    disclose.names = names;
    disclose_name(&disclose, &asked, &event);
    cr_assert_eq(event.name_kind, names);
    if (wanted == NULL) {
        cr_assert_eq(event.name_size, 0);
        return;
    }
    cr_assert_eq(dns_name_parse(wanted, &told), STATUS_OK);
    cr_assert_eq(event.name_size, told.size, "%s", name);
    cr_assert_eq(memcmp(event.name, told.wire, told.size), 0, "%s", name);
}

Test(disclose, a_name_is_told_whole_in_part_or_not)
{
    expect_name(EVENTS_NAME_FULL, "a.b.example.org", "a.b.example.org");
    expect_name(EVENTS_NAME_FULL, ".", ".");
    expect_name(EVENTS_NAME_SUFFIX, "a.b.example.org", "example.org");
    expect_name(EVENTS_NAME_SUFFIX, "a.b.c.example.org", "example.org");
    expect_name(EVENTS_NAME_SUFFIX, "example.org", "example.org");
    expect_name(EVENTS_NAME_SUFFIX, "org", "org");
    expect_name(EVENTS_NAME_SUFFIX, ".", ".");
    expect_name(EVENTS_NAME_NONE, "a.b.example.org", NULL);
}
