"""docs/vex: what is said of each weakness of the TLS library is true of what is linked, what is written and how it is configured.

Three kinds of sentence in a statement are evidence and are checked: "Not linked:", "Linked in its place:" (the executable of
build/release), "Not named in our sources:" (src), "Not defined by the library's configuration:" (its headers), each followed by names.
"""
import json
import re
import subprocess

import pytest
from penstock import TOP

WORKER = TOP / "build/release/src/worker/penstock-worker"
PRIVATE = TOP / "build/private/mbedtls/include"
DOCUMENT = json.loads((TOP / "docs/vex/penstock.openvex.json").read_text())
VERSIONS = [f"3.6.{number}" for number in range(9)]
JUSTIFICATIONS = ("component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path",
                  "vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist")
YOUNGER = "These versions do not have the fault yet."

pytestmark = pytest.mark.skipif(not WORKER.exists() or not WORKER.with_name(WORKER.name + ".map").exists(), reason="build/release is not built")


def versions_of(statement):
    product, = statement["products"]
    assert product["@id"] == "pkg:generic/penstock@0.1.0"
    return [entry["@id"].removeprefix("pkg:generic/mbedtls@") for entry in product["subcomponents"]]


@pytest.fixture(scope="module")
def seen():
    """What the claims are about: symbols of the worker, words of our sources, macros of the library."""
    symbols = subprocess.run(["nm", WORKER], capture_output=True, text=True, check=True).stdout
    headers = "#include <mbedtls/ssl.h>\n#include <psa/crypto.h>\n"
    include = ["-isystem", str(PRIVATE)] if PRIVATE.exists() else []
    macros = subprocess.run(["gcc", *include, "-E", "-dM", "-"], input=headers, capture_output=True, text=True, check=True).stdout
    sources = " ".join(path.read_text() for path in (TOP / "src").rglob("*.[ch]"))
    return {"symbols": {line.split()[-1] for line in symbols.splitlines()},
            "macros": dict(re.findall(r'^#define (\w+) ?(.*)$', macros, re.M)), "words": set(re.findall(r"\w+", sources))}


def names_after(text, introduction):
    found = re.search(rf"{re.escape(introduction)} ((?:`\w+`(?:, )?)+)\.", text)
    return set(re.findall(r"\w+", found[1])) if found else set()


def breaches(text, seen):
    """Claims of a statement that do not hold."""
    return (names_after(text, "Not linked:") & seen["symbols"]
            | names_after(text, "Linked in its place:") - seen["symbols"]
            | names_after(text, "Not named in our sources:") & seen["words"]
            | names_after(text, "Not defined by the library's configuration:") & set(seen["macros"]))


def test_every_claim_holds(seen):
    for statement in DOCUMENT["statements"]:
        text = statement.get("impact_statement", "")
        assert not breaches(text, seen), statement["vulnerability"]["name"]
        colons = text.count(": `")
        assert colons == sum(map(text.count, ("Not linked: `", "Linked in its place: `", "Not named in our sources: `",
                                              "Not defined by the library's configuration: `"))), "a claim that nothing checks: " + text
        if statement.get("justification") == "vulnerable_code_not_present" and text != YOUNGER:
            assert names_after(text, "Not linked:") or names_after(text, "Linked in its place:") or "Not defined by" in text, text


@pytest.mark.parametrize("false", [
    "Not linked: `mbedtls_lms_verify`, `mbedtls_ssl_handshake_step`.", "Linked in its place: `no_such_function`.",
    "Not named in our sources: `mbedtls_ssl_read`.", "Not defined by the library's configuration: `MBEDTLS_SSL_PROTO_TLS1_3`.",
])
def test_a_false_claim_is_found(seen, false):
    assert len(breaches(f"Something. {false} More.", seen)) == 1


def test_what_is_linked_is_judged(seen):
    version = seen["macros"]["MBEDTLS_VERSION_STRING"].strip('"')
    if [int(part) for part in version.split(".")] > [int(part) for part in VERSIONS[-1].split(".")]:
        pytest.skip(f"mbedTLS {version} is newer than docs/vex knows of: judge it")
    assert version in VERSIONS


def test_each_weakness_is_judged_once_for_each_version():
    assert DOCUMENT["@context"] == "https://openvex.dev/ns/v0.2.0" and DOCUMENT["@id"] and DOCUMENT["author"] and DOCUMENT["version"] >= 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", DOCUMENT["timestamp"])
    judged = {}
    for statement in DOCUMENT["statements"]:
        judged.setdefault(statement["vulnerability"]["name"], []).extend(versions_of(statement))
        allowed = {"not_affected": {"justification", "impact_statement"}, "affected": {"action_statement"}, "fixed": set(),
                   "under_investigation": set()}[statement["status"]]
        assert set(statement) == {"vulnerability", "products", "status"} | allowed
        assert statement.get("justification", JUSTIFICATIONS[0]) in JUSTIFICATIONS
    assert len(judged) >= 47 and all(sorted(versions) == VERSIONS for versions in judged.values())
