"""A lucky pack of vouchers: three grab at once, and everybody works out that the order was fixed before."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from renqing.doors.cli.touring.books import gone_back, paid, together
from renqing.doors.cli.touring.programs import Program, wait_for
from renqing.doors.cli.touring.stage import Stage, Told
from renqing.doors.cli.touring.ways.voucher import give_back, redeem, voucher_of

_SHARES = 3


def lucky_pack(stage: Stage) -> Told:
    """One dear voucher and two cheap ones; the luckiest uses theirs, the others give theirs back to who paid."""
    players, street = stage.players, stage.company.street
    tiers = [{"sku_id": street.dear.sku_id, "shares": 1}, {"sku_id": street.cheap.sku_id, "shares": _SHARES - 1}]
    gift = stage.give(
        sku_id=street.dear.sku_id,
        recipient_id=None,
        group_id=stage.company.group_id,
        shares=_SHARES,
        tiers=tiers,
        lucky=True,
    )
    people = (players.recipient, *stage.company.friends)
    for who in people:
        who.post("/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    sealed = players.recipient.get(f"/v1/gifts/{gift['gift_id']}")["many"]["lucky"]
    stage.saw(players.recipient, "lucky_sealed", right=sealed["seed"] is None and sealed["order"] == [], n=_SHARES)
    orders = _grab_at_once(people, gift["gift_id"])
    stage.saw(players.giver, "lucky_grabbed", right=len(set(orders.values())) == _SHARES, n=_SHARES)
    luckiest = _audit(stage, gift["gift_id"], sealed, people)
    used = orders[luckiest.person_id]
    redeem(stage, luckiest, voucher_of(luckiest, used))
    back = []
    for who in people:
        if who is not luckiest:
            give_back(stage, who, voucher_of(who, orders[who.person_id]))
            back.append(stage.cost(orders[who.person_id], "street"))
    wait_for("refund", lambda: stage.is_back([gift["order_id"]], sum(back)))
    stage.saw(players.giver, "back", amount=stage.money(sum(back)))
    total = gift["total"]["amount"]
    stage.adds_up(total, [stage.cost(used, "street"), *back])
    should = together(paid(total), stage.due(used, "street"), *map(gone_back, back))
    return stage.summed_up("lucky", [gift["order_id"], *orders.values()], should)


def _grab_at_once(people: Sequence[Program], gift_id: str) -> dict[str, str]:
    """Everybody asks in the same moment; the order of each."""

    def grab(who: Program) -> str:
        return str(who.post("/v1/gifts/claims", {"gift_id": gift_id})["order_id"])

    with ThreadPoolExecutor(len(people)) as hands:
        return dict(zip((who.person_id for who in people), hands.map(grab, people), strict=True))


def _audit(stage: Stage, gift_id: str, sealed: dict[str, Any], people: Sequence[Program]) -> Program:
    """By the words of docs/decisions/lucky-packs.md: the order that the seed fixed is the one that was dealt."""

    def over() -> dict[str, Any] | None:
        pack: dict[str, Any] = stage.players.giver.get(f"/v1/gifts/{gift_id}")["many"]["lucky"]
        return pack if pack["seed"] else None

    pack = wait_for("pack", over)
    seed = bytes.fromhex(pack["seed"])
    order = sorted(range(1, _SHARES + 1), key=lambda n: hmac.digest(seed, f"renqing-lucky-1|{n}".encode(), "sha256"))
    dealt = [one["share"] for one in sorted(pack["dealt"], key=lambda one: one["place"])]
    right = hashlib.sha256(seed).hexdigest() == sealed["commitment"] and order == pack["order"] == dealt
    said = ", ".join(map(str, order))
    stage.saw(stage.players.nobody, "lucky_audit", right=right, order=said)
    best = next(one for one in pack["dealt"] if one["luckiest"])
    luckiest = next(who for who in people if who.person_id == best["person"]["id"])
    stage.saw(luckiest, "luckiest", right=best["share"] == 1, product=stage.company.street.dear.name)
    return luckiest
