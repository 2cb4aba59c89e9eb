/* log_out.h - where the lines of a process go that has standard error
 * SPDX-License-Identifier: ISC
 *
 * What: a line goes to the journal by its own protocol, if it is open, and else to standard error.
 *       Nobody is waited for: what the journal does not take at once goes to standard error, and what
 *       that does not take in LOG_OUT_WAIT_MS is lost. Both are counted, and the number is told when
 *       lines are taken again.
 * Who:  log.c; it lies in the process's struct os (os/os.h).
 * Ref:  systemd.journal-fields(7); the protocol of /run/systemd/journal/socket.
 */
#pragma once

#include "os/log_line.h"

#include <stdbool.h>
#include <stdint.h>

#define LOG_OUT_WAIT_MS 100 /* for standard error to take a line, unless it did not take the last */
#define LOG_OUT_JOURNAL "/run/systemd/journal/socket"

struct log_out {        /* all zero: text, to standard error */
    enum log_form form; /* on standard error */
    bool to_journal;
    int journal_fd;     /* if `to_journal`: connected */
    uint32_t refused;   /* lines that the journal did not take, since it took one */
    uint32_t unwritten; /* lines that standard error did not take, since it took one */
};

/**
 * Connect to the journal, for good: to be called before the jail, where no socket can be made.
 * @return false: it cannot be had, as errno says; lines go to standard error as before.
 */
bool log_out_open_journal(struct log_out *out);

/**
 * Write a line.
 * @param process  borrowed for this call: who tells what became of lines
 */
void log_out_write(struct log_out *out, const char *process, const struct log_line *line);
