/* replay.c - run a fuzz target over files and folders, without a fuzzer
 * SPDX-License-Identifier: ISC
 *
 * usage: replay_TARGET PATH…   Prints how many inputs ran; exit 1 if there was none.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

__attribute__((weak)) void
fuzz_reached(void)
{
}

static unsigned long
run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    size_t room = 1 << 20;
    uint8_t *data = malloc(room);
    if (data == NULL)
        abort();
    size_t size = fread(data, 1, room, file);
    fclose(file);
    /* an exact copy, so that a read past the end is seen by the sanitizer */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        abort();
    for (size_t i = 0; i < size; i++)
        exact[i] = data[i];
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

static unsigned long
run_path(const char *path)
{
    struct stat st = {0}; /* the memory sanitizer of clang 14 does not see stat() write */
    if (stat(path, &st) != 0)
        return 0;
    if (!S_ISDIR(st.st_mode))
        return run_file(path);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return 0;
    unsigned long ran = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        ran += run_path(inner);
    }
    closedir(dir);
    return ran;
}

int
main(int argc, char **argv)
{
    unsigned long ran = 0;
    for (int i = 1; i < argc; i++)
        ran += run_path(argv[i]);
    fuzz_reached();
    printf("%lu inputs ran\n", ran);
    return ran > 0 ? 0 : 1;
}
