"""A gift as each side may see it (the gift rules, fields a giver and a recipient may see).

Three shapes, one an audience, so that a field that somebody may not see has no place to stand in:

- ``GiverPage``: price, link, how it goes in broad steps. Never an address, a phone, a legal name or the style chosen.
- ``Envelope``: what lies in front of somebody who has not opened it. Who gave it and until when; not what is inside.
- ``OpenGift``: what was inside, and the styles that may be taken instead. Never an amount.

By id the giver and the recipient find their gift, and for many the members of its group and who has a share; by its
link's token whoever holds it. Everybody else: not available. How many of its shares are claimed everybody sees who sees
the gift; by whom, its giver and the members of its group.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import msgspec

from renqing.books import people
from renqing.books.people import Person
from renqing.foundation.database import Row
from renqing.foundation.gift_policy import Other
from renqing.foundation.ground import Ground
from renqing.social import draws, gifts, masks, moderation, safe_words, schedules, surprises
from renqing.social.gifts import CannotReceive, Gift, GiftNotAvailable, GiftNotForYou, GiftState
from renqing.social.moderation import HeldPiece
from renqing.trade import choices, vouchers
from renqing.trade.surcharges import Allowed, allowed_of
from renqing.views.behind_a_mask import NOBODY_SAID, masked_gifts
from renqing.views.draw_page import DrawSeen, draw_seen
from renqing.views.engraving_seen import EngravingSeen, engraving_of
from renqing.views.fund_page import fund_of, givers_of
from renqing.views.gift_choices import Piece, chosen_in, other_of, told_to_giver
from renqing.views.gift_going import Going, going, going_together
from renqing.views.gift_inside import Inside, cover_picture, inside_of
from renqing.views.gift_kept import kept_orders_of
from renqing.views.gift_onward import may_go_on
from renqing.views.gift_reach import cannot_receive
from renqing.views.gift_set import SetPart, pieces_in, set_of, veiled_parts
from renqing.views.gift_styles import StyleChoice, ThingStyles, styles_in_set, styles_of
from renqing.views.gift_thanks import ThanksSeen, may_return, my_thanks, thanks_to
from renqing.views.gift_tiers import Goods, TierSeen, goods_in, goods_of_share, prize_in, tiers_seen
from renqing.views.lucky_pack import LuckySeen, lucky_seen
from renqing.views.refund_asks import RefundAskSeen, ask_of_giver, ask_to_answer
from renqing.views.veil import UNKNOWN, Hidden, veiled_gifts

FACES_MAX = 40


class Shares(msgspec.Struct, frozen=True):
    """How a gift for many goes. ``claimers`` in the order of their claims, and no more than ``FACES_MAX``.

    ``tiers`` where its shares are not equal, and ``lucky`` of a lucky pack, for who sees what is inside.
    """

    shares: int
    claimed: int
    group: str
    claimers: list[Person]
    tiers: list[TierSeen] = []
    lucky: LuckySeen | None = None


class GiverPage(msgspec.Struct, frozen=True):
    """A gift for who gave it. Amounts in minor units. ``token`` opens its link while it lives.

    ``going`` is all the giver learns of the parcel; of a set, of the one furthest behind, and ``parts`` tell of each.
    ``aftersale`` is the state of the recipient's latest case.
    ``fund_id`` of one that several people pay for; ``givers``: who does beside the giver, where the card names them.
    ``schedule`` says when it comes, of one that is still to come.
    ``refunded`` is what is back with the giver or on its way; ``refund_done`` whether all of it has arrived;
    ``refund_kept`` whether some of it is kept for them, because it cannot go back the way it came.
    ``passed_on``: who it was for declined it and passed it on; to whom, its giver learns from the claim.
    ``kept_order_ids``: what nobody claimed and the giver took for themselves.
    ``chose_other``: its recipient has something else of the shop; ``chosen`` says what, where its policy tells.
    ``surcharge``: what was allowed for a place that costs more, and whether it was needed.
    ``returns``: vouchers that come into the giver's cards when nobody claims them in time; ``returned``: some did.
    """

    gift_id: int
    order_id: int
    goods: Goods
    cover: str
    greeting: str
    state: int
    ended_how: str
    refusal: str
    to: Person | None
    claimed_by: Person | None
    total: int
    freight: int
    currency: str
    hours: int
    made_at: datetime
    pay_by: datetime
    expires_at: datetime | None
    opened_at: datetime | None
    claimed_at: datetime | None
    token: str | None
    may_withdraw: bool
    may_readdress: bool
    going: Going
    aftersale: str
    refunded: int
    refund_done: bool
    refund_kept: bool
    held_until: datetime | None
    many: Shares | None
    draw: DrawSeen | None
    inside: Inside = Inside()
    held: list[HeldPiece] = []
    returns: bool = False
    returned: bool = False
    thanks: list[ThanksSeen] = []
    schedule: schedules.Schedule | None = None
    refund_ask: RefundAskSeen | None = None
    may_ask_refund: bool = False
    may_lock: bool = False
    safe_word: safe_words.Standing | None = None
    fund_id: int | None = None
    givers: list[Person] = []
    may_keep: bool = False
    needs_address: bool = True
    kept_order_ids: list[int] = []
    engraving: EngravingSeen | None = None
    surprise: Hidden = ""
    parts: list[SetPart] = []
    passed_on: bool = False
    nameless: bool = False
    chose_other: bool = False
    chosen: list[Piece] = []
    surcharge: Allowed | None = None

    @property
    def pieces(self) -> int:
        """How many pieces are in it, of a set."""
        return pieces_in(self.parts)


class Envelope(msgspec.Struct, frozen=True):
    """A gift that waits to be opened. ``safe_word``: it waits for a word, whoever has opened it.

    ``cannot_receive``: why this reader cannot take it, whatever address they would say. ``is_reply``: it answers one of
    theirs. ``held_until``: its link went around, and it waits for its giver.
    """

    gift_id: int
    giver: Person
    cover: str
    expires_at: datetime
    opened_at: datetime | None
    many: Shares | None
    draw: DrawSeen | None
    cover_picture: str = ""
    safe_word: safe_words.Standing | None = None
    givers: list[Person] = []
    cannot_receive: CannotReceive | None = None
    is_reply: bool = False
    held_until: datetime | None = None


class OpenGift(msgspec.Struct, frozen=True):
    """What was in the envelope. ``styles`` begins with the one that was given; one alone is no choice.

    ``other``: whether something else of the shop may be had instead, and how.
    ``to_charity`` and ``to_friend``: who declines it may let it go there.
    ``won`` is what the reader won in its draw. ``needs_address`` False: what is inside is a voucher. ``parts``: what
    is in it by shop, of a set; ``set_styles``: those things of it that may be had in another style.
    """

    gift_id: int
    giver: Person
    cover: str
    greeting: str
    goods: Goods
    spec_names: list[str]
    styles: list[StyleChoice]
    expires_at: datetime
    more_hours: int
    many: Shares | None
    draw: DrawSeen | None
    won: Goods | None
    inside: Inside = Inside()
    needs_address: bool = True
    givers: list[Person] = []
    cannot_receive: CannotReceive | None = None
    engraving: EngravingSeen | None = None
    surprise: Hidden = ""
    parts: list[SetPart] = []
    to_charity: bool = False
    to_friend: bool = False
    other: Other = "disabled"
    held_until: datetime | None = None
    set_styles: list[ThingStyles] = []

    @property
    def pieces(self) -> int:
        """How many pieces are in it, of a set."""
        return pieces_in(self.parts)


class KeptGift(msgspec.Struct, frozen=True):
    """A gift that the reader has claimed: the order tells the rest; of a set, the order of each of its ``parts``.

    ``chosen`` is what they took instead of what was given, the first of it in ``goods``.
    ``thanks`` is what they said for it, ``held`` what of that waits. ``may_return``: its giver takes gifts from them.
    """

    gift_id: int
    order_id: int
    giver: Person
    cover: str
    greeting: str
    goods: Goods
    many: Shares | None
    draw: DrawSeen | None
    inside: Inside = Inside()
    thanks: ThanksSeen | None = None
    may_return: bool = False
    held: list[HeldPiece] = []
    refund_ask: RefundAskSeen | None = None
    givers: list[Person] = []
    engraving: EngravingSeen | None = None
    surprise: Hidden = ""
    parts: list[SetPart] = []
    chosen: list[Piece] = []
    needs_address: bool = True

    @property
    def pieces(self) -> int:
        """How many pieces are in it, of a set."""
        return pieces_in(self.parts)


# The style as given comes from the SKU, never from the order's line: that one is the recipient's choice.
_GOODS = """SELECT l.product_id, l.title_zh, l.title_en, s.specs, coalesce(nullif(s.picture, ''), p.pictures[1], '') AS
                   picture, p.spec_names, o.total_amount, o.freight_amount, o.pay_by, o.state, o.refunded_amount,
                   o.received_at, o.by_voucher
              FROM gift_gift g
              JOIN order_order o ON o.id = g.order_id
              JOIN order_line l ON l.order_id = g.order_id AND l.n = 1
              JOIN catalog_sku s ON s.id = g.sku_id
              JOIN catalog_product p ON p.id = g.product_id
             WHERE g.id = $1"""

_PROGRESS = """
SELECT state, received_at, (SELECT bool_and(state = 'delivered') FROM shipping_parcel WHERE order_id = $1) AS delivered,
       (SELECT state FROM aftersale_case WHERE order_id = $1 ORDER BY id DESC LIMIT 1) AS aftersale,
       (SELECT coalesce(sum(r.amount), 0)::bigint FROM payment_refund r JOIN payment_intent i ON i.id = r.intent_id
         WHERE i.order_id = $2) AS refunded,
       (SELECT coalesce(bool_and(r.state = 'done' OR coalesce(b.state <> 'kept', false)), false) FROM payment_refund r
          JOIN payment_intent i ON i.id = r.intent_id LEFT JOIN balance_balance b ON b.id = r.id
         WHERE i.order_id = $2) AS refund_done,
       EXISTS (SELECT 1 FROM balance_balance b JOIN payment_refund r ON r.id = b.id
                 JOIN payment_intent i ON i.id = r.intent_id
                WHERE i.order_id = $2 AND b.state = 'kept' AND i.payer_id = $3) AS refund_kept
  FROM order_order WHERE id = $1
"""

_FACES = f"""
SELECT p.id, p.name, p.avatar, p.language FROM gift_share s JOIN people_person p ON p.id = s.person_id
 WHERE s.gift_id = $1 ORDER BY s.n LIMIT {FACES_MAX}
"""


async def gift_page(ground: Ground, reader_id: int, gift_id: int) -> GiverPage | Envelope | OpenGift | KeptGift:
    """A gift by its id, as this reader may see it. Raises GiftNotAvailable."""
    gift = await gifts.by_id(ground.db, gift_id)
    if gift is None:
        raise GiftNotAvailable
    if gift.giver_id == reader_id:
        return await _giver_page(ground, gift)
    in_its_group = await _is_member(ground, gift, reader_id)
    share = await gifts.share_of_person(ground.db, gift.id, reader_id) if gift.shares > 1 else None
    if share is not None or gift.claimed_by == reader_id:
        order_id = await choices.serving(ground.db, gift.order_id) if share is None else share.order_id
        return await _kept(ground, gift, order_id, reader_id, in_its_group=in_its_group)
    takes_part = await _takes_part(ground, gift, reader_id)
    may = gifts.may_find(gift, reader_id, in_its_group=in_its_group, has_a_share=takes_part is True)
    if not may or await _is_unseen(ground, gift, reader_id):
        raise GiftNotAvailable
    return await _unclaimed(ground, gift, reader_id, in_its_group=in_its_group)


async def _takes_part(ground: Ground, gift: Gift, reader_id: int) -> bool | None:
    """Whether a draw knows this reader, as a guest or with an entry; None where it asks everybody, and not them yet."""
    if gift.mode != "draw":
        return None
    pair = [(gift.id, reader_id)]
    if await draws.entries_among(ground.db, pair) or await draws.guests_among(ground.db, pair):
        return True
    return False if (await draws.of_gifts(ground.db, [gift.id]))[gift.id].guests_only else None


async def _is_member(ground: Ground, gift: Gift, reader_id: int) -> bool:
    if gift.group_id is None:
        return False
    return bool(await people.members_among(ground.db, [(gift.group_id, reader_id)]))


async def _many(
    ground: Ground, gift: Gift, reader_id: int | None, *, sees_who: bool, sees_what: bool = True
) -> Shares | None:
    """How a gift for many goes; None for a gift for one."""
    if gift.shares == 1 and gift.group_id is None:
        return None
    group = await ground.db.fetchval("SELECT name FROM people_group WHERE id = $1", gift.group_id)
    rows = await ground.db.fetch(_FACES, gift.id) if sees_who and gift.shares_claimed else []
    tiers = await tiers_seen(ground.db, gift) if sees_what else []
    luck = await lucky_seen(ground, gift, reader_id, sees_who=sees_who) if sees_what else None
    return Shares(gift.shares, gift.shares_claimed, group or "", [Person(*row.values()) for row in rows], tiers, luck)


async def gift_by_link(ground: Ground, token: str, reader_id: int | None) -> Envelope | OpenGift | int:
    """A gift by its link's token: the envelope, or what is in it where this reader has opened it.

    The id alone where the reader gave it or has a share: their own page is another. Raises GiftNotAvailable,
    GiftNotForYou.
    """
    gift = await gifts.by_token(ground.db, ground.keys, token)
    if gift is None:
        raise GiftNotAvailable
    if gift.giver_id == reader_id:
        return gift.id
    in_its_group = reader_id is not None and await _is_member(ground, gift, reader_id)
    if reader_id is not None:
        gifts.judge_recipient(gift, reader_id, in_its_group=in_its_group)
        if gift.shares > 1 and await gifts.share_of_person(ground.db, gift.id, reader_id) is not None:
            return gift.id
        takes_part = await _takes_part(ground, gift, reader_id)
        if takes_part is False:
            raise GiftNotForYou
        if takes_part and gift.opened_at is not None:
            return gift.id
    return await _unclaimed(ground, gift, reader_id, in_its_group=in_its_group)


async def _unclaimed(ground: Ground, gift: Gift, reader_id: int | None, *, in_its_group: bool) -> Envelope | OpenGift:
    draw = await draw_seen(ground, gift, reader_id, sees_who=in_its_group)
    took_part = draw is not None and draw.mine != ""  # who entered sees how it ended
    if gift.expires_at is None or not (took_part or gifts.is_claimable(gift, ground.clock.now())):
        raise GiftNotAvailable
    giver = await _giver_seen(ground, gift, reader_id)
    word = None if took_part else await _safe_word(ground, gift, reader_id)
    is_closed = gift.opened_at is None or reader_id is None or word is not None
    many = await _many(ground, gift, reader_id, sees_who=in_its_group, sees_what=not is_closed)
    if is_closed:
        picture = cover_picture(ground, gift.cover)
        givers, opened_at = await givers_of(ground, gift.id), gift.opened_at
        why = await cannot_receive(ground, reader_id)
        seen = Envelope(gift.id, giver, gift.cover, gift.expires_at, opened_at, many, draw, picture, word, givers, why)
        is_reply, held = gift.reply_to is not None and gift.recipient_id == reader_id, _held_until(ground, gift)
        return msgspec.structs.replace(seen, is_reply=is_reply, held_until=held)
    assert reader_id is not None, "nobody unknown sees an open gift"
    row = await ground.db.fetchrow(_GOODS, gift.id)
    assert row is not None, "a gift has its order, line and style"
    page = OpenGift(
        gift_id=gift.id,
        giver=giver,
        cover=gift.cover,
        greeting=gift.greeting,
        goods=goods_in(row),
        spec_names=list(row["spec_names"]),
        styles=await styles_of(ground, gift),
        expires_at=gift.expires_at,
        more_hours=_more_hours(ground, gift),
        many=many,
        draw=draw,
        held_until=_held_until(ground, gift),
        won=prize_in(many.tiers if many else [], goods_in(row), draw.prize if draw else None),
        inside=await inside_of(ground, gift),
        needs_address=not row["by_voucher"],
        givers=await givers_of(ground, gift.id),
        cannot_receive=await cannot_receive(ground, reader_id),
        engraving=await engraving_of(ground, gift, reader_id, None),
        parts=await set_of(ground, gift),
        set_styles=await styles_in_set(ground, gift),
        to_charity=may_go_on(ground, gift, to_charity=True, is_voucher=row["by_voucher"]),
        other=await other_of(ground, gift),
        to_friend=giver is not NOBODY_SAID and may_go_on(ground, gift, to_charity=False, is_voucher=row["by_voucher"]),
    )
    page = await _veiled(ground, reader_id, page)
    return msgspec.structs.replace(page, styles=[], set_styles=[], spec_names=[]) if page.surprise else page


async def _is_unseen(ground: Ground, gift: Gift, reader_id: int) -> bool:
    """Whether the reader has blocked its giver; of a gift without a name, a block would say whose it is."""
    if await masks.worn_on(ground.db, [gift.id]):
        return False
    return bool(await people.blocks_among(ground.db, [(reader_id, gift.giver_id)]))


async def _giver_seen(ground: Ground, gift: Gift, reader_id: int | None) -> Person:
    """Whose gift it is; nobody, as long as its giver wears a mask."""
    if await masked_gifts(ground.db, reader_id, [gift.id]):
        return NOBODY_SAID
    return await people.get_person(ground.db, gift.giver_id)


def _may_keep(ground: Ground, gift: Gift, draw: DrawSeen | None) -> bool:
    """Whether its giver may take what is left of it for themselves."""
    if not _is_open(ground, gift) or gifts.why_not_kept(gift, ground.policy):
        return False
    return draw is None or not draws.why_not_kept(entrants=draw.entrants, is_drawn=draw.drawn_at is not None)


def _may_lock(gift: Gift, draw: DrawSeen | None) -> bool:
    """Whether its giver may set a word for it, or another one."""
    if gifts.why_no_word(gift):
        return False
    return draw is None or not draws.why_no_word(guests_only=draw.guests_only, is_drawn=draw.drawn_at is not None)


async def _safe_word(ground: Ground, gift: Gift, reader_id: int | None) -> safe_words.Standing | None:
    """The word that the reader has to type first; None where there is none, or they did."""
    if gift.recipient_id is not None or gift.group_id is not None:
        return None
    word = await safe_words.standing(ground.db, gift.id, reader_id)
    return None if word is None or word.is_open else word


async def _kept(ground: Ground, gift: Gift, order_id: int, reader_id: int, *, in_its_group: bool) -> KeptGift:
    row = await ground.db.fetchrow(_GOODS, gift.id)
    assert row is not None, "a gift has its order, line and style"
    chosen = await chosen_in(ground, order_id) if gift.shares == 1 and order_id != gift.order_id else []
    goods = goods_in(row) if gift.tiers == 1 and not chosen else await goods_of_share(ground.db, order_id)
    giver = await _giver_seen(ground, gift, reader_id)
    many = await _many(ground, gift, reader_id, sees_who=in_its_group)
    draw = await draw_seen(ground, gift, reader_id, sees_who=in_its_group)
    parts = await set_of(ground, gift)
    page = KeptGift(
        gift_id=gift.id,
        order_id=next((part.order_id for part in parts if part.order_id), order_id),
        giver=giver,
        cover=gift.cover,
        greeting=gift.greeting,
        goods=goods,
        many=many,
        draw=draw,
        inside=await inside_of(ground, gift),
        thanks=await my_thanks(ground, gift.id, reader_id),
        may_return=giver is not NOBODY_SAID and await may_return(ground, reader_id, gift.giver_id),
        held=await _held(ground, gift, reader_id),
        refund_ask=await ask_to_answer(ground, gift, reader_id),
        givers=await givers_of(ground, gift.id),
        engraving=await engraving_of(ground, gift, reader_id, order_id),
        parts=parts,
        chosen=chosen,
        needs_address=not row["by_voucher"],
    )
    return await _veiled(ground, reader_id, page)


_Page = TypeVar("_Page", OpenGift, KeptGift)


async def _veiled(ground: Ground, reader_id: int, page: _Page) -> _Page:
    """The page of a surprise: what would tell the thing is not on it yet."""
    until = (await veiled_gifts(ground.db, reader_id, [page.gift_id])).get(page.gift_id)
    if until is None:
        return page
    inside = msgspec.structs.replace(page.inside, card=None)
    parts = await veiled_parts(ground, reader_id, page.parts)
    return msgspec.structs.replace(page, goods=UNKNOWN, engraving=None, inside=inside, surprise=until, parts=parts)


async def _held(ground: Ground, gift: Gift, author_id: int) -> list[HeldPiece]:
    """What the reader put with a gift or said for it, and a moderator has not let through."""
    pieces = await moderation.of_gift(ground.db, gift.id)
    return [one for one in pieces if one.state != "approved" and one.author_id == author_id]


async def _giver_page(ground: Ground, gift: Gift) -> GiverPage:
    row = await ground.db.fetchrow(_GOODS, gift.id)
    served_by = await choices.serving(ground.db, gift.order_id) if gift.claimed_by is not None else gift.order_id
    progress = await ground.db.fetchrow(_PROGRESS, served_by, gift.order_id, gift.giver_id)
    assert row is not None, "a gift has its order, line and style"
    assert progress is not None, "an order that serves a gift is there"
    near = await people.get_people(ground.db, [one for one in (gift.recipient_id, gift.claimed_by) if one])
    token = await gifts.link_token(ground.db, ground.keys, gift.id, gift.giver_id)
    draw = await draw_seen(ground, gift, gift.giver_id, sees_who=True)
    refund_ask, may_ask_refund = await ask_of_giver(ground, gift)
    fund_id = await fund_of(ground, gift.id)
    parts = await set_of(ground, gift, as_given=True)
    return GiverPage(
        gift_id=gift.id,
        order_id=served_by,
        goods=goods_in(row),
        cover=gift.cover,
        greeting=gift.greeting,
        state=int(gift.state),
        ended_how=gift.ended_how,
        refusal=gift.refusal,
        to=near.get((gift.claimed_by if gift.passed_by else gift.recipient_id) or 0),
        claimed_by=near.get(gift.claimed_by or 0),
        total=row["total_amount"],
        freight=row["freight_amount"],
        currency=gift.currency,
        hours=gift.open_for_seconds // 3600,
        made_at=gift.made_at,
        pay_by=row["pay_by"],
        expires_at=gift.expires_at,
        opened_at=gift.opened_at,
        claimed_at=gift.claimed_at,
        token=token,
        may_readdress=_is_open(ground, gift) and not gifts.why_it_stays(gift, ground.policy),
        may_withdraw=_may_withdraw(ground, gift, draw),
        going=going_together([part.going for part in parts]) if parts else _going(progress),
        aftersale=next((part.aftersale for part in parts if part.aftersale), progress["aftersale"] or ""),
        refunded=progress["refunded"],
        refund_done=progress["refund_done"],
        refund_kept=progress["refund_kept"],
        held_until=_held_until(ground, gift),
        many=await _many(ground, gift, gift.giver_id, sees_who=True),
        draw=draw,
        inside=await inside_of(ground, gift),
        held=await _held(ground, gift, gift.giver_id),
        returns=bool(row["by_voucher"]) and await vouchers.returns_unclaimed(ground.db, gift.order_id),
        returned=bool(row["by_voucher"]) and await vouchers.has_returned(ground.db, gift.id),
        thanks=await thanks_to(ground, gift.id, gift.giver_id),
        refund_ask=refund_ask,
        may_ask_refund=may_ask_refund,
        schedule=await schedules.of_gift(ground.db, gift.id) if gift.scheduled else None,
        may_lock=_may_lock(gift, draw),
        safe_word=await _safe_word(ground, gift, gift.giver_id),
        fund_id=fund_id,
        givers=await givers_of(ground, gift.id),
        may_keep=fund_id is None and _may_keep(ground, gift, draw),
        kept_order_ids=await kept_orders_of(ground, gift),
        needs_address=not row["by_voucher"],
        engraving=await engraving_of(ground, gift, gift.giver_id, None),
        surprise=(await surprises.of_gifts(ground.db, [gift.id])).get(gift.id, ""),
        parts=parts,
        passed_on=gift.passed_by is not None,
        nameless=bool(await masks.worn_on(ground.db, [gift.id])),
        chose_other=served_by != gift.order_id,
        chosen=await told_to_giver(ground, gift, served_by),
        surcharge=await allowed_of(ground.db, gift.order_id),
    )


def _held_until(ground: Ground, gift: Gift) -> datetime | None:
    return gifts.waits_for_giver(gift, ground.clock.now())


def _may_withdraw(ground: Ground, gift: Gift, draw: DrawSeen | None) -> bool:
    if gift.state is GiftState.SCHEDULED:
        return True
    is_undrawn = _is_open(ground, gift) and (draw is None or draw.drawn_at is None)
    return is_undrawn and gifts.may_withdraw(gift, ground.clock.now(), ground.policy)


def _going(progress: Row) -> Going:
    return going(progress["state"], received=progress["received_at"] is not None, delivered=bool(progress["delivered"]))


def _more_hours(ground: Ground, gift: Gift) -> int:
    """How much time one tap adds; 0 where there is none to take."""
    no_more = gifts.why_no_more_time(gift, ground.policy)
    return 0 if no_more else (gift.policy or ground.policy).gift_more_hours


def _is_open(ground: Ground, gift: Gift) -> bool:
    """Whether the gift may still be claimed."""
    return gift.state is GiftState.CLAIMABLE and gift.expires_at is not None and ground.clock.now() < gift.expires_at
