"""Make a header of a style sheet: its text without comments and blanks, and what a policy calls it.

usage: embed_style.py SHEET HEADER
"""
import base64
import hashlib
import pathlib
import re
import sys

LINE = 90


def shorter(text):
    """The same rules, without comments and blanks that mean nothing."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ?([{};,>]) ?", r"\1", text)
    text = re.sub(r"(?<=[{;(]|,)([\w-]+): ", r"\1:", text)
    return text.replace(";}", "}")


def main(sheet, header):
    text = shorter(pathlib.Path(sheet).read_text())
    if "<" in text or not text.isascii():
        sys.exit(f"{sheet}: what could end a style element, or is not ASCII")
    name = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    literal = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    pieces = re.findall(rf'(?:\\.|%%|[^\\%]){{1,{LINE}}}', literal)
    lines = " \\\n".join(f'    "{piece}"' for piece in pieces)
    pathlib.Path(header).write_text(f"/* made of {pathlib.Path(sheet).name} by the build */\n#pragma once\n\n"
                                    f'#define DRAW_PAGE_STYLE_HASH "sha256-{name}"\n#define DRAW_PAGE_STYLE \\\n{lines}\n')


main(*sys.argv[1:])
