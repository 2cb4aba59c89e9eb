/* fuzz_texts.c - addresses, prefixes, names, base64, filters, secrets and free text: what was read is said again alike
 * SPDX-License-Identifier: ISC
 *
 * Input: an octet that says which, then the text or the octets.
 * Invariants: what is read prints to what reads to the same; what is not leaves zeros; what the
 * kernel gives for an address is that address; two addresses have the same name at a length exactly
 * if they agree so far; two instructions of a filter have the same text exactly if they are the
 * same; a file of secrets gives all that it names, or nothing; free text that was passed on is whole
 * characters, none of which controls a terminal, and passing it on again changes nothing.
 */
#include "base/addr.h"
#include "base/base64.h"
#include "base/bpf_text.h"
#include "conf/config_cookies.h"
#include "dns/dns_name.h"
#include "dns/dns_text.h"

#include "fuzz.h"

#include <netinet/in.h>
#include <string.h>

#define TEXT_MAX  2048
#define A_PROGRAM 0xfe /* which it says */

static const struct addr nowhere;

static void
check_kernel(const struct addr *addr)
{
    struct sockaddr_storage socket;
    struct addr back;
    uint32_t size = addr_to_socket(addr, &socket);
    must(addr_from_socket((struct sockaddr *)&socket, size, &back) == STATUS_OK);
    must(addr_is_equal(addr, &back) && memcmp(addr, &back, sizeof back) == 0);
    must(addr_from_socket((struct sockaddr *)&socket, size - 1, &back) == STATUS_INVALID);
    must(memcmp(&back, &nowhere, sizeof back) == 0);
}

static void
try_address(const char *text)
{
    struct addr addr, again;
    char said[ADDR_TEXT_MAX];
    for (unsigned port = 0; port <= 53; port += 53) {
        if (addr_parse(text, (uint16_t)port, &addr) != STATUS_OK) {
            must(memcmp(&addr, &nowhere, sizeof addr) == 0);
            must(strcmp(addr_format(&addr, said), "none") == 0);
            return;
        }
        must(addr.family == ADDR_IPV4 || addr.family == ADDR_IPV6);
        must(addr.scope == 0 || addr.family == ADDR_IPV6);
        must(addr_parse(addr_format(&addr, said), 0, &again) == STATUS_OK);
        must(addr_is_equal(&addr, &again) && addr_is_among(&addr, &again, 1));
        must(!addr_is_among(&addr, &nowhere, 1));
        check_kernel(&addr);
    }
}

static void
try_prefix(const char *text)
{
    static const struct addr_prefix none;
    struct addr_prefix prefix, again;
    char said[ADDR_TEXT_MAX];
    if (addr_prefix_parse(text, &prefix) != STATUS_OK) {
        must(memcmp(&prefix, &none, sizeof none) == 0);
        return;
    }
    struct addr masked = prefix.addr;
    addr_mask(&masked, prefix.length);
    must(addr_is_equal(&masked, &prefix.addr));
    must(addr_prefix_parse(addr_prefix_format(&prefix, said), &again) == STATUS_OK);
    must(memcmp(&prefix, &again, sizeof again) == 0);
}

/* From the kernel come octets, too, at least in the tests of those who call us. */
static void
try_kernel(struct bytes_reader *r)
{
    struct sockaddr_storage socket = {0};
    struct addr addr;
    size_t size = bytes_left(r) < sizeof socket ? bytes_left(r) : sizeof socket;
    memcpy(&socket, bytes_get_view(r, size), size);
    if (addr_from_socket((struct sockaddr *)&socket, (uint32_t)size, &addr) == STATUS_OK)
        check_kernel(&addr);
    else
        must(memcmp(&addr, &nowhere, sizeof addr) == 0);
}

static struct addr
get_address(struct bytes_reader *r, bool is_v6)
{
    struct addr addr = {.family = is_v6 ? ADDR_IPV6 : ADDR_IPV4};
    bytes_get_copy(r, addr.bytes, is_v6 ? 16 : 4);
    return addr;
}

static void
try_tags(struct bytes_reader *r)
{
    struct addr_lengths set = {.counts = {2, 2}};
    struct addr_keys keys = {0};
    bool is_v6 = bytes_get_u8(r) % 2;
    unsigned length = bytes_get_u8(r) % (is_v6 ? 129U : 33U), family = is_v6 ? 1 : 0;
    struct addr one = get_address(r, is_v6), other = get_address(r, is_v6);
    set.lengths[family][0] = (uint8_t)(length / 2);
    set.lengths[family][1] = (uint8_t)length;
    addr_lengths_mark(&set);
    must(set.mark != 0);
    for (unsigned i = 0; i < 2; i++) {
        struct addr a = one, b = other;
        addr_mask(&a, set.lengths[family][i]);
        addr_mask(&b, set.lengths[family][i]);
        uint64_t tag = addr_keys_at(&keys, &set, &one, i);
        must(tag != 0 && ADDR_TAG_CLASS(tag) == family && addr_family_index(&one) == family);
        must(tag == addr_keys_at(&keys, &set, &one, i));
        must(tag == addr_tag(&set.key, &a, set.lengths[family][i], family));
        must((tag == addr_tag(&set.key, &other, set.lengths[family][i], family)) ==
             addr_is_equal(&a, &b));
    }
}

static void
try_base64(const char *text, const uint8_t *octets, size_t size)
{
    static uint8_t read[TEXT_MAX];
    static char said[BASE64_TEXT_SIZE(TEXT_MAX)];
    size_t read_size = 0;
    if (base64_decode(text, strlen(text), read, sizeof read, &read_size) == STATUS_OK)
        must(strcmp(base64_encode(read, read_size, said), text) == 0);
    base64_encode(octets, size, said);
    must(strlen(said) + 1 == BASE64_TEXT_SIZE(size));
    must(base64_decode(said, strlen(said), read, size, &read_size) == STATUS_OK);
    must(read_size == size && memcmp(read, octets, size) == 0);
    if (size > 0)
        must(base64_decode(said, strlen(said), read, size - 1, &read_size) == STATUS_FULL);
}

static void
try_name(const char *text)
{
    static char said[4 * DNS_NAME_MAX + 1];
    struct dns_name name, again;
    if (dns_name_parse(text, &name) != STATUS_OK) {
        must(name.size == 1 && name.wire[0] == 0);
        return;
    }
    struct bytes_reader r = bytes_reader(name.wire, name.size);
    must(dns_name_get(&r, &again) && bytes_left(&r) == 0 && dns_name_is_equal(&name, &again));
    size_t at = 0;
    for (size_t label = 0; name.wire[label] != 0; label += 1U + name.wire[label]) {
        for (size_t i = 1; i <= name.wire[label]; i++)
            at += (size_t)snprintf(said + at, sizeof said - at, "\\%03u", name.wire[label + i]);
        said[at++] = '.';
    }
    said[at] = '\0';
    must(dns_name_parse(at == 0 ? "." : said, &again) == STATUS_OK);
    must(again.size == name.size && memcmp(again.wire, name.wire, name.size) == 0);
    must(dns_name_is_below(&name, &again));
}

static void
try_text(struct bytes_reader *r)
{
    static uint8_t once[TEXT_MAX], twice[TEXT_MAX];
    size_t room = bytes_get_u8(r), left = bytes_left(r);
    struct bytes_writer w = bytes_writer(once, sizeof once);
    size_t size = dns_text_put(&w, bytes_get_view(r, left), left, room);
    must(size <= room && size <= left && size == w.pos && !w.failed);
    for (size_t i = 0; i < size; i++)
        must(once[i] >= ' ' && once[i] != 0x7f);
    w = bytes_writer(twice, sizeof twice);
    must(dns_text_put(&w, once, size, room) == size && memcmp(once, twice, size) == 0);
}

/* Two instructions: each has a text of its own. */
static void
try_program(struct bytes_reader *r)
{
    struct sock_filter both[2] = {0};
    char said[2][BPF_TEXT_MAX];
    size_t at = bytes_get_u8(r);
    for (size_t i = 0; i < 2; i++) {
        both[i].code = bytes_get_u16(r);
        both[i].jt = bytes_get_u8(r);
        both[i].jf = bytes_get_u8(r);
        both[i].k = bytes_get_u32(r);
        size_t size = strlen(bpf_text_line(&both[i], at, said[i]));
        must(size > 0 && size < BPF_TEXT_MAX - 1); /* none was cut */
        for (size_t k = 0; k < size; k++)
            must(said[i][k] >= ' ' && said[i][k] <= '~');
    }
    must((memcmp(&both[0], &both[1], sizeof both[0]) == 0) == (strcmp(said[0], said[1]) == 0));
}

/* One that was there stays, where the file is refused. */
static void
try_secrets(const char *text, size_t size)
{
    static struct config config;
    const struct config_secret before = {.is_set = 1, .bytes = {7}};
    unsigned line;
    config.cookies_secret = config.cookies_previous_secret = config.cookies_staged_secret = before;
    const char *wrong = config_cookies_read(text, size, &config, &line);
    must(line >= 1 && line <= size + 1);
    if (wrong == NULL) {
        must(config.cookies_secret.is_set == 1 && line <= 3 && size < CONFIG_COOKIES_FILE_MOST);
        must(line ==
             1U + config.cookies_previous_secret.is_set + config.cookies_staged_secret.is_set);
        return;
    }
    must(memcmp(&config.cookies_secret, &before, sizeof before) == 0);
    must(memcmp(&config.cookies_previous_secret, &before, sizeof before) == 0);
    must(memcmp(&config.cookies_staged_secret, &before, sizeof before) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[TEXT_MAX];
    struct bytes_reader r = bytes_reader(data, size);
    uint8_t which = bytes_get_u8(&r);
    if (size == 0 || size > sizeof text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (which == A_PROGRAM ? A_PROGRAM : which % 8) {
    case A_PROGRAM:
        try_program(&r);
        break;
    case 0:
        try_address(text);
        break;
    case 1:
        try_prefix(text);
        break;
    case 2:
        try_kernel(&r);
        break;
    case 3:
        try_tags(&r);
        break;
    case 4:
        try_base64(text, data + 1, size - 1);
        break;
    case 5:
        try_name(text);
        break;
    case 6:
        try_secrets(text, size - 1);
        break;
    default:
        try_text(&r);
        break;
    }
    must(strlen(status_text((enum status)(which % 16))) > 0);
    return 0;
}
