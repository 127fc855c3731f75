"""A group's draw, and its audit: the tour works the winners out by itself, from the public record and nothing else."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

import msgspec

from renqing.doors.cli.touring.books import paid, together
from renqing.doors.cli.touring.programs import wait_for
from renqing.doors.cli.touring.stage import Stage, Told
from renqing.foundation.ids import random_bytes

_NOT_WON = (403, "nothing_won")
_HOURS, _AWARD_HOURS = 72, 24
_PRIZES, _ENTRANTS = 2, 3


def drawn_in_a_group(stage: Stage) -> Told:
    """Three enter for two prizes; one winner claims, the other lets a day pass, and the next in line has it."""
    players, company = stage.players, stage.company
    entrants = {who.person_id: who for who in (players.recipient, *company.friends)}
    now = players.nobody.get("/v1/demo/clock")["now"]
    gift = stage.give(
        recipient_id=None,
        group_id=company.group_id,
        shares=_PRIZES,
        open_for_hours=_HOURS,
        draw={"draw_at": _later(now), "entrants_max": _ENTRANTS},
    )
    name = players.giver.get(f"/v1/gifts/{gift['gift_id']}")["draw"]["commitment"]
    before = players.nobody.get(f"/v1/draws/{name}")
    stage.saw(players.nobody, "draw_before", right=before["seed"] is None and not before["winners"], name=name[:12])
    receipts = []
    for who in entrants.values():
        stage.unwrap(gift, who)
        nonce = random_bytes(16).hex()
        receipts.append(who.post("/v1/gifts/entries", {"gift_id": gift["gift_id"], "nonce": nonce}))
        stage.saw(who, "draw_entered", right=receipts[-1]["nonce"] == nonce, n=receipts[-1]["n"])

    def drawn() -> dict[str, Any] | None:
        record: dict[str, Any] = players.nobody.get(f"/v1/draws/{name}")
        return record if record["drawn_at"] else None

    record = wait_for("draw", drawn)
    entries = players.nobody.get(f"/v1/draws/{name}/entries")["entries"]
    found = audit(before, record, entries, [receipt["head"] for receipt in receipts])
    order = found.order
    stage.saw(players.nobody, "audit_seed", right=found.seed)
    stage.saw(players.nobody, "audit_chain", right=found.chain, n=len(entries))
    stage.saw(players.nobody, "audit_winners", right=found.winners, order=", ".join(map(str, order)))
    by_number = {receipt["n"]: who for receipt, who in zip(receipts, entrants.values(), strict=True)}
    first, second, third = (by_number[n] for n in order)
    asked = {"gift_id": gift["gift_id"], "address_id": company.address_ids[third.person_id]}
    stage.saw(third, "draw_lost", right=third.refusal_of("POST", "/v1/gifts/claims", asked) == _NOT_WON)
    orders = [stage.claim_as(first, gift)]
    stage.saw(first, "draw_claimed")
    stage.move_on(_AWARD_HOURS)
    wait_for("draw", lambda: _next(players.nobody.get(f"/v1/draws/{name}"), order[2]))
    missed = {**asked, "address_id": company.address_ids[second.person_id]}
    stage.saw(second, "draw_lapsed", right=second.refusal_of("POST", "/v1/gifts/claims", missed) == _NOT_WON)
    orders.append(stage.claim_as(third, gift))
    stage.saw(third, "draw_next")
    for order_id, who in zip(orders, (first, third), strict=True):
        stage.hand_over(order_id, who)
    total = gift["total"]["amount"]
    stage.adds_up(total, map(stage.cost, orders))
    return stage.summed_up("draw", [gift["order_id"], *orders], together(paid(total), *map(stage.due, orders)))


def _later(now: str) -> str:
    return (datetime.fromisoformat(now) + timedelta(hours=_AWARD_HOURS)).isoformat()


def _next(record: dict[str, Any], entry_n: int) -> bool | None:
    return True if any(one["entry_n"] == entry_n for one in record["winners"]) else None


# the audit, by the words of docs/decisions/fair-draw.md and nothing of the house's own code ---------------------------
def _hashed(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode("ascii")).hexdigest()


class Audit(msgspec.Struct, frozen=True):
    """What a draw's public record says, worked out anew: each part right or not, and the order of all entries."""

    seed: bool
    chain: bool
    winners: bool
    order: list[int]


def audit(
    before: dict[str, Any], record: dict[str, Any], entries: list[dict[str, Any]], heads_kept: list[str]
) -> Audit:
    """``before``: the record as it stood before anybody entered; ``heads_kept``: from the entrants' receipts."""
    seed = bytes.fromhex(record["seed"])
    promised = (before["prizes"], before["draw_at_seconds"], before["entrants_max"])
    heads = [_hashed("renqing-draw-1", before["commitment"], *promised)]
    for entry in entries:
        heads.append(_hashed(heads[-1], entry["n"], entry["tag"], entry["nonce"]))

    def score(n: int) -> bytes:
        return hmac.digest(seed, f"{heads[-1]}|{n}".encode("ascii"), "sha256")

    order = sorted((entry["n"] for entry in entries), key=lambda n: (score(n), n))
    return Audit(
        seed=hashlib.sha256(seed).hexdigest() == before["commitment"],
        chain=heads[1:] == heads_kept and heads[-1] == record["head"],
        winners=[winner["entry_n"] for winner in record["winners"]] == order[: record["prizes"]],
        order=order,
    )
