/* exporter_options.c - the command line of penstock-exporter
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    OPTION_CONTROL = 256,
    OPTION_LISTEN,
    OPTION_HOST,
    OPTION_USER,
    OPTION_ONCE,
    OPTION_DESCRIBE,
    OPTION_EVENTS,
    OPTION_OUTPUT
};

static const struct option long_options[] = {{"control", required_argument, NULL, OPTION_CONTROL},
                                             {"listen", required_argument, NULL, OPTION_LISTEN},
                                             {"host", required_argument, NULL, OPTION_HOST},
                                             {"user", required_argument, NULL, OPTION_USER},
                                             {"events", required_argument, NULL, OPTION_EVENTS},
                                             {"output", required_argument, NULL, OPTION_OUTPUT},
                                             {"once", no_argument, NULL, OPTION_ONCE},
                                             {"describe", no_argument, NULL, OPTION_DESCRIBE},
                                             {"help", no_argument, NULL, 'h'},
                                             {"version", no_argument, NULL, 'V'},
                                             {0}};

static enum status __attribute__((format(printf, 2, 3)))
refuse(struct exporter_options *options, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(options->error, sizeof options->error, format, args);
    va_end(args);
    return STATUS_INVALID;
}

static enum status
take_listen(struct exporter_options *options, const char *text)
{
    if (options->listen_count == HTTP_SERVE_LISTENERS)
        return refuse(options, "--listen can be given %d times at most", HTTP_SERVE_LISTENERS);
    struct addr *addr = &options->listen[options->listen_count];
    if (addr_parse(text, EXPORTER_OPTIONS_PORT, addr) != STATUS_OK)
        return refuse(options,
                      "--listen %.64s: it takes an address and a port, as 127.0.0.1:10853 or "
                      "[::1]:10853",
                      text);
    options->listen_count++;
    return STATUS_OK;
}

static enum status
take_host(struct exporter_options *options, const char *name)
{
    size_t used = strlen(options->hosts), size = strlen(name);
    if (size == 0 || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._") != size)
        return refuse(options, "--host %.64s: it takes a name without a port", name);
    if (used + size + 2 > sizeof options->hosts)
        return refuse(options, "--host is given too often");
    snprintf(options->hosts + used, sizeof options->hosts - used, "%s%s", used > 0 ? "," : "",
             name);
    return STATUS_OK;
}

/* It does one thing: --once beside --events would be one of them, unsaid which. */
static enum status
take_action(struct exporter_options *options, enum exporter_options_action action)
{
    if (options->action != EXPORTER_SERVE)
        return refuse(options, "one of --events, --once and --describe can be given, and once");
    options->action = action;
    return STATUS_OK;
}

static enum status
take_events(struct exporter_options *options, const char *form)
{
    if (take_action(options, EXPORTER_EVENTS) != STATUS_OK)
        return STATUS_INVALID;
    options->form = strcmp(form, "dnstap") == 0 ? EVENTS_OUTPUT_DNSTAP : EVENTS_OUTPUT_JSON;
    return strcmp(form, "json") == 0 || options->form == EVENTS_OUTPUT_DNSTAP
               ? STATUS_OK
               : refuse(options, "--events %.64s: it takes json or dnstap", form);
}

/* getopt_long() leaves in `optopt` what takes no value and was given one; a letter may be unknown. */
static enum status
refuse_option(struct exporter_options *options, const char *word)
{
    for (const struct option *known = long_options; known->name != NULL; known++)
        if (known->val == optopt)
            return refuse(options, "--%s takes no value", known->name);
    return refuse(options, "there is no option \"%.64s\"", word);
}

static enum status
take(struct exporter_options *options, int option, const char *value, const char *word)
{
    switch (option) {
    case OPTION_CONTROL:
        options->control = value;
        return STATUS_OK;
    case OPTION_USER:
        options->user = value;
        return STATUS_OK;
    case OPTION_LISTEN:
        return take_listen(options, value);
    case OPTION_HOST:
        return take_host(options, value);
    case OPTION_EVENTS:
        return take_events(options, value);
    case OPTION_OUTPUT:
        return exporter_target_parse(value, &options->output) == STATUS_OK
                   ? STATUS_OK
                   : refuse(options,
                            "--output %.64s: it takes a file, unix:PATH or tcp:ADDRESS:PORT",
                            value);
    case OPTION_ONCE:
        return take_action(options, EXPORTER_ONCE);
    case OPTION_DESCRIBE:
        return take_action(options, EXPORTER_DESCRIBE);
    case ':':
        return refuse(options, "%.64s takes a value", word);
    default:
        return refuse_option(options, word);
    }
}

/* What goes together. */
static enum status
judge(struct exporter_options *options)
{
    bool is_events = options->action == EXPORTER_EVENTS;
    enum exporter_target_kind kind = options->output.kind;
    bool is_socket = kind == EXPORTER_TARGET_UNIX || kind == EXPORTER_TARGET_TCP;
    if (options->user == NULL)
        options->user = is_events ? EXPORTER_OPTIONS_EVENTS : EXPORTER_OPTIONS_USER;
    if (kind != EXPORTER_TARGET_STANDARD && !is_events)
        return refuse(options, "--output is for --events");
    if (is_socket && options->form == EVENTS_OUTPUT_JSON)
        return refuse(options, "json goes to a file or to standard output, no socket");
    if (options->action != EXPORTER_SERVE)
        return options->listen_count == 0 && options->hosts[0] == '\0'
                   ? STATUS_OK
                   : refuse(options, "with --%s it serves nothing: no --listen, no --host",
                            is_events                          ? "events"
                            : options->action == EXPORTER_ONCE ? "once"
                                                               : "describe");
    return options->listen_count > 0 ? STATUS_OK : take_listen(options, EXPORTER_OPTIONS_ADDRESS);
}

enum status
exporter_options_parse(int argc, char **argv, const char *control_env,
                       struct exporter_options *options)
{
    *options = (struct exporter_options){.control = EXPORTER_OPTIONS_CONTROL};
    if (control_env != NULL && control_env[0] != '\0')
        options->control = control_env;
    int option;
    optind = 0; /* anew: a test parses more than once */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
        if (option == 'h' || option == 'V') {
            options->action = option == 'h' ? EXPORTER_HELP : EXPORTER_VERSION;
            return STATUS_OK;
        }
        if (take(options, option, optarg, argv[optind - 1]) != STATUS_OK)
            return STATUS_INVALID;
    }
    if (optind < argc)
        return refuse(options, "\"%.64s\" is no option", argv[optind]);
    return judge(options);
}

const char *
exporter_options_help(void)
{
    return "usage: penstock-exporter [OPTION]...\n"
           "\n"
           "Shows over HTTP what a running penstock counts.\n"
           "\n"
           "  --control PATH    the control socket; else PENSTOCK_CONTROL_SOCKET, else\n"
           "                    " EXPORTER_OPTIONS_CONTROL "\n"
           "  --listen ADDRESS  where it serves, up to four times; " EXPORTER_OPTIONS_ADDRESS "\n"
           "                    unless systemd hands sockets in\n"
           "  --host NAME       another name that it answers to where only this machine\n"
           "                    can reach it; may be given more than once\n"
           "  --user ACCOUNT    the account to become when started as root;\n"
           "                    " EXPORTER_OPTIONS_USER ", with --events " EXPORTER_OPTIONS_EVENTS
           "\n"
           "  --events FORM     write events instead, as json or dnstap\n"
           "  --output WHERE    where to: a file, which SIGHUP opens anew, or, dnstap, unix:PATH\n"
           "                    or tcp:ADDRESS:PORT; standard output\n"
           "  --once            print what would be scraped now, and end\n"
           "  --describe        print every metric with its meaning\n"
           "  -h, --help        print this\n"
           "  -V, --version     print the version\n"
           "\n"
           "Signals, to the first of its processes:\n"
           "  SIGTERM, SIGINT   end\n"
           "  SIGHUP            with --events and --output FILE: open the file anew\n"
           "\n"
           "Exit status:\n"
           "  0   did what was asked\n"
           "  1   it could not serve or write, there is no account to become, or one of its\n"
           "      processes has ended; with --once: there are no fresh figures\n"
           "  64  an option or argument is wrong\n"
           "\n"
           "penstock-exporter(8) tells the rest.\n";
}
