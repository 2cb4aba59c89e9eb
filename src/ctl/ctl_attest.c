/* ctl_attest.c - penstockctl attest: what a service runs as, from the kernel first
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_attest.h"

#include "attest/attest_config.h"
#include "attest/attest_later.h"
#include "attest/attest_role.h"
#include "attest/attest_service.h"
#include "base/base64.h"
#include "ctl/ctl_file.h"
#include "ctl/ctl_json_stats.h"
#include "ctl/ctl_value.h"
#include "os/sys.h"
#include "view/chains.h"
#include "view/judge.h"
#include "view/says.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FORM           1    /* of the document; another one where a member means something else */
#define SETTLE_MOST_MS 3000 /* that a process which is being replaced is waited for */
#define SETTLE_STEP_MS 200

char *
ctl_attest_baseline_read(const char *path, size_t *size, char *error, size_t room)
{
    const char *why = "there is no memory for it";
    char *text = malloc(CTL_ATTEST_BASELINE_MAX);
    if (text != NULL && ctl_file_read(path, text, CTL_ATTEST_BASELINE_MAX, size, &why) == STATUS_OK)
        return text;
    snprintf(error, room, "%.200s cannot be read: %s", path, why);
    free(text);
    return NULL;
}

json_t *
ctl_attest_baseline(char *text, size_t size, const char *path, char *error, size_t room)
{
    json_error_t ignored;
    json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &ignored);
    free(text);
    if (json_integer_value(json_object_get(document, "form")) == FORM &&
        json_is_object(json_object_get(document, "processes")))
        return document;
    json_decref(document);
    snprintf(error, room, "%.200s is no attestation of this form (%d)", path, FORM);
    return NULL;
}

/* What stands in the configuration is read in the jail. */
static struct attest_config *taken;

/* While a process is replaced there is one too few or too many, or it is not what it will be: it has
 * not executed its own program yet, or has not loaded its filter. */
static bool
is_settled(const json_t *processes)
{
    json_int_t found[ATTEST_ROLES + 1] = {0};
    const char *name;
    json_t *process;
    bool has_filters = true;
    json_object_foreach((json_t *)(uintptr_t)processes, name, process)
    {
        const char *role = json_string_value(json_object_get(process, "role"));
        found[attest_role_named(role == NULL ? "" : role)]++;
        has_filters = has_filters && !json_is_false(json_object_get(process, "filter_is_loaded"));
    }
    return has_filters && found[ATTEST_ROLES] == 0 && found[ATTEST_FRONT] > 0 &&
           found[ATTEST_FRONT] == found[ATTEST_WORKER];
}

/* @return as attest_service_read(), of a moment at which no process was being replaced, if such a
 *         moment comes */
static json_t *
read_settled(pid_t supervisor)
{
    const struct timespec step = {.tv_nsec = SETTLE_STEP_MS * 1000000L};
    uint64_t until_us = sys_clock_us(CLOCK_MONOTONIC) + SETTLE_MOST_MS * UINT64_C(1000);
    json_t *seen = attest_service_read(supervisor);
    while (seen != NULL && !is_settled(json_object_get(seen, "processes"))) {
        if (sys_clock_us(CLOCK_MONOTONIC) >= until_us) {
            fprintf(stderr, "penstockctl: note: processes of the service are being started or "
                            "ended; what is told is of this moment\n");
            break;
        }
        clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
        json_decref(seen);
        attest_later_forget();
        seen = attest_service_read(supervisor);
    }
    return seen;
}

json_t *
ctl_attest_kernel(const struct control_client *client)
{
    pid_t supervisor = attest_service_find(client->fd);
    json_t *document = json_pack("{s:i, s:{s:s, s:s, s:i}}", "form", FORM, "made_by", "program",
                                 "penstockctl", "version", PENSTOCK_VERSION, "uid", (int)geteuid());
    json_t *seen = read_settled(supervisor);
    if (seen != NULL) {
        json_object_update(document, seen);
        json_decref(seen);
    } else {
        json_object_set_new(document, "processes", json_object());
        json_object_set_new(document, "not_read",
                            json_pack("{s:s}", "processes",
                                      "the process of the control socket is not to be seen here"));
    }
    taken = attest_config_take(supervisor);
    return document;
}

/* --- what the service says ------------------------------------------------------------------- */

enum status
ctl_attest_gather(struct ctl_gather *gather)
{
    const struct reading *r = &gather->sight.reading;
    enum status status = ctl_gather_read(gather);
    for (unsigned waited_ms = 0;
         status == STATUS_OK && r->serving < r->lanes && waited_ms < SETTLE_MOST_MS;
         waited_ms += SETTLE_STEP_MS)
        status = ctl_gather_read_after(gather, SETTLE_STEP_MS);
    return status;
}

/* The numbers are IANA's; what the worker does not tell is null. */
static json_t *
tls(const struct reading_upstream *is)
{
    static const char *const groups[] = {"secp256r1", "secp384r1", "secp521r1"};
    char cipher[8], number[8];
    const char *group = number;
    if (is->tls == 0)
        return json_null();
    snprintf(cipher, sizeof cipher, "0x%04x", is->cipher & 0xffff);
    snprintf(number, sizeof number, "0x%04x", is->group & 0xffff);
    if (is->group >= 23 && is->group <= 25)
        group = groups[is->group - 23];
    else if (is->group == 29)
        group = "x25519";
    return json_pack("{s:s, s:s, s:s}", "version",
                     is->tls == 0x0304   ? "1.3"
                     : is->tls == 0x0303 ? "1.2"
                                         : "unknown",
                     "cipher_suite", cipher, "group", group);
}

static json_t *
certificate(const struct stats_chain_certificate *is)
{
    char base64[BASE64_TEXT_SIZE(STATS_CHAIN_HASH)];
    char key[sizeof "sha256//" + BASE64_TEXT_SIZE(STATS_CHAIN_HASH)];
    snprintf(key, sizeof key, "sha256//%s", base64_encode(is->key, STATS_CHAIN_HASH, base64));
    return json_pack("{s:o, s:s, s:o}", "sha256", attest_value_sum(is->sum), "key", key, "ends",
                     is->ends_s > 0 ? ctl_value_whole(is->ends_s) : json_null());
}

static json_t *
chain(const struct stats_chain_copy *is)
{
    json_t *list = is->count == 0 ? json_null() : json_array();
    for (unsigned i = 0; i < is->count; i++)
        json_array_append_new(list, certificate(&is->of[i]));
    return list;
}

static json_t *
upstream(const struct reading_upstream *is, const struct stats_chain_copy *certificates)
{
    static const char *const states[] = {[STATS_UPSTREAM_UNASKED] = "unasked",
                                         [STATS_UPSTREAM_USABLE] = "usable",
                                         [STATS_UPSTREAM_REFUSED] = "refused",
                                         [STATS_UPSTREAM_DOWN] = "down"};
    bool has_cause = is->state == STATS_UPSTREAM_REFUSED || is->state == STATS_UPSTREAM_DOWN;
    json_t *row = json_pack("{s:s, s:s, s:o, s:o, s:b}", "state", states[is->state], "cause",
                            has_cause ? says_cause(is->cause) : "", "connections",
                            ctl_value_whole(is->connections), "pins", json_integer(is->pins),
                            "pins_count", is->has_pins);
    json_object_set_new(row, "pin_matched",
                        is->pin_seen > 0 ? json_integer(is->pin_seen) : json_null());
    json_object_set_new(row, "certificate_ends",
                        is->ends_s > 0 ? ctl_value_whole(is->ends_s) : json_null());
    json_object_set_new(row, "certificate_days", ctl_value_whole(judge_days(is)));
    json_object_set_new(row, "tls", tls(is));
    json_object_set_new(row, "chain", chain(certificates));
    json_object_set_new(row, "told_by", json_string("worker"));
    return row;
}

/* The document of `penstockctl stats` has the names; what it says of the service itself is above. */
static json_t *
counters(const struct ctl_gather *gather)
{
    static struct stages stages;
    stages_read(&stages, &gather->pages.of);
    char *text = ctl_json_stats(&gather->sight.reading, &stages);
    json_t *all = text == NULL ? NULL : json_loads(text, 0, NULL);
    free(text);
    if (all == NULL)
        return json_null();
    json_t *row =
        json_pack("{s:O, s:O, s:O, s:o, s:o}", "counters", json_object_get(all, "counters"),
                  "levels", json_object_get(all, "levels"), "ends", json_object_get(all, "ends"),
                  "deaths", ctl_value_whole(gather->sight.reading.deaths), "reloads_refused",
                  ctl_value_whole(gather->sight.reading.reloads_refused));
    json_decref(all);
    return row == NULL ? json_null() : row;
}

/* By list; the files of each in the order of the configuration. */
static json_t *
lists(const struct service_page *page)
{
    static const char *const names[SERVICE_PAGE_LISTS] = {"block", "allow"};
    json_t *all = json_object();
    for (unsigned list = 0; list < SERVICE_PAGE_LISTS; list++) {
        json_t *files = json_array();
        for (unsigned i = 0; i < SERVICE_PAGE_LIST_FILES && i < page->list_files[list]; i++)
            json_array_append_new(files, attest_value_sum(page->list_sums[list][i]));
        json_object_set_new(all, names[list], files);
    }
    return all;
}

void
ctl_attest_service(json_t *document, const struct ctl_gather *gather)
{
    const struct reading *r = &gather->sight.reading;
    const struct service_page *page = gather->pages.of.service;
    static struct stats_chain_copy chains[STATS_UPSTREAMS];
    char hash[24];
    snprintf(hash, sizeof hash, "%016" PRIx64, r->config_hash);
    chains_read(chains, &gather->pages.of);
    json_t *upstreams = json_object();
    for (unsigned i = 0; i < r->upstreams; i++)
        json_object_set_new(upstreams, r->of_upstream[i].name,
                            upstream(&r->of_upstream[i], &chains[i]));
    json_t *limits = json_pack("{s:o, s:o, s:o, s:o}", "queries", ctl_value_whole(r->queries_most),
                               "tcp_clients", ctl_value_whole(r->tcp_clients_most), "cache_bytes",
                               ctl_value_whole(r->cache_bytes_most), "query_ms",
                               ctl_value_whole(r->query_us / 1000));
    json_object_set_new(document, "host", json_string(r->host));
    json_object_set_new(document, "time", ctl_value_whole(r->wall_s));
    json_object_set_new(document, "service",
                        json_pack("{s:s, s:o, s:o, s:i, s:i, s:o, s:o, s:o, s:o}", "version",
                                  r->version, "started", ctl_value_whole(r->started_s), "up_s",
                                  ctl_value_whole((r->tally.at_us - r->started_us) / 1000000),
                                  "lanes", (int)r->lanes, "lanes_serving", (int)r->serving,
                                  "limits", limits, "upstreams", upstreams, "counters",
                                  counters(gather), "audit", ctl_value_audit(r)));
    attest_later_read();
    json_t *configuration = attest_config_judge(taken, r->config_hash);
    taken = NULL;
    json_object_set_new(document, "configuration", configuration);
    const char *of_file = json_string_value(json_object_get(configuration, "hash_of_file"));
    json_object_set_new(configuration, "hash_in_force", json_string(hash));
    json_object_set_new(configuration, "file_is_loaded",
                        of_file == NULL ? json_null() : json_boolean(strcmp(of_file, hash) == 0));
    json_object_set_new(configuration, "since", ctl_value_whole(r->config_s));
    json_object_set_new(configuration, "ca_file_sha256",
                        page->has_ca == 1 ? attest_value_sum(page->ca_sum) : json_null());
    json_object_set_new(configuration, "lists", lists(page));
    json_object_set_new(configuration, "number", ctl_value_whole(page->config_number));
}

/* --- what is written ------------------------------------------------------------------------- */

char *
ctl_attest_print(json_t *document)
{
    return ctl_value_dump(document, JSON_INDENT(2) | JSON_SORT_KEYS);
}

char *
ctl_attest_lines(json_t *lines)
{
    size_t room = 1, used = 0, i;
    json_t *line;
    json_array_foreach(lines, i, line) room += json_string_length(line) + 1;
    char *text = malloc(room);
    if (text != NULL) {
        json_array_foreach(lines, i, line) used +=
            (size_t)snprintf(text + used, room - used, "%s\n", json_string_value(line));
        text[used] = '\0';
    }
    json_decref(lines);
    return text;
}
