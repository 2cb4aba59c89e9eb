"""Rows of tests/mutants: faults, each with the text that it changes. tools/mutate --help says what a row is."""
import re

import steps

ROWS = steps.TOP / "tests/mutants"
WORLDS = steps.TOP / "tests/simulate/worlds.def"
SOURCES = ("src", "seccomp")
FIELDS = ("mutant", "kind", "harm", "was", "now", "world", "equivalent")
NEEDED = ("kind", "harm", "was", "now")


class Row:
    """One fault. Its fields are attributes, empty where the row has none."""

    def __init__(self, where):
        self.where = where
        self.has = set()
        for field in FIELDS:
            setattr(self, field, "")

    def add(self, field, text):
        self.has.add(field)
        old = getattr(self, field)
        setattr(self, field, f"{old}\n{text}" if old else text)

    def texts(self):
        """What decides how it is found."""
        return [self.was, self.now, self.world]


def read_rows(path):
    """(rows, breaches)"""
    rows, breaches, field = [], [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        begins = re.match(r"(\w+):(?: (.*))?$", line)
        if not line.strip() or line.startswith("#"):
            continue
        if begins and begins[1] == "mutant":
            rows.append(Row(f"{path.relative_to(steps.TOP)}:{number}"))
        if begins and rows and begins[1] in FIELDS and begins[1] not in rows[-1].has:
            field = begins[1]
            rows[-1].add(field, begins[2] or "")
        elif line.startswith("    ") and rows and field:
            rows[-1].add(field, line[4:] if field in ("was", "now") else line.strip())
        else:
            breaches.append(f"{path.relative_to(steps.TOP)}:{number}: no field of a row: {line}")
    for row in rows:
        for name in ("harm", "equivalent"):
            setattr(row, name, " ".join(getattr(row, name).split()))
    return rows, breaches


def source_texts(top):
    """{path: text} of whatever a fault may stand in"""
    return {path: path.read_text() for folder in SOURCES for path in sorted((top / folder).rglob("*"))
            if path.suffix in (".c", ".h", ".def")}


def pattern_of(text):
    """However it is broken into lines."""
    words = re.findall(r"\w+|[^\w\s]", text)
    parts = [re.escape(words[0])]
    for before, word in zip(words, words[1:]):
        both = re.match(r"\w", before) and re.match(r"\w", word)
        parts.append((r"\s+" if both else r"\s*") + re.escape(word))
    return re.compile("".join(parts))


def place_of(row, texts):
    """(path, match) of the only place where the row's text stands; else (None, what is wrong)"""
    pattern = pattern_of(row.was)
    found = [(path, match) for path, text in texts.items() for match in pattern.finditer(text)]
    if len(found) == 1:
        return found[0]
    return None, "its text is not found" if not found else f"its text is found {len(found)} times"


def world_names():
    return set(re.findall(r"^WORLD\((\w+),", WORLDS.read_text(), re.M)) if WORLDS.exists() else set()


def judge_row(row, texts, names, worlds):
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.mutant):
        return "no name of small words with hyphens"
    if row.mutant in names:
        return f"another row has the name {row.mutant}"
    missing = [field for field in NEEDED if field not in row.has or (field != "now" and not getattr(row, field).strip())]
    if missing:
        return f"{row.mutant} has no {' and no '.join(missing)}"
    if row.was.split() == row.now.split():
        return f"{row.mutant} changes nothing"
    if "world" in row.has and row.world not in worlds:
        return f'{row.mutant}: there is no world "{row.world}"'
    path, match = place_of(row, texts)
    return f"{row.mutant}: {match}" if path is None else None


def load():
    """(rows, breaches)"""
    rows, breaches = [], []
    for path in sorted(ROWS.glob("*.txt")):
        found, wrong = read_rows(path)
        rows += found
        breaches += wrong
    texts, worlds, names = source_texts(steps.TOP), world_names(), set()
    for row in rows:
        wrong = judge_row(row, texts, names, worlds)
        names.add(row.mutant)
        if wrong:
            breaches.append(f"{row.where}: {wrong}")
    return rows, breaches
