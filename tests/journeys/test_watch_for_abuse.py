"""Each rule of the registry: what brings it on and what does not, and that its hold ends by itself or by a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from crowd import gather_a_crowd, refused
from household import worker_of
from presents import ends_in, offered, take
from town import STREET, Town, build_town, claim, give, give_paid, place

from renqing.books import people, stock
from renqing.books.people import PLATFORM, PersonUnknown, Role
from renqing.foundation import outbox, timers
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.settings import Policy
from renqing.journeys.close_unpaid_orders import close_unpaid_orders
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.let_a_gift_go_on import LetAGiftGoOn, let_a_gift_go_on
from renqing.journeys.lock_a_gift import LockAGift, TypeTheWord, lock_a_gift, type_the_word
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.pass_a_gift_on import PassAGiftOn, pass_a_gift_on
from renqing.journeys.put_right import NothingSetAside
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.report_a_person import (
    DecideAReport,
    LiftAHold,
    ReportAPerson,
    decide_a_report,
    lift_a_hold,
    report_a_person,
)
from renqing.journeys.start_a_payment import StartPayment, begin_payments
from renqing.journeys.watch_for_abuse import RULES, watch_for_abuse
from renqing.social import gifts, holds
from renqing.social.holds import HoldUnknown, NewHold, NewReport, OnHold, ReportUnknown
from renqing.social.safe_words import SafeWordNeeded
from renqing.views.operator_holds import operator_holds

LIMITS = Policy(
    abuse_gifts_unanswered_max=3,
    abuse_orders_unpaid_max=2,
    abuse_reporters_max=2,
    abuse_accounts_max=3,
    abuse_link_openers_max=3,
)


@pytest.fixture
async def town(ground: Ground) -> Town:
    ground.settings = msgspec.structs.replace(ground.settings, policy=LIMITS)
    built = await build_town(ground)
    await watched(built)
    return built


async def watched(town: Town) -> None:
    """What the worker does with the facts that are due."""

    async def story(tx):
        facts = await outbox.take(tx)
        await watch_for_abuse(town.ground, tx, facts)
        await outbox.mark_told(tx, [fact.id for fact in facts])

    await town.ground.db.run(story)


async def operator_of(town: Town) -> int:
    async def story(tx):
        operator = (await people.join(tx, name="平台")).id
        await people.add_staff(tx, PLATFORM, operator, Role.OPERATOR)
        return operator

    return await town.ground.db.run(story)


async def friends_of(town: Town, person_id: int, count: int) -> list[int]:
    async def story(tx):
        made = []
        for n in range(count):
            friend = (await people.join(tx, name=f"友{n}")).id
            await people.befriend(tx, person_id, friend)
            made.append(friend)
        return made

    return await town.ground.db.run(story)


async def reports(town: Town, reporter: int, about: int, **more: object) -> int:
    new = NewReport(reporter, about, **{"reason": "unwanted", **more})  # type: ignore[arg-type]
    return (await report_a_person(town.ground, ReportAPerson(new), town.key(reporter))).report_id


async def begins_to_pay(town: Town, payer_id: int, order_id: int) -> object:
    ask = StartPayment(payer_id, order_id, lambda name: f"http://house/{name}", "http://house/")
    return (await begin_payments(town.ground, [(ask, town.key(payer_id))]))[0]


# gift spam ------------------------------------------------------------------------------------------------------------
async def test_gifts_to_many_of_whom_none_took_one_stop_giving_for_a_day(town: Town):
    for friend in await friends_of(town, town.an, 3):
        await give_paid(town, town.an, friend, town.red)
        await watched(town)
    await refused(town, give(town, town.an, town.bo, town.blue), OnHold, reason="gift_spam", verb="give", hours=24)
    sent = await town.ground.db.fetchval("SELECT max(id) FROM gift_gift WHERE giver_id = $1 AND state = 10", town.an)
    elsewhere = readdress_a_gift(town.ground, ReaddressAGift(town.an, sent, town.bo), town.key(town.an))
    await refused(town, elsewhere, OnHold, reason="gift_spam", verb="give", hours=24)
    await give(town, town.bo, town.an, town.blue)
    town.ground.clock.move(timedelta(hours=24))  # type: ignore[attr-defined]
    await give(town, town.an, town.bo, town.blue)


async def test_who_is_answered_or_gives_one_person_much_or_gives_by_link_is_no_spammer(town: Town):
    for _ in range(4):
        await give_paid(town, town.an, town.bo, town.red)
    for _ in range(3):
        await give_paid(town, town.an, None, town.blue)
    taken = await give_paid(town, town.an, town.cai, town.blue)
    await claim(town, town.cai, taken.gift_id)
    (friend,) = await friends_of(town, town.an, 1)
    await give_paid(town, town.an, friend, town.blue)
    await watched(town)
    await give(town, town.an, town.bo, town.red)


# card testing ---------------------------------------------------------------------------------------------------------
async def never_paid(town: Town, count: int) -> None:
    for _ in range(count):
        await place(town, town.an, town.red)
    town.ground.clock.move(timedelta(minutes=16))  # type: ignore[attr-defined]

    async def story(tx):
        await close_unpaid_orders(town.ground, tx, await timers.take_due(tx, 50))

    await town.ground.db.run(story)
    await watched(town)


async def test_orders_that_are_never_paid_stop_paying_for_an_hour(town: Town):
    await never_paid(town, 2)
    placed = await place(town, town.an, town.blue)
    held = await begins_to_pay(town, town.an, placed.order_id)
    assert isinstance(held, OnHold) and held.facts == {"reason": "card_testing", "verb": "pay", "hours": 1}
    other = await place(town, town.bo, town.blue)
    assert not isinstance(await begins_to_pay(town, town.bo, other.order_id), Exception)
    town.ground.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    later = await place(town, town.an, town.blue)
    assert not isinstance(await begins_to_pay(town, town.an, later.order_id), Exception)


async def test_one_order_that_was_forgotten_stops_nothing(town: Town):
    await never_paid(town, 1)
    placed = await place(town, town.an, town.blue)
    assert not isinstance(await begins_to_pay(town, town.an, placed.order_id), Exception)


# reports --------------------------------------------------------------------------------------------------------------
async def test_several_people_who_report_somebody_stop_their_giving_until_an_operator_looks(town: Town):
    operator = await operator_of(town)
    first = await reports(town, town.bo, town.an, words="每天都送")
    assert await reports(town, town.bo, town.an, words="又送了", reason="harassment") == first, "one open report of one"
    await watched(town)
    await give(town, town.an, town.bo, town.red)
    await reports(town, town.cai, town.an)
    await watched(town)
    await refused(town, give(town, town.an, town.bo, town.red), OnHold, reason="reported", verb="give", hours=168)
    seen = await operator_holds(town.ground, operator)
    assert [(row.about, row.reporter, row.reason, row.words, row.reporters) for row in seen.reports] == [
        ("安", "Bo", "harassment", "又送了", 2),
        ("安", "蔡", "unwanted", "", 2),
    ]
    (held,) = seen.holds
    assert (held.person, held.verb, held.rule, held.made_by) == ("安", "give", "reported", "")
    await lift_a_hold(town.ground, LiftAHold(operator, held.hold_id), town.key(operator))
    await give(town, town.an, town.bo, town.red)
    again = lift_a_hold(town.ground, LiftAHold(operator, held.hold_id), town.key(operator))
    await refused(town, again, HoldUnknown)


async def test_an_operators_verdict_holds_for_so_many_days_or_dismisses(town: Town):
    operator = await operator_of(town)
    one, two = await reports(town, town.bo, town.an), await reports(town, town.cai, town.bo)
    await decide_a_report(town.ground, DecideAReport(operator, one, "held", 3), town.key(operator))
    await decide_a_report(town.ground, DecideAReport(operator, two, "dismissed"), town.key(operator))
    await refused(town, give(town, town.an, town.bo, town.red), OnHold, reason="operator", verb="give", hours=72)
    await give(town, town.bo, town.an, town.red)
    assert (await operator_holds(town.ground, operator)).reports == []
    again = decide_a_report(town.ground, DecideAReport(operator, one, "held"), town.key(operator))
    await refused(town, again, ReportUnknown)
    third = await reports(town, town.bo, town.an)
    long = decide_a_report(town.ground, DecideAReport(operator, third, "held", 91), town.key(operator))
    await refused(town, long, FieldNotValid, field="days", reason="out_of_range", min=1, max=90)


async def test_only_who_is_near_or_was_sent_a_gift_reports_and_only_operators_decide(town: Town):
    await refused(town, reports(town, town.stranger, town.an), PersonUnknown)
    await refused(town, reports(town, town.an, town.an), FieldNotValid, field="person_id", reason="oneself")
    long = reports(town, town.bo, town.an, words="长" * 501)
    await refused(town, long, FieldNotValid, field="words", reason="too_long", max=500)
    await refused(town, reports(town, town.bo, town.an, reason="dull"), FieldNotValid, field="reason", reason="unknown")
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, reports(town, town.cai, town.an, gift_id=gift.gift_id), PersonUnknown)
    await reports(town, town.bo, town.an, gift_id=gift.gift_id)
    decide = decide_a_report(town.ground, DecideAReport(town.an, 1, "dismissed"), town.key(town.an))
    await refused(town, decide, NothingSetAside)
    await refused(town, lift_a_hold(town.ground, LiftAHold(town.an, 1), town.key(town.an)), NothingSetAside)


async def test_who_was_blocked_can_still_be_reported(town: Town):
    await town.ground.db.run(lambda tx: people.block(tx, town.bo, town.an))
    await reports(town, town.bo, town.an)


async def test_a_hold_that_is_there_for_longer_is_not_told_again(town: Town):
    async def hold(tx: Tx) -> list[bool]:
        hours = (5, 3, 9)
        return [
            await holds.hold(tx, NewHold(town.an, "give", "gift_spam", tx.now + timedelta(hours=one))) for one in hours
        ]

    assert await town.ground.db.run(hold) == [True, False, True]
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'PersonHeld'") == 2


# several accounts of one person ---------------------------------------------------------------------------------------
ONE_PHONE, DOOR = "+86 138-0000-7777", "一样的门牌 9 号"


async def accounts(town: Town, *phones: str, door: str = DOOR) -> list[int]:
    """New accounts that have things sent to one door, to these phones."""

    async def story(tx: Tx) -> list[int]:
        made = []
        for n, phone in enumerate(phones):
            person = (await people.join(tx, name=f"号{n}")).id
            kept = await people.add_address(
                tx, person, people.NewAddress(STREET, f"收件人{n}", phone, door, is_default=True)
            )
            town.addresses[person] = kept.id
            made.append(person)
        return made

    return await town.ground.db.run(story)


async def for_many(town: Town, shares: int = 8) -> str:
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, shares)], "test", 7))
    return await link_of(town, (await give_paid(town, town.an, None, town.red, shares=shares)).gift_id)


async def link_of(town: Town, gift_id: int) -> str:
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift_id, town.an)
    assert token is not None
    return token


async def test_accounts_that_have_shares_of_one_gift_sent_to_one_phone_receive_nothing_for_a_day(town: Town):
    first, second, third = await accounts(town, "13800007777", "138 0000 7777", "138-0000-7777")
    token = await for_many(town)
    for person in (first, second, third):
        await claim(town, person, None, token=token)
    await watched(town)
    shown = await town.ground.db.fetch("SELECT person_id, verb, rule FROM hold_hold ORDER BY person_id")
    assert [tuple(row) for row in shown] == [(one, "receive", "guises") for one in (first, second, third)]
    assert await town.ground.db.fetchval("SELECT count(*) FROM gift_share") == 3, "what was claimed stays theirs"
    other = await for_many(town)
    await refused(town, claim(town, third, None, token=other), gifts.CannotReceive, reason="held", hours=24)
    town.ground.clock.move(timedelta(hours=23))  # type: ignore[attr-defined]
    operator = await operator_of(town)
    (hold_id,) = [one.hold_id for one in (await operator_holds(town.ground, operator)).holds if one.person_id == third]
    await lift_a_hold(town.ground, LiftAHold(operator, hold_id), town.key(operator))
    await claim(town, third, None, token=other)
    town.ground.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    await claim(town, first, None, token=await for_many(town))


async def test_a_family_at_one_door_a_parent_for_two_children_and_one_phone_in_many_gifts_are_no_guises(town: Town):
    family = await accounts(town, *(f"1380000888{n}" for n in range(5)))
    parent, child = await accounts(town, "13800006666", "13800006666", door="别处 1 号")
    token = await for_many(town, shares=7)
    for person in (*family, parent, child):
        await claim(town, person, None, token=token)
    for person in await accounts(town, "13800006666", door="别处 1 号"):
        await claim(town, person, None, token=await for_many(town))
        await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, 1)], "test", 8))
        single = await give_paid(town, town.an, None, town.red)
        link = await gifts.link_token(town.ground.db, town.ground.keys, single.gift_id, town.an)
        await claim(town, person, None, token=link)
    await watched(town)
    assert await town.ground.db.fetchval("SELECT count(*) FROM hold_hold") == 0


async def test_what_a_shop_gives_away_is_one_a_person_in_every_guise(town: Town):
    crowd = await accounts(town, "13800007777", "13800007777", "13800007777")
    made = await offered(town, 5, ends_at=ends_in(town, days=2))
    for person in crowd:
        await take(town, person, made.code)
    await watched(town)
    rules = {row["rule"] for row in await town.ground.db.fetch("SELECT rule FROM hold_hold")}
    assert rules == {"guises_of_presents"}


async def test_a_guise_is_kept_as_a_hash_that_says_nothing_and_is_gone_with_its_person(town: Town):
    first, second = await accounts(town, ONE_PHONE, ONE_PHONE)
    for _ in range(2):
        token = await for_many(town)
        for person in (first, second):
            await claim(town, person, None, token=token)
    await watched(town)
    rows = await town.ground.db.fetch("SELECT subject_id, mark, person_id FROM hold_guise")
    assert len(rows) == 4 and len({row["mark"] for row in rows}) == 2, "another gift, another mark"
    assert all(b"7777" not in row["mark"] and len(row["mark"]) == 32 for row in rows)
    await town.ground.db.run(lambda tx: holds.forget(tx, first))
    assert {row["person_id"] for row in await town.ground.db.fetch("SELECT person_id FROM hold_guise")} == {second}


# links that leak ------------------------------------------------------------------------------------------------------
async def open_by(town: Town, person: int, token: str) -> None:
    await open_a_gift(town.ground, OpenAGift(person, token=token), town.key(person))


async def leaks(town: Town) -> list[tuple[int, int]]:
    rows = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = 'LinkLeaked' ORDER BY id")
    return [(row["payload"]["giver_id"], row["payload"]["openers"]) for row in rows]


async def test_a_link_that_goes_around_is_told_to_its_giver_once_and_the_moved_gift_begins_anew(town: Town):
    crowd = await gather_a_crowd(town, 6)
    gift = await give_paid(town, town.an, None, town.red)
    token = await link_of(town, gift.gift_id)
    for person in (*crowd[:2], *crowd[:2]):
        await open_by(town, person, token)
    assert await leaks(town) == [], "two people, however often"
    for person in crowd[2:5]:
        await open_by(town, person, token)
    assert await leaks(town) == [(town.an, 3)]
    await worker_of(town.ground).drain()
    told = await town.ground.db.fetch("SELECT person_id, kind FROM notice_notice WHERE kind = 'gift_link_leaks'")
    assert [tuple(row) for row in told] == [(town.an, "gift_link_leaks")]
    town.ground.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
    ask = ReaddressAGift(town.an, gift.gift_id)
    with pytest.raises(gifts.GiftStaysWhereItIs):  # it was opened: by its policy it is locked with a word instead
        await readdress_a_gift(town.ground, ask, town.key(town.an))
    await lock_a_gift(town.ground, LockAGift(town.an, gift.gift_id, "西湖", ""), town.key(town.an))
    await refused(town, claim(town, crowd[0], None, token=token), SafeWordNeeded)


async def leaked(town: Town, **wrapping: Any) -> tuple[int, str, list[int]]:
    """A gift whose link went around among a crowd: itself, its link, who opened it."""
    crowd = await gather_a_crowd(town, 4)
    gift = await give_paid(town, town.an, None, town.red, **wrapping)
    token = await link_of(town, gift.gift_id)
    for person in crowd[:3]:
        await open_by(town, person, token)
    return gift.gift_id, token, crowd


async def test_a_gift_whose_link_goes_around_waits_for_its_giver_who_lets_it_go_on(town: Town):
    gift, token, crowd = await leaked(town)
    await refused(town, claim(town, crowd[3], None, token=token), gifts.GiftHeldBack)
    for person in (crowd[0], town.bo):
        away = RefuseAGift(person, "have_one", token=token)
        await refused(town, refuse_a_gift(town.ground, away, town.key(person)), gifts.GiftHeldBack)
    on = PassAGiftOn(town.bo, "kind_thought", token=token, friend_id=town.cai)
    await refused(town, pass_a_gift_on(town.ground, on, town.key(town.bo)), gifts.GiftHeldBack)
    for stranger in (crowd[0], town.bo):
        ask = LetAGiftGoOn(stranger, gift)
        await refused(town, let_a_gift_go_on(town.ground, ask, town.key(stranger)), gifts.GiftNotAvailable)
    await let_a_gift_go_on(town.ground, LetAGiftGoOn(town.an, gift), town.key(town.an))
    await open_by(town, crowd[3], token)
    await claim(town, crowd[3], None, token=token)
    ask = LetAGiftGoOn(town.an, gift)
    await refused(town, let_a_gift_go_on(town.ground, ask, town.key(town.an)), gifts.GiftNotAvailable)
    assert await leaks(town) == [(town.an, 3)]


@pytest.mark.parametrize(("hours", "waits"), [(24, timedelta(hours=2)), (2, timedelta(hours=1))])
async def test_whose_giver_says_nothing_is_claimed_after_a_while_and_before_its_time_is_over(town, hours, waits):
    _, token, crowd = await leaked(town, open_for_hours=hours)
    town.ground.clock.move(waits - timedelta(seconds=1))
    await refused(town, claim(town, crowd[3], None, token=token), gifts.GiftHeldBack)
    town.ground.clock.move(timedelta(seconds=1))
    await claim(town, crowd[3], None, token=token)


async def test_a_word_is_an_answer_too_and_a_house_may_let_nothing_wait(town: Town):
    gift, token, crowd = await leaked(town)
    await lock_a_gift(town.ground, LockAGift(town.an, gift, "西湖", ""), town.key(town.an))
    await type_the_word(town.ground, TypeTheWord(crowd[3], token, "西湖"), town.key(crowd[3]))
    await claim(town, crowd[3], None, token=token)
    policy = msgspec.structs.replace(LIMITS, abuse_link_hold_hours=0)
    town.ground.settings = msgspec.structs.replace(town.ground.settings, policy=policy)
    _, other, more = await leaked(town)
    await claim(town, more[3], None, token=other)


async def test_what_is_for_many_a_group_a_friend_or_a_draw_may_be_opened_by_as_many(town: Town):
    crowd = await gather_a_crowd(town, 6)
    many = await link_of(town, (await give_paid(town, town.an, None, town.red, shares=3)).gift_id)
    for person in crowd:
        await open_by(town, person, many)
    friend = await give_paid(town, town.an, town.bo, town.red)
    await open_a_gift(town.ground, OpenAGift(town.bo, friend.gift_id), town.key(town.bo))
    assert await leaks(town) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM hold_opener") == len(crowd), "of the link alone"
    await town.ground.db.run(lambda tx: holds.forget(tx, crowd[0]))
    assert await town.ground.db.fetchval("SELECT count(*) FROM hold_opener") == len(crowd) - 1


def test_every_rule_says_why_and_ends():
    assert all(rule.why and rule.lasts > timedelta(0) for rule in RULES.values())
