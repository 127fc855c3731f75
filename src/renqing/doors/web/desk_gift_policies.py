"""Gift policies on the operator's desk: the presets side by side, and what holds for the platform and each shop."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from renqing.books.people import PLATFORM
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, id_in
from renqing.doors.web.desk_frame import ground_of, operator_page
from renqing.doors.web.shell import Form, deed, form_of, go, my_id
from renqing.foundation import gift_policy
from renqing.foundation.errors import FieldNotValid, NotFound, Refusal
from renqing.foundation.gift_policy import GiftPolicy, GiftPolicyChanges
from renqing.foundation.money import MINOR_DIGITS
from renqing.journeys.choose_a_gift_policy import ChooseGiftPolicy, choose_a_gift_policy
from renqing.views.gift_policies import gift_policies

allow(Audience.OPERATOR, "GET /desk/operator/gift-policies", "POST /desk/operator/gift-policies")

BASE = "/desk/operator/gift-policies"
# The fields that are one of a few words; every other is a whole number.
WORDS: dict[str, tuple[str, ...]] = {
    "gift_excludes": get_args(gift_policy.Excludes),
    "gift_withdraw": get_args(gift_policy.Withdraw),
    "gift_style": get_args(gift_policy.Style),
    "gift_readdress": get_args(gift_policy.Readdress),
    "gift_keep": get_args(gift_policy.Readdress),
    "gift_to_charity": get_args(gift_policy.YesNo),
    "gift_note_to_shop": get_args(gift_policy.YesNo),
    "gift_surcharge": get_args(gift_policy.Surcharge),
    "gift_onward": get_args(gift_policy.PassOn),
    "gift_other": get_args(gift_policy.Other),
    "gift_other_told": get_args(gift_policy.YesNo),
}
FIELDS = GiftPolicy.__struct_fields__


@get(BASE)
async def policies_page(request: AnyRequest, shop: FromQuery[str] = "") -> Response[str]:
    """All of them, and one to choose for: a shop, or the platform."""
    return await _page(request, id_in(shop) if shop else PLATFORM)


async def _page(
    request: AnyRequest, shop_id: int, refusal: Refusal | None = None, form: Form | None = None
) -> Response[str]:
    ground = ground_of(request)
    seen = await gift_policies(ground, my_id(request))
    one = seen.of(shop_id)
    if one is None:
        raise NotFound
    return await operator_page(
        request,
        "desk/operator/gift_policies.html",
        "gift_policies",
        refusal,
        page=seen,
        one=one,
        shown=msgspec.to_builtins(one.policy),
        side_by_side={name: msgspec.to_builtins(policy) for name, policy in seen.presets.items()},
        fields=FIELDS,
        words=WORDS,
        form=form or {},
        minor_digits=MINOR_DIGITS[ground.policy.currency],
    )


@post(BASE)
async def choose(request: AnyRequest) -> Response[str]:
    """Choose a preset for a shop, or the platform, and what is otherwise; or let it have what it had before."""
    form = await form_of(request)
    shop_id = id_in(form.get("shop", "")) if form.get("shop") else PLATFORM
    preset = None if form.get("preset", "") == "" else form.get("preset", "")
    try:
        ask = ChooseGiftPolicy(my_id(request), shop_id, preset, _changes(form))
        await choose_a_gift_policy(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(request, shop_id, refusal, form)
    return go(request, f"{BASE}?shop={shop_id}" if shop_id else BASE, "desk_policy_chosen")


def _changes(form: Form) -> GiftPolicyChanges:
    """What is otherwise than the preset: every field that says something. Raises FieldNotValid."""
    said: dict[str, Any] = {name: form[name].strip() for name in FIELDS if form.get(name, "").strip()}
    for name, value in said.items():
        try:
            msgspec.convert({name: value}, GiftPolicyChanges, strict=False)
        except msgspec.ValidationError as wrong:
            raise FieldNotValid(field=name, reason="not_in_policy") from wrong
    return msgspec.convert(said, GiftPolicyChanges, strict=False)


routes = [policies_page, choose]
