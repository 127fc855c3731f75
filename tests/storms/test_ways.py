"""Every way to give, and what may befall it, at random against a model that knows none of our rules.

``make long`` plays thirty longer histories.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asyncpg import PostgresError
from town import build_town
from ways_driver import Driver
from ways_kinds import all_of, choosing, giving, plant
from ways_moving import moving
from ways_vouchers import pouring

from renqing.books import stock
from renqing.journeys import open_a_gift
from renqing.social import safe_words
from renqing.social.draws import rules as draw_rules
from renqing.social.funds import rules as fund_rules
from renqing.social.gifts import rules as gift_rules
from renqing.trade.choices import rules as choice_rules
from renqing.trade.vouchers import rules as voucher_rules


@pytest.mark.parametrize("seed", [2])
async def test_whatever_is_given_claimed_swapped_refused_funded_and_drawn_is_as_the_model_says(ground, seed):
    driver = await all_of(await giving(ground, seed), 200)
    assert len(driver.done) > 35, driver.done


@pytest.mark.parametrize("seed", [3])
async def test_whatever_is_chosen_instead_is_as_the_model_says(ground, seed):
    driver = await all_of(await choosing(ground, seed), 130)
    assert driver.done["choose ok"] > 2, driver.done


@pytest.mark.parametrize("seed", [1])
async def test_whatever_is_kept_passed_on_locked_or_of_several_shops_is_as_the_model_says(ground, seed):
    driver = await all_of(await moving(await build_town(ground), seed), 200)
    assert len(driver.done) > 30, driver.done


@pytest.mark.parametrize("seed", [1])
async def test_whatever_becomes_of_vouchers_that_are_given_is_as_the_model_says(ground, seed):
    driver = await all_of(await pouring(await build_town(ground), seed), 200)
    assert len(driver.done) > 20, driver.done


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 130))
async def test_whatever_is_given_for_longer_is_as_the_model_says(ground, seed):
    await all_of(await (choosing if seed % 2 else giving)(ground, seed), 600)


@pytest.mark.long
@pytest.mark.parametrize("history", [moving, pouring])
@pytest.mark.parametrize("seed", range(200, 215))
async def test_whatever_moves_on_for_longer_is_as_the_model_says(ground, history, seed):
    await all_of(await history(await build_town(ground), seed), 500)


def _first_tier(tiers: Any, _n: int) -> Any:
    return tiers[0] if tiers else None


def _two_days(now: Any, *_: Any) -> Any:
    return now + timedelta(days=2)


def _all_to_the_first(amount: int, left: Any) -> list[int]:
    return [amount, *([0] * (len(left) - 1))]


def _any_style(*_: Any, **__: Any) -> None:
    return


def _at_any_time(*_: Any) -> bool:
    return True


async def _nobody_is_kept_out(*_: Any) -> set[Any]:
    return set()


async def _held_as_before(*_: Any) -> None:
    return


def _never(*_: Any, **__: Any) -> str:
    return ""


async def _nobody(*_: Any) -> set[Any]:
    return set()


def _all_of_it(voucher: Any) -> int:
    return int(voucher.amount)


# What is broken in our own code, and the seed that says so.
MISTAKES: dict[str, tuple[Any, Any, int]] = {
    "every share is of the first tier": (gift_rules.tier_of, _first_tier, 4),
    "a winner has two days": (draw_rules.claim_by, _two_days, 2),
    "a refund of what several paid goes to one of them": (fund_rules.split_back, _all_to_the_first, 2),
    "any style may be taken": (gift_rules.check_same_price, _any_style, 2),
    "what was opened is taken back": (gift_rules.may_withdraw, _at_any_time, 6),
    "a swap leaves the stock as it was": (stock.move_hold, _held_as_before, 2),
    "a draw comes when its own time is over": (draw_rules.check_coming, _any_style, 3),
    "no word keeps anybody out": (open_a_gift.closed_to, _nobody_is_kept_out, 3),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_planted_mistake_of_a_way_to_give_is_found(ground, monkeypatch, mistake):
    right, wrong, seed = MISTAKES[mistake]
    plant(monkeypatch, right, wrong)
    driver = Driver(await build_town(ground), seed)
    with pytest.raises((AssertionError, PostgresError), match=r"by the model|share 2 of 1"):
        await driver.play(160)


# What would let somebody take a dearer thing, or leave its piece on the shelf: a history of people who choose says so.
MISTAKES_OF_CHOICE: dict[str, tuple[Any, Any]] = {
    "whatever it costs is within the gift": (choice_rules.check_within, lambda *_: None),
    "what was chosen is not held": (stock.exchange_hold, _held_as_before),
}


@pytest.mark.parametrize("mistake", MISTAKES_OF_CHOICE)
async def test_a_planted_mistake_of_a_choice_is_found(ground, monkeypatch, mistake):
    plant(monkeypatch, *MISTAKES_OF_CHOICE[mistake])
    driver = await choosing(ground, 3)
    with pytest.raises((AssertionError, PostgresError), match=r"by the model|no more than was paid|on_hand|held"):
        await driver.play(130)


# What gives gifts that move on, or vouchers, away twice or to nobody.
MISTAKES_OF_WHAT_MOVES: dict[str, tuple[Any, Any, Any, int]] = {
    "a gift goes on for ever": (moving, gift_rules.why_not_passed_on, _never, 3),
    "no word is asked for": (moving, safe_words.closed_to, _nobody, 1),
    "a voucher goes back whole, however often it was used": (pouring, voucher_rules.worth_of_rest, _all_of_it, 1),
    "what goes back is not on the shelf": (pouring, stock.put_back, _held_as_before, 1),
}


@pytest.mark.parametrize("mistake", MISTAKES_OF_WHAT_MOVES)
async def test_a_planted_mistake_of_what_moves_on_is_found(ground, monkeypatch, mistake):
    history, right, wrong, seed = MISTAKES_OF_WHAT_MOVES[mistake]
    plant(monkeypatch, right, wrong)
    driver = await history(await build_town(ground), seed)
    with pytest.raises((AssertionError, PostgresError), match="by the model"):
        await driver.play(200)
