"""DNS cookies as other servers make and judge them (RFC 9018): BIND with the same secret, and cookies of any age."""
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import time

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest

import kubelet
import penstock
from conftest import needs_root
from front import Front

COOKIE = 10
BADCOOKIE = 23
SECRET = "445536bcd2513298075a5d379663c962"
LIMITS = (f"rates: {{ipv4: ['/32 1000/s 1000'], slip: 0}}, filter: {{kernel: no}}, "
          f"cookies: {{secret: {SECRET}}}")


def siphash24(key, data):
    mask = (1 << 64) - 1

    def rotl(x, by):
        return (x << by | x >> (64 - by)) & mask

    def rounds(v, count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & mask
            v[1] = rotl(v[1], 13) ^ v[0]
            v[0] = rotl(v[0], 32)
            v[2] = (v[2] + v[3]) & mask
            v[3] = rotl(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & mask
            v[3] = rotl(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & mask
            v[1] = rotl(v[1], 17) ^ v[2]
            v[2] = rotl(v[2], 32)

    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573]
    padded = data + bytes(-(len(data) + 1) % 8) + bytes([len(data) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xff
    rounds(v, 4)
    return struct.pack("<Q", v[0] ^ v[1] ^ v[2] ^ v[3])


def made(age_s, address="127.0.0.1", client=b"clientck"):
    """A cookie that a server with the secret made so long ago."""
    return made_at(int(time.time()) - age_s, SECRET, address, client)


def made_at(time_s, secret, address="127.0.0.1", client=b"clientck"):
    head = b"\1\0\0\0" + struct.pack("!I", time_s & 0xffffffff)
    return client + head + siphash24(bytes.fromhex(secret), client + head + socket.inet_aton(address))


def ask(port, cookie, name="a.example"):
    message = dns.message.make_query(name, "A", use_edns=0, payload=1232,
                                     options=[dns.edns.GenericOption(COOKIE, cookie)])
    return dns.query.udp(message, "127.0.0.1", port=port, timeout=5)


def cookie_of(answer):
    return next((option.to_wire() for option in answer.options if option.otype == COOKIE), None)


def proves(front, cookie):
    """Does it open the buckets of proven clients?"""
    before = front.stats()["COOKIES_VALID"]
    answer = ask(front.port, cookie)
    return front.stats()["COOKIES_VALID"] == before + 1, cookie_of(answer)


def test_the_time_in_a_cookie_is_that_of_the_wall_clock():
    with Front(yaml=LIMITS) as front:
        fresh = cookie_of(ask(front.port, b"clientck"))
        told = struct.unpack("!I", fresh[12:16])[0]
        assert abs(told - time.time()) < 60
        assert fresh == made(int(time.time()) - told), "as another server would have made it"


@pytest.mark.parametrize("age_s, is_proof, is_renewed", [
    (0, True, False), (1500, True, False), (2000, True, True), (3500, True, True), (3700, False, True), (86400, False, True),
    (-200, True, False), (-400, False, True)])
def test_cookies_of_other_servers_are_judged_by_their_age(age_s, is_proof, is_renewed):
    with Front(yaml=LIMITS) as front:
        cookie = made(age_s)
        proof, told = proves(front, cookie)
        assert proof == is_proof
        assert (told != cookie) == is_renewed and told[:8] == b"clientck"
        assert proves(front, told) == (True, told), "what we give is good"


def test_a_cookie_of_1970_proves_nothing():
    with Front(yaml=LIMITS) as front:
        assert proves(front, made(int(time.time())))[0] is False


class Named:
    """BIND, which answers everything with REFUSED, or with BADCOOKIE if it does not like the cookie."""

    def __init__(self, folder):
        self.port = penstock.free_port()
        folder.chmod(0o755)
        config = folder / "named.conf"
        config.write_text(
            f'options {{ directory "{folder}"; pid-file none; session-keyfile none; listen-on port {self.port} {{ 127.0.0.1; }};\n'
            f"  listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; answer-cookie yes; require-server-cookie yes;\n"
            f'  cookie-algorithm siphash24; cookie-secret "{SECRET}"; }};\ncontrols {{}};\n')
        self.process = subprocess.Popen(["named", "-g", "-n", "1", "-c", config], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=(folder / "log").open("w"))
        penstock.wait_for(self.is_up, 30, "named")

    def is_up(self):
        try:
            dns.query.udp(dns.message.make_query("a.example", "A"), "127.0.0.1", port=self.port, timeout=0.5)
            return True
        except (dns.exception.DNSException, OSError):
            return False

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture
def named(tmp_path):
    server = Named(tmp_path)
    yield server
    server.close()


@pytest.mark.skipif(shutil.which("named") is None, reason="no BIND here; ./dev test brings one")
def test_bind_with_the_same_secret_takes_ours_and_we_its_own(named):
    with Front(yaml=LIMITS) as front:
        its = cookie_of(ask(named.port, b"clientck"))
        assert proves(front, its) == (True, its)
        ours = cookie_of(ask(front.port, b"clienttw"))
        assert ask(named.port, b"clienttw").rcode() == BADCOOKIE, "it wants to see a cookie"
        assert ask(named.port, ours).rcode() == dns.rcode.REFUSED, "and takes ours"
        for age_s, is_good in ((1000, True), (7200, False), (-1000, False)):
            assert (ask(named.port, made(age_s)).rcode() != BADCOOKIE) == is_good, age_s
            assert proves(front, made(age_s))[0] == is_good, age_s


OTHER = "dd3bdf9344b678b185a6f5cb60fca715"


def keep(folder, *lines, mode=0o640):
    """As a volume of a pod, and for the service's account."""
    return kubelet.publish(folder, "cookies", "".join(line + "\n" for line in lines), mode, pwd.getpwnam("nobody").pw_gid)


def is_by(secret, cookie):
    return cookie == made_at(struct.unpack("!I", cookie[12:16])[0], secret)


@pytest.mark.smoke
def test_secrets_of_a_file_are_taken_up_whole_or_not_at_all(serve, bad, shared):
    file = keep(shared, SECRET)
    service = serve(bad, settings={"cookies": {"secret_file": str(file)}})

    def reload(pattern):
        before = len(service.log())
        service.process.send_signal(signal.SIGHUP)
        penstock.wait_for(lambda: pattern in service.log()[before:], 10, pattern)
        return cookie_of(ask(service.port, first, "b.penstock.example"))

    first = cookie_of(ask(service.port, b"clientck"))
    assert is_by(SECRET, first)
    keep(shared, OTHER, f"previous {SECRET}")
    second = reload("the new configuration is in force")
    assert is_by(OTHER, second)
    stays = f"the configuration stays as it is: cookies.secret_file: {file}:"
    keep(shared, SECRET, f"staged {OTHER[1:]}")
    assert is_by(OTHER, reload(stays + "2: not a secret, and not shown; allowed: 32 hexadecimal digits in lower case"))
    keep(shared, SECRET, mode=0o644)
    assert is_by(OTHER, reload(stays + " others can read or change it; allowed: a mode of 0640 or less"))
    keep(shared, SECRET)
    assert is_by(SECRET, reload("the new configuration is in force"))
    assert SECRET not in service.log() and OTHER not in service.log()


@pytest.mark.smoke
def test_a_file_of_secrets_is_checked_and_not_shown(serve, bad, shared):
    file = keep(shared, SECRET)
    service = serve(bad, settings={"cookies": {"secret_file": str(file)}})

    def run(word):
        return subprocess.run([penstock.EXECUTABLE, word, "-c", service.file], capture_output=True, text=True, timeout=30,
                              env=penstock.plain_environment())
    printed = run("--print-config")
    assert printed.returncode == 0 and f'secret_file: "{file}"' in printed.stdout and SECRET not in printed.stdout
    assert run("--check").returncode == 0
    keep(shared, SECRET, mode=0o644)
    checked = run("--check")
    assert checked.returncode == 78 and f"cookies.secret_file: {file}: others can read or change it" in checked.stderr


@pytest.mark.smoke
@needs_root
def test_what_only_root_can_read_is_told_at_the_start(serve, bad, shared):
    """A start reads as root, a reload as the account."""
    file = keep(shared, SECRET, mode=0o400)
    service = serve(bad, settings={"cookies": {"secret_file": str(file)}})
    told = 'root can read it and the account "nobody" cannot: a start works, and every reload is refused'
    assert service.log().count(told) == 1 and f"cookies.secret_file: {file}: {told}" in service.log()
    service.process.send_signal(signal.SIGHUP)
    service.wait_log(f"the configuration stays as it is: cookies.secret_file: {file}: Permission denied", 10)
    service.file.chmod(0o600)
    for words, status in (((), 0), (("--strict",), 1)):
        checked = subprocess.run([penstock.EXECUTABLE, "--check", *words, "-c", service.file], capture_output=True, text=True, timeout=30,
                                 env=penstock.plain_environment())
        assert checked.returncode == status
        assert f"{service.file}: {told}\ncookies.secret_file: {file}: {told}\n" in checked.stderr
    service.file.chmod(0o644)
    keep(shared, SECRET)
    service.process.send_signal(signal.SIGHUP)
    service.wait_log("the new configuration is in force", 10)


def test_a_file_of_secrets_is_taken_up_by_itself(serve, bad, shared):
    file = keep(shared, SECRET)
    service = serve(bad, settings={"cookies": {"secret_file": str(file)}, "reload_on_change": "1s"})
    time.sleep(1.5)  # what changes during the start is not noticed
    keep(shared, OTHER, mode=0o644)
    service.wait_log("a file was changed.*\n(.*\n)*.*others can read or change it", 15)
    file.resolve().chmod(0o640)
    service.wait_log("the new configuration is in force", 15)
    assert is_by(OTHER, cookie_of(ask(service.port, b"clientck")))
