/* change_mark.c - see change_mark.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/change_mark.h"

#include "conf/config.h"
#include "os/sys.h"
#include "supervisor/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* FNV-1a, of 64 bits: who can choose these numbers can as well write the files. */
#define FNV_BEGIN 0xcbf29ce484222325U
#define FNV_PRIME 0x100000001b3U

static void
add(uint64_t *mark, uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        *mark = (*mark ^ (number >> shift & 0xff)) * FNV_PRIME;
}

static void
add_file(uint64_t *mark, const char *path)
{
    struct stat file;
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0 && sys_fstat(fd, &file) == 0) {
        add(mark, file.st_dev);
        add(mark, file.st_ino);
        add(mark, (uint64_t)file.st_size);
        add(mark, (uint64_t)file.st_mtim.tv_sec);
        add(mark, (uint64_t)file.st_mtim.tv_nsec);
    } else {
        add(mark, (uint64_t)errno);
    }
    if (fd >= 0)
        sys_close(fd);
}

uint64_t
change_mark(const struct options *options, const struct config *config)
{
    uint64_t mark = FNV_BEGIN;
    add_file(&mark, settings_file(options));
    if (config->tls_ca_file[0] != '\0')
        add_file(&mark, config->tls_ca_file);
    for (uint32_t i = 0; i < config->local_block_count; i++)
        add_file(&mark, config->local_block[i]);
    for (uint32_t i = 0; i < config->local_allow_count; i++)
        add_file(&mark, config->local_allow[i]);
    return mark != 0 ? mark : 1;
}
