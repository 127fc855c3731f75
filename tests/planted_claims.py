"""Faults that are planted in what becomes of a gift before and after its claim."""

from __future__ import annotations

# What somebody did to a gift that moved on: how.
PASSED_ON = {
    "nobody is said to have passed it on": "UPDATE gift_gift SET passed_by = NULL WHERE passed_by IS NOT NULL",
}
# What somebody did to what a giver kept: how.
KEPT = {
    "somebody else has what its giver kept": """
        UPDATE order_order SET owner_id = <bo> WHERE part_of IS NOT NULL AND purpose = 'self'""",
}
