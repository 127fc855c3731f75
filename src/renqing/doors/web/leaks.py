"""A gift whose link went around, on its giver's page: one tap lets it be claimed all the same."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.web.shell import deed, form_of, go, my_id
from renqing.journeys.let_a_gift_go_on import LetAGiftGoOn, let_a_gift_go_on

allow(Audience.PERSON, "POST /gifts/{gift_id:str}/going-on")


@post("/gifts/{gift_id:str}/going-on")
async def let_go_on(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Whoever has the link may claim it."""
    form, number = await form_of(request), id_in(gift_id)
    await let_a_gift_go_on(house_of(request).ground, LetAGiftGoOn(my_id(request), number), deed(request, form))
    return go(request, f"/gifts/{number}")


routes = [let_go_on]
