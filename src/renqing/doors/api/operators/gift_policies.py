"""Under which policy gifts are bought: presets, and the operator's choice for the platform and each shop."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import PLATFORM, ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, once_without_body, reader_of
from renqing.foundation.gift_policy import GiftPolicy, GiftPolicyChanges
from renqing.foundation.once import Once
from renqing.journeys.choose_a_gift_policy import ChooseGiftPolicy, PolicyChosen, choose_a_gift_policy
from renqing.views.gift_policies import ShopPolicy, gift_policies, gift_policy_of_shop

allow(Audience.ANYONE, "GET /v1/shops/{shop_id:str}/gift-policy")
allow(
    Audience.OPERATOR,
    "GET /v1/operator/gift-policies",
    "PUT /v1/operator/gift-policy",
    "PUT /v1/operator/shops/{shop_id:str}/gift-policy",
    "DELETE /v1/operator/shops/{shop_id:str}/gift-policy",
)


class GiftPolicyIn(Body, frozen=True, kw_only=True):
    """A preset, and what of it is set otherwise."""

    preset: Annotated[str, msgspec.Meta(max_length=40)]
    changes: GiftPolicyChanges = GiftPolicyChanges()


class GiftPolicyOut(msgspec.Struct, frozen=True):
    """What holds for a shop's gifts (no ``shop_id``: the platform's). No ``preset``: nothing was chosen for it."""

    shop_id: str | None
    preset: str | None
    policy: GiftPolicy


class GiftPoliciesOut(msgspec.Struct, frozen=True):
    """The presets as they come to in this house, and what holds where."""

    presets: dict[str, GiftPolicy]
    platform: GiftPolicyOut
    shops: list[GiftPolicyOut]


@get("/v1/shops/{shop_id:str}/gift-policy", tags=["giving"], refuses=(ShopUnknown,))
async def read_gift_policy(request: AnyRequest, shop_id: FromPath[str]) -> GiftPolicy:
    """What a gift of this shop would be bought under now: it keeps it, whatever is chosen later."""
    return await gift_policy_of_shop(house_of(request).ground, id_in(shop_id))


@get("/v1/operator/gift-policies", tags=["operators: gift policies"], refuses=())
async def list_gift_policies(request: AnyRequest) -> GiftPoliciesOut:
    """The presets side by side, and what was chosen for the platform and for each shop."""
    page = await gift_policies(house_of(request).ground, reader_of(request).person_id)
    return GiftPoliciesOut(page.presets, _here(page.platform), [_here(shop) for shop in page.shops])


@put("/v1/operator/gift-policy", tags=["operators: gift policies"], status_code=HTTP_200_OK, refuses=())
async def choose_platform_policy(request: AnyRequest, data: JSONBody[GiftPolicyIn]) -> GiftPolicyOut:
    """Choose for every shop that has no choice of its own. ``house`` is what the settings say."""
    return await _choose(request, PLATFORM, data.preset, data.changes, once_of(request, data))


@put(
    "/v1/operator/shops/{shop_id:str}/gift-policy",
    tags=["operators: gift policies"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown,),
)
async def choose_shop_policy(
    request: AnyRequest, shop_id: FromPath[str], data: JSONBody[GiftPolicyIn]
) -> GiftPolicyOut:
    """Choose for a shop. Gifts that were bought keep what they were bought under."""
    return await _choose(request, id_in(shop_id), data.preset, data.changes, once_of(request, data))


@delete(
    "/v1/operator/shops/{shop_id:str}/gift-policy",
    tags=["operators: gift policies"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown,),
)
async def drop_shop_policy(request: AnyRequest, shop_id: FromPath[str]) -> GiftPolicyOut:
    """Let a shop have the platform's again."""
    return await _choose(request, id_in(shop_id), None, GiftPolicyChanges(), await once_without_body(request))


async def _choose(
    request: AnyRequest, shop_id: int, preset: str | None, changes: GiftPolicyChanges, once: Once
) -> GiftPolicyOut:
    ask = ChooseGiftPolicy(reader_of(request).person_id, shop_id, preset, changes)
    done: PolicyChosen = await choose_a_gift_policy(house_of(request).ground, ask, once)
    return GiftPolicyOut(_shop(shop_id), done.preset, done.policy)


def _here(one: ShopPolicy) -> GiftPolicyOut:
    return GiftPolicyOut(_shop(one.shop_id), None if one.choice is None else one.choice.preset, one.policy)


def _shop(shop_id: int) -> str | None:
    return None if shop_id == PLATFORM else str(shop_id)


routes = [read_gift_policy, list_gift_policies, choose_platform_policy, choose_shop_policy, drop_shop_policy]
