/* attest_later.c - see attest_later.h
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_later.h"

#include "attest/attest_elf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct head {
    uint8_t sum[32];
    size_t size;
    void *bytes; /* owned */
} heads[ATTEST_LATER_FILES_MOST];
static size_t heads_count;

static struct row {
    json_t *row, *libraries; /* a reference of ours each; NULL: none */
    size_t head;
} rows[ATTEST_LATER_ROWS_MOST];
static size_t rows_count;

/* @return its place; ATTEST_LATER_FILES_MOST: there is no room */
static size_t
keep(const uint8_t sum[32], const void *bytes, size_t size)
{
    for (size_t i = 0; i < heads_count; i++)
        if (memcmp(heads[i].sum, sum, sizeof heads[i].sum) == 0)
            return i;
    void *copy = heads_count < ATTEST_LATER_FILES_MOST ? malloc(size + 1) : NULL;
    if (copy == NULL)
        return ATTEST_LATER_FILES_MOST;
    memcpy(copy, bytes, size);
    heads[heads_count] = (struct head){.size = size, .bytes = copy};
    memcpy(heads[heads_count].sum, sum, sizeof heads[heads_count].sum);
    return heads_count++;
}

bool
attest_later_add(json_t *row, json_t *libraries, const uint8_t sum[32], const void *head,
                 size_t size)
{
    size_t place =
        rows_count < ATTEST_LATER_ROWS_MOST ? keep(sum, head, size) : ATTEST_LATER_FILES_MOST;
    if (place == ATTEST_LATER_FILES_MOST)
        return false;
    rows[rows_count++] =
        (struct row){.row = json_incref(row), .libraries = json_incref(libraries), .head = place};
    return true;
}

static json_t *
build_id(const struct attest_elf *elf)
{
    char text[2 * ATTEST_ELF_BUILD_MAX + 1] = "";
    for (size_t i = 0; i < elf->build_bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", elf->build[i]);
    return elf->build_bytes > 0 ? json_string(text) : json_null();
}

/* What the build says that it linked in: "name version" a line. */
static void
add_linked(json_t *libraries, char *linked)
{
    char *rest = linked;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        char *version = strchr(line, ' ');
        if (version == NULL)
            continue;
        *version++ = '\0';
        json_t *row = json_pack("{s:s, s:s}", "version", version, "linked", "static");
        if (row != NULL) /* NULL: not UTF-8 */
            json_object_set_new(libraries, line, row);
    }
}

void
attest_later_read(void)
{
    for (size_t i = 0; i < rows_count; i++) {
        const struct head *head = &heads[rows[i].head];
        struct attest_elf elf;
        if (attest_elf_read(head->bytes, head->size, &elf) != STATUS_OK)
            elf = (struct attest_elf){0}; /* a library of another kind has no notes for us */
        json_object_set_new(rows[i].row, "build_id", build_id(&elf));
        if (rows[i].libraries != NULL)
            add_linked(rows[i].libraries, elf.linked);
    }
    attest_later_forget();
}

void
attest_later_forget(void)
{
    for (size_t i = 0; i < rows_count; i++) {
        json_decref(rows[i].row);
        json_decref(rows[i].libraries);
    }
    for (size_t i = 0; i < heads_count; i++)
        free(heads[i].bytes);
    rows_count = heads_count = 0;
}
