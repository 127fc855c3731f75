"""What a shop makes on its products for who orders it that way."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.catalog import ProductNotFound
from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.engravings import EngravingTermsOut, terms_out
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, reader_of
from renqing.journeys.keep_engravings import KeepEngravings, keep_engravings
from renqing.trade.engravings import CHARACTERS_MAX, Terms

allow(Audience.STAFF, "PUT /v1/shops/{shop_id:str}/products/{product_id:str}/engraving")


class EngravingTermsIn(Body, frozen=True, kw_only=True):
    """What the product takes: so many characters (0: no words) of a script, and pictures or not."""

    characters_max: Annotated[int, msgspec.Meta(ge=0, le=CHARACTERS_MAX)] = 0
    script: Literal["any", "han", "latin"] = "any"
    takes_pictures: bool = False


@put(
    "/v1/shops/{shop_id:str}/products/{product_id:str}/engraving",
    tags=["merchants: products"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, ProductNotFound),
)
async def keep_terms(
    request: AnyRequest, shop_id: FromPath[str], product_id: FromPath[str], data: JSONBody[EngravingTermsIn]
) -> EngravingTermsOut:
    """Say what a product of yours takes. Neither words nor pictures: nothing, from now on."""
    terms = Terms(data.characters_max, data.script, data.takes_pictures)
    ask = KeepEngravings(reader_of(request).person_id, id_in(shop_id), id_in(product_id), terms)
    return terms_out(await keep_engravings(house_of(request).ground, ask, once_of(request, data)))


routes = [keep_terms]
