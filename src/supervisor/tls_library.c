/* tls_library.c - which TLS library this is built with, and which one it runs with
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/tls_library.h"

#include "os/log.h"

#include <stdlib.h>
#include <string.h>

/* the first of 3.6 without CVE-2026-115490 */
#define FIXED_MAJOR 3U
#define FIXED_MINOR 6U
#define FIXED_PATCH 8U

const char *
tls_library_built(void)
{
    return PENSTOCK_TLS_LIBRARY;
}

/* The three numbers behind the last blank. @return false: there are none */
static bool
read_version(const char *library, unsigned long numbers[3])
{
    const char *at = strrchr(library, ' ');
    for (unsigned i = 0; i < 3 && at != NULL; i++) {
        char *end;
        numbers[i] = strtoul(at + 1, &end, 10);
        if (end == at + 1 || (i < 2 && *end != '.'))
            return false;
        at = end;
    }
    return at != NULL;
}

static bool
is_before_fix(const char *library)
{
    unsigned long is[3];
    static const unsigned long fixed[3] = {FIXED_MAJOR, FIXED_MINOR, FIXED_PATCH};
    if (!read_version(library, is))
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (is[i] != fixed[i])
            return is[i] < fixed[i];
    return false;
}

unsigned
tls_library_warnings(const struct config *config, const char *library, FILE *to)
{
    if (config->tls_versions != (CONFIG_TLS12 | CONFIG_TLS13) || !is_before_fix(library))
        return 0;
    fprintf(to,
            "tls.versions: 1.2 and 1.3 are allowed together, and %s is older than %u.%u.%u, which "
            "mends CVE-2026-115490; penstock refuses what that needs, but allow 1.3 alone, or "
            "update\n",
            library, FIXED_MAJOR, FIXED_MINOR, FIXED_PATCH);
    return 1;
}

void
tls_library_reported(struct supervisor *sup, const char *library)
{
    char *text = NULL;
    size_t size = 0, length = strnlen(library, sizeof sup->tls_library - 1);
    if (strcmp(sup->tls_library, library) == 0)
        return;
    memcpy(sup->tls_library, library, length);
    sup->tls_library[length] = '\0';
    if (strcmp(library, tls_library_built()) != 0)
        log_write(LOG_NOTICE, LOG_CONFIG, "workers run with %s; this was built with %s", library,
                  tls_library_built());
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        return;
    unsigned count = tls_library_warnings(&sup->config, library, to);
    if (fclose(to) != 0 || text == NULL)
        return;
    text[strcspn(text, "\n")] = '\0';
    if (count > 0)
        log_write(LOG_WARNING, LOG_CONFIG, "%s", text);
    free(text);
}
