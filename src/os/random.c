/* random.c - see random.h
 * SPDX-License-Identifier: ISC
 */
#include "os/random.h"

#include "os/log.h"
#include "os/os.h"
#include "os/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static void
draw(void *to, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t n = sys_getrandom((char *)to + got, size - got, 0);
        if (n > 0)
            got += (size_t)n;
        else if (errno != EINTR)
            log_fatal("the kernel gives no random bytes: %s", strerror(errno));
    }
}

void
random_fill(void *to, size_t size)
{
    struct random *random = &os_used->random;
    if (size > sizeof random->block) {
        draw(to, size);
        return;
    }
    if (size > random->left) {
        draw(random->block, sizeof random->block);
        random->left = sizeof random->block;
    }
    uint8_t *from = random->block + sizeof random->block - random->left;
    memcpy(to, from, size);
    explicit_bzero(from, size);
    random->left -= size;
}

uint32_t
random_u32(void)
{
    uint32_t value;
    random_fill(&value, sizeof value);
    return value;
}

struct hash_key
random_key(void)
{
    uint8_t bytes[16];
    random_fill(bytes, sizeof bytes);
    struct hash_key key = hash_key_from(bytes);
    explicit_bzero(bytes, sizeof bytes);
    return key;
}
