/* ctl_help.c - see ctl_help.h
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_help.h"

#include "ctl/ctl_options.h"

const char *
ctl_help(void)
{
    return "usage: penstockctl [--socket PATH] COMMAND\n"
           "\n"
           "Looks at a running penstock and steers it, over its control socket.\n"
           "\n"
           "  status [--json]   is it well, since when, what is wrong, what to do;\n"
           "                    exit status 0 well, 1 look, 2 act, 3 not to be reached\n"
           "  top               the same, live, with the last hour; ? tells the keys.\n"
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
           "  attest            what each process runs as, a JSON document from the kernel;\n"
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
           "  audit verify FILE... [--key FILE] [--head N:HASH] [--head-of FILE]\n"
           "      [--after N:HASH] [--json]\n"
           "                    is the audit log what was written? Files oldest first;\n"
           "                    exit status 0 sound, 1 not, 2 usage\n"
           "\n"
           "  --socket PATH     the control socket; else PENSTOCK_CONTROL_SOCKET, else\n"
           "                    " CTL_OPTIONS_SOCKET "\n"
           "  -h, --help        print this\n"
           "  -V, --version     print the version\n"
           "\n"
           "penstockctl(8) tells the rest.\n";
}
