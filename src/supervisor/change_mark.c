/* change_mark.c - see change_mark.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/change_mark.h"

#include "base/hash.h"
#include "os/sys.h"
#include "supervisor/reread.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* Hashed under the mark before, no secret: who can choose these numbers can as well write the files. */
static void
add_file(void *context, const char *setting, const char *path)
{
    uint64_t *mark = context;
    struct stat file;
    uint64_t words[7] = {0};
    (void)setting;
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0 && sys_fstat(fd, &file) == 0) {
        words[0] = file.st_dev;
        words[1] = file.st_ino;
        words[2] = (uint64_t)file.st_size;
        words[3] = (uint64_t)file.st_mtim.tv_sec;
        words[4] = (uint64_t)file.st_mtim.tv_nsec;
        words[5] = (uint64_t)file.st_ctim.tv_sec; /* who writes can set the other one back */
        words[6] = (uint64_t)file.st_ctim.tv_nsec;
    } else {
        words[0] = (uint64_t)errno;
    }
    struct hash_key key = {.k0 = *mark};
    *mark = hash_siphash13_words(&key, words, sizeof words / sizeof words[0]);
    if (fd >= 0)
        sys_close(fd);
}

uint64_t
change_mark(const struct options *options, const struct config *config)
{
    uint64_t mark = 0;
    reread_each(options, config, add_file, &mark);
    return mark != 0 ? mark : 1;
}
