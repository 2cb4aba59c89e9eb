/* sandbox_make.c - when this is built: programs of the kernel's, of the rows of every role
 * SPDX-License-Identifier: ISC
 *
 * An executable of the build alone, for the processor and C library that the rest is built for. libseccomp
 * turns rows into a program; it asks no kernel, so that the same rows make the same program wherever
 * they are built. Written is a header with an array for each role.
 */
#include "os/sandbox_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of libseccomp's levels the first that can kill a process. Once set, no kernel is asked for it. */
#define LEVEL 3

static void
check(int error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "sandbox_make: %s: %s\n", what, strerror(error));
    exit(1);
}

/* A negative number is libseccomp's name for a call that this architecture does not have. */
static void
add_rows(scmp_filter_ctx filter, const struct sandbox_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct sandbox_row *row = &table->rows[i];
        if (row->call < 0)
            continue;
        uint32_t action = row->refuse != 0 ? SCMP_ACT_ERRNO((uint32_t)row->refuse) : SCMP_ACT_ALLOW;
        check(-seccomp_rule_add_array(filter, action, row->call, row->args_count, row->args),
              row->name);
    }
}

/* @param to  a file that can be read back; the program alone is written there */
static void
make(const struct sandbox_table *table, FILE *to)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    check(filter == NULL ? ENOMEM : 0, table->name);
    check(-seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), table->name);
    add_rows(filter, table);
    /* a binary tree: calls with argument rules and kernels without the bitmap */
    check(-seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), table->name);
    check(-seccomp_export_bpf(filter, fileno(to)), table->name);
    seccomp_release(filter);
}

static void
print(const struct sandbox_table *table, FILE *from, FILE *to)
{
    struct sock_filter in;
    check(fseek(from, 0, SEEK_SET) != 0 ? errno : 0, table->name);
    fprintf(to, "\nstatic const struct sock_filter %s_program[] = {\n", table->name);
    while (fread(&in, sizeof in, 1, from) == 1)
        fprintf(to, "    {0x%02x, %u, %u, 0x%08x},\n", in.code, in.jt, in.jf, in.k);
    fputs("};\n", to);
}

int
main(int argc, char **argv)
{
    FILE *to = argc == 2 ? fopen(argv[1], "w") : NULL;
    check(to == NULL ? (argc == 2 ? errno : EINVAL) : 0, "one argument, the file to write");
    check(-seccomp_api_set(LEVEL), "seccomp_api_set");
    fputs("/* sandbox_programs.h - seccomp/<role>.def as the kernel takes it; made by "
          "os/sandbox_make.c */\n",
          to);
    for (unsigned role = 0; role < SANDBOX_ROLES; role++) {
        FILE *program = tmpfile();
        check(program == NULL ? errno : 0, "a temporary file");
        make(sandbox_rows_of((enum sandbox_role)role), program);
        print(sandbox_rows_of((enum sandbox_role)role), program, to);
        fclose(program);
    }
    check(fclose(to) != 0 ? errno : 0, argv[1]);
    return 0;
}
