/* build_id.c - see build_id.h
 * SPDX-License-Identifier: ISC
 */
#include "os/build_id.h"

#include "base/hex.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OWNER "GNU"

static size_t
padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* Is it a build id that `text` has room for? */
static void
take_note(const ElfW(Nhdr) * note, const uint8_t *name, const uint8_t *value,
          char text[BUILD_ID_MAX])
{
    if (note->n_type != NT_GNU_BUILD_ID || note->n_namesz != sizeof OWNER ||
        memcmp(name, OWNER, sizeof OWNER) != 0 || note->n_descsz > (BUILD_ID_MAX - 1) / 2)
        return;
    hex_write(value, note->n_descsz, text);
}

static void
read_notes(const uint8_t *notes, size_t size, char text[BUILD_ID_MAX])
{
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, notes, sizeof note);
        size_t name = padded(note.n_namesz), whole = sizeof note + name + padded(note.n_descsz);
        if (whole > size)
            return;
        take_note(&note, notes + sizeof note, notes + sizeof note + name, text);
        notes += whole;
        size -= whole;
    }
}

/* The first object that is told of is the program itself. */
static int
look(struct dl_phdr_info *object, size_t size, void *text)
{
    (void)size;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type == PT_NOTE) /* mapped by the kernel, at an address that it chose */
            read_notes((const uint8_t *)(uintptr_t)(object->dlpi_addr + part->p_vaddr),
                       part->p_filesz, text);
    }
    return 1;
}

const char *
build_id(char text[BUILD_ID_MAX])
{
    text[0] = '\0';
    (void)dl_iterate_phdr(look, text);
    return text;
}
