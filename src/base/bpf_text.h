/* bpf_text.h - a system call filter as text, one instruction a line
 * SPDX-License-Identifier: ISC
 *
 * What: what a classic-BPF instruction does, by the names of the fields that it loads and of the
 *       actions that it returns. Each instruction has a text of its own, from which it can be made
 *       again; those that libseccomp has no use for are shown as numbers.
 * Who:  who shows filters. Pure.
 * Ref:  seccomp(2); linux/filter.h.
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#define BPF_TEXT_MAX 64 /* of a line with its NUL */

/**
 * @param in  borrowed; instruction `at` of its program, from which jumps count
 * @return `text`, without a newline
 */
const char *bpf_text_line(const struct sock_filter *in, size_t at, char text[BPF_TEXT_MAX]);
