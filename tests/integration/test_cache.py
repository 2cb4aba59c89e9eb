"""Answers that need no upstream: the cache, and stale answers in need."""
import concurrent.futures
import json
import os
import signal
import time

import dns.flags
import dns.rcode
import dns.rdatatype
import pytest

import baddot
import penstock
from penstock import ede, is_servfail, records

CACHE = {"cache": {"size": "1MiB"}}


@pytest.fixture
def cached(serve, bad):
    """A service with a cache in front of our misbehaving server; `.bad` is the server."""
    service = serve(bad, settings=CACHE)
    service.bad = bad
    return service


def ttl_of(answer):
    return answer.answer[0].ttl


def asked(server, name):
    """How often the upstream was asked for a name."""
    label = name.split(".")[0].encode()
    return sum(bytes([len(label)]) + label in query for query in server.queries)


@pytest.mark.smoke
def test_second_answer_comes_from_the_cache(cached):
    first = cached.ask("one.penstock.example")
    for kind in (False, True):
        again = cached.ask("one.penstock.example", tcp=kind)
        assert records(again) == records(first) == [baddot.encoded("one.penstock.example")]
    assert asked(cached.bad, "one.penstock.example") == 1
    assert cached.statistic("ends", "cache_hit") == 2


def test_hit_keeps_this_clients_case_and_id(cached):
    cached.ask("case.penstock.example")
    query = cached.query("CaSe.PENSTOCK.example")
    answer = cached.ask(query)
    assert answer.id == query.id
    assert answer.question[0].name.to_text() == "CaSe.PENSTOCK.example."
    assert asked(cached.bad, "case.penstock.example") == 1


def test_ttl_counts_down_and_ends(cached):
    assert ttl_of(cached.ask("ttl3-a.penstock.example")) == 3
    time.sleep(1.2)
    assert 1 <= ttl_of(cached.ask("ttl3-a.penstock.example")) <= 2
    time.sleep(2.2)
    assert ttl_of(cached.ask("ttl3-a.penstock.example")) == 3
    assert asked(cached.bad, "ttl3-a.penstock.example") == 2


def test_a_ttl_with_its_top_bit_is_a_long_one(cached):
    """RFC 8767 section 4: positive and capped, for the first client as for the next."""
    assert ttl_of(cached.ask("ages-a.penstock.example")) == 604800
    assert 604790 < ttl_of(cached.ask("ages-a.penstock.example")) <= 604800
    assert asked(cached.bad, "ages-a.penstock.example") == 1


def test_an_answer_with_its_alias_last_is_kept(cached):
    first = cached.ask("backwards-a.penstock.example")
    assert [rrset.rdtype for rrset in first.answer] == [dns.rdatatype.A, dns.rdatatype.CNAME, dns.rdatatype.CNAME]
    again = cached.ask("backwards-a.penstock.example")
    assert again.answer == first.answer
    assert asked(cached.bad, "backwards-a.penstock.example") == 1
    assert cached.statistic("counters", "cache_strange") == 0


def test_large_hit_is_truncated_over_udp_and_whole_over_tcp(cached):
    whole = cached.ask("medium1500-a.penstock.example", "TXT", tcp=True)
    assert len(records(whole)) > 1
    small = cached.ask("medium1500-a.penstock.example", "TXT")
    assert small.flags & dns.flags.TC and not small.answer
    assert asked(cached.bad, "medium1500-a.penstock.example") == 1


@pytest.mark.parametrize("options", [{"want_dnssec": True}, {"flags": dns.flags.RD | dns.flags.CD}, {"flags": 0}])
def test_do_cd_and_rd_are_asked_apart(cached, options):
    cached.ask("apart.penstock.example")
    cached.ask("apart.penstock.example", **options)
    assert asked(cached.bad, "apart.penstock.example") == 2


def test_negative_answer_is_kept_as_the_soa_says(cached):
    for _ in range(2):
        answer = cached.ask("gone-a.penstock.example")
        assert answer.rcode() == dns.rcode.NXDOMAIN
    assert asked(cached.bad, "gone-a.penstock.example") == 1


def test_negative_answer_without_soa_is_not_kept(cached):
    for _ in range(2):
        assert cached.ask("nx-a.penstock.example").rcode() == dns.rcode.NXDOMAIN
    assert asked(cached.bad, "nx-a.penstock.example") == 2


def test_failure_is_kept_briefly_and_says_so(cached):
    assert is_servfail(cached.ask("servfail-a.penstock.example"))
    again = cached.ask("servfail-a.penstock.example")
    assert is_servfail(again) and ede(again) == [13]
    assert asked(cached.bad, "servfail-a.penstock.example") == 1


def test_answer_with_a_strangers_record_is_not_kept(cached):
    for _ in range(2):
        assert cached.ask("stranger-a.penstock.example").rcode() == dns.rcode.NOERROR
    assert asked(cached.bad, "stranger-a.penstock.example") == 2
    assert cached.statistic("counters", "cache_strange") == 2


def test_stale_answer_stands_in_for_a_dead_upstream(serve, bad, late):
    service = serve(bad, settings={"cache": {"size": "1MiB", "stale_after": "300ms"}})
    fresh = service.ask("ttl1-a.penstock.example")
    time.sleep(1.3)
    bad.habit = "silent"
    begun = time.monotonic()
    stale = service.ask("ttl1-a.penstock.example")
    assert 0.25 < time.monotonic() - begun < 1 + late()
    assert records(stale) == records(fresh)
    assert ttl_of(stale) == 30 and ede(stale) == [3]
    begun = time.monotonic()
    assert ede(service.ask("ttl1-a.penstock.example")) == [3]
    assert time.monotonic() - begun < 0.2 + late(), "the next client does not wait for what is known to be late"
    bad.habit = None
    penstock.wait_for(lambda: not ede(service.ask("ttl1-a.penstock.example")), 5, "a fresh answer")
    assert service.statistic("ends", "cache_stale") >= 2


def test_stale_answer_stands_in_for_a_servfail(serve, bad):
    service = serve(bad, settings=CACHE)
    fresh = service.ask("ttl1-b.penstock.example")
    time.sleep(1.3)
    bad.habit = "servfail"
    for _ in range(2):
        stale = service.ask("ttl1-b.penstock.example")
        assert records(stale) == records(fresh) and ede(stale) == [3]


def test_no_stale_answer_if_it_is_switched_off(serve, bad):
    service = serve(bad, settings={"cache": {"size": "1MiB", "stale": "0s"}})
    service.ask("ttl1-c.penstock.example")
    time.sleep(1.3)
    bad.habit = "servfail"
    assert is_servfail(service.ask("ttl1-c.penstock.example"))


def test_cache_survives_its_worker(cached):
    cached.ask("kept.penstock.example")
    os.kill(cached.pid_of("worker"), signal.SIGKILL)
    assert records(cached.ask("kept.penstock.example")) == [baddot.encoded("kept.penstock.example")]
    assert asked(cached.bad, "kept.penstock.example") == 1


def test_popular_answer_is_asked_for_again_before_its_end(cached):
    name = "ttl10-p.penstock.example"
    for _ in range(30):
        cached.ask(name)  # earns the right to ask ahead
    assert asked(cached.bad, name) == 1
    time.sleep(7.8)
    penstock.wait_for(lambda: cached.ask(name) and asked(cached.bad, name) == 2, 5, "a second question", interval=0.05)
    assert cached.statistic("counters", "cache_prefetched") == 1
    penstock.wait_for(lambda: ttl_of(cached.ask(name)) >= 9, 1, "the answer to it")


def test_memory_stays_within_the_size_of_the_cache(serve, bad):
    service = serve(bad, settings={"cache": {"size": "64KiB"}, "rates": {"mode": "off"}})
    for i in range(600):
        service.ask(f"many{i}.penstock.example")
    assert service.statistic("counters", "cache_bytes") <= 65536
    assert service.statistic("counters", "cache_evicted") > 100
    last = asked(bad, "many599.penstock.example")
    assert records(service.ask("many599.penstock.example")) == [baddot.encoded("many599.penstock.example")]
    assert asked(bad, "many599.penstock.example") == last == 1


def test_frozen_upstream_is_stood_in_for_and_its_return_is_seen(serve, bad, bads, late):
    """The first client waits stale_after; then, for every name, nobody waits until something answers."""
    service = serve(bad, settings={"cache": {"size": "1MiB", "stale_after": "400ms"}})
    names = [f"ttl1-{i}.penstock.example" for i in range(20)]
    fresh = {name: records(service.ask(name)) for name in names}
    time.sleep(1.3)
    bad.habit = "silent"
    assert ede(service.ask(names[0])) == [3]
    begun = time.monotonic()
    for name in names:
        stale = service.ask(name)
        assert ede(stale) == [3] and records(stale) == fresh[name]
    assert time.monotonic() - begun < 0.3 + late(), "nobody waits for upstreams that are known to fail"
    bad.habit = None
    penstock.wait_for(lambda: not ede(service.ask(names[1])), 6, "a fresh answer")
    penstock.wait_for(lambda: not any(ede(service.ask(name)) for name in names), 6, "fresh answers for all")


def is_stale(answer):
    return ede(answer) == [3]


def test_slow_name_makes_no_other_wait_less_for_the_truth(serve, bad):
    """Nothing else is asked meanwhile, so nothing else is heard: still, one slow name is no failure."""
    service = serve(bad, settings={"cache": {"size": "1MiB", "stale_after": "1s"}})
    slow, names = "ttl1-slow.penstock.example", [f"ttl1-{i}.penstock.example" for i in range(10)]
    for name in (slow, *names):
        assert not ede(service.ask(name))
    time.sleep(1.3)
    bad.slow[slow] = 60
    begun = time.monotonic()
    assert is_stale(service.ask(slow))
    assert time.monotonic() - begun > 0.9, "the client's own patience comes first"
    for name in names:
        assert not is_stale(service.ask(name)), "upstreams answer"
    begun = time.monotonic()
    for _ in range(3):
        assert is_stale(service.ask(slow))
    assert time.monotonic() - begun < 0.9, "of the slow name it is known"
    # its question has ended without an answer: still nobody waits for it
    time.sleep(2.1)
    begun = time.monotonic()
    assert is_stale(service.ask(slow))
    assert time.monotonic() - begun < 0.9, "for 30 s (RFC 8767 section 5)"
    del bad.slow[slow]
    penstock.wait_for(lambda: not is_stale(service.ask(slow)), 5, "its fresh answer")


def test_many_slow_names_are_no_failure_either(serve, bad):
    service = serve(bad, settings={"cache": {"size": "1MiB", "stale_after": "1s"}})
    slow, names = [f"ttl1-s{i}.penstock.example" for i in range(20)], [f"ttl1-{i}.penstock.example" for i in range(10)]
    for name in (*slow, *names):
        service.ask(name)
    time.sleep(1.3)
    bad.slow = dict.fromkeys(slow, 60)
    with concurrent.futures.ThreadPoolExecutor(len(slow)) as pool:
        assert all(map(is_stale, pool.map(service.ask, slow)))
    assert not any(is_stale(service.ask(name)) for name in names)


def test_unreachable_upstream_is_stood_in_for_at_once(serve, bad):
    """Refused connections are known long before anybody's patience is over."""
    service = serve(bad, settings={"cache": {"size": "1MiB", "stale_after": "1500ms"}})
    names = [f"ttl1-{i}.penstock.example" for i in range(10)]
    for name in names:
        service.ask(name)
    bad.refuse()
    time.sleep(1.3)
    begun = time.monotonic()
    assert all(is_stale(service.ask(name)) for name in names)
    assert time.monotonic() - begun < 5, "not 1.5 s for each of ten"
    bad.listen_again()
    penstock.wait_for(lambda: not is_stale(service.ask(names[0])), 10, "a fresh answer")
    penstock.wait_for(lambda: not any(is_stale(service.ask(name)) for name in names), 6, "fresh answers for all")


def test_patience_may_be_shortened_while_others_wait(serve, bad):
    service = serve(bad, settings={"cache": {"size": "1MiB", "stale_after": "6s"}, "timeouts": {"query": "8s"}})
    slow, other = "ttl1-slow.penstock.example", "ttl1-other.penstock.example"
    for name in (slow, other):
        service.ask(name)
    time.sleep(1.3)
    bad.slow = {slow: 60, other: 60}
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(service.ask, slow, timeout=10)
        penstock.wait_for(lambda: asked(bad, slow) == 2, 3, "the question at the upstream")
        config = json.loads(service.file.read_text())
        config["cache"]["stale_after"] = "200ms"
        service.file.write_text(json.dumps(config))
        service.process.send_signal(signal.SIGHUP)
        service.wait_log("is in force")
        service.ask("next-turn.penstock.example")  # the front has read all that came before
        begun = time.monotonic()
        assert is_stale(service.ask(other))
        assert time.monotonic() - begun < 4, "who came later waits less"
        assert is_stale(first.result())


def test_real_upstream_frozen_and_thawed(serve, unbound):
    service = serve(unbound, settings={"cache": {"size": "1MiB", "stale_after": "300ms", "ttl_max": "1s"}})
    fresh = service.ask("frozen.penstock.example")
    time.sleep(1.2)
    os.kill(unbound.process.pid, signal.SIGSTOP)
    try:
        stale = service.ask("frozen.penstock.example")
        assert ede(stale) == [3] and sorted(records(stale)) == sorted(records(fresh))
    finally:
        os.kill(unbound.process.pid, signal.SIGCONT)
    penstock.wait_for(lambda: not ede(service.ask("frozen.penstock.example")), 6, "a fresh answer")


def test_ad_of_a_kept_answer_is_told_to_whom_asks(cached):
    for ad in (False, True, False):
        query = cached.query("secure-1.penstock.example")
        query.flags = dns.flags.RD | ad * dns.flags.AD
        assert bool(cached.ask(query).flags & dns.flags.AD) == ad
    assert asked(cached.bad, "secure-1.penstock.example") == 1
