"""Reads C as this tree writes it: clang-format puts the name of a function that is defined into the first column."""
import functools
import pathlib
import re

SKIPPED = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DEFINED = re.compile(r"^(?P<type>[^\n#{};]*)\n(?P<name>(?!__attribute__)[A-Za-z_]\w*)\((?P<rest>[^;{}]*)\)\n\{\n(?P<body>.*?)^\}", re.M | re.S)
MACRO = re.compile(r"^[ \t]*#[ \t]*define\b(?:[^\n]*\\\n)*[^\n]*", re.M)
NAME = re.compile(r"(?<![\w.])(?<!->)[A-Za-z_]\w*")
TAG = re.compile(r"\b(?:enum|struct|union)\s+\w+")  # may have a function's name, and is none of it


def names_in(code):
    """Every name that code has, members and tags left out."""
    return NAME.findall(TAG.sub(" ", code))


def bare(text):
    """The code alone: comments, literals and includes become blanks; lines stay where they are."""
    text = SKIPPED.sub(lambda m: '""' if m[0][0] == '"' else " " + "\n" * m[0].count("\n"), text)
    return re.sub(r"^[ \t]*#[ \t]*include\b[^\n]*", "", text, flags=re.M)


class Module:
    """FOLDER/NAME.c, FOLDER/NAME.h, or both."""

    def __init__(self, root, folder, name):
        self.folder, self.name = folder, name
        self.texts = {}
        for suffix in ("c", "h"):
            path = root / "src" / folder / f"{name}.{suffix}"
            if path.exists():
                self.texts[suffix] = bare(path.read_text())
        self.path = f"src/{folder}/{name}.{'c' if 'c' in self.texts else 'h'}"

    def line_of(self, name):
        for suffix, text in self.texts.items():
            if found := re.search(rf"^{name}\(", text, re.M):
                return f"src/{self.folder}/{self.name}.{suffix}", text.count("\n", 0, found.start()) + 1
        return self.path, 1

    @functools.cached_property
    def public(self):
        """Names of functions that others may call."""
        names = {m["name"] for m in DEFINED.finditer(self.texts.get("c", "")) if "static" not in m["type"]}
        return names | {m["name"] for m in DEFINED.finditer(self.texts.get("h", ""))}

    @functools.cached_property
    def header_code(self):
        """What a header does, not what it declares: macros and bodies of inline functions."""
        text = self.texts.get("h", "")
        return "\n".join([m["body"] for m in DEFINED.finditer(text)] + MACRO.findall(text))

    @functools.cached_property
    def named(self):
        """Every name that its code has, members left out: what it calls or hands over is among them."""
        return set(names_in(self.texts.get("c", ""))) | set(names_in(self.header_code))

    def by_header(self, name):
        """Does a macro or an inline function of its own header use it?"""
        return name in names_in(self.header_code)

    def by_itself(self, name):
        """Does its own .c use it, its definition apart?"""
        return names_in(self.texts.get("c", "")).count(name) > 1


def modules(root):
    """{folder: {name: Module}} of src"""
    found = {}
    for path in sorted((pathlib.Path(root) / "src").glob("*/*.[ch]")):
        folder = found.setdefault(path.parent.name, {})
        if path.stem not in folder:
            folder[path.stem] = Module(pathlib.Path(root), path.parent.name, path.stem)
    return found
