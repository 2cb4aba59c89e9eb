"""Plant one breach after the other in a small tree and see that structure.py finds each."""
import pathlib
import subprocess
import sys
import tempfile

STRUCTURE = pathlib.Path(__file__).with_name("structure.py")

LICENCE = " * SPDX-License-Identifier: ISC\n"


def source(name, text):
    return f"/* {name} - a sound file\n{LICENCE} */\n{text}"


def header(name, text, more=""):
    return f"/* {name} - a sound header\n{LICENCE} *\n * What: declares.\n * Who:  all.{more}\n */\n{text}"


def function(name, *calls):
    return f"int\n{name}(void)\n{{\n    return 0{''.join(f' + {call}' for call in calls)};\n}}\n"


SOUND = {
    "src/base/addr.c": source("addr.c", '#include "base/addr.h"\n\n' + function("addr_x", "ADDR_MAX")),
    "src/base/addr.h": header("addr.h", "#define ADDR_MAX (1U << 6)\nint addr_x(void);\n", ' docs/LIMITS.md "addr"'),
    "src/base/hash.c": source("hash.c", '#include "base/addr.h"\n\nenum addr_y *tag;\n\n' + function("hash_x", "addr_x()")),
    "src/base/hash.h": header("hash.h", "int hash_x(void);\n"),
    "src/base/meson.build": "static_library('base', 'addr.c', 'hash.c', 'told.c')\n",
    "src/lane/why.def": source("why.def", 'WHY(ACL, DROPPED, "client address not allowed")\n'),
    "src/os/log.def": source("log.def", 'LOG_EVENT(PIN, "upstream", "a pin")\nLOG_EVENT(CONFIG, "", "a key")\n'),
    "src/base/told.c": source("told.c", '#include "base/told.h"\n\n' + function(
        "told_x", 'log_write(x(1, 2), b ? LOG_PIN : LOG_PIN, "upstream %s: (\\",", n)', 'log_write(1, LOG_CONFIG, "x")')),
    "src/base/told.h": header("told.h", "int told_x(void);\n"),
    "tests/structure/published_events.txt": "# names\npin\nconfig\n",
    "src/conf/config.def": source("config.def", 'CONFIG_KEY("", "lanes", lanes, FRONT, RESTART, "pairs")\n'),
    "src/front/front.c": source("front.c", function("front_run", "config->lanes", "hash_x()", "told_x()", "WHY_ACL")),
    "src/front/front.h": header("front.h", "int front_run(void);\n"),
    "src/front/main.c": source("main.c", function("main", "front_run()")),
    "src/front/meson.build": "static_library('front', 'front.c', 'main.c')\n",
    "seccomp/front.def": source("front.def", 'ALLOW(read, "reads")\n'),
    "seccomp/worker.def": source("worker.def", 'ALLOW(read, "reads")\n'),
    "seccomp/supervisor.def": source("supervisor.def", 'ALLOW(read, "reads")\n'),
    "fuzz/meson.build": "fuzz_targets = [\n  'name',\n]\n",
    "fuzz/fuzz_name.c": source("fuzz_name.c", "int x;\n"),
    "fuzz/corpus/name/seed": "x",
    "tests/unit/meson.build": "unit_tests = [\n  'addr', 'hash', 'told', 'front',\n]\n",
    "tests/unit/test_addr.c": source("test_addr.c", "int y;\n"),
    "tests/unit/test_front.c": source("test_front.c", "int y;\n"),
    "tests/unit/test_hash.c": source("test_hash.c", "int y;\n"),
    "tests/unit/test_told.c": source("test_told.c", "int y;\n"),
    "tests/structure/exceptions.txt": "# none\n",
    "docs/ARCHITECTURE.md": "see `base/addr.c:addr_x`\n",
    "docs/LIMITS.md": "## addr\n\n| `ADDR_MAX` | 64 | octets | enough |\n",
}

# check, file, text that replaces it, a piece of the complaint
PLANTED = [
    ("floors", "src/base/addr.c", '#include "lane/why.h"\n', "base must not include lane/why.h"),
    ("floors", "src/base/addr.c", "#include <mbedtls/ssl.h>\n", "does not belong here"),
    ("floors", "src/front/front.c", '#include "worker/pool.h"\n', "front must not include"),
    ("floors", "src/misc/x.c", "int x;\n", "is no floor"),
    ("sizes", "src/base/addr.c", "int a;\n" * 401, "without a reason"),
    ("sizes", "src/base/addr.c", "int\nlong_one(void)\n{\n" + "    x();\n" * 60 + "}\n", "long_one has 62 lines"),
    ("sizes", "tests/structure/exceptions.txt", "src/base/gone.c:long was long once\n", "not needed any more"),
    ("sizes", "tests/structure/exceptions.txt", "src/base/addr.c:long\n", "gives no reason"),
    ("circles", "src/base/addr.c", function("addr_x", "hash_x()"), "addr > hash > addr"),
    ("circles", "src/base/addr.c", "static int (*handed)(void) = hash_x;\n" + function("addr_x"), "addr > hash > addr"),
    ("circles", "src/base/addr.h", "static inline int\naddr_z(void)\n{\n    return hash_x();\n}\n", "hash > addr > hash"),
    ("circles", "tests/structure/known/base.txt", "src/base/addr.c:circle\n", "not needed any more"),
    ("names", "src/base/addr.c", function("address_x"), "address_x() does not begin with its file's name"),
    ("names", "src/worker/addr.c", function("addr_x"), "addr_x() is also in src/base/addr.c"),
    ("names", "src/base/lone.c", function("lone_x"), "there is no lone.h"),
    ("unused", "src/front/main.c", function("main"), "front_run() has no user in another file"),
    ("unused", "src/base/addr.c", function("addr_x", "addr_y()") + function("addr_y"), "addr_y() has no user in another file"),
    ("unused", "src/lane/why.def", 'WHY(ACL, DROPPED, "no")\nWHY(OTHER, DROPPED, "no")\n', "no code names WHY_OTHER"),
    ("log_calls", "tests/structure/published_events.txt", "pin\nconfig\nold_name\n", "old_name was published, and is gone"),
    ("log_calls", "tests/structure/published_events.txt", "pin\n", "config is not in"),
    ("log_calls", "src/base/told.c", function("told_x", 'log_write(1, LOG_PIN, "pin of %s", n)'), 'must begin "upstream %s: "'),
    ("log_calls", "src/base/told.c", function("told_x", 'log_write(1, LOG_CONFIG, "a")', 'log_write(1, LOG_OTHER, "b")'), "not LOG_OTHER"),
    ("log_calls", "src/base/told.c", function("told_x", 'log_write(1, (enum log_event)3, "b")'), "must name its event"),
    ("openings", "src/base/addr.c", source("hash.c", ""), "does not open with"),
    ("openings", "seccomp/front.def", "/* front.def - calls\n */\n", "does not open with"),
    ("openings", "src/base/addr.h", source("addr.h", ""), "the opening has no"),
    ("comments", "src/base/addr.c", "int x; /* the last word is\n        * torn */\n", "a comment behind code is torn"),
    ("comments", "src/base/addr.c", "/* the end stands alone\n */\nint x;\n", "stands alone in its last line"),
    ("references", "src/base/addr.c", '/* docs/LIMITS.md "addr" and "gone" */\n', 'LIMITS.md has no section "gone"'),
    ("references", "src/base/addr.c", "/* the other half is base/gone.c */\n", "there is no base/gone.c"),
    ("limits", "docs/LIMITS.md", "| `ADDR_MAX` | 63 | octets | not enough |\n", "ADDR_MAX is (1U << 6) (64), not 63"),
    ("limits", "docs/LIMITS.md", "| `ADDR_MAX`, `ADDR_MIN` | 64, 1 | octets | some |\n", "no file of src defines ADDR_MIN"),
    ("modules", "src/base/lone.c", "int x;\n", "there is no tests/unit/test_lone.c"),
    ("tables", "src/lane/why.def", 'WHY(ACL, DROPPED, "")\n', "gives no reason"),
    ("tables", "src/front/front.c", "config->queries\n", "lanes: src/front reads it or does not"),
    ("tables", "src/worker/worker.c", "worker->config->lanes\n", "lanes: src/worker reads it or does not"),
    ("tables", "seccomp/worker.def", 'ALLOW(mmap, "maps")\n', "has no row ALLOW(mmap)"),
    ("tables", "seccomp/worker.def", 'ALLOW_ARG(fcntl, 1, F_GETFL, "flags")\n', "has no row ALLOW_ARG(fcntl, 1, F_GETFL)"),
    ("tables", "seccomp/front.def", "ALLOW(read, ANY)\n", "gives no reason"),
    ("lists", "fuzz/fuzz_other.c", "int x;\n", "fuzz_other.c and the list"),
    ("lists", "fuzz/corpus/name/seed", None, "holds no seed"),
    ("lists", "tests/unit/test_other.c", "int x;\n", "test_other.c and the list"),
    ("lists", "src/base/forgotten.c", "int x;\n", "is not built"),
    ("words", "README.md", "more TO" "DO\n", "unfinished work"),
    ("words", "dev", "<<<<" "<<< HEAD\n", "an unfinished merge"),
    ("words", "src/base/addr.h", "typedef struct a { int x; } a_t;\n", "typedef"),
    ("words", "src/base/addr.c", "int x; \n", "blanks at the end"),
    ("documents", "docs/ARCHITECTURE.md", "x\n" * 201, "above 200 lines"),
    ("documents", "docs/ARCHITECTURE.md", "`base/addr.c:addr_gone`\n", "has no addr_gone"),
    ("documents", "README.md", "`base/gone.c:addr_x`\n", "there is no file base/gone.c"),
    ("documents", "docs/ARCHITECTURE.md", None, "is missing"),
    ("links", "README.md", "[a](docs/gone.md)\n", "there is no docs/gone.md"),
    ("links", "README.md", "[`a`](../gone.md)\n", "there is no ../gone.md"),
    ("links", "README.md", "![a](docs/gone.png)\n", "there is no docs/gone.png"),
    ("links", "docs/other.md", "[a](LIMITS.md#gone)\n", "LIMITS.md has no section #gone"),
    ("links", "docs/other.md", "```\n# gone\n```\n[a](#gone)\n", "this has no section #gone"),
    ("links", "docs/README.md", "[a](LIMITS.md#addr)\n", "the index does not name ARCHITECTURE.md"),
]


def plant(root, tree):
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run(check, root, *libraries):
    return subprocess.run([sys.executable, STRUCTURE, check, root, *libraries], capture_output=True, text=True)


def purity_can_fail(folder):
    """A library that reads the clock is refused, and so is one that nm sees nothing in."""
    source, library = folder / "clock.c", folder / "libbase.a"
    source.write_text("#include <time.h>\nlong f(void); long f(void) { return time(0); }\n")
    subprocess.run(["cc", "-c", source, "-o", folder / "clock.o"], check=True)
    subprocess.run(["ar", "rcs", library, folder / "clock.o"], check=True)
    plant(folder, {"tests/structure/pure_symbols.txt": "memcpy moves bytes\n"})
    return "calls time" in run("purity", folder, library).stdout


def seam_can_fail(folder):
    """A library that sends by itself is refused, and the file that hands calls to the kernel is not."""
    text = "#include <sys/socket.h>\nlong {0}(void); long {0}(void) {{ return send(0, 0, 0, 0); }}\n"
    for name in ("udp.c", "sys_linux.c"):
        (folder / name).write_text(text.format(name.removesuffix(".c")))
        subprocess.run(["cc", "-c", folder / name, "-o", folder / f"{name}.o"], check=True)
    library = folder / "libfront.a"
    subprocess.run(["ar", "rcs", library, folder / "udp.c.o", folder / "sys_linux.c.o"], check=True)
    out = run("seam", folder, library).stdout
    return "udp.c:1: calls send" in out and "sys_linux.c:1" not in out


def state_can_fail(folder):
    """A counter that lives in a function is found; a table of constants, also one of pointers, is not."""
    text = ("int f(void);\nint f(void)\n{\n    static int count;\n    return ++count;\n}\n"
            "const int two[] = {1, 2};\nconst char *const words[] = {\"a\", \"b\"};\n")
    (folder / "udp.c").write_text(text)
    subprocess.run(["cc", "-fPIE", "-c", folder / "udp.c", "-o", folder / "udp.c.o"], check=True)
    subprocess.run(["ar", "rcs", folder / "libfront.a", folder / "udp.c.o"], check=True)
    out = run("state", folder, folder / "libfront.a").stdout
    return "udp.c:1: count" in out and "two" not in out and "words" not in out


def main():
    wrong, sound = [], set()
    for check, name, text, complaint in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            plant(root, SOUND)
            before = run(check, root) if check not in sound else None
            if before and before.returncode != 0:
                wrong.append(f"{check} complains about a sound tree:\n{before.stdout}{before.stderr}")
            sound.add(check)
            if text is None:
                (root / name).unlink()
            else:
                plant(root, {name: text})
            after = run(check, root)
            if after.returncode != 1 or complaint not in after.stdout:
                wrong.append(f"{check} missed “{complaint}” in {name}:\n{after.stdout}{after.stderr}")
    with tempfile.TemporaryDirectory() as folder:
        if not purity_can_fail(pathlib.Path(folder)):
            wrong.append("purity missed a library that reads the clock")
    with tempfile.TemporaryDirectory() as folder:
        if not seam_can_fail(pathlib.Path(folder)):
            wrong.append("seam missed a system call outside sys_linux.c")
    with tempfile.TemporaryDirectory() as folder:
        if not state_can_fail(pathlib.Path(folder)):
            wrong.append("state missed a static counter, or took a table of constants for one")
    print("\n".join(wrong))
    print(f"{len(PLANTED) + 3} breaches planted, {len(wrong)} mistakes")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
