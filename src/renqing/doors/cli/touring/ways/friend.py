"""To one friend: one thing, and then a set of two shops that is wrapped, paid and claimed once."""

from __future__ import annotations

from renqing.doors.cli.touring.books import paid, together
from renqing.doors.cli.touring.stage import Stage, Told, holds_amount

_NOT_THERE = (404, "order_unknown")


def to_one_friend(stage: Stage) -> Told:
    """A single gift; then three pieces of two shops, each of which sends its own parcel and sees nothing else."""
    players, other = stage.players, stage.company.other
    recipient = players.recipient
    one = stage.give()
    stage.open_envelope(one)
    order_id = stage.claim(one)
    stage.hand_over(order_id, recipient)

    pieces = [{"sku_id": players.given_sku}, {"sku_id": other.wares[0].sku_id, "quantity": 2}]
    both = stage.give(lines=pieces)
    early = other.staff.refusal_of("GET", f"/v1/shops/{other.shop_id}/orders/{both['order_id']}")
    stage.saw(other.staff, "set_unclaimed", right=early == _NOT_THERE)
    inside = stage.unwrap(both, recipient)
    count = sum(line["quantity"] for part in inside["parts"] for line in part["lines"])
    right = count == 3 and len(inside["parts"]) == 2 and not holds_amount(inside)
    stage.saw(recipient, "set_opened", right=right, n=count, shops=len(inside["parts"]))
    stage.claim(both)
    parts = {part["shop_id"]: part["order_id"] for part in recipient.get(f"/v1/gifts/{both['gift_id']}")["parts"]}
    places = (("shop", players.shop, players.shop_id, 1), ("other_shop", other.staff, other.shop_id, 2))
    for account, shop, shop_id, pieces_here in places:
        order = shop.get(f"/v1/shops/{shop_id}/orders/{parts[shop_id]}")
        right = [line["to_ship"] for line in order["lines"]] == [pieces_here] and players.giver.name not in str(order)
        stage.saw(shop, "set_part", right=right, n=pieces_here, region=order["region"])
        stage.hand_over(parts[shop_id], recipient, account)
    stage.giver_sees(both, "received")
    of_shop, of_other = parts[players.shop_id], parts[other.shop_id]
    total = both["total"]["amount"]
    stage.adds_up(total, (stage.cost(of_shop), stage.cost(of_other, "other_shop")))
    should = together(
        paid(one["total"]["amount"]),
        stage.due(order_id),
        paid(total),
        stage.due(of_shop),
        stage.due(of_other, "other_shop"),
    )
    return stage.summed_up("friend", [one["order_id"], both["order_id"], of_shop, of_other], should)
