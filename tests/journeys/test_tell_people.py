"""Facts become notices, cards and pings: told once, to whom they are about, and no more than each may hear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from counter import answer, ask_for, channel_refunds, gift_to, ship
from town import build_town, claim, give_paid, place

from renqing.books import people
from renqing.foundation import outbox, timers
from renqing.foundation.once import once
from renqing.journeys.befriend import AnswerFriend, AskFriend, accept_a_friend, ask_a_friend
from renqing.journeys.close_unpaid_orders import close_unpaid_orders
from renqing.journeys.end_a_gift import (
    RefuseAGift,
    WithdrawAGift,
    expire_gifts,
    refuse_a_gift,
    withdraw_a_gift,
)
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.read_notices import read_a_notice, read_notices
from renqing.journeys.tell_people import tell_people
from renqing.journeys.track_a_parcel import TrackParcel, track_a_parcel
from renqing.social.gifts import EXPIRE_GIFT
from renqing.social.notices import LivePing
from renqing.trade.payments import CLOSE_UNPAID
from renqing.trade.shipping import ParcelState
from renqing.views.chat_page import threads_page
from renqing.views.me_page import waiting
from renqing.views.notice_page import notices_page


@pytest.fixture
async def town(ground):
    built = await build_town(ground)
    await told(built)
    return built


async def told(town):
    """What the worker does with the facts that are due; the pings it would send."""

    async def story(tx):
        facts = await outbox.take(tx)
        pings = await tell_people(tx, facts)
        await outbox.mark_told(tx, [fact.id for fact in facts])
        return pings

    return await town.ground.db.run(story)


async def told_again(town):
    """Every fact there ever was, told once more."""

    async def story(tx):
        rows = await tx.fetch(
            "SELECT id, kind, subject_id, actor_id, payload, attempts, made_at FROM outbox_fact ORDER BY id"
        )
        facts = [outbox.LeftFact(*row.values()) for row in rows]
        return await tell_people(tx, [fact for fact in facts if fact.kind != "GiftReadyToClaim"])

    return await town.ground.db.run(story)


async def inbox(town, reader_id):
    page = await notices_page(town.ground, reader_id)
    return [notice.kind for notice in page.notices]


async def words(town, reader_id, language="zh"):
    notice = (await notices_page(town.ground, reader_id)).notices[0]
    return notice.title(language), notice.body(language)


async def test_a_gift_is_announced_by_a_notice_and_a_card_and_its_way_back_to_the_giver(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    pings = await told(town)
    assert await inbox(town, town.bo) == ["gift_ready"] and await inbox(town, town.an) == []
    assert (await words(town, town.bo))[0] == "安送你一份礼物"
    (thread,) = (await threads_page(town.ground, town.bo)).threads
    assert (thread.title, thread.last.kind, thread.unread) == ("安", "gift", 1)
    assert LivePing(town.bo, "gift", gift.gift_id) in pings
    assert LivePing(town.bo, "message", thread.thread_id) in await told(town), "the card is a message like others"
    assert (await waiting(town.ground, town.bo)).gifts == 1
    await open_a_gift(town.ground, OpenAGift(town.bo, gift_id=gift.gift_id), town.key(town.bo))
    await claim(town, town.bo, gift.gift_id)
    await told(town)
    assert await inbox(town, town.an) == ["gift_claimed", "gift_opened"]
    assert (await words(town, town.an)) == ("Bo收下了你的礼物", "「青瓷杯」交给商家发货了，送到时告诉你。")


async def test_facts_that_are_told_again_tell_nobody_twice(town):
    await give_paid(town, town.an, town.bo, town.red)

    async def story(tx):
        facts = await outbox.take(tx)
        await tell_people(tx, facts)
        return await tell_people(tx, [fact for fact in facts if fact.kind != "GiftReadyToClaim"])

    pings = await town.ground.db.run(story)
    assert not [ping for ping in pings if ping.kind == "notice"]
    assert await inbox(town, town.bo) == ["gift_ready"]


async def test_a_link_gift_is_announced_to_nobody(town):
    await give_paid(town, town.an, None, town.red)
    await told(town)
    for person in (town.an, town.bo, town.cai, town.stranger):
        assert await inbox(town, person) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM chat_message") == 0


async def test_a_gift_of_somebody_who_is_blocked_by_now_is_not_announced(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await town.ground.db.run(lambda tx: people.block(tx, town.bo, town.an))
    await told(town)
    await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))
    await told(town)
    assert await inbox(town, town.bo) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM chat_message") == 0
    assert (await waiting(town.ground, town.bo)).gifts == 0


async def test_the_giver_hears_broad_steps_and_the_recipient_no_amount(town):
    order_id = await gift_to(town, town.an, town.bo, town.red)
    parcel = await ship(town, order_id)
    await told(town)
    assert (await inbox(town, town.bo))[0] == "order_shipped"
    assert (await inbox(town, town.an))[0] == "gift_shipped"
    there = TrackParcel(town.owner_id, parcel.parcel_id, ParcelState.DELIVERED, "杭州")
    await track_a_parcel(town.ground, there, town.key(town.owner_id))
    await told(town)
    assert (await inbox(town, town.bo))[0] == "order_delivered"
    assert (await inbox(town, town.an))[0] == "gift_delivered"
    case = await ask_for(town, town.bo, order_id)
    await answer(town, case.case_id)
    await told(town)
    await channel_refunds(town, order_id)
    await told_again(town)
    facts = await town.ground.db.fetch("SELECT kind, facts, person_id FROM notice_notice")
    amounts = {(row["person_id"], row["kind"]) for row in facts if "amount" in row["facts"]}
    assert amounts == {(town.an, "refund_done")}
    assert "gift_aftersale" in await inbox(town, town.an) and "aftersale_moved" in await inbox(town, town.bo)
    said = " ".join(str(row["facts"]) for row in facts)
    for secret in ("13800000001", "文三路", "收件人", "SF"):
        assert secret not in said


async def test_a_refused_gift_tells_its_giver_kindly_and_its_money_when_it_is_back(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    refusal = RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id)
    await refuse_a_gift(town.ground, refusal, town.key(town.bo))
    await told(town)
    assert await inbox(town, town.an) == ["gift_refused"]
    await channel_refunds(town, gift.order_id)
    await told_again(town)
    assert await inbox(town, town.an) == ["gift_refunded", "gift_refused"], "and not a second time as a refund"
    assert (await words(town, town.an))[0] == "已退回 ¥129.00"


async def test_an_expired_gift_tells_both_sides(town):
    await give_paid(town, town.an, town.bo, town.red)
    await told(town)
    town.ground.clock.move(timedelta(hours=24))

    async def story(tx):
        due = await timers.take_due(tx)
        await expire_gifts(town.ground, tx, [timer for timer in due if timer.kind == EXPIRE_GIFT])

    await town.ground.db.run(story)
    await told(town)
    assert await inbox(town, town.an) == ["gift_expired"]
    assert await inbox(town, town.bo) == ["gift_gone", "gift_ready"]
    assert (await words(town, town.bo, "en"))[0] == "安's gift went back"


async def test_an_order_that_was_not_paid_tells_its_payer(town):
    await place(town, town.an, town.red)
    town.ground.clock.move(timedelta(minutes=30))

    async def story(tx):
        due = await timers.take_due(tx)
        await close_unpaid_orders(town.ground, tx, [timer for timer in due if timer.kind == CLOSE_UNPAID])

    await town.ground.db.run(story)
    await told(town)
    assert await inbox(town, town.an) == ["order_closed"]


async def test_asks_and_friendships_are_told_to_the_other_side(town):
    ask = AskFriend(town.stranger, town.an)
    await ask_a_friend(town.ground, ask, once(town.stranger, "ask", "test", None))
    pings = await told(town)
    assert [ping.person_id for ping in pings if ping.kind == "notice"] == [town.an]
    assert (await words(town, town.an))[0] == "Stranger想加你为好友"
    await accept_a_friend(town.ground, AnswerFriend(town.an, town.stranger), once(town.an, "yes", "test", None))
    await told(town)
    assert await inbox(town, town.stranger) == ["friends_made"]


async def test_an_inbox_is_read_by_its_person(town):
    await give_paid(town, town.an, town.bo, town.red)
    await told(town)
    page = await notices_page(town.ground, town.bo)
    assert (page.unread, page.before) == (1, None)
    await read_notices(town.ground, town.an, page.newest)
    assert (await notices_page(town.ground, town.bo)).unread == 1
    await read_a_notice(town.ground, town.bo, page.newest)
    page = await notices_page(town.ground, town.bo)
    assert page.unread == 0 and page.notices[0].is_read


async def test_nothing_to_tell_is_told_to_nobody(town):
    assert await town.ground.db.run(lambda tx: tell_people(tx, [])) == []
