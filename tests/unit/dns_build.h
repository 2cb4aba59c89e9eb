/* dns_build.h - messages for tests, put together piece by piece
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "dns/dns_query.h"

#include <criterion/criterion.h>

static inline struct dns_name
name_of(const char *text)
{
    struct dns_name name;
    cr_assert_eq(dns_name_parse(text, &name), STATUS_OK, "%s", text);
    return name;
}

static inline struct dns_question
question_of(const char *text, uint16_t type)
{
    return (struct dns_question){name_of(text), type, DNS_CLASS_IN};
}

static inline void
build_header(struct bytes_writer *w, uint16_t id, unsigned flags, uint16_t questions,
             uint16_t answers, uint16_t authorities, uint16_t additionals)
{
    bytes_put_u16(w, id);
    bytes_put_u16(w, (uint16_t)flags);
    bytes_put_u16(w, questions);
    bytes_put_u16(w, answers);
    bytes_put_u16(w, authorities);
    bytes_put_u16(w, additionals);
}

static inline void
build_name(struct bytes_writer *w, const char *text)
{
    struct dns_name name = name_of(text);
    bytes_put_copy(w, name.wire, name.size);
}

static inline void
build_question(struct bytes_writer *w, const struct dns_question *question)
{
    bytes_put_copy(w, question->name.wire, question->name.size);
    bytes_put_u16(w, question->type);
    bytes_put_u16(w, question->class);
}

static inline void
build_pointer(struct bytes_writer *w, size_t target)
{
    bytes_put_u16(w, (uint16_t)(0xc000U | target));
}

/* What follows an owner, up to RDLENGTH; the class is IN. */
static inline void
build_record(struct bytes_writer *w, uint16_t type, uint32_t ttl, uint16_t size)
{
    bytes_put_u16(w, type);
    bytes_put_u16(w, DNS_CLASS_IN);
    bytes_put_u32(w, ttl);
    bytes_put_u16(w, size);
}

/* A whole OPT with `size` octets of options. */
static inline void
build_opt(struct bytes_writer *w, uint16_t udp_size, uint32_t ttl, const void *options,
          uint16_t size)
{
    bytes_put_u8(w, 0);
    bytes_put_u16(w, DNS_TYPE_OPT);
    bytes_put_u16(w, udp_size);
    bytes_put_u32(w, ttl);
    bytes_put_u16(w, size);
    bytes_put_copy(w, options, size);
}
