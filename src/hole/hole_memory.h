/* hole_memory.h - attacks on memory: what can be found in it, and all of it
 * SPDX-License-Identifier: ISC
 *
 * What: reads what the process can read, for what the test names; takes memory and descriptors until
 *       there are no more; does nothing any more.
 * Who:  hole_attack.c, by the rows of attacks.def.
 * Ref:  docs/HOLE.md.
 */
#pragma once

#include "hole/hole_attack.h"

long hole_memory_find(struct hole_process *self);    /* how often the page's needle is there */
long hole_memory_exhaust(struct hole_process *self); /* MiB that could be had */
long hole_memory_heap(struct hole_process *self);    /* the same of the heap */
long hole_memory_grow(struct hole_process *self);    /* makes the memory of the rings longer */
long hole_memory_cut(struct hole_process *self);     /* and shorter */
long hole_memory_hang(struct hole_process *self);    /* never comes back */
