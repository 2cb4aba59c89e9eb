/* tls_ideal.c - public-key computations that cost next to nothing, for targets that shake hands
 * SPDX-License-Identifier: ISC
 *
 * Calls of mbedTLS to its own library of cryptography end here (-Wl,--wrap). A signature is a hash of
 * the public key and of what is signed: so one verifies exactly if the holder of that key made it,
 * but for forgers who know this file, and a fuzzer that sees no comparison octet by octet does not.
 * Each end has the same key for the key exchange, whose result is computed once. Randomness and
 * clocks are the input's, so that a handshake is the same each time.
 */
#include "tls_ideal.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/sha256.h>
#pragma GCC diagnostic pop
#include <psa/crypto.h>
#include <string.h>
#include <time.h>

#define SIGNATURE    32
#define POINT_MAX    160
#define AGREED_MAX   8 /* results of a key exchange that are kept */
#define PRODUCTS_MAX 32

static uint64_t state;

void
tls_ideal_begin(uint64_t seed)
{
    state = seed;
}

void __wrap_random_fill(void *to, size_t size);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

void
__wrap_random_fill(void *to, size_t size)
{
    uint8_t *octets = to;
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        octets[i] = (uint8_t)(state >> 56);
    }
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    *now = (struct timespec){.tv_sec = clock == CLOCK_REALTIME ? 1750000000 : 1000};
    return 0;
}

/* mbedTLS allocates a lot; where, is not worth remembering each time. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
    return "malloc_context_size=1:quarantine_size_mb=8";
}

/* --- signatures ------------------------------------------------------------------------------ */

/* @param hash_size  octets; 0: as many as `md` has */
static int
sign(const mbedtls_pk_context *key, mbedtls_md_type_t md, const unsigned char *hash,
     size_t hash_size, unsigned char to[SIGNATURE])
{
    unsigned char all[POINT_MAX + 64];
    size_t size = 0;
    if (hash_size == 0)
        hash_size = mbedtls_md_get_size_from_type(md);
    if (mbedtls_pk_get_type(key) != MBEDTLS_PK_ECKEY || hash_size > 64 ||
        mbedtls_ecp_write_public_key(mbedtls_pk_ec(*key), MBEDTLS_ECP_PF_UNCOMPRESSED, &size, all,
                                     POINT_MAX) != 0)
        return MBEDTLS_ERR_PK_TYPE_MISMATCH;
    memcpy(all + size, hash, hash_size);
    return mbedtls_sha256(all, size + hash_size, to, 0);
}

static int
sign_to(const mbedtls_pk_context *key, mbedtls_md_type_t md, const unsigned char *hash,
        size_t hash_size, unsigned char *to, size_t room, size_t *size)
{
    if (room < SIGNATURE)
        return MBEDTLS_ERR_PK_BUFFER_TOO_SMALL;
    *size = SIGNATURE;
    return sign(key, md, hash, hash_size, to);
}

/* All at once: a fuzzer that watches comparisons would learn octet by octet what to write. */
static int
verify(const mbedtls_pk_context *key, mbedtls_md_type_t md, const unsigned char *hash,
       size_t hash_size, const unsigned char *signature, size_t size)
{
    unsigned char right[SIGNATURE], differ = 0;
    if (size != SIGNATURE || sign(key, md, hash, hash_size, right) != 0)
        return MBEDTLS_ERR_ECP_VERIFY_FAILED;
    for (size_t i = 0; i < SIGNATURE; i++)
        differ |= right[i] ^ signature[i];
    return differ == 0 ? 0 : MBEDTLS_ERR_ECP_VERIFY_FAILED;
}

#define HASH               mbedtls_md_type_t md, const unsigned char *hash, size_t hash_size
#define TO                 unsigned char *to, size_t room, size_t *size, mbedtls_f_rng_t *rng, void *rng_owner
#define SIGNATURE_AND_SIZE const unsigned char *signature, size_t size

int __wrap_mbedtls_pk_sign(mbedtls_pk_context *key, HASH, TO);
int __wrap_mbedtls_pk_sign_ext(mbedtls_pk_type_t type, mbedtls_pk_context *key, HASH, TO);
int __wrap_mbedtls_pk_sign_restartable(mbedtls_pk_context *key, HASH, TO,
                                       mbedtls_pk_restart_ctx *restart);
int __wrap_mbedtls_pk_verify(mbedtls_pk_context *key, HASH, SIGNATURE_AND_SIZE);
int __wrap_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options,
                                 mbedtls_pk_context *key, HASH, SIGNATURE_AND_SIZE);
int __wrap_mbedtls_pk_verify_restartable(mbedtls_pk_context *key, HASH, SIGNATURE_AND_SIZE,
                                         mbedtls_pk_restart_ctx *restart);

int
__wrap_mbedtls_pk_sign(mbedtls_pk_context *key, HASH, TO)
{
    (void)rng, (void)rng_owner;
    return sign_to(key, md, hash, hash_size, to, room, size);
}

int
__wrap_mbedtls_pk_sign_ext(mbedtls_pk_type_t type, mbedtls_pk_context *key, HASH, TO)
{
    (void)type, (void)rng, (void)rng_owner;
    return sign_to(key, md, hash, hash_size, to, room, size);
}

int
__wrap_mbedtls_pk_sign_restartable(mbedtls_pk_context *key, HASH, TO,
                                   mbedtls_pk_restart_ctx *restart)
{
    (void)rng, (void)rng_owner, (void)restart;
    return sign_to(key, md, hash, hash_size, to, room, size);
}

int
__wrap_mbedtls_pk_verify(mbedtls_pk_context *key, HASH, SIGNATURE_AND_SIZE)
{
    return verify(key, md, hash, hash_size, signature, size);
}

int
__wrap_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *key,
                             HASH, SIGNATURE_AND_SIZE)
{
    (void)type, (void)options;
    return verify(key, md, hash, hash_size, signature, size);
}

int
__wrap_mbedtls_pk_verify_restartable(mbedtls_pk_context *key, HASH, SIGNATURE_AND_SIZE,
                                     mbedtls_pk_restart_ctx *restart)
{
    (void)restart;
    return verify(key, md, hash, hash_size, signature, size);
}

/* --- key exchange ---------------------------------------------------------------------------- */

psa_status_t __real_psa_generate_key(const psa_key_attributes_t *attributes, psa_key_id_t *key);
psa_status_t __wrap_psa_generate_key(const psa_key_attributes_t *attributes, psa_key_id_t *key);
psa_status_t __real_psa_export_public_key(psa_key_id_t key, uint8_t *to, size_t room, size_t *size);
psa_status_t __wrap_psa_export_public_key(psa_key_id_t key, uint8_t *to, size_t room, size_t *size);
psa_status_t __real_psa_raw_key_agreement(psa_algorithm_t algorithm, psa_key_id_t key,
                                          const uint8_t *peer, size_t peer_size, uint8_t *to,
                                          size_t room, size_t *size);
psa_status_t __wrap_psa_raw_key_agreement(psa_algorithm_t algorithm, psa_key_id_t key,
                                          const uint8_t *peer, size_t peer_size, uint8_t *to,
                                          size_t room, size_t *size);

static struct known { /* of one kind of key and one octet string that went in */
    psa_key_type_t type;
    size_t bits, in_size, out_size;
    uint8_t in[POINT_MAX], out[POINT_MAX];
} known[AGREED_MAX];
static unsigned known_next;

static const struct known *
find_known(psa_key_id_t key, const uint8_t *in, size_t in_size, struct known *anew)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    *anew = (struct known){.in_size = in_size};
    if (in_size > POINT_MAX || psa_get_key_attributes(key, &attributes) != PSA_SUCCESS)
        return NULL;
    anew->type = psa_get_key_type(&attributes);
    anew->bits = psa_get_key_bits(&attributes);
    if (in_size > 0)
        memcpy(anew->in, in, in_size);
    for (unsigned i = 0; i < AGREED_MAX; i++)
        if (known[i].type == anew->type && known[i].bits == anew->bits &&
            known[i].in_size == in_size && memcmp(known[i].in, anew->in, POINT_MAX) == 0)
            return &known[i];
    return NULL;
}

static void
keep_known(struct known *anew, const uint8_t *out, size_t size)
{
    if (size > POINT_MAX || anew->type == 0)
        return;
    memcpy(anew->out, out, size);
    anew->out_size = size;
    known[known_next++ % AGREED_MAX] = *anew;
}

static bool
give_known(const struct known *found, uint8_t *to, size_t room, size_t *size)
{
    if (found == NULL || found->out_size > room)
        return false;
    memcpy(to, found->out, found->out_size);
    *size = found->out_size;
    return true;
}

psa_status_t
__wrap_psa_generate_key(const psa_key_attributes_t *attributes, psa_key_id_t *key)
{
    static const uint8_t secret[32] = {0x48, 1, 2, 3, [31] = 0x47};
    size_t bits = psa_get_key_bits(attributes);
    if (!PSA_KEY_TYPE_IS_ECC_KEY_PAIR(psa_get_key_type(attributes)) || (bits != 255 && bits != 256))
        return __real_psa_generate_key(attributes, key);
    return psa_import_key(attributes, secret, sizeof secret, key);
}

psa_status_t
__wrap_psa_export_public_key(psa_key_id_t key, uint8_t *to, size_t room, size_t *size)
{
    struct known anew;
    if (give_known(find_known(key, NULL, 0, &anew), to, room, size))
        return PSA_SUCCESS;
    psa_status_t status = __real_psa_export_public_key(key, to, room, size);
    if (status == PSA_SUCCESS)
        keep_known(&anew, to, *size);
    return status;
}

psa_status_t
__wrap_psa_raw_key_agreement(psa_algorithm_t algorithm, psa_key_id_t key, const uint8_t *peer,
                             size_t peer_size, uint8_t *to, size_t room, size_t *size)
{
    struct known anew;
    if (give_known(find_known(key, peer, peer_size, &anew), to, room, size))
        return PSA_SUCCESS;
    psa_status_t status =
        __real_psa_raw_key_agreement(algorithm, key, peer, peer_size, to, room, size);
    if (status == PSA_SUCCESS)
        keep_known(&anew, to, *size);
    return status;
}

/* --- points, of TLS 1.2 ---------------------------------------------------------------------- */

int __real_mbedtls_ecp_mul_restartable(mbedtls_ecp_group *group, mbedtls_ecp_point *to,
                                       const mbedtls_mpi *factor, const mbedtls_ecp_point *point,
                                       mbedtls_f_rng_t *rng, void *rng_owner,
                                       mbedtls_ecp_restart_ctx *restart);
int __wrap_mbedtls_ecp_mul_restartable(mbedtls_ecp_group *group, mbedtls_ecp_point *to,
                                       const mbedtls_mpi *factor, const mbedtls_ecp_point *point,
                                       mbedtls_f_rng_t *rng, void *rng_owner,
                                       mbedtls_ecp_restart_ctx *restart);

static struct product {
    mbedtls_ecp_group_id group;
    mbedtls_mpi factor;
    mbedtls_ecp_point point, result;
} products[PRODUCTS_MAX];
static unsigned products_next;

static int
keep_product(mbedtls_ecp_group_id group, const mbedtls_mpi *factor, const mbedtls_ecp_point *point,
             const mbedtls_ecp_point *result)
{
    struct product *anew = &products[products_next++ % PRODUCTS_MAX];
    anew->group = group;
    int error = mbedtls_mpi_copy(&anew->factor, factor);
    error = error == 0 ? mbedtls_ecp_copy(&anew->point, point) : error;
    return error == 0 ? mbedtls_ecp_copy(&anew->result, result) : error;
}

int
__wrap_mbedtls_ecp_mul_restartable(mbedtls_ecp_group *group, mbedtls_ecp_point *to,
                                   const mbedtls_mpi *factor, const mbedtls_ecp_point *point,
                                   mbedtls_f_rng_t *rng, void *rng_owner,
                                   mbedtls_ecp_restart_ctx *restart)
{
    for (unsigned i = 0; i < PRODUCTS_MAX; i++)
        if (products[i].group == group->id &&
            mbedtls_mpi_cmp_mpi(&products[i].factor, factor) == 0 &&
            mbedtls_ecp_point_cmp(&products[i].point, point) == 0)
            return mbedtls_ecp_copy(to, &products[i].result);
    uint64_t before = state;
    int error =
        __real_mbedtls_ecp_mul_restartable(group, to, factor, point, rng, rng_owner, restart);
    state = before; /* so that what is drawn next does not depend on what was known already */
    return error == 0 ? keep_product(group->id, factor, point, to) : error;
}
