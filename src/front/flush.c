/* flush.c - see flush.h
 * SPDX-License-Identifier: ISC
 */
#include "front/flush.h"

void
flush_begin(struct flush *flush, struct inflight *questions, const struct dns_name *name,
            bool is_below, uint32_t tag)
{
    struct flush_name *kept = &flush->names[questions->flushes % FLUSH_NAMES];
    kept->name = *name;
    kept->is_below = is_below;
    dns_name_lower(&kept->name);
    inflight_flush(questions);
    flush->questions = questions->flushes;
    flush->walk = (struct cache_flush){.name = kept->name, .is_below = is_below};
    flush->tag = tag;
    flush->is_under_way = true;
}

void
flush_reroute(struct flush *flush, struct inflight *questions)
{
    flush->names[questions->flushes % FLUSH_NAMES] = (struct flush_name){.name = {.size = 1}};
    inflight_flush(questions);
    flush->questions = questions->flushes;
}

bool
flush_step(struct flush *flush, struct cache *cache)
{
    if (cache != NULL && !cache_flush_step(cache, &flush->walk, FLUSH_STEP))
        return false;
    flush->is_under_way = false;
    return true;
}

static bool
is_named(const struct flush_name *flushed, const struct dns_name *name)
{
    return flushed->is_below ? dns_name_is_below(name, &flushed->name)
                             : dns_name_is_equal(name, &flushed->name);
}

bool
flush_lets_keep(const struct flush *flush, const struct inflight_question *question)
{
    uint32_t missed = flush->questions - question->flushes;
    if (missed > FLUSH_NAMES)
        return false;
    for (uint32_t i = 0; i < missed; i++)
        if (is_named(&flush->names[(question->flushes + i) % FLUSH_NAMES],
                     &question->question.name))
            return false;
    return true;
}
