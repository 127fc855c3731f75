"""What somebody could do to the orders of a set: each is found by exactly its check."""

from __future__ import annotations

SETS: dict[str, str] = {
    "a shop's part went to somebody else": "UPDATE order_order SET owner_id = <cai> WHERE id = <set_part>",
    "a shop's part is another shop's": "UPDATE order_order SET shop_id = 7 WHERE id = <set_part>",
    "a part goes somewhere else": "UPDATE order_order SET region_code = 110000 WHERE id = <set_part>",
    "a part holds another style": """
        UPDATE order_section SET first_line = 1, last_line = 1 WHERE part_id = <set_part>;
        UPDATE order_section SET first_line = 2, last_line = 2 WHERE order_id =
          (SELECT order_id FROM order_section WHERE part_id = <set_part>) AND n = 1""",
    "sections share out more than was paid": """
        UPDATE order_section SET freight_amount = freight_amount + 1 WHERE order_id =
          (SELECT order_id FROM gift_gift WHERE id = <set_waiting>) AND n = 2""",
    "a set says it holds more than it does": "UPDATE gift_gift SET pieces = pieces + 1 WHERE id = <set_waiting>",
    "a set holds a style that was not given": """
        UPDATE gift_set_thing SET sku_id = sku_id + 1, equal_skus = array_append(equal_skus, sku_id)
         WHERE gift_id = <set_waiting> AND n = 1""",
    "a set holds more of a thing than was given": """
        UPDATE gift_set_thing SET quantity = quantity + 1 WHERE gift_id = <set_waiting> AND n = 1""",
    "a gift says it is another shop's": "UPDATE gift_gift SET shop_id = 1 WHERE id = <set_waiting>",
}
