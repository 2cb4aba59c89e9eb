/* test_attest_code.c - tests of attest_code
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_code.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define AREA(range, rights, inode, name, anonymous)                                                \
    range " " rights " 00001000 08:01 " inode " " name "\nSize: 8 kB\nRss: 4 kB\n"                 \
          "Private_Dirty: 4 kB\nAnonymous: " anonymous " kB\nAnonHugePages: 9 kB\nVmFlags: rd\n"

static void
expect(const char *smaps, uint64_t writable, uint64_t anonymous, uint64_t changed)
{
    struct attest_code code;
    attest_code_read(smaps, &code);
    cr_expect_eq(code.writable, writable, "%llu", (unsigned long long)code.writable);
    cr_expect_eq(code.anonymous, anonymous, "%llu", (unsigned long long)code.anonymous);
    cr_expect_eq(code.changed, changed, "%llu", (unsigned long long)code.changed);
}

Test(attest_code, of_code_as_its_file_has_it_and_of_data_nothing_is_told)
{
    expect(AREA("1000-3000", "r-xp", "12", "/usr/sbin/penstock", "0"), 0, 0, 0);
    expect(AREA("1000-3000", "rw-p", "12", "/usr/sbin/penstock", "8"), 0, 0, 0);
    expect(AREA("1000-3000", "rw-p", "0", "", "8"), 0, 0, 0);
    expect(AREA("1000-3000", "r-xp", "0", "[vdso]", "0"), 0, 0, 0);
    expect(AREA("ffffffffff600000-ffffffffff601000", "--xp", "0", "[vsyscall]", "0"), 0, 0, 0);
    expect("", 0, 0, 0);
    expect("\n\n no line of this kind\n", 0, 0, 0);
}

Test(attest_code, what_should_not_be_is_added_up)
{
    expect(AREA("1000-3000", "r-xp", "12", "/usr/sbin/penstock", "4")
               AREA("5000-7000", "r-xp", "13", "/lib/libc.so.6 (deleted)", "8"),
           0, 0, 12);
    expect(AREA("1000-3000", "rwxp", "0", "", "8"), 8, 8, 0);
    expect(AREA("1000-3000", "r-xp", "0", "[anon:vdso]", "8"), 0, 8, 0);
    expect(AREA("1000-3000", "r-xp", "0", "[vdso]x", "8"), 0, 8, 0);
    expect(AREA("1000-3000", "r-xp", "0", "[stack]", "8"), 0, 8, 0);
    expect(AREA("1000-3000", "rwxp", "12", "/x", "4"), 8, 0, 4);
}

/* A file's name may look like a line of another kind, but for a line feed, which the kernel writes as \012. */
Test(attest_code, a_name_is_no_line)
{
    expect(AREA("1000-3000", "r-xp", "12", "/tmp/1-2 rwxp 0 0:0 0 Anonymous: 9", "0"), 0, 0, 0);
    expect(AREA("1000-3000", "r-xp", "12", "[vdso]", "4"), 0, 0, 4);
}
