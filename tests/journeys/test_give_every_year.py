"""A yearly rule proposes once a year what it may give, says why where it gives nothing, and never pays by itself."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import pytest_asyncio
from channel import FakeChannel
from counter_vouchers import open_cafe
from crowd import refused
from household import worker_of
from town import Town, build_town, pay

from renqing.books import catalog, people, stock
from renqing.doors.worker import Worker
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.timers import Timer
from renqing.journeys.befriend import AnswerFriend, unfriend
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.check_out import OfferOver, TotalChanged
from renqing.journeys.choose_yearly_gift import day_of
from renqing.journeys.erase_a_person import EraseMe, erase_a_person
from renqing.journeys.keep_days import (
    KeepMyBirthday,
    NoteADay,
    keep_my_birthday,
    note_a_day,
    note_a_day_no_more,
)
from renqing.journeys.keep_my_peace import KeepMyPeace, keep_my_peace
from renqing.journeys.keep_wishes import (
    ChangeAList,
    MakeAList,
    OneWish,
    WishFor,
    change_a_wish_list,
    make_a_wish_list,
    remove_a_wish_list,
    say_it_is_at_home,
    wish_for,
)
from renqing.journeys.keep_yearly_gifts import MakeARule, MoveARule, look_ahead, make_a_rule, move_a_rule
from renqing.journeys.propose_yearly_gifts import SaidYes, SayYes, propose_yearly_gifts, say_yes
from renqing.social import yearly
from renqing.social.days import Day, DayUnknown
from renqing.social.peace import PeaceRule
from renqing.social.wishes import ListDraft, WishListUnknown
from renqing.social.yearly import NewRule, RuleOver, RulesFull, RuleUnknown, YearlyNotPossible
from renqing.social.yearly.model import PREPARE_YEARLY, RULES_MAX
from renqing.views.check import check
from renqing.views.notice_page import notices_page
from renqing.views.yearly_rules import yearly_rules

BIRTHDAY = Day("solar", 12, 10)  # the town's first day is 23 November 2026, noon in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest_asyncio.fixture
async def town(ground) -> Town:
    built = await build_town(ground)
    await born(built, BIRTHDAY)
    return built


@pytest.fixture
def worker(town: Town) -> Worker:
    return worker_of(town.ground, FakeChannel())


async def born(town: Town, day: Day | None, *, shown: bool = True) -> None:
    await keep_my_birthday(town.ground, KeepMyBirthday(town.bo, day, shown), town.key(town.bo))


async def rule(town: Town, *, active: bool = True, **changes: Any) -> int:
    """An gives Bo a red cup on his birthday at nine, up to 150.00."""
    new = msgspec.structs.replace(
        NewRule(town.an, town.bo, None, town.red, None, 15_000, "CNY", "birthday", "生日快乐", 9 * 60), **changes
    )
    made = await make_a_rule(town.ground, MakeARule(new), town.key(new.giver_id))
    assert made.state == "paused"
    if active:
        await move(town, made.rule_id, "activate")
    return made.rule_id


async def move(town: Town, rule_id: int, verb: Any, giver_id: int = 0) -> str:
    who = giver_id or town.an
    return (await move_a_rule(town.ground, MoveARule(who, rule_id, verb), town.key(who))).state


async def on(town: Town, worker: Worker, moment: str) -> None:
    """It is this moment on a wall in Shanghai."""
    at = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)
    town.ground.clock.move(at - town.ground.clock.now())  # type: ignore[attr-defined]
    await worker.drain()


async def told(town: Town, person_id: int = 0) -> list[tuple[str, str]]:
    rows = await town.ground.db.fetch(
        "SELECT kind, facts FROM notice_notice WHERE person_id = $1 AND kind LIKE 'yearly%' ORDER BY id",
        person_id or town.an,
    )
    return [(row["kind"], row["facts"].get("why", "")) for row in rows]


async def proposed(town: Town) -> list[tuple[int, str, str | None]]:
    rows = await town.ground.db.fetch("SELECT year, state, why FROM yearly_proposal ORDER BY rule_id, year")
    return [tuple(row.values()) for row in rows]


async def yes(town: Town, rule_id: int, total: int = 12_900, giver_id: int = 0) -> SaidYes:
    who = giver_id or town.an
    return await say_yes(town.ground, SayYes(who, rule_id, total, "sandbox"), town.key(who))


async def pay_for(town: Town, said: SaidYes) -> None:
    intent = await town.ground.db.fetchrow("SELECT id, amount FROM payment_intent WHERE order_id = $1", said.order_id)
    await pay(town, intent["id"], intent["amount"])


async def clean(town: Town) -> bool:
    found = [finding for finding in (await check(town.ground)).findings if finding.differences]
    assert not found, found
    return not found


async def put_price(town: Town, price: int, *, on_sale: bool = True) -> None:
    async def story(tx: Any) -> None:
        await tx.execute(
            "UPDATE catalog_sku SET price = $2, original_price = $2, on_sale = $3 WHERE id = $1",
            town.red,
            price,
            on_sale,
        )

    await town.ground.db.run(story)


async def test_a_rule_starts_paused_is_looked_through_and_does_nothing_before_its_yes(town, worker):
    rule_id = await rule(town, active=False)
    ahead = await look_ahead(town.ground, town.an, rule_id)
    assert ahead.choice is not None and (ahead.choice.sku_id, ahead.choice.total) == (town.red, 12_900)
    assert [str(one.on) for one in ahead.times] == ["2026-12-10", "2027-12-10", "2028-12-10"]
    assert ahead.times[0].comes_at.isoformat() == "2026-12-10T01:00:00+00:00" and ahead.why is ahead.last is None
    await on(town, worker, "2026-12-11T09:00")
    assert await told(town) == [] and await proposed(town) == []


async def test_it_proposes_a_week_before_and_one_tap_and_a_payment_make_a_gift_that_comes_on_the_day(town, worker):
    rule_id = await rule(town)
    await on(town, worker, "2026-12-03T08:59")
    assert await told(town) == []
    await on(town, worker, "2026-12-03T09:00")
    assert await told(town) == [("yearly_ready", "")]
    assert await told(town, town.bo) == [], "nobody else knows"
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == 0, "nothing is bought by itself"
    assert await town.ground.db.fetchval("SELECT held FROM stock_item WHERE sku_id = $1", town.red) == 0
    said = await yes(town, rule_id)
    assert (await yes(town, rule_id)).order_id == said.order_id, "twice is once"
    await pay_for(town, said)
    await worker.drain()
    gift = await town.ground.db.fetchrow("SELECT * FROM gift_gift WHERE id = $1", said.gift_id)
    assert (gift["giver_id"], gift["recipient_id"], gift["state"], gift["greeting"]) == (
        town.an,
        town.bo,
        5,
        "生日快乐",
    )
    assert (await notices_page(town.ground, town.bo)).notices == []
    await on(town, worker, "2026-12-10T09:00")
    assert await town.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", said.gift_id) == 10
    assert await proposed(town) == [(2026, "given", None)]
    await on(town, worker, "2027-12-03T09:00")
    assert (await told(town))[-1] == ("yearly_ready", "") and len(await told(town)) == 2
    assert await clean(town)


async def test_its_giver_sees_their_rules_with_what_each_came_to_last_and_nobody_else_does(town, worker):
    first, second = await rule(town), await rule(town, sku_id=town.blue)
    ended = await rule(town)
    await move(town, ended, "end")
    await put_price(town, 15_001)
    await on(town, worker, "2026-12-03T09:00")
    seen = await yearly_rules(town.ground, town.an)
    assert [(one.rule.id, one.day, one.last and one.last.state) for one in seen] == [
        (first, BIRTHDAY, "failed"),
        (second, BIRTHDAY, "waiting"),
    ]
    assert await yearly_rules(town.ground, town.bo) == []


async def test_who_does_nothing_pays_nothing_and_the_day_passes(town, worker):
    rule_id = await rule(town)
    await on(town, worker, "2026-12-05T09:00")
    await on(town, worker, "2026-12-10T09:00")
    assert await proposed(town) == [(2026, "lapsed", None)]
    await refused(town, yes(town, rule_id), RuleOver)
    assert await town.ground.db.fetchval("SELECT count(*) FROM payment_intent") == 0
    assert await clean(town)


async def test_an_order_that_was_not_paid_may_be_followed_by_another_until_the_day(town, worker):
    rule_id = await rule(town)
    await on(town, worker, "2026-12-03T09:00")
    first = await yes(town, rule_id)
    await on(town, worker, "2026-12-03T12:00")
    second = await yes(town, rule_id)
    assert second.order_id != first.order_id
    await pay_for(town, second)
    assert (await yes(town, rule_id)).order_id == second.order_id, "what is paid stays the one"
    await on(town, worker, "2026-12-10T09:00")
    await refused(town, yes(town, rule_id), RuleOver)
    assert await clean(town)


@pytest.mark.parametrize(
    "why", ["price", "off_sale", "out_of_stock", "not_a_gift", "too_dear", "unreachable", "blocked", "parted"]
)
async def test_what_cannot_be_given_is_said_once_and_nothing_is_done(town, worker, why):
    rule_id = await rule(town)
    match why:
        case "price":
            await put_price(town, 15_001)
        case "off_sale":
            await put_price(town, 12_900, on_sale=False)
        case "out_of_stock":
            await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 10, "test", 1))
        case "not_a_gift":
            await town.ground.db.run(lambda tx: catalog.allow_gifts(tx, town.shop_id, [town.product_id], allowed=False))
        case "too_dear":
            kept = KeepMyPeace(town.bo, PeaceRule(gift_price_max=12_899))
            await keep_my_peace(town.ground, kept, town.key(town.bo))
        case "unreachable":
            await keep_my_peace(town.ground, KeepMyPeace(town.bo, PeaceRule(is_minor=True)), town.key(town.bo))
        case "blocked":
            await block_a_person(town.ground, Block(town.bo, town.an), town.key(town.bo))
        case _:
            await unfriend(town.ground, AnswerFriend(town.an, town.bo), town.key(town.an))
    await on(town, worker, "2026-12-03T09:00")
    said = {"blocked": "day_hidden", "parted": "day_hidden"}.get(why, why)  # a block looks like a parting
    assert await told(town) == [("yearly_not_given", said)]
    notice = (await notices_page(town.ground, town.an)).notices[0]
    assert "Bo" in notice.title("en") and notice.body("zh") and notice.link == f"/yearly/{rule_id}"
    await on(town, worker, "2026-12-10T09:00")
    assert len(await told(town)) == 1
    await refused(town, yes(town, rule_id), RuleOver)
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == 0
    await on(town, worker, "2027-12-03T09:00")
    assert len(await told(town)) == (1 if said == "day_hidden" else 2), "and again the next year, unless it paused"
    assert await clean(town)


async def test_of_a_noted_day_a_parting_is_told_as_unreachable(town, worker):
    ask = NoteADay(town.an, town.bo, "认识的日子", BIRTHDAY)
    note = (await note_a_day(town.ground, ask, town.key(town.an))).day_id
    await rule(town, note_id=note)
    await unfriend(town.ground, AnswerFriend(town.an, town.bo), town.key(town.an))
    await on(town, worker, "2026-12-03T09:00")
    assert await told(town) == [("yearly_not_given", "unreachable")]


async def test_a_birthday_that_is_hidden_pauses_its_rule_and_one_that_is_moved_moves_it(town, worker):
    rule_id = await rule(town)
    await born(town, Day("solar", 11, 28))
    await worker.drain()
    assert await told(town) == [("yearly_ready", "")], "the week before is there already"
    await born(town, Day("solar", 6, 1), shown=False)
    ahead = await look_ahead(town.ground, town.an, rule_id)
    assert (ahead.times, ahead.why) == ([], "day_hidden")
    await on(town, worker, "2027-11-24T09:00")
    assert await told(town) == [("yearly_ready", ""), ("yearly_not_given", "day_hidden")]
    assert (await look_ahead(town.ground, town.an, rule_id)).rule.state == "paused"
    with pytest.raises(YearlyNotPossible) as refusal:
        await move(town, rule_id, "activate")
    assert refusal.value.facts == {"reason": "day_hidden"}
    await born(town, Day("solar", 12, 10))
    assert await move(town, rule_id, "activate") == "active"


async def test_of_a_wish_list_the_oldest_wish_that_fits_is_chosen_and_never_again(town, worker):
    draft = MakeAList(town.bo, ListDraft("心愿", "friends"))
    wanted = (await make_a_wish_list(town.ground, draft, town.key(town.bo))).list_id
    rule_id = await rule(town, active=False, sku_id=None, list_id=wanted)
    with pytest.raises(YearlyNotPossible) as refusal:
        await move(town, rule_id, "activate")
    assert refusal.value.facts == {"reason": "no_wish"}
    wish = WishFor(town.bo, town.product_id, wanted)
    await wish_for(town.ground, wish, town.key(town.bo))
    ahead = await look_ahead(town.ground, town.an, rule_id)
    assert ahead.choice is not None and ahead.choice.sku_id in (town.red, town.blue), "the least dear style"
    at_home = OneWish(town.bo, wanted, town.product_id)
    await say_it_is_at_home(town.ground, at_home, town.key(town.bo), at_home=True)
    assert (await look_ahead(town.ground, town.an, rule_id)).why == "no_wish"
    await say_it_is_at_home(town.ground, at_home, town.key(town.bo), at_home=False)
    await move(town, rule_id, "activate")
    await on(town, worker, "2026-12-03T09:00")
    await pay_for(town, await yes(town, rule_id))
    await on(town, worker, "2027-12-03T09:00")
    assert await told(town) == [("yearly_ready", ""), ("yearly_not_given", "no_wish")]


@pytest.mark.parametrize("hidden", ["removed", "nobody"])
async def test_of_a_list_that_its_giver_sees_no_more_nothing_is_given(town, hidden):
    draft = MakeAList(town.bo, ListDraft("心愿", "friends"))
    wanted = (await make_a_wish_list(town.ground, draft, town.key(town.bo))).list_id
    await wish_for(town.ground, WishFor(town.bo, town.product_id, wanted), town.key(town.bo))
    rule_id = await rule(town, active=False, sku_id=None, list_id=wanted)
    assert (await look_ahead(town.ground, town.an, rule_id)).choice is not None
    if hidden == "removed":
        await remove_a_wish_list(town.ground, town.bo, wanted, town.key(town.bo))
    else:
        change = ChangeAList(town.bo, wanted, ListDraft("心愿", "nobody"))
        await change_a_wish_list(town.ground, change, town.key(town.bo))
    assert (await look_ahead(town.ground, town.an, rule_id)).why == "no_wish"


async def test_a_voucher_is_given_without_freight(town):
    cafe = await open_cafe(town)
    rule_id = await rule(town, active=False, sku_id=cafe.sku_id)
    ahead = await look_ahead(town.ground, town.an, rule_id)
    price = await town.ground.db.fetchval("SELECT price FROM catalog_sku WHERE id = $1", cafe.sku_id)
    assert ahead.choice is not None and ahead.choice.total == price


async def test_of_one_year_a_rule_says_one_thing_once_whoever_asks_twice(town):
    rule_id = await rule(town)
    when = (await look_ahead(town.ground, town.an, rule_id)).times[0]

    async def story(tx: Any) -> None:
        (kept,) = (await yearly.lock_rules(tx, [rule_id])).values()
        for _ in range(2):
            await yearly.propose(tx, kept, when, town.red, town.product_id, 12_900)
            await yearly.fail(tx, kept, when, "price")

    await town.ground.db.run(story)
    assert await proposed(town) == [(2026, "waiting", None)]
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind LIKE 'Yearly%'") == 1


async def test_of_a_day_that_is_noted_no_more_nothing_is_known(town):
    note = (await note_a_day(town.ground, NoteADay(town.an, town.bo, "纪念日", BIRTHDAY), town.key(town.an))).day_id
    rule_id = await rule(town, note_id=note)
    kept = (await look_ahead(town.ground, town.an, rule_id)).rule
    assert await town.ground.db.run(lambda tx: day_of(tx, kept)) == BIRTHDAY
    await note_a_day_no_more(town.ground, town.an, note, town.key(town.an))
    assert await town.ground.db.run(lambda tx: day_of(tx, kept)) is None, "for who had read the rule before"


async def test_a_timer_that_was_lent_before_its_rule_was_paused_proposes_nothing(town):
    rule_id = await rule(town)
    timer = Timer(1, PREPARE_YEARLY, rule_id, {}, 0, town.ground.clock.now())
    await move(town, rule_id, "pause")
    town.ground.clock.move(timedelta(days=11))
    await town.ground.db.run(lambda tx: propose_yearly_gifts(town.ground, tx, [timer]))
    assert await proposed(town) == []


async def test_a_dear_wish_says_why_nothing_fits(town):
    draft = MakeAList(town.bo, ListDraft("心愿", "friends"))
    wanted = (await make_a_wish_list(town.ground, draft, town.key(town.bo))).list_id
    await wish_for(town.ground, WishFor(town.bo, town.product_id, wanted, town.dear), town.key(town.bo))
    rule_id = await rule(town, active=False, sku_id=None, list_id=wanted)
    assert (await look_ahead(town.ground, town.an, rule_id)).why == "price"


@pytest.mark.parametrize("seen_by", ["friends", "nobody"])
async def test_a_rule_asks_for_a_list_that_its_giver_sees(town, seen_by):
    made = await make_a_wish_list(town.ground, MakeAList(town.cai, ListDraft("愿", seen_by)), town.key(town.cai))
    friend = town.bo if seen_by == "friends" else town.cai  # a list of somebody else's; a list for nobody
    if friend == town.cai:
        await keep_my_birthday(town.ground, KeepMyBirthday(town.cai, BIRTHDAY, is_shown=True), town.key(town.cai))
    await refused(town, rule(town, friend_id=friend, sku_id=None, list_id=made.list_id), WishListUnknown)


async def test_what_is_no_rule_is_refused_and_nothing_is_made(town):
    noted = NoteADay(town.an, town.cai, "纪念日", BIRTHDAY)
    about_cai = (await note_a_day(town.ground, noted, town.key(town.an))).day_id
    for changes, failure in (
        ({"friend_id": town.stranger}, people.NotFriends),
        ({"friend_id": town.cai}, FieldNotValid),  # shows no birthday
        ({"note_id": 404}, DayUnknown),
        ({"note_id": about_cai}, DayUnknown),  # a day of another friend's
        ({"sku_id": 404}, OfferOver),
        ({"list_id": 1}, FieldNotValid),
        ({"sku_id": None}, FieldNotValid),
        ({"sku_id": None, "list_id": 404}, WishListUnknown),
        ({"total_max": 0}, FieldNotValid),
        ({"comes_at": 1440}, FieldNotValid),
        ({"cover": "none"}, FieldNotValid),
        ({"greeting": "好" * 2000}, FieldNotValid),
    ):
        await refused(town, rule(town, active=False, **changes), failure)
    assert await town.ground.db.fetchval("SELECT count(*) FROM yearly_rule") == 0


async def test_rules_have_an_end_and_their_owner_alone_moves_them(town):
    rule_id = await rule(town)
    for who in (town.bo, town.cai):
        with pytest.raises(RuleUnknown):
            await look_ahead(town.ground, who, rule_id)
        await refused(town, move(town, rule_id, "end", who), RuleUnknown)
        await refused(town, yes(town, rule_id, giver_id=who), RuleUnknown)
    assert await move(town, rule_id, "pause") == "paused"
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind = 'prepare_yearly'") == 0
    assert await move(town, rule_id, "end") == "ended"
    for verb in ("activate", "pause", "end"):
        await refused(town, move(town, rule_id, verb), RuleOver)
    for _ in range(RULES_MAX):
        await rule(town, active=False)
    with pytest.raises(RulesFull) as full:
        await rule(town, active=False)
    assert full.value.facts == {"max": RULES_MAX}


async def test_the_price_that_was_seen_is_the_price_and_never_above_the_sum(town, worker):
    rule_id = await rule(town)
    await on(town, worker, "2026-12-03T09:00")
    await put_price(town, 14_000)
    await refused(town, yes(town, rule_id), TotalChanged)
    await refused(town, yes(town, rule_id, 15_001), YearlyNotPossible)
    await put_price(town, 15_001)
    await refused(town, yes(town, rule_id, 14_000), YearlyNotPossible)
    await put_price(town, 14_000)
    said = await yes(town, rule_id, 14_000)
    assert await town.ground.db.fetchval("SELECT total_amount FROM order_order WHERE id = $1", said.order_id) == 14_000
    assert await clean(town)


async def test_a_clock_that_jumps_either_way_proposes_no_year_twice_and_passes_over_what_is_past(town, worker):
    await rule(town)
    await on(town, worker, "2026-12-04T09:00")
    await on(town, worker, "2026-11-20T09:00")
    await on(town, worker, "2026-12-04T09:00")
    assert await told(town) == [("yearly_ready", "")]
    await on(town, worker, "2029-03-01T09:00")  # the house was down for two birthdays
    assert [year for year, _, _ in await proposed(town)] == [2026]
    await on(town, worker, "2029-12-03T09:00")
    assert [year for year, _, _ in await proposed(town)] == [2026, 2029] and len(await told(town)) == 2


async def test_of_many_workers_and_many_taps_at_once_one_proposal_and_one_gift_come(town, worker):
    rule_id = await rule(town)
    at = datetime.fromisoformat("2026-12-03T09:00").replace(tzinfo=SHANGHAI)
    town.ground.clock.move(at - town.ground.clock.now())  # type: ignore[attr-defined]
    await asyncio.gather(*(worker_of(town.ground, FakeChannel()).drain() for _ in range(4)))
    assert await told(town) == [("yearly_ready", "")]
    said = await asyncio.gather(*(yes(town, rule_id) for _ in range(10)))
    assert len({one.order_id for one in said}) == 1 and sum(one.intent_id is not None for one in said) == 1
    assert await town.ground.db.fetchval("SELECT count(*) FROM gift_gift") == 1


async def test_a_rule_that_was_paused_or_ended_before_its_time_proposes_nothing(town, worker):
    first, second = await rule(town), await rule(town)
    await move(town, first, "pause")
    await move(town, second, "end")
    await on(town, worker, "2026-12-04T09:00")
    assert await told(town) == []
    await move(town, first, "activate")
    await worker.drain()
    assert await told(town) == [("yearly_ready", "")], "active again a week before, it proposes at once"
    await move(town, first, "end")
    assert await proposed(town) == [(2026, "lapsed", None)]
    await refused(town, yes(town, first), RuleOver)


async def test_a_day_that_is_noted_no_more_ends_its_rules(town, worker):
    note = (await note_a_day(town.ground, NoteADay(town.an, town.bo, "纪念日", BIRTHDAY), town.key(town.an))).day_id
    rule_id = await rule(town, note_id=note)
    await note_a_day_no_more(town.ground, town.an, note, town.key(town.an))
    assert (await look_ahead(town.ground, town.an, rule_id)).rule.state == "ended"
    await on(town, worker, "2026-12-04T09:00")
    assert await told(town) == []


@pytest.mark.parametrize("who", ["giver", "friend"])
async def test_nothing_goes_on_or_stays_of_who_is_erased(town, worker, who):
    await rule(town)
    await rule(town, active=False)
    await on(town, worker, "2026-12-03T09:00")
    erased, name = (town.an, "安") if who == "giver" else (town.bo, "Bo")
    await erase_a_person(town.ground, EraseMe(erased, name))
    await on(town, worker, "2026-12-10T10:00")
    rows = await town.ground.db.fetch("SELECT state, greeting FROM yearly_rule")
    assert [tuple(row.values()) for row in rows] == [("ended", "")] * 2
    assert await proposed(town) == [(2026, "lapsed", None)]
    heard = [] if who == "giver" else [("yearly_ready", ""), ("yearly_not_given", "unreachable")]
    assert await told(town) == heard, "told once, and of the rule that was active"
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind LIKE '%yearly'") == 0
    assert await clean(town)


async def test_a_lunar_day_is_kept_by_its_own_calendar_and_the_friends_clock(town, worker):
    await keep_my_peace(town.ground, KeepMyPeace(town.bo, PeaceRule(time_zone="America/New_York")), town.key(town.bo))
    await born(town, Day("lunar", 12, 30))
    rule_id = await rule(town)
    ahead = await look_ahead(town.ground, town.an, rule_id)
    assert [(one.year, str(one.on)) for one in ahead.times] == [
        (2026, "2027-02-05"),
        (2027, "2028-01-25"),
        (2028, "2029-02-12"),
    ]
    assert ahead.times[0].comes_at.isoformat() == "2027-02-05T14:00:00+00:00"
    await on(town, worker, "2027-01-29T22:00")
    assert await told(town) == [("yearly_ready", "")]


async def test_a_proposal_lives_until_the_day_and_a_worker_that_was_away_makes_it_late(town, worker):
    rule_id = await rule(town)
    await on(town, worker, "2026-12-09T20:00")
    assert await told(town) == [("yearly_ready", "")]
    ahead = await look_ahead(town.ground, town.an, rule_id)
    assert ahead.last is not None and ahead.last.comes_at - town.ground.clock.now() == timedelta(hours=13)
    await on(town, worker, "2026-12-10T08:58")
    said = await yes(town, rule_id)
    await on(town, worker, "2026-12-10T09:05")
    await pay_for(town, said)
    await worker.drain()
    state = await town.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", said.gift_id)
    assert state == 10, "said yes to before its minute and paid after it, it comes at once"
