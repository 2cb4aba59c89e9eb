/* config_reference.c - see config_reference.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_reference.h"

#include "conf/config_rows.h"

#include <string.h>

static void
write_path(const struct config_row *row, const char *upstream_part, FILE *to)
{
    if (row->is_upstream)
        fprintf(to, "%s%s.%s", row->group, upstream_part, row->key);
    else
        fprintf(to, "%s%s%s", row->group, *row->group == '\0' ? "" : ".", row->key);
}

static void
write_env(const struct config_row *row, FILE *to)
{
    char env[CONFIG_PATH_TEXT_MAX];
    config_row_env(row, 0, env);
    if (!row->is_upstream) {
        fputs(env, to);
        return;
    }
    const char *number = strchr(env, '0');
    fprintf(to, "%.*sN%s", (int)(number - env), env, number + 1);
}

static void
write_default(const struct config_row *row, FILE *to)
{
    if (row->fallback == NULL)
        fputs("Default: none; the key must be given.\n", to);
    else if (row->is_list && *row->fallback == '\0')
        fputs("Default: the empty list.\n", to);
    else if (*row->fallback == '\0')
        fputs("Default: left out.\n", to);
    else {
        fputs("Default: ", to);
        for (const char *c = row->fallback; *c != '\0'; c++)
            fputs(*c == ',' ? ", " : (char[]){*c, '\0'}, to);
        fputs(".\n", to);
    }
}

static void
write_change(const struct config_row *row, FILE *to)
{
    static const char *const by[] = {
        [CONFIG_CHANGE_RELOAD] = "with a reload",
        [CONFIG_CHANGE_RESTART] = "with a restart",
        [CONFIG_CHANGE_SOME] = "with a reload, some values with a restart",
    };
    bool is_reloaded = row->change != CONFIG_CHANGE_RESTART;
    fprintf(to, "Changes: %s%s.\n", by[row->change],
            is_reloaded && (row->who & CONFIG_USER_WORKER) != 0 ? "; workers are replaced" : "");
}

void
config_reference(FILE *to)
{
    fputs(".Bl -tag -width Ds\n", to);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        char allowed[VALUE_ALLOWED_MAX];
        fputs(".It Cm ", to);
        write_path(row, "[]", to);
        fprintf(to, "\n%s\n.Pp\nAllowed: ", row->doc);
        if (row->is_list)
            fprintf(to, "a list of %u to %u, each ", row->items_min, row->items_max);
        else if (config_row_is_sequence(row))
            fputs("a list of at least one, each ", to);
        fprintf(to, "%s.\n.br\n", value_allowed(&row->rule, allowed));
        write_default(row, to);
        fputs(".br\nEnvironment: ", to);
        write_env(row, to);
        fputs(".\n.br\n", to);
        write_change(row, to);
    }
    fputs(".El\n", to);
}
