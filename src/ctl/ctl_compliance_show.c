/* ctl_compliance_show.c - see ctl_compliance_show.h
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_compliance_show.h"

#include "ctl/ctl_value.h"

#include <stdio.h>
#include <string.h>

static const char *const results[] = {[CTL_COMPLIANCE_PASS] = "pass",
                                      [CTL_COMPLIANCE_FAIL] = "fail",
                                      [CTL_COMPLIANCE_NOT_APPLICABLE] = "not applicable",
                                      [CTL_COMPLIANCE_BY_DOCUMENT] = "by document",
                                      [CTL_COMPLIANCE_NOT_MET] = "not met",
                                      [CTL_COMPLIANCE_NOT_JUDGED] = "not judged"};

/* NULL: no command proves it */
static const char *
command_of(const struct ctl_compliance_of *of)
{
    switch (of->proof) {
    case CTL_COMPLIANCE_PRINTED:
    case CTL_COMPLIANCE_CLIENTS:
    case CTL_COMPLIANCE_EACH:
        return "penstock --print-config -c /etc/penstock/penstock.yaml";
    case CTL_COMPLIANCE_LIVE:
        if (strcmp(of->subject, "tls") == 0)
            return "COLUMNS=160 LINES=60 penstockctl top --once";
        return strcmp(of->subject, "lanes") == 0 ? "penstockctl status" : "penstockctl upstreams";
    case CTL_COMPLIANCE_KERNEL:
        return "penstockctl attest --check";
    case CTL_COMPLIANCE_PAPER:
    case CTL_COMPLIANCE_NONE:
        break;
    }
    return NULL;
}

static void
write_expected(const struct ctl_compliance_of *of, char text[CTL_COMPLIANCE_WHY_MAX])
{
    const char *of_whom = of->proof == CTL_COMPLIANCE_EACH ? "each upstream: " : "";
    bool has_subject = of->proof == CTL_COMPLIANCE_PRINTED || of->proof == CTL_COMPLIANCE_EACH ||
                       of->proof == CTL_COMPLIANCE_CLIENTS || of->proof == CTL_COMPLIANCE_PAPER;
    (void)snprintf(text, CTL_COMPLIANCE_WHY_MAX, "%s%s%s%s", of_whom,
                   has_subject ? of->subject : "", has_subject ? ": " : "", of->wanted);
}

void
ctl_compliance_show(const struct ctl_compliance *compliance, char *text, size_t size)
{
    const char *standard = "";
    const unsigned *counts = compliance->counts;
    size_t at = 0;
    text[0] = '\0';
    for (enum ctl_compliance_row row = 0; row < CTL_COMPLIANCE_ROWS && at < size; row++) {
        const struct ctl_compliance_of *of = ctl_compliance_of(row);
        if (strcmp(standard, of->standard) != 0)
            at +=
                (size_t)snprintf(text + at, size - at, "%s%s\n", row > 0 ? "\n" : "", of->standard);
        standard = of->standard;
        if (at >= size)
            break;
        at += (size_t)snprintf(text + at, size - at,
                               "  %-14s  %s: %s%s%s (%s)\n                  %s\n",
                               results[compliance->of_row[row].result], of->id, of->section,
                               of->section[0] != '\0' ? " " : "", of->requirement, of->setting,
                               compliance->of_row[row].why);
    }
    if (at < size)
        (void)snprintf(text + at, size - at,
                       "\n%s\n%u pass, %u fail, %u not met by design, %u not judged, %u not "
                       "applicable, %u by document. This is no certificate.\n",
                       compliance->is_in_force
                           ? "The service runs with the configuration that was printed."
                           : "The service does NOT run with the configuration that was printed.",
                       counts[CTL_COMPLIANCE_PASS], counts[CTL_COMPLIANCE_FAIL],
                       counts[CTL_COMPLIANCE_NOT_MET], counts[CTL_COMPLIANCE_NOT_JUDGED],
                       counts[CTL_COMPLIANCE_NOT_APPLICABLE], counts[CTL_COMPLIANCE_BY_DOCUMENT]);
}

static json_t *
json_row(const struct ctl_compliance *compliance, enum ctl_compliance_row row)
{
    const struct ctl_compliance_of *of = ctl_compliance_of(row);
    const char *command = command_of(of);
    char expected[CTL_COMPLIANCE_WHY_MAX];
    write_expected(of, expected);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s}", "id", of->id, "standard", of->standard,
        "section", of->section, "requirement", of->requirement, "setting", of->setting, "command",
        command != NULL ? json_string(command) : json_null(), "expected", expected, "result",
        results[compliance->of_row[row].result], "why", compliance->of_row[row].why);
}

char *
ctl_compliance_show_json(const struct ctl_compliance *compliance)
{
    json_t *list = json_array();
    for (enum ctl_compliance_row row = 0; row < CTL_COMPLIANCE_ROWS; row++)
        json_array_append_new(list, json_row(compliance, row));
    return ctl_value_print(json_pack("{s:i, s:i, s:i, s:b, s:o}", "failed",
                                     (int)compliance->counts[CTL_COMPLIANCE_FAIL], "not_met",
                                     (int)compliance->counts[CTL_COMPLIANCE_NOT_MET], "not_judged",
                                     (int)compliance->counts[CTL_COMPLIANCE_NOT_JUDGED],
                                     "is_in_force", (int)compliance->is_in_force, "rows", list));
}
