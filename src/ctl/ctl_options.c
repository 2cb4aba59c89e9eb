/* ctl_options.c - the command line of penstockctl
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_options.h"

#include "base/addr.h"
#include "control/control_message.h"
#include "dns/dns_name.h"

#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
    OPTION_SOCKET = 256,
    OPTION_JSON,
    OPTION_BELOW,
    OPTION_ONCE,
    OPTION_INTERVAL,
    OPTION_CHECK,
    OPTION_VERIFY,
    OPTION_CONFIG,
    OPTION_FROM,
    OPTION_OUTPUT,
    OPTION_VERBOSE
};

static const struct option long_options[] = {{"socket", required_argument, NULL, OPTION_SOCKET},
                                             {"json", no_argument, NULL, OPTION_JSON},
                                             {"below", no_argument, NULL, OPTION_BELOW},
                                             {"once", no_argument, NULL, OPTION_ONCE},
                                             {"interval", required_argument, NULL, OPTION_INTERVAL},
                                             {"check", no_argument, NULL, OPTION_CHECK},
                                             {"verify", required_argument, NULL, OPTION_VERIFY},
                                             {"config", required_argument, NULL, OPTION_CONFIG},
                                             {"from", required_argument, NULL, OPTION_FROM},
                                             {"output", required_argument, NULL, OPTION_OUTPUT},
                                             {"verbose", no_argument, NULL, OPTION_VERBOSE},
                                             {"help", no_argument, NULL, 'h'},
                                             {"version", no_argument, NULL, 'V'},
                                             {0}};

enum takes { NOTHING, A_LEVEL, A_NAME, AN_ADDRESS, A_FILE }; /* behind the command */

struct command {
    const char *name;
    enum ctl_options_command command;
    bool has_json;
    enum takes takes;
};

static const struct command commands[] = {
    {"status", CTL_STATUS, true, NOTHING},
    {"stats", CTL_STATS, true, NOTHING},
    {"upstreams", CTL_UPSTREAMS, false, NOTHING},
    {"healthcheck", CTL_HEALTHCHECK, false, NOTHING},
    {"reload", CTL_RELOAD, false, NOTHING},
    {"drain", CTL_DRAIN, false, NOTHING},
    {"log-level", CTL_LOG_LEVEL, false, A_LEVEL},
    {"flush", CTL_FLUSH, false, A_NAME},
    {"limits", CTL_LIMITS, true, AN_ADDRESS},
    {"networks", CTL_NETWORKS, true, NOTHING},
    {"top", CTL_TOP, true, NOTHING},
    {"attest", CTL_ATTEST, true, NOTHING},
    {"compliance", CTL_COMPLIANCE, true, NOTHING},
    {"import", CTL_IMPORT, false, A_FILE},
};

static const char *const levels[] = {"notice", "info", "debug"};

static enum status __attribute__((format(printf, 2, 3)))
refuse(struct ctl_options *options, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(options->error, sizeof options->error, format, args);
    va_end(args);
    return STATUS_INVALID;
}

static const struct command *
find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

static enum status
take_level(struct ctl_options *options, const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(name, levels[i]) == 0) {
            options->level = (uint8_t)(CONTROL_LEVEL_MIN + i);
            return STATUS_OK;
        }
    }
    return refuse(options, "log-level takes one of notice, info, debug");
}

/* As the service judges it, so that each mistake has one sentence and one exit status. */
static enum status
take_name(struct ctl_options *options, const char *name)
{
    if (name == NULL)
        return refuse(options, "flush takes a domain name");
    struct dns_name parsed;
    bool is_name = strlen(name) < CONTROL_TEXT_MAX && dns_name_parse(name, &parsed) == STATUS_OK;
    for (size_t i = 0; is_name && name[i] != '\0'; i++)
        is_name = name[i] > ' ' && name[i] <= '~';
    if (!is_name)
        return refuse(options, "flush takes a domain name: labels of 1 to 63 octets, 255 in all, "
                               "in ASCII (one of another script as its xn-- form)");
    options->what = name;
    return STATUS_OK;
}

static enum status
take_address(struct ctl_options *options, const char *address)
{
    struct addr parsed;
    if (address == NULL || addr_parse(address, 0, &parsed) != STATUS_OK || parsed.port != 0)
        return refuse(options, "limits takes an IPv4 or IPv6 address without a port");
    options->what = address;
    return STATUS_OK;
}

static enum status
take_value(struct ctl_options *options, enum takes takes, const char *word)
{
    switch (takes) {
    case NOTHING:
        return STATUS_OK;
    case A_LEVEL:
        return take_level(options, word);
    case A_NAME:
        return take_name(options, word);
    case AN_ADDRESS:
        return take_address(options, word);
    case A_FILE:
        options->what = word;
        return word != NULL ? STATUS_OK
                            : refuse(options, "import takes a file; - is standard input");
    }
    return STATUS_INVALID;
}

static enum status
take_interval(struct ctl_options *options, const char *text)
{
    unsigned seconds = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && digit - text < 2; digit++)
        seconds = seconds * 10 + (unsigned)(*digit - '0');
    if (*digit != '\0' || seconds < 1 || seconds > CTL_OPTIONS_INTERVAL_S_MAX)
        return refuse(options, "--interval takes 1 to %u (seconds), not \"%.64s\"",
                      CTL_OPTIONS_INTERVAL_S_MAX, text);
    options->interval_s = seconds;
    return STATUS_OK;
}

static bool
is_peer(const char *name)
{
    static const char *const peers[] = {"stubby", "unbound", "dnsdist", "coredns", "smartdns"};
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++)
        if (strcmp(name, peers[i]) == 0)
            return true;
    return false;
}

/* Does the command have the options that were given? */
static enum status
judge_options(struct ctl_options *options, const struct command *command)
{
    bool is_top = command->command == CTL_TOP;
    if (options->is_json && !command->has_json)
        return refuse(options, "%s has no --json", command->name);
    if (options->is_below && command->command != CTL_FLUSH)
        return refuse(options, "%s has no --below", command->name);
    if (options->printed != NULL && command->command != CTL_COMPLIANCE)
        return refuse(options, "%s has no --config", command->name);
    if (options->printed == NULL && command->command == CTL_COMPLIANCE)
        return refuse(options, "compliance takes --config FILE, with what penstock --print-config "
                               "prints; - is standard input");
    if (command->command != CTL_IMPORT &&
        (options->from != NULL || options->output != NULL || options->is_verbose))
        return refuse(options, "%s has no %s", command->name,
                      options->from != NULL     ? "--from"
                      : options->output != NULL ? "--output"
                                                : "--verbose");
    if (options->from != NULL && !is_peer(options->from))
        return refuse(options, "--from takes one of stubby, unbound, dnsdist, coredns, smartdns");
    if (options->is_once && !is_top)
        return refuse(options, "%s has no --once", command->name);
    if (options->interval_s > 0 && (!is_top || options->is_once))
        return refuse(options, "%s has no --interval", is_top ? "--once" : command->name);
    bool is_attest = command->command == CTL_ATTEST;
    if ((options->is_check || options->baseline != NULL) && !is_attest)
        return refuse(options, "%s has no %s", command->name,
                      options->is_check ? "--check" : "--verify");
    if (options->is_check + (options->baseline != NULL) + (is_attest && options->is_json) > 1)
        return refuse(options, "attest takes one of --check, --verify, --json");
    if (options->interval_s == 0)
        options->interval_s = CTL_OPTIONS_INTERVAL_S;
    return STATUS_OK;
}

static enum status
take_command(struct ctl_options *options, int count, char **words)
{
    if (count == 0)
        return refuse(options, "no command is given");
    const struct command *command = find_command(words[0]);
    if (command == NULL)
        return refuse(options, "there is no command \"%.64s\"", words[0]);
    options->command = command->command;
    if (judge_options(options, command) != STATUS_OK)
        return STATUS_INVALID;
    if (take_value(options, command->takes, count > 1 ? words[1] : NULL) != STATUS_OK)
        return STATUS_INVALID;
    int most = command->takes == NOTHING ? 1 : 2;
    return count <= most
               ? STATUS_OK
               : refuse(options, "%s does not take \"%.64s\"", command->name, words[most]);
}

/* getopt_long() leaves in `optopt` what takes no value and was given one; a letter may be unknown. */
static enum status
refuse_option(struct ctl_options *options, const char *word)
{
    for (const struct option *known = long_options; known->name != NULL; known++)
        if (known->val == optopt)
            return refuse(options, "--%s takes no value", known->name);
    return refuse(options, "there is no option \"%.64s\"", word);
}

enum status
ctl_options_parse(int argc, char **argv, const char *socket_env, struct ctl_options *options)
{
    *options = (struct ctl_options){.socket = CTL_OPTIONS_SOCKET};
    if (socket_env != NULL && socket_env[0] != '\0')
        options->socket = socket_env;
    for (int i = 1; i < argc; i++) /* an option that nobody has is a mistake of whose command? */
        if (strcmp(argv[i], "import") == 0)
            options->command = CTL_IMPORT;
    int option;
    optind = 0; /* anew: a test parses more than once */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_SOCKET:
            options->socket = optarg;
            break;
        case OPTION_JSON:
            options->is_json = true;
            break;
        case OPTION_BELOW:
            options->is_below = true;
            break;
        case OPTION_ONCE:
            options->is_once = true;
            break;
        case OPTION_CONFIG:
            options->printed = optarg;
            break;
        case OPTION_FROM:
            options->from = optarg;
            break;
        case OPTION_OUTPUT:
            options->output = optarg;
            break;
        case OPTION_VERBOSE:
            options->is_verbose = true;
            break;
        case OPTION_INTERVAL:
            if (take_interval(options, optarg) != STATUS_OK)
                return STATUS_INVALID;
            break;
        case OPTION_CHECK:
            options->is_check = true;
            break;
        case OPTION_VERIFY:
            options->baseline = optarg;
            break;
        case 'h':
            options->command = CTL_HELP;
            return STATUS_OK;
        case 'V':
            options->command = CTL_VERSION;
            return STATUS_OK;
        case ':':
            return refuse(options, "%.64s takes a value", argv[optind - 1]);
        default:
            return refuse_option(options, argv[optind - 1]);
        }
    }
    return take_command(options, argc - optind, argv + optind);
}

const char *
ctl_options_help(void)
{
    return "usage: penstockctl [--socket PATH] COMMAND\n"
           "\n"
           "Looks at a running penstock and steers it, over its control socket.\n"
           "\n"
           "  status [--json]   is it well, since when, what is wrong, what to do;\n"
           "                    exit status 0 well, 1 look, 2 act, 3 not to be reached\n"
           "  top               the same and more, live, with the last hour; ? tells the keys.\n"
           "                    --interval N: a reading each N seconds, else 2; --once: one\n"
           "                    frame, without a terminal; --json: a document a line\n"
           "  stats [--json]    every counter since the start, and what it means\n"
           "  upstreams         the table of upstreams, with their addresses for operators\n"
           "  healthcheck       one line; exit status 0 healthy, 1 not\n"
           "  reload            read the configuration again, wait, say what came of it\n"
           "  drain             answer what is in flight, then end; waits for it\n"
           "  log-level LEVEL   notice, info or debug, until the next reload\n"
           "  flush NAME [--below]\n"
           "                    forget the cached responses of a name, or of all below it\n"
           "  limits ADDRESS [--json]\n"
           "                    what the fronts know of a client: its buckets, what waits,\n"
           "                    why it was refused last\n"
           "  networks [--json] the networks that ask most, and that limits refuse most\n"
           "  attest            what each process runs as, one JSON document from the kernel;\n"
           "                    as root. --check: what of it is a finding, a line each;\n"
           "                    --verify FILE: in what it differs from that document;\n"
           "                    exit status 0 nothing, 1 something\n"
           "  compliance --config FILE [--json]\n"
           "                    what audits ask: pass, fail, not applicable, and why;\n"
           "                    FILE holds what penstock --print-config prints, - is stdin\n"
           "  import FILE [--from PROGRAM] [--output FILE] [--verbose]\n"
           "                    a policy from the configuration of stubby, unbound, dnsdist,\n"
           "                    coredns or smartdns, and line by line what it cannot carry;\n"
           "                    exit status 0 sound, 1 nothing usable, 2 usage\n"
           "\n"
           "  --socket PATH     the control socket; else PENSTOCK_CONTROL_SOCKET, else\n"
           "                    " CTL_OPTIONS_SOCKET "\n"
           "  -h, --help        print this\n"
           "  -V, --version     print the version\n"
           "\n"
           "penstockctl(8) tells the rest.\n";
}
