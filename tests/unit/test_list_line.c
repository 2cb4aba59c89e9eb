/* test_list_line.c - what lines of published lists say
 * SPDX-License-Identifier: ISC
 */
#include "answers/list_line.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* The names of a line, with commas; or nothing, if it has none. */
static void
says(const char *line, enum list_kind kind, const char *names)
{
    struct list_line read;
    const char *name;
    size_t size, at = 0;
    char got[256] = "";
    list_line_read(line, strlen(line), &read);
    cr_expect_eq(read.kind, kind, "%s: %s", line, list_line_kind_text(read.kind));
    while (list_line_next(&read, &name, &size))
        at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s", at > 0 ? "," : "", (int)size,
                               name);
    cr_expect_str_eq(got, names, "%s: %s", line, got);
}

Test(list_line, plain_names)
{
    says("example.com", LIST_NAMES, "example.com");
    says("  Example.COM.  \r", LIST_NAMES, "Example.COM");
    says("*.example.com # why", LIST_NAMES, "example.com");
    says("example.com#why", LIST_NAMES, "example.com");
    says("_dmarc.example-1.com", LIST_NAMES, "_dmarc.example-1.com");
    says(".example.com", LIST_NAMES, "example.com");
    says("zip", LIST_NAMES, "zip");
    says("b\xc3\xbc"
         "cher.example",
         LIST_NAMES,
         "b\xc3\xbc"
         "cher.example");
    says("", LIST_NOTHING, "");
    says("  \t\r", LIST_NOTHING, "");
    says("# comment", LIST_NOTHING, "");
    says("## heading ##", LIST_NOTHING, "");
    says("##########", LIST_NOTHING, "");
    says("! comment", LIST_NOTHING, "");
    says("[Adblock Plus 2.0]", LIST_NOTHING, "");
    says(".", LIST_UNKNOWN, "");
    says("two names", LIST_UNKNOWN, "");
    says("192.0.2.1", LIST_UNKNOWN, "");
    says("<html>", LIST_UNKNOWN, "");
}

Test(list_line, hosts_files)
{
    says("0.0.0.0 example.com", LIST_NAMES, "example.com");
    says("::1\texample.com", LIST_NAMES, "example.com");
    says("127.0.0.1 a.example\tb.example   c.example. # why", LIST_NAMES,
         "a.example,b.example,c.example");
    says("127.0.0.1 localhost", LIST_NOTHING, "");
    says("::1 ip6-localhost ip6-loopback", LIST_NOTHING, "");
    says("fe80::1%lo0 localhost", LIST_NOTHING, "");
    says("0.0.0.0 0.0.0.0", LIST_NOTHING, "");
    says("127.0.0.1 localhost a.example", LIST_NAMES, "a.example");
    says("192.168.1.5 nas.example", LIST_ADDRESS, "");
    says("0.0.0.0 a.example b/c", LIST_UNKNOWN, "");
}

Test(list_line, rules_for_a_whole_domain)
{
    says("||example.com^", LIST_NAMES, "example.com");
    says("||example.com", LIST_NAMES, "example.com");
    says("||*.example.com^|", LIST_NAMES, "example.com");
    says("||example.com^$important", LIST_NAMES, "example.com");
    says("||example.com^$all", LIST_NAMES, "example.com");
    says("@@||example.com^", LIST_EXCEPTIONS, "example.com");
    says("@@||example.com^$important", LIST_EXCEPTIONS, "example.com");
}

Test(list_line, rules_that_dns_cannot_follow_give_no_name)
{
    says("||example.com^$third-party", LIST_OPTION, "");
    says("||example.com^$important,domain=a.example|b.example", LIST_OPTION, "");
    says("||example.com^$dnsrewrite=192.0.2.1", LIST_OPTION, "");
    says("||example.com^$badfilter", LIST_OPTION, "");
    says("@@||example.com^$document", LIST_OPTION, "");
    says("||example.com/ads/*", LIST_PATTERN, "");
    says("||example.com^ads", LIST_PATTERN, "");
    says("||ads*.example.com^", LIST_PATTERN, "");
    says("|example.com^", LIST_PATTERN, "");
    says("example.com^", LIST_PATTERN, "");
    says("/banner/*", LIST_REGEX, "");
    says("-ads.", LIST_UNKNOWN, "");
    says("/^ads[0-9]+\\./", LIST_REGEX, "");
    says("@@/^ads/", LIST_REGEX, "");
    says("example.com##.ad", LIST_COSMETIC, "");
    says("example.com#@#.ad", LIST_COSMETIC, "");
    says("example.com,b.example#?#div:has(x)", LIST_COSMETIC, "");
    says("example.com#$#body { x: y }", LIST_COSMETIC, "");
    says("example.com#%#//scriptlet('x')", LIST_COSMETIC, "");
    says("##.ad", LIST_COSMETIC, "");
}

Test(list_line, dnsmasq)
{
    says("address=/example.com/", LIST_NAMES, "example.com");
    says("address=/example.com/0.0.0.0", LIST_NAMES, "example.com");
    says("address=/a.example/b.example/::", LIST_NAMES, "a.example,b.example");
    says("address=/example.com/#", LIST_NAMES, "example.com");
    says("server=/example.com/", LIST_NAMES, "example.com");
    says("local=/example.com/", LIST_NAMES, "example.com");
    says("server=/good.example/#", LIST_EXCEPTIONS, "good.example");
    says("server=/example.com/192.0.2.53", LIST_ADDRESS, "");
    says("address=/example.com/192.0.2.1", LIST_ADDRESS, "");
    says("address=/#/", LIST_UNKNOWN, "");
    says("address=//", LIST_UNKNOWN, "");
    says("server=192.0.2.53", LIST_UNKNOWN, "");
}
