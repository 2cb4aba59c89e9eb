"""Checks of comments and documents: how files open, whether what they name exists, whether the numbers hold."""
import re

import csource

OPENING = r"\A/\* {name} - [^\n]+\n \* SPDX-License-Identifier: ISC\n"
HEADER = re.compile(r" \*\n \* What: +\S.*?\n \* Who: +\S.*?\*/", re.S)


def c_files(root, *folders, ends="ch"):
    for folder in folders:
        for path in sorted((root / folder).rglob("*.*")):
            if path.suffix in {f".{end}" for end in ends} | ({".def"} if "h" in ends else set()):
                yield path.relative_to(root).as_posix(), path


def check_openings(root, breaches):
    """A file opens with its own name, what it is, and its licence; a header says What and Who, in this order."""
    for where, path in c_files(root, "src", "seccomp", "tests", "fuzz", "bench"):
        text = path.read_text()
        opening = re.match(OPENING.format(name=re.escape(path.name)), text)
        if not opening:
            breaches.judge(where, "opening", 1, f'does not open with "/* {path.name} - what it is" and the line of its licence')
        elif where.startswith("src/") and path.suffix == ".h" and not HEADER.match(text, opening.end()):
            breaches.judge(where, "opening", 3, 'the opening has no " *", " * What:", " * Who:" in this order')


COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/', re.S)


def comments(text):
    """(line, what stands before it on its line, comment) of each comment"""
    for found in COMMENT.finditer(text):
        if found[0][0] == "/":
            begin = text.rfind("\n", 0, found.start()) + 1
            yield text.count("\n", 0, found.start()) + 1, text[begin:found.start()].strip(), found[0]


def check_comments(root, breaches):
    """No comment is torn: a formatter must not have moved its last word, or its end, into a line of its own."""
    for where, path in c_files(root, "src", "seccomp", "tests", "fuzz", "bench"):
        for line, before, comment in comments(path.read_text()):
            lines = [part.strip(" \t*\\") for part in comment[2:-2].split("\n")]
            if len(lines) < 2 or not lines[0]:
                continue
            words = len(lines[-1].split())
            rule = "torn:" + "_".join(lines[0].split()[:4])
            if before and words <= 2:
                breaches.judge(where, rule, line, "a comment behind code is torn; let it stand above")
            elif not before and words == 0 and not re.match(r"\S+\.\w+ - ", lines[0]):
                breaches.judge(where, rule, line, "the end of this comment stands alone in its last line")


SECTIONS = re.compile(r'\b(LIMITS|ARCHITECTURE|QUERY|SANDBOX|SECURITY)\.md,? ((?:"[^"\n]+"(?:, | and |; )?)+)')
PLACES = re.compile(r"(?<![\w./<-])((?:[a-z]\w*/)+\w+\.(?:c|h|def|py))\b")


def check_references(root, breaches):
    """A section that a file names is a heading of that document, and a source that it names by folder is there."""
    headings = {}
    for path in [*root.glob("*.md"), *(root / "docs").glob("*.md")]:
        headings[path.stem] = {found.casefold() for found in re.findall(r"^#+ (.+)$", path.read_text(), re.M)}
    for where, path in c_files(root, "src", "seccomp", "tests", "fuzz"):
        text = path.read_text()
        for line, _, comment in comments(text):
            flat = re.sub(r"\n[ \t*]*", " ", comment)
            for document, named in SECTIONS.findall(flat):
                for title in re.findall(r'"([^"]+)"', named):
                    if title.casefold() not in headings.get(document, ()):
                        breaches.judge(where, f"reference:{title.replace(' ', '_')}", line, f'{document}.md has no section "{title}"')
            for place in PLACES.findall(flat):
                if not any((root / top / place).exists() for top in ("", "src")) and not place.startswith(("sys/", "linux/", "netinet/")):
                    breaches.judge(where, f"reference:{place}", line, f"there is no {place}")


UNITS = {"s": 1000, "ms": 1, "us": 0.001, "minutes": 60000, "hours": 3600000, "days": 86400000}
SIZES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def macros(root):
    """{name: [expression]} of every macro without arguments in src"""
    found = {}
    for _, path in c_files(root, "src"):
        text = re.sub(r"\\\n", " ", csource.bare(path.read_text()))
        for name, expression in re.findall(r"^#define (\w+)[ \t]+(\S.*?)[ \t]*$", text, re.M):
            found.setdefault(name, []).append(expression)
    return found


def value_of(expression, known, depth=0):
    """A number, or None if the expression has more than numbers and such macros."""
    def of_name(found):
        values = known.get(found[0], [])
        value = value_of(values[0], known, depth + 1) if values and depth < 8 else None
        return "nothing" if value is None else str(value)
    text = re.sub(r"\(u?int\d+_t\)|\(size_t\)|\(double\)", "", expression)
    text = re.sub(r"\bUINT(\d+)_MAX\b", lambda m: str(2 ** int(m[1]) - 1), text)
    text = re.sub(r"\b(0x[0-9A-Fa-f]+|\d+(?:\.\d+)?)[uUlL]*\b", r"\1", text)
    text = re.sub(r"\b[A-Za-z_]\w*", of_name, text)
    if not re.fullmatch(r"[\d\sxA-Fa-f.+*/()<>-]+", text):
        return None
    try:
        return eval(text.replace("/", "//") if "." not in text else text)  # digits and operators alone
    except (SyntaxError, ZeroDivisionError):
        return None


def written(value, unit, name):
    """What a row says, in the macro's own unit."""
    text = value.replace(",", "").strip()
    if power := re.fullmatch(r"(\d+)\^(\d+)", text):
        return int(power[1]) ** int(power[2])
    number, _, behind = text.removeprefix("1 in ").partition(" ")
    if not re.fullmatch(r"-?\d+(\.\d+)?", number):
        return None
    number = float(number)
    unit = (behind or unit).split(" ")[0]
    for end, factor in (("_MS", 1), ("_US", 1000), ("_S", 0.001)):
        if name.endswith(end) and unit in UNITS:
            return number * UNITS[unit] * factor
    return number * SIZES.get(unit, 1)


def limits_rows(text):
    """(line, name, value, unit): several names of a row have as many values, or one for all"""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) < 3:
            continue
        names = re.findall(r"`([A-Z][A-Z0-9_]+)`", cells[0])
        if re.sub(r"`[A-Z][A-Z0-9_]+`|[, ]|and", "", cells[0]):
            continue
        values = cells[1].split(", ") if len(names) > 1 else [cells[1]]
        units = cells[2].split(", ") if len(names) > 1 else [cells[2]]
        for at, name in enumerate(names):
            yield number, name, values[min(at, len(values) - 1)], units[min(at, len(units) - 1)]


def check_limits(root, breaches):
    """A row of docs/LIMITS.md that names a macro has its value."""
    path = root / "docs/LIMITS.md"
    known = macros(root)
    for line, name, value, unit in limits_rows(path.read_text()) if path.exists() else ():
        has = {value_of(expression, known) for expression in known.get(name, ())}
        says = written(value, unit, name)
        if not has:
            breaches.judge("docs/LIMITS.md", f"limit:{name}", line, f"no file of src defines {name}")
        elif len(has) > 1:
            breaches.judge("docs/LIMITS.md", f"limit:{name}", line, f"{name} is defined twice, with different values")
        elif says is None or None in has or abs(next(iter(has)) - says) > 1e-9 * abs(says):
            breaches.judge("docs/LIMITS.md", f"limit:{name}", line,
                          f"{name} is {known[name][0]} ({next(iter(has))}), not {value} {unit}")


def check_tests(root, breaches):
    """Each module has a test file of its own, but main.c."""
    for where, path in c_files(root, "src", ends="c"):
        if path.name != "main.c" and not (root / f"tests/unit/test_{path.stem}.c").exists():
            breaches.judge(where, "test", 1, f"there is no tests/unit/test_{path.stem}.c")
