/* fuzz_config_flat.c - a struct config from hostile memory is refused, or could have been loaded
 * SPDX-License-Identifier: ISC
 *
 * The input patches a good struct: two bytes of place, one of length, then the bytes, again and
 * again. What is called sound must print to a file that loads to the same.
 */
#include "base/bytes.h"
#include "conf/config.h"
#include "conf/config_load.h"
#include "conf/config_print.h"

#include "fuzz.h"

#include <stdio.h>
#include <string.h>

static const char good[] =
    "acl: {deny: [10.0.0.0/8]}\n"
    "upstreams:\n"
    "- {name: a, address: 192.0.2.1, tls_name: a.example,\n"
    "   pins: [sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]}\n"
    "- {name: b, address: \"2001:db8::1\", tls_name: b.example, verify: ca}\n"
    "rates: {exempt: [192.0.2.1], listeners: [\"0.0.0.0:53 50%\"]}\n"
    "cookies: {secret: 000102030405060708090a0b0c0d0e0f}\n"
    "local: {block: [/b], allow: [/a], server_id: one}\n";

static struct config config, again;
static struct config_error error;

static void
load(const char *text, size_t size, struct config *to)
{
    struct config_source source = {.file = "text", .text = text, .text_size = size};
    must(config_load(&source, to, &error) == STATUS_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config start;
    if (start.magic == 0)
        load(good, sizeof good - 1, &start);
    memcpy(&config, &start, sizeof config);
    for (struct bytes_reader r = bytes_reader(data, size); bytes_left(&r) >= 3;) {
        size_t at = bytes_get_u16(&r) % sizeof config, len = bytes_get_u8(&r);
        len = len < bytes_left(&r) ? len : bytes_left(&r);
        len = len < sizeof config - at ? len : sizeof config - at;
        memcpy((char *)&config + at, bytes_get_view(&r, len), len);
    }
    if (!config_is_sound(&config))
        return 0;
    /* the padding behind `user` belongs to no field */
    size_t padding = offsetof(struct config, user) + CONFIG_USER_MAX;
    memset((char *)&config + padding, 0, offsetof(struct config, lanes) - padding);
    char *text = NULL;
    size_t text_size = 0;
    FILE *to = open_memstream(&text, &text_size);
    must(to != NULL);
    config_print(&config, NULL, to);
    fclose(to);
    load(text, text_size, &again);
    must(memcmp(&config, &again, sizeof config) == 0);
    free(text);
    return 0;
}
