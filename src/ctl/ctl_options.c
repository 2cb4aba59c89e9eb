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
    OPTION_VERBOSE,
    OPTION_KEY,
    OPTION_HEAD,
    OPTION_HEAD_OF,
    OPTION_AFTER
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
                                             {"key", required_argument, NULL, OPTION_KEY},
                                             {"head", required_argument, NULL, OPTION_HEAD},
                                             {"head-of", required_argument, NULL, OPTION_HEAD_OF},
                                             {"after", required_argument, NULL, OPTION_AFTER},
                                             {"help", no_argument, NULL, 'h'},
                                             {"version", no_argument, NULL, 'V'},
                                             {0}};

enum takes { NOTHING, A_LEVEL, A_NAME, AN_ADDRESS, A_FILE, FILES }; /* behind the command */

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
    {"audit", CTL_AUDIT, true, FILES},
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
    case FILES:
        if (word == NULL || strcmp(word, "verify") != 0)
            return refuse(options, "audit takes verify, and files");
        return STATUS_OK;
    }
    return STATUS_INVALID;
}

/* --- audit ----------------------------------------------------------------------------------- */

static enum status
take_files(struct ctl_options *options, int count, char *const *words)
{
    if (count < 1 || count > CTL_OPTIONS_FILES_MAX)
        return refuse(options, "audit verify takes 1 to %u files, the oldest first",
                      CTL_OPTIONS_FILES_MAX);
    options->audit.files = words;
    options->audit.files_count = (unsigned)count;
    return STATUS_OK;
}

static enum status
take_head(struct ctl_options *options, const char *name, const char *text,
          struct audit_found_head *head)
{
    return audit_found_parse(text, head) == STATUS_OK
               ? STATUS_OK
               : refuse(options, "%s takes SEQUENCE:HASH, not \"%.80s\"", name, text);
}

/* Files that are named are read later: how many heads they have is not known. */
static enum status
take_of_audit(struct ctl_options *options, int option)
{
    struct ctl_options_audit *audit = &options->audit;
    if (option == OPTION_KEY) {
        audit->key = optarg;
        return STATUS_OK;
    }
    if (option == OPTION_AFTER) {
        audit->has_after = true;
        return take_head(options, "--after", optarg, &audit->after);
    }
    if (audit->heads_count + audit->head_of_count == AUDIT_VERIFY_HEADS_MAX)
        return refuse(options, "audit verify takes at most %u heads", AUDIT_VERIFY_HEADS_MAX);
    if (option == OPTION_HEAD)
        return take_head(options, "--head", optarg, &audit->heads[audit->heads_count++]);
    audit->head_of[audit->head_of_count++] = optarg;
    return STATUS_OK;
}

static bool
has_of_audit(const struct ctl_options_audit *audit)
{
    return audit->key != NULL || audit->has_after || audit->heads_count + audit->head_of_count > 0;
}

/* --- options --------------------------------------------------------------------------------- */

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
    if (has_of_audit(&options->audit) && command->command != CTL_AUDIT)
        return refuse(options, "--key, --head, --head-of and --after are of audit verify");
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
    if (command->takes == FILES)
        return take_files(options, count - 2, words + 2);
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

/* Options that are noted, whatever they are given. @return false: it is none of them */
static bool
take_plain(struct ctl_options *options, int option)
{
    struct {
        int option;
        bool *is_given;
        const char **text;
    } const plain[] = {
        {OPTION_SOCKET, NULL, &options->socket},  {OPTION_JSON, &options->is_json, NULL},
        {OPTION_BELOW, &options->is_below, NULL}, {OPTION_ONCE, &options->is_once, NULL},
        {OPTION_CONFIG, NULL, &options->printed}, {OPTION_FROM, NULL, &options->from},
        {OPTION_OUTPUT, NULL, &options->output},  {OPTION_VERBOSE, &options->is_verbose, NULL},
        {OPTION_CHECK, &options->is_check, NULL}, {OPTION_VERIFY, NULL, &options->baseline},
    };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (plain[i].option != option)
            continue;
        if (plain[i].is_given != NULL)
            *plain[i].is_given = true;
        else
            *plain[i].text = optarg;
        return true;
    }
    return false;
}

/* An option that nobody has is a mistake of whose command? */
static void
guess_command(struct ctl_options *options, int argc, char **argv)
{
    for (int i = 1; i < argc && options->command == CTL_STATUS; i++)
        if (strcmp(argv[i], "import") == 0)
            options->command = CTL_IMPORT;
        else if (strcmp(argv[i], "audit") == 0)
            options->command = CTL_AUDIT;
}

enum status
ctl_options_parse(int argc, char **argv, const char *socket_env, struct ctl_options *options)
{
    *options = (struct ctl_options){.socket = CTL_OPTIONS_SOCKET};
    if (socket_env != NULL && socket_env[0] != '\0')
        options->socket = socket_env;
    guess_command(options, argc, argv);
    int option;
    optind = 0; /* anew: a test parses more than once */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
        if (take_plain(options, option))
            continue;
        switch (option) {
        case OPTION_INTERVAL:
            if (take_interval(options, optarg) != STATUS_OK)
                return STATUS_INVALID;
            break;
        case OPTION_KEY:
        case OPTION_HEAD:
        case OPTION_HEAD_OF:
        case OPTION_AFTER:
            if (take_of_audit(options, option) != STATUS_OK)
                return STATUS_INVALID;
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
