/* test_tls_hello.c - a server's hello out of its records, whole, cut and broken
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_hello.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct tls_hello_reader reader;
static struct tls_hello hello;

/* --- a hello, octet by octet ----------------------------------------------------------------- */

static uint8_t message[4096];
static size_t size;

static void
put(size_t count, const char *octets)
{
    memcpy(message + size, octets, count);
    size += count;
}
#define PUT(octets) put(sizeof(octets) - 1, octets)

/* @param extensions  with their types and sizes, `count` octets; NULL: not even the length of them */
static void
make(const char *random, size_t count, const char *extensions)
{
    size = 0;
    PUT("\x02\x00\x00\x00\x03\x03");
    put(32, random);
    PUT("\x03xyz\x13\x01\x00");
    if (extensions != NULL) {
        message[size++] = (uint8_t)(count >> 8);
        message[size++] = (uint8_t)count;
        put(count, extensions);
    }
    message[2] = (uint8_t)((size - 4) >> 8);
    message[3] = (uint8_t)(size - 4);
}
#define MAKE(random, extensions) make(random, sizeof(extensions) - 1, extensions)

static const char some[33] = "................................";
static const char retry[33] = "\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91"
                              "\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C";

/* In records of up to `most` octets, with one of another kind before each. */
static bool
read_in(size_t most)
{
    static const uint8_t change[] = {20, 3, 3, 0, 1, 1};
    memset(&reader, 0, sizeof reader);
    for (size_t at = 0; at < size;) {
        size_t part = size - at < most ? size - at : most;
        const uint8_t header[] = {22, 3, 3, (uint8_t)(part >> 8), (uint8_t)part};
        tls_hello_feed(&reader, change, sizeof change);
        for (size_t i = 0; i < sizeof header; i++)
            tls_hello_feed(&reader, &header[i], 1);
        tls_hello_feed(&reader, message + at, part);
        at += part;
    }
    return tls_hello_read(&reader, &hello);
}

Test(tls_hello, it_is_read_in_whatever_records_it_comes)
{
    MAKE(some, "\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x06\x00\x1d\x00\x02..\x00\x17\x00\x00");
    for (size_t most = 1; most <= size; most++) {
        cr_assert(read_in(most), "%zu", most);
        cr_assert(hello.group == 0x1d && hello.old_version == 0x0303);
        cr_assert(hello.has_extended_secret && !hello.is_retry);
    }
}

Test(tls_hello, another_try_is_known_by_its_random)
{
    MAKE(retry, "\x00\x33\x00\x02\x01\x04");
    cr_assert(read_in(SIZE_MAX));
    cr_assert(hello.is_retry && hello.group == 0x0104);
    MAKE(retry, "\x00\x2c\x00\x03\x00\x01.");
    cr_assert(read_in(SIZE_MAX));
    cr_assert(hello.is_retry && hello.group == 0, "for a cookie alone");
}

Test(tls_hello, one_without_extensions_is_whole)
{
    make(some, 0, NULL);
    cr_assert(read_in(SIZE_MAX));
    cr_assert(hello.group == 0 && !hello.has_extended_secret);
}

Test(tls_hello, what_follows_it_in_its_record_is_not_looked_at)
{
    MAKE(some, "\x00\x33\x00\x02\x00\x17");
    PUT("\x0b\x00\x00\x00");
    cr_assert(read_in(SIZE_MAX));
    cr_assert_eq(hello.group, 0x17);
}

Test(tls_hello, what_is_cut_is_no_hello)
{
    MAKE(some, "\x00\x33\x00\x06\x00\x1d\x00\x02..\x00\x17\x00\x00");
    for (size_t whole = size; size > 0;) {
        size--;
        cr_assert_not(read_in(SIZE_MAX), "%zu of %zu octets", size, whole);
    }
}

Test(tls_hello, what_is_broken_is_no_hello)
{
    MAKE(some, "\x00\x33\x00\x02\x00\x1d\x00\x33\x00\x02\x01\x00");
    cr_expect_not(read_in(SIZE_MAX), "two key shares");
    MAKE(some, "\x00\x33\x00\x01\x1d");
    cr_expect_not(read_in(SIZE_MAX), "a share of one octet");
    MAKE(some, "\x00\x33\x00\x03\x00\x1d");
    cr_expect_not(read_in(SIZE_MAX), "an extension that goes past the end");
    MAKE(some, "\x00\x33\x00\x02\x00\x1d");
    message[3]--;
    cr_expect_not(read_in(SIZE_MAX), "extensions that go past the end");
    MAKE(some, "\x00\x33\x00\x02\x00\x1d");
    message[0] = 11;
    cr_expect_not(read_in(SIZE_MAX), "another message");
}

Test(tls_hello, one_that_is_longer_than_the_room_is_not_read)
{
    static char extensions[4 + TLS_HELLO_MOST] = "\x00\x2c\x08\x00";
    for (size_t most = TLS_HELLO_MOST - 4 - 44; most <= TLS_HELLO_MOST; most++) {
        size_t body = most - 4;
        extensions[2] = (char)(body >> 8);
        extensions[3] = (char)body;
        make(some, most, extensions);
        cr_assert_eq(read_in(100), size <= TLS_HELLO_MOST, "%zu octets", size);
    }
}

Test(tls_hello, a_key_exchange_names_its_group)
{
    static const uint8_t exchange[] = {12, 0, 0, 10, 3, 0, 29, 4, 1, 2, 3, 4, 8, 4};
    cr_expect_eq(tls_hello_exchange_group(exchange, sizeof exchange), 29);
    for (size_t most = 0; most < 7; most++)
        cr_expect_eq(tls_hello_exchange_group(exchange, most), 0);
    uint8_t other[sizeof exchange];
    memcpy(other, exchange, sizeof other);
    other[4] = 1; /* a curve of the server's own */
    cr_expect_eq(tls_hello_exchange_group(other, sizeof other), 0);
    other[4] = 3;
    other[0] = 13;
    cr_expect_eq(tls_hello_exchange_group(other, sizeof other), 0);
}
