"""What became true is told to the people it is about.

The worker hands facts over in the transaction that marks them told, so each is told once. Notices are written as one
set; a gift that waits for a known friend also appears as a card in the two's chat, as WeChat does. After the commit
the worker sends the live pings that are answered here; one that is lost costs nothing, since pages read again when
they come back.

Who learns what follows the gift rules: a giver hears that a gift was opened, claimed, shipped and delivered, and how
an after-sale stands; never where to, nor which style. A recipient never hears an amount. A gift of somebody whom its
recipient has blocked meanwhile is not announced; it waits unseen until its time is over. Who is erased is told nothing.
In somebody's quiet hours a notice is written without a ping; pages that they have open go on living.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.outbox import LeftFact
from renqing.social import chats, masks, moderation, notices, peace
from renqing.social.notices import LivePing, NewNotice

_FROM_SOMEBODY = frozenset(
    {
        "gift_ready",
        "gift_gone",
        "gift_passed_to_you",
        "gift_half_time",
        "gift_ends_soon",
        "gift_thanked",
        "surprise_revealed",
        "surprise_part_revealed",
        "giver_shown",
        "refund_asked",
        "draw_invited",
        "draw_won",
        "draw_half_time",
        "draw_ends_soon",
        "prize_half_time",
        "prize_ends_soon",
        "lucky_best",
        "fund_invited",
        "birthday_comes",
        "day_comes",
        "yearly_ready",
        "friend_asked",
        "friends_made",
    }
)
_AFTERSALE_STEPS_FOR_A_GIVER = frozenset({"open", "reject", "cancel", "give_up", "refund"})


async def tell_people(tx: Tx, facts: Sequence[LeftFact]) -> list[LivePing]:
    """Tell these facts; the pings are to be sent after the commit. Facts of other kinds tell nobody."""
    heard = [fact for fact in facts if fact.kind in HEARD]
    drafts = [notice for fact in heard for notice in HEARD[fact.kind](fact)]
    unwelcome = await _unwelcome(tx, drafts)
    gone = await people.erased_among(tx, sorted({notice.person_id for notice in drafts})) if drafts else set()
    welcome = [one for one in drafts if one.person_id not in gone and _between(one) not in unwelcome]
    quiet = await _quiet(tx, {notice.person_id for notice in welcome})
    told = await notices.tell(tx, [_hushed(notice, quiet) for notice in welcome])
    await _put_gift_cards(tx, heard, unwelcome)
    pings = [LivePing(notice.person_id, "notice", notice.id) for notice in told if notice.person_id not in quiet]
    pings += [ping for fact in heard for ping in _pings_of_subject(fact)]
    pings += await _pings_of_messages(tx, [fact for fact in facts if fact.kind == "MessageSaid"])
    return list(dict.fromkeys(pings))


def _between(notice: NewNotice) -> tuple[int, int] | None:
    """Reader and sender, for the kinds that come from somebody who may have been blocked."""
    return (notice.person_id, int(notice.facts["who_id"])) if notice.kind in _FROM_SOMEBODY else None


async def _unwelcome(tx: Tx, drafts: Sequence[NewNotice]) -> set[tuple[int, int]]:
    pairs = {pair for pair in map(_between, drafts) if pair is not None}
    return await people.blocks_among(tx, sorted(pairs)) if pairs else set()


async def _quiet(tx: Tx, person_ids: Iterable[int]) -> dict[int, datetime]:
    """Until when, of the people in whose quiet hours it is now."""
    wanted = sorted(person_ids)
    rules = await peace.rules_of(tx, wanted) if wanted else {}
    ends = {person_id: peace.quiet_until(rule, tx.now) for person_id, rule in rules.items()}
    return {person_id: end for person_id, end in ends.items() if end is not None}


def _hushed(notice: NewNotice, quiet: Mapping[int, datetime]) -> NewNotice:
    return msgspec.structs.replace(notice, quiet_until=quiet.get(notice.person_id))


async def _put_gift_cards(tx: Tx, heard: Sequence[LeftFact], unwelcome: set[tuple[int, int]]) -> None:
    """A card for a friend stands in the two's chat, one for a group in the group's."""
    ready = [fact.payload for fact in heard if fact.kind in ("GiftReadyToClaim", "GiftReaddressed")]
    worn = await masks.worn_on(tx, [card["gift_id"] for card in ready])
    ready = [card for card in ready if card["gift_id"] not in worn]  # a card has an author
    named = [
        card for card in ready if card["recipient_id"] and (card["recipient_id"], card["giver_id"]) not in unwelcome
    ]
    of_groups = [card for card in ready if card.get("group_id")]
    thread_of: dict[int, int] = {}
    if named:
        direct = await chats.open_direct(tx, [(card["giver_id"], card["recipient_id"]) for card in named])
        thread_of |= {card["gift_id"]: direct[card["giver_id"], card["recipient_id"]] for card in named}
    if of_groups:
        groups = await chats.threads_of_groups(tx, [card["group_id"] for card in of_groups])
        thread_of |= {card["gift_id"]: groups[card["group_id"]] for card in of_groups}
    await chats.say(
        tx,
        [
            chats.Saying(
                thread_id=thread_of[card["gift_id"]],
                author_id=card["giver_id"],
                kind="gift",
                about_id=card["gift_id"],
            )
            for card in (*named, *of_groups)
        ],
    )


async def _pings_of_messages(tx: Tx, facts: Sequence[LeftFact]) -> list[LivePing]:
    if not facts:
        return []
    members = await chats.members_of(tx, [fact.payload["thread_id"] for fact in facts])
    return [
        LivePing(person_id, "message", fact.payload["thread_id"])
        for fact in facts
        for person_id in members.get(fact.payload["thread_id"], [])
    ]


_WHO = (
    "giver_id",
    "recipient_id",
    "former_id",
    "passed_by",
    "passed_to",
    "claimed_by",
    "winner_id",
    "luckiest_id",
    "owner_id",
    "payer_id",
)


def _pings_of_subject(fact: LeftFact) -> Iterable[LivePing]:
    said = fact.payload
    people_of = [said.get(who) for who in _WHO]
    if "gift_id" in said:
        return [LivePing(person_id, "gift", said["gift_id"]) for person_id in people_of if person_id]
    if "order_id" in said:
        return [LivePing(person_id, "order", said["order_id"]) for person_id in people_of if person_id]
    return []


# facts and the notices they make ------------------------------------------------------------------------------------
def _notice(fact: LeftFact, person_id: int, kind: str, link: str, **facts: Any) -> NewNotice:
    return NewNotice(person_id=person_id, kind=kind, facts=facts, link=link, fact_id=fact.id)


def _for_gift(fact: LeftFact, person_id: int, kind: str, **facts: Any) -> NewNotice:
    gift_id = fact.payload["gift_id"]
    return _notice(fact, person_id, kind, f"/gifts/{gift_id}", gift_id=gift_id, **facts)


def _for_order(fact: LeftFact, person_id: int, kind: str, **facts: Any) -> NewNotice:
    order_id = fact.payload["order_id"]
    return _notice(fact, person_id, kind, f"/orders/{order_id}", order_id=order_id, **facts)


def _gift_ready(fact: LeftFact) -> list[NewNotice]:
    """Who it is for hears of it; its giver too where it came at its moment, and perhaps while they slept."""
    recipient, giver = fact.payload["recipient_id"], fact.payload["giver_id"]
    ready = [] if recipient is None else [_for_gift(fact, recipient, "gift_ready", who_id=giver)]
    return [*ready, _for_gift(fact, giver, "gift_came")] if fact.payload.get("scheduled") else ready


def _gift_scheduled(_fact: LeftFact) -> list[NewNotice]:
    """Nobody but its giver may know, who has just said so: their open pages are pinged."""
    return []


def _gift_gone(fact: LeftFact) -> list[NewNotice]:
    recipient, giver = fact.payload["recipient_id"], fact.payload["giver_id"]
    return [] if recipient is None else [_for_gift(fact, recipient, "gift_gone", who_id=giver)]


def _gift_readdressed(fact: LeftFact) -> list[NewNotice]:
    """Who it was for hears that it is gone; who it is for now, that it is there. Neither hears of the other."""
    former, giver = fact.payload["former_id"], fact.payload["giver_id"]
    gone = (
        [] if former is None else [_notice(fact, former, "gift_gone", "/gifts", gift_id=fact.subject_id, who_id=giver)]
    )
    return [*gone, *_gift_ready(fact)] if fact.payload["recipient_id"] != former else []


def _gift_passed_on(fact: LeftFact) -> list[NewNotice]:
    """Its giver hears the sentence, and of a charity its name; a friend hears who thought of them."""
    said = fact.payload
    if said["is_charity"]:
        return [_for_gift(fact, said["giver_id"], "gift_to_charity", refusal=said["refusal"], who_id=said["passed_to"])]
    return [
        _for_gift(fact, said["giver_id"], "gift_passed_on", refusal=said["refusal"]),
        _for_gift(fact, said["passed_to"], "gift_passed_to_you", who_id=said["passed_by"]),
    ]


def _gift_extended(fact: LeftFact) -> list[NewNotice]:
    return [_for_gift(fact, fact.payload["giver_id"], "gift_extended", hours=fact.payload["hours"])]


def _gift_opened(fact: LeftFact) -> list[NewNotice]:
    return [_for_gift(fact, fact.payload["giver_id"], "gift_opened")]


def _gift_claimed(fact: LeftFact) -> list[NewNotice]:
    """The giver of many shares hears of the first and the last; their page counts the others."""
    said = fact.payload
    shares, left = said.get("shares", 1), said.get("left", 0)
    if shares == 1:
        kind = "gift_claimed_other" if said.get("another_thing") else "gift_claimed"
        return [_for_gift(fact, said["giver_id"], kind, who_id=said["claimed_by"])]
    if left not in (0, shares - 1):
        return []
    kind = "gift_share_claimed" if left else "gift_shared_out"
    return [_for_gift(fact, said["giver_id"], kind, who_id=said["claimed_by"], shares=shares)]


def _entry_joined(_fact: LeftFact) -> list[NewNotice]:
    """The giver's open page counts; a notice for each would be noise."""
    return []


def _draw_opened(fact: LeftFact) -> list[NewNotice]:
    giver = fact.payload["giver_id"]
    return [_for_gift(fact, guest, "draw_invited", who_id=giver) for guest in fact.payload["guest_ids"]]


def _gift_drawn(fact: LeftFact) -> list[NewNotice]:
    said = fact.payload
    facts = {"entrants": said["entrants"], "winners": said["winners"]}
    return [_for_gift(fact, said["giver_id"], "gift_drawn", **facts)] if said["entrants"] else []


def _gift_awarded(fact: LeftFact) -> list[NewNotice]:
    return [_for_gift(fact, fact.payload["winner_id"], "draw_won", who_id=fact.payload["giver_id"])]


def _pack_over(fact: LeftFact) -> list[NewNotice]:
    luckiest, giver = fact.payload["luckiest_id"], fact.payload["giver_id"]
    return [] if luckiest is None else [_for_gift(fact, luckiest, "lucky_best", who_id=giver)]


def _gift_refused(fact: LeftFact) -> list[NewNotice]:
    return [_for_gift(fact, fact.payload["giver_id"], "gift_refused", refusal=fact.payload["refusal"])]


def _gift_expired(fact: LeftFact) -> list[NewNotice]:
    said = fact.payload
    shares, left = said.get("shares", 1), said.get("left", 1)
    if left < shares:
        return [_for_gift(fact, said["giver_id"], "gift_partly_expired", shares=shares, left=left)]
    return [_for_gift(fact, said["giver_id"], "gift_expired"), *_gift_gone(fact)]


def _gift_refunded(fact: LeftFact) -> list[NewNotice]:
    said = fact.payload
    return [_for_gift(fact, said["giver_id"], "gift_refunded", amount=said["amount"], currency=said["currency"])]


def _gift_reminded(fact: LeftFact) -> list[NewNotice]:
    """To whom it waits for; where it is only known to its giver, to them."""
    said = fact.payload
    if said["told_ids"] == [said["giver_id"]]:
        return [_for_gift(fact, said["giver_id"], "gift_link_ends_soon")]
    kind = "gift_half_time" if said["reminder"] == "half" else "gift_ends_soon"
    return [_for_gift(fact, person_id, kind, who_id=said["giver_id"]) for person_id in said["told_ids"]]


def _entrants_reminded(fact: LeftFact) -> list[NewNotice]:
    """To who has not entered; where who may is not known, to its giver."""
    said = fact.payload
    if said["told_ids"] == [said["giver_id"]]:
        return [_for_gift(fact, said["giver_id"], "draw_link_ends_soon")]
    return _reminders(fact, "draw")


def _winners_reminded(fact: LeftFact) -> list[NewNotice]:
    return _reminders(fact, "prize")


def _reminders(fact: LeftFact, what: str) -> list[NewNotice]:
    said = fact.payload
    kind = f"{what}_half_time" if said["reminder"] == "half" else f"{what}_ends_soon"
    return [_for_gift(fact, person_id, kind, who_id=said["giver_id"]) for person_id in said["told_ids"]]


def _gift_thanked(fact: LeftFact) -> list[NewNotice]:
    return [_for_gift(fact, fact.payload["giver_id"], "gift_thanked", who_id=fact.payload["thanked_by"])]


def _surprise_revealed(fact: LeftFact) -> list[NewNotice]:
    kind = "surprise_part_revealed" if fact.payload.get("order_id") else "surprise_revealed"
    return [_for_gift(fact, fact.payload["giver_id"], kind, who_id=fact.payload["revealed_by"])]


def _giver_shown(fact: LeftFact) -> list[NewNotice]:
    giver = fact.payload["giver_id"]
    return [_for_gift(fact, person_id, "giver_shown", who_id=giver) for person_id in fact.payload["told_ids"]]


def _link_leaked(fact: LeftFact) -> list[NewNotice]:
    said = fact.payload
    return [_for_gift(fact, said["giver_id"], "gift_link_leaks", openers=said["openers"])]


def _piece_decided(fact: LeftFact) -> list[NewNotice]:
    said = fact.payload
    of = "thanks" if said["piece"] in moderation.OF_THANKS else "gift"
    if said["verdict"] == "approved":
        return [_for_gift(fact, said["giver_id"], f"{of}_piece_approved")]
    return [_for_gift(fact, said["giver_id"], f"{of}_piece_refused", reason=said["reason"])]


def _order_paid(fact: LeftFact) -> list[NewNotice]:
    return [_for_order(fact, fact.payload["payer_id"], "order_paid")] if fact.payload["purpose"] == "self" else []


def _order_closed(fact: LeftFact) -> list[NewNotice]:
    return [_for_order(fact, fact.payload["payer_id"], "order_closed")] if fact.payload["why"] == "unpaid" else []


def _order_shipped(fact: LeftFact) -> list[NewNotice]:
    return _to_owner_and_giver(fact, "order_shipped", "gift_shipped")


def _parcel_delivered(fact: LeftFact) -> list[NewNotice]:
    return _to_owner_and_giver(fact, "order_delivered", "gift_delivered")


def _to_owner_and_giver(fact: LeftFact, to_owner: str, to_giver: str) -> list[NewNotice]:
    owner, payer = fact.payload["owner_id"], fact.payload["payer_id"]
    told = [_for_order(fact, owner, to_owner)]
    return told if payer == owner else [*told, _for_order(fact, payer, to_giver)]


def _order_received(fact: LeftFact) -> list[NewNotice]:
    return [_for_order(fact, fact.payload["owner_id"], "order_received")] if fact.payload["by"] == "time" else []


def _refund_done(fact: LeftFact) -> list[NewNotice]:
    said = fact.payload
    if said["cause_kind"] == "fund_return":
        return [_notice(fact, said["payer_id"], "share_back", "/me/account")]
    if said["cause_kind"] in ("gift", "fund"):
        return []  # GiftRefunded says it better
    return [_for_order(fact, said["payer_id"], "refund_done", amount=said["amount"], currency=said["currency"])]


def _refund_failed(fact: LeftFact) -> list[NewNotice]:
    """Who waits for it learns that it is kept for them, and tried again."""
    said, facts = fact.payload, {"amount": fact.payload["amount"], "currency": fact.payload["currency"]}
    if said["cause_kind"] in ("fund", "fund_return"):
        return [_notice(fact, said["payer_id"], "share_stuck", "/me/balances")]
    return [_notice(fact, said["payer_id"], "refund_failed", "/me/balances", order_id=said["order_id"], **facts)]


def _balance_waits(fact: LeftFact) -> list[NewNotice]:
    return [_of_balance(fact, "balance_waits")]


def _balance_returned(fact: LeftFact) -> list[NewNotice]:
    """However it went: also where an operator paid it by hand."""
    return [_of_balance(fact, "balance_returned")]


def _of_balance(fact: LeftFact, kind: str) -> NewNotice:
    facts = {name: fact.payload[name] for name in ("balance_id", "amount", "currency")}
    return _notice(fact, fact.payload["payer_id"], kind, "/me/balances", **facts)


def _aftersale_moved(fact: LeftFact) -> list[NewNotice]:
    said, told = fact.payload, []
    if fact.actor_id != said["owner_id"]:
        moved = _for_order(fact, said["owner_id"], "aftersale_moved", case_id=said["case_id"], state=said["state"])
        told.append(moved)
    if said["payer_id"] != said["owner_id"] and said["step"] in _AFTERSALE_STEPS_FOR_A_GIVER:
        told.append(_for_order(fact, said["payer_id"], "gift_aftersale", state=said["state"]))
    return told


def _refund_ask_moved(fact: LeftFact) -> list[NewNotice]:
    """Who has the gift hears the ask; its giver a yes, or that there is none: a no and silence are told alike."""
    said = fact.payload
    link, facts = f"/gifts/{said['about_gift_id']}", {"order_id": said["order_id"]}
    if said["state"] == "waiting":
        return [_notice(fact, said["owner_id"], "refund_asked", link, **facts, who_id=said["payer_id"])]
    kind = "refund_agreed" if said["state"] == "agreed" else "refund_declined"
    return [_notice(fact, said["payer_id"], kind, link, **facts)]


def _swap_moved(fact: LeftFact) -> list[NewNotice]:
    """The recipient hears what became of it; that they took it back they know. The giver hears nothing."""
    kind = {4: "swap_approved", 5: "swap_rejected", 7: "swap_timed_out"}.get(fact.payload["state"])
    return [] if kind is None else [_for_order(fact, fact.payload["owner_id"], kind)]


def _present_offered(fact: LeftFact) -> list[NewNotice]:
    link = f"/p/{fact.payload['code']}"
    return [
        _notice(fact, guest, "present_offered", link, activity_id=fact.subject_id)
        for guest in fact.payload["guest_ids"]
    ]


def _activity_ended(fact: LeftFact) -> list[NewNotice]:
    """Who made it hears that it is over; who stopped it knows."""
    said = fact.payload
    if said["how"] == "stopped":
        return []
    link = f"/desk/shops/{said['shop_id']}/activities"
    facts = {"activity_id": fact.subject_id, "taken": said["taken"], "left": said["left"]}
    return [_notice(fact, said["made_by"], "activity_ended", link, **facts)]


def _voucher_moved(fact: LeftFact) -> list[NewNotice]:
    """Its holder hears what others did with it; what they did themselves they know."""
    said = fact.payload
    if said["step"] in ("issued", "refunded"):
        return []
    link = f"/vouchers/{said['voucher_id']}"
    return [_notice(fact, said["holder_id"], f"voucher_{said['step']}", link, order_id=said["order_id"])]


def _order_hurried(fact: LeftFact) -> list[NewNotice]:
    """The shop's people."""
    said = fact.payload
    link = f"/desk/shops/{said['shop_id']}/orders/{said['order_id']}"
    facts = {"order_id": said["order_id"], "times": said["times"]}
    return [_notice(fact, person_id, "order_hurried", link, **facts) for person_id in said["told_ids"]]


def _order_late_paid(fact: LeftFact) -> list[NewNotice]:
    """Who paid for it, and the shop's people. Who gets the goods hears no amount, and nothing."""
    said = fact.payload
    sum_of = {"amount": said["amount"], "currency": said["currency"]}
    link = f"/desk/orders/{said['order_id']}"
    desk = [
        _notice(fact, person_id, "shop_was_late", link, order_id=said["order_id"], **sum_of)
        for person_id in said["told_ids"]
    ]
    return [_for_order(fact, said["payer_id"], "order_late_paid", **sum_of), *desk]


def _webhook_off(fact: LeftFact) -> list[NewNotice]:
    shop_id = fact.payload["shop_id"]
    desk = f"/desk/shops/{shop_id}" if shop_id else "/desk/operator"
    link = f"{desk}/webhooks/{fact.subject_id}"
    return [_notice(fact, person_id, "webhook_off", link) for person_id in fact.payload["told_ids"]]


def _friend_asked(fact: LeftFact) -> list[NewNotice]:
    return [_notice(fact, fact.payload["asked_id"], "friend_asked", "/friends", who_id=fact.payload["asker_id"])]


def _day_comes(fact: LeftFact) -> list[NewNotice]:
    kind = "birthday_comes" if fact.payload["is_birthday"] else "day_comes"
    return [_notice(fact, fact.payload["told_id"], kind, "/days", who_id=fact.payload["who_id"])]


def _yearly_proposed(fact: LeftFact) -> list[NewNotice]:
    return [_notice(fact, fact.payload["giver_id"], "yearly_ready", _rule_of(fact), who_id=fact.payload["who_id"])]


def _yearly_not_given(fact: LeftFact) -> list[NewNotice]:
    said = fact.payload
    facts = {"who_id": said["who_id"], "why": said["why"]}
    return [_notice(fact, said["giver_id"], "yearly_not_given", _rule_of(fact), **facts)]


def _rule_of(fact: LeftFact) -> str:
    return f"/yearly/{fact.subject_id}"


def _friends_made(fact: LeftFact) -> list[NewNotice]:
    return [_notice(fact, fact.payload["asker_id"], "friends_made", "/friends", who_id=fact.payload["accepted_by"])]


def _fund_started(fact: LeftFact) -> list[NewNotice]:
    said = fact.payload
    return [_for_fund(fact, person_id, "fund_invited", said["starter_id"]) for person_id in said["told_ids"]]


def _fund_joined(fact: LeftFact) -> list[NewNotice]:
    starter, joined = fact.payload["starter_id"], fact.payload["person_id"]
    return [] if joined == starter else [_for_fund(fact, starter, "fund_joined", joined)]


def _fund_ended(fact: LeftFact) -> list[NewNotice]:
    said = fact.payload
    kind = {"full": "fund_full", "short": "fund_short", "called_off": "fund_called_off"}[said["state"]]
    told = [one for one in said["told_ids"] if (kind, one) != ("fund_called_off", said["starter_id"])]
    return [_for_fund(fact, person_id, kind, said["starter_id"]) for person_id in told]


def _for_fund(fact: LeftFact, person_id: int, kind: str, who_id: int) -> NewNotice:
    fund_id = fact.payload["fund_id"]
    return _notice(fact, person_id, kind, f"/funds/{fund_id}", fund_id=fund_id, who_id=who_id)


HEARD: dict[str, Callable[[LeftFact], list[NewNotice]]] = {
    "GiftReadyToClaim": _gift_ready,
    "GiftScheduled": _gift_scheduled,
    "GiftRescheduled": _gift_scheduled,
    "GiftReaddressed": _gift_readdressed,
    "GiftExtended": _gift_extended,
    "GiftOpened": _gift_opened,
    "GiftClaimed": _gift_claimed,
    "GiftEntryJoined": _entry_joined,
    "DrawOpened": _draw_opened,
    "GiftDrawn": _gift_drawn,
    "GiftAwarded": _gift_awarded,
    "LuckyPackOver": _pack_over,
    "GiftRefused": _gift_refused,
    "GiftExpired": _gift_expired,
    "GiftWithdrawn": _gift_gone,
    "GiftKept": _gift_gone,
    "GiftPassedOn": _gift_passed_on,
    "GiftRefunded": _gift_refunded,
    "LinkLeaked": _link_leaked,
    "GiftReminded": _gift_reminded,
    "EntrantsReminded": _entrants_reminded,
    "WinnersReminded": _winners_reminded,
    "GiftThanked": _gift_thanked,
    "SurpriseRevealed": _surprise_revealed,
    "GiverShown": _giver_shown,
    "PieceDecided": _piece_decided,
    "OrderPaid": _order_paid,
    "OrderClosed": _order_closed,
    "OrderShipped": _order_shipped,
    "ParcelDelivered": _parcel_delivered,
    "OrderReceived": _order_received,
    "RefundDone": _refund_done,
    "RefundFailed": _refund_failed,
    "BalanceWaits": _balance_waits,
    "BalanceReturned": _balance_returned,
    "AftersaleMoved": _aftersale_moved,
    "RefundAskMoved": _refund_ask_moved,
    "OrderHurried": _order_hurried,
    "OrderLatePaid": _order_late_paid,
    "SwapMoved": _swap_moved,
    "PresentOffered": _present_offered,
    "ActivityEnded": _activity_ended,
    "VoucherMoved": _voucher_moved,
    "FundStarted": _fund_started,
    "FundJoined": _fund_joined,
    "FundEnded": _fund_ended,
    "FriendAsked": _friend_asked,
    "FriendsMade": _friends_made,
    "DayComes": _day_comes,
    "YearlyProposed": _yearly_proposed,
    "YearlyNotGiven": _yearly_not_given,
    "WebhookDisabled": _webhook_off,
}
LISTENS_FOR = frozenset({*HEARD, "MessageSaid"})
