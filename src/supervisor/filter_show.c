/* filter_show.c - see filter_show.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/filter_show.h"

#include "base/bpf_text.h"
#include "digest/digest.h"
#include "os/sandbox_rows.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

/* What the accumulator holds before an instruction. All jumps of such a program lead forward. */
enum holds { HOLDS_NOTHING, HOLDS_CALL, HOLDS_OTHER };

struct program {
    const struct sock_filter *at; /* static */
    uint8_t holds[BPF_MAXINSNS];  /* enum holds; the kernel takes no more */
    size_t count;
    char sum[DIGEST_TEXT_MAX];
};

static void
look_at(enum sandbox_role role, struct program *program)
{
    uint8_t sum[DIGEST_BYTES];
    program->at = sandbox_filter(role)->program;
    program->count = sandbox_filter(role)->count;
    digest_of(program->at, program->count * sizeof program->at[0], sum);
    digest_text(sum, program->sum);
}

/* --- rows ------------------------------------------------------------------------------------ */

/* The rule as numbers of this architecture, which are what the kernel compares. */
static void
print_numbers(const struct sandbox_row *row, FILE *to)
{
    for (unsigned i = 0; i < row->args_count; i++) {
        const struct scmp_arg_cmp *arg = &row->args[i];
        fprintf(to, "%sarg%u", i == 0 ? "  [" : ", ", arg->arg);
        if (arg->op == SCMP_CMP_MASKED_EQ)
            fprintf(to, " & 0x%llx = 0x%llx", (unsigned long long)arg->datum_a,
                    (unsigned long long)arg->datum_b);
        else
            fprintf(to, " = 0x%llx", (unsigned long long)arg->datum_a);
    }
    if (row->args_count > 0)
        fputc(']', to);
}

static void
print_row(const struct sandbox_row *row, FILE *to)
{
    fprintf(to, "%-18s ", row->name);
    if (row->call < 0)
        fputs("not a call of this architecture", to);
    else
        fputs(row->rule[0] != '\0' ? row->rule : "always", to);
    print_numbers(row, to);
    fprintf(to, "\n                   %s\n", row->reason);
}

static void
print_rows(enum sandbox_role role, const struct program *program, FILE *to)
{
    const struct sandbox_table *table = sandbox_rows_of(role);
    fprintf(to, "%s: %zu rows; any other call kills the process\n", sandbox_name(role),
            table->count);
    fprintf(to, "filter of %zu instructions, SHA-256 %s\n\n", program->count, program->sum);
    for (size_t i = 0; i < table->count; i++)
        print_row(&table->rows[i], to);
}

/* --- instructions ---------------------------------------------------------------------------- */

static void
reach(struct program *program, size_t at, enum holds holds)
{
    if (at >= program->count)
        return;
    bool is_new = program->holds[at] == HOLDS_NOTHING;
    program->holds[at] = is_new || program->holds[at] == holds ? (uint8_t)holds : HOLDS_OTHER;
}

static void
find_calls(struct program *program)
{
    memset(program->holds, HOLDS_NOTHING, sizeof program->holds);
    for (size_t i = 0; i < program->count; i++) {
        const struct sock_filter *in = &program->at[i];
        enum holds holds = (enum holds)program->holds[i];
        if (BPF_CLASS(in->code) == BPF_LD || BPF_CLASS(in->code) == BPF_ALU)
            holds =
                in->code == (BPF_LD | BPF_W | BPF_ABS) && in->k == offsetof(struct seccomp_data, nr)
                    ? HOLDS_CALL
                    : HOLDS_OTHER;
        if (BPF_CLASS(in->code) == BPF_RET)
            continue;
        if (BPF_CLASS(in->code) != BPF_JMP) {
            reach(program, i + 1, holds);
        } else if (BPF_OP(in->code) == BPF_JA) {
            reach(program, i + 1 + in->k, holds);
        } else {
            reach(program, i + 1 + in->jt, holds);
            reach(program, i + 1 + in->jf, holds);
        }
    }
}

/* The call of that number, if the table has it. */
static const char *
call_name(const struct sandbox_table *table, uint32_t number)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].call >= 0 && (uint32_t)table->rows[i].call == number)
            return table->rows[i].name;
    return NULL;
}

static void
print_instructions(enum sandbox_role role, struct program *program, FILE *to)
{
    char text[BPF_TEXT_MAX];
    find_calls(program);
    fprintf(to, "%s: %zu instructions, SHA-256 %s\n\n", sandbox_name(role), program->count,
            program->sum);
    for (size_t i = 0; i < program->count; i++) {
        const struct sock_filter *in = &program->at[i];
        bool compares = in->code == (BPF_JMP | BPF_JEQ | BPF_K) && program->holds[i] == HOLDS_CALL;
        const char *name = compares ? call_name(sandbox_rows_of(role), in->k) : NULL;
        fprintf(to, "%4zu  %s%s%s\n", i, bpf_text_line(in, i, text), name != NULL ? "  ; " : "",
                name != NULL ? name : "");
    }
}

int
filter_show_run(const struct options *options)
{
    static struct program program;
    bool first = true;
    for (unsigned i = 0; i < SANDBOX_ROLES; i++) {
        enum sandbox_role role = (enum sandbox_role)i;
        if (options->sandbox_role != NULL && strcmp(options->sandbox_role, sandbox_name(role)) != 0)
            continue;
        look_at(role, &program);
        if (!first)
            putchar('\n');
        first = false;
        if (options->action == OPTIONS_SANDBOX_BPF)
            print_instructions(role, &program, stdout);
        else
            print_rows(role, &program, stdout);
    }
    if (fflush(stdout) == 0)
        return 0;
    fprintf(stderr, "penstock: cannot write: %s\n", strerror(errno));
    return OPTIONS_EXIT_FAILURE;
}
