/* audit_log_scene.h - a supervisor with an audit log in a folder of its own
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "supervisor_scene.h"

#include "supervisor/audit_events.h"
#include "supervisor/audit_log.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char scene_folder[64];
static struct config_error scene_error;

static inline enum status
scene_audit_open(void)
{
    enum status status = audit_log_prepare(&sup, &scene_error);
    if (status == STATUS_OK)
        status = audit_log_open(&sup, &scene_error);
    return status;
}

/* After scene_open() or the like. */
static inline void
scene_audit(void)
{
    strcpy(scene_folder, "/tmp/penstock-audit-XXXXXX");
    cr_assert_not_null(mkdtemp(scene_folder));
    snprintf(sup.config.audit_path, sizeof sup.config.audit_path, "%s/log", scene_folder);
    sup.loaded = sup.config;
    cr_assert_eq(scene_audit_open(), STATUS_OK, "%s", scene_error.text);
}

static inline void
scene_audit_end(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", scene_folder);
    cr_assert_eq(system(command), 0);
}

static inline const char *
scene_lines(void)
{
    static char text[1 << 18];
    FILE *from = fopen(sup.config.audit_path, "r");
    size_t size = from != NULL ? fread(text, 1, sizeof text - 1, from) : 0;
    if (from != NULL)
        fclose(from);
    text[size] = '\0';
    return text;
}

static inline unsigned
scene_count(const char *words)
{
    unsigned count = 0;
    for (const char *at = scene_lines(); (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}
#define SCENE_TOLD(words)     cr_assert_eq(scene_count(words), 1, "%s", scene_lines())
#define SCENE_NOT_TOLD(words) cr_assert_eq(scene_count(words), 0, "%s", scene_lines())

/* As a full disk: no file grows beyond what the audit log has; that of the log is smaller. */
static inline void
scene_fill_disk(bool on)
{
    struct stat info;
    bool is_there = stat(sup.config.audit_path, &info) == 0 && info.st_size > 0;
    rlim_t most = !on ? RLIM_INFINITY : is_there ? (rlim_t)info.st_size : 1;
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){most, RLIM_INFINITY}), 0);
}
