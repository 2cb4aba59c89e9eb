/* levels.c - see levels.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/levels.h"

#include "supervisor/children.h"
#include "supervisor/tell.h"

static void
spread(struct supervisor *sup, enum log_level level)
{
    log_set_level(level);
    for (unsigned i = 0; i < children_count(sup); i++) {
        struct child *child = children_at(sup, i);
        if (child->state == LIFE_STARTING || child->state == LIFE_READY ||
            child->state == LIFE_DRAINING)
            tell_level(child, level);
    }
}

void
levels_set(struct supervisor *sup, enum log_level level)
{
    sup->level = level;
    spread(sup, level);
}

void
levels_reset(struct supervisor *sup)
{
    if (sup->level == 0)
        return;
    sup->level = 0;
    spread(sup, LOG_NOTICE + (enum log_level)sup->config.verbose);
}
