"""What the doors are handed by the roof: the ground, the ways out, and the batchers of the hot journeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from renqing.books.people import Address, MessageSender, SignedIn
from renqing.doors.live import Hub
from renqing.foundation.batcher import Batcher
from renqing.foundation.errors import NotNow, NotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once
from renqing.foundation.settings import Settings
from renqing.journeys.check_out import CheckOut, Placed
from renqing.journeys.claim_a_gift import ClaimAGift, Claimed
from renqing.journeys.enter_a_draw import EnterADraw, Entered
from renqing.journeys.keep_a_cart import PutInCart
from renqing.journeys.start_a_payment import PaymentStarts
from renqing.journeys.take_a_payment import Heard, Taken
from renqing.journeys.take_a_present import PresentTaken, TakeAPresent
from renqing.social.media.ports import Shelf
from renqing.social.moderation.ports import Moderator
from renqing.trade.carts import InCart
from renqing.trade.payments.ports import PaymentChannel
from renqing.trade.webhooks.ports import Outside
from renqing.views.payment_page import PaymentPage

CALLBACK_PATH = "/callbacks/payments"


class ShelfAsk(msgspec.Struct, frozen=True):
    """Which page of the market."""

    query: str | None
    category_id: int | None
    cursor: str | None
    limit: int


@dataclass(slots=True)
class Readings:
    """What the doors of a server ask of the database together.

    Who is signed in (by token), pages of the market, products (by id), people's own addresses (by person), and how
    payments stand (by payer and order).
    """

    readers: Batcher[str, SignedIn | None]
    shelves: Batcher[ShelfAsk, msgspec.Raw]
    product_pages: Batcher[int, msgspec.Raw]
    addresses: Batcher[int, list[Address]]
    payments: Batcher[tuple[int, int], PaymentPage]


class NoChannel(NotNow):
    """No payment channel is plugged in: nothing can be bought here yet."""

    code = "no_channel"


class ChannelUnknown(NotValid):
    """There is no such payment channel here. Fact: ``channel``."""

    code = "channel_unknown"


@dataclass(slots=True)
class House:
    """One process's house. ``default_channel`` is the channel that a checkout uses unless it names another."""

    ground: Ground
    channels: Mapping[str, PaymentChannel]
    default_channel: str | None
    messages: MessageSender
    hub: Hub
    cart_puts: Batcher[tuple[PutInCart, Once], InCart]
    payment_starts: PaymentStarts
    check_outs: Batcher[tuple[CheckOut, Once], Placed]
    claims: Batcher[tuple[ClaimAGift, Once], Claimed]
    entries: Batcher[tuple[EnterADraw, Once], Entered]
    presents: Batcher[tuple[TakeAPresent, Once], PresentTaken]
    callbacks: Batcher[Heard, Taken]
    outside: Outside
    shelf: Shelf
    moderator: Moderator

    @property
    def settings(self) -> Settings:
        return self.ground.settings

    @property
    def own_url(self) -> str:
        """The address of this installation as people and channels reach it."""
        return (self.settings.public_url or f"http://{self.settings.host}:{self.settings.port}").rstrip("/")

    def channel_named(self, name: str | None) -> str:
        """The payment channel of this name, or the default. Raises NoChannel, ChannelUnknown."""
        chosen = name or self.default_channel
        if chosen is None:
            raise NoChannel
        if chosen not in self.channels:
            raise ChannelUnknown(channel=chosen[:40])
        return chosen

    def notify_url(self, channel: str) -> str:
        """Where a payment channel tells us what became of a payment."""
        return f"{self.own_url}{CALLBACK_PATH}/{channel}"
