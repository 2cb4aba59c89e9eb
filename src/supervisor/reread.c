/* reread.c - see reread.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/reread.h"

#include "os/log.h"
#include "os/sys.h"
#include "supervisor/settings.h"

#include <errno.h>
#include <fcntl.h>

#define WARNING_TEXT (CONFIG_PATH_MAX + 256)

void
reread_each(const struct options *options, const struct config *config, reread_fn *each,
            void *context)
{
    each(context, "", settings_file(options));
    if (config->tls_ca_file[0] != '\0')
        each(context, "tls.ca_file: ", config->tls_ca_file);
    if (config->cookies_secret_file[0] != '\0')
        each(context, "cookies.secret_file: ", config->cookies_secret_file);
    for (uint32_t i = 0; i < config->local_block_count; i++)
        each(context, "local.block: ", config->local_block[i]);
    for (uint32_t i = 0; i < config->local_allow_count; i++)
        each(context, "local.allow: ", config->local_allow[i]);
}

struct look {
    const struct config *config;
    reread_test *is_forbidden;
    FILE *to;
    unsigned count;
};

/* As a reload opens it; the other end of a pipe is not waited for. */
bool
reread_is_forbidden(const char *path)
{
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno == EACCES;
    sys_close(fd);
    return false;
}

static void
look_at(void *context, const char *key, const char *path)
{
    struct look *look = context;
    char text[WARNING_TEXT];
    if ((path == look->config->tls_ca_file && !settings_needs_ca(look->config)) ||
        !look->is_forbidden(path))
        return;
    snprintf(
        text, sizeof text,
        "%s%s: root can read it and the account \"%s\" cannot: a start works, and every reload "
        "is refused",
        key, path, look->config->user);
    if (look->to == NULL)
        log_write(LOG_WARNING, LOG_CONFIG, "%s", text);
    else
        fprintf(look->to, "%s\n", text);
    look->count++;
}

unsigned
reread_warnings(const struct options *options, const struct config *config,
                reread_test *is_forbidden, FILE *to)
{
    struct look look = {.config = config, .is_forbidden = is_forbidden, .to = to};
    reread_each(options, config, look_at, &look);
    return look.count;
}
