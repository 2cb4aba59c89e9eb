/* pin_show.c - `penstock pin`: what an upstream shows, as configuration to paste
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/pin_show.h"

#include "conf/pin.h"
#include "supervisor/executables.h"
#include "supervisor/jail.h"
#include "supervisor/look.h"

#include <stdio.h>

#define WARNING                                                                                    \
    "# These are the keys that %s showed to this machine just now. A first look is not proof:\n"   \
    "# whoever sits between here and there shows its own keys. Compare them with what the\n"       \
    "# operator publishes, or look from another network, before you rely on them.\n"

static void
print_chain(const struct options *options, const struct look_chain *chain)
{
    const char *tls_name = options->pin_tls_name;
    bool has_name = tls_name[0] != '\0';
    char address[ADDR_TEXT_MAX], pin[PIN_TEXT_MAX];
    addr_format(&options->pin_address, address);
    printf(WARNING "upstreams:\n"
                   "  - name: %.63s\n"
                   "    address: \"%s\"\n",
           address, has_name ? tls_name : "upstream", address);
    if (has_name)
        printf("    tls_name: %s\n", tls_name);
    printf("    verify: %s\n"
           "    pins:\n",
           has_name ? "pin+ca" : "pin # there is no tls_name to check");
    for (unsigned i = 0; i < chain->count; i++) {
        if (i == 1)
            printf("      # Keys of issuers: any certificate of theirs would match. Add the "
                   "operator's backup\n"
                   "      # key instead, if it publishes one.\n");
        printf("      %s- \"%s\" # %s\n", i == 0 ? "" : "# ", pin_format(chain->seen[i].pin, pin),
               chain->seen[i].text);
    }
}

/* What stands before and behind the upstreams of a policy that starts as it is. */
static void
print_policy_head(void)
{
    printf("# A policy for this host alone. Check it with: penstock --check -c FILE\n"
           "listen: [\"127.0.0.1:53\", \"[::1]:53\"]\n"
           "acl:\n"
           "  # Add the prefixes of your clients, and an address of yours to listen.\n"
           "  allow: [\"127.0.0.0/8\", \"::1/128\"]\n");
}

int
pin_show_run(const struct options *options)
{
    static struct look_chain chain;
    struct config_error error;
    struct spaces spaces;
    int exec_fds[CHILD_ROLES], socket_fd = -1;
    enum status status = executables_open(exec_fds, &error);
    if (status == STATUS_OK)
        status = look_dial(&options->pin_address, &(struct addr){0}, &socket_fd, &error);
    if (status == STATUS_OK)
        status = jail_enter(NULL, NULL, exec_fds, &spaces, &error);
    if (status == STATUS_OK)
        status = look_at(&(struct look_ask){.address = &options->pin_address,
                                            .tls_name = options->pin_tls_name,
                                            .index = IPC_NO_POLICY,
                                            .spaces = &spaces},
                         exec_fds[CHILD_WORKER], socket_fd, &chain, &error);
    if (status != STATUS_OK) {
        fprintf(stderr, "penstock: %s\n", error.text);
        return OPTIONS_EXIT_FAILURE;
    }
    if (options->pin_policy)
        print_policy_head();
    print_chain(options, &chain);
    if (options->pin_policy)
        printf("tls:\n  versions: [\"1.3\"]\n");
    if (chain.problem[0] != '\0')
        fprintf(stderr, "penstock: the handshake did not end well: %s\n", chain.problem);
    return ferror(stdout) != 0 || fflush(stdout) != 0 ? OPTIONS_EXIT_FAILURE : 0;
}
