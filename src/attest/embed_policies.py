"""embed_policies.py INPUT... OUTPUT - shipped policies as C: their texts, and the keys that each of them states."""
import pathlib
import re
import sys


def keys(text):
    """group.key of each value, of the simple YAML that policies are written in."""
    group = ""
    for line in text.splitlines():
        found = re.match(r"( *)(?:- )?([a-z_0-9]+):(.*)$", line)
        if not found or line.lstrip().startswith("#"):
            continue
        if not found[1] and not found[3].strip():
            group = found[2] + "."
        elif not found[1]:
            yield found[2]
        else:
            yield group + found[2]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


rows = []
for path in map(pathlib.Path, sys.argv[1:-1]):
    text = "\n".join(line for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#"))
    lines = "\n".join("        " + quoted(line)[:-1] + '\\n"' for line in text.splitlines())
    stated = ", ".join(quoted(key) for key in dict.fromkeys(keys(text)))
    upstreams = len(re.findall(r"^  - ", text, re.M))
    rows.append(f"    {{{quoted(path.stem)}, {upstreams},\n{lines},\n     {{{stated}, NULL}}}},\n")
pathlib.Path(sys.argv[-1]).write_text("".join(rows))
