/* front_queries.h - queries as clients of a front send them, and as none should
 * SPDX-License-Identifier: ISC
 *
 * For front_clients.h: each is made of a few numbers of the input.
 */
#pragma once

#include "../tests/unit/front_scene.h"

#include "base/bytes.h"
#include "gate/cookie.h"

#define QUERY_MAX 1500

/* In a configuration; clients know the first. */
#define SECRET       "000102030405060708090a0b0c0d0e0f"
#define OTHER_SECRET "100102030405060708090a0b0c0d0e0f"
#define THIRD_SECRET "200102030405060708090a0b0c0d0e0f"

/* A cookie of ours, as a client that asked before has it. */
static void
put_cookie(struct bytes_writer *w, const struct addr *client, uint16_t size, bool is_ours)
{
    uint8_t cookie[DNS_COOKIE_MAX] = {1, 2, 3, 4, 5, 6, 7, 8, 1};
    static const uint8_t secret[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct cookie_secrets secrets;
    cookie_secrets_init(&secrets, secret);
    if (is_ours)
        cookie_make(&secrets, cookie, client, (uint32_t)evloop_time(&front.loop).wall_s,
                    cookie + COOKIE_CLIENT_BYTES);
    bytes_put_u16(w, DNS_OPTION_COOKIE);
    bytes_put_u16(w, size);
    bytes_put_copy(w, cookie, size);
}

/* OPT, by the bits of `form` and `more`. */
static void
put_options(struct bytes_writer *w, const struct addr *client, uint8_t form, uint8_t more)
{
    static const uint16_t cookie_sizes[4] = {0, 8, 24, 5};
    uint16_t size = cookie_sizes[form / 2 % 4];
    bytes_put_u8(w, 0);
    bytes_put_u16(w, DNS_TYPE_OPT);
    bytes_put_u16(w, more & 1 ? 512 : more & 2 ? 4096 : 1232);
    bytes_put_u8(w, 0);
    bytes_put_u8(w, more % 64 == 63); /* the version */
    bytes_put_u16(w, form & 128 ? 0x8000U : 0U);
    size_t at = w->pos;
    bytes_put_u16(w, 0);
    if (size > 0)
        put_cookie(w, client, size, form & 8);
    if (more & 4) {
        bytes_put_u16(w, DNS_OPTION_NSID);
        bytes_put_u16(w, 0);
    }
    if (more & 8) {
        bytes_put_u16(w, DNS_OPTION_KEEPALIVE);
        bytes_put_u16(w, more & 16 ? 1 : 0);
        bytes_put_copy(w, (const uint8_t[]){0}, more & 16 ? 1 : 0);
    }
    bytes_set_u16(w, at, (uint16_t)(w->pos - at - 2));
}

/* As a client signs that shares no key with us (RFC 8945 section 4.2). */
static void
put_signature(struct bytes_writer *w)
{
    static const uint8_t mac[16];
    build_name(w, "key");
    bytes_put_u16(w, DNS_TYPE_TSIG);
    bytes_put_u16(w, DNS_CLASS_ANY);
    bytes_put_u32(w, 0);
    bytes_put_u16(w, 13 + 10 + sizeof mac + 6);
    build_name(w, "hmac-sha256");
    bytes_put_u16(w, 0);
    bytes_put_u32(w, 1750000000);
    bytes_put_u16(w, 300);
    bytes_put_u16(w, sizeof mac);
    bytes_put_copy(w, mac, sizeof mac);
    bytes_put_u16(w, 0);
    bytes_put_u32(w, 0);
}

/* What no client should send. @return false: there is no such thing */
static bool
spoil(struct bytes_writer *w, uint8_t how)
{
    switch (how) {
    case 1:
        w->data[2] |= 0x80; /* a response */
        return true;
    case 2:
        w->data[2] |= 0x20; /* NOTIFY */
        return true;
    case 3:
        bytes_put_u8(w, 0); /* behind the end */
        return true;
    case 4:
        w->data[7] = 1; /* a record that is not there */
        return true;
    case 5:
        w->data[11]++;
        put_signature(w);
        return true;
    case 6: /* a record that is not an OPT */
        w->data[11]++;
        bytes_put_u8(w, 0);
        build_record(w, DNS_TYPE_A, 0, 4);
        bytes_put_u32(w, 0);
        return true;
    case 7: /* larger than any query */
        while (w->pos < 1300)
            bytes_put_u8(w, 0);
        return true;
    default:
        return false;
    }
}

/* A query of numbers: name, type, flags and options; `more` than 4 octets of options, and what is
 * wrong with it. @return whether it is as a query should be */
static bool
make_query(struct bytes_reader *r, const struct addr *client, uint8_t number, uint8_t to[QUERY_MAX],
           size_t *query_size)
{
    static const char *const names[] = {"a.example",       "B.Example",    "www.Example.net",
                                        "localhost",       "version.bind", "1.168.192.in-addr.arpa",
                                        "x.y.z.w.example", "resolver.arpa"};
    static const char *const others[] = {"id.server",
                                         "blocked.example",
                                         "a.Blocked.example",
                                         ".",
                                         "home.arpa",
                                         "z.localhost",
                                         "test",
                                         "arpa"};
    static const uint16_t types[] = {DNS_TYPE_A,  DNS_TYPE_AAAA, DNS_TYPE_TXT, DNS_TYPE_ANY,
                                     DNS_TYPE_DS, DNS_TYPE_AXFR, DNS_TYPE_SOA, 65};
    uint8_t name = bytes_get_u8(r), form = bytes_get_u8(r);
    uint8_t more = form & 32 ? bytes_get_u8(r) : 0, wrong = form & 64 ? bytes_get_u8(r) : 0;
    bool has_opt = form & 7;
    struct bytes_writer w = bytes_writer(to, QUERY_MAX);
    struct dns_question question =
        question_of(more & 128 ? others[name % 8] : names[name % 8], types[name / 8 % 8]);
    if (more & 64)
        question.type = DNS_TYPE_NS;
    if (wrong & 128)
        question.class = DNS_CLASS_CHAOS;
    build_header(&w, 0, DNS_RD | (form & 16 ? DNS_CD : 0U), 1, 0, 0, has_opt);
    to[0] = number;
    build_question(&w, &question);
    if (wrong % 16 == 8) { /* no question: it asks for a cookie (RFC 7873 section 5.4) */
        to[5] = 0;
        w.pos = DNS_HEADER_SIZE;
    }
    if (has_opt)
        put_options(&w, client, form, more);
    bool is_spoilt = spoil(&w, wrong % 16) || more % 64 == 63 || wrong % 16 == 8;
    must(!w.failed);
    *query_size = w.pos;
    return !is_spoilt;
}
