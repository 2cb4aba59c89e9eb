/* import_lua.c - see import_lua.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_lua.h"

#include <string.h>

/* --- tokens ---------------------------------------------------------------------------------- */

static char
peek(const struct import_lua *lua)
{
    struct bytes_reader ahead = lua->from;
    return bytes_left(&ahead) == 0 ? '\0' : (char)bytes_get_u8(&ahead);
}

static char
get(struct import_lua *lua)
{
    if (bytes_left(&lua->from) == 0)
        return '\0';
    char c = (char)bytes_get_u8(&lua->from);
    lua->line += c == '\n';
    return c;
}

static bool
is_over(const struct import_lua *lua)
{
    return bytes_left(&lua->from) == 0;
}

static bool
is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool
is_of_number(char c)
{
    return is_of_name(c) || c == '.';
}

static void
put(struct import_lua_token *token, size_t *size, char c)
{
    if (*size + 1 < sizeof token->text && c != '\0')
        token->text[(*size)++] = c;
    else
        token->is_cut = true;
    token->text[*size] = '\0';
}

/* "[[" or "[==[": how many "=", or -1: it is no such bracket, and nothing was taken. */
static int
take_long_bracket(struct import_lua *lua)
{
    struct import_lua ahead = *lua;
    int level = 0;
    if (get(&ahead) != '[')
        return -1;
    for (; peek(&ahead) == '='; level++)
        (void)get(&ahead);
    if (get(&ahead) != '[')
        return -1;
    lua->from = ahead.from;
    lua->line = ahead.line;
    return level;
}

static void
take_long_text(struct import_lua *lua, int level, struct import_lua_token *token)
{
    size_t size = 0;
    int equals = -1; /* behind a "]": how many "=" */
    while (!is_over(lua)) {
        char c = get(lua);
        if (c == ']' && equals == level)
            break;
        put(token, &size, c);
        if (c == ']')
            equals = 0;
        else if (c == '=' && equals >= 0)
            equals++;
        else
            equals = -1;
    }
    token->is_cut = true; /* its last brackets are in it: nobody needs such a value */
}

static void
skip_blanks(struct import_lua *lua)
{
    while (!is_over(lua)) {
        struct import_lua ahead = *lua;
        char c = get(&ahead);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';') {
            (void)get(lua);
        } else if (c == '-' && peek(&ahead) == '-') {
            struct import_lua_token comment = {0};
            (void)get(lua);
            (void)get(lua);
            int level = take_long_bracket(lua);
            if (level >= 0)
                take_long_text(lua, level, &comment);
            else
                while (!is_over(lua) && peek(lua) != '\n')
                    (void)get(lua);
        } else {
            return;
        }
    }
}

static void
take_quoted(struct import_lua *lua, struct import_lua_token *token)
{
    size_t size = 0;
    char quote = get(lua);
    while (!is_over(lua) && peek(lua) != quote && peek(lua) != '\n') {
        char c = get(lua);
        if (c == '\\') {
            c = get(lua);
            token->is_cut = true; /* escapes are not read */
        }
        put(token, &size, c);
    }
    token->is_cut = token->is_cut || peek(lua) != quote;
    if (peek(lua) == quote)
        (void)get(lua);
}

/* setACL, setACLFromFile, rmACL; as a name, or as a text by which it is looked up */
static bool
takes_clients(const struct import_lua_token *token)
{
    return strstr(token->text, "setACL") != NULL || strstr(token->text, "rmACL") != NULL;
}

/* What is over has the token END for ever. */
static void
step(struct import_lua *lua)
{
    struct import_lua_token *token = &lua->token;
    size_t size = 0;
    lua->takes_clients = lua->takes_clients || takes_clients(token);
    skip_blanks(lua);
    *token = (struct import_lua_token){.line = lua->line, .kind = IMPORT_LUA_END};
    if (is_over(lua))
        return;
    char c = peek(lua);
    int level = take_long_bracket(lua);
    if (level >= 0) {
        token->kind = IMPORT_LUA_VALUE;
        take_long_text(lua, level, token);
    } else if (c == '"' || c == '\'') {
        token->kind = IMPORT_LUA_VALUE;
        take_quoted(lua, token);
    } else if (is_of_name(c)) {
        bool is_number = c >= '0' && c <= '9';
        token->kind = is_number ? IMPORT_LUA_VALUE : IMPORT_LUA_NAME;
        while (is_number ? is_of_number(peek(lua)) : is_of_name(peek(lua)))
            put(token, &size, get(lua));
    } else {
        token->kind = IMPORT_LUA_MARK;
        put(token, &size, get(lua));
    }
}

static bool
is_mark(const struct import_lua *lua, char c)
{
    return lua->token.kind == IMPORT_LUA_MARK && lua->token.text[0] == c;
}

static bool
is_name(const struct import_lua *lua, const char *name)
{
    return lua->token.kind == IMPORT_LUA_NAME && strcmp(lua->token.text, name) == 0;
}

/* --- statements ------------------------------------------------------------------------------ */

static void
copy_name(char to[IMPORT_LUA_NAME_MAX], const char *text)
{
    size_t size = strnlen(text, IMPORT_LUA_NAME_MAX - 1);
    memcpy(to, text, size);
    to[size] = '\0';
}

static void
count_blocks(struct import_lua *lua)
{
    if (is_name(lua, "for") || is_name(lua, "while"))
        lua->is_loop = true;
    if (is_name(lua, "do") && lua->is_loop)
        lua->is_loop = false; /* the loop was counted */
    else if (is_name(lua, "do"))
        lua->blocks++;
    if (is_name(lua, "function") || is_name(lua, "if") || is_name(lua, "repeat") ||
        is_name(lua, "for") || is_name(lua, "while"))
        lua->blocks++;
    else if ((is_name(lua, "end") || is_name(lua, "until")) && lua->blocks > 0)
        lua->blocks--;
}

static int
nesting(const struct import_lua *lua)
{
    if (is_mark(lua, '(') || is_mark(lua, '{') || is_mark(lua, '['))
        return 1;
    return is_mark(lua, ')') || is_mark(lua, '}') || is_mark(lua, ']') ? -1 : 0;
}

/* To the end of the line, and further while one of `depth` brackets is open. */
static void
skip_statement(struct import_lua *lua, uint32_t line, int depth)
{
    while (lua->token.kind != IMPORT_LUA_END && (lua->token.line == line || depth > 0)) {
        depth += nesting(lua);
        count_blocks(lua);
        line = lua->token.line;
        step(lua);
    }
}

static struct import_lua_value *
add_value(struct import_lua *lua, struct import_lua_statement *statement, const char *key)
{
    if (statement->count == IMPORT_LUA_VALUES_MAX) {
        statement->is_call = false;
        statement->count--;
    }
    struct import_lua_value *value = &statement->values[statement->count++];
    *value = (struct import_lua_value){.line = lua->token.line};
    copy_name(value->key, key);
    return value;
}

static bool
ends_value(const struct import_lua *lua)
{
    return is_mark(lua, ',') || is_mark(lua, '}') || is_mark(lua, ')') ||
           lua->token.kind == IMPORT_LUA_END;
}

/* One value, up to what ends it; anything but a single text, number or truth value is computed. */
static void
take_value(struct import_lua *lua, struct import_lua_statement *statement, const char *key)
{
    struct import_lua_value *value = add_value(lua, statement, key);
    bool is_plain =
        lua->token.kind == IMPORT_LUA_VALUE || is_name(lua, "true") || is_name(lua, "false");
    value->is_computed = !is_plain || lua->token.is_cut;
    if (is_plain || lua->token.kind == IMPORT_LUA_NAME)
        memcpy(value->text, lua->token.text, sizeof value->text);
    for (int depth = 0; lua->token.kind != IMPORT_LUA_END && (depth > 0 || !ends_value(lua));) {
        depth += nesting(lua);
        count_blocks(lua);
        step(lua);
        if (!ends_value(lua))
            value->is_computed = true;
    }
}

/* At "(", or at "{" of a call with a table alone: values, and tables whose keys count; what is deeper
 * has the key of its table. */
static void
take_arguments(struct import_lua *lua, struct import_lua_statement *statement)
{
    char key[IMPORT_LUA_NAME_MAX] = "", end = is_mark(lua, '(') ? ')' : '}';
    unsigned outermost = end == '}', tables = outermost;
    step(lua);
    while (lua->token.kind != IMPORT_LUA_END && !(is_mark(lua, end) && tables == outermost)) {
        if (is_mark(lua, '{') || is_mark(lua, '}') || is_mark(lua, ',') || is_mark(lua, ')')) {
            tables += is_mark(lua, '{');
            tables -= is_mark(lua, '}') && tables > 0;
            if (tables < 2 && !is_mark(lua, '{'))
                key[0] = '\0';
            step(lua);
            continue;
        }
        if (lua->token.kind == IMPORT_LUA_NAME && tables > 0) {
            struct import_lua ahead = *lua;
            step(&ahead);
            if (is_mark(&ahead, '=')) {
                if (tables == 1)
                    copy_name(key, lua->token.text);
                *lua = ahead;
                step(lua);
                if (is_mark(lua, '{'))
                    continue;
            }
        }
        take_value(lua, statement, key);
    }
    statement->is_call = statement->is_call && is_mark(lua, end);
    if (lua->token.kind != IMPORT_LUA_END)
        step(lua);
}

void
import_lua_open(struct import_lua *lua, const char *text, size_t size)
{
    *lua = (struct import_lua){.from = bytes_reader(text, size), .line = 1};
    step(lua);
}

/* The whole of a statement, whose first token is at hand. */
static void
take_statement(struct import_lua *lua, struct import_lua_statement *statement)
{
    bool is_name_first = lua->token.kind == IMPORT_LUA_NAME;
    uint32_t line = lua->token.line;
    unsigned blocks = lua->blocks;
    int depth = nesting(lua);
    statement->line = line;
    statement->count = 0;
    statement->is_inner = blocks > 0;
    copy_name(statement->name, lua->token.text);
    count_blocks(lua);
    step(lua);
    statement->is_call =
        is_name_first && (is_mark(lua, '(') || is_mark(lua, '{')) && lua->blocks == blocks;
    if (!statement->is_call) {
        skip_statement(lua, line, depth);
        return;
    }
    take_arguments(lua, statement);
    /* x(...):y(), x(...).y: what is done with it is not read */
    if (is_mark(lua, ':') || is_mark(lua, '.') || is_mark(lua, '(') || is_mark(lua, '[')) {
        statement->is_call = false;
        skip_statement(lua, lua->token.line, 0);
    }
}

bool
import_lua_next(struct import_lua *lua, struct import_lua_statement *statement)
{
    if (lua->token.kind == IMPORT_LUA_END)
        return false;
    lua->takes_clients = false;
    take_statement(lua, statement);
    statement->takes_clients = lua->takes_clients;
    return true;
}
