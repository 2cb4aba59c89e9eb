/* list.h - doubly linked lists of a table's elements, named by index
 * SPDX-License-Identifier: ISC
 *
 * What: a list is a circle of which it knows the first, so that all steps take constant time and the
 *       head is one number. Elements are numbered from 1, and zeroed memory is a table in which no
 *       element is in a list. An element has one `struct list_links` for each list that it can be in
 *       at the same time.
 * Who:  front, worker, gate, answers, lane. Pure, no allocation.
 * Ref:  -
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIST_NONE 0u

struct list { /* all zero: empty */
    uint32_t first;
};

struct list_links { /* part of an element; LIST_NONE: in no list */
    uint32_t previous, next;
};

struct list_table { /* where the links of each element are */
    void *links;    /* borrowed for the call: those of element 0, which is never in a list */
    size_t stride;  /* octets from one element's links to the next one's */
};

/** The table of an array's elements whose links are `member`. */
#define LIST_TABLE(elements, member)                                                               \
    ((struct list_table){.links = &(elements)[0].member, .stride = sizeof(elements)[0]})

static inline struct list_links *
list_links_of(struct list_table table, uint32_t index)
{
    return (struct list_links *)(void *)((uint8_t *)table.links + index * table.stride);
}

/** Is the element in a list? */
static inline bool
list_has(struct list_table table, uint32_t index)
{
    return list_links_of(table, index)->next != LIST_NONE;
}

/** LIST_NONE: the list is empty. */
static inline uint32_t
list_first(const struct list *list)
{
    return list->first;
}

static inline uint32_t
list_last(const struct list *list, struct list_table table)
{
    return list->first != LIST_NONE ? list_links_of(table, list->first)->previous : LIST_NONE;
}

/** The element behind one that is in the list; LIST_NONE: it is the last. */
static inline uint32_t
list_next(const struct list *list, struct list_table table, uint32_t index)
{
    uint32_t next = list_links_of(table, index)->next;
    return next != list->first ? next : LIST_NONE;
}

/** The element before one that is in the list; LIST_NONE: it is the first. */
static inline uint32_t
list_previous(const struct list *list, struct list_table table, uint32_t index)
{
    return index != list->first ? list_links_of(table, index)->previous : LIST_NONE;
}

/**
 * Put an element before another.
 *
 * @param index   in no list
 * @param before  in the list; LIST_NONE: `index` becomes the last
 */
static inline void
list_insert(struct list *list, struct list_table table, uint32_t index, uint32_t before)
{
    struct list_links *links = list_links_of(table, index);
    if (list->first == LIST_NONE) {
        links->previous = links->next = list->first = index;
        return;
    }
    links->next = before != LIST_NONE ? before : list->first;
    struct list_links *next = list_links_of(table, links->next);
    links->previous = next->previous;
    list_links_of(table, links->previous)->next = index;
    next->previous = index;
    if (before == list->first)
        list->first = index;
}

/** Put an element at the end. @param index  in no list */
static inline void
list_push(struct list *list, struct list_table table, uint32_t index)
{
    list_insert(list, table, index, LIST_NONE);
}

/** Put an element at the beginning. @param index  in no list */
static inline void
list_push_first(struct list *list, struct list_table table, uint32_t index)
{
    list_insert(list, table, index, list->first);
}

/** Take an element out. @param index  in this list or in none: nothing happens then */
static inline void
list_remove(struct list *list, struct list_table table, uint32_t index)
{
    struct list_links *links = list_links_of(table, index), was = *links;
    if (was.next == LIST_NONE)
        return;
    links->previous = links->next = LIST_NONE;
    if (was.next == index) {
        list->first = LIST_NONE;
        return;
    }
    list_links_of(table, was.previous)->next = was.next;
    list_links_of(table, was.next)->previous = was.previous;
    if (list->first == index)
        list->first = was.next;
}

/** Take the first out. @return it; LIST_NONE: the list is empty */
static inline uint32_t
list_pop(struct list *list, struct list_table table)
{
    uint32_t first = list->first;
    if (first != LIST_NONE)
        list_remove(list, table, first);
    return first;
}

/** The first becomes the last. */
static inline void
list_turn(struct list *list, struct list_table table)
{
    if (list->first != LIST_NONE)
        list->first = list_links_of(table, list->first)->next;
}
