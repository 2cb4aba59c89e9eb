/* attest_elf.c - the notes of an executable
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_elf.h"

#include "base/bytes.h"

#include <elf.h>
#include <string.h>

#define HEADERS_MOST 64 /* of segments; a linker makes about fifteen */
#define LINKED_TYPE  1
#define OWNER        "penstock"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
               "one of the two orders of an ELF file");
static const unsigned char own_order =
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

/* Numbers of an ELF file are in the machine's own order. */
static void
get(struct bytes_reader *r, void *to, size_t size)
{
    const uint8_t *view = bytes_get_view(r, size);
    if (view != NULL)
        memcpy(to, view, size);
    else
        memset(to, 0, size);
}

/* A name or a value, and what fills it up to a multiple of four. */
static const uint8_t *
get_padded(struct bytes_reader *r, uint32_t size)
{
    const uint8_t *view = bytes_get_view(r, size);
    for (uint32_t rest = size; view != NULL && rest % 4 != 0 && bytes_left(r) > 0; rest++)
        bytes_skip(r, 1);
    return view;
}

static void
take_note(struct attest_elf *elf, const Elf64_Nhdr *note, const uint8_t *name, const uint8_t *value)
{
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == sizeof "GNU" &&
        memcmp(name, "GNU", sizeof "GNU") == 0 && note->n_descsz <= ATTEST_ELF_BUILD_MAX) {
        elf->build_bytes = note->n_descsz;
        memcpy(elf->build, value, note->n_descsz);
    }
    if (note->n_type == LINKED_TYPE && note->n_namesz == sizeof OWNER &&
        memcmp(name, OWNER, sizeof OWNER) == 0 && note->n_descsz < ATTEST_ELF_LINKED_MAX) {
        memcpy(elf->linked, value, note->n_descsz);
        elf->linked[note->n_descsz] = '\0';
    }
}

static void
read_notes(struct attest_elf *elf, const void *bytes, size_t size)
{
    struct bytes_reader r = bytes_reader(bytes, size);
    while (bytes_left(&r) >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        get(&r, &note, sizeof note);
        const uint8_t *name = get_padded(&r, note.n_namesz);
        const uint8_t *value = name == NULL ? NULL : get_padded(&r, note.n_descsz);
        if (value == NULL)
            break;
        take_note(elf, &note, name, value);
    }
}

enum status
attest_elf_read(const void *head, size_t size, struct attest_elf *elf)
{
    struct bytes_reader r = bytes_reader(head, size);
    Elf64_Ehdr file;
    *elf = (struct attest_elf){0};
    get(&r, &file, sizeof file);
    if (r.failed || memcmp(file.e_ident, ELFMAG, SELFMAG) != 0 ||
        file.e_ident[EI_CLASS] != ELFCLASS64 || file.e_ident[EI_DATA] != own_order ||
        file.e_phentsize != sizeof(Elf64_Phdr) || file.e_phnum > HEADERS_MOST)
        return STATUS_INVALID;
    if (file.e_phoff > size)
        return STATUS_INVALID;
    bytes_seek(&r, (size_t)file.e_phoff);
    for (unsigned i = 0; i < file.e_phnum; i++) {
        Elf64_Phdr segment;
        get(&r, &segment, sizeof segment);
        if (r.failed)
            return STATUS_INVALID;
        if (segment.p_type != PT_NOTE || segment.p_offset > size ||
            segment.p_filesz > size - segment.p_offset)
            continue;
        struct bytes_reader at = bytes_reader(head, size);
        bytes_seek(&at, (size_t)segment.p_offset);
        read_notes(elf, bytes_get_view(&at, (size_t)segment.p_filesz), (size_t)segment.p_filesz);
    }
    return STATUS_OK;
}
