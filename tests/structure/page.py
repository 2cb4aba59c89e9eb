"""Check the status page as a browser and a reader of screens get it: well-formed, without a script, legible in both colours.

usage: page.py PAGE_SAMPLE
"""
import base64
import hashlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

STATES = ["well", "trouble", "held", "old", "started", "once", "idle", "busy", "crowd", "hostile", "short", "unreached",
          "unreached-never"]
MOST = 98304
ELEMENTS = set("html head meta title style body header main footer section div span p h1 h2 b small code a br ul li dl dt dd "
               "table caption thead tbody tr th td svg path rect circle text".split())
ATTRIBUTES = set("lang charset name content http-equiv class href aria-label aria-hidden role scope data-l viewBox "
                 "preserveAspectRatio d x y cx cy r width height text-anchor".split())
LINKS = {"?", "?hold", "metrics"}
LEVELS = {"well", "look", "act"}

# what stands upon what, and how much they differ at least (WCAG 2, 1.4.3 and 1.4.11)
TEXTS = ("ink", "mute", "well", "look", "act", "fail", "data")
LINES = ("data", "data2", "data3", "rule", "fail")
GROUNDS = ("bg", "box")


def draw(sample, state):
    done = subprocess.run([sample, state], capture_output=True, timeout=20)
    return done.returncode, done.stdout.decode()


def text_of(element):
    return "".join(element.itertext()).strip()


def check_elements(page, wrong):
    for element in page.iter():
        if element.tag not in ELEMENTS:
            wrong(f"element {element.tag}")
        for name, value in element.attrib.items():
            if name not in ATTRIBUTES:
                wrong(f"attribute {name} of {element.tag}")
            if name == "href" and value not in LINKS:
                wrong(f"a link to {value}")
            if re.search(r"javascript:|url\(|//", value):
                wrong(f"{name}={value!r}")


def check_pictures(page, wrong):
    for svg in page.iter("svg"):
        if svg.get("aria-hidden") != "true" and not (svg.get("role") == "img" and svg.get("aria-label")):
            wrong("a picture without a text")
        if svg.get("aria-hidden") == "true" and svg.find(".//text") is not None:
            wrong("a text that is hidden from who cannot see it")


def check_tables(page, wrong):
    for table in page.iter("table"):
        heads = table.findall("thead/tr/*")
        if not any(head.get("scope") == "col" and text_of(head) for head in heads):
            wrong("a table without heads")
        for row in table.findall("tbody/tr"):
            if row[0].tag != "th" or row[0].get("scope") != "row" or not text_of(row[0]):
                wrong("a row without a head")
            if len(row) != len(heads):
                wrong(f"a row of {len(row)} cells below {len(heads)} heads")
    for lists, members in (("dl", {"div"}), ("ul", {"li"})):
        for parent in page.iter(lists):
            if {child.tag for child in parent} - members:
                wrong(f"{lists} has {[child.tag for child in parent]}")


def check_page(state, status, text, policy, wrong):
    if status != (1 if state == "short" else 0):
        wrong(f"exit status {status}")
    if len(text.encode()) >= MOST:
        wrong(f"{len(text.encode())} octets")
    if not text.startswith("<!DOCTYPE html>"):
        wrong("no doctype")
    try:
        page = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        wrong(f"not well-formed: {error}")
        return None
    check_elements(page, wrong)
    check_pictures(page, wrong)
    check_tables(page, wrong)
    if len(list(page.iter("h1"))) != 1 or page.get("lang") != "en":
        wrong("not one heading, or no language")
    if page.findtext("head/title").split()[0] not in LEVELS:
        wrong("the title does not begin with the level")
    if (page.find("head/meta[@http-equiv='refresh']") is None) != (state == "held"):
        wrong("it loads itself again, or does not")
    style = page.findtext("head/style")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    if f"style-src 'sha256-{digest}'" not in policy:
        wrong("the policy does not permit its style sheet")
    return style


def luminance(colour):
    digits = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def check_colours(style, wrong):
    day, night = re.findall(r":root\{([^}]*)\}", style)
    for name, rules in ("day", day), ("night", night):
        colours = dict(re.findall(r"--(\w+):#([0-9a-f]{3,6})", rules))
        for names, least in (TEXTS, 6.3), (LINES, 3.1):
            for upon in GROUNDS:
                for what in names:
                    if contrast(colours[what], colours[upon]) < least:
                        wrong(f"{what} upon {upon} by {name}: {contrast(colours[what], colours[upon]):.2f}")


def main(sample):
    breaches = []
    _, policy = draw(sample, "policy")
    for state in STATES:
        status, text = draw(sample, state)
        style = check_page(state, status, text, policy, lambda what: breaches.append(f"{state}: {what}"))
    check_colours(style, lambda what: breaches.append(f"style sheet: {what}"))
    for breach in sorted(set(breaches)):
        print(breach)
    sys.exit(bool(breaches))


main(sys.argv[1])
