/* test_attest_elf.c - tests of attest_elf
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_elf.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <string.h>

struct image {
    Elf64_Ehdr file;
    Elf64_Phdr segment;
    uint8_t notes[96];
};

static size_t
add(uint8_t *at, uint32_t type, const char *owner, const void *value, uint32_t size)
{
    Elf64_Nhdr note = {.n_namesz = (uint32_t)strlen(owner) + 1, .n_descsz = size, .n_type = type};
    size_t name = (note.n_namesz + 3U) & ~3U;
    memcpy(at, &note, sizeof note);
    memcpy(at + sizeof note, owner, note.n_namesz);
    memcpy(at + sizeof note + name, value, size);
    return sizeof note + name + ((size + 3U) & ~3U);
}

static struct image
image(void)
{
    struct image image = {0};
    memcpy(image.file.e_ident, ELFMAG, SELFMAG);
    image.file.e_ident[EI_CLASS] = ELFCLASS64;
    image.file.e_ident[EI_DATA] =
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    image.file.e_phoff = sizeof image.file;
    image.file.e_phentsize = sizeof image.segment;
    image.file.e_phnum = 1;
    size_t size = add(image.notes, 1, "penstock", "Mbed-TLS 3.6.2\n", 15);
    size += add(image.notes + size, NT_GNU_BUILD_ID, "GNU", "\x01\x02\xab", 3);
    image.segment = (Elf64_Phdr){
        .p_type = PT_NOTE, .p_offset = offsetof(struct image, notes), .p_filesz = size};
    return image;
}

Test(attest_elf, finds_build_id_and_libraries)
{
    struct image whole = image();
    struct attest_elf elf;
    cr_assert_eq(attest_elf_read(&whole, sizeof whole, &elf), STATUS_OK);
    cr_expect_str_eq(elf.linked, "Mbed-TLS 3.6.2\n");
    cr_assert_eq(elf.build_bytes, 3);
    cr_expect_arr_eq(elf.build, "\x01\x02\xab", 3);
}

Test(attest_elf, has_no_notes_of_what_is_cut_off_or_is_no_such_file)
{
    struct image whole = image();
    struct attest_elf elf;
    for (size_t size = 0; size < whole.segment.p_offset + whole.segment.p_filesz; size++) {
        uint8_t copy[sizeof whole]; /* of its own size, so that a step too far is seen */
        memcpy(copy, &whole, size);
        (void)!attest_elf_read(copy, size, &elf);
        cr_expect_eq(elf.build_bytes, 0);
    }
    whole.file.e_ident[EI_CLASS] = ELFCLASS32;
    cr_expect_eq(attest_elf_read(&whole, sizeof whole, &elf), STATUS_INVALID);
}

Test(attest_elf, believes_no_size)
{
    struct attest_elf elf;
    for (size_t at = 0; at < sizeof(struct image); at++) {
        struct image whole = image();
        ((uint8_t *)&whole)[at] = 0xff;
        (void)!attest_elf_read(&whole, sizeof whole, &elf);
        cr_expect_leq(elf.build_bytes, ATTEST_ELF_BUILD_MAX);
        cr_expect_lt(strlen(elf.linked), ATTEST_ELF_LINKED_MAX);
    }
}
