/* options.c - the command line
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/options.h"

#include "os/sandbox.h"

#include <getopt.h>
#include <stdarg.h>
#include <string.h>

/* past every letter, so that an error can be told to be a long option's */
enum {
    LONG_CONFIG = 256,
    LONG_ADDRESS,
    LONG_VERBOSE,
    LONG_HELP,
    LONG_CHECK,
    LONG_STRICT,
    LONG_PRINT_CONFIG,
    LONG_VERSION,
    LONG_TLS_NAME,
    LONG_POLICY,
    LONG_TAKE_OVER,
    LONG_SANDBOX,
    LONG_SANDBOX_BPF,
    LONG_SANDBOX_SELFTEST
};

#define HOST_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

static const struct option long_options[] = {
    {"config", required_argument, NULL, LONG_CONFIG},
    {"address", required_argument, NULL, LONG_ADDRESS},
    {"verbose", no_argument, NULL, LONG_VERBOSE},
    {"take-over", no_argument, NULL, LONG_TAKE_OVER},
    {"check", no_argument, NULL, LONG_CHECK},
    {"strict", no_argument, NULL, LONG_STRICT},
    {"print-config", no_argument, NULL, LONG_PRINT_CONFIG},
    {"sandbox", no_argument, NULL, LONG_SANDBOX},
    {"sandbox-bpf", no_argument, NULL, LONG_SANDBOX_BPF},
    {"sandbox-selftest", no_argument, NULL, LONG_SANDBOX_SELFTEST},
    {"version", no_argument, NULL, LONG_VERSION},
    {"help", no_argument, NULL, LONG_HELP},
    {NULL, 0, NULL, 0},
};

static const struct option pin_options[] = {
    {"tls-name", required_argument, NULL, LONG_TLS_NAME},
    {"policy", no_argument, NULL, LONG_POLICY},
    {"check", no_argument, NULL, LONG_CHECK},
    {"config", required_argument, NULL, LONG_CONFIG},
    {"help", no_argument, NULL, LONG_HELP},
    {NULL, 0, NULL, 0},
};

static enum status __attribute__((format(printf, 2, 3)))
refuse(struct options *options, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(options->error, sizeof options->error, format, args);
    va_end(args);
    return STATUS_INVALID;
}

/* getopt's own words go to stderr before we could say anything; ours are one line. */
static enum status
refuse_option(struct options *options, int result, char **argv)
{
    char letter[3] = {'-', (char)optopt, '\0'};
    bool is_short = optopt > 0 && optopt < 256;
    const char *name = is_short ? letter : argv[optind - 1];
    if (result == ':')
        return refuse(options, "option %s needs a value", name);
    if (!is_short && optopt != 0)
        return refuse(options, "option %s takes no value", name);
    return refuse(options, "unknown option %s", name);
}

static enum status
take_pin(struct options *options, int option)
{
    switch (option) {
    case 'h':
    case LONG_HELP:
        options->action = OPTIONS_HELP;
        return STATUS_OK;
    case 'c':
    case LONG_CONFIG:
        options->file = optarg;
        return STATUS_OK;
    case LONG_CHECK:
        options->action = OPTIONS_PIN_CHECK;
        return STATUS_OK;
    case LONG_TLS_NAME:
        options->pin_tls_name = optarg;
        return STATUS_OK;
    case LONG_POLICY:
        options->pin_policy = true;
        return STATUS_OK;
    default:
        return STATUS_NONE;
    }
}

/* pin --check [-c FILE] [NAME]: what to look at is in the configuration */
static enum status
parse_pin_check(int argc, char **argv, struct options *options)
{
    if (options->pin_policy || options->pin_tls_name[0] != '\0')
        return refuse(options, "pin --check takes the name of an upstream and -c FILE, no more");
    if (argc - optind > 1)
        return refuse(options, "pin --check takes one name of an upstream at most");
    options->pin_upstream = argc > optind ? argv[optind] : NULL;
    return STATUS_OK;
}

static enum status
parse_pin(int argc, char **argv, struct options *options)
{
    int option;
    options->action = OPTIONS_PIN;
    options->pin_tls_name = "";
    optind = 0; /* glibc: start anew, with the subcommand as argv[0] */
    while ((option = getopt_long(argc, argv, ":hc:", pin_options, NULL)) != -1)
        if (take_pin(options, option) != STATUS_OK)
            return refuse_option(options, option, argv);
    if (options->action == OPTIONS_HELP)
        return STATUS_OK;
    if (options->action == OPTIONS_PIN_CHECK)
        return parse_pin_check(argc, argv, options);
    if (options->file != NULL)
        return refuse(options, "pin reads no configuration; pin --check does");
    if (argc - optind != 1)
        return refuse(options, "pin needs one ADDRESS:PORT");
    if (addr_parse(argv[optind], OPTIONS_TLS_PORT, &options->pin_address) != STATUS_OK)
        return refuse(options,
                      "\"%.128s\" is not an address like 192.0.2.1:853 or [2001:db8::1]:853",
                      argv[optind]);
    if (strlen(options->pin_tls_name) >= CONFIG_HOST_MAX)
        return refuse(options, "the TLS name is longer than %d characters", CONFIG_HOST_MAX - 1);
    if (strspn(options->pin_tls_name, HOST_CHARACTERS) != strlen(options->pin_tls_name))
        return refuse(options, "the TLS name has a character that no host name has");
    return STATUS_OK;
}

static enum status
take(struct options *options, int option)
{
    switch (option) {
    case 'c':
    case LONG_CONFIG:
        options->file = optarg;
        return STATUS_OK;
    case 'a':
    case LONG_ADDRESS:
        if (options->listen_count == CONFIG_LISTEN_MAX)
            return refuse(options, "more than %d addresses", CONFIG_LISTEN_MAX);
        options->listen[options->listen_count++] = optarg;
        return STATUS_OK;
    case 'v':
    case LONG_VERBOSE:
        options->verbose++;
        return STATUS_OK;
    case 'h':
    case LONG_HELP:
        options->action = OPTIONS_HELP;
        return STATUS_OK;
    case LONG_TAKE_OVER:
        options->take_over = true;
        return STATUS_OK;
    case LONG_CHECK:
        options->action = OPTIONS_CHECK;
        return STATUS_OK;
    case LONG_STRICT:
        options->strict = true;
        return STATUS_OK;
    case LONG_PRINT_CONFIG:
        options->action = OPTIONS_PRINT_CONFIG;
        return STATUS_OK;
    case LONG_SANDBOX:
        options->action = OPTIONS_SANDBOX;
        return STATUS_OK;
    case LONG_SANDBOX_BPF:
        options->action = OPTIONS_SANDBOX_BPF;
        return STATUS_OK;
    case LONG_SANDBOX_SELFTEST:
        options->action = OPTIONS_SANDBOX_SELFTEST;
        return STATUS_OK;
    case LONG_VERSION:
        options->action = OPTIONS_VERSION;
        return STATUS_OK;
    default:
        return STATUS_NONE;
    }
}

static bool
is_of_sandbox(enum options_action action)
{
    return action == OPTIONS_SANDBOX || action == OPTIONS_SANDBOX_BPF ||
           action == OPTIONS_SANDBOX_SELFTEST;
}

/* --sandbox [ROLE] */
static enum status
take_role(int argc, char **argv, struct options *options)
{
    enum sandbox_role role;
    if (argc - optind > 1)
        return refuse(options, "%s takes one role at most", argv[optind - 1]);
    if (sandbox_find(argv[optind], &role) != STATUS_OK)
        return refuse(options, "\"%.64s\" is no role; --sandbox shows all of them", argv[optind]);
    options->sandbox_role = argv[optind];
    return STATUS_OK;
}

enum status
options_parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){.action = OPTIONS_SERVE};
    opterr = 0;
    optind = 0;
    if (argc > 1 && strcmp(argv[1], "pin") == 0)
        return parse_pin(argc - 1, argv + 1, options);
    int option;
    while ((option = getopt_long(argc, argv, "+:c:a:vh", long_options, NULL)) != -1) {
        enum status status = take(options, option);
        if (status == STATUS_NONE)
            return refuse_option(options, option, argv);
        if (status != STATUS_OK)
            return status;
    }
    if (options->strict && options->action != OPTIONS_CHECK)
        return refuse(options, "--strict goes with --check alone");
    if (optind < argc && is_of_sandbox(options->action))
        return take_role(argc, argv, options);
    if (optind < argc)
        return refuse(options, "\"%.128s\" is neither an option nor the command pin", argv[optind]);
    return STATUS_OK;
}

void
options_print_help(FILE *to)
{
    fputs(
        "usage: penstock [-c FILE] [-a ADDRESS[:PORT]]... [-v] [--take-over]\n"
        "       penstock [-c FILE] --check [--strict] | --print-config\n"
        "       penstock --sandbox [ROLE] | --sandbox-bpf [ROLE] | --sandbox-selftest [ROLE]\n"
        "       penstock pin ADDRESS[:PORT] [--tls-name NAME] [--policy]\n"
        "       penstock pin --check [-c FILE] [UPSTREAM]\n"
        "\n"
        "Forwards DNS queries from port 53 to upstream resolvers over pinned TLS.\n"
        "\n"
        "  -c, --config FILE          configuration (" OPTIONS_CONFIG_FILE ")\n"
        "  -a, --address ADDR[:PORT]  serve this address instead of the configured ones;\n"
        "                             may be given several times\n"
        "  -v, --verbose              log more; twice: still more\n"
        "      --take-over            take the sockets of a penstock that runs, which then ends;\n"
        "                             no query is lost\n"
        "      --check                judge the configuration and exit; with --strict, exit 1 if\n"
        "                             there is a warning\n"
        "      --print-config         print it with every default and exit\n"
        "      --sandbox [ROLE]       print which system calls each process may make, and why\n"
        "      --sandbox-bpf [ROLE]   print the filters that are made of that, with their SHA-256\n"
        "      --sandbox-selftest [ROLE]  try on this kernel that each filter kills and lets "
        "through what\n"
        "                             it must; exit 1 if not\n"
        "      --version              print the version and exit\n"
        "  -h, --help                 print this and exit\n"
        "\n"
        "  pin ADDRESS[:PORT]         connect once and print the keys that an upstream shows,\n"
        "                             as configuration to paste\n"
        "      --tls-name NAME        send NAME as SNI\n"
        "      --policy               print a whole policy that starts as it is\n"
        "      --check                compare what the configured upstreams show, or the one of\n"
        "                             that name, with their pins; exit 1 if one has no match\n"
        "\n"
        "Every configuration key is also an environment variable: PENSTOCK_TIMEOUTS_QUERY=2s.\n"
        "\n"
        "Signals:\n"
        "  SIGTERM, SIGINT            answer what is in progress and end; a second one: at once\n"
        "  SIGHUP                     read the configuration again; apply all of it or nothing\n"
        "  SIGUSR1                    write statistics to the log\n"
        "\n"
        "Exit status:\n"
        "  0   ended by a signal, or did what was asked\n"
        "  1   a process or an address could not be had, all died too often, or what was asked\n"
        "      failed: pin --check, --sandbox-selftest, --check --strict\n"
        "  2   an option or argument is wrong\n"
        "  74  audit.on_failure is stop, and the audit log could not be written\n"
        "  78  the configuration is wrong, or a file or account that it names cannot be used\n"
        "\n"
        "penstock(8) and penstock.yaml(5) tell the rest.\n",
        to);
}
