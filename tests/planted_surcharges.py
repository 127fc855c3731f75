"""What somebody could do to extra freight that was allowed: each is found by exactly its check."""

from __future__ import annotations

SURCHARGED: dict[str, str] = {
    "more was used than stayed": """
        UPDATE surcharge_allowed SET used_amount = used_amount + 1, back_amount = back_amount - 1""",
    "its order knows nothing of it": "UPDATE order_order SET freight_back = 0 WHERE freight_back > 0",
    "it was forgotten": "DELETE FROM surcharge_allowed",
    "it was never settled": """
        UPDATE surcharge_allowed
           SET served_order_id = NULL, used_amount = NULL, back_amount = NULL, settled_at = NULL""",
    "more was allowed than was paid": """
        UPDATE surcharge_allowed SET allowed_amount = allowed_amount + 100000, used_amount = used_amount + 100000""",
}
