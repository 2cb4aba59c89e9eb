/* audit_log.c - see audit_log.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/audit_log.h"

#include "audit/audit_chain.h"
#include "base/hex.h"
#include "os/append.h"
#include "os/locked.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"
#include "os/sys.h"
#include "supervisor/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

_Static_assert(APPEND_PATH_MAX >= CONFIG_AUDIT_PATH_MAX, "any path that is configured");

struct audit_log {
    struct append file;
    struct audit_chain chain;
    struct audit_line first; /* see audit_log_add_first() */
    bool is_first_due;
    struct audit_line continued; /* the first line of a file that another one goes on in */
    bool is_continued_due;
    bool is_failing;
    bool must_stop;               /* on_failure: stop, and a line could not be written */
    bool is_stop_told;            /* it was asked for already */
    uint64_t tried_us;            /* when it failed last */
    uint64_t paced_us;            /* when the lines of audit_log_add_paced() began to be counted, */
    uint32_t paced[AUDIT_EVENTS]; /* how many those are, */
    uint64_t left_out[AUDIT_EVENTS]; /* and how many were more, which no line has told yet */
    struct service_page_head told;   /* what readers know as the head */
    char tail[AUDIT_CHAIN_TAIL_MOST];
};

/* --- opening --------------------------------------------------------------------------------- */

/* Where /proc/sys is hidden, as under our unit: random digits, other ones at each start. */
static void
find_boot(char boot[AUDIT_UUID_SIZE])
{
    uint8_t random[AUDIT_UUID_SIZE];
    int fd = sys_open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? sys_read(fd, boot, AUDIT_UUID_SIZE) : 0;
    if (fd >= 0)
        sys_close(fd);
    if (size == AUDIT_UUID_SIZE)
        return;
    random_fill(random, sizeof random);
    for (unsigned i = 0; i < AUDIT_UUID_SIZE; i++)
        boot[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : hex_digits[random[i] & 15];
}

enum status
audit_log_prepare(struct supervisor *sup, struct config_error *error)
{
    uint8_t key[AUDIT_CHAIN_KEY_MAX];
    char boot[AUDIT_UUID_SIZE];
    size_t key_size;
    const char *path = sup->config.audit_path;
    if (path[0] == '\0')
        return STATUS_OK;
    struct audit_log *log = memory_reserve(sizeof *log);
    if (log == NULL || append_find(&log->file, path) != STATUS_OK) {
        snprintf(error->text, sizeof error->text, "audit.path: %.300s: %s", path,
                 log == NULL ? "no memory for it" : strerror(errno));
        return STATUS_INVALID;
    }
    if (locked_part(log, sizeof *log) != STATUS_OK) /* the key will be in it */
        sup->lock_error = errno;
    enum status status = settings_load_audit_key(&sup->config, key, &key_size, error);
    if (status != STATUS_OK)
        return status;
    find_boot(boot);
    audit_chain_begin(&log->chain, boot, (uint64_t)getpid(), key, key_size);
    explicit_bzero(key, sizeof key);
    sup->audit = log;
    return STATUS_OK;
}

/* @return NULL: the chain goes on; why it cannot, static text */
static const char *
resume(struct audit_log *log, struct append *file)
{
    off_t at;
    size_t size;
    if (append_tail(file, log->tail, sizeof log->tail, &at, &size) != STATUS_OK)
        return strerror(errno);
    switch (audit_chain_resume(&log->chain, log->tail, size, at == 0)) {
    case AUDIT_CHAIN_NEW:
    case AUDIT_CHAIN_SOUND:
    case AUDIT_CHAIN_TORN:
        return NULL;
    case AUDIT_CHAIN_FOREIGN:
        return "ends with what is no audit log; look at it (penstockctl audit verify), then move "
               "it "
               "away";
    case AUDIT_CHAIN_KEY:
        return "was written with another key, or the one with a key and the other without; move it "
               "away to begin anew";
    }
    return NULL;
}

enum status
audit_log_open(struct supervisor *sup, struct config_error *error)
{
    struct audit_log *log = sup->audit;
    const char *why;
    if (log == NULL)
        return STATUS_OK;
    enum status status = append_open(&log->file, NULL, &why);
    if (status == STATUS_OK) {
        why = resume(log, &log->file);
        if (why == NULL)
            return STATUS_OK;
        append_close(&log->file);
    }
    snprintf(error->text, sizeof error->text, "audit.path: %.250s: %s", sup->config.audit_path,
             why);
    return status == STATUS_AGAIN ? STATUS_AGAIN : STATUS_INVALID;
}

bool
audit_log_is_open(const struct supervisor *sup)
{
    return sup->audit != NULL && sup->audit->file.fd >= 0;
}

/* --- lines ----------------------------------------------------------------------------------- */

static void
note_failed(struct supervisor *sup, const char *why)
{
    struct audit_log *log = sup->audit;
    log->tried_us = sup->loop.now_us;
    if (log->is_failing)
        return;
    log->is_failing = true;
    log->must_stop = sup->config.audit_on_failure == CONFIG_STOP;
    log_write(LOG_ERROR, LOG_AUDIT, "it cannot be written: %s; lines are lost until it can", why);
}

static void
note_written(struct supervisor *sup, uint64_t lost)
{
    struct audit_log *log = sup->audit;
    (void)stats_grow(&sup->page->audit_lines, 1);
    if (!log->is_failing)
        return;
    log->is_failing = false;
    log_write(LOG_WARNING, LOG_AUDIT, "it is written again; %" PRIu64 " lines were lost", lost);
}

/* @return false: it is not in the file; it was tried, and is not lost yet */
static bool
try_line(struct supervisor *sup, struct audit_line *line)
{
    struct audit_log *log = sup->audit;
    struct audit_chain_sealed sealed;
    size_t written = 0;
    uint64_t lost = log->chain.lost;
    const char *why =
        "no line can follow"; /* after so many torn ones, or the numbers are used up */
    if (log->file.fd < 0 || audit_chain_seal(&log->chain, line, &sealed) != STATUS_OK) {
        audit_chain_lose(&log->chain);
    } else {
        if (append_line(&log->file, sealed.octets, sealed.size, &written) != STATUS_OK)
            why = strerror(errno);
        audit_chain_wrote(&log->chain, &sealed, written);
    }
    if (log->chain.lost == 0) {
        note_written(sup, lost);
        return true;
    }
    log->chain.lost = lost;
    if (log->file.fd >= 0)
        note_failed(sup, why);
    return false;
}

static void
lose(struct supervisor *sup)
{
    audit_chain_lose(&sup->audit->chain);
    (void)stats_grow(&sup->page->audit_lost, 1);
}

static bool
write_due(struct supervisor *sup)
{
    struct audit_log *log = sup->audit;
    struct audit_line line;
    if (log->is_continued_due) {
        line = log->continued;
        log->is_continued_due = !try_line(sup, &line);
    }
    if (log->is_first_due && !log->is_continued_due) {
        line = log->first;
        log->is_first_due = !try_line(sup, &line);
    }
    return !log->is_continued_due && !log->is_first_due;
}

bool
audit_log_begin(const struct supervisor *sup, enum audit_event event, struct audit_line *line)
{
    if (sup->audit == NULL)
        return false;
    audit_line_begin(line, event, sys_clock_us(CLOCK_REALTIME), sys_clock_us(CLOCK_MONOTONIC));
    return true;
}

void
audit_log_add(struct supervisor *sup, struct audit_line *line)
{
    if (!write_due(sup) || !try_line(sup, line))
        lose(sup);
}

void
audit_log_add_first(struct supervisor *sup, const struct audit_line *line)
{
    sup->audit->first = *line;
    sup->audit->is_first_due = true;
    (void)write_due(sup);
}

void
audit_log_add_paced(struct supervisor *sup, struct audit_line *line)
{
    struct audit_log *log = sup->audit;
    if (log->paced[line->event]++ < AUDIT_LOG_PACE) {
        audit_log_add(sup, line);
        return;
    }
    log->left_out[line->event]++;
    (void)stats_grow(&sup->page->audit_left_out, 1);
}

/* --- another file ---------------------------------------------------------------------------- */

static const char *
judge_empty(const struct append *file)
{
    char octet;
    off_t at;
    size_t size;
    if (append_tail(file, &octet, 1, &at, &size) != STATUS_OK)
        return strerror(errno);
    return size == 0 ? NULL : "is not empty";
}

void
audit_log_reopen(struct supervisor *sup)
{
    struct audit_log *log = sup->audit;
    const char *why;
    if (log == NULL || log->file.fd < 0)
        return;
    struct append next = log->file;
    enum status status = append_open(&next, &log->file, &why);
    if (status == STATUS_NONE)
        return;
    const char *no_empty = status == STATUS_OK ? judge_empty(&next) : why;
    if (status == STATUS_OK && no_empty != NULL)
        append_close(&next);
    if (no_empty != NULL) {
        log_write(LOG_ERROR, LOG_AUDIT, "%s: %s; the lines go on in the file of before",
                  sup->config.audit_path, no_empty);
        return;
    }
    if (append_sync(&log->file) != STATUS_OK)
        note_failed(sup, strerror(errno));
    append_close(&log->file);
    log->file = next;
    audit_chain_next_file(&log->chain);
    /* its time is this one, however late it is written: others will be between */
    log->is_continued_due =
        log->chain.sequence > 0 && audit_log_begin(sup, AUDIT_CONTINUED, &log->continued);
    (void)write_due(sup);
    log_write(LOG_NOTICE, LOG_AUDIT, "%s: the lines go on in another file", sup->config.audit_path);
}

/* --- a turn ---------------------------------------------------------------------------------- */

static void
publish(struct supervisor *sup)
{
    struct audit_log *log = sup->audit;
    struct service_page_head head = {.sequence = log->chain.sequence};
    memcpy(head.sum, log->chain.head, sizeof head.sum);
    if (memcmp(&head, &log->told, sizeof head) != 0)
        service_page_tell_head(sup->page, &head);
    log->told = head;
    stats_store(&sup->page->audit_state, log->file.fd < 0  ? SERVICE_PAGE_AUDIT_WAITS
                                         : log->is_failing ? SERVICE_PAGE_AUDIT_FAILS
                                                           : SERVICE_PAGE_AUDIT_WRITES);
}

void
audit_log_tell_left_out(struct supervisor *sup)
{
    struct audit_log *log = sup->audit;
    struct audit_line line;
    for (enum audit_event event = 0; event < AUDIT_EVENTS; event++) {
        if (log->left_out[event] == 0)
            continue;
        (void)audit_log_begin(sup, AUDIT_LEFT_OUT, &line);
        audit_line_number(&line, AUDIT_OF_LINES, log->left_out[event]);
        audit_line_text(&line, AUDIT_OF_REASON, audit_table_event(event)->name);
        log->left_out[event] = 0;
        audit_log_add(sup, &line);
    }
}

/* Lines that may be paced are counted anew; of those before, how many were left out. */
static void
pace(struct supervisor *sup)
{
    struct audit_log *log = sup->audit;
    if (sup->loop.now_us < log->paced_us + (uint64_t)AUDIT_LOG_PACE_MS * 1000)
        return;
    log->paced_us = sup->loop.now_us;
    memset(log->paced, 0, sizeof log->paced);
    audit_log_tell_left_out(sup);
}

static void
try_again(struct supervisor *sup)
{
    struct audit_log *log = sup->audit;
    struct audit_line line;
    if (!log->is_failing || log->file.fd < 0 ||
        sup->loop.now_us < log->tried_us + (uint64_t)AUDIT_LOG_AGAIN_MS * 1000)
        return;
    (void)audit_log_begin(sup, AUDIT_RECOVERED, &line);
    if (write_due(sup) && log->is_failing)
        (void)try_line(sup, &line); /* if it fails again, nothing was lost: nothing happened */
}

/* Also of a log that failed before a reload asked for it. */
static bool
ends_now(struct supervisor *sup)
{
    struct audit_log *log = sup->audit;
    log->must_stop |= log->is_failing && sup->config.audit_on_failure == CONFIG_STOP;
    if (!log->must_stop || log->is_stop_told)
        return false;
    log_write(LOG_ERROR, LOG_AUDIT, "penstock ends, as audit.on_failure says");
    log->is_stop_told = true;
    return true;
}

bool
audit_log_tick(struct supervisor *sup)
{
    struct audit_log *log = sup->audit;
    if (log == NULL)
        return true;
    pace(sup);
    try_again(sup);
    if (log->file.fd >= 0 && append_sync(&log->file) != STATUS_OK)
        note_failed(sup, strerror(errno));
    publish(sup);
    return !ends_now(sup);
}

void
audit_log_close(struct supervisor *sup)
{
    if (!audit_log_is_open(sup))
        return;
    (void)audit_log_tick(sup);
    append_close(&sup->audit->file);
}
