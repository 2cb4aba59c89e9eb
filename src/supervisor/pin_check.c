/* pin_check.c - `penstock pin --check`: would a worker trust the live servers, and by which pin?
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/pin_check.h"

#include "conf/pin.h"
#include "os/memory.h"
#include "supervisor/executables.h"
#include "supervisor/jail.h"
#include "supervisor/settings.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct pin_check_match
pin_check_compare(const struct config_upstream *upstream, const struct look_chain *chain)
{
    struct pin_check_match match = {.pin = -1};
    for (uint32_t pin = 0; pin < upstream->pins_count && match.pin < 0; pin++)
        if (memcmp(chain->vouches, upstream->pins[pin], CONFIG_PIN_BYTES) == 0)
            match.pin = (int)pin;
    /* an anchor of ours need not be sent: then the depth is past the last that was */
    while (match.pin >= 0 && match.depth < chain->count &&
           memcmp(chain->seen[match.depth].pin, chain->vouches, CONFIG_PIN_BYTES) != 0)
        match.depth++;
    return match;
}

/* @return would a worker trust the server? */
static bool
report(const struct config_upstream *upstream, const struct look_chain *chain)
{
    char key[PIN_TEXT_MAX], pin[PIN_TEXT_MAX];
    const struct look_seen *own = &chain->seen[0];
    struct pin_check_match match = pin_check_compare(upstream, chain);
    pin_format(own->pin, key);
    if (!chain->complete || chain->problem[0] != '\0') {
        const char *why = chain->problem[0] != '\0' ? chain->problem : "the worker ended too soon";
        bool is_told = strstr(why, key) != NULL; /* where no pin matches, the key is the reason */
        printf("%s: not trusted: %s%s%s # %s\n", upstream->name, why,
               is_told ? "" : "; the server's key is ", is_told ? "" : key, own->text);
        return false;
    }
    if (upstream->verify == CONFIG_VERIFY_CA) {
        printf("%s: trusted by its CA and name, no pin is asked for (verify: ca); the server's key "
               "is %s # %s\n",
               upstream->name, key, own->text);
        return true;
    }
    if (match.pin < 0) { /* no worker of ours trusts without one */
        printf("%s: not trusted: no pin of %u vouches\n", upstream->name, upstream->pins_count);
        return false;
    }
    printf("%s: pin %d of %u matches %s: %s # %s\n", upstream->name, match.pin + 1,
           upstream->pins_count, match.depth == 0 ? "the server's key" : "an issuer's key",
           pin_format(upstream->pins[match.pin], pin),
           match.depth < chain->count ? chain->seen[match.depth].text : "a CA of tls.ca_file");
    if (upstream->pins_count == 1)
        printf("%s: there is no backup pin: a change of key is an outage\n", upstream->name);
    else if (match.pin > 0 && (uint32_t)match.pin + 1 == upstream->pins_count)
        printf("%s: the last pin is in use: put the next backup key behind it\n", upstream->name);
    return true;
}

static enum status
look_once(const struct look_ask *ask, int exec_fd, struct look_chain *chain,
          struct config_error *error)
{
    int fd = -1;
    enum status status = look_dial(ask->address, &ask->source, &fd, error);
    if (status == STATUS_OK)
        status = look_at(ask, exec_fd, fd, chain, error);
    if (fd >= 0)
        close(fd);
    return status;
}

static bool
check_one(const struct config *config, uint32_t index, int exec_fd, const struct spaces *spaces,
          const int fds[IPC_FDS_MAX])
{
    static struct look_chain chain;
    struct config_error error;
    const struct config_upstream *upstream = &config->upstreams[index];
    struct look_ask ask = {.address = &upstream->address,
                           .source = upstream->source,
                           .tls_name = "",
                           .index = index,
                           .spaces = spaces,
                           .policy_fds = {fds[0], fds[1], fds[2]}};
    enum status status = look_once(&ask, exec_fd, &chain, &error);
    ask.versions = CONFIG_TLS12; /* as a worker does, for the same reasons */
    if (status == STATUS_OK && chain.wants_12)
        status = look_once(&ask, exec_fd, &chain, &error);
    if (status == STATUS_OK)
        return report(upstream, &chain);
    printf("%s: %s\n", upstream->name, error.text);
    return false;
}

/* What a worker gets before it begins: its configuration, a page for its statistics, the CAs. */
static enum status
share_policy(const struct config *config, int fds[IPC_FDS_MAX], struct config_error *error)
{
    int config_fds[CHILD_ROLES];
    enum status status = settings_load_ca(config, &fds[2], error);
    if (status != STATUS_OK)
        return status;
    status = settings_share(config, config_fds);
    if (status == STATUS_OK)
        status = memory_share("penstock-stats", NULL, sizeof(struct stats_page), false, &fds[1]);
    if (status != STATUS_OK)
        snprintf(error->text, sizeof error->text, "cannot start: %s", strerror(errno));
    fds[0] = config_fds[CHILD_WORKER];
    return status;
}

int
pin_check_run(const struct options *options)
{
    static struct config config;
    static struct config_errors wrong;
    struct config_error error;
    struct spaces spaces;
    int exec_fds[CHILD_ROLES], fds[IPC_FDS_MAX] = {-1, -1, -1};
    bool has_file = false;
    enum status status = settings_load(options, &has_file, &config, &wrong);
    if (status != STATUS_OK)
        config_errors_line(&wrong, &error);
    if (status == STATUS_OK)
        status = share_policy(&config, fds, &error);
    int exit_code = status == STATUS_OK ? OPTIONS_EXIT_FAILURE : OPTIONS_EXIT_CONFIG;
    if (status == STATUS_OK)
        status = executables_open(exec_fds, &error);
    if (status == STATUS_OK)
        status = jail_enter(&config, NULL, exec_fds, &spaces, &error);
    if (status != STATUS_OK) {
        fprintf(stderr, "penstock: %s\n", error.text);
        return exit_code;
    }
    unsigned looked = 0, failed = 0;
    for (uint32_t i = 0; i < config.upstreams_count; i++) {
        const char *name = options->pin_upstream;
        if (name != NULL && strcmp(name, config.upstreams[i].name) != 0)
            continue;
        looked++;
        failed += !check_one(&config, i, exec_fds[CHILD_WORKER], &spaces, fds);
    }
    if (looked == 0)
        fprintf(stderr, "penstock: no upstream is called \"%.128s\"\n", options->pin_upstream);
    bool is_told = ferror(stdout) == 0 && fflush(stdout) == 0;
    return is_told && looked > 0 && failed == 0 ? 0 : OPTIONS_EXIT_FAILURE;
}
