/* test_import_lua.c - calls of Lua with their values, and nothing run
 * SPDX-License-Identifier: ISC
 */
#include "import/import_lua.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct import_lua lua;
static struct import_lua_statement statement;

/* Each statement: line:name, with (key=value ...) where it is a call, ~ where it is inner. */
static const char *
walk(const char *text)
{
    static char all[4096];
    size_t used = 0;
    all[0] = '\0';
    import_lua_open(&lua, text, strlen(text));
    while (import_lua_next(&lua, &statement)) {
        used += (size_t)snprintf(all + used, sizeof all - used, "%u:%s%s%s", statement.line,
                                 statement.is_inner ? "~" : "", statement.name,
                                 statement.is_call ? "(" : " ");
        for (unsigned i = 0; statement.is_call && i < statement.count; i++)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s=%s%s ",
                                     statement.values[i].key, statement.values[i].text,
                                     statement.values[i].is_computed ? "?" : "");
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%s", statement.is_call ? ") " : "");
    }
    return all;
}

Test(import_lua, calls_with_values)
{
    cr_expect_str_eq(walk("f('a', 1, true)"), "1:f(=a =1 =true ) ");
    cr_expect_str_eq(walk("f({a=\"x\", b={'y', 'z'}, c=2.5,\n d=g})"),
                     "1:f(a=x b=y b=z c=2.5 d=g? ) ");
    cr_expect_str_eq(walk("f{a='x'} g{}\nh()"), "1:f(a=x ) 1:g() 2:h() ");
    cr_expect_str_eq(walk("f({'a', 'b'}, {c=1})"), "1:f(=a =b c=1 ) ");
}

Test(import_lua, what_is_computed_is_said_to_be)
{
    cr_expect_str_eq(walk("f('a'..b, x.y, -1, g('c'), 'd\\n')"), "1:f(=a? =x? =? =g? =dn? ) ");
    cr_expect_str_eq(walk("f([[long]])"), "1:f(=long]? ) ");
    cr_expect_str_eq(walk("f('a'):g()\nh('b')"), "1:f 2:h(=b ) ");
    cr_expect_str_eq(walk("f('a'"), "1:f ");
    cr_expect_str_eq(walk("f(\"a\ng()"), "1:f ");
}

Test(import_lua, comments_and_other_statements)
{
    cr_expect_str_eq(walk("-- f('a')\n--[[ g()\n ]] h()"), "3:h() ");
    cr_expect_str_eq(walk("--[==[ ]] ]==] h()"), "1:h() ");
    cr_expect_str_eq(walk("local x = { 1,\n 2 } y\nf()"), "1:local 3:f() ");
    cr_expect_str_eq(walk("a.b('c')\n(g)('d')\nf()"), "1:a 2:( 3:f() ");
    cr_expect_str_eq(walk(""), "");
}

Test(import_lua, what_stands_in_a_block_is_inner)
{
    cr_expect_str_eq(walk("function m()\n f('a')\nend\nf('b')"),
                     "1:function 2:~f(=a ) 3:~end 4:f(=b ) ");
    cr_expect_str_eq(walk("if x then\n f()\nend\nf()"), "1:if 2:~f() 3:~end 4:f() ");
    cr_expect_str_eq(walk("for i=1,2 do\n f()\nend\nf()"), "1:for 2:~f() 3:~end 4:f() ");
    cr_expect_str_eq(walk("while x do f() end\nf()"), "1:while 2:f() ");
    cr_expect_str_eq(walk("repeat\n f()\nuntil x\nf()"), "1:repeat 2:~f() 3:~until 4:f() ");
    cr_expect_str_eq(walk("do\n f()\nend\nf()"), "1:do 2:~f() 3:~end 4:f() ");
    cr_expect_str_eq(walk("a(function(q)\n return b\nend)\nf()"), "1:a(=function? ) 4:f() ");
}

Test(import_lua, more_values_than_there_is_room_for_make_no_call)
{
    char text[512] = "f(";
    for (unsigned i = 0; i < IMPORT_LUA_VALUES_MAX; i++)
        memcpy(text + 2 + 2 * i, "1,", 2);
    memcpy(text + 2 + 2 * IMPORT_LUA_VALUES_MAX, "1)\ng()", 7);
    cr_expect_str_eq(walk(text), "1:f 2:g() ");
}
