"""What the fronts know of one client: penstockctl limits between real processes."""
import json

import control
import pytest
from conftest import needs_root
from penstock import wait_for
from test_ctl import ctl, has_schema

pytestmark = [needs_root]

RATES = {"mode": "enforce", "ipv4": ["/32 1/s 5", "/24 10/s 50"], "proven_ipv4": ["/32 2/s 10"], "slip": 2}


@pytest.fixture
def limited(serve, bad, place):
    return serve(bad, settings={"control": {"socket": str(place), "readers": ["games"]}, "lanes": 2, "rates": RATES,
                                "acl": {"allow": ["127.0.0.0/8"], "deny": ["127.0.0.66/32"]}})


def limits(place, address="127.0.0.1"):
    found = json.loads(ctl(place, "limits", address, "--json", status=0).stdout)
    has_schema(found, "limits")
    assert [row["lane"] for row in found["lanes"]] == [0, 1] and found["address"] == address
    return found["lanes"]


def bucket(rows, proven, length):
    """Of the lane that has most in it."""
    return max((found for row in rows for found in row["buckets"]
                if found["proven"] == proven and found["prefix_length"] == length), key=lambda found: found["level"])


@pytest.mark.smoke
def test_a_client_is_known_to_one_lane_with_what_it_asked(limited, place):
    assert not any(row["knows"] for row in limits(place))
    for i in range(3):
        limited.ask(f"n{i}.penstock.example")
    rows = limits(place)
    assert [row["knows"] for row in rows].count(True) == 1
    assert all(row["source"] == "allowed" and row["rates"] == "enforced" for row in rows)
    found = bucket(rows, False, 32)
    assert found["kept"] and 0 < found["level"] <= 3.5 and (found["rate_per_s"], found["burst"]) == (1, 5)
    assert not bucket(rows, True, 32)["kept"]
    limited.ask("tcp.penstock.example", tcp=True)
    assert bucket(limits(place), True, 32)["kept"]
    text = ctl(place, "limits", "127.0.0.1", status=0).stdout
    assert text.startswith("127.0.0.1 may ask; its rates are enforced.\n") and "/32  unproven" in text and text.isascii()
    assert text.count("  lane ") == 1 and "proved its address lately" in text


def test_why_it_was_refused_last(limited, place):
    assert all(row["refused_why"] is None for row in limits(place))

    def is_refused():
        limited.raw(limited.query("over.penstock.example").to_wire(), timeout=0.05)
        return [row for row in limits(place) if row["refused_why"]]
    refused = wait_for(is_refused, 30, "it is over its rate")
    assert len(refused) == 1 and refused[0]["refused_why"] in ("rate_dropped", "rate_slipped") and refused[0]["refused_ago_s"] <= 60
    assert "s ago: rate limit exceeded" in ctl(place, "limits", "127.0.0.1", status=0).stdout
    assert all(row["refused_why"] is None for row in limits(place, "127.0.1.1"))


def test_who_may_not_ask_is_told_from_who_may(limited, place):
    assert {row["source"] for row in limits(place, "127.0.0.66")} == {"not_allowed"}
    assert {row["source"] for row in limits(place, "2001:db8::1")} == {"not_allowed"}
    assert "is not on the access list" in ctl(place, "limits", "198.51.100.1", status=0).stdout


def test_what_is_no_address_and_who_is_no_operator(limited, place):
    for wrong in ("localhost", "127.0.0.1:53", "127.0.0.0/8"):
        assert "limits takes an IPv4 or IPv6 address" in ctl(place, "limits", wrong, status=64).stderr
    with control.Client(place) as client:
        assert client.answer("LIMITS", "127.0.0.1:53")[0] == "FAILED"
    with control.Client(place, uid=5, gid=60) as reader:
        assert reader.answer("LIMITS", "127.0.0.1")[0] == "FAILED"
    ctl(place, "limits", "127.0.0.1", status=0)
    assert "user id 0 asks about a client's limits" in limited.log() and "limits of 127" not in limited.log()
