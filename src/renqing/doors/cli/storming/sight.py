"""What is so: every order's face, the stock, the accounts and the bank's statement, in two looks.

It reads tables and not our views, so that a view's mistake cannot hide a fact.
"""

from __future__ import annotations

from typing import Any

import msgspec

from renqing.doors.cli.storming.baton import Observer
from renqing.doors.cli.storming.model import Order

# A share's refunds go to the payment of its whole: a case says whose they are.
_OF_THIS = """CASE WHEN r.cause_kind = 'aftersale'
    THEN r.cause_id IN (SELECT c.id FROM aftersale_case c WHERE c.order_id = o.id) ELSE o.part_of IS NULL END"""
# Two refunds of one amount are told apart by their cases: the bank may have done either first.
_CASE_N = """CASE WHEN r.cause_kind = 'aftersale'
    THEN (SELECT count(*) FROM aftersale_case c WHERE c.order_id = o.id AND c.id <= r.cause_id) ELSE 0 END"""
_LOOK = f"""
SELECT json_build_object(
  'orders', (SELECT coalesce(json_agg(json_build_object(
      'id', o.id, 'intent_id', CASE WHEN o.part_of IS NULL THEN i.id ELSE 0 END,
      'face', json_build_array(o.payer_id, o.owner_id, o.state, o.refunded_amount, o.settled_at IS NOT NULL,
         i.state, i.asked_at IS NOT NULL,
         (SELECT json_agg(json_build_array(l.sku_id, l.quantity, l.shipped, l.refunded, l.cancelled) ORDER BY l.n)
            FROM order_line l WHERE l.order_id = o.id),
         CASE WHEN g.id IS NOT NULL
              THEN json_build_array(g.state, g.claimed_by, g.opened_at IS NOT NULL, g.recipient_id, g.shares,
                (SELECT coalesce(json_agg(s.person_id ORDER BY s.n), '[]') FROM gift_share s WHERE s.gift_id = g.id),
                g.ended_how,
                EXISTS (SELECT 1 FROM outbox_fact f WHERE f.kind = 'GiftOpened' AND f.subject_id = g.id)) END,
         (SELECT coalesce(json_agg(json_build_array(c.line_n, c.kind, c.state, c.quantity, c.amount) ORDER BY c.id),
                          '[]') FROM aftersale_case c WHERE c.order_id = o.id),
         (SELECT coalesce(json_agg(json_build_array(r.cause_kind, {_CASE_N}, r.amount, r.state = 'done')
                          ORDER BY r.cause_kind, {_CASE_N}, r.amount, r.state = 'done'), '[]')
            FROM payment_refund r WHERE r.intent_id = i.id AND {_OF_THIS}),
         coalesce(o.part_of, 0), (SELECT count(*) FROM shipping_parcel p WHERE p.order_id = o.id)),
      'gift_id', coalesce(g.id, 0),
      'cases', (SELECT coalesce(json_agg(c.id ORDER BY c.id), '[]') FROM aftersale_case c WHERE c.order_id = o.id),
      'backs', (SELECT coalesce(json_agg(json_build_array(r.cause_kind, r.cause_id, r.id)), '[]')
                  FROM payment_refund r WHERE r.intent_id = i.id AND {_OF_THIS})) ORDER BY o.id), '[]')
    FROM order_order o JOIN payment_intent i ON i.order_id = coalesce(o.part_of, o.id)
    LEFT JOIN gift_gift g ON g.order_id = o.id),
  'kept', (SELECT coalesce(json_agg(json_build_array(subject_id, key)), '[]') FROM once_answer),
  'carts', (SELECT coalesce(json_agg(json_build_array(person_id, sku_id, quantity)), '[]') FROM cart_line),
  'stock', (SELECT coalesce(json_agg(json_build_array(sku_id, on_hand, held)), '[]') FROM stock_item),
  'accounts', (SELECT coalesce(json_agg(json_build_array(
        CASE owner_kind WHEN 'shop' THEN 'shop' WHEN 'person' THEN 'person' ELSE kind END, balance, held)), '[]')
    FROM ledger_account))"""


class SeenOrder(msgspec.Struct, frozen=True):
    """An order as it is, and the ids that the model does not know by itself. ``raw`` is its face as it came."""

    id: int
    intent_id: int
    raw: msgspec.Raw = msgspec.field(name="face")
    gift_id: int = 0
    cases: tuple[int, ...] = ()
    backs: tuple[tuple[str, int, int], ...] = ()

    @property
    def face(self) -> Any:
        return _frozen(msgspec.json.decode(self.raw))


class Seen(msgspec.Struct, frozen=True):
    """Everything that is compared."""

    orders: tuple[SeenOrder, ...]
    kept: frozenset[tuple[int, str]]
    carts: tuple[tuple[int, int, int], ...]
    stock: tuple[tuple[int, int, int], ...]
    accounts: tuple[tuple[str, int, int], ...]


async def look(observer: Observer) -> Seen:
    """One unmoving picture: a single statement."""
    return msgspec.json.decode(await observer.ask(_LOOK), type=Seen)


def _frozen(value: Any) -> Any:
    """Lists as tuples, so that a face from JSON equals the model's."""
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


def named(order: Order, seen: SeenOrder) -> Order:
    """The model's order with the ids that it was seen to have: what a person learns from answers and pages."""
    refund_of = {(kind, cause): refund_id for kind, cause, refund_id in seen.backs}
    cases = tuple(
        msgspec.structs.replace(case, id=case_id) for case, case_id in zip(order.cases, seen.cases, strict=True)
    )
    causes = {"gift": seen.gift_id, "late_payment": seen.id}
    backs = tuple(
        msgspec.structs.replace(back, id=refund_of[back.why, causes.get(back.why) or cases[back.case_n - 1].id])
        for back in order.backs
    )
    gift = order.gift and msgspec.structs.replace(order.gift, id=seen.gift_id)
    return msgspec.structs.replace(order, id=seen.id, intent_id=seen.intent_id, gift=gift, cases=cases, backs=backs)
