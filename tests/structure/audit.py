"""docs/AUDIT.md and docs/penstock-audit.schema.json have the rows of src/audit/audit.def and src/audit/found.def.

usage: audit.py ROOT            the tables and the schema, written anew
       structure.py audit ROOT  they are as they would be written
"""
import json
import pathlib
import re
import sys

PATTERNS = {
    "TEXT": {"type": "string", "pattern": "^[ -~]{0,160}$"},
    "NUMBER": {"type": "integer", "minimum": 0, "maximum": 2 ** 53 - 1},
    "FLAG": {"type": "boolean"},
    "HASH": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "WORD": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
    "TIME": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$"},
    "UUID": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
}
MEMBER = re.compile(r'^AUDIT_MEMBER\((\w+),\s*"(\w+)",\s*(\w+),\s*"(.*)"\)$', re.M)
FOUND = re.compile(r'^FOUND\(\w+,\s*"(\w+)",\s*"(.*)"\)$', re.M)
EVENT = re.compile(r'^AUDIT_EVENT\(\w+,\s*"(\w+)",\s*([^",]+),\s*([^",]+),\s*"(.*)"\)$', re.M)


def rows(root):
    """([(id, name, kind, text)], [(name, members, optional, text)], common, extra): members by id"""
    table = (root / "src/audit/audit.def").read_text()
    header = (root / "src/audit/audit_table.h").read_text()
    sets = [re.findall(r"AUDIT_BIT\(AUDIT_OF_(\w+)\)", part) for part in
            re.search(r"#define AUDIT_COMMON(.*?)#define AUDIT_EXTRA(.*?)\n\n", header, re.S).groups()]
    events = [(name, re.findall(r"OF\((\w+)\)", has), re.findall(r"OF\((\w+)\)", may), text)
              for name, has, may, text in EVENT.findall(table)]
    return MEMBER.findall(table), events, *sets


def schema(root):
    members, events, common, extra = rows(root)
    names = {member: name for member, name, _, _ in members}
    properties = {name: {**(PATTERNS.get(kind) or {"enum": [event[0] for event in events]}), "description": text}
                  for _, name, kind, text in members}
    variants = [{"properties": {"event": {"const": name}, **{names[m]: True for m in sorted({*has, *may, *extra, *common} - {"EVENT"})}},
                 "required": sorted(names[m] for m in has), "additionalProperties": False} for name, has, may, _ in events]
    lines = ['{', ' "$schema": "http://json-schema.org/draft-07/schema#",', ' "title": "A line of the audit log of penstock",',
             ' "type": "object",', f' "required": {json.dumps(sorted(names[m] for m in common))},', ' "properties": {']
    lines.append(",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in properties.items()))
    lines += [' },', ' "dependencies": {"torn_octets": ["torn_sha256"], "torn_sha256": ["torn_octets"]},', ' "oneOf": [']
    lines.append(",\n".join(f"  {json.dumps(variant)}" for variant in variants))
    return "\n".join([*lines, " ]", "}", ""])


def tables(root):
    members, events, common, extra = rows(root)
    names = {member: name for member, name, _, _ in members}
    found = FOUND.findall((root / "src/audit/found.def").read_text())

    def listed(found):
        return ", ".join(f"`{names[m]}`" for m in found)
    every = [("in every line" if m in common else "in any line" if m in extra else "") for m, *_ in members]
    return ["\n".join(["| event | has | may have | what happened |", "|---|---|---|---|",
                       *(f"| `{name}` | {listed(has)} | {listed(may)} | {text} |" for name, has, may, text in events)]),
            "\n".join(["| member | kind | where | what it is |", "|---|---|---|---|",
                               *(f"| `{name}` | {kind.lower()} | {where} | {text} |" for (_, name, kind, text), where in zip(members, every))]),
            "\n".join(["| found | what is said of the place |", "|---|---|", *(f"| `{name}` | {text} |" for name, text in found)])]


TABLE = re.compile(r"^\| (?:event|member|found) \|.*?(?=\n\n|\n?\Z)", re.M | re.S)


def check_audit(root, breaches):
    """Documents have the rows of audit.def, and these are sorted by name."""
    if not (root / "src/audit/audit.def").exists():
        return
    members, events, *_ = rows(root)
    table = (root / "src/audit/audit.def").read_text()
    for macro, found in (("AUDIT_MEMBER", members), ("AUDIT_EVENT", events)):
        if not found or len(found) != len(re.findall(rf"^{macro}\(", table, re.M)):
            breaches.add("src/audit/audit.def", 1, f"not every row of {macro} could be read")
    kinds = (root / "src/audit/found.def").read_text()
    if len(FOUND.findall(kinds)) != len(re.findall(r"^FOUND\(", kinds, re.M)):
        breaches.add("src/audit/found.def", 1, "not every row of FOUND could be read")
    names = [name for _, name, _, _ in members]
    if names != sorted(names) or len(set(names)) != len(names):
        breaches.add("src/audit/audit.def", 1, "members are not sorted by name, or one is there twice")
    if TABLE.findall((root / "docs/AUDIT.md").read_text()) != tables(root):
        breaches.add("docs/AUDIT.md", 1, "its tables are not the rows of audit.def: tests/structure/audit.py ROOT writes them")
    if (root / "docs/penstock-audit.schema.json").read_text() != schema(root):
        breaches.add("docs/penstock-audit.schema.json", 1, "is not of the rows of audit.def: tests/structure/audit.py ROOT writes it")


def main():
    root = pathlib.Path(sys.argv[1])
    document = root / "docs/AUDIT.md"
    new = iter(tables(root))
    document.write_text(TABLE.sub(lambda _: next(new), document.read_text()))
    (root / "docs/penstock-audit.schema.json").write_text(schema(root))


if __name__ == "__main__":
    main()
