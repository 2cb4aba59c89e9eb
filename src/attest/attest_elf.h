/* attest_elf.h - the notes of an executable
 * SPDX-License-Identifier: ISC
 *
 * What: finds in the first octets of an ELF file its build id, and the note that lists the libraries
 *       which the build linked into it. Whatever the octets are, nothing outside of them is read.
 * Who:  attest_executable.c. Pure.
 * Ref:  elf(5); src/meson.build.
 */
#pragma once

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define ATTEST_ELF_HEAD_BYTES (64U << 10) /* of a file; the notes stand right behind its headers */
#define ATTEST_ELF_BUILD_MAX  64
#define ATTEST_ELF_LINKED_MAX 1024

struct attest_elf {
    size_t build_bytes; /* 0: it has no build id */
    uint8_t build[ATTEST_ELF_BUILD_MAX];
    char linked[ATTEST_ELF_LINKED_MAX]; /* "name version" a line; "": there is no such note */
};

/**
 * @param head  borrowed for the call
 * @param size  up to ATTEST_ELF_HEAD_BYTES
 * @return STATUS_OK; STATUS_INVALID: no 64-bit ELF file of this machine's order of octets
 */
MUST_CHECK enum status attest_elf_read(const void *head, size_t size, struct attest_elf *elf);
