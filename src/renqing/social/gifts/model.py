"""The states of a gift, how it moves, what may stop it, and its facts.

A gift has one share or many, which are equal or in tiers: a large one, five medium ones, twenty small ones. Shares are
numbered from 1 along the tiers, so a share's number says what is in it. A gift is claimed when its last share is; one
that ends before keeps the shares that were claimed and gives back the rest.

A *set* is a gift of one share with several pieces in it, of one shop or of several; its order's lines say which.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotAllowed, NotFound, NotNow, NotValid
from renqing.foundation.facts import Fact
from renqing.foundation.gift_policy import GiftPolicy


class GiftState(IntEnum):
    """WeChat's gift states (``StoreGift.getOrderInfo``); 0 and 5 are ours: not paid, and paid to come later."""

    UNPAID = 0
    SCHEDULED = 5
    CLAIMABLE = 10
    CLAIMED = 20
    EXPIRED = 180
    EXPIRED_REFUNDED = 181
    CANCELLED = 250


MOVES: dict[GiftState, frozenset[GiftState]] = {
    GiftState.UNPAID: frozenset({GiftState.SCHEDULED, GiftState.CLAIMABLE, GiftState.CANCELLED}),
    GiftState.SCHEDULED: frozenset({GiftState.CLAIMABLE, GiftState.CANCELLED}),
    GiftState.CLAIMABLE: frozenset({GiftState.CLAIMED, GiftState.EXPIRED, GiftState.CANCELLED}),
    GiftState.CLAIMED: frozenset(),
    GiftState.EXPIRED: frozenset({GiftState.EXPIRED_REFUNDED}),
    GiftState.EXPIRED_REFUNDED: frozenset(),
    GiftState.CANCELLED: frozenset(),
}

Mode = Literal["first_come", "draw", "lucky"]
Ending = Literal["refused", "expired", "withdrawn", "unpaid", "nobody_left", "called_off", "kept"]
STATE_AT_END: dict[Ending, GiftState] = {
    "refused": GiftState.CANCELLED,
    "expired": GiftState.EXPIRED,
    "withdrawn": GiftState.CANCELLED,
    "unpaid": GiftState.CANCELLED,
    "nobody_left": GiftState.EXPIRED,  # a draw: everybody who entered has had their chance
    "called_off": GiftState.CANCELLED,  # before it came
    "kept": GiftState.CANCELLED,  # its giver has what nobody claimed
}

TIERS_MAX = 10  # the schema holds it too
EXPIRE_GIFT = "expire_gift"  # deadline: nobody claimed it
REMIND_GIFT = "remind_gift"  # deadline: whom it waits for is reminded, at half time and before the end
REMINDED_BEFORE_END = timedelta(hours=2)
Reminder = Literal["half", "end"]
COVERS = (
    "just-because",
    "birthday",
    "thanks",
    "missing-you",
    "congratulations",
    "keep-warm",
    "get-well",
    "love",
    "wedding",
    "new-baby",
    "new-home",
    "graduation",
    "new-year",
    "lantern",
    "dragon-boat",
    "qixi",
    "mid-autumn",
)
READDRESSED_MAX = 3  # a gift moves on so often: what it holds in stock is held for somebody, not for ever
REFUSALS = ("kind_thought", "have_one", "not_needed", "too_much")  # kind sentences: gift.refusal.<name>


class GiftNotAvailable(NotFound):
    """There is no gift to open or claim here. The same for a link that is unknown, used, expired or withdrawn."""

    code = "gift_not_available"


class GiftNotForYou(NotAllowed):
    """The gift is meant for somebody else (WeChat's 606662)."""

    code = "gift_not_for_you"


class GiftIsYourOwn(NotAllowed):
    """Nobody claims a gift they gave."""

    code = "gift_is_your_own"


class GiftNotAllowed(NotAllowed):
    """This product cannot be given. Fact ``reason``: category, price, shop or merchant; ``category`` names its mark."""

    code = "gift_not_allowed"


class RecipientNotReachable(NotAllowed):
    """This person does not take gifts from the giver: not friends, or one blocked the other. One answer for all."""

    code = "recipient_not_reachable"


class SharedGiftStays(NotNow):
    """A gift for many is not declined by one of them: a share that nobody wants goes back by itself."""

    code = "shared_gift_stays"


class CannotReceive(NotNow):
    """This person cannot take gifts at the moment, or not where they live.

    Facts ``reason``: minor, held, or surcharge for a ``region`` that costs more than was allowed; ``hours``: so long.
    """

    code = "cannot_receive"


class GiftUndeliverable(NotNow):
    """The shop does not deliver to this address. Fact: ``region``."""

    code = "gift_undeliverable"


class SetUndeliverable(NotNow):
    """One shop of a set does not deliver to this address, so nothing of it moves. Facts: ``region``, the ``shop``s."""

    code = "set_undeliverable"


class SetNotOffered(NotAllowed):
    """A set cannot be given like this. Fact ``reason``: shares, vouchers, currency or together."""

    code = "set_not_offered"


class StyleNotOffered(NotValid):
    """The other style is not one of the same product that cost exactly as much as the gift then, or it is off sale."""

    code = "style_not_offered"


class GiftHeldBack(NotNow):
    """Its link went around: its giver is asked first. Fact ``until``: from when on it is claimed all the same."""

    code = "gift_held_back"


class GiftWithdrawalLate(NotNow):
    """The giver may not take the gift back (any more). Fact ``policy``."""

    code = "gift_withdrawal_late"


class Tier(msgspec.Struct, frozen=True):
    """Some shares of a gift that are the same: ``shares`` of them, counted from ``first_share``.

    ``n`` is the tier's place, and the line of the gift's order that pays for it; amounts are of all its shares.
    """

    gift_id: int
    n: int
    first_share: int
    shares: int
    product_id: int
    sku_id: int
    unit_price: int
    goods_amount: int
    freight_amount: int

    @property
    def last_share(self) -> int:
        return self.first_share + self.shares - 1


class MoreTimeNotOffered(NotNow):
    """There is no more time for this gift, or it was given already. Fact ``reason``: policy, once or shares."""

    code = "more_time_not_offered"


class GiftStaysWhereItIs(NotNow):
    """The giver may not give it to somebody else (any more). Fact ``reason``: policy, opened, claimed or often."""

    code = "gift_stays_where_it_is"


class GiftNotKept(NotNow):
    """Its giver may not take it for themselves (any more). Fact ``reason``: policy, opened, draw, set or together."""

    code = "gift_not_kept"


class GiftNotPassedOn(NotNow):
    """It cannot go there. Fact ``reason``: policy, once, draw, set, voucher or nameless."""

    code = "gift_not_passed_on"


class SetThing(msgspec.Struct, frozen=True):
    """One thing of a set as it was given: so many pieces of a style, the ``n``-th line of the gift's order.

    ``equal_skus``: the styles of its product that cost as much then.
    """

    n: int
    product_id: int
    sku_id: int
    quantity: int
    equal_skus: tuple[int, ...]


class StyleTaken(msgspec.Struct, frozen=True):
    """Another style that was taken with a claim instead of the one that was given."""

    given_sku_id: int
    sku_id: int


class NewGift(msgspec.Struct, frozen=True):
    """A gift to prepare, with its order placed. ``group_id``: for the members of a group, who comes first.

    ``tiers`` is empty for equal shares; else the product, style and price of the gift are its first tier's. ``pieces``
    of a set are more than one: its product, style and price are its first line's, ``set_things`` say all of it;
    ``shop_id`` of one of several shops is the platform's.
    """

    id: int
    order_id: int
    giver_id: int
    recipient_id: int | None
    shop_id: int
    product_id: int
    sku_id: int
    unit_price: int
    currency: str
    cover: str
    greeting: str
    open_for_seconds: int
    group_id: int | None = None
    shares: int = 1
    tiers: tuple[Tier, ...] = ()
    policy: GiftPolicy | None = None
    mode: Mode = "first_come"
    scheduled: bool = False
    equal_skus: tuple[int, ...] | None = None
    pieces: int = 1
    reply_to: int | None = None
    set_things: tuple[SetThing, ...] = ()


class Gift(msgspec.Struct, frozen=True):
    """A gift as it stands. It is for ``recipient_id``, or the members of ``group_id``, or whoever holds the link.

    ``claimed_by`` is who claimed a gift of one share; of many, each has its claimer (``Share``), and ``claimed_at`` is
    the last one's. ``policy`` is what it was bought under; None: the house's. ``equal_skus`` are the styles of its
    product that cost as much as it when it was given; None: not kept. ``passed_by``: who declined it and passed it on.
    ``reply_to``: the gift that it answers (回礼). ``held_until``: its link went around, and nobody claims it before, or
    before its giver says so.
    """

    id: int
    order_id: int
    giver_id: int
    recipient_id: int | None
    shop_id: int
    product_id: int
    sku_id: int
    unit_price: int
    currency: str
    cover: str
    greeting: str
    state: GiftState
    ended_how: str
    refusal: str
    open_for_seconds: int
    made_at: datetime
    claimable_at: datetime | None
    expires_at: datetime | None
    opened_at: datetime | None
    claimed_at: datetime | None
    claimed_by: int | None
    ended_at: datetime | None
    refunded_at: datetime | None
    group_id: int | None
    shares: int
    shares_claimed: int
    tiers: int
    policy: GiftPolicy | None = None
    mode: Mode = "first_come"
    more_seconds: int = 0
    readdressed: int = 0
    scheduled: bool = False
    equal_skus: tuple[int, ...] | None = None
    pieces: int = 1
    reply_to: int | None = None
    held_until: datetime | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is more in it than one piece."""
        return self.pieces > 1

    @property
    def things(self) -> int:
        """How many pieces are in all its shares: of one thing alone a style is swapped, or a refund asked for."""
        return self.shares * self.pieces

    passed_by: int | None = None

    @property
    def way(self) -> tuple[int, int | None]:
        """How it got to where it is: another once it was re-addressed or passed on."""
        return self.readdressed, self.passed_by

    @property
    def left(self) -> int:
        """Shares that nobody has claimed."""
        return self.shares - self.shares_claimed


class Share(msgspec.Struct, frozen=True):
    """A claimed share of a gift for many, and the order it became.

    ``n`` is its number: in the order of the claims, or of a draw's prizes.
    """

    gift_id: int
    n: int
    person_id: int
    order_id: int


class Claim(msgspec.Struct, frozen=True):
    """A claim that won: whose it is and, of a gift for many, which share and its order.

    ``claimed`` counts the gift's claims with this one; who comes first gets the share of that number. ``styles``: those
    that they took instead of what was given, of a set one a thing. ``another_thing``: they chose something else of the
    shop.
    """

    gift: Gift
    claimant_id: int
    another_style: bool
    n: int
    claimed: int
    order_id: int
    another_thing: bool = False
    styles: tuple[StyleTaken, ...] = ()

    @property
    def left(self) -> int:
        return self.gift.shares - self.claimed


class GiftPolicyChosen(Fact, frozen=True, kw_only=True):
    """From now on a shop's gifts (0: the platform's) are bought under another policy; none: the platform's."""

    kind: ClassVar[str] = "GiftPolicyChosen"
    shop_id: int
    preset: str | None
    changes: dict[str, int | str]


class GiftReadyToClaim(Fact, frozen=True, kw_only=True):
    """A gift is paid and waits for its recipient. ``scheduled``: it was paid before and came at its moment."""

    kind: ClassVar[str] = "GiftReadyToClaim"
    gift_id: int
    giver_id: int
    recipient_id: int | None
    group_id: int | None = None
    scheduled: bool = False


class GiftOpened(Fact, frozen=True, kw_only=True):
    """The envelope was opened for the first time."""

    kind: ClassVar[str] = "GiftOpened"
    gift_id: int
    giver_id: int


class GiftExtended(Fact, frozen=True, kw_only=True):
    """The recipient took more time: so many hours, once."""

    kind: ClassVar[str] = "GiftExtended"
    gift_id: int
    giver_id: int
    recipient_id: int | None
    hours: int


class GiftReminded(Fact, frozen=True, kw_only=True):
    """It is time to remind whom an unclaimed gift waits for; of one that only a link names, its giver."""

    kind: ClassVar[str] = "GiftReminded"
    gift_id: int
    giver_id: int
    reminder: str
    told_ids: list[int]


class GiftReaddressed(Fact, frozen=True, kw_only=True):
    """The giver gives it, or what is left of it, to somebody else; its time begins anew and the old link is dead."""

    kind: ClassVar[str] = "GiftReaddressed"
    gift_id: int
    giver_id: int
    recipient_id: int | None
    group_id: int | None
    former_id: int | None


class GiftClaimed(Fact, frozen=True, kw_only=True):
    """Somebody accepted a share and gave an address. ``another_style`` is all the giver may learn of the choice.

    ``another_thing``: it is not the product that was given. ``left`` of ``shares`` are still offered.
    """

    kind: ClassVar[str] = "GiftClaimed"
    gift_id: int
    giver_id: int
    claimed_by: int
    shop_id: int
    another_style: bool
    shares: int = 1
    left: int = 0
    another_thing: bool = False


class GiftStyleTaken(Fact, frozen=True, kw_only=True):
    """Who claimed a gift took another style of the same price. Its giver hears only that they did (GiftClaimed)."""

    kind: ClassVar[str] = "GiftStyleTaken"
    gift_id: int
    claimed_by: int
    shop_id: int
    given_sku_id: int
    sku_id: int


class GiftReplied(Fact, frozen=True, kw_only=True):
    """Who has a gift, or a share of it, gave its giver one in return, which waits to be claimed now."""

    kind: ClassVar[str] = "GiftReplied"
    gift_id: int
    reply_gift_id: int
    replied_by: int
    giver_id: int


class GiftRefused(Fact, frozen=True, kw_only=True):
    """The recipient declined with a kind sentence."""

    kind: ClassVar[str] = "GiftRefused"
    gift_id: int
    giver_id: int
    refusal: str


class GiftExpired(Fact, frozen=True, kw_only=True):
    """Nobody claimed the gift in time, or ``left`` of its ``shares``."""

    kind: ClassVar[str] = "GiftExpired"
    gift_id: int
    giver_id: int
    recipient_id: int | None
    shares: int = 1
    left: int = 1


class GiftWithdrawn(Fact, frozen=True, kw_only=True):
    """The giver took the gift back; one that was called off before it came names no recipient."""

    kind: ClassVar[str] = "GiftWithdrawn"
    gift_id: int
    giver_id: int
    recipient_id: int | None


class GiftKept(Fact, frozen=True, kw_only=True):
    """The giver took for themselves what nobody claimed; ``order_ids`` are theirs."""

    kind: ClassVar[str] = "GiftKept"
    gift_id: int
    giver_id: int
    recipient_id: int | None
    shares: int
    left: int
    kept_order_ids: list[int]


class GiftPassedOn(Fact, frozen=True, kw_only=True):
    """Its recipient declined it with a kind sentence, and it went to a charity or on to a friend of theirs."""

    kind: ClassVar[str] = "GiftPassedOn"
    gift_id: int
    giver_id: int
    passed_by: int
    passed_to: int
    is_charity: bool
    refusal: str


class GiftRefunded(Fact, frozen=True, kw_only=True):
    """The money of a gift that nobody kept is back with the giver."""

    kind: ClassVar[str] = "GiftRefunded"
    gift_id: int
    giver_id: int
    amount: int
    currency: str
