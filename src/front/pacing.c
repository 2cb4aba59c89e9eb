/* pacing.c - see pacing.h
 * SPDX-License-Identifier: ISC
 */
#include "front/pacing.h"

#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"

static struct pacer_config
pacer_config(const struct config *config)
{
    return (struct pacer_config){
        .ipv4_length = PACING_IPV4_LENGTH,
        .ipv6_length = PACING_IPV6_LENGTH,
        .rate_octets_per_s = config->pacing_rate,
        .burst_octets = config->pacing_burst,
        .wait_ms = config->pacing_wait_ms,
    };
}

void
pacing_reserve(struct pacing *pacing, const struct config *config)
{
    uint8_t key[16];
    void *memory = memory_reserve(LIMITER_MEMORY_BYTES(PACING_NETWORKS));
    struct pacer_config rates = pacer_config(config);
    pacing->messages = memory_reserve(PACING_HELD * sizeof *pacing->messages);
    if (memory == NULL || pacing->messages == NULL)
        log_fatal("cannot reserve memory for answers that are held");
    random_fill(key, sizeof key);
    if (pacer_init(&pacing->pacer, &rates, memory, PACING_NETWORKS, hash_key_from(key)) !=
        STATUS_OK)
        log_fatal("the pacer does not accept the rates of the configuration");
    explicit_bzero(key, sizeof key);
    for (uint32_t i = 0; i < PACING_HELD; i++)
        pacing->free[i] = i;
    pacing->is_on = config->pacing != 0;
}

void
pacing_change(struct pacing *pacing, const struct config *config)
{
    struct pacer_config rates = pacer_config(config);
    if (pacer_reload(&pacing->pacer, &rates) != STATUS_OK)
        log_fatal("the pacer does not accept the rates of the configuration");
    pacing->is_on = config->pacing != 0;
}

/* @return false: there is no place for it */
static bool
hold(struct pacing *pacing, const struct query_client *client, const uint8_t *message, size_t size,
     enum why why, uint64_t due_ms)
{
    if (pacing->count == PACING_HELD || size > sizeof *pacing->messages)
        return false;
    struct pacing_held *held = &pacing->held[pacing->count];
    *held = (struct pacing_held){
        .client = *client,
        .due_ms = due_ms,
        .message = pacing->free[pacing->count],
        .size = (uint16_t)size,
        .why = (uint8_t)why,
    };
    memcpy(pacing->messages[held->message], message, size);
    if (pacing->count++ == 0 || due_ms < pacing->soonest_ms)
        pacing->soonest_ms = due_ms;
    return true;
}

enum pacing_verdict
pacing_judge(struct pacing *pacing, const struct query_client *client, const uint8_t *message,
             size_t size, enum why why, uint64_t now_ms)
{
    uint32_t wait_ms;
    if (size <= PACING_FREE || !pacing->is_on || client->is_proven || client->payer == RATE_EXEMPT)
        return PACING_SEND;
    switch (pacer_take(&pacing->pacer, &client->addr, (uint32_t)size + PACING_HEAD_OCTETS, now_ms,
                       &wait_ms)) {
    case PACER_NOW:
        return PACING_SEND;
    case PACER_LATER:
        return hold(pacing, client, message, size, why, now_ms + wait_ms) ? PACING_HOLD
                                                                          : PACING_SHORT;
    case PACER_DROP:
        break;
    }
    return PACING_SHORT;
}

const struct pacing_held *
pacing_newest(const struct pacing *pacing)
{
    return &pacing->held[pacing->count - 1];
}

const struct pacing_held *
pacing_next(struct pacing *pacing, uint64_t now_ms)
{
    if (pacing->count == 0 || pacing->soonest_ms > now_ms)
        return NULL;
    for (; pacing->looked < pacing->count; pacing->looked++) {
        uint64_t due_ms = pacing->held[pacing->looked].due_ms;
        if (due_ms <= now_ms)
            return &pacing->held[pacing->looked];
        if (pacing->later_ms == 0 || due_ms < pacing->later_ms)
            pacing->later_ms = due_ms;
    }
    pacing->soonest_ms = pacing->later_ms != 0 ? pacing->later_ms : UINT64_MAX;
    pacing->later_ms = 0;
    pacing->looked = 0;
    return NULL;
}

const uint8_t *
pacing_message(const struct pacing *pacing, const struct pacing_held *held)
{
    return pacing->messages[held->message];
}

void
pacing_give(struct pacing *pacing)
{
    struct pacing_held *held = &pacing->held[pacing->looked];
    uint32_t message = held->message;
    memset(pacing->messages[message], 0, held->size);
    *held = pacing->held[--pacing->count]; /* another takes its place */
    memset(&pacing->held[pacing->count], 0, sizeof pacing->held[pacing->count]);
    pacing->free[pacing->count] = message;
}

uint64_t
pacing_deadline_us(const struct pacing *pacing)
{
    return pacing->count > 0 ? pacing->soonest_ms * 1000 : UINT64_MAX;
}
