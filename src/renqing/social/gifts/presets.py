"""The rules of the systems that people know, as presets of one policy, and what a shop's choice of them comes to. Pure.

A preset says what is known of its system (``docs/decisions/gift-presets.md`` has the table); what nobody has found out
stays as the house has it. ``house`` itself says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicy, GiftPolicyChanges

HOUSE = "house"
MONTH_HOURS = 720
_DAY: Mapping[str, Any] = {
    "gift_open_for_hours": 24,
    "gift_open_for_hours_min": 24,
    "gift_open_for_hours_max": 24,
    "gift_more_hours": 0,
}
_WEEK: Mapping[str, Any] = {"gift_open_for_hours": 168, "gift_open_for_hours_min": 168, "gift_open_for_hours_max": 168}

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        HOUSE: {},
        # 24 hours and no more; the card stays once it is sent, and with whom; another style of the same product at the
        # same price; ¥10,000 on the original price, no jewellery and no education; a greeting of 100 characters.
        "wechat": {
            **_DAY,
            "gift_price_max_minor": 1_000_000,
            "gift_excludes": "marked",
            "greeting_characters_max": 100,
            "gift_withdraw": "never",
            "gift_style": "same_price",
            "gift_readdress": "never",
            "gift_keep": "never",
            "gift_to_charity": "no",
            "gift_note_to_shop": "yes",
            "gift_onward": "never",
            "gift_other": "disabled",
        },
        "douyin": {**_DAY, "greeting_characters_max": 14, "gift_other": "disabled"},
        # one SKU; the giver can pay what a far place costs more, else it is not sent there
        "jd": {**_DAY, "gift_style": "as_given", "gift_other": "disabled", "gift_surcharge": "giver"},
        "taobao": {**_DAY, "gift_other": "disabled"},
        "meituan": {"gift_other": "disabled"},  # nothing more has been found, beyond its packs of vouchers
        # A week to say where to; taken back until accepted; who declines sends the money back and nothing else.
        "kakao": {
            **_WEEK,
            "gift_withdraw": "until_claimed",
            "gift_to_charity": "no",
            "gift_onward": "never",
            "gift_other": "disabled",
        },
        # The giver sets any end or none (a month is our longest), and cancels until the recipient accepts. Something
        # else for as much or less, with freight: one thing, prices hidden; the giver's order names both.
        "goody": {
            "gift_open_for_hours": MONTH_HOURS,
            "gift_open_for_hours_min": 1,
            "gift_open_for_hours_max": MONTH_HOURS,
            "gift_excludes": "nothing",
            "gift_withdraw": "until_claimed",
            "gift_other": "single",
            "gift_other_told": "yes",
        },
    }
)


class Choice(msgspec.Struct, frozen=True):
    """A preset, and what of it is set otherwise."""

    preset: str = HOUSE
    changes: GiftPolicyChanges = GiftPolicyChanges()


def policy_of_choice(house: GiftPolicy, choice: Choice) -> GiftPolicy:
    """What a choice comes to in this house. Raises FieldNotValid for an unknown preset, and for hours that disagree."""
    if choice.preset not in PRESETS:
        raise FieldNotValid(field="preset", reason="unknown")
    policy = _mixed(house, choice)
    least, most = policy.gift_open_for_hours_min, policy.gift_open_for_hours_max
    if not least <= policy.gift_open_for_hours <= most:
        raise FieldNotValid(field="gift_open_for_hours", reason="out_of_range", min=least, max=most)
    return policy


def _mixed(house: GiftPolicy, choice: Choice) -> GiftPolicy:
    said = {name: getattr(house, name) for name in GiftPolicy.__struct_fields__}
    changed = {name: value for name, value in msgspec.structs.asdict(choice.changes).items() if value is not None}
    return GiftPolicy(**{**said, **PRESETS.get(choice.preset, {}), **changed})


def chosen(house: GiftPolicy, of_platform: Choice | None, of_shop: Choice | None) -> GiftPolicy:
    """What holds for a shop: its own choice, else the platform's, else the house's settings.

    Settings may have changed since the choice was made, so that its hours disagree with them: then the bounds hold.
    """
    policy = _mixed(house, of_shop or of_platform or Choice())
    least, most = policy.gift_open_for_hours_min, max(policy.gift_open_for_hours_min, policy.gift_open_for_hours_max)
    hours = min(max(policy.gift_open_for_hours, least), most)
    return msgspec.structs.replace(policy, gift_open_for_hours=hours, gift_open_for_hours_max=most)


def may_not(policy: GiftPolicy, mark: str | None) -> str | None:
    """A category's mark, where this policy heeds it."""
    return mark if policy.gift_excludes in ("marked", mark) else None


def presets_table(house: GiftPolicy) -> str:
    """The table of the presets in Markdown: a dot is what the house has."""
    names = [name for name in PRESETS if name != HOUSE]
    rows = [f"| Rule | house | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for field in GiftPolicy.__struct_fields__:
        cells = [str(PRESETS[name].get(field, "·")) for name in names]
        rows.append(f"| `{field}` | {getattr(house, field)} | {' | '.join(cells)} |")
    return "\n".join(rows)
