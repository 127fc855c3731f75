"""Whose each kind of thing is, said once a kind: the matrix of who may come where is made from this and the routes.

A route names things by the ids in its path; a body, a form or a query names them by its fields. A name that stands
nowhere here fails the build, until somebody says what it names.
"""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import dataclass
from typing import Any

from world import names_in

from renqing.doors.access import Audience
from renqing.foundation.gift_policy import GiftPolicy

ROLES = ("anonymous", "stranger", "giver", "recipient", "member", "other_merchant", "clerk", "operator", "erased")


@dataclass(frozen=True)
class Kind:
    """A kind of thing: whom it is for, its ids in paths, and the fields of bodies, forms and queries that name it."""

    insiders: frozenset[str]
    path: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()


def _kind(insiders: str, path: str = "", sent: str = "") -> Kind:
    return Kind(frozenset(insiders.split()), tuple(path.split()), tuple(sent.split()))


# The world's things: an order of the giver's, a gift for the recipient, a group of three, a case of the recipient's.
THINGS: dict[str, Kind] = {
    "order": _kind("giver", "order_id line_n", "order_id"),
    "gift": _kind("giver recipient", "gift_id", "gift_id about_id gift"),
    "chat": _kind("giver recipient", "thread_id", "thread_id thread"),
    "group": _kind("giver recipient member", "group_id", "group_id group"),
    "notice": _kind("giver", "notice_id"),
    "line of a cart": _kind("giver", "sku_id"),
    "address": _kind("giver", "address_id", "address_id address"),
    "day": _kind(
        "giver", "day_id", "day_id"
    ),  # one that its owner noted about the recipient, who may know nothing of it
    "balance": _kind("giver", "balance_id"),
    "payment whose account money may go to": _kind("giver", sent="route_id"),
    "yearly rule": _kind("giver", "rule_id"),
    "wish list": _kind("giver", "list_id", "list_id"),  # one that its owner keeps to themselves
    "file": _kind(
        "giver",
        sent="cover_picture cover_picture_id voice voice_id video video_id picture_id thanks_picture custom_img "
        "custom_img_id",
    ),
    "after-sale": _kind("recipient", "case_id"),
    "voucher": _kind("giver", "voucher_id"),
    # The recipient, for those who are near: friends, members of a group.
    "fund": _kind("giver member", "fund_id"),  # for the recipient, who may know nothing of it
    "somebody": _kind(
        "giver recipient member", "person_id", "person_id person_ids guest_ids recipient_id person to friend"
    ),
}
# What the shop's people may do, whatever ids a route has; what one of its owners alone decides.
STAFF = frozenset({"clerk"})
SHOPS_OWN_IDS = {
    "shop_id",
    "parcel_id",
    "order_id",
    "case_id",
    "product_id",
    "gift_code_id",
    "activity_id",
    "location_id",
    "batch_id",
    "endpoint_id",
    "delivery_id",
}
SHOPS_OWN_FIELDS = {"location", "location_id", "location_ids", "product", "product_ids", "sku", "sku_id", "id", "order"}
# Orders that name people for a shop: one that is not its own names nobody, and the answer says no more.
NAMES_NOBODY = {"order_ids"}
_ENDPOINTS = "/v1/shops/{shop_id:str}/webhook-endpoints"
_ENDPOINT = _ENDPOINTS + "/{endpoint_id:str}"
OWNERS_ONLY = {
    "POST /desk/shops/{shop_id:str}/webhooks",
    "POST /desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}",
    "POST /desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}/deliveries/{delivery_id:str}",
    f"POST {_ENDPOINTS}",
    f"PUT {_ENDPOINT}",
    f"DELETE {_ENDPOINT}",
    f"POST {_ENDPOINT}/secret-rotations",
    f"POST {_ENDPOINT}/test-events",
    f"POST {_ENDPOINT}/replays",
    f"POST {_ENDPOINT}/deliveries/{{delivery_id:str}}/replays",
    "PUT /v1/shops/{shop_id:str}",
    "PUT /v1/shops/{shop_id:str}/lateness-promise",
    "POST /desk/shops/{shop_id:str}/lateness",
    "PUT /v1/shops/{shop_id:str}/rates/{region_code:int}",
    "DELETE /v1/shops/{shop_id:str}/rates/{region_code:int}",
    "POST /desk/shops/{shop_id:str}/shop",
    "POST /desk/shops/{shop_id:str}/shop/freight",
    "POST /desk/shops/{shop_id:str}/shop/freight/drop",
}
OPERATORS_IDS = {
    "piece_id",
    "account_id",
    "entry_id",
    "timer_id",
    "fact_id",
    "report_id",
    "hold_id",
    "kept_balance_id",
    "charity_id",
    "platform_endpoint_id",
    "platform_delivery_id",
}
# Ids that are nobody's secret: what stands behind them is for everybody who may knock.
OPEN_IDS = {
    "commitment",
    "word",
    "media_id",
    "until",
    "signature",
    "product_id",
    "category_id",
    "version",
    "file",
    "channel",
    "region_code",
    "phone",
    "gift_code",
    "present_code",
}
# A link's token opens for who holds it, and tells them at most that the gift is somebody else's: ``attacks/``.
OPEN_FIELDS = {
    "location",
    "location_id",
    "location_ids",
    "charity_id",  # of a list that everybody reads
    "voucher_code",  # like a token: it opens for who shows it to the shop
    "guide",
    "guide_id",
    "reply_to",  # one that the asker has not claimed looks as one that never was
    "token",
    "id",
    "sku_id",
    "given_sku_id",
    "sku",
    "category_id",
    "brand_id",
    "number",
    "pin",
    "category",
    "product",
    "product_id",
    "product_ids",
    "region_code",
    "finer",
    "shop",
}
# Where a page leads back to, or what it shows again beside a refusal: that has its own row.
WAYS_BACK = {"order"}
# A deed of one of them alone: the others hear what they would hear of a thing that is not there.
DEEDS = {
    re.compile(r"/(withdraw(al)?|readdress(ings)?|keep(ing)?|going-on|schedule|deliver(y)?)$"): frozenset({"giver"}),
    re.compile(r"/(safe-word(/off)?|refund-ask)$"): frozenset({"giver"}),
    re.compile(r"/gifts/\{gift_id:str\}/(reach|choices)$"): frozenset(),  # of an open gift: the world's is closed
    re.compile(r"/(call-off|funds/\{fund_id:str\}/link)$"): frozenset({"giver"}),
    re.compile(r"/(people/\{person_id:str\}/gifts|(days/give|yearly/new)/\{person_id:str\})$"): frozenset(
        {"giver", "member"}  # nobody has one with themselves
    ),
    re.compile(
        r"/gifts/\{gift_id:str\}/(thanks|return|refund-ask/answer|reveal|giver-(showing|refusal|report))$"
    ): frozenset(),  # the world's is unclaimed
}
# Acts on the caller's own lists. That somebody of this id exists is no secret; who they are stays one.
ON_MY_OWN_LIST = re.compile(
    r"/(blocks|friends|friend-asks|demo)(/|$)|/people/\{person_id:str\}/(?!chat$|say$|report$|have-it/|gifts$)|^/groups/new$"
)
# Fields that say what to do or how it shall look, never which thing.
WORDS = {
    *GiftPolicy.__struct_fields__,
    "address_detail",
    "address_name",
    "address_phone",
    "about_en",
    "about_zh",
    "agrees",
    "allowed",
    "amount",
    "answer",
    "at",
    "at_home",
    "attributes",
    "audience",
    "avatar",
    "back",
    "back_to_stock",
    "body",
    "brief_en",
    "brief_zh",
    "cards",
    "calendar",
    "carrier",
    "changes",
    "characters_max",
    "channel",
    "code",
    "comes_at",
    "capped",
    "cover",
    "custom_info",
    "custom_type",
    "custom_word",
    "day",
    "days",
    "days_before",
    "decision",
    "deliver_at",
    "deliver_zone",
    "delivers",
    "description",
    "draw",
    "draw_at",
    "ends",
    "ends_at",
    "engraving",
    "entrants_max",
    "expired",
    "expires_at",
    "detail",
    "detail_en",
    "detail_zh",
    "expected_total",
    "fee",
    "free_from",
    "from",
    "from_cart",
    "lucky",
    "way",
    "gift_price_max",
    "giftable",
    "gifts_allowed",
    "gifts_from",
    "giver_name",
    "grace_hours",
    "greeting",
    "greeting_card_info",
    "greeting_message",
    "happened_at",
    "hides_names",
    "highest",
    "highest_amount",
    "hides_sums",
    "hours",
    "inside_note",
    "how",
    "is_counted",
    "is_default",
    "is_leap",
    "is_minor",
    "is_quiet",
    "is_shown",
    "kind",
    "language",
    "limit",
    "line_n",
    "instead",  # styles of the shop, and how many
    "styles",  # of what was given, in a claim
    "lines",
    "link",
    "logo",
    "lose",
    "lowest",
    "lowest_amount",
    "month",
    "name",
    "name_en",
    "name_zh",
    "nameless",
    "next",
    "nonce",
    "note",
    "on",
    "on_sale",
    "onward",
    "once",
    "open_for_hours",
    "original_price",
    "owner",
    "owner_kind",
    "parent",
    "paper",
    "password",
    "pays",
    "phone",
    "picture",
    "pictures",
    "place",
    "preset",
    "price",
    "q",
    "quantity",
    "query",
    "question",
    "quiet_from",
    "quiet_to",
    "reason",
    "receiver_name",
    "refuses",
    "return_path",
    "script",
    "seconds",
    "secret",
    "seen_by",
    "seen_changed_at",
    "sentence",
    "share_bp",
    "share_percent",
    "shares",
    "shelf",
    "shows_history",
    "side",
    "since",
    "skus",
    "spec_names",
    "specs",
    "starts",
    "starts_at",
    "state",
    "step",
    "stock",
    "sum",
    "surcharge_allowed",
    "surprise",
    "takes_nameless",
    "takes_pictures",
    "theme",
    "tiers",
    "time_zone",
    "title_en",
    "title_zh",
    "total_max",
    "tracking_number",
    "types",
    "unclaimed",
    "unit",
    "until_day",
    "wait_seconds",
    "unused",
    "url",
    "use_n",
    "uses",
    "valid_days",
    "valid_until",
    "verb",
    "verdict",
    "wanted",
    "words",
    "writes_cards",
    "what",
    "when",
    "who",
    "word",
    "why",
}
# Places in the caller's own lists.
PLACES = {"after", "before", "cursor", "n", "up_to"}

ABSENT = "404404404"
OWNED_IDS = (
    {name for kind in THINGS.values() for name in kind.path}
    | OPERATORS_IDS
    | {"parcel_id", "shop_id", "gift_code_id", "activity_id", "batch_id", "location_id", "endpoint_id", "delivery_id"}
)

_BY_PATH = {name: kind for kind in THINGS.values() for name in kind.path}
_BY_FIELD = {name: kind for kind in THINGS.values() for name in kind.sent}
_READ = re.compile(
    r"""(?:(?:form|asked|given|query_params)\.get\(|form\[|many_of\(request, |whole\(form, )["'](\w+)["']"""
)
_TICKED = re.compile(r"""["'](\w+)["'] in form""")


def outsiders(path: str, audience: Audience) -> set[str]:
    """Who may not come through here at all, or not to this thing."""
    names = set(names_in(path))
    unknown = names - _BY_PATH.keys() - OPEN_IDS - SHOPS_OWN_IDS - OPERATORS_IDS
    assert not unknown, f"{path}: say in subjects.py whose {unknown} is"
    everybody = set(ROLES)
    if audience is Audience.OPERATOR:
        return everybody - {"operator"}
    if audience is Audience.STAFF:
        return everybody - STAFF
    if audience is not Audience.PERSON:
        return set()
    out = {"anonymous", "erased"}
    if ON_MY_OWN_LIST.search(path):
        names.discard("person_id")
    for name in names & _BY_PATH.keys():
        out |= everybody - next((who for deed, who in DEEDS.items() if deed.search(path)), _BY_PATH[name].insiders)
    return out


def outsiders_of_field(field: str, path: str, audience: Audience) -> set[str]:
    """To whom what this field of a request names is not known."""
    everybody = set(ROLES) - {"anonymous", "erased"}
    if audience is Audience.STAFF:
        return everybody - STAFF if field in SHOPS_OWN_FIELDS else set()
    if field not in _BY_FIELD or audience is Audience.OPERATOR:
        return set()
    if ON_MY_OWN_LIST.search(path) and "person" in field:
        return set()
    return everybody - _BY_FIELD[field].insiders


def fields_of(handler: Any) -> set[str]:
    """The fields of forms and queries that a page's file reads."""
    source = inspect.getsource(sys.modules[handler.fn.__module__])
    in_path = {name for path in handler.paths for name in names_in(path)}
    parameters = set(handler.parsed_fn_signature.parameters) - {"request"} - in_path
    return {*_READ.findall(source), *_TICKED.findall(source), *parameters}


def unknown_fields(fields: set[str]) -> set[str]:
    """Those that nobody has said anything about."""
    return fields - _BY_FIELD.keys() - WORDS - NAMES_NOBODY - PLACES - OPEN_FIELDS - WAYS_BACK
