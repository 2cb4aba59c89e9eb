"""Checks of Markdown: each link within the tree leads to a file that is there, and to a heading that is there."""
import re

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.M | re.S)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^()\s>]+(?:\([^()]*\)[^()\s>]*)*)>?(?: \"[^\"]*\")?\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.M)
HTML = re.compile(r"<(?:a|img|source)\s[^>]*?(?:href|src)=\"([^\"]+)\"")


def blank(found):
    """As many lines, and nothing in them."""
    return re.sub(r"[^\n]", " ", found[0])


def slug(heading):
    """The name that a forge gives a heading: lower case, blanks as -, no marks but - and _."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def anchors(text):
    """The names of the headings of a document; a second one of a name has -1 behind it."""
    names, seen = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text)), {}
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", FENCE.sub(blank, text), re.M):
        name = slug(heading)
        names.add(f"{name}-{seen[name]}" if name in seen else name)
        seen[name] = seen.get(name, 0) + 1
    return names


def links(text):
    """(line, target) of each link"""
    bare = FENCE.sub(blank, text)
    for pattern in (LINK, REFERENCE, HTML):
        # code in the text of a link is part of a link; code that looks like one is none
        for found in pattern.finditer(CODE.sub(blank, bare)):
            yield text.count("\n", 0, found.start()) + 1, found[1]


def check_links(root, breaches):
    """What is not of the tree (a scheme before it) is not looked at. The index of docs/ names each document there."""
    documents = sorted(path for path in root.rglob("*.md") if not {"build", ".git", "__pycache__"} & set(path.relative_to(root).parts))
    for document in documents:
        name = document.relative_to(root).as_posix()
        for line, target in links(document.read_text()):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            where, _, anchor = target.partition("#")
            path = (document.parent / where).resolve() if where else document
            if not path.exists() or root.resolve() not in (path, *path.parents):
                breaches.add(name, line, f"there is no {target}")
            elif anchor and (path.suffix != ".md" or anchor not in anchors(path.read_text())):
                breaches.add(name, line, f"{where or 'this'} has no section #{anchor}")
    indexed = root / "docs/README.md"
    if indexed.exists():
        reached = {(indexed.parent / target.partition("#")[0]).resolve() for _, target in links(indexed.read_text()) if ":" not in target}
        for document in sorted((root / "docs").glob("*.md")):
            if document != indexed and document.resolve() not in reached:
                breaches.add("docs/README.md", 1, f"the index does not name {document.name}")
