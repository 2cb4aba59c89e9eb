"""What is delivered: what the compiler and linker left in the executables, and that the place of a build leaves nothing.

Everything is read from build/release, which ./dev test builds; where there is none it is skipped.
"""
import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest
from penstock import TOP

sys.path.insert(0, str(TOP / "tools"))
import linked  # noqa: E402

RELEASE = TOP / "build/release"
needs_release = pytest.mark.skipif(not (RELEASE / "src/supervisor/penstock.map").exists(), reason="build/release is not built")
FROM_GNU_LD = ["-fuse-ld=bfd", "-O2", "-Wl,--build-id=sha1"]
SOUND = [*FROM_GNU_LD, "-fPIE", "-pie", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack", "-Wl,-z,separate-code"]
CHECKED = ["-O2", "-fstack-protector-all", "-fcf-protection", "-mbranch-protection=standard", "-D_FORTIFY_SOURCE=2"]
PROGRAM = """
#include <string.h>
int value = 1;
#ifdef ADDRESS_IN_CODE
__asm__(".text\\n.balign 8\\n.quad value\\n");
#endif
#ifdef CODE_TO_WRITE
__asm__(".section code_to_write,\\"awx\\"\\n.quad 1\\n.text\\n");
#endif
int main(int count, char **words) { char text[16]; strcpy(text, words[count - value]); return text[0]; }
"""


def hardening(*arguments):
    return subprocess.run([TOP / "tools/hardening", *arguments], capture_output=True, text=True, timeout=120)


def tool(*argv, **more):
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, timeout=120, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def program(tmp_path):
    (tmp_path / "program.c").write_text(PROGRAM)
    return tmp_path / "program.c"


def executables():
    return [path for path in RELEASE.glob("src/*/penstock*") if path.is_file() and os.access(path, os.X_OK)]


@needs_release
def test_the_release_is_hardened():
    result = hardening(RELEASE)
    assert result.returncode == 0 and not result.stdout, result


@needs_release
def test_the_release_needs_no_loader_and_no_library():
    for path in executables():
        told = tool("readelf", "-ldW", path)
        assert "INTERP" not in told and "(NEEDED)" not in told, path


@pytest.mark.parametrize(("without", "instead", "complaint"), [
    ((), (), ""),
    (("-fPIE", "-pie"), ("-no-pie", "-fno-pie"), "not position independent"),
    (("-Wl,-z,relro",), ("-Wl,-z,norelro",), "RELRO"),
    (("-Wl,-z,now",), ("-Wl,-z,lazy",), "BIND_NOW"),
    (("-Wl,-z,noexecstack",), ("-Wl,-z,execstack",), "stack can be executed"),
    (("-Wl,-z,separate-code",), ("-Wl,-z,noseparate-code",), "separate-code"),
    ((), ("-DCODE_TO_WRITE",), "written and executed"),
    ((), ("-Wl,-rpath,/opt/lib",), "RUNPATH"),
    ((), ("-DADDRESS_IN_CODE", "-Wl,-z,notext"), "TEXTREL"),
    (("-Wl,--build-id=sha1",), ("-Wl,--build-id=none",), "no build id"),
])
def test_an_executable_without_one_of_the_guards_is_found(program, without, instead, complaint):
    words = [word for word in SOUND if word not in without]
    tool("gcc", *words, *instead, program, "-o", program.with_suffix(""))
    result = hardening("--executables", program.with_suffix(""))
    assert complaint in result.stdout and result.returncode == (1 if complaint else 0), result


@pytest.mark.parametrize(("without", "instead", "complaint"), [
    ("", "", ""),
    ("-fstack-protector-all", "-fno-stack-protector", "__stack_chk_fail"),
    ("-D_FORTIFY_SOURCE=2", "-U_FORTIFY_SOURCE", "_FORTIFY_SOURCE"),
    ("-fcf-protection", "-fcf-protection=none", "rules for branches"),
])
def test_an_object_without_one_of_the_guards_is_found(program, without, instead, complaint):
    foreign = "-mbranch-protection=standard" if os.uname().machine == "x86_64" else "-fcf-protection"
    if without == "-fcf-protection" == foreign:
        without, instead = "-mbranch-protection=standard", "-mbranch-protection=none"
    words = [word for word in CHECKED if word not in (without, foreign)]
    tool("gcc", *words, *([instead] if instead else []), "-c", program, "-o", program.with_suffix(".o"))
    result = hardening("--objects", program.with_suffix(".o"))
    assert complaint in result.stdout and result.returncode == (1 if complaint else 0), result


@needs_release
@pytest.mark.parametrize("option", ["-fstack-clash-protection", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=3", "-Wdate-time",
                                    "-ftrivial-auto-var-init=zero"])
def test_a_source_compiled_without_an_option_is_found(tmp_path, option):
    rows = json.loads((RELEASE / "compile_commands.json").read_text())
    rows[1]["command"] = rows[1]["command"].replace(option, "")
    (tmp_path / "compile_commands.json").write_text(json.dumps(rows))
    result = hardening("--commands", tmp_path)
    assert result.stdout == f"{rows[1]['file']}: compiled without {option}\n" and result.returncode == 1, result


NO_MODULES = {"dl-open.o", "dlopen.o", "dl-libc.o", "dl-load.o", "gconv_db.o", "gconv_dl.o", "gconv_simple.o", "wcrtomb.o", "wcsrtombs.o",
              "vfscanf-internal.o", "isoc99_sscanf.o", "isoc23_sscanf.o", "printf_fp.o", "printf_fphex.o"}
NOWHERE = {"unwind-dw2.o", "assert.o", "dcgettext.o", "fxprintf.o", "getpwuid.o", "initgroups.o", "syslog.o", "tzset.o", "tzfile.o", "gmtime.o",
           *(f"{name}.o" for name in ("strcmp", "strncmp", "strcasecmp", "strncase", "strcasecmp_l", "strncase_l", "strcpy", "stpcpy", "strncpy", "strstr"))}


@needs_release
def test_what_the_c_library_would_bring_is_left_out():
    """src/os/no_*.c: nothing loads code but what draws in the terminal's character set, and that is seen there."""
    members = {path.name: set().union(*files.values()) for path, files in linked.linked(RELEASE).items()}
    for name, kept in members.items():
        unwanted = NOWHERE if name == "penstockctl" else NOWHERE | NO_MODULES
        assert "libc-start.o" in kept and not kept & unwanted, (name, kept & unwanted)
    assert len(members) == 5 and {"dl-open.o", "gconv_db.o"} < members["penstockctl"]


@needs_release
def test_no_code_asks_for_what_was_left_out():
    """No format with a fraction but JSON's, and no wide character, which would end or find nothing (src/os/no_*.c)."""
    formats = re.compile(r'%[-+ #0]*[0-9*]*(?:\.[0-9*]*)?(?:[lL]?[aAeEfFgG]|l[cs]|[CS])(?![a-zA-Z])')
    for path in sorted((TOP / "src").rglob("*.[ch]")):
        texts = re.findall(r'"(?:[^"\\\n]|\\.)*"', path.read_text())
        assert not [text for text in texts if formats.search(text.replace("%%", ""))], path


def test_a_failed_assertion_is_told_without_the_c_librarys_printing(tmp_path):
    source = tmp_path / "told.c"
    source.write_text('#include <assert.h>\n#include <stdio.h>\nint main(int count, char **words) { assert(count > 1 && words); return 0; }\n')
    tool("gcc", "-D_GNU_SOURCE", "-static", source, TOP / "src/os/no_text.c", "-o", tmp_path / "told")
    failed = subprocess.run([tmp_path / "told"], capture_output=True, text=True, timeout=20)
    assert failed.stderr == f"told: {source}:3: main: Assertion `count > 1 && words' failed.\n" and failed.returncode == -signal.SIGABRT
    assert subprocess.run([tmp_path / "told", "more"], capture_output=True, timeout=20).returncode == 0


@needs_release
def test_only_attestations_scan():
    """In the others the C library's scanning finds nothing (src/os/no_modules.c)."""
    scan = {path.parent.parent.name for path in (RELEASE / "src").rglob("*.o") if "scanf" in tool("nm", "-u", path)}
    assert scan == {"attest"}


@needs_release
def test_nothing_is_left_for_unwinding():
    for path in executables():
        told = tool("readelf", "-SW", path)
        assert ".rodata" in told and ".eh_frame" not in told and ".gcc_except_table" not in told, path


@needs_release
def test_executables_do_not_tell_where_they_were_built():
    for path in executables():
        assert os.fsencode(TOP) not in path.read_bytes(), path


def moved_object(row, folder, keep=lambda word: True):
    """One compilation of build/release done in another folder, as it would have been configured there."""
    folder.mkdir(parents=True)
    private = TOP / "build/private/mbedtls"
    moves = [(os.path.relpath(private, RELEASE), os.path.relpath(private, folder)),
             (str(RELEASE), str(folder)), (os.path.relpath(TOP, RELEASE), os.path.relpath(TOP, folder))]
    words = shlex.split(row["command"])
    words = words[words[0] == "ccache":]
    del words[words.index("-MD"):words.index("-o") + 2]
    for old, new in moves:
        words = [word.replace(old, new) for word in words]
    tool(*filter(keep, words), "-o", "moved.o", cwd=folder)
    return (folder / "moved.o").read_bytes()


@needs_release
@pytest.mark.parametrize("source", ["src/worker/tls_trust.c", "src/front/main.c"])
def test_an_object_is_the_same_in_another_folder(tmp_path, source):
    """The smallest part of what ./dev reproduce compares. Without the maps of paths it is not the same, which shows that this sees."""
    row, = (row for row in json.loads((RELEASE / "compile_commands.json").read_text()) if row["file"].endswith(source))
    assert moved_object(row, tmp_path / "one") == moved_object(row, tmp_path / "another/and/longer")
    unmapped = [moved_object(row, tmp_path / name, lambda word: not word.startswith("-ffile-prefix-map")) for name in ("a", "b")]
    assert unmapped[0] != unmapped[1]
