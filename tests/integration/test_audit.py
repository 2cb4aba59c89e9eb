"""penstockctl audit verify: logs that are written here by the document alone, honest and tampered with, and what is found."""
import copy
import datetime
import hashlib
import hmac
import json
import os
import pwd
import shutil
import subprocess

import pytest
from penstock import BUILD, TOP, plain_environment
from test_ctl import has_schema

CTL = BUILD / "src/ctl/penstockctl"
BOOT = "6f1c0e8a-0d7b-4c3e-9a54-0123456789ab"
KEY = bytes(range(32))
NONE = "0" * 64
MEMBERS = {"started": {"config": "0123456789abcdef", "mbedtls": "3.6.5", "version": "0.1.0"},
           "continued": {}, "stopped": {"reason": 'asked "so"\\', "by": "signal"}, "dry_run": {"is_on": True},
           "process_died": {"child_pid": 7, "process": "worker.0", "signal": "SIGSYS"},
           "reloaded": {"by": "signal", "new_config": "0" * 16, "old_config": "f" * 16}}


def octets(line):
    """RFC 8785, for names and texts of ASCII and integers"""
    return json.dumps(line, sort_keys=True, separators=(",", ":")).encode()


class Log:
    def __init__(self, key=None, pid=100):
        self.files, self.key, self.pid = [[]], key, pid
        self.sequence, self.previous, self.us = 0, NONE, 1000

    def add(self, event, **more):
        self.sequence, self.us = self.sequence + 1, self.us + 1000
        utc = datetime.datetime.fromtimestamp(1795914486, datetime.timezone.utc) + datetime.timedelta(microseconds=self.us)
        line = {"event": event, "sequence": self.sequence, "previous": self.previous, "boot": BOOT, "pid": self.pid,
                "monotonic_us": self.us, "utc": utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), **MEMBERS[event], **more}
        if self.key:
            line["hmac"] = hmac.new(self.key, octets(line), "sha256").hexdigest()
        self.files[-1].append(octets(line))
        self.previous = hashlib.sha256(self.files[-1][-1]).hexdigest()
        return self

    def rotate(self):
        self.files.append([])
        return self.add("continued")

    @property
    def head(self):
        return f"{self.sequence}:{self.previous}"


def usual(**more):
    log = Log(**more).add("started")
    for event in ("dry_run", "process_died", "reloaded", "stopped"):
        log.add(event)
    log.add("started").add("dry_run").rotate().add("reloaded").add("process_died").add("stopped")
    return log


def verify(folder, log, *words, tail=b""):
    """(exit status, the document) of the files, written with `tail` behind the last line"""
    paths = []
    files = log.files if isinstance(log, Log) else log
    for i, lines in enumerate(files):
        paths.append(folder / f"audit.log.{i}")
        text = lines if isinstance(lines, bytes) else b"".join(line + b"\n" for line in lines)
        paths[-1].write_bytes(text + (tail if i == len(files) - 1 else b""))
    done = subprocess.run([CTL, "audit", "verify", "--json", *words, *paths], capture_output=True, text=True, timeout=60,
                          env=plain_environment())
    assert done.returncode in (0, 1), (done.returncode, done.stderr)
    document = json.loads(done.stdout)
    has_schema(document, "audit")
    assert document["is_sound"] == (done.returncode == 0) == (not document["findings"])
    return document


def kinds(document):
    return [row["found"] for row in document["findings"]]


def edit(line, **more):
    return octets({**json.loads(line), **more})


def test_each_line_is_of_the_schema():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((TOP / "docs/penstock-audit.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    judge = jsonschema.Draft7Validator(schema)
    for line in (line for lines in usual(key=KEY).files for line in lines):
        judge.validate(json.loads(line))
    for wrong in ({"uid": 3}, {"event": "none"}, {"pid": -1}, {"torn_octets": 3}):
        assert list(judge.iter_errors({**json.loads(usual().files[0][0]), **wrong})) or wrong == {"uid": 3}


def test_an_honest_log_is_sound(tmp_path):
    log = usual()
    found = verify(tmp_path, log, "--head", log.head)
    assert found["is_sound"] and found["head"] == log.head and (found["first"], found["last"], found["lines"]) == (1, 11, 11)
    piece = copy.deepcopy(log).add("process_died").files[-1][-1][:-40]
    assert verify(tmp_path, log, tail=piece)["torn_octets"] == len(piece)
    keyed = usual(key=KEY)
    (tmp_path / "key").write_bytes(KEY)
    found = verify(tmp_path, keyed, "--key", tmp_path / "key", "--head", keyed.head)
    assert found["is_sound"] and found["has_hmac"] and found["is_key_judged"]
    assert not verify(tmp_path, keyed)["is_key_judged"]


def test_what_a_crash_leaves_is_sound_when_the_next_line_tells_of_it(tmp_path):
    log = usual()
    before = b"".join(line + b"\n" for line in log.files[-1])
    piece = log.add("dry_run").files[-1].pop()[:150]
    log.sequence, log.previous = 11, hashlib.sha256(log.files[-1][-1]).hexdigest()
    log.add("started", torn_octets=150, torn_sha256=hashlib.sha256(piece).hexdigest())
    whole = before + piece + b"\n" + log.files[-1][-1] + b"\n"
    assert kinds(verify(tmp_path, [log.files[0], whole], "--head", log.head)) == []
    for changed in (whole.replace(piece + b"\n", b""), whole.replace(piece, piece[:-1]), whole.replace(piece, piece[:-1] + b"\0"),
                    whole.replace(piece, b"x" * 150), whole.replace(piece, piece + b"\n" + piece)):
        assert verify(tmp_path, [log.files[0], changed])["findings"]


def lines_of(change):
    def changed():
        log = usual()
        change(log.files[0])
        return log
    return changed


def set_line(at, **more):
    return lines_of(lambda lines: lines.__setitem__(at, edit(lines[at], **more)))


def replaced(at, old, new):
    return lines_of(lambda lines: lines.__setitem__(at, lines[at].replace(old, new)))


def swapped(lines):
    lines[2], lines[3] = lines[3], lines[2]


def forked():
    log = usual()
    one, other = copy.deepcopy(log), copy.deepcopy(log)
    one.add("started").add("dry_run")
    other.pid = 200
    other.add("started", version="0.2.0")
    one.files[-1].append(other.files[-1][-1])
    return one


def inserted():
    log = usual()
    false = json.loads(log.files[0][2])
    log.files[0].insert(2, octets({**false, "process": "front.0"}))
    return log


def backwards():
    log = usual()
    log.us -= 5000
    return log.add("dry_run")


def other_writer():
    log = usual()
    log.pid = 200
    return log.add("dry_run")


def wrong_order():
    log = usual()
    log.files.reverse()
    return log


def older_file():
    log = usual()
    log.files.append(log.files[0])
    return log


def second_chain():
    log = usual()
    log.files.append(Log(pid=9).add("started").files[0])
    return log


TAMPERED = {
    "an octet was edited": (replaced(2, b"worker.0", b"worker.1"), ["edited"]),
    "a member was edited, in form": (set_line(3, by="nobody"), ["edited"]),
    "it is not canonical: a blank": (replaced(2, b',"pid"', b', "pid"'), ["canonical"]),
    "it is not canonical: an escape": (replaced(2, b"worker", b"w\\u006frker"), ["canonical"]),
    "a line was removed": (lines_of(lambda lines: lines.pop(2)), ["gap"]),
    "two lines were removed": (lines_of(lambda lines: lines.__delitem__(slice(1, 3))), ["gap"]),
    "a line was inserted": (inserted, ["fork"]),
    "two lines were swapped": (lines_of(swapped), ["gap", "order"]),
    "a line is there twice": (lines_of(lambda lines: lines.insert(3, lines[1])), ["twice"]),
    "two writers": (forked, ["fork"]),
    "another process goes on": (other_writer, ["writer"]),
    "the clock went backwards": (backwards, ["clock"]),
    "an unknown event": (set_line(2, event="process_lived"), ["event"]),
    "an unknown member": (set_line(2, colour="red"), ["member"]),
    "a member of another event": (set_line(2, days=3), ["member"]),
    "a value of another kind": (set_line(2, child_pid="7"), ["member"]),
    "foreign text in the middle": (lines_of(lambda lines: lines.insert(2, b"hello")), ["foreign"]),
    "files in the wrong order": (wrong_order, ["middle", "files"]),
    "a spliced older file": (older_file, ["files"]),
    "another chain": (second_chain, ["new_chain"]),
    "torn octets that are not there": (set_line(2, torn_octets=3, torn_sha256=NONE), ["torn"]),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_each_kind_of_tampering_is_found(tmp_path, name):
    make, wanted = TAMPERED[name]
    found = kinds(verify(tmp_path, make()))
    assert found[:len(wanted)] == wanted, found
    assert set(found) <= {*wanted, "edited", "files"}, found


def test_a_middle_needs_the_head_that_it_goes_on_from(tmp_path):
    log = usual()
    rest = [log.files[1]]
    assert kinds(verify(tmp_path, rest)) == ["middle"]
    before = f"7:{hashlib.sha256(log.files[0][-1]).hexdigest()}"
    assert kinds(verify(tmp_path, rest, "--after", before)) == []
    assert kinds(verify(tmp_path, rest, "--after", before.replace("7:", "6:"))) == ["after"]


def test_a_head_that_was_kept_shows_what_was_cut_off(tmp_path):
    log = usual()
    cut = copy.deepcopy(log)
    cut.files[-1].pop()
    assert kinds(verify(tmp_path, cut)) == []
    assert kinds(verify(tmp_path, cut, "--head", log.head)) == ["truncated"]
    cut.files.pop()
    assert kinds(verify(tmp_path, cut, "--head", log.head)) == ["truncated"]
    (tmp_path / "kept").write_text(json.dumps({"service": {"audit": {"head": log.head}}}))
    assert kinds(verify(tmp_path, cut, "--head-of", tmp_path / "kept")) == ["truncated"]
    changed = copy.deepcopy(log)
    changed.files[-1][-1] = edit(changed.files[-1][-1], by="nobody")
    assert kinds(verify(tmp_path, changed)) == []
    assert kinds(verify(tmp_path, changed, "--head", log.head)) == ["head"]


def test_who_has_no_key_makes_no_line(tmp_path):
    (tmp_path / "key").write_bytes(KEY)
    key = ("--key", tmp_path / "key")
    assert set(kinds(verify(tmp_path, usual(), *key))) == {"hmac_missing"}
    assert set(kinds(verify(tmp_path, usual(key=bytes(32)), *key))) == {"hmac"}
    mixed = usual(key=KEY)
    mixed.key = None
    assert kinds(verify(tmp_path, mixed.add("dry_run"))) == ["hmac_missing"]


@pytest.mark.parametrize("text", [b"hello", b"\n", b"x" * 5000, b'{"boot":1', b"\x1b[2J", b'{"event":"started"'])
def test_foreign_text_at_the_end_is_no_torn_line(tmp_path, text):
    assert kinds(verify(tmp_path, usual(), tail=text)) in (["foreign"], ["member"])


def test_an_older_piece_at_the_end_is_foreign(tmp_path):
    log = usual()
    assert kinds(verify(tmp_path, log, tail=log.files[0][1][:-30])) == ["foreign"]


@pytest.mark.smoke
def test_it_runs_as_nobody_and_says_where(tmp_path, shared):
    log = usual()
    log.files[0][2] = log.files[0][2].replace(b"worker.0", b"worker.1")
    path = tmp_path / "audit.log"
    path.write_bytes(b"".join(line + b"\n" for line in log.files[0]))
    path.chmod(0o600)
    done = subprocess.run([CTL, "audit", "verify", path], capture_output=True, text=True, timeout=60, env=plain_environment())
    assert done.returncode == 1 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{path}:3: edited: ") and lines[1].startswith("NOT SOUND, 1 findings: 7 lines, head 7:")
    if os.geteuid() == 0:
        ours = shutil.copy(CTL, shared)
        done = subprocess.run([ours, "audit", "verify", path], capture_output=True, text=True, timeout=60,
                              user=pwd.getpwnam("games").pw_uid, env=plain_environment())
        assert done.returncode == 2 and "Permission denied" in done.stderr
    for words, told in ((["audit"], "audit takes verify"), (["audit", "verify"], "takes 1 to 64 files"),
                        (["audit", "verify", "/dev/zero"], "it is a device"), (["audit", "verify", path, "--key", path], "it is"),
                        (["audit", "verify", path, "--head", "7"], "--head takes SEQUENCE:HASH")):
        done = subprocess.run([CTL, *words], capture_output=True, text=True, timeout=60, env=plain_environment())
        assert done.returncode == 2 and told in done.stderr, (words, done.stderr)


def test_a_large_log_needs_no_more_memory(tmp_path):
    log = Log().add("started")
    for _ in range(20000):
        log.add("process_died")
    assert kinds(verify(tmp_path, log, "--head", log.head)) == []
