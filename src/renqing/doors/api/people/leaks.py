"""A gift whose link went around: its giver lets it be claimed all the same."""

from __future__ import annotations

import msgspec
from litestar import post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in, once_without_body, reader_of
from renqing.journeys.let_a_gift_go_on import LetAGiftGoOn, let_a_gift_go_on
from renqing.social.gifts import GiftNotAvailable

allow(Audience.PERSON, "POST /v1/gifts/{gift_id:str}/going-on")


class GoesOnOut(msgspec.Struct, frozen=True):
    """Whoever has its link can claim it."""

    gift_id: str


@post("/v1/gifts/{gift_id:str}/going-on", tags=["giving"], status_code=HTTP_200_OK, refuses=(GiftNotAvailable,))
async def let_go_on(request: AnyRequest, gift_id: FromPath[str]) -> GoesOnOut:
    """Let a gift of yours be claimed whose link went around; `held_until` says until when it would wait for you."""
    ask = LetAGiftGoOn(reader_of(request).person_id, id_in(gift_id))
    done = await let_a_gift_go_on(house_of(request).ground, ask, await once_without_body(request))
    return GoesOnOut(str(done.gift_id))


routes = [let_go_on]
