/* chronicle.c - see chronicle.h
 * SPDX-License-Identifier: ISC
 */
#include "view/chronicle.h"

#include <string.h>

#define AHEAD_US 1000000 /* who asked its clock before it read may find what was written since */

_Static_assert(sizeof(struct chronicle) % sizeof(uint64_t) == 0, "whole words");

void
chronicle_begin(struct chronicle_page *page)
{
    page->magic = CHRONICLE_MAGIC;
    page->version = CHRONICLE_VERSION;
    page->bytes = sizeof *page;
}

void
chronicle_publish(struct chronicle_page *page, const struct chronicle *chronicle)
{
    uint64_t number = stats_load(&page->number) + 1;
    const unsigned char *from = (const unsigned char *)chronicle;
    atomic_thread_fence(memory_order_release); /* the number before is seen by who sees a word */
    for (size_t i = 0; i < CHRONICLE_WORDS; i++) {
        uint64_t word;
        memcpy(&word, from + i * sizeof word, sizeof word);
        stats_store(&page->words[number % 2][i], word);
    }
    atomic_store_explicit(&page->number, number, memory_order_release);
}

/* @return false: it was written to meanwhile */
static bool
copy(const struct chronicle_page *page, uint64_t number, struct chronicle *chronicle)
{
    unsigned char *to = (unsigned char *)chronicle;
    for (size_t i = 0; i < CHRONICLE_WORDS; i++) {
        uint64_t word = stats_load(&page->words[number % 2][i]);
        memcpy(to + i * sizeof word, &word, sizeof word);
    }
    atomic_thread_fence(memory_order_acquire);
    return stats_load(&page->number) == number;
}

static enum status
take(const struct chronicle_page *page, uint64_t now_us, struct chronicle *chronicle)
{
    for (unsigned i = 0; i < CHRONICLE_TRIES; i++) {
        uint64_t number = atomic_load_explicit(&page->number, memory_order_acquire);
        if (number == 0)
            return STATUS_NONE;
        if (!copy(page, number, chronicle))
            continue;
        if (!chronicle->history.has_newest || !history_is_sound(&chronicle->history))
            return STATUS_INVALID;
        return chronicle->history.newest.at_us <= now_us + AHEAD_US ? STATUS_OK : STATUS_AGAIN;
    }
    return STATUS_AGAIN;
}

enum status
chronicle_take(const void *page, size_t bytes, uint64_t now_us, struct chronicle *chronicle)
{
    const struct chronicle_page *of = page;
    enum status status = STATUS_INVALID;
    if (page != NULL && bytes >= sizeof *of && of->magic == CHRONICLE_MAGIC &&
        of->version == CHRONICLE_VERSION && of->bytes == sizeof *of)
        status = take(of, now_us, chronicle);
    if (status != STATUS_OK)
        memset(chronicle, 0, sizeof *chronicle);
    return status;
}
