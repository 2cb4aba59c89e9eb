/* attest_code.c - see attest_code.h
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024

struct area { /* of memory, while its lines are read */
    bool is_executed, is_writable, is_of_file;
};

/* "7f00-7f10 r-xp 00000000 08:01 12   /path" @return false: it is another line */
static bool
read_head(const char *line, struct area *area, uint64_t *kib)
{
    char span[40], rights[8], number[24], name[16] = "";
    char *dash, *rest;
    if (strchr("0123456789abcdef", *line) == NULL) /* a line about the area before it: most are */
        return false;
    if (sscanf(line, "%39s %7s %*s %*s %23[0-9]%*[ ]%15[^\n]", span, rights, number, name) < 3 ||
        strlen(rights) < 4)
        return false;
    uint64_t begin = strtoull(span, &dash, 16);
    if (*dash != '-')
        return false;
    uint64_t end = strtoull(dash + 1, &rest, 16), inode = strtoull(number, NULL, 10);
    if (*rest != '\0')
        return false;
    bool is_kernels =
        inode == 0 && (strcmp(name, "[vdso]") == 0 || strcmp(name, "[vsyscall]") == 0);
    *area = (struct area){.is_executed = rights[2] == 'x' && !is_kernels,
                          .is_writable = rights[1] == 'w',
                          .is_of_file = inode != 0};
    *kib = end > begin ? (end - begin) / KIB : 0;
    return true;
}

void
attest_code_read(const char *smaps, struct attest_code *code)
{
    static const char copied[] = "Anonymous:";
    struct area area = {.is_executed = false};
    *code = (struct attest_code){0};
    for (const char *line = smaps; line != NULL && *line != '\0';
         line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1) {
        uint64_t kib;
        if (read_head(line, &area, &kib)) {
            code->writable += area.is_executed && area.is_writable ? kib : 0;
            code->anonymous += area.is_executed && !area.is_of_file ? kib : 0;
        } else if (area.is_executed && area.is_of_file &&
                   strncmp(line, copied, sizeof copied - 1) == 0) {
            code->changed += strtoull(line + sizeof copied - 1, NULL, 10);
        }
    }
}

void
attest_code_put(const struct attest_proc *proc, struct attest_value *value)
{
    struct attest_code code;
    char *text = attest_proc_read(proc, "smaps", NULL);
    if (text == NULL) {
        attest_value_put(value, "code", NULL);
        return;
    }
    attest_code_read(text, &code);
    free(text);
    attest_value_put(value, "code",
                     json_pack("{s:I, s:I, s:I}", "writable_kib", (json_int_t)code.writable,
                               "anonymous_kib", (json_int_t)code.anonymous, "changed_kib",
                               (json_int_t)code.changed));
}
