"""Behind the counter, for tests: what a shop does once an order is paid, and what the books say then."""

from __future__ import annotations

from itertools import count
from typing import Any, Literal

from town import Town, claim, give_paid, pay, place, raised

from renqing.books import people
from renqing.foundation import outbox, timers
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.journeys.answer_an_aftersale import AnswerAftersale, answer_an_aftersale
from renqing.journeys.cancel_an_aftersale import CancelAftersale, cancel_an_aftersale
from renqing.journeys.check_out import CheckOut, Placed, check_out
from renqing.journeys.end_silent_aftersales import end_silent_aftersales
from renqing.journeys.finish_aftersales import finish_aftersales
from renqing.journeys.move_an_aftersale import AftersaleStands
from renqing.journeys.open_an_aftersale import OpenAftersale, open_an_aftersale
from renqing.journeys.receive_an_order import Received, ReceiveOrder, receive_an_order, receive_due_orders
from renqing.journeys.send_goods_back import SendGoodsBack, send_goods_back
from renqing.journeys.ship_an_order import RECEIVE_ORDER, ShipOrder, Shipped, ship_an_order
from renqing.journeys.swap_a_style import (
    AnswerSwap,
    AskForAnotherStyle,
    SwapStands,
    answer_a_swap,
    ask_for_another_style,
)
from renqing.journeys.take_a_payment import Heard, take_payments
from renqing.trade import aftersales, shipping
from renqing.trade.payments.ports import PaymentNews
from renqing.views.check import check

_numbers = count(1000)
_events = count(1)


async def buy(town: Town, buyer_id: int, sku_id: int, quantity: int = 1) -> Placed:
    """A paid order for oneself."""
    placed = await place(town, buyer_id, sku_id, quantity)
    await pay(town, placed.intent_id, placed.total)
    return placed


async def buy_lines(town: Town, buyer_id: int, lines: tuple[tuple[int, int], ...]) -> Placed:
    """A paid order of several lines."""
    ask = CheckOut(buyer_id, lines, town.addresses[buyer_id], "sandbox")
    placed: Placed = raised((await check_out(town.ground, [(ask, town.key(buyer_id))]))[0])
    await pay(town, placed.intent_id, placed.total)
    return placed


async def gift_to(town: Town, giver_id: int, recipient_id: int, sku_id: int) -> int:
    """A gift that was claimed; its order's id."""
    gift = await give_paid(town, giver_id, recipient_id, sku_id)
    return (await claim(town, recipient_id, gift.gift_id)).order_id


async def ship(town: Town, order_id: int, lines: tuple[tuple[int, int], ...] | None = None, **asked: Any) -> Shipped:
    """The shop's owner ships with a fresh number."""
    staff = asked.get("staff_id", town.owner_id)
    ask = ShipOrder(staff, order_id, asked.get("carrier", "SF"), asked.get("number", f"SF{next(_numbers)}"), lines)
    return await ship_an_order(town.ground, ask, town.key(staff))


async def receive(town: Town, owner_id: int, order_id: int) -> Received:
    """The owner confirms receipt."""
    return await receive_an_order(town.ground, ReceiveOrder(owner_id, order_id), town.key(owner_id))


async def ask_for(
    town: Town,
    owner_id: int,
    order_id: int,
    kind: str = "refund",
    quantity: int = 1,
    line_n: int = 1,
    reason: str = "碎了",
) -> AftersaleStands:
    """The owner opens an after-sale."""
    ask = OpenAftersale(owner_id, order_id, line_n, aftersales.Kind(kind), quantity, reason)
    return await open_an_aftersale(town.ground, ask, town.key(owner_id))


async def answer(town: Town, case_id: int, verdict: str = "agree", said: str = "好的", **asked: Any) -> AftersaleStands:
    """The shop answers."""
    staff = asked.get("staff_id", town.owner_id)
    ask = AnswerAftersale(
        staff,
        case_id,
        "agree" if verdict == "agree" else "reject",
        said,
        back_to_stock=asked.get("back_to_stock", False),
    )
    return await answer_an_aftersale(town.ground, ask, town.key(staff))


async def wish(town: Town, owner_id: int, order_id: int, sku_id: int) -> SwapStands:
    """The recipient of a gift asks for another style."""
    return await ask_for_another_style(town.ground, AskForAnotherStyle(owner_id, order_id, sku_id), town.key(owner_id))


async def decide(town: Town, order_id: int, verdict: Literal["approve", "reject"], staff_id: int = 0) -> SwapStands:
    """The shop decides on another style."""
    staff = staff_id or town.owner_id
    return await answer_a_swap(town.ground, AnswerSwap(staff, order_id, verdict), town.key(staff))


async def send_back(town: Town, owner_id: int, case_id: int, number: str = "YT5566") -> AftersaleStands:
    """The owner sends the goods back."""
    return await send_goods_back(town.ground, SendGoodsBack(owner_id, case_id, "YTO", number), town.key(owner_id))


async def cancel(town: Town, owner_id: int, case_id: int) -> AftersaleStands:
    """The owner takes the case back."""
    return await cancel_an_aftersale(town.ground, CancelAftersale(owner_id, case_id), town.key(owner_id))


async def add_clerk(town: Town, person_id: int) -> None:
    """Somebody works at the shop from now on."""
    await town.ground.db.run(lambda tx: people.add_staff(tx, town.shop_id, person_id, people.Role.CLERK))


async def set_freight(town: Town, fee: int) -> None:
    """Delivery costs something from now on."""
    await town.ground.db.run(
        lambda tx: shipping.set_rate(tx, town.shop_id, shipping.Rate(shipping.EVERYWHERE, fee=fee))
    )


async def run_deadlines(town: Town) -> list[str]:
    """What the worker does with the deadlines of this floor that are due now; their kinds."""

    async def story(tx: Tx) -> list[str]:
        due = await timers.take_due(tx)
        await receive_due_orders(town.ground, tx, [timer for timer in due if timer.kind == RECEIVE_ORDER])
        await end_silent_aftersales(town.ground, tx, [timer for timer in due if timer.kind == aftersales.SILENCE])
        return sorted(timer.kind for timer in due)

    return await town.ground.db.run(story)


async def channel_refunds(town: Town, order_id: int) -> int:
    """The channel gives back what is due of an order, and the worker tells it; how many refunds there were."""
    rows = await town.ground.db.fetch(
        """SELECT r.id, r.amount, r.intent_id FROM payment_refund r JOIN payment_intent i ON i.id = r.intent_id
           WHERE i.order_id = $1 AND r.state <> 'done' ORDER BY r.id""",
        order_id,
    )
    for row in rows:
        news = PaymentNews(
            event_id=f"refund-event-{next(_events)}",
            kind="refund",
            intent_id=row["intent_id"],
            refund_id=row["id"],
            state="done",
            amount=row["amount"],
            currency="CNY",
            channel_ref=f"ref-{row['intent_id']}",
        )
        raised((await take_payments(town.ground, [Heard("sandbox", news, b"{}")]))[0])
    await tell_refunds(town)
    return len(rows)


async def tell_refunds(town: Town) -> None:
    """The worker carries RefundDone to the after-sales."""

    async def story(tx: Tx) -> None:
        facts = await outbox.take(tx)
        await finish_aftersales(town.ground, tx, facts)
        await outbox.mark_told(tx, [fact.id for fact in facts])

    await town.ground.db.run(story)


async def books(town: Town) -> dict[str, tuple[int, int]]:
    """Every account that has something: balance and held, minor units."""
    rows = await town.ground.db.fetch(
        "SELECT owner_kind, owner_id, kind, balance, held FROM ledger_account WHERE balance <> 0 OR held <> 0"
    )
    return {
        row["kind"] if row["owner_kind"] != "shop" else "shop": (row["balance"], row["held"])
        for row in rows
        if row["owner_kind"] != "person"
    } | {f"person {row['owner_id']}": (row["balance"], row["held"]) for row in rows if row["owner_kind"] == "person"}


async def books_are_right(ground: Ground) -> None:
    """Every total of the house follows from first records."""
    run = await check(ground)
    wrong = {found.id: found.shown for found in run.findings if not found.holds}
    assert not wrong, wrong


async def order_state(town: Town, order_id: int) -> int:
    """WeChat Shop's number of the order's state."""
    return int(await town.ground.db.fetchval("SELECT state FROM order_order WHERE id = $1", order_id))


async def case_state(town: Town, case_id: int) -> str:
    """WeChat Shop's name of the case's state."""
    return str(await town.ground.db.fetchval("SELECT state FROM aftersale_case WHERE id = $1", case_id))


async def timers_set(town: Town) -> list[tuple[str, int]]:
    """The kinds and keys of this floor's timers."""
    rows = await town.ground.db.fetch(
        "SELECT kind, key FROM timer WHERE kind IN ('receive_order', 'aftersale_silence') ORDER BY kind, key"
    )
    return [(row["kind"], row["key"]) for row in rows]
