/* pin_check.c - do the live servers show keys that have a pin? See pin.h */
#include "conf/pin.h"
#include "supervisor/jail.h"
#include "supervisor/pin.h"
#include "supervisor/settings.h"
#include "supervisor/spawn.h"

#include <string.h>
#include <unistd.h>

struct pin_match
pin_compare(const struct config_upstream *upstream, const struct pin_chain *chain)
{
    for (unsigned depth = 0; depth < chain->count; depth++)
        for (uint32_t pin = 0; pin < upstream->pins_count; pin++)
            if (memcmp(chain->seen[depth].pin, upstream->pins[pin], CONFIG_PIN_BYTES) == 0)
                return (struct pin_match){.pin = (int)pin, .depth = depth};
    return (struct pin_match){.pin = -1};
}

/* @return is there a pin for what the server shows, or none asked for? */
static bool
report(const struct config_upstream *upstream, const struct pin_chain *chain)
{
    char key[PIN_TEXT_MAX], pin[PIN_TEXT_MAX];
    const struct pin_seen *own = &chain->seen[0];
    struct pin_match match = pin_compare(upstream, chain);
    pin_format(own->pin, key);
    if (upstream->verify == CONFIG_VERIFY_CA) {
        printf("%s: no pin is asked for (verify: ca); the server's key is %s # %s\n",
               upstream->name, key, own->text);
        return true;
    }
    if (match.pin < 0) {
        printf("%s: no pin of %u matches; the server's key is %s # %s\n", upstream->name,
               upstream->pins_count, key, own->text);
        return false;
    }
    printf("%s: pin %d of %u matches %s: %s # %s\n", upstream->name, match.pin + 1,
           upstream->pins_count, match.depth == 0 ? "the server's key" : "an issuer's key",
           pin_format(upstream->pins[match.pin], pin), chain->seen[match.depth].text);
    if (upstream->pins_count == 1)
        printf("%s: there is no backup pin: a change of key is an outage\n", upstream->name);
    else if (match.pin > 0 && (uint32_t)match.pin + 1 == upstream->pins_count)
        printf("%s: the last pin is in use: put the next backup key behind it\n", upstream->name);
    return true;
}

static bool
check_one(const struct config_upstream *upstream, int exec_fd)
{
    static struct pin_chain chain;
    struct config_error error;
    int fd = -1;
    enum status status = pin_dial(&upstream->address, &fd, &error);
    if (status == STATUS_OK)
        status = pin_look(&upstream->address, upstream->tls_name, exec_fd, fd, &chain, &error);
    if (fd >= 0)
        close(fd);
    if (status == STATUS_OK)
        return report(upstream, &chain);
    printf("%s: %s\n", upstream->name, error.text);
    return false;
}

int
pin_check(const struct options *options)
{
    static struct config config;
    struct config_error error;
    int exec_fds[CHILD_ROLES];
    enum status status = settings_load(options, &config, &error);
    int exit_code = status == STATUS_OK ? OPTIONS_EXIT_FAILURE : OPTIONS_EXIT_CONFIG;
    if (status == STATUS_OK)
        status = spawn_open(exec_fds, &error);
    if (status == STATUS_OK)
        status = jail_enter(&config, exec_fds, &error);
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
        failed += !check_one(&config.upstreams[i], exec_fds[CHILD_WORKER]);
    }
    if (looked == 0)
        fprintf(stderr, "penstock: no upstream is called \"%.128s\"\n", options->pin_upstream);
    bool is_told = ferror(stdout) == 0 && fflush(stdout) == 0;
    return is_told && looked > 0 && failed == 0 ? 0 : OPTIONS_EXIT_FAILURE;
}
