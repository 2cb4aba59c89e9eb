/* import_lua.h - the calls of a Lua text, without running it
 * SPDX-License-Identifier: ISC
 *
 * What: parts a text into statements. A call whose arguments are texts, numbers, truth values and
 *       tables of them is handed out with these; of anything else only where it stands and what it
 *       begins with. What stands in a function, a loop or a condition is marked so.
 * Who:  reader of dnsdist.conf. Pure.
 * Ref:  Lua 5.4 manual, section 3.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

#define IMPORT_LUA_NAME_MAX   64  /* octets of a name, with its NUL; longer ones are cut */
#define IMPORT_LUA_VALUE_MAX  256 /* of a value */
#define IMPORT_LUA_VALUES_MAX 64

enum import_lua_kind {
    IMPORT_LUA_NAME,
    IMPORT_LUA_VALUE, /* a text or a number */
    IMPORT_LUA_MARK,  /* one character */
    IMPORT_LUA_END,
};

struct import_lua_token {
    enum import_lua_kind kind;
    uint32_t line;
    bool is_cut; /* longer than there is room for */
    char text[IMPORT_LUA_VALUE_MAX];
};

struct import_lua { /* caller's memory, members private */
    struct bytes_reader from;
    uint32_t line;
    unsigned blocks;    /* open functions, loops, conditions */
    bool is_loop;       /* for or while was read, and not its do */
    bool takes_clients; /* of the statement at hand, as far as it was read */
    struct import_lua_token token;
};

struct import_lua_value {
    uint32_t line;
    char key[IMPORT_LUA_NAME_MAX]; /* "": an argument or an item by its place */
    char text[IMPORT_LUA_VALUE_MAX];
    bool is_computed; /* then `text` is the name that it begins with, or "" */
};

struct import_lua_statement {
    uint32_t line;
    char name[IMPORT_LUA_NAME_MAX]; /* what it begins with */
    bool is_call;                   /* with every value, and nothing done with the result */
    bool is_inner;                  /* in a function, a loop or a condition */
    bool takes_clients;             /* it names what takes networks from dnsdist's ACL, anywhere */
    unsigned count;
    struct import_lua_value values[IMPORT_LUA_VALUES_MAX];
};

/** Begin. @param text  borrowed for as long as statements are read */
void import_lua_open(struct import_lua *lua, const char *text, size_t size);

/** The next statement. @return false: no more */
MUST_CHECK bool import_lua_next(struct import_lua *lua, struct import_lua_statement *statement);
