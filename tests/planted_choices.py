"""What somebody could do to what was chosen instead: each is found by exactly its check."""

from __future__ import annotations

_PART = "(SELECT part_id FROM choice_choice x JOIN gift_gift g ON g.order_id = x.order_id WHERE g.id = <chosen>)"

CHOSEN: dict[str, str] = {
    "what was chosen is another shop's": f"UPDATE order_order SET shop_id = 7 WHERE id = {_PART}",
    "a thing of another shop is among it": f"""
        UPDATE order_line SET product_id = (SELECT min(id) FROM catalog_product WHERE shop_id <>
          (SELECT shop_id FROM gift_gift WHERE id = <chosen>)) WHERE order_id = {_PART}""",
    "it is told as what was given": """
        UPDATE outbox_fact SET payload = payload || '{"another_thing": false}'
         WHERE kind = 'GiftClaimed' AND subject_id = <chosen>""",
    "what was claimed as it was is told as something else": """
        UPDATE outbox_fact SET payload = payload || '{"another_thing": true}'
         WHERE kind = 'GiftClaimed' AND subject_id = <claimed>""",
}
