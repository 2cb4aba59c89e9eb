/* test_bpf_text.c - tests of bpf_text
 * SPDX-License-Identifier: ISC
 */
#include "base/bpf_text.h"

#include <criterion/criterion.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOW(arg) (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (arg))

static void
is(struct sock_filter in, size_t at, const char *expected)
{
    char text[BPF_TEXT_MAX];
    cr_expect_str_eq(bpf_text_line(&in, at, text), expected);
}

Test(bpf_text, names_the_fields_that_are_loaded)
{
    is((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), 7, "load call");
    is((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), 7, "load arch");
    is((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8), 7, "load [8]");
    is((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 17), 7, "load [17]");
    is((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW(6)), 7, "load [64]");
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        is((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW(0)), 7, "load arg0.low");
        is((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW(5) + 4), 7, "load arg5.high");
    }
}

Test(bpf_text, says_where_a_jump_leads)
{
    is((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 41, 2, 0), 10,
       "if = 0x29 go to 13 else 11");
    is((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 255), 0,
       "if >= 0x40000000 go to 1 else 256");
    is((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, UINT32_MAX, 255, 255), 4000,
       "if has a bit of 0xffffffff go to 4256 else 4256");
    is((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 300), 10, "go to 311");
}

Test(bpf_text, names_what_is_done_with_a_call)
{
    is((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), 0, "return: allow");
    is((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), 0,
       "return: kill the process");
    is((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 38), 0,
       "return: errno 38");
    /* not the same filter, though the kernel does the same */
    is((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW | 1), 0,
       "return: 0x7fff0001");
}

Test(bpf_text, what_has_no_name_is_shown_as_numbers)
{
    is((struct sock_filter){BPF_RET | BPF_A, 0, 0, 0}, 0, "code 0x16, 0, 0, 0x0");
    is((struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 1, 0, 0}, 0, "code 0x20, 1, 0, 0x0");
    is((struct sock_filter){UINT16_MAX, UINT8_MAX, UINT8_MAX, UINT32_MAX}, 0,
       "code 0xffff, 255, 255, 0xffffffff");
}

Test(bpf_text, no_two_instructions_have_the_same_text)
{
    static const uint32_t values[] = {
        0, 1, 4, 8, 16, 20, 60, 64, 255, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_THREAD | 3};
    static char seen[20000][BPF_TEXT_MAX];
    size_t count = 0;
    for (unsigned code = 0; code < 256; code++)
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++)
            for (unsigned jumps = 0; jumps < 4; jumps++) {
                struct sock_filter in = {(uint16_t)code, (uint8_t)(jumps & 1),
                                         (uint8_t)(jumps >> 1), values[k]};
                cr_assert_lt(count, 20000);
                bpf_text_line(&in, 100, seen[count++]);
            }
    qsort(seen, count, sizeof seen[0], (int (*)(const void *, const void *))strcmp);
    for (size_t i = 1; i < count; i++)
        cr_expect_str_neq(seen[i - 1], seen[i]);
}
