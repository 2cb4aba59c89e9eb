"""penstockctl import: what other programs ship becomes a policy that penstock --check calls sound, or is said to be of no use."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from baddot import encoded
from penstock import BUILD, TOP, plain_environment, records

CTL = BUILD / "src/ctl/penstockctl"
PENSTOCK = BUILD / "src/supervisor/penstock"
DOCUMENT = TOP / "docs/MIGRATION.md"
ROWS = re.compile(r'^IMPORT_(\w+)\((\w+),\s*"((?:[^"\\]|\\.)*)",\s*(.*?)"((?:[^"\\]|\\.)*)"\)$', re.M)
SECTIONS = {"STUBBY": "stubby", "UNBOUND": "unbound", "DNSDIST": "dnsdist", "LUA": "dnsdist", "COREDNS": "coredns", "SMARTDNS": "smartdns"}


def run(*words, status=0, **more):
    done = subprocess.run([CTL, "import", *words], capture_output=True, text=True, timeout=60, env=plain_environment(), **more)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def counted(done):
    """(carried, not carried), as the last line says it; each that was not has a line."""
    found = re.search(r"^(\d+) settings carried, (\d+) not; see penstock\.yaml\(5\)\n\Z", done.stderr, re.M)
    assert found and int(found[2]) == done.stderr.count(": not carried: "), done.stderr
    return int(found[1]), int(found[2])


def lost(done):
    """{(line, key)} of what was not carried."""
    return {(int(line), key) for line, key in re.findall(r"^[^:]*:(\d+): (.*?): not carried: ", done.stderr, re.M)}


@pytest.fixture
def is_sound(tmp_path, pki):
    """Does --check say so? The account and the certificates are this machine's, and no matter of the policy."""
    def check(policy):
        file = tmp_path / "policy.yaml"
        file.write_text(policy)
        environment = plain_environment() | {"PENSTOCK_USER": "nobody", "PENSTOCK_TLS_CA_FILE": str(pki.authority.pem)}
        done = subprocess.run([PENSTOCK, "--check", "-c", file], capture_output=True, text=True, timeout=60, env=environment)
        assert done.returncode == 0, (policy, done.stderr)
        return "the configuration is sound" in done.stdout
    return check


def sample(package, path):
    """A file that a package ships, installed or unpacked by tools/packages."""
    for root in (TOP / "build/private/root", pathlib.Path("/")):
        if (root / path).exists():
            return (root / path).read_text()
    pytest.skip(f"{package} is not unpacked (./dev test does that, where the package sources have it)")


# ---- what ships

def test_what_stubby_ships_is_carried_whole(is_sound, tmp_path):
    (tmp_path / "stubby.yml").write_text(sample("stubby", "etc/stubby/stubby.yml"))
    done = run("stubby.yml", cwd=tmp_path)
    assert is_sound(done.stdout)
    carried, missing = counted(done)
    assert missing == 0 and carried > 10
    assert done.stdout.count("    pins: [\"sha256//") == done.stdout.count("    verify: pin+ca\n") == 6
    assert "note: " not in done.stderr  # it serves loopback alone, and each upstream has a pin


USE = "\nforward-zone:\n  name: \".\"\n  forward-tls-upstream: yes\n  forward-addr: 9.9.9.9@853#dns.quad9.net\n"


def test_what_unbound_ships(is_sound, tmp_path):
    file = tmp_path / "unbound.conf"
    text = sample("unbound", "usr/share/doc/unbound/examples/unbound.conf")
    file.write_text(text)
    done = run(file, status=1)
    assert done.stdout == "" and "nothing usable: no upstream over TLS" in done.stderr
    assert {key for _, key in lost(done)} == {"python", "dynlib", "remote-control"}
    file.write_text(text + USE)
    done = run(file, "--verbose")
    assert is_sound(done.stdout) and "run \"penstock pin 9.9.9.9:853 --tls-name dns.quad9.net\"" in done.stderr
    file.write_text(sample("unbound", "etc/unbound/unbound.conf"))
    assert {key for _, key in lost(run(file, status=1))} == {"include-toplevel"}


def test_each_setting_that_unbound_knows_is_told(is_sound, tmp_path):
    """The whole example, without the comment signs before its settings."""
    text = sample("unbound", "usr/share/doc/unbound/examples/unbound.conf")
    lines = [re.sub(r"^(\s*)# ?([a-z][a-z0-9-]*:( \S.*)?)$", r"\1\2", line) for line in text.splitlines()]
    (tmp_path / "unbound.conf").write_text("\n".join(lines) + USE)
    done = run("unbound.conf", "--verbose", cwd=tmp_path)
    assert is_sound(done.stdout)
    clauses = {"server", "forward-zone"}
    settings = {(number, found[1]) for number, line in enumerate(lines, 1)
                if (found := re.match(r"\s*([a-z][a-z0-9-]*):", line)) and found[1] not in clauses}
    told = {(int(line), key) for line, key in re.findall(r"^unbound\.conf:(\d+): (.*?): ", done.stderr, re.M)}
    assert len(settings) > 250 and settings - told == set()
    counted(done)


def test_what_dnsdist_ships(is_sound, tmp_path):
    file = tmp_path / "dnsdist.conf"
    text = sample("dnsdist", "etc/dnsdist/dnsdist.conf")
    file.write_text(text)
    assert {key for _, key in lost(run(file, status=1))} == {"setSecurityPollSuffix"}
    file.write_text(text + 'newServer({address="9.9.9.9:853", tls="openssl", subjectName="dns.quad9.net"})\n')
    assert is_sound(run(file).stdout)
    text = sample("dnsdist", "usr/share/doc/dnsdist/examples/dnsdist.conf")
    file.write_text(re.sub(r"^-- ((?:local |[a-zA-Z]+[:(]| ).*\))$", r"\1", text, flags=re.M))
    done = run(file, status=1)  # its servers are asked in plain
    assert {"newServer", "addAction", "setKey", "webserver"} <= {key for _, key in lost(done)}
    assert counted(run(file, "--from", "dnsdist", "--verbose", status=1))[0] >= 3  # addLocal, setACL


def test_what_smartdns_ships(is_sound, tmp_path):
    file = tmp_path / "smartdns.conf"
    text = sample("smartdns", "etc/smartdns/smartdns.conf")
    file.write_text(text)
    done = run(file, status=1)
    assert ("bind" not in {key for _, key in lost(done)}) and "acl.allow: note: the policy serves this machine alone" in done.stderr
    file.write_text(text + "server-tls 9.9.9.9 -host-name dns.quad9.net\n")
    done = run(file)
    assert is_sound(done.stdout) and '"[::]:53", "0.0.0.0:53"' in done.stdout


# ---- the document

def section(name):
    text = DOCUMENT.read_text()
    start = text.index(f"\n## {name}\n")
    return text[start:text.find("\n## ", start + 1) if "\n## " in text[start + 1:] else len(text)]


@pytest.mark.parametrize("peer", SECTIONS)
def test_the_tables_of_the_document_are_the_rows(peer):
    rows = [(kind, key, middle, text) for kind, of, key, middle, text in ROWS.findall((TOP / "src/import/import_keys.def").read_text())
            if of == peer]
    assert len(rows) > 10

    def line(kind, key, middle, text):
        text = text.replace('\\"', '"')
        if kind == "SAME":
            value = re.match(r'"(.*)",', middle)[1]
            text = (f"`{value}` is always so: " if value else "always so: ") + text
        return f"| `{key}` | {text} |"
    for is_lack in (False, True):
        wanted = "\n".join(line(*row) for row in rows if (row[0] == "LACK") == is_lack)
        assert f"|---|---|\n{wanted}\n" in section(SECTIONS[peer]), (peer, is_lack)


EXAMPLES = re.findall(r"^`(\S+)`:\n\n```\n(.*?)```\n\nbecomes\n\n```yaml\n(.*?)```\n\nand standard error says\n\n```\n(.*?)```", DOCUMENT.read_text(), re.M | re.S)


def test_each_program_has_an_example():
    assert [name for name, *_ in EXAMPLES] == ["stubby.yml", "unbound.conf", "dnsdist.yml", "dnsdist.conf", "Corefile", "smartdns.conf"]


@pytest.mark.parametrize("name, text, policy, report", EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_the_examples_of_the_document_are_so(name, text, policy, report, is_sound, tmp_path):
    (tmp_path / name).write_text(text)
    done = run(name, cwd=tmp_path)
    assert done.stdout == policy and done.stderr == report
    assert is_sound(policy)
    counted(done)


# ---- zones

def entries(policy, group):
    """A list of mappings of a policy, whose values are JSON or a word."""
    found = []
    for line in re.search(rf"^{group}:\n((?: .*\n)*)", policy, re.M)[1].splitlines():
        start, key, value = re.fullmatch(r"  ([ -]) (\w+): (.*)", line).groups()
        if start == "-":
            found.append({})
        found[-1][key] = json.loads(value) if value[0] in '"[' else value
    return found


def test_many_zones_become_few_routes(is_sound, tmp_path):
    def zone(name, *servers):
        return f'forward-zone:\n  name: "{name}"\n  forward-tls-upstream: yes\n' + "".join(f"  forward-addr: {server}\n" for server in servers)
    first, second, public = ("192.0.2.1@853#a.example", "192.0.2.2@853#b.example", "9.9.9.9@853#dns.quad9.net")
    (tmp_path / "unbound.conf").write_text(
        "".join(zone(f"z{i}.example", *((second, first) if i % 2 else (first, second))) for i in range(20)) + zone(".", public)
        + zone("public.example", public) + zone("public.z0.example", public) + zone("Z1.example.", public)
        + zone("plain.example", "192.0.2.3").replace("upstream: yes", "upstream: no"))
    done = run("unbound.conf", "--verbose", cwd=tmp_path)
    assert is_sound(done.stdout)
    assert [entry["name"] for entry in entries(done.stdout, "upstreams")] == ["dns.quad9.net", "a.example", "b.example", "dns.quad9.net-2"]
    routes = entries(done.stdout, "routes")
    assert [(len(route["names"]), route["upstreams"]) for route in routes] == [
        (16, ["a.example", "b.example"]), (4, ["a.example", "b.example"]), (1, ["dns.quad9.net-2"])]
    assert routes[2]["names"] == ["public.z0.example"]
    for told in ("public.example is asked of the same servers as every other name", "z1.example: line 7 has it already",
                 "plain.example: none of its servers is carried", "192.0.2.3: plain DNS"):
        assert told in done.stderr, done.stderr
    counted(done)


@pytest.mark.smoke
def test_a_zone_is_asked_where_it_was(serve, bads, pki, is_sound, tmp_path):
    public, corp = bads(), bads()
    block = "%s {\n bind 127.0.0.1\n forward . tls://%s {\n  tls_servername dot.example\n }\n}\n"
    (tmp_path / "Corefile").write_text(block % (".", public.where) + block % ("corp.example 10.in-addr.arpa", corp.where))
    policy = run("Corefile", cwd=tmp_path).stdout
    assert is_sound(policy)
    service = serve(entries(policy, "upstreams"), settings={"routes": entries(policy, "routes")})
    for name in ("www.corp.example", "www.penstock.example"):
        assert records(service.ask(name)) == [encoded(name)]
    assert service.ask("1.0.0.10.in-addr.arpa", "PTR").rcode() == 0
    assert any(b"\3www\4corp" in wire.lower() for wire in corp.queries) and any(b"\00210\7in-addr" in wire for wire in corp.queries)
    assert not any(b"\4corp\7example" in wire.lower() or b"\7in-addr" in wire.lower() for wire in public.queries)
    assert not any(b"\10penstock" in wire.lower() for wire in corp.queries)


def test_zones_alone_are_no_policy(tmp_path):
    (tmp_path / "Corefile").write_text("corp.example {\n forward . tls://192.0.2.1%a.example\n}\n")
    done = run("Corefile", status=1, cwd=tmp_path)
    assert done.stdout == "" and "no upstream over TLS that can be authenticated is asked for every name" in done.stderr


# ---- the command

@pytest.fixture
def good(tmp_path):
    file = tmp_path / "Corefile"
    file.write_text(". {\n forward . tls://192.0.2.1%a.example\n}\n")
    return file


@pytest.mark.smoke
def test_a_file_is_written_anew_or_not_at_all(good, is_sound, tmp_path):
    output = tmp_path / "penstock.yaml"
    assert run(good, "--output", output).stdout == ""
    policy = output.read_text()
    assert is_sound(policy) and policy == run(good).stdout == run("-", input=good.read_text()).stdout
    assert "not overwritten" in run(good, "--output", output, status=2).stderr
    assert output.read_text() == policy
    good.write_text(". {\n forward . 192.0.2.1\n}\n")
    assert "nothing usable" in run(good, "--output", tmp_path / "other", status=1).stderr
    assert not (tmp_path / "other").exists()


def test_mistakes_of_the_command_line(good, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text").write_text("hello\n")
    for words, told in (([], "import takes a file"), ([good, "more"], "does not take"), ([good, "--from", "bind"], "--from takes one of"),
                        ([good, "--json"], "import has no --json"), ([good, "--nothing"], "no option"),
                        ([tmp_path / "none"], "No such file"), ([tmp_path / "pipe"], "it is a pipe"), ([CTL], "it is too large"),
                        ([tmp_path / "text"], "--from stubby"), ([good, "--output", tmp_path / "no/such"], "No such file")):
        assert told in run(*words, status=2).stderr, words
    done = subprocess.run([CTL, "status", "--from", "stubby"], capture_output=True, text=True, timeout=60, env=plain_environment())
    assert done.returncode == 64 and "status has no --from" in done.stderr


def test_what_a_terminal_could_obey_is_not_printed(tmp_path):
    file = tmp_path / "a\033b"
    file.write_bytes(b"server-tls 9.9.9.9 -host-name dns.quad9.net\nbind \033[2J\n\233x y\nlog-file \"\007\"\n")
    done = run(file)
    assert done.stderr.isprintable() or all(line.isprintable() for line in done.stderr.splitlines())
    assert "\033" not in done.stderr + done.stdout and done.stderr.isascii()


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_nothing_is_opened_once_it_is_looked_at(good, tmp_path):
    """An include is told and not followed, and who looks is in the filter and nobody, if it was root."""
    good.write_text("import /etc/hostname\n. {\n import /etc/passwd\n forward . tls://192.0.2.1%a.example\n}\n")
    trace = tmp_path / "trace"
    for more in ([], ["--output", tmp_path / "out"]):
        subprocess.run(["strace", "-f", "-qq", "-e", "trace=open,openat,seccomp,setresuid", "-o", trace, CTL, "import", good, *more],
                       check=True, capture_output=True, timeout=120, env=plain_environment())
        calls = [line.split(None, 1)[1] for line in trace.read_text().splitlines()]
        entered = max(i for i, call in enumerate(calls) if call.startswith("seccomp(SECCOMP_SET_MODE_FILTER"))
        read = next(i for i, call in enumerate(calls) if str(good) in call)
        assert read < entered and not any(call.startswith("open") for call in calls[entered:])
        dropped = [call for call in calls[:entered] if call.startswith("setresuid(")]
        assert os.geteuid() != 0 or (dropped and not dropped[-1].startswith("setresuid(0"))
