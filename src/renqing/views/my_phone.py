"""My own phone, opened for me alone: where a code of mine is sent."""

from __future__ import annotations

from renqing.books import people
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground


class NoPhone(NotFound):
    """This account has no phone: demo people have none."""

    code = "no_phone"


async def my_phone(ground: Ground, reader_id: int) -> str:
    """The reader's phone, digits only. Raises NoPhone."""
    phone = await ground.db.run(lambda tx: people.phone_of(tx, reader_id), actor=reader_id)
    if phone is None:
        raise NoPhone
    return phone
