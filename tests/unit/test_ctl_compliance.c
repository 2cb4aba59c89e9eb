/* test_ctl_compliance.c - rows that are judged by what was printed and by what runs
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_compliance.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct ctl_compliance compliance;
static struct ctl_compliance_kernel kernel;

static const char printed[] = "user: \"penstock\"\n"
                              "acl:\n"
                              "  allow: [\"192.0.2.0/24\"]\n"
                              "upstreams:\n"
                              "  - name: \"a\"\n"
                              "    tls_name: \"a.example\"\n"
                              "    verify: pin+ca\n"
                              "  - name: \"b\"\n"
                              "    tls_name: \"b.example\"\n"
                              "    verify: ca\n"
                              "tls:\n"
                              "  versions: [\"1.2\", \"1.3\"]\n"
                              "  policy: modern\n"
                              "events:\n"
                              "  enabled: no\n"
                              "  clients: full\n";

static enum status
parse(const char *text)
{
    compliance.size = strlen(text);
    memcpy(compliance.text, text, compliance.size);
    return ctl_compliance_parse(&compliance);
}

static struct reading
well(void)
{
    struct reading reading = {.lanes = 1, .serving = 1, .upstreams = 2};
    for (unsigned i = 0; i < 2; i++)
        reading.of_upstream[i] = (struct reading_upstream){
            .state = STATS_UPSTREAM_USABLE, .tls = 0x0304, .valid_days = 16};
    return reading;
}

static void
expect(enum ctl_compliance_row row, enum ctl_compliance_result result, const char *words)
{
    cr_expect_eq(compliance.of_row[row].result, result, "%s: %d: %s", ctl_compliance_of(row)->id,
                 compliance.of_row[row].result, compliance.of_row[row].why);
    cr_expect_not_null(strstr(compliance.of_row[row].why, words), "%s: %s",
                       ctl_compliance_of(row)->id, compliance.of_row[row].why);
}

Test(ctl_compliance, values_are_judged_by_their_rows)
{
    struct reading reading = well();
    cr_assert_eq(parse(printed), STATUS_OK);
    unsigned failed = 0;
    ctl_compliance_judge(&compliance, &reading, &kernel);
    for (enum ctl_compliance_row row = 0; row < CTL_COMPLIANCE_ROWS; row++)
        failed += compliance.of_row[row].result == CTL_COMPLIANCE_FAIL;
    cr_expect_eq(failed, compliance.counts[CTL_COMPLIANCE_FAIL]);
    expect(CTL_COMPLIANCE_HOST_ACCOUNT, CTL_COMPLIANCE_PASS, "user: \"penstock\"");
    expect(CTL_COMPLIANCE_SP81_CLIENTS, CTL_COMPLIANCE_PASS, "192.0.2.0/24");
    expect(CTL_COMPLIANCE_SP52_VERSIONS, CTL_COMPLIANCE_PASS, "1.2");
    expect(CTL_COMPLIANCE_SP52_ALGORITHMS, CTL_COMPLIANCE_FAIL, "tls.policy: modern");
    expect(CTL_COMPLIANCE_SP81_AUTHENTICATED, CTL_COMPLIANCE_FAIL, "upstream \"b\": verify: ca");
    expect(CTL_COMPLIANCE_SP52_PATH, CTL_COMPLIANCE_PASS, "of 2 upstreams");
    expect(CTL_COMPLIANCE_BCP232_AT_REST, CTL_COMPLIANCE_NOT_APPLICABLE, "events.enabled: no");
    expect(CTL_COMPLIANCE_SP81_NO_BYPASS, CTL_COMPLIANCE_BY_DOCUMENT, "docs/SANDBOX.md");
    expect(CTL_COMPLIANCE_SP52_MODULE, CTL_COMPLIANCE_NOT_MET, "no validated module");
}

Test(ctl_compliance, what_was_not_printed_fails)
{
    struct reading reading = well();
    cr_assert_eq(parse(printed), STATUS_OK);
    ctl_compliance_judge(&compliance, &reading, &kernel);
    expect(CTL_COMPLIANCE_BCP235_SOURCE, CTL_COMPLIANCE_FAIL, "not printed");
    expect(CTL_COMPLIANCE_HOST_MARTIANS, CTL_COMPLIANCE_FAIL, "not printed");
}

static enum ctl_compliance_result
judge_key(const char *key, enum ctl_compliance_row row)
{
    char words[1024];
    struct reading reading = well();
    (void)snprintf(words, sizeof words, "%s\nupstreams:\n  - name: \"a\"\n", key);
    cr_assert_eq(parse(words), STATUS_OK);
    ctl_compliance_judge(&compliance, &reading, &kernel);
    return compliance.of_row[row].result;
}

Test(ctl_compliance, a_list_of_all_clients_fails_however_it_is_written)
{
    static const char *const open[] = {
        "\"::/0\"",     "\"0.0.0.0/0\"", "\"0.0.0.0/1\", \"128.0.0.0/1\"", "\"::/1\", \"8000::/1\"",
        "\"2000::/3\"", "\"what\"",      "\"8.0.0.0/6\", \"10.0.0.0/8\"",  "\"fc00::/6\""};
    static const char *const own[] = {"\"10.0.0.0/8\", \"127.0.0.0/8\", \"172.16.0.0/12\"",
                                      "\"fc00::/7\", \"fe80::/10\", \"2001:db8::/32\"", ""};
    char key[256];
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        (void)snprintf(key, sizeof key, "acl:\n  allow: [%s]", open[i]);
        cr_expect_eq(judge_key(key, CTL_COMPLIANCE_SP81_CLIENTS), CTL_COMPLIANCE_FAIL, "%s", key);
    }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        (void)snprintf(key, sizeof key, "acl:\n  allow: [%s]", own[i]);
        cr_expect_eq(judge_key(key, CTL_COMPLIANCE_SP81_CLIENTS), CTL_COMPLIANCE_PASS, "%s", key);
    }
}

Test(ctl_compliance, an_account_of_everybody_is_not_its_own)
{
    static const char *const shared[] = {"root", "0", "nobody", "65534"};
    char key[64];
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        (void)snprintf(key, sizeof key, "user: \"%s\"", shared[i]);
        cr_expect_eq(judge_key(key, CTL_COMPLIANCE_HOST_ACCOUNT), CTL_COMPLIANCE_FAIL, "%s", key);
    }
    cr_expect_eq(judge_key("user: \"nobodys\"", CTL_COMPLIANCE_HOST_ACCOUNT), CTL_COMPLIANCE_PASS);
}

Test(ctl_compliance, the_running_service_is_judged)
{
    struct reading reading = well();
    cr_assert_eq(parse(printed), STATUS_OK);
    ctl_compliance_judge(&compliance, &reading, &kernel);
    expect(CTL_COMPLIANCE_SP81_ENCRYPTED, CTL_COMPLIANCE_PASS, "2 of 2");
    expect(CTL_COMPLIANCE_SP52_DATES, CTL_COMPLIANCE_PASS, "2 of 2");
    expect(CTL_COMPLIANCE_HOST_RUNS, CTL_COMPLIANCE_PASS, "1 of 1 lanes");
    reading.of_upstream[1].valid_days = 14;
    reading.of_upstream[0].tls = 0;
    reading.serving = 0;
    ctl_compliance_judge(&compliance, &reading, &kernel);
    expect(CTL_COMPLIANCE_SP81_ENCRYPTED, CTL_COMPLIANCE_FAIL, "1 of 2");
    expect(CTL_COMPLIANCE_SP52_DATES, CTL_COMPLIANCE_FAIL, "1 of 2");
    expect(CTL_COMPLIANCE_HOST_RUNS, CTL_COMPLIANCE_FAIL, "0 of 1");
    reading.of_upstream[1].state = STATS_UPSTREAM_DOWN;
    ctl_compliance_judge(&compliance, &reading, &kernel);
    expect(CTL_COMPLIANCE_SP81_AVAILABLE, CTL_COMPLIANCE_FAIL, "1 of 2");
    reading.upstreams = 0;
    ctl_compliance_judge(&compliance, &reading, &kernel);
    expect(CTL_COMPLIANCE_SP81_AVAILABLE, CTL_COMPLIANCE_FAIL, "0 of 0");
}

Test(ctl_compliance, what_the_kernel_shows_is_judged_where_it_was_read)
{
    struct reading reading = well();
    cr_assert_eq(parse(printed), STATUS_OK);
    ctl_compliance_judge(&compliance, &reading, &kernel);
    expect(CTL_COMPLIANCE_HOST_PRIVILEGES, CTL_COMPLIANCE_NOT_JUDGED, "to root alone");
    kernel = (struct ctl_compliance_kernel){.is_read = true};
    ctl_compliance_judge(&compliance, &reading, &kernel);
    expect(CTL_COMPLIANCE_HOST_PRIVILEGES, CTL_COMPLIANCE_PASS, "0 findings");
    kernel = (struct ctl_compliance_kernel){true, 2, "worker: a capability"};
    ctl_compliance_judge(&compliance, &reading, &kernel);
    expect(CTL_COMPLIANCE_HOST_PRIVILEGES, CTL_COMPLIANCE_FAIL,
           "2 findings; the first: worker: a capability");
}

Test(ctl_compliance, what_nobody_printed_is_refused)
{
    static char many[CTL_COMPLIANCE_KEYS_MAX * 8];
    static const char *const bad[] = {"", "no key", "user: x\n", "upstreams:\n  - name\n",
                                      "user: x\nuser: x\nupstreams:\n  - name: \"a\"\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(parse(bad[i]), STATUS_INVALID, "%s", bad[i]);
    size_t at = (size_t)snprintf(many, sizeof many, "  - a: 1\n");
    for (unsigned i = 0; i < CTL_COMPLIANCE_KEYS_MAX; i++)
        at += (size_t)snprintf(many + at, sizeof many - at, "a: 1\n");
    cr_expect_eq(parse(many), STATUS_INVALID);
    compliance.size = sizeof compliance.text;
    cr_expect_eq(ctl_compliance_parse(&compliance), STATUS_INVALID);
    compliance.size = 3;
    memcpy(compliance.text, "a\0:", 3);
    cr_expect_eq(ctl_compliance_parse(&compliance), STATUS_INVALID);
}
