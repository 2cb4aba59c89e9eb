/* written.c - for the memory sanitizer: what libraries wrote has been written
 * SPDX-License-Identifier: ISC
 *
 * libyaml and mbedTLS are not compiled for it, so all that they write counts as never written. Targets
 * that read configurations, or make digests, link this in that build (meson.build); what is looked
 * at is our code behind those calls.
 */
#include <mbedtls/sha256.h>
#include <sanitizer/msan_interface.h>
#include <stddef.h>
#include <yaml.h>

int __real_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
int __real_mbedtls_sha256_finish(mbedtls_sha256_context *context, unsigned char *sum);
int __wrap_mbedtls_sha256_finish(mbedtls_sha256_context *context, unsigned char *sum);

/* strlen() is not for memory that counts as never written. */
__attribute__((no_sanitize("memory"))) static void
is_written(const unsigned char *text)
{
    size_t size = 0;
    while (text != NULL && text[size++] != '\0')
        ;
    __msan_unpoison(text, size);
}

int
__wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event)
{
    int result = __real_yaml_parser_parse(parser, event);
    __msan_unpoison(parser, sizeof *parser);
    __msan_unpoison(event, sizeof *event);
    if (event->type == YAML_SCALAR_EVENT) {
        __msan_unpoison(event->data.scalar.value, event->data.scalar.length + 1);
        is_written(event->data.scalar.anchor);
        is_written(event->data.scalar.tag);
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        is_written(event->data.sequence_start.anchor);
        is_written(event->data.sequence_start.tag);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        is_written(event->data.mapping_start.anchor);
        is_written(event->data.mapping_start.tag);
    } else if (event->type == YAML_ALIAS_EVENT) {
        is_written(event->data.alias.anchor);
    }
    return result;
}

int
__wrap_mbedtls_sha256_finish(mbedtls_sha256_context *context, unsigned char *sum)
{
    int result = __real_mbedtls_sha256_finish(context, sum);
    __msan_unpoison(sum, 32);
    return result;
}
