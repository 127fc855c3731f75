"""The draw's arithmetic: fixed before the first entry, fair over many draws, and the same for whoever repeats it."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from town import build_town, give_paid
from verdicts import fault, verdict

from renqing.foundation.ground import Ground
from renqing.foundation.settings import Policy
from renqing.journeys.give_a_gift import DrawAsked
from renqing.social import draws
from renqing.social.draws import Award, Draw, DrawFull, DrawNotDone, DrawOver, NothingWon, rules

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DRAWS = 100_000


def seeds(name: str) -> list[bytes]:
    """So many seeds that a name fixes: the statistics are the same at every run."""
    stream = hashlib.shake_256(name.encode()).digest(DRAWS * 32)
    return [stream[place : place + 32] for place in range(0, len(stream), 32)]


def chi_square(counts: list[int]) -> float:
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


# fairness ------------------------------------------------------------------------------------------------------------
def test_over_100_000_draws_every_entry_wins_as_often_as_any_other():
    """Seven entries: chi-square with 6 degrees of freedom stays below 22.46, which chance passes once in a thousand."""
    wins = [0] * 7
    head = draws.first_head(bytes(32), 1, NOON, 7)
    for seed in seeds("who wins"):
        wins[min(range(7), key=lambda n: draws.score(seed, head, n + 1))] += 1
    assert sum(wins) == DRAWS
    assert chi_square(wins) < 22.46, wins


def test_over_100_000_draws_every_order_of_four_comes_as_often_as_any_other():
    """Runners-up too: 24 orders, 23 degrees of freedom, 49.73 is passed by chance once in a thousand."""
    orders = dict.fromkeys(permutations((1, 2, 3, 4)), 0)
    head = draws.first_head(bytes(32), 2, NOON, 4)
    for seed in seeds("in which order"):
        orders[tuple(draws.order_of(seed, head, 4))] += 1
    assert sum(orders.values()) == DRAWS
    assert chi_square(list(orders.values())) < 49.73, orders


def test_who_entered_later_or_added_another_chance_is_as_likely_to_win():
    """One seed that is known beforehand: the last entrant's own chance moves the prize to everybody alike."""
    wins = [0] * 4
    start = draws.first_head(bytes(32), 1, NOON, 4)
    for nonce in seeds("the last one's chance")[:20_000]:
        head = start
        for n in (1, 2, 3):
            head = draws.next_head(head, n, bytes([n]) * 32, bytes(16))
        head = draws.next_head(head, 4, bytes([4]) * 32, nonce[:16])
        wins[draws.order_of(b"a seed that the house knows of..", head, 4)[0] - 1] += 1
    assert chi_square(wins) < 16.27, wins  # 3 degrees of freedom, once in a thousand


def test_a_bent_rule_is_noticed_by_the_same_statistics():
    """The score cut to three bits: taken modulo seven, the first entry would win twice as often."""
    wins = [0] * 7
    for seed in seeds("bent"):
        wins[(seed[0] >> 5) % 7] += 1
    assert chi_square(wins) > 22.46


# the arithmetic ------------------------------------------------------------------------------------------------------
def test_the_hashes_are_what_the_page_about_them_says():
    """By hand, from the words of docs/decisions/fair-draw.md: whoever follows them gets these bytes."""
    seed = bytes(range(32))
    commitment = draws.commitment_of(seed)
    assert commitment.hex() == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    said = f"renqing-draw-1|{commitment.hex()}|2|{int(NOON.timestamp())}|100"
    head = draws.first_head(commitment, 2, NOON, 100)
    assert head == hashlib.sha256(said.encode()).digest()
    tag, nonce = bytes(32), bytes(16)
    after = draws.next_head(head, 1, tag, nonce)
    assert after == hashlib.sha256(f"{head.hex()}|1|{'00' * 32}|{'00' * 16}".encode()).digest()
    assert draws.score(seed, after, 1) == hmac.new(seed, f"{after.hex()}|1".encode(), "sha256").digest()


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.integers(0, 60))
def test_an_order_has_every_entry_once_and_is_the_same_again(seed: bytes, head: bytes, entrants: int):
    order = draws.order_of(seed, head, entrants)
    assert sorted(order) == list(range(1, entrants + 1))
    assert draws.order_of(seed, head, entrants) == order


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=2, max_size=8), st.data())
def test_whatever_is_changed_in_an_entry_changes_the_head(nonces: list[bytes], data: st.DataObject):
    def chained(changed: list[bytes]) -> bytes:
        head = draws.first_head(bytes(32), 1, NOON, 10)
        for n, nonce in enumerate(changed, 1):
            head = draws.next_head(head, n, bytes([n]) * 32, nonce)
        return head

    place = data.draw(st.integers(0, len(nonces) - 1))
    other = [*nonces]
    other[place] = bytes(16) if nonces[place] != bytes(16) else b"\1" * 16
    heads = {chained(nonces), chained(other), chained(nonces[:-1]), chained([*nonces, bytes(16)])}
    assert len(heads) == 4


# decisions -----------------------------------------------------------------------------------------------------------
DRAW = Draw(
    gift_id=1,
    giver_id=2,
    prizes=2,
    draw_at=NOON + HOUR,
    entrants_max=3,
    guests_only=False,
    commitment=bytes(32),
    entrants=2,
    head=bytes(32),
    awarded=0,
    made_at=NOON,
    drawn_at=None,
    seed=None,
)
AWARD = Award(1, 1, 1, 7, 1, NOON + HOUR)


def test_a_draw_takes_entries_until_its_moment_and_no_later():
    rules.judge_entry(DRAW, NOON + HOUR - timedelta(microseconds=1))
    for draw, now, kind in (
        (DRAW, NOON + HOUR, DrawOver),
        (msgspec.structs.replace(DRAW, drawn_at=NOON), NOON, DrawOver),
        (msgspec.structs.replace(DRAW, entrants=3), NOON, DrawFull),
    ):
        with pytest.raises(kind):
            rules.judge_entry(draw, now)


def test_a_draw_is_due_at_its_moment_or_when_it_is_full_and_once():
    assert not draws.is_due(DRAW, NOON)
    assert draws.is_due(DRAW, NOON + HOUR)
    assert draws.is_due(msgspec.structs.replace(DRAW, entrants=3), NOON)
    assert not draws.is_due(msgspec.structs.replace(DRAW, drawn_at=NOON), NOON + HOUR)


def test_a_winner_claims_within_their_own_time():
    drawn = msgspec.structs.replace(DRAW, drawn_at=NOON)
    assert draws.judge_win(drawn, AWARD, NOON + HOUR - timedelta(microseconds=1)) is AWARD
    assert verdict(draws.judge_win, DRAW, None, NOON) == (DrawNotDone, {"draw_at": DRAW.draw_at})
    for award, now in ((None, NOON), (AWARD, NOON + HOUR), (msgspec.structs.replace(AWARD, lapsed_at=NOON), NOON)):
        with pytest.raises(NothingWon):
            draws.judge_win(drawn, award, now)


def test_awards_whose_time_is_over_lapse_in_the_order_of_their_prizes():
    over = NOON + HOUR
    claimed, gone = (
        msgspec.structs.replace(AWARD, rank=n, **{at: NOON}) for n, at in ((5, "claimed_at"), (6, "lapsed_at"))
    )
    third, second = (msgspec.structs.replace(AWARD, rank=n, prize=n) for n in (3, 2))
    later = msgspec.structs.replace(AWARD, rank=4, prize=4, claim_by=over + timedelta(microseconds=1))
    assert rules.lapsed([claimed, third, later, gone, AWARD, second], over) == [AWARD, second, third]
    assert rules.lapsed([third], over - timedelta(microseconds=1)) == []


def test_a_word_is_taken_where_it_can_still_keep_somebody_out():
    asked = ((False, False), (False, True), (True, False), (True, True))
    said = [rules.why_no_word(guests_only=guests, is_drawn=drawn) for guests, drawn in asked]
    assert said == ["", "drawn", "named", "named"]


def test_an_order_is_of_the_seed_and_of_nothing_else():
    orders = {tuple(rules.order_of(bytes([n]) * 32, bytes(32), 6)) for n in range(20)}
    assert len(orders) > 15
    assert (1, 2, 3, 4, 5, 6) not in orders, "these twenty seeds leave nothing as it came"


def test_a_winners_time_is_a_day_or_what_is_left_of_the_gifts():
    policy = Policy()
    assert rules.claim_by(NOON, NOON + 48 * HOUR, policy) == NOON + 24 * HOUR
    assert rules.claim_by(NOON, NOON + 3 * HOUR, policy) == NOON + 3 * HOUR
    assert rules.claim_by(NOON, NOON + 48 * HOUR, Policy(gift_award_hours=2)) == NOON + 2 * HOUR


@pytest.mark.parametrize("ahead", [timedelta(0), -HOUR, 23 * HOUR + timedelta(microseconds=1), 24 * HOUR, 25 * HOUR])
def test_a_draw_lies_ahead_and_leaves_its_winners_time(ahead: timedelta):
    limits = {"min": NOON, "max": NOON + 23 * HOUR, "hours": 1}
    asked = (NOON + ahead, NOON, 24 * HOUR, Policy())
    assert verdict(draws.check_times, *asked) == fault("draw_at", "draw_time", **limits)
    assert verdict(draws.check_times, *asked, comes_later=True) == fault("draw_at", "draw_after_coming", **limits)
    draws.check_times(NOON + 23 * HOUR, NOON, 24 * HOUR, Policy())
    draws.check_times(NOON + timedelta(microseconds=1), NOON, 24 * HOUR, Policy(), comes_later=True)


def test_a_gift_comes_when_what_its_draw_promised_still_fits():
    draw_at, policy = NOON + 48 * HOUR, Policy(gift_award_hours_min=3)
    earliest = draw_at - 21 * HOUR  # a day of its own, three hours of it for its winners
    limits = {"min": earliest, "max": draw_at}
    moment = timedelta(microseconds=1)
    for comes_at, answer in (
        (earliest - moment, fault("deliver_at", "long_before_draw", hours=3, **limits)),
        (earliest, None),
        (draw_at - moment, None),
        (draw_at, fault("deliver_at", "after_draw", **limits)),
        (draw_at + HOUR, fault("deliver_at", "after_draw", **limits)),
    ):
        assert verdict(draws.check_coming, draw_at, comes_at, 24 * HOUR, policy) == answer
    assert draws.coming_between(draw_at, 24 * HOUR, policy) == (earliest, draw_at)


@pytest.mark.parametrize(
    ("entrants_max", "guests", "answer"),
    [
        (1, None, fault("entrants_max", "out_of_range", min=2, max=100_000)),
        (2, None, 2),
        (100_000, None, 100_000),
        (100_001, None, fault("entrants_max", "out_of_range", min=2, max=100_000)),
        (None, (), fault("guest_ids", "count", max=200)),
        (None, (1,), 1),
        (None, tuple(range(200)), 200),
        (None, tuple(range(201)), fault("guest_ids", "count", max=200)),
        (None, (1, 1), fault("guest_ids", "repeated")),
    ],
    ids=lambda one: str(one)[:20],
)
def test_a_size_fits_or_is_refused_with_its_limits(entrants_max: int | None, guests: Any, answer: Any):
    assert verdict(draws.check_size, entrants_max, 2, guests) == answer


def test_among_guests_no_more_enter_than_are_asked():
    assert draws.check_size(None, 2, (1, 2, 3)) == 3
    assert draws.check_size(2, 2, (1, 2, 3)) == 2
    assert draws.check_size(None, 2, None) == draws.ENTRANTS_MAX


def test_a_chance_of_ones_own_is_32_hexadecimal_digits():
    assert draws.nonce_in(None) is None
    assert draws.nonce_in("0F" * 16) == b"\x0f" * 16
    for wrong in ("", "0f", "0f" * 15, "0f" * 17, "xy" * 16, "0f " * 16, "０" * 32):
        assert verdict(draws.nonce_in, wrong) == fault("nonce", "nonce"), wrong


async def test_a_draw_is_found_by_its_commitment_and_nothing_by_another(ground: Ground):
    assert await draws.by_commitment(ground.db, bytes(32)) is None
    town = await build_town(ground)
    asked = DrawAsked(ground.clock.now() + HOUR)
    gift = await give_paid(town, town.an, None, town.red, shares=2, draw=asked, open_for_hours=72)
    [draw] = (await draws.of_gifts(ground.db, [gift.gift_id])).values()
    assert await draws.by_commitment(ground.db, draw.commitment) == draw


# reminders ------------------------------------------------------------------------------------------------------------
def test_a_time_reminds_at_its_half_and_two_hours_before_its_end_and_a_brief_one_once():
    ends = NOON + timedelta(hours=12)
    said = {
        ("half", 6): ("half", "end"),
        ("half", 10): ("end", None),
        ("end", 10): ("end", None),
        ("half", 12): (None, None),
    }
    for (reminder, hours), meant in said.items():
        assert rules.reminder_now(NOON, ends, reminder, NOON + timedelta(hours=hours)) == meant, (reminder, hours)
    brief = NOON + timedelta(hours=4)  # its half is two hours before its end
    assert rules.reminder_now(NOON, brief, "half", NOON + timedelta(hours=2)) == ("half", None)
    firsts = [rules.first_reminder(NOON, end, by_link=by_link) for end in (ends, brief) for by_link in (False, True)]
    assert firsts == ["half", "end", "half", None]


def test_what_is_drawn_for_is_its_givers_until_the_first_entry():
    asked = ((0, False), (1, False), (1, True), (0, True))
    assert [rules.why_not_kept(entrants=n, is_drawn=drawn) for n, drawn in asked] == ["", "draw", "draw", "draw"]
