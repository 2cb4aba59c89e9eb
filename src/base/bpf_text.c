/* bpf_text.c - see bpf_text.h
 * SPDX-License-Identifier: ISC
 */
#include "base/bpf_text.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>

#define LOAD_WORD (BPF_LD | BPF_W | BPF_ABS)

static const char *
numbers(const struct sock_filter *in, char text[BPF_TEXT_MAX])
{
    snprintf(text, BPF_TEXT_MAX, "code 0x%x, %u, %u, 0x%x", in->code, in->jt, in->jf, in->k);
    return text;
}

#define ARGS offsetof(struct seccomp_data, args)
#define WORD sizeof(uint32_t) /* half of an argument */

/* A word of struct seccomp_data; of an argument it is one half. */
static const char *
load(const struct sock_filter *in, char text[BPF_TEXT_MAX])
{
    bool is_first = in->k / WORD % 2 == 0, low_first = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    if (in->k == offsetof(struct seccomp_data, nr))
        snprintf(text, BPF_TEXT_MAX, "load call");
    else if (in->k == offsetof(struct seccomp_data, arch))
        snprintf(text, BPF_TEXT_MAX, "load arch");
    else if (in->k >= ARGS && in->k % WORD == 0 && in->k < sizeof(struct seccomp_data))
        snprintf(text, BPF_TEXT_MAX, "load arg%u.%s", (unsigned)((in->k - ARGS) / (2 * WORD)),
                 is_first == low_first ? "low" : "high");
    else
        snprintf(text, BPF_TEXT_MAX, "load [%u]", in->k);
    return text;
}

static const char *
jump(const struct sock_filter *in, const char *relation, size_t at, char text[BPF_TEXT_MAX])
{
    snprintf(text, BPF_TEXT_MAX, "if %s 0x%x go to %zu else %zu", relation, in->k, at + 1 + in->jt,
             at + 1 + in->jf);
    return text;
}

/* What becomes of a call. */
static const char *
action(uint32_t value, char text[BPF_TEXT_MAX])
{
    uint32_t data = value & SECCOMP_RET_DATA;
    switch (value & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_KILL_PROCESS:
        snprintf(text, BPF_TEXT_MAX, "kill the process");
        break;
    case SECCOMP_RET_KILL_THREAD:
        snprintf(text, BPF_TEXT_MAX, "kill the thread");
        break;
    case SECCOMP_RET_TRAP:
        snprintf(text, BPF_TEXT_MAX, "trap");
        break;
    case SECCOMP_RET_ERRNO:
        snprintf(text, BPF_TEXT_MAX, "errno %u", data);
        return text;
    case SECCOMP_RET_USER_NOTIF:
        snprintf(text, BPF_TEXT_MAX, "notify");
        break;
    case SECCOMP_RET_TRACE:
        snprintf(text, BPF_TEXT_MAX, "trace %u", data);
        return text;
    case SECCOMP_RET_LOG:
        snprintf(text, BPF_TEXT_MAX, "log");
        break;
    case SECCOMP_RET_ALLOW:
        snprintf(text, BPF_TEXT_MAX, "allow");
        break;
    default:
        data = 1;
        break;
    }
    if (data != 0) /* nobody looks at it where the action has none */
        snprintf(text, BPF_TEXT_MAX, "0x%x", value);
    return text;
}

const char *
bpf_text_line(const struct sock_filter *in, size_t at, char text[BPF_TEXT_MAX])
{
    char name[BPF_TEXT_MAX];
    switch (in->code) {
    case BPF_JMP | BPF_JEQ | BPF_K:
        return jump(in, "=", at, text);
    case BPF_JMP | BPF_JGT | BPF_K:
        return jump(in, ">", at, text);
    case BPF_JMP | BPF_JGE | BPF_K:
        return jump(in, ">=", at, text);
    case BPF_JMP | BPF_JSET | BPF_K:
        return jump(in, "has a bit of", at, text);
    default:
        break;
    }
    if (in->jt != 0 || in->jf != 0)
        return numbers(in, text);
    switch (in->code) {
    case LOAD_WORD:
        return load(in, text);
    case BPF_ALU | BPF_AND | BPF_K:
        snprintf(text, BPF_TEXT_MAX, "and 0x%x", in->k);
        return text;
    case BPF_JMP | BPF_JA:
        snprintf(text, BPF_TEXT_MAX, "go to %zu", at + 1 + in->k);
        return text;
    case BPF_ST:
        snprintf(text, BPF_TEXT_MAX, "keep in [%u]", in->k);
        return text;
    case BPF_LD | BPF_MEM:
        snprintf(text, BPF_TEXT_MAX, "take from [%u]", in->k);
        return text;
    case BPF_RET | BPF_K:
        snprintf(text, BPF_TEXT_MAX, "return: %.32s", action(in->k, name));
        return text;
    default:
        return numbers(in, text);
    }
}
