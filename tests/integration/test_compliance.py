"""penstockctl compliance: what audits ask, of a strict service; each command of its table runs and says what is expected."""
import collections
import json
import os
import re
import subprocess

import penstock
import pytest
from conftest import upstream
from penstock import records, wait_for
from test_ctl import CTL, ctl, has_schema

DOCS = penstock.TOP / "docs/compliance"
TABLES = {"NIST SP 800-81r3": "sp800-81r3", "NIST SP 800-52r2": "sp800-52r2", "RFC 8932": "rfc8932", "RFC 9210": "rfc9210",
          "CIS-style": "host"}
STRICT = {"tls": {"policy": "approved"}, "local": {"special": "yes", "refuse_private": "yes"}, "rates": {"mode": "enforce"}}


SHARED = {"HOST_ACCOUNT"}  # services of tests run as nobody


def printed(service):
    done = penstock.run("--print-config", "-v", "-c", service.file)  # as the service is started
    assert done.returncode == 0, done.stderr
    return done.stdout


def comply(service, place, *words):
    return ctl(place, "compliance", "--config", "-", *words, input=printed(service))


def failed(done):
    return {row["id"] for row in json.loads(done.stdout)["rows"] if row["result"] == "fail"}


@pytest.fixture
def strict(serve, unbound, pki, place):
    service = serve([upstream(unbound.where, pki)], settings={**STRICT, "control": {"socket": str(place)}})
    service.wait_log("upstream first: connected")
    for _ in range(3):
        assert records(service.ask("penstock.example")) == ["192.0.2.1", "192.0.2.2"]
    return service


def row_of_table(row):
    command = f"`{row['command']}`" if row["command"] else "none"
    cells = [f"`{row['id']}`", row["section"], row["requirement"], row["setting"], command, row["expected"]]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


LIVE = {"SP81_ENCRYPTED": r"first +\S.* 1\.3 ", "SP81_AVAILABLE": r"first +(in use|ready) ", "SP52_DATES": r"first .* (days|years)",
        "HOST_RUNS": r" is WELL\.", "HOST_PRIVILEGES": r"\A\Z"}


def is_said(row, config, place):
    """Run the command of a row; is what it prints what the row expects?"""
    words = row["command"].split()
    if "penstockctl" in words:
        at = words.index("penstockctl")
        done = subprocess.run(["env", *words[:at], CTL, "--socket", place, *words[at + 1:]], capture_output=True, text=True,
                              timeout=60, env=penstock.plain_environment())
        return re.search(LIVE[row["id"]], done.stdout) is not None
    expected, values = row["expected"], values_of(config)
    if expected.startswith("each upstream: "):
        expected = "upstreams." + expected[len("each upstream: "):]
    key, wanted = expected.split(": ", 1)
    if wanted.startswith("not "):
        return values[key] and not set(values[key]) & set(wanted[4:].split(" or "))
    if wanted.startswith("prefixes "):
        return values[key] and "/0" not in values[key][0]
    return values[key] and all(value in wanted.split(" or ") for value in values[key])


def values_of(config):
    """{"group.key": [value, ...]} of a printed configuration; each upstream has its own."""
    group, found = "", collections.defaultdict(list)
    for line in config.splitlines():
        key, value = (part.strip(" -") for part in line.split(":", 1))
        if not line.startswith(" "):
            group = "" if value else key
        if value:
            found[f"{group}.{key}" if group else key].append(value)
    return found


def test_a_strict_service_fails_nothing(strict, place):
    document = json.loads(wait_for(lambda: failed(d := comply(strict, place, "--json")) == SHARED and d.stdout, 10,
                                   "nothing else fails"))
    has_schema(document, "compliance")
    assert document["failed"] == 1 and document["not_met"] == 2 and document["is_in_force"]
    results = {row["id"]: row["result"] for row in document["rows"]}
    assert set(results.values()) - {"not judged"} == {"pass", "fail", "not met", "not applicable", "by document"}
    assert results["SP52_ALGORITHMS"] == "pass" and results["SP52_MODULE"] == "not met"
    assert results["HOST_PRIVILEGES"] == ("pass" if os.geteuid() == 0 else "not judged")
    shown = comply(strict, place)
    assert shown.returncode == 1 and "This is no certificate." in shown.stdout and shown.stdout.isascii()
    config = printed(strict)
    for row in document["rows"]:
        if row["command"] and row["result"] == "pass":
            assert wait_for(lambda row=row: is_said(row, config, place), 20, row["command"]), row


def test_the_tables_of_the_documents_are_the_rows(strict, place):
    rows = json.loads(comply(strict, place, "--json").stdout)["rows"]
    for standard, name in TABLES.items():
        lines = re.findall(r"^\| `.*$", (DOCS / f"{name}.md").read_text(), re.M)
        assert lines == [row_of_table(row) for row in rows if row["standard"] == standard], name
    assert {row["standard"] for row in rows} == set(TABLES)
    for row in rows:  # a document that is named is there
        named = re.match(r"(?:docs/)?[\w/.-]+\.md", row["expected"])
        assert row["result"] != "by document" or not named or (penstock.TOP / named[0]).exists(), row


def test_what_is_not_so_fails_and_says_what_was_found(serve, bad, pki, place):
    service = serve([upstream(bad.where, pki, verify="pin")], settings={
        "acl": {"allow": ["0.0.0.0/0"]}, "control": {"socket": str(place)},
        "events": {"enabled": "yes", "clients": "full"}})
    done = comply(service, place, "--json")
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    found = {row["id"]: row["why"] for row in document["rows"] if row["result"] == "fail"}
    assert document["failed"] == len(found)
    assert found["SP81_CLIENTS"] == 'acl.allow: ["0.0.0.0/0"]'
    assert found["SP52_ALGORITHMS"] == "tls.policy: modern"
    assert found["SP52_PATH"] == 'upstream "first": verify: pin'
    assert found["BCP232_AT_REST"] == "events.clients: full"
    assert comply(service, place).stdout.count("\n  fail ") == len(found)


def test_what_is_not_in_force_is_told(strict, place):
    other = printed(strict).replace("retry_percent: 10", "retry_percent: 11")
    done = ctl(place, "compliance", "--config", "-", input=other)
    assert done.returncode == 1 and "does NOT run with the configuration" in done.stdout


def test_what_was_written_by_hand_or_has_a_key_twice_is_refused(strict, place):
    whole = printed(strict)
    for text in (strict.file.read_text(), re.sub(r"  slip: .*\n", "", whole), whole + "lanes: auto\n",
                 whole.replace("tls:\n", "tls:\n  policy: approved\n")):
        done = ctl(place, "compliance", "--config", "-", input=text)
        assert done.returncode == 64 and "penstock --print-config |" in done.stderr, text


def test_what_is_no_configuration_is_refused(place, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for words in (["compliance", "--config"], ["attest", "--verify"]):
        for path, told in ((tmp_path / "pipe", "it is a pipe"), (tmp_path, "it is a directory"), ("/dev/zero", "it is a device")):
            assert told in ctl(place, *words, path, status=64).stderr
    for words, told in ((["compliance"], "takes --config FILE"),
                        (["compliance", "--config", tmp_path / "none"], "No such file"),
                        (["compliance", "--config", CTL], "it is too large"),
                        (["compliance", "--config", __file__], "not what penstock --print-config prints"),
                        (["status", "--config", "x"], "status has no --config")):
        done = ctl(place, *words, status=64)
        assert told in done.stderr
