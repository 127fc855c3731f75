"""Asks of the model, done to the house: each is the journey that a door would call, with the asker's own key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from renqing.doors.cli.storming.asks import Ask
from renqing.doors.cli.storming.model import World
from renqing.doors.cli.storming.town import Town
from renqing.doors.house import House
from renqing.foundation.errors import Refusal
from renqing.foundation.once import Once, once
from renqing.journeys.answer_an_aftersale import AnswerAftersale, answer_an_aftersale
from renqing.journeys.cancel_an_aftersale import CancelAftersale, cancel_an_aftersale
from renqing.journeys.cancel_an_order import CancelOrder, cancel_an_order
from renqing.journeys.check_out import CheckOut, check_out
from renqing.journeys.claim_a_gift import ClaimAGift, claim_gifts
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import GiveAGift, give_a_gift
from renqing.journeys.keep_a_cart import (
    ChangeCart,
    PutInCart,
    TakeOut,
    change_my_cart,
    put_in_carts,
    take_out_of_my_cart,
)
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.open_an_aftersale import OpenAftersale, open_an_aftersale
from renqing.journeys.receive_an_order import ReceiveOrder, receive_an_order
from renqing.journeys.receive_stock import ReceiveStock, receive_stock
from renqing.journeys.send_goods_back import SendGoodsBack, send_goods_back
from renqing.journeys.ship_an_order import ShipOrder, ship_an_order
from renqing.journeys.start_a_payment import PaymentStarts, StartPayment
from renqing.trade.aftersales import Kind

Told = Callable[[House, Town, World, Ask, Once], Awaitable[Any]]
CHANNEL = "sandbox"


async def do(house: House, town: Town, world: World, ask: Ask) -> Any:
    """What was answered. A refusal is raised, as doors would tell it."""
    said = await _JOURNEYS[ask.kind](house, town, world, ask, once(ask.who, ask.key, ask.kind, ask))
    if isinstance(said, Exception):
        raise said
    return said


def code_of(failure: BaseException) -> str:
    """The stable code of a refusal; anything else is a failure of ours."""
    if isinstance(failure, Refusal):
        return failure.code
    raise failure


def _which(world: World, ask: Ask) -> dict[str, Any]:
    if ask.token:
        return {"token": ask.token}
    gift = world.orders[ask.order].gift
    return {"gift_id": gift.id if gift else 0}


def _address(town: Town, ask: Ask) -> int:
    return (town.far if ask.is_far else town.near)[ask.who]


async def _one(answers: Awaitable[Sequence[Any]]) -> Any:
    return (await answers)[0]


def _check_out(house: House, town: Town, _: World, ask: Ask, key: Once) -> Awaitable[Any]:
    order = CheckOut(ask.who, ask.lines, _address(town, ask), CHANNEL, from_cart=ask.from_cart)
    return _one(check_out(house.ground, [(order, key)]))


def _give(house: House, town: Town, _: World, ask: Ask, key: Once) -> Awaitable[Any]:
    ((sku, _n),) = ask.lines
    group_id = town.group_id if ask.to_group else None
    gift = GiveAGift(
        ask.who, sku, ask.other, "thanks", "谢谢", ask.quantity, CHANNEL, group_id=group_id, shares=ask.shares
    )
    return give_a_gift(house.ground, gift, key)


def _start_payment(house: House, _: Town, __: World, ask: Ask, ___: Once) -> Awaitable[Any]:
    start = StartPayment(ask.who, ask.order, house.notify_url, "http://house.storm/back")
    return PaymentStarts(house.ground, house.channels).start(start)  # a process of its own


def _claim(house: House, town: Town, world: World, ask: Ask, key: Once) -> Awaitable[Any]:
    style = ask.lines[0][0] if ask.lines else None
    claim = ClaimAGift(ask.who, _address(town, ask), sku_id=style, **_which(world, ask))
    return _one(claim_gifts(house.ground, [(claim, key)]))


def _withdraw(house: House, _: Town, world: World, ask: Ask, key: Once) -> Awaitable[Any]:
    gift = world.orders[ask.order].gift
    return withdraw_a_gift(house.ground, WithdrawAGift(ask.who, gift.id if gift else 0), key)


def _ship(house: House, _: Town, __: World, ask: Ask, key: Once) -> Awaitable[Any]:
    lines = ((ask.n, ask.quantity),) if ask.quantity else None
    number = "SF" + "".join(one for one in ask.key if one.isdigit()).rjust(8, "0")
    return ship_an_order(house.ground, ShipOrder(ask.who, ask.order, "SF", number, lines), key)


def _answer(house: House, _: Town, __: World, ask: Ask, key: Once) -> Awaitable[Any]:
    back = ask.how == "back_to_stock"
    verdict = AnswerAftersale(ask.who, ask.case, "reject" if ask.how == "reject" else "agree", "好的", back)
    return answer_an_aftersale(house.ground, verdict, key)


def _put_in_cart(house: House, _: Town, __: World, ask: Ask, key: Once) -> Awaitable[Any]:
    return _one(put_in_carts(house.ground, [(PutInCart(ask.who, *ask.lines[0]), key)]))


def _ask_aftersale(house: House, _: Town, __: World, ask: Ask, key: Once) -> Awaitable[Any]:
    case = OpenAftersale(ask.who, ask.order, ask.n, Kind(ask.how), ask.quantity, "碎了")
    return open_an_aftersale(house.ground, case, key)


_JOURNEYS: dict[str, Told] = {
    "check_out": _check_out,
    "give": _give,
    "start_payment": _start_payment,
    "claim": _claim,
    "withdraw": _withdraw,
    "ship": _ship,
    "answer": _answer,
    "ask_aftersale": _ask_aftersale,
    "cancel": lambda house, _, __, ask, key: cancel_an_order(house.ground, CancelOrder(ask.who, ask.order), key),
    "open": lambda house, _, world, ask, key: open_a_gift(house.ground, OpenAGift(ask.who, **_which(world, ask)), key),
    "refuse": lambda house, _, world, ask, key: refuse_a_gift(
        house.ground, RefuseAGift(ask.who, "have_one", **_which(world, ask)), key
    ),
    "receive": lambda house, _, __, ask, key: receive_an_order(house.ground, ReceiveOrder(ask.who, ask.order), key),
    "send_back": lambda house, _, __, ask, key: send_goods_back(
        house.ground, SendGoodsBack(ask.who, ask.case, "YTO", "YT5566"), key
    ),
    "cancel_case": lambda house, _, __, ask, key: cancel_an_aftersale(
        house.ground, CancelAftersale(ask.who, ask.case), key
    ),
    "put_in_cart": _put_in_cart,
    "change_cart": lambda house, _, __, ask, key: change_my_cart(house.ground, ChangeCart(ask.who, *ask.lines[0]), key),
    "take_out": lambda house, _, __, ask, key: take_out_of_my_cart(
        house.ground, TakeOut(ask.who, ask.lines[0][0]), key
    ),
    "restock": lambda house, town, _, ask, key: receive_stock(
        house.ground, ReceiveStock(ask.who, town.shop_id, ask.lines), key
    ),
}
