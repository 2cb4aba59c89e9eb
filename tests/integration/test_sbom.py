"""The lists of what is inside: of what the linker kept and of nothing else, whole, the same each time, and with every licence."""
import hashlib
import json
import os
import re
import shutil
import subprocess

import pytest
from penstock import TOP

RELEASE = TOP / "build/release"
PRIVATE = TOP / "build/private/mbedtls"
NAMES = ["penstock", "penstock-exporter", "penstock-front", "penstock-worker", "penstockctl"]

pytestmark = pytest.mark.skipif(not shutil.which("dpkg-query") or PRIVATE.exists() and not (PRIVATE / "copyright").exists(),
                                reason="no dpkg here, or build/private has no copyright of mbedTLS: ./dev build gets it")
needs_release = pytest.mark.skipif(not (RELEASE / "src/supervisor/penstock.map").exists(), reason="build/release is not built")

PROGRAM = """
#include <yaml.h>
void unused(void);
int main(void) { return USE; }
void unused(void) { yaml_get_version_string(); }
"""


def run(program, *arguments, **environment):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=600,
                          env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", **environment})


def documents(folder, **environment):
    result = run(TOP / "tools/sbom", folder, **environment)
    assert result.returncode == 0, result
    return [json.loads((folder / f"penstock.{kind}.json").read_text()) for kind in ("spdx", "cdx")]


def static_build(folder, use, *libraries):
    """A build folder with one executable."""
    (folder / "src/x").mkdir(parents=True)
    (folder / "program.c").write_text(PROGRAM)
    for words in (["-c", "-fPIE", "-ffunction-sections", f"-DUSE={use}", "../../program.c"],
                  ["program.o", *libraries, "-o", "penstock-x", "-static-pie", "-fuse-ld=bfd", "-Wl,--gc-sections", "-Wl,--build-id=sha1",
                   "-Wl,-Map=%.map"]):
        subprocess.run(["gcc", *words], cwd=folder / "src/x", check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def of_release():
    return documents(RELEASE)


@pytest.mark.parametrize(("use", "libraries", "is_listed"), [
    ("0", ["-lyaml", "-ljansson"], False),  # asked for by code that is thrown away, and by nothing
    ("yaml_get_version_string() != 0", ["-lyaml", "-ljansson"], True),
])
def test_what_is_kept_is_listed_and_nothing_else(tmp_path, use, libraries, is_listed):
    spdx, cyclonedx = documents(static_build(tmp_path, use, *libraries))
    for names in ({row["name"] for row in spdx["packages"]}, {row["name"] for row in cyclonedx["components"]}):
        assert ("libyaml-dev" in names) == is_listed and "libc6-dev" in names and "libjansson-dev" not in names


@pytest.mark.parametrize(("was", "now", "complaint"), [
    ("libyaml      |", "libother     |", "no row for libyaml, of which libyaml-dev is linked"),
    ("| License: Expat", "| License: of another kind", 'does not say "License: of another kind" any more'),
])
def test_a_licence_that_nobody_read_ends_it_with_a_line(tmp_path, was, now, complaint):
    folder = static_build(tmp_path / "build", "yaml_get_version_string() != 0", "-lyaml")
    shutil.copytree(TOP / "tools", tmp_path / "tree/tools")
    shutil.copy(TOP / "meson.build", tmp_path / "tree")
    table = tmp_path / "tree/tools/licences.txt"
    table.write_text(table.read_text().replace(was, now))
    result = run(tmp_path / "tree/tools/sbom", folder)
    assert result.returncode == 1 and complaint in result.stderr and len(result.stderr.splitlines()) == 1, result
    assert not (folder / "penstock.spdx.json").exists()


@needs_release
def test_the_documents_are_whole_and_the_same_each_time(of_release):
    spdx, cyclonedx = of_release
    assert of_release == documents(RELEASE, TZ="Asia/Kolkata", LC_ALL="C", PYTHONHASHSEED="7")
    other = documents(RELEASE, SOURCE_DATE_EPOCH="1700000001")
    assert other[0]["documentNamespace"] != spdx["documentNamespace"] and other[1]["serialNumber"] != cyclonedx["serialNumber"]
    check_spdx(spdx)
    check_cyclonedx(cyclonedx)
    assert {row["versionInfo"] for row in spdx["packages"]} == {row["version"] for row in cyclonedx["components"]}


def sums():
    paths = [path for path in RELEASE.glob("src/*/penstock*") if path.name in NAMES]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def check_spdx(document):
    """What SPDX 2.3 requires of the parts that are used."""
    assert document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0" and document["SPDXID"] == "SPDXRef-DOCUMENT"
    assert document["creationInfo"] == {"created": "2023-11-14T22:13:20Z", "creators": ["Tool: penstock-sbom-0.1.0"]}
    rows = document["packages"] + document["files"]
    identifiers = [row["SPDXID"] for row in rows]
    assert len(set(identifiers)) == len(rows) and all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name) for name in identifiers)
    known, related = {*identifiers, "SPDXRef-DOCUMENT"}, set()
    for row in document["relationships"]:
        related |= {row["spdxElementId"], row["relatedSpdxElement"]}
        assert row["relationshipType"] in ("DESCRIBES", "CONTAINS", "STATIC_LINK")
    assert related == known, "each thing stands in a relation, and nothing else does"
    assert all(row["licenseConcluded"] and row["copyrightText"] for row in rows)
    assert all(row["downloadLocation"] and row["versionInfo"] for row in document["packages"])
    for row in document["files"]:
        assert {entry["algorithm"]: len(entry["checksumValue"]) for entry in row["checksums"]} == {"SHA1": 40, "SHA256": 64}
    told = {row["fileName"].removeprefix("./"): row["checksums"][1]["checksumValue"] for row in document["files"]}
    assert {name: told[name] for name in NAMES} == sums()


def check_cyclonedx(document):
    """What CycloneDX 1.6 requires of the parts that are used."""
    assert document["bomFormat"] == "CycloneDX" and document["specVersion"] == "1.6"
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", document["serialNumber"])
    components = document["components"]
    inner = [row for component in components for row in component.get("components", ())]
    references = [row["bom-ref"] for row in (document["metadata"]["component"], *components, *inner)]
    assert len(set(references)) == len(references)
    depends = {row["ref"]: row["dependsOn"] for row in document["dependencies"]}
    assert set(depends) | {row["bom-ref"] for row in inner} == set(references)
    assert {name for names in depends.values() for name in names} <= set(references)
    assert depends[document["metadata"]["component"]["bom-ref"]] == NAMES
    worker = depends["penstock-worker"]
    assert any("mbedtls" in name for name in worker) and not any("libyaml" in name for name in worker)
    assert {row["name"]: row["hashes"][1]["content"] for row in components if row["type"] == "application"} == sums()
    assert all(row["licenses"][0]["expression"] for row in components)


@needs_release
def test_the_licence_of_all_that_is_linked_is_installed(tmp_path, of_release):
    result = run("meson", "install", "-C", RELEASE, "--no-rebuild", "--destdir", tmp_path)
    assert result.returncode == 0, result
    folder, = tmp_path.rglob("LICENSES")
    assert folder.parts[-4:] == ("share", "doc", "penstock", "LICENSES")
    spdx, _ = of_release
    sources = {row["sourceInfo"].split()[5] for row in spdx["packages"] if "sourceInfo" in row}
    assert {path.name for path in folder.iterdir()} == {*sources, "penstock", "common"} and "mbedtls" in sources
    assert (folder / "penstock").read_bytes() == (TOP / "LICENSE").read_bytes()
    assert b"Version 2.1, February 1999" in (folder / "common/LGPL-2.1").read_bytes()
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in folder.rglob("*") if path.is_file())


@needs_release
def test_the_provenance_tells_what_was_built_of_what(tmp_path, of_release):
    """The same each time; and a signature over it holds until something is changed."""
    path = RELEASE / "penstock.intoto.json"
    texts = set()
    for environment in ({}, {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "7"}):
        result = run(TOP / "tools/provenance", RELEASE, **environment)
        if "no git tree" in result.stderr:
            pytest.skip(result.stderr)
        assert result.returncode == 0, result
        texts.add(path.read_text())
    assert len(texts) == 1
    document = json.loads(texts.pop())
    assert document["_type"] == "https://in-toto.io/Statement/v1" and document["predicateType"] == "https://slsa.dev/provenance/v1"
    assert {row["name"]: row["digest"]["sha256"] for row in document["subject"]} == sums()
    source, *others = document["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source["digest"]["gitCommit"] == run("git", "-C", TOP, "rev-parse", "HEAD").stdout.strip()
    assert (source["annotations"]["tree"] == "as committed") == (run("git", "-C", TOP, "status", "--porcelain").stdout == "")
    spdx, _ = of_release
    listed = {row["externalRefs"][0]["referenceLocator"] for row in spdx["packages"] if "externalRefs" in row}
    assert listed == {row["uri"] for row in others if "annotations" in row}
    if shutil.which("ssh-keygen"):
        sign_and_verify(path.read_bytes(), tmp_path)


def sign_and_verify(data, folder):
    """As docs/SUPPLY.md says."""
    document, key, allowed = (folder / name for name in ("document", "key", "allowed_signers"))
    document.write_bytes(data)
    assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).returncode == 0
    allowed.write_text(f"releases {key.with_suffix('.pub').read_text()}")
    assert run("ssh-keygen", "-Y", "sign", "-f", key, "-n", "penstock", document).returncode == 0
    verify = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", "releases", "-n", "penstock", "-s", f"{document}.sig"]
    assert subprocess.run(verify, input=data, capture_output=True).returncode == 0
    assert subprocess.run(verify, input=data + b" ", capture_output=True).returncode != 0
