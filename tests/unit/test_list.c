/* test_list.c - tests of list
 * SPDX-License-Identifier: ISC
 */
#include "base/list.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

#define ELEMENTS 40
#define LISTS    3

struct element {
    uint64_t value;
    struct list_links links;
    uint32_t rest;
};

/* Forwards, backwards and by its ends a list is what `expected` says. */
static void
expect(const struct list *list, struct list_table table, const uint32_t *expected, uint32_t count)
{
    uint32_t at = 0, back = count;
    for (uint32_t i = list_first(list); i != LIST_NONE; i = list_next(list, table, i)) {
        cr_assert_lt(at, count);
        cr_assert_eq(i, expected[at++]);
        cr_assert(list_has(table, i));
    }
    cr_assert_eq(at, count);
    for (uint32_t i = list_last(list, table); i != LIST_NONE; i = list_previous(list, table, i))
        cr_assert_eq(i, expected[--back]);
    cr_assert_eq(back, 0);
}

Test(list, zeroed_memory_is_an_empty_list)
{
    struct element elements[3] = {0};
    struct list_table table = LIST_TABLE(elements, links);
    struct list list = {0};
    expect(&list, table, NULL, 0);
    cr_assert_eq(list_pop(&list, table), LIST_NONE);
    cr_assert_not(list_has(table, 1));
    list_turn(&list, table);
    expect(&list, table, NULL, 0);
}

Test(list, keeps_the_order_in_which_elements_came)
{
    struct element elements[5] = {0};
    struct list_table table = LIST_TABLE(elements, links);
    struct list list = {0};
    list_push(&list, table, 3);
    list_push(&list, table, 1);
    list_push_first(&list, table, 4);
    list_insert(&list, table, 2, 1);
    expect(&list, table, (uint32_t[]){4, 3, 2, 1}, 4);
    list_turn(&list, table);
    expect(&list, table, (uint32_t[]){3, 2, 1, 4}, 4);
    cr_assert_eq(list_pop(&list, table), 3);
    cr_assert_not(list_has(table, 3));
    expect(&list, table, (uint32_t[]){2, 1, 4}, 3);
}

Test(list, takes_an_element_out_once)
{
    struct element elements[4] = {0};
    struct list_table table = LIST_TABLE(elements, links);
    struct list list = {0};
    for (uint32_t i = 1; i < 4; i++)
        list_push(&list, table, i);
    list_remove(&list, table, 2);
    list_remove(&list, table, 2);
    expect(&list, table, (uint32_t[]){1, 3}, 2);
    list_remove(&list, table, 3);
    list_remove(&list, table, 1);
    expect(&list, table, NULL, 0);
    for (uint32_t i = 0; i < 4; i++)
        cr_assert(elements[i].links.previous == LIST_NONE && elements[i].links.next == LIST_NONE);
}

Test(list, touches_nothing_but_the_links)
{
    struct element elements[ELEMENTS + 1], before[ELEMENTS + 1];
    memset(elements, 0x5a, sizeof elements);
    for (uint32_t i = 0; i <= ELEMENTS; i++)
        elements[i].links = (struct list_links){0};
    memcpy(before, elements, sizeof elements);
    struct list_table table = LIST_TABLE(elements, links);
    struct list list = {0};
    for (uint32_t i = 1; i <= ELEMENTS; i++)
        list_push(&list, table, i);
    while (list_pop(&list, table) != LIST_NONE)
        ;
    cr_assert_arr_eq(elements, before, sizeof elements);
}

/* --- against arrays --- */

struct model {
    uint32_t order[ELEMENTS], count;
};

static uint32_t
place_in(const struct model *model, uint32_t index)
{
    uint32_t at = 0;
    while (at < model->count && model->order[at] != index)
        at++;
    return at;
}

static void
model_insert(struct model *model, uint32_t index, uint32_t at)
{
    for (uint32_t i = model->count++; i > at; i--)
        model->order[i] = model->order[i - 1];
    model->order[at] = index;
}

static void
model_remove(struct model *model, uint32_t at)
{
    model->count--;
    for (uint32_t i = at; i < model->count; i++)
        model->order[i] = model->order[i + 1];
}

static void
step(struct prng *prng, struct list *list, struct list_table table, struct model *model)
{
    uint32_t index = 1 + prng_below(prng, ELEMENTS), at = place_in(model, index);
    bool is_inside = at < model->count;
    if (prng_below(prng, 8) == 0 && model->count > 0) {
        list_turn(list, table);
        uint32_t first = model->order[0];
        model_remove(model, 0);
        model_insert(model, first, model->count);
    } else if (is_inside) {
        list_remove(list, table, index);
        model_remove(model, at);
    } else if (!list_has(table, index)) { /* in no other list */
        uint32_t to = prng_below(prng, model->count + 1);
        list_insert(list, table, index, to < model->count ? model->order[to] : LIST_NONE);
        model_insert(model, index, to);
    }
}

Test(list, several_lists_of_one_table_are_what_arrays_are)
{
    struct prng prng = prng_begin("list");
    struct element elements[ELEMENTS + 1] = {0};
    struct list_table table = LIST_TABLE(elements, links);
    struct list lists[LISTS] = {0};
    struct model models[LISTS] = {0};
    for (int i = 0; i < 20000; i++) {
        uint32_t which = prng_below(&prng, LISTS);
        step(&prng, &lists[which], table, &models[which]);
        for (uint32_t l = 0; l < LISTS; l++)
            expect(&lists[l], table, models[l].order, models[l].count);
    }
}
