"""Every story of the gift loop, told once in one town: what a check, a report or a page is tried on."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from channel import FakeChannel
from counter import answer, ask_for, buy, decide, receive, ship, wish
from counter_vouchers import buy_vouchers, extend, give_back, grabbed_at, open_cafe, promise, redeem
from household import worker_of
from presents import ends_in, offered, take
from sets import give_set_paid, open_second, parts_of
from town import STREET, Town, claim, enter, give, give_paid, pay, place

from renqing.books import people, stock
from renqing.doors.worker import Worker
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.end_a_balance import EndABalance, end_a_balance
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import DrawAsked, GiftPrepared, GiveAGift
from renqing.journeys.keep_a_balance import NameARoute, name_a_route
from renqing.journeys.keep_activities import MoveAnActivity, move_an_activity
from renqing.journeys.keep_claim_cards import PrintCards, print_cards
from renqing.journeys.keep_days import NoteADay, note_a_day
from renqing.journeys.keep_my_gift import KeepMyGift, keep_my_gift
from renqing.journeys.keep_yearly_gifts import MakeARule, MoveARule, make_a_rule, move_a_rule
from renqing.journeys.lock_a_gift import LockAGift, TypeTheWord, lock_a_gift, type_the_word
from renqing.journeys.open_a_card import OpenACard, open_a_card
from renqing.journeys.pass_a_gift_on import PassAGiftOn, pass_a_gift_on
from renqing.journeys.propose_yearly_gifts import SayYes, say_yes
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.send_a_gift_later import MoveASchedule, move_a_schedule
from renqing.journeys.start_a_fund import CallOff, FundBegun, PutIn, StartAFund, call_off, put_in, start_a_fund
from renqing.journeys.state_a_promise import StateAPromise, state_a_promise
from renqing.journeys.swap_a_style import TakeBackAsk, take_back_the_ask
from renqing.journeys.take_more_time import TakeMoreTime, take_more_time
from renqing.journeys.thank_the_giver import ThankTheGiver, thank_the_giver
from renqing.social import cards, charities, gifts
from renqing.social.days import Day
from renqing.social.safe_words import SafeWordWrong
from renqing.social.schedules import Moment
from renqing.social.yearly import NewRule
from renqing.trade import lateness, shipping
from renqing.views.balances import my_balances


@dataclass(slots=True)
class Told:
    """What came of it: the id of each story's gift or order."""

    channel: FakeChannel
    worker: Worker
    expired: int
    unpaid_gift: int
    late: int
    done: int
    partly: int
    refunded: int
    disputed: int
    styled: int
    claimed: int
    refused: int
    waiting: int
    withdrawn: int
    to_pay: int
    shared: int
    shared_out: int
    swapped: int
    tiered: int
    drawn: int
    scheduled: int
    came: int
    given: int
    carded: int
    present: int
    stopped: int
    voucher: int
    voucher_used: int
    voucher_back: int
    lucky: int
    fund: int
    collecting: int
    a_set: int
    set_waiting: int
    set_part: int
    chosen: int
    yearly: int
    kept_balance: int


async def tell_all(town: Town) -> Told:
    """Tell every story. At the end a gift waits, an order waits for payment, a case is open, a refund is due."""
    channel = FakeChannel()
    worker = worker_of(town.ground, channel)
    await _late(town, worker)
    drawn = await _drawn(town, worker)
    expired = await give_paid(town, town.an, town.bo, town.red, open_for_hours=1)
    unpaid = await give(town, town.an, town.cai, town.red)
    late = await place(town, town.bo, town.blue, 2)
    shared = await _shared(town, shares=3)
    later = {**await _scheduled(town), "yearly": await _yearly(town, worker)}
    await _pass(town, worker, hours=1)
    await pay(town, late.intent_id, late.total)
    await worker.drain()
    cards = {**await _vouchers(town), **await _funded(town, worker), **await _sets(town), **await _chosen(town)}
    swapped = await _swapped(town, worker)
    await _moved_on(town)
    await _locked(town)
    done = await _bought_and_done(town, town.an, town.blue, 2)
    partly = await buy(town, town.bo, town.dear, 3)
    await ship(town, partly.order_id, ((1, 2),))
    refunded = await buy(town, town.cai, town.dear, 2)
    case = await ask_for(town, town.cai, refunded.order_id, quantity=2)
    await answer(town, case.case_id)
    disputed = await _bought_and_done(town, town.cai, town.dear, 1)
    await ask_for(town, town.cai, disputed, kind="return")
    styled = await give_paid(town, town.an, town.bo, town.red)
    await claim(town, town.bo, styled.gift_id, sku_id=town.blue)
    await ship(town, styled.order_id)
    await receive(town, town.bo, styled.order_id)
    claimed = await give_paid(town, town.bo, town.cai, town.red)
    await claim(town, town.cai, claimed.gift_id)
    await _thank(town, town.cai, claimed.gift_id)
    refused = await _refused(town)
    await worker.drain()
    cards["kept_balance"] = await _owed(town, worker, channel)
    shared_out = await _shared(town, shares=2)
    tiered = await _tiered(town)
    given, present, stopped = await _given_away(town)
    waiting = await give_paid(town, town.cai, town.bo, town.red)
    withdrawn = await _withdrawn(town)
    to_pay = await place(town, town.an, town.blue)
    return Told(
        channel=channel,
        worker=worker,
        expired=expired.gift_id,
        unpaid_gift=unpaid.gift_id,
        late=late.order_id,
        done=done,
        partly=partly.order_id,
        refunded=refunded.order_id,
        disputed=disputed,
        styled=styled.gift_id,
        claimed=claimed.gift_id,
        refused=refused.gift_id,
        waiting=waiting.gift_id,
        withdrawn=withdrawn.gift_id,
        to_pay=to_pay.order_id,
        shared=shared.gift_id,
        shared_out=shared_out.gift_id,
        swapped=swapped,
        tiered=tiered.gift_id,
        drawn=drawn.gift_id,
        given=given,
        carded=await _by_card(town),
        present=present,
        stopped=stopped,
        **cards,
        **later,
    )


async def _surcharged(town: Town) -> None:
    """A place that costs more than the usual rate, of which its giver had allowed more than it needs."""
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, 1)], "test", 8))
    await town.ground.db.run(lambda tx: shipping.set_rate(tx, town.shop_id, shipping.Rate(330000, fee=800)))
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=1_500)
    await claim(town, town.bo, gift.gift_id)
    await town.ground.db.run(lambda tx: shipping.remove_rate(tx, town.shop_id, 330000))


async def _owed(town: Town, worker: Worker, channel: FakeChannel) -> int:
    """Three whose card is gone: one is given back elsewhere, one by hand, and one is kept (its id)."""
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, 3)], "test", 7))
    channel.refund_state = "closed"
    for _ in range(3):
        gift = await give_paid(town, town.an, town.bo, town.red)
        await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    await worker.drain()
    channel.refund_state = "done"
    page = await my_balances(town.ground, town.an)
    elsewhere, by_hand, kept = (one.id for one in page.balances)
    route = NameARoute(town.an, elsewhere, page.routes[0].intent_id)
    await name_a_route(town.ground, route, town.key(town.an))
    await worker.drain()
    operator = (await town.ground.db.run(lambda tx: people.join(tx, name="台"))).id
    await town.ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, operator, people.Role.OPERATOR))
    await end_a_balance(town.ground, EndABalance(operator, by_hand, "bank transfer"), town.key(operator))
    await _surcharged(town)
    return kept


async def _late(town: Town, worker: Worker) -> None:
    """An order that left late, as its shop promised to pay for; one whose clock runs for weeks; then no promise."""

    async def promise(share_bp: int, highest: int, grace_hours: int) -> None:
        new = lateness.NewPromise(share_bp, 0, highest, grace_hours)
        await state_a_promise(town.ground, StateAPromise(town.owner_id, town.shop_id, new), town.key(town.owner_id))

    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, 1), (town.blue, 1)], "test", 5))
    await promise(500, 5000, 0)
    await buy(town, town.bo, town.red)
    await worker.drain()
    await _pass(town, worker, hours=48)
    await promise(500, 5000, 600)
    await buy(town, town.bo, town.blue)
    await _pass(town, worker, seconds=1)
    await promise(0, 0, 0)


async def _given_away(town: Town) -> tuple[int, int, int]:
    """A shop gives away: two are taken and one of them sent, one is left; another activity is stopped untouched."""
    given = await offered(town, 3, sku_id=town.dear, ends_at=ends_in(town, days=20))
    present = await take(town, town.an, given.code)
    await ship(town, (await take(town, town.bo, given.code)).order_id)
    stopped = await offered(town, 1, sku_id=town.dear)
    stop = MoveAnActivity(town.owner_id, town.shop_id, stopped.activity_id, "stop")
    await move_an_activity(town.ground, stop, town.key(town.owner_id))
    return given.activity_id, present.order_id, stopped.activity_id


async def _by_card(town: Town) -> int:
    """Two cards are printed for what a shop gives away; one is used and its piece taken."""
    made = await offered(town, 2, sku_id=town.dear, audience="cards", ends_at=ends_in(town, days=20))
    asked = PrintCards(town.owner_id, town.shop_id, made.activity_id, 2)
    batch = await print_cards(town.ground, asked, town.key(town.owner_id))
    card = (await cards.printed(town.ground.db, town.ground.keys, town.shop_id, batch.batch_id))[1][0]
    await open_a_card(town.ground, OpenACard(town.bo, card.number, card.pin), town.key(town.bo))
    await take(town, town.bo, made.code)
    return made.activity_id


async def _pass(town: Town, worker: Worker, **time: Any) -> None:
    town.ground.clock.move(timedelta(**time))  # type: ignore[attr-defined]
    await worker.drain()


async def _bought_and_done(town: Town, buyer: int, sku: int, quantity: int) -> int:
    bought = await buy(town, buyer, sku, quantity)
    await ship(town, bought.order_id)
    await receive(town, buyer, bought.order_id)
    return bought.order_id


async def _scheduled(town: Town) -> dict[str, int]:
    """A gift that comes in many months and was moved, one that comes within the hour, and one that was called off."""
    now = town.ground.clock.now().astimezone(ZoneInfo("Asia/Shanghai"))
    far, soon = (Moment(f"{now + ahead:%Y-%m-%dT%H:%M}") for ahead in (timedelta(days=300), timedelta(minutes=30)))
    later = await give_paid(town, town.an, town.cai, town.blue, moment=far)
    came = await give_paid(town, town.an, town.cai, town.blue, moment=soon, open_for_hours=300)
    await move_a_schedule(town.ground, MoveASchedule(town.an, later.gift_id, far), town.key(town.an))
    off = await give_paid(town, town.an, town.cai, town.blue, moment=far)
    await withdraw_a_gift(town.ground, WithdrawAGift(town.an, off.gift_id), town.key(town.an))
    return {"scheduled": later.gift_id, "came": came.gift_id}


async def _yearly(town: Town, worker: Worker) -> int:
    """A rule for a day that is near: what it proposed was said yes to, and is not paid in time."""
    on = town.ground.clock.now() + timedelta(days=5)
    noted = NoteADay(town.an, town.bo, "纪念日", Day("solar", on.month, on.day))
    note = (await note_a_day(town.ground, noted, town.key(town.an))).day_id
    new = NewRule(town.an, town.bo, note, town.red, None, 13_000, "CNY", "birthday", "", 540)
    rule = (await make_a_rule(town.ground, MakeARule(new), town.key(town.an))).rule_id
    await move_a_rule(town.ground, MoveARule(town.an, rule, "activate"), town.key(town.an))
    await worker.drain()
    await say_yes(town.ground, SayYes(town.an, rule, 12_900, "sandbox"), town.key(town.an))
    return rule


async def _funded(town: Town, worker: Worker) -> dict[str, int]:
    """A fund whose gift was declined, so that all got their parts back; one called off; one that still collects."""

    async def start() -> FundBegun:
        gift = GiveAGift(town.an, town.dear, town.bo, "birthday", "", 24, "")
        ask = StartAFund(gift, town.ground.clock.now() + timedelta(days=20), guest_ids=(town.cai,))
        return await start_a_fund(town.ground, ask, town.key(town.an))

    async def share(fund: FundBegun, person: int, amount: int) -> None:
        one = await put_in(town.ground, PutIn(person, fund.order_id, amount, "sandbox"), town.key(person))
        intent = await town.ground.db.fetchval("SELECT id FROM payment_intent WHERE order_id = $1", one.contribution_id)
        await pay(town, intent, amount)

    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.dear, 3)], "test", 2))
    full, off, collecting = await start(), await start(), await start()
    await share(full, town.cai, 9901)
    await share(full, town.an, 9999)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "kind_thought", full.gift_id), town.key(town.bo))
    await share(off, town.cai, 100)
    await call_off(town.ground, CallOff(town.an, off.order_id), town.key(town.an))
    await share(collecting, town.cai, 5000)
    await worker.drain()
    return {"fund": full.order_id, "collecting": collecting.order_id}


async def _sets(town: Town) -> dict[str, int]:
    """A set of two shops that is claimed, one of its parcels sent; one that waits, and one of one shop, declined."""
    tea = await open_second(town, fee=333)
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.blue, 2)], "test", 3))
    claimed = await give_set_paid(town, town.an, town.bo, (town.blue, 1), (tea.tin, 2))
    await claim(town, town.bo, claimed.gift_id)
    first, second = await parts_of(town, claimed)
    await ship(town, first.part_id)
    waiting = await give_set_paid(town, town.an, town.cai, (tea.box, 1), (town.blue, 1), open_for_hours=700)
    pair = await give_set_paid(town, town.an, town.bo, (tea.tin, 2), (tea.box, 1))
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "too_much", gift_id=pair.gift_id), town.key(town.bo))
    return {"a_set": claimed.gift_id, "set_waiting": waiting.gift_id, "set_part": second.part_id}


async def _chosen(town: Town) -> dict[str, int]:
    """A gift for which its recipient chose something else that costs less; it is sent, and the rest is due."""
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.dear, 1), (town.blue, 1)], "test", 4))
    offered_now = gifts.Choice("house", GiftPolicyChanges(gift_other="single"))
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, offered_now))
    gift = await give_paid(town, town.an, town.bo, town.dear)
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, None))
    await ship(town, (await claim(town, town.bo, gift.gift_id, instead=((town.blue, 1),))).order_id)
    return {"chosen": gift.gift_id}


async def _shared(town: Town, shares: int) -> GiftPrepared:
    """A gift for who comes first, of which two shares are claimed and one of those shipped."""
    gift = await give_paid(town, town.an, None, town.red, shares=shares, open_for_hours=1)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    first = await claim(town, town.bo, None, token=token)
    await claim(town, town.stranger, None, token=token)
    await ship(town, first.order_id)
    return gift


async def _tiered(town: Town) -> GiftPrepared:
    """A gift of one large share and two small ones, of which the large and a small one are claimed."""
    tiers = ((town.dear, 1), (town.blue, 2))
    gift = await give_paid(town, town.an, None, town.dear, shares=3, tiers=tiers, open_for_hours=48)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    for person in (town.bo, town.cai):
        await claim(town, person, None, token=token)
    return gift


async def _drawn(town: Town, worker: Worker) -> GiftPrepared:
    """Two prizes among three: the first is claimed, the second was not in time, so the third may claim it now."""
    draw = DrawAsked(town.ground.clock.now() + timedelta(hours=1))
    gift = await give_paid(town, town.an, None, town.red, shares=2, draw=draw, open_for_hours=120)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    for person in (town.bo, town.cai, town.stranger):
        await enter(town, person, None, token=token)
    await _pass(town, worker, hours=1)
    winner = await town.ground.db.fetchval(
        "SELECT person_id FROM draw_award WHERE gift_id = $1 AND rank = 1", gift.gift_id
    )
    await claim(town, winner, gift.gift_id)
    await _pass(town, worker, hours=24)
    return gift


async def _vouchers(town: Town) -> dict[str, int]:
    """A good one, one that is used up and one given back; one expires later with its use, and one is a friend's."""
    cafe = await open_cafe(town)
    (good,) = await buy_vouchers(cafe, town.an)
    await redeem(cafe, good)
    await extend(cafe, good, good.expires_at + timedelta(days=1))
    (back,) = await buy_vouchers(cafe, town.bo)
    await give_back(cafe, town.bo, back)
    gift = await give_paid(town, town.an, town.cai, cafe.sku_id)
    await claim(town, town.cai, gift.gift_id, address_id=None)
    cards = {"lucky": (await grabbed_at(cafe)).gift_id}
    await promise(cafe, unclaimed="returned_for_use")
    await give_paid(town, town.an, town.cai, cafe.sku_id, open_for_hours=1)
    await promise(cafe, uses=1, valid_days=1, expired="kept")
    (used,) = await buy_vouchers(cafe, town.bo)
    await redeem(cafe, used)
    await buy_vouchers(cafe, town.cai)
    return {"voucher": good.id, "voucher_used": used.id, "voucher_back": back.id, **cards}


async def _swapped(town: Town, worker: Worker) -> int:
    """Wishes for another style, one for each end; the one that was agreed to is answered by its order's id."""
    ends = []
    for _ in range(4):
        gift = await give_paid(town, town.an, town.bo, town.red)
        await claim(town, town.bo, gift.gift_id)
        await wish(town, town.bo, gift.order_id, town.blue)
        ends.append(gift.order_id)
    approved, rejected, kept, _forgotten = ends
    await decide(town, approved, "approve")
    await decide(town, rejected, "reject")
    await take_back_the_ask(town.ground, TakeBackAsk(town.bo, kept), town.key(town.bo))
    await _pass(town, worker, hours=24)
    for order_id in ends:
        case = await ask_for(town, town.bo, order_id)
        await answer(town, case.case_id)
    return approved


async def _moved_on(town: Town) -> None:
    """A gift whose recipient takes more time, and which goes to somebody else all the same, who declines it."""
    gift = await give_paid(town, town.an, town.bo, town.red)
    await take_more_time(town.ground, TakeMoreTime(town.bo, gift.gift_id), town.key(town.bo))
    onward = ReaddressAGift(town.an, gift.gift_id, recipient_id=town.cai)
    await readdress_a_gift(town.ground, onward, town.key(town.an))
    await refuse_a_gift(town.ground, RefuseAGift(town.cai, "have_one", gift_id=gift.gift_id), town.key(town.cai))


async def _locked(town: Town) -> None:
    """A gift sent outside with a safe word: typed wrong, then right, claimed, and thanked for."""
    gift = await give_paid(town, town.an, None, town.blue)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    assert token is not None
    await lock_a_gift(town.ground, LockAGift(town.an, gift.gift_id, "西湖", "在哪里？"), town.key(town.an))
    for word in ("东湖", "西 湖"):
        typed = TypeTheWord(town.stranger, token, word)
        with contextlib.suppress(SafeWordWrong):
            await type_the_word(town.ground, typed, town.key(town.stranger))
    await claim(town, town.stranger, None, token=token)
    await _thank(town, town.stranger, gift.gift_id)


async def _thank(town: Town, person_id: int, gift_id: int) -> None:
    said = ThankTheGiver(person_id=person_id, gift_id=gift_id, words="谢谢")
    await thank_the_giver(town.ground, said, town.key(person_id))


async def _refused(town: Town) -> GiftPrepared:
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    return gift


async def _kept(town: Town) -> None:
    """A gift that its giver keeps whole, and one of which a share was claimed before they keep the rest."""
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.blue, 4)], "test", 3))
    whole = await give_paid(town, town.cai, town.an, town.blue)
    shared = await give_paid(town, town.cai, None, town.blue, shares=3)
    token = await gifts.link_token(town.ground.db, town.ground.keys, shared.gift_id, town.cai)
    await claim(town, town.bo, None, token=token)
    for gift in (whole, shared):
        ask = KeepMyGift(town.cai, gift.gift_id, town.addresses[town.cai])
        await keep_my_gift(town.ground, ask, town.key(town.cai))


async def _passed_on(town: Town) -> None:
    """A gift that is declined to a friend, who claims it, and one that is declined to a charity."""

    async def charity(tx: Any) -> int:
        person = await people.join(tx, name="善")
        where = people.NewAddress(STREET, "善", "13800000009", "善路 1 号", is_default=True)
        kept = await people.add_address(tx, person.id, where)
        return (await charities.add(tx, charities.NewCharity("善", "善"), person.id, kept.id, 0)).id

    charity_id = await town.ground.db.run(charity)
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.blue, 2)], "test", 4))
    on = await give_paid(town, town.an, town.bo, town.blue)
    friend = PassAGiftOn(town.bo, "kind_thought", on.gift_id, friend_id=town.cai)
    await pass_a_gift_on(town.ground, friend, town.key(town.bo))
    await claim(town, town.cai, on.gift_id)
    given = await give_paid(town, town.an, town.bo, town.blue)
    onward = PassAGiftOn(town.bo, "too_much", given.gift_id, charity_id=charity_id)
    await pass_a_gift_on(town.ground, onward, town.key(town.bo))


async def _withdrawn(town: Town) -> GiftPrepared:
    gift = await give_paid(town, town.an, None, town.red)
    await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))
    await _kept(town)
    await _passed_on(town)
    return gift
