/* fuzz_list_line.c - a line of a list gives names of its own text only, and none but of names
 * SPDX-License-Identifier: ISC
 *
 * Invariants: a line gives a name exactly if its kind says so; each name lies within the line, has
 * only the characters of a name, and alone on a line it is that name again; a line that a page
 * rule's mark stands in right behind a name gives none.
 */
#include "answers/list_line.h"

#include "fuzz.h"

static void
check_name(const char *name, size_t size)
{
    struct list_line again;
    const char *same = name;
    size_t same_size = 0;
    must(size > 0);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)name[i];
        must(c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
             c == '-' || c == '_' || c == '.');
    }
    list_line_read(name, size, &again);
    must(again.kind == LIST_NAMES && list_line_next(&again, &same, &same_size));
    must(same_size == size || same_size + 1 == size); /* a second dot at its end */
    must(memcmp(same, name, same_size) == 0 && !list_line_next(&again, &same, &same_size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct list_line read;
    const char *line = (const char *)data, *name;
    size_t name_size, count = 0;
    list_line_read(line, size, &read);
    must(read.kind < LIST_KINDS && list_line_kind_text(read.kind) != NULL);
    bool has_names = read.kind == LIST_NAMES || read.kind == LIST_EXCEPTIONS;
    bool is_cosmetic = size > 5 && memcmp(line, "a.b##", 5) == 0;
    while (list_line_next(&read, &name, &name_size)) {
        must(name >= line && name + name_size <= line + size);
        check_name(name, name_size);
        count++;
    }
    must(has_names == (count > 0));
    must(!is_cosmetic || !has_names);
    return 0;
}
