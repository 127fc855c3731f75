"""The platform's list of charities on the operator's desk."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.books.people import NewAddress
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, id_in
from renqing.doors.web.addresses import REGION_CODE_MAX
from renqing.doors.web.desk_frame import ground_of, operator_page
from renqing.doors.web.shell import Form, deed, form_of, go, my_id, whole
from renqing.foundation.errors import FieldNotValid, NotFound, Refusal
from renqing.journeys.keep_charities import AddACharity, EndACharity, add_a_charity, end_a_charity
from renqing.social.charities import ABOUT_CHARACTERS_MAX, NAME_CHARACTERS_MAX, NewCharity, listed

BASE = "/desk/operator/charities"
allow(Audience.OPERATOR, f"GET {BASE}", f"POST {BASE}", f"POST {BASE}/{{charity_id:str}}/end")


async def _page(request: AnyRequest, refusal: Refusal | None = None, form: Form | None = None) -> Response[str]:
    return await operator_page(
        request,
        "desk/operator/charities.html",
        "charities",
        refusal,
        charities=await listed(ground_of(request).db),
        form=form or {},
        name_max=NAME_CHARACTERS_MAX,
        about_max=ABOUT_CHARACTERS_MAX,
    )


@get(BASE)
async def charities_page(request: AnyRequest) -> Response[str]:
    """The list, and a form for one more."""
    return await _page(request)


@post(BASE)
async def add(request: AnyRequest) -> Response[str]:
    """Put one on the list."""
    form = await form_of(request)
    try:
        if not form.get("region_code"):
            raise FieldNotValid(field="region_code", reason="region")
        ask = AddACharity(
            my_id(request),
            NewCharity(
                form.get("name_zh", ""), form.get("about_zh", ""), form.get("name_en", ""), form.get("about_en", "")
            ),
            NewAddress(
                whole(form, "region_code", least=1, most=REGION_CODE_MAX),
                form.get("address_name", ""),
                form.get("address_phone", ""),
                form.get("address_detail", ""),
                is_default=True,
            ),
        )
        await add_a_charity(ground_of(request), ask, deed(request, _without_address(form)))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(request, refusal, form)
    return go(request, BASE, "desk_charity_added")


def _without_address(form: Form) -> Form:
    """What is kept of a request is a plain hash, and no address may be guessed from that."""
    return {name: value for name, value in form.items() if not name.startswith(("address_", "region_"))}


@post(f"{BASE}/{{charity_id:str}}/end")
async def end(request: AnyRequest, charity_id: FromPath[str]) -> Response[str]:
    """Take one off."""
    form = await form_of(request)
    await end_a_charity(ground_of(request), EndACharity(my_id(request), id_in(charity_id)), deed(request, form))
    return go(request, BASE, "desk_charity_ended")


routes = [charities_page, add, end]
