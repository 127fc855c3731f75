"""One of my addresses as a form shows it: opened for its owner, with the way down to its region."""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.books.people import Address
from renqing.foundation.ground import Ground


class AddressForm(msgspec.Struct, frozen=True):
    """An address and the codes of its province, city, county and street, as far as there are."""

    address: Address
    region_path: list[int]


_PATH = """
WITH RECURSIVE up AS (
  SELECT code, parent_code, level FROM people_region WHERE code = $1
  UNION ALL SELECT r.code, r.parent_code, r.level FROM people_region r JOIN up ON r.code = up.parent_code)
SELECT code FROM up ORDER BY level
"""


async def address_form(ground: Ground, reader_id: int, address_id: int) -> AddressForm:
    """An address of the reader's. Raises AddressUnknown."""
    address = await ground.db.run(lambda tx: people.open_address(tx, reader_id, address_id), actor=reader_id)
    return AddressForm(address, [row["code"] for row in await ground.db.fetch(_PATH, address.region_code)])
