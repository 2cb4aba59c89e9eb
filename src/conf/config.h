/* config.h - the whole configuration as one flat value
 *
 * What: YAML file, PENSTOCK_… environment and flags become one struct without pointers, complete
 *       with every default and already judged. Children get it as a sealed memfd and parse no text.
 * Who:  supervisor fills it; everybody reads it.
 * Ref:  src/conf/config.def (one row per key), penstock.yaml(5), docs/LIMITS.md.
 */
#pragma once

#include "base/addr.h"
#include "base/status.h"

#include <limits.h>
#include <stdio.h>

#define CONFIG_MAGIC         0x70656e73u /* "pens" */
#define CONFIG_LISTEN_MAX    16
#define CONFIG_ACL_MAX       256 /* prefixes in each of allow and deny */
#define CONFIG_UPSTREAMS_MAX 16
#define CONFIG_PINS_MAX      8
#define CONFIG_PIN_BYTES     32 /* SHA-256 of the SubjectPublicKeyInfo */
#define CONFIG_LANES_MAX     16
#define CONFIG_NAME_MAX      64  /* an upstream's name with its NUL */
#define CONFIG_HOST_MAX      256 /* a TLS name with its NUL */
#define CONFIG_PATH_MAX      1024
#define CONFIG_USER_MAX      33
#define CONFIG_FILE_MAX      (1u << 20) /* bytes of a configuration file */
#define CONFIG_VERBOSE_MAX   2

enum config_verify {
    CONFIG_VERIFY_PIN_CA = 0, /* a pin matches, and CA and name too (default) */
    CONFIG_VERIFY_PIN = 1,    /* a pin matches; the certificate's names and issuer do not count */
    CONFIG_VERIFY_CA = 2,     /* CA and name only */
};

enum config_tls_versions { CONFIG_TLS12 = 1, CONFIG_TLS13 = 2 }; /* bits */

struct config_upstream {
    char name[CONFIG_NAME_MAX]; /* for logs and statistics; unique */
    struct addr address;
    char tls_name[CONFIG_HOST_MAX]; /* SNI and the name checked; "" only with verify: pin */
    uint8_t pins[CONFIG_PINS_MAX][CONFIG_PIN_BYTES];
    uint32_t pins_count;
    uint32_t verify; /* enum config_verify */
};

struct config {
    uint32_t magic; /* CONFIG_MAGIC */
    uint32_t bytes; /* sizeof(struct config): both sides are of one build */

    uint32_t listen_count; /* 1..CONFIG_LISTEN_MAX */
    struct addr listen[CONFIG_LISTEN_MAX];
    char user[CONFIG_USER_MAX]; /* account used when started as root */
    uint32_t lanes;             /* 1..CONFIG_LANES_MAX; 0: one per CPU that we may use */

    uint32_t allow_count, deny_count;
    struct addr_prefix allow[CONFIG_ACL_MAX];
    struct addr_prefix deny[CONFIG_ACL_MAX]; /* stronger than allow */

    uint32_t upstreams_count; /* 1..CONFIG_UPSTREAMS_MAX */
    struct config_upstream upstreams[CONFIG_UPSTREAMS_MAX];

    char tls_ca_file[CONFIG_PATH_MAX];
    uint32_t tls_versions; /* bits of enum config_tls_versions, never 0 */

    uint32_t query_ms;         /* a query's whole life, 100..30000 */
    uint32_t connect_ms;       /* TCP connect and TLS handshake together, 100..30000 */
    uint32_t upstream_idle_ms; /* an upstream connection without query, 1000..600000 */
    uint32_t tcp_idle_ms;      /* a client's TCP connection without query, 100..600000 */

    uint32_t queries;              /* questions alive at once per lane, 64..65536 */
    uint32_t tcp_clients;          /* TCP connections of clients per lane, 8..16384 */
    uint32_t upstream_connections; /* per upstream and lane at most, 1..32 */
    uint32_t upstream_in_flight;   /* queries in flight on one connection, 1..1024 */

    uint32_t verbose; /* 0..CONFIG_VERBOSE_MAX: 0 notice and above, 1 info, 2 debug */
};

#define CONFIG_ERROR_MAX 512

struct config_error { /* one line, "file:line: key: what is wrong; what is allowed" */
    char text[CONFIG_ERROR_MAX];
};

struct config_source {
    const char *file; /* path for messages, or NULL: no file */
    const char *text; /* its contents, `text_size` bytes, not NUL-terminated; NULL: no file */
    size_t text_size;
    const char *const *environ; /* NULL-terminated "NAME=value"; only PENSTOCK_… is looked at */
    const char *const *listen;  /* -a flags; they replace the configured list */
    size_t listen_count;
    uint32_t verbose; /* -v flags */
};

/**
 * Build the configuration: defaults, then file, then environment, then flags; then judge the whole.
 *
 * @param source  borrowed for the call
 * @param config  written; all zero on failure
 * @param error   written on failure
 * @return STATUS_OK; STATUS_INVALID (bad input, `error` says what and where). An unknown key, an
 *         unknown PENSTOCK_ variable and a duplicate key are errors.
 */
MUST_CHECK enum status config_load(const struct config_source *source, struct config *config,
                                   struct config_error *error);

/** Print every key with its value, as YAML that loads to the same configuration. */
void config_print(const struct config *config, FILE *to);

/** Warnings that do not stop a start (no backup pin, everybody allowed, …), one line each. Returns
 * how many. */
unsigned config_warnings(const struct config *config, FILE *to);

/** Is a struct from a memfd one that config_load() could have made? Sizes, counts, NULs, ranges. */
bool config_is_sound(const struct config *config);
