"""Check the shape of the tree against the rules of docs/ARCHITECTURE.md.

usage: structure.py CHECK ROOT [LIBRARY…]
       structure.py trim ROOT
Prints each breach as "file:line: what"; exit 1 if there is one. What may stand is a row of exceptions.txt, with the reason,
or, until it is mended, of a file in known/; a row that is not needed is a breach too, and trim takes those out of known/.
"""
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import audit  # noqa: E402
import calls  # noqa: E402
import markdown  # noqa: E402
import texts  # noqa: E402

# who may include whom: arrows point downward only
FLOORS = {
    "base": {"base"},
    "dns": {"base", "dns"},
    "conf": {"base", "conf"},
    "digest": {"base", "digest"},
    "audit": {"base", "digest", "audit"},
    "ipc": {"base", "ipc"},
    "gate": {"base", "gate"},
    "answers": {"base", "dns", "answers"},
    "upstream": {"base", "upstream"},
    "lane": {"base", "dns", "conf", "lane"},
    "view": {"base", "lane", "view"},
    "os": {"base", "ipc", "os"},
    "control": {"base", "ipc", "lane", "os", "control"},
    "child": {"base", "conf", "ipc", "lane", "os", "child"},
    "front": {"base", "dns", "conf", "ipc", "gate", "answers", "lane", "os", "child", "front"},
    "worker": {"base", "dns", "conf", "ipc", "upstream", "lane", "os", "child", "worker"},
    "attest": {"base", "conf", "digest", "os", "attest"},
    "import": {"base", "conf", "import"},
    "ctl": {"base", "dns", "conf", "lane", "view", "os", "control", "attest", "audit", "import", "ctl"},
    "exporter": {"base", "dns", "lane", "view", "os", "control", "exporter"},
    "supervisor": {"base", "dns", "conf", "ipc", "gate", "answers", "upstream", "lane", "view", "os", "control", "digest", "audit", "supervisor"},
}
FLOORS["hole"] = set(FLOORS) - {"ctl", "view", "import"} | {"hole"}  # attacks from within each process; linked into hole builds alone

# foreign headers that one place only may include
FOREIGN = {
    "mbedtls/": re.compile(r"^src/(worker/tls_\w+\.[ch]|digest/digest\.c)$"),
    "psa/": re.compile(r"^src/worker/tls_\w+\.[ch]$"),
    "seccomp.h": re.compile(r"^src/os/sandbox\w*\.[ch]$"),
    "cap-ng.h": re.compile(r"^src/os/privs\w*\.c$"),
    "idn2.h": re.compile(r"^src/supervisor/idna\.c$"),
    "yaml.h": re.compile(r"^src/(conf/config|import/import)_yaml\.[ch]$"),
    "ncurses.h": re.compile(r"^src/ctl/ctl_screen\.c$"),
    "jansson.h": re.compile(r"^src/(ctl/ctl_value|attest/attest_value)\.h$"),
}

FILE_LINES = 400
FUNCTION_LINES = 60
ARCHITECTURE_LINES = 200

# Written in pieces, so that this file does not break its own rule.
WORDS = [
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b"), "unfinished work"),
    (re.compile(r"<<<<" r"<<<|>>>>" r">>>"), "an unfinished merge"),
]
CODE = [
    (re.compile(r"^\s*typedef\s+(struct|union|enum)\b"), "typedef of a struct, union or enum"),
    (re.compile(r"\b(__x86_64__|__amd64__|__i386__|__SSE\w*__|immintrin\.h|x86intrin\.h)"), "code for one processor family"),
    (re.compile(r"\t"), "tab"),
    (re.compile(r"\b(sprintf|gets|alloca|strcat|strcpy(?!\(\w+, \"))\s*\("), "a call without bound"),
]


class Breaches(list):
    """What is wrong. `rules`: whose rows in the tables this check must use up."""

    def __init__(self, root, *rules):
        super().__init__()
        self.rules = rules
        self.rows = {}
        for path in [root / "tests/structure/exceptions.txt", *sorted((root / "tests/structure/known").glob("*.txt"))]:
            for key, reason in read_table(path).items():
                if key.split(":")[1] in rules:
                    self.rows[key] = path.relative_to(root).as_posix()
                    if not reason and path.name == "exceptions.txt":
                        self.add(self.rows[key], 1, f"the row {key} gives no reason")
        self.used = set()

    def add(self, path, line, what):
        self.append(f"{path}:{line}: {what}")

    def judge(self, path, rule, line, what):
        """A breach unless a row of a table allows it. `rule`: "rule" or "rule:what of it"."""
        key = f"{path}:{rule}"
        rows = {row for row in self.rows if row == key or row.endswith("*") and key.startswith(row[:-1])}
        self.used |= rows
        if not rows:
            self.add(path, line, what)

    def unneeded(self):
        return sorted(self.rows.keys() - self.used)


def sources(root, *folders):
    for folder in folders or ("src",):
        for path in sorted((root / folder).rglob("*.[ch]")):
            yield path.relative_to(root).as_posix(), path.read_text()


def table(root, name):
    """The rows of a table beside this file."""
    return read_table(root / "tests/structure" / name)


def read_table(path):
    """Rows "KEY  reason": {key: reason}."""
    rows = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.strip() and not line.startswith("#"):
            key, _, reason = line.partition(" ")
            rows[key] = reason.strip()
    return rows


def check_floors(root, breaches):
    for path, text in sources(root):
        floor = path.split("/")[1]
        if floor not in FLOORS:
            breaches.add(path, 1, f"folder src/{floor} is no floor")
            continue
        for number, line in enumerate(text.splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
            if not found:
                continue
            quoted, header = found.group(1) == '"', found.group(2)
            target = header.split("/")[0]
            if quoted and "/" in header and target in FLOORS and target not in FLOORS[floor]:
                breaches.add(path, number, f"{floor} must not include {header}")
            if quoted and "/" not in header:
                breaches.add(path, number, f'write "{floor}/{header}": includes are relative to src')
            for prefix, allowed in FOREIGN.items():
                if header.startswith(prefix) and not allowed.match(path):
                    breaches.add(path, number, f"{header} does not belong here")


# what compilers and sanitizers call by themselves
COMPILER = re.compile(r"^(__(asan|odr_asan|ubsan|sanitizer|stack_chk|gcov|llvm)_?|_GLOBAL_OFFSET_TABLE_"
                      r"|__(popcount|clz|ctz|udiv|umod|div|mod|mul|ashl|lshr)[sdt]i\d$)")


def check_purity(root, breaches, libraries):
    """Undefined symbols of the pure libraries are rows of pure_symbols.txt or of another pure library."""
    allowed = table(root, "pure_symbols.txt")
    defined, wanted = set(), []
    for library in libraries:
        name = re.sub(r"^lib|\.a$", "", pathlib.Path(library).name)
        out = subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            found = re.match(r"^[0-9a-f]*\s+([A-Za-z])\s+(\S+)$", line)
            if found and found.group(1) in "Uw":
                wanted.append((name, found.group(2)))
            elif found:
                defined.add(found.group(2))
    if not wanted and not defined:
        breaches.add("tests/structure", 1, "nm names no symbol at all: the check would pass on nothing")
    for name, symbol in sorted(set(wanted)):
        tools = COMPILER.match(symbol)
        plain = re.sub(r"^__(isoc\d+_)?(\w+?)(_chk)?$", r"\2", symbol)
        row = allowed.get(plain) or allowed.get(f"{name}:{plain}")
        if symbol not in defined and not tools and not row:
            breaches.add(f"src/{name}", 1, f"a pure library calls {symbol}; pure_symbols.txt has no row for it")


SEAM = {"os", "control_client", "child", "front", "worker", "supervisor"}


def check_seam(root, breaches, libraries):
    """Only sys_linux.c calls the system: what the other objects leave undefined is ours or a row of a table."""
    allowed = {**{k: r for k, r in table(root, "pure_symbols.txt").items() if ":" not in k}, **table(root, "sys_symbols.txt")}
    defined, wanted = set(), {}
    for library in libraries:
        out = subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout
        member, judged = "", re.sub(r"^lib|\.a$", "", pathlib.Path(library).name) in SEAM
        for line in out.splitlines():
            if found := re.match(r"^(?:.*/)?([\w.-]+?)\.o:$", line):
                member = found.group(1)
            elif found := re.match(r"^[0-9a-f]*\s+([A-Za-z])\s+(\S+)$", line):
                if found.group(1) in "Uw" and judged:
                    wanted.setdefault(found.group(2), set()).add(member)
                elif found.group(1) not in "Uw":
                    defined.add(found.group(2))
    if not wanted:
        breaches.add("tests/structure", 1, "nm names no symbol at all: the check would pass on nothing")
    for symbol in sorted(set(wanted) - defined):
        for member in sorted(wanted[symbol] - {"sys_linux.c"}):
            plain = re.sub(r"^__(isoc\d+_)?([a-z]\w*?)(_chk)?$", r"\2", re.sub(r"64$", "", symbol))
            keys = {f"{prefix}{name}" for prefix in ("", f"{member}:") for name in (symbol, plain)}
            row = next((k for k in allowed if k in keys or (k.endswith("*") and any(key.startswith(k[:-1]) for key in keys))), None)
            if not row and not COMPILER.match(symbol):
                breaches.add(member, 1, f"calls {symbol}, which is no function of os/sys.h and no row of sys_symbols.txt")


def check_state(root, breaches, libraries):
    """No room and no process but the supervisor keeps anything outside the structs that it is handed."""
    allowed = table(root, "static_state.txt")
    seen = False
    for library in libraries:
        out = subprocess.run(["nm", "-f", "sysv", library], capture_output=True, text=True, check=True).stdout
        member = ""
        for line in out.splitlines():
            if found := re.search(r"([\w.-]+?)\.o[\]:]+$", line):
                member = found.group(1)
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) < 7:
                continue
            seen = True
            name, kind, section = cells[0], cells[2], cells[6]
            is_state = re.match(r"(\.t?bss|\.t?data|\*COM\*)", section) and not section.startswith(".data.rel.ro")
            if kind in "bBdDC" and is_state and not COMPILER.match(name) and f"{member}:{name}" not in allowed:
                breaches.add(member, 1, f"{name} is static state without a row in static_state.txt")
    if not seen:
        breaches.add("tests/structure", 1, "nm names no symbol at all: the check would pass on nothing")


def check_hole(root, breaches, executables):
    """What attacks from within is in no executable but those of a hole build."""
    for executable in executables:
        out = subprocess.run(["nm", executable], capture_output=True, text=True, check=True).stdout
        names = [line.split()[-1] for line in out.splitlines() if line]
        if "main" not in names:
            breaches.add(executable, 1, "nm names no main: the check would pass on nothing")
        for name in names:
            if re.match(r"hole_|__(wrap|real)_", name):
                breaches.add(executable, 1, f"{name} of src/hole is linked without -Dhole=true")


def functions(text):
    """(line, name, length) of each function: Linux braces in the first column."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        if line != "{":
            continue
        head = start - 1
        while head > 0 and not re.match(r"^[a-z_]\w*\(", lines[head]):
            head -= 1
        end = next((i for i in range(start, len(lines)) if lines[i] == "}"), len(lines) - 1)
        yield head + 1, lines[head].split("(")[0], end - start + 1


def check_sizes(root, breaches):
    for path, text in sources(root, "src", "fuzz"):
        count = text.count("\n")
        if count > FILE_LINES:
            breaches.judge(path, "long", count, f"{count} lines, above {FILE_LINES}, without a reason in exceptions.txt")
        for line, name, length in functions(text):
            if length > FUNCTION_LINES:
                breaches.judge(path, f"long:{name}", line,
                               f"{name} has {length} lines, above {FUNCTION_LINES}, without a reason in exceptions.txt")


ROW = re.compile(r"^([A-Z][A-Z0-9_]*)\(((?:[^/]|/(?!\*))*)\)\s*(?:/\*(.*)\*/)?\s*$", re.S)


def def_rows(text):
    """(line, macro, arguments, comment) of each row of a .def file; a row may span lines."""
    text = re.sub(r"\A/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    start, row = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not row:
            if not re.match(r"^[A-Z][A-Z0-9_]*\(", line):
                continue
            start = number
        row = (row + "\n" + line) if row else line
        bare = re.sub(r'"(\\.|[^"\\])*"', "", re.sub(r"/\*.*?\*/", "", row, flags=re.S))
        if bare.count("(") <= bare.count(")"):
            found = ROW.match(row)
            if found:
                yield start, found.group(1), found.group(2), (found.group(3) or "").strip()
            row = ""


def check_tables(root, breaches):
    """Every row of every .def file says why it is there: a text, or a comment behind it."""
    files = sorted([*(root / "src").rglob("*.def"), *(root / "seccomp").glob("*.def")])
    for path in files:
        name = path.relative_to(root).as_posix()
        rows = list(def_rows(path.read_text()))
        if not rows:
            breaches.add(name, 1, "no row could be read")
        for line, macro, arguments, comment in rows:
            texts = re.findall(r'"((?:\\.|[^"\\])*)"', arguments)
            if not comment and not (texts and len(texts[-1].strip()) > 2):
                breaches.add(name, line, f"{macro}({arguments.split(',')[0]}, …) gives no reason")
    check_filters(root, breaches)
    check_keys(root, breaches)


def check_keys(root, breaches):
    """The column "who" of config.def names each child that reads the key: a worker has no other of its value."""
    path = root / "src/conf/config.def"
    for line, macro, arguments, _ in def_rows(path.read_text()) if path.exists() else []:
        field = re.match(r'"\w*",\s*"\w+",\s*(\w+)', arguments)
        who = re.search(r"\b(FRONT|WORKER|BOTH|SUPERVISOR),\s*(?:RELOAD|RESTART|SOME)\b", arguments)
        for child in ("front", "worker") if field and not macro.startswith("CONFIG_UPSTREAM") else []:
            texts = "".join(text for _, text in sources(root, f"src/{child}", "src/child"))
            reads = re.search(rf"\bconfig\)?(->|\.){field.group(1)}(_count)?\b", texts) is not None
            if reads != (who is not None and who.group(1) in (child.upper(), "BOTH")):
                breaches.add("src/conf/config.def", line,
                             f"{field.group(1)}: src/{child} reads it or does not, and the row says otherwise")


def filter_rows(path):
    """{(macro, call, rules)}: the rows without their reasons."""
    return {(macro, arguments.split(",")[0].strip(), re.sub(r',?\s*"(\\.|[^"\\])*"\s*$', "", arguments))
            for _, macro, arguments, _ in def_rows(path.read_text())}


def check_filters(root, breaches):
    """A filter is inherited: what children may call, the supervisor's filter must let through."""
    parent = root / "seccomp/supervisor.def"
    if not parent.exists():
        breaches.add("seccomp/supervisor.def", 1, "is missing")
        return
    rows = filter_rows(parent)
    unconditional = {call for macro, call, _ in rows if macro == "ALLOW"}
    for child in ("front", "worker"):
        for row in sorted(filter_rows(root / f"seccomp/{child}.def") - rows):
            if row[1] not in unconditional:
                breaches.add("seccomp/supervisor.def", 1, f"has no row {row[0]}({row[2]}), which {child}.def has")


def meson_list(root, path, variable):
    found = re.search(variable + r"\s*=\s*\[(.*?)\]", (root / path).read_text(), re.S)
    return set(re.findall(r"'([^']+)'", re.sub(r"#.*", "", found.group(1)))) if found else set()


def check_lists(root, breaches):
    """Nothing lies in the tree unbuilt or untested."""
    in_meson = meson_list(root, "fuzz/meson.build", "fuzz_targets")
    names = {path.stem[len("fuzz_"):] for path in (root / "fuzz").glob("fuzz_*.c")}
    for name in sorted(names ^ in_meson):
        breaches.add("fuzz/meson.build", 1, f"fuzz_{name}.c and the list of targets disagree")
    for name in sorted(names):
        corpus = root / "fuzz/corpus" / name
        if not corpus.is_dir() or not any(corpus.iterdir()):
            breaches.add(f"fuzz/fuzz_{name}.c", 1, f"fuzz/corpus/{name} holds no seed")
    in_meson = meson_list(root, "tests/unit/meson.build", "unit_tests")
    # those that link more than the others stand in a short list of their own
    for more in re.findall(r"(?:foreach name :|front_modules =) \[(.*?)\]", (root / "tests/unit/meson.build").read_text(), re.S):
        in_meson |= set(re.findall(r"'(\w+)'", more))
    names = {path.stem[len("test_"):] for path in (root / "tests/unit").glob("test_*.c")}
    for name in sorted(names ^ in_meson):
        breaches.add("tests/unit/meson.build", 1, f"test_{name}.c and the list of tests disagree")
    for path in sorted((root / "src").rglob("*.c")):
        build = path.parent / "meson.build"
        if path.name not in build.read_text():
            breaches.add(path.relative_to(root).as_posix(), 1, "is not built")


TEXT_FILES = {".c", ".h", ".def", ".py", ".md", ".build", ".txt", ".yaml", ".yml", ".service", ".socket", ".sh",
              ".conf", ".dict", ".options", ".1", ".5", ".7", ".8", ""}


def text_files(root):
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if parts[0] in (".git", "build") or "corpus" in parts or "regress" in parts or "__pycache__" in parts:
            continue
        if path.is_file() and (path.suffix in TEXT_FILES):
            yield path.relative_to(root).as_posix(), path.read_text(errors="replace")


def check_words(root, breaches):
    for path, text in text_files(root):
        rules = WORDS + (CODE if path.startswith("src/") and path.endswith((".c", ".h")) else [])
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, what in rules:
                if pattern.search(line):
                    breaches.add(path, number, what)
            if line != line.rstrip():
                breaches.add(path, number, "blanks at the end")


def check_documents(root, breaches):
    """docs/ARCHITECTURE.md is short, and each `file.c:function` that a document names exists."""
    path = root / "docs/ARCHITECTURE.md"
    if not path.exists():
        breaches.add("docs/ARCHITECTURE.md", 1, "is missing")
    elif (count := path.read_text().count("\n")) > ARCHITECTURE_LINES:
        breaches.add("docs/ARCHITECTURE.md", count, f"above {ARCHITECTURE_LINES} lines")
    files = {path.relative_to(root).as_posix(): path for folder in ("src", "tests", "fuzz", "seccomp", "docs", "policy")
             for path in (root / folder).rglob("*") if path.is_file()}
    documents = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    for document in documents:
        name = document.relative_to(root).as_posix()
        for number, line in enumerate(document.read_text().splitlines(), 1):
            for where, function in re.findall(r"\b([\w/]+\.[ch]):([a-z]\w+)", line):
                homes = [p for n, p in files.items() if n == where or n.endswith("/" + where)]
                if not homes:
                    breaches.add(name, number, f"there is no file {where}")
                elif not any(re.search(rf"\b{function}\b", p.read_text()) for p in homes):
                    breaches.add(name, number, f"{where} has no {function}")
            for where in re.findall(r"`((?:src|tests|fuzz|seccomp|docs|policy|bench|packaging)/[\w./-]+\.\w+)`", line):
                if not (root / where).exists():
                    breaches.add(name, number, f"there is no file {where}")


# check: (function, whose rows of exceptions.txt and known/ it uses)
CHECKS = {
    "floors": (check_floors,),
    "purity": (check_purity,),
    "seam": (check_seam,),
    "hole": (check_hole,),
    "state": (check_state,),
    "sizes": (check_sizes, "long"),
    "tables": (check_tables,),
    "audit": (audit.check_audit,),
    "lists": (check_lists,),
    "words": (check_words,),
    "documents": (check_documents,),
    "links": (markdown.check_links,),
    "circles": (calls.check_circles, "circle"),
    "names": (calls.check_names, "header", "name", "twice"),
    "unused": (calls.check_unused, "unused", "row"),
    "log_calls": (calls.check_log_calls,),
    "openings": (texts.check_openings, "opening"),
    "comments": (texts.check_comments, "torn"),
    "references": (texts.check_references, "reference"),
    "limits": (texts.check_limits, "limit"),
    "modules": (texts.check_tests, "test"),
}


def trim(root):
    """Take the rows that are not needed out of known/."""
    gone = set()
    for function, *rules in CHECKS.values():
        if rules:
            breaches = Breaches(root, *rules)
            function(root, breaches)
            gone |= set(breaches.unneeded())
    for path in sorted((root / "tests/structure/known").glob("*.txt")):
        lines = path.read_text().splitlines(keepends=True)
        kept = [line for line in lines if line.split(" ")[0].strip() not in gone]
        if not any(line.strip() and not line.startswith("#") for line in kept):
            path.unlink()
        elif kept != lines:
            path.write_text("".join(kept))


def main():
    check, root, *libraries = sys.argv[1:]
    root = pathlib.Path(root)
    if check == "trim":
        trim(root)
        return
    function, *rules = CHECKS[check]
    breaches = Breaches(root, *rules)
    function(root, breaches, *((libraries,) if libraries else ()))
    for key in breaches.unneeded():
        breaches.add(breaches.rows[key], 1, f"the row {key} is not needed any more (structure.py trim takes it out of known/)")
    for breach in breaches:
        print(breach)
    print(f"{len(breaches)} breaches")
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
