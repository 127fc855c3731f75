"""To a group, first come: equal shares of which one is left over, then a large and a small one."""

from __future__ import annotations

from renqing.doors.cli.touring.books import gone_back, paid, together
from renqing.doors.cli.touring.programs import Program
from renqing.doors.cli.touring.stage import Stage, Told

_GONE = (404, "gift_not_available")
_HOURS = 24


def to_a_group(stage: Stage) -> Told:
    """Three shares of which two are taken, a day later one refund for the third; then two tiers, and one too late."""
    players, company = stage.players, stage.company
    equal = stage.give(recipient_id=None, group_id=company.group_id, shares=3, open_for_hours=_HOURS)
    first = [_take(stage, who, equal, n, 3) for n, who in enumerate((players.recipient, company.friend), 1)]
    again = stage.claim_as(players.recipient, equal)
    stage.saw(players.recipient, "one_share_each", right=again == first[0])
    stage.move_on(_HOURS)
    back = stage.back_in_part(equal)
    for order_id, who in zip(first, (players.recipient, company.friend), strict=True):
        stage.hand_over(order_id, who)
    stage.adds_up(equal["total"]["amount"], map(stage.cost, first), back)

    tiers = [{"sku_id": players.given_sku, "shares": 1}, {"sku_id": players.other_sku, "shares": 1}]
    ranked = stage.give(recipient_id=None, group_id=company.group_id, shares=2, tiers=tiers)
    second = [_take(stage, who, ranked, n, 2) for n, who in enumerate(company.friends, 1)]
    for order_id, who, style in zip(second, company.friends, (players.given_style, players.other_style), strict=True):
        got = " ".join(who.get(f"/v1/orders/{order_id}")["lines"][0]["product"]["specs"])
        stage.saw(who, "tier_got", right=got == style, style=got)
        stage.hand_over(order_id, who)
    asked = {"gift_id": ranked["gift_id"], "address_id": players.recipient_address}
    late = players.recipient.refusal_of("POST", "/v1/gifts/claims", asked)
    stage.saw(players.recipient, "too_late", right=late == _GONE)
    stage.adds_up(ranked["total"]["amount"], map(stage.cost, second))
    totals = equal["total"]["amount"], ranked["total"]["amount"]
    should = together(*map(paid, totals), gone_back(back), *map(stage.due, (*first, *second)))
    return stage.summed_up("group", [equal["order_id"], ranked["order_id"], *first, *second], should)


def _take(stage: Stage, who: Program, gift: dict[str, str], n: int, shares: int) -> str:
    """Somebody opens it and takes a share; its giver's count goes up at once."""
    stage.unwrap(gift, who)
    order_id = stage.claim_as(who, gift)
    many = stage.players.giver.get(f"/v1/gifts/{gift['gift_id']}")["many"]
    right = (many["claimed"], many["shares"]) == (n, shares)
    stage.saw(stage.players.giver, "count", right=right, who=who.name, claimed=many["claimed"], shares=many["shares"])
    return order_id
