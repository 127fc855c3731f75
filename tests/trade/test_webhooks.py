from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

import pytest
from conftest import TEST_KEYS
from receiver import NotVerified, verify

from renqing.books.people import PLATFORM
from renqing.foundation.errors import FieldNotValid
from renqing.trade.webhooks import EventTypeUnknown, NewEndpoint, Tried, UrlNotAllowed, sign
from renqing.trade.webhooks.model import MOVES, TRIES_MAX, WAITS, DeliveryState
from renqing.trade.webhooks.rules import judge_endpoint, nameless_pseudonym, next_try, pseudonym, secret_of, why_disable

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
URL = "https://hooks.example.com/renqing"


# signatures ----------------------------------------------------------------------------------------------------------
def test_the_known_answer_of_standard_webhooks_is_ours():
    """The vector that the standard's own libraries are tested with."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    signed = sign([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": signed,
    }
    assert verify([secret], headers, body, now=1614265330) == {"test": 2432232314}


def test_every_secret_in_force_signs_the_newest_first():
    one, other = secret_of(b"1" * 24), secret_of(b"2" * 24)
    first, second = sign([one, other], "evt_1", 5, b"{}").split()
    assert (first, second) == (sign([one], "evt_1", 5, b"{}"), sign([other], "evt_1", 5, b"{}"))
    wanted = hmac.new(b"1" * 24, b"evt_1.5.{}", hashlib.sha256).digest()
    assert first == f"v1,{base64.b64encode(wanted).decode()}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-id": "evt_1", "webhook-timestamp": "x", "webhook-signature": "v1,x"},
        {"webhook-id": "evt_1", "webhook-timestamp": "-5", "webhook-signature": "v1,x"},
        {"webhook-id": "evt_1", "webhook-timestamp": "5", "webhook-signature": "v1"},
        {"webhook-id": "evt_1", "webhook-timestamp": "5", "webhook-signature": "v2,{signed}"},
        {"webhook-id": "evt_1", "webhook-timestamp": "5", "webhook-signature": "v1,ünicode"},
    ],
    ids=str,
)
def test_the_guides_receiver_takes_nothing_that_is_not_whole(headers):
    secret = secret_of(b"1" * 24)
    signed = sign([secret], "evt_1", 5, b"{}")
    given = {name: value.replace("{signed}", signed[3:]) for name, value in headers.items()}
    with pytest.raises(NotVerified):
        verify([secret], given, b"{}", now=5)
    other = secret_of(b"3" * 24)
    whole = {"webhook-id": "evt_1", "webhook-timestamp": "5", "webhook-signature": signed}
    with pytest.raises(NotVerified):
        verify([other], whole, b"{}", now=5)
    assert verify([other, secret], whole, b"{}", now=5) == {}


# tries ---------------------------------------------------------------------------------------------------------------
def test_after_the_last_try_there_is_none():
    assert [next_try(n, NOW) for n in (1, 17)] == [NOW + WAITS[0], NOW + WAITS[16]]
    assert next_try(TRIES_MAX, NOW) is None and next_try(TRIES_MAX + 3, NOW) is None


@pytest.mark.parametrize(
    ("status", "silent", "why"),
    [
        (410, timedelta(), "gone"),
        (500, timedelta(days=4), "failing"),
        (0, timedelta(days=9), "failing"),
        (500, timedelta(days=4) - timedelta(microseconds=1), ""),
        (404, timedelta(), ""),
    ],
)
def test_an_endpoint_is_switched_off_after_four_days_or_where_it_says_that_it_is_gone(status, silent, why):
    assert why_disable(Tried(status, "", 1), NOW - silent, NOW) == why


def test_only_a_2xx_is_taken():
    assert [Tried(status, "", 1).is_taken for status in (199, 200, 204, 299, 300, 0)] == [0, 1, 1, 1, 0, 0]


def test_every_state_of_a_delivery_is_reached_and_left():
    assert set(MOVES) == set(DeliveryState) == {state for ends in MOVES.values() for state in ends}


# what an owner may ask for -------------------------------------------------------------------------------------------
def test_an_endpoint_is_kept_as_it_is_meant():
    new = judge_endpoint(NewEndpoint(URL, " our \n till ", ("order.paid", "order.paid")), 7, loopback=False)
    assert new == NewEndpoint(URL, "our till", ("order.paid",))


@pytest.mark.parametrize(
    ("new", "shop_id", "refusal"),
    [
        (NewEndpoint("http://hooks.example.com"), 7, UrlNotAllowed),
        (NewEndpoint("https://10.0.0.1/"), 7, UrlNotAllowed),
        (NewEndpoint("http://127.0.0.1:9/"), 7, UrlNotAllowed),
        (NewEndpoint(URL, kinds=("gift.stolen",)), 7, EventTypeUnknown),
        (NewEndpoint(URL, kinds=("gift.opened",)), 7, EventTypeUnknown),
        (NewEndpoint(URL, "x" * 101), 7, FieldNotValid),
        (NewEndpoint(URL, "a\u202eb"), 7, FieldNotValid),
    ],
)
def test_what_no_endpoint_may_be_is_refused(new, shop_id, refusal):
    with pytest.raises(refusal):
        judge_endpoint(new, shop_id, loopback=False)


def test_what_is_refused_is_named_with_its_limits():
    assert judge_endpoint(NewEndpoint(URL, "x" * 100), 7, loopback=False).description == "x" * 100
    for new, facts in (
        (NewEndpoint("http://hooks.example.com"), {"reason": "scheme"}),
        (NewEndpoint(URL, kinds=("gift." + "x" * 60,)), {"type": "gift." + "x" * 35}),
        (NewEndpoint(URL, "x" * 101), {"field": "description", "reason": "length", "min": 0, "max": 100}),
        (NewEndpoint(URL, "a\u202eb"), {"field": "description", "reason": "length", "min": 0, "max": 100}),
    ):
        with pytest.raises((UrlNotAllowed, EventTypeUnknown, FieldNotValid)) as refused:
            judge_endpoint(new, 7, loopback=False)
        assert refused.value.facts == facts


def test_the_platform_may_hear_what_shops_may_not_and_a_demo_may_call_its_own_machine():
    assert judge_endpoint(NewEndpoint(URL, kinds=("gift.opened",)), PLATFORM, loopback=False).kinds == ("gift.opened",)
    assert judge_endpoint(NewEndpoint("http://127.0.0.1:9/"), 7, loopback=True).url == "http://127.0.0.1:9/"


def test_who_listens_knows_a_person_by_a_name_of_its_own_and_the_nameless_by_another_for_every_gift():
    by = {(owner, one): pseudonym(TEST_KEYS, owner, one) for owner in (0, 1, 11) for one in (1, 2, 11)}
    nameless = {
        (owner, gift): nameless_pseudonym(TEST_KEYS, owner, gift) for owner in (0, 1, 11) for gift in (1, 2, 11)
    }
    assert len({*by.values(), *nameless.values()}) == 18, "no two of them are one"
    assert all(re.fullmatch(r"per_[0-9a-f]{26}", one) for one in (*by.values(), *nameless.values()))


def test_a_name_that_a_program_has_kept_stays_good_with_the_next_release():
    of_person, of_gift = (TEST_KEYS.keyed_hash(f"webhook {of}", "7:8").hex() for of in ("person", "nameless giver"))
    assert pseudonym(TEST_KEYS, 7, 8) == f"per_{of_person[:26]}"
    assert nameless_pseudonym(TEST_KEYS, 7, 8) == f"per_{of_gift[:26]}"
