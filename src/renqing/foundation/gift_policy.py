"""What may be done with a gift, as one object: the rules that the named systems set differently.

The house has one (``Policy`` is one, set by variables), a shop may have its own, and a gift keeps the one it was bought
under. Names and values of WeChat, Douyin and the others are presets of it: ``social/gifts/presets.py``.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from renqing.foundation.money import AMOUNT_MINOR_MAX

GiftHours = Annotated[int, Meta(ge=1, le=720)]  # an hour to thirty days: the schema holds it too
GiftPrice = Annotated[int, Meta(ge=1, le=AMOUNT_MINOR_MAX)]
GreetingCharacters = Annotated[int, Meta(ge=0, le=1_000)]
UndoMinutes = Annotated[int, Meta(ge=0, le=60)]
Excludes = Literal["marked", "jewellery", "education", "nothing"]
Withdraw = Literal["never", "until_opened", "until_claimed"]
Style = Literal["same_price", "as_given"]
SwapHours = Annotated[int, Meta(ge=0, le=168)]
MoreHours = Annotated[int, Meta(ge=0, le=720)]
Readdress = Literal["never", "until_opened", "until_claimed"]
YesNo = Literal["no", "yes"]
PassOn = Literal["never", "once"]
Surcharge = Literal["shop", "giver"]
SurchargeMost = Annotated[int, Meta(ge=0, le=100_000)]
Other = Literal["disabled", "single", "multiple"]


class GiftPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a gift. A field that a kept policy does not have yet is what it was before there was one.

    ``gift_excludes``: which of the categories' marks keep goods from being gifts. ``gift_undo_minutes``: so long after
    it was sent a gift that nobody opened is taken back, whatever ``gift_withdraw`` says. ``gift_style``: whether the
    recipient may take another style of the same product at the gift-time price. ``gift_swap_answer_hours``: so long the
    shop has to decide on another style after the claim and before shipping; 0: none can be asked for.
    ``gift_more_hours``: how much time the recipient adds once by a tap; 0: none. ``gift_readdress``: until when the
    giver gives it to somebody else. ``gift_keep``: until when they take it, or what is left of it, for themselves.
    ``gift_to_charity`` and ``gift_onward``: whether who declines it may let it go to a charity of the
    platform's list, or on to a friend of theirs. ``gift_other``: whether who claims it may choose something else of
    the shop up to the gift's value, one thing with no price shown or several with prices; ``gift_other_told``: whether
    its giver reads what that was. ``gift_note_to_shop``: whether the shop reads the
    greeting with the order, once it is claimed. ``gift_surcharge``: who bears what a far place costs more, the shop, or
    the giver as far as they allowed it beforehand, up to ``gift_surcharge_max_minor``.
    """

    gift_open_for_hours: GiftHours = 24
    gift_open_for_hours_min: GiftHours = 1
    gift_open_for_hours_max: GiftHours = 720
    gift_price_max_minor: GiftPrice = 1_000_000
    gift_excludes: Excludes = "marked"
    greeting_characters_max: GreetingCharacters = 100
    gift_withdraw: Withdraw = "until_opened"
    gift_undo_minutes: UndoMinutes = 2
    gift_style: Style = "same_price"
    gift_swap_answer_hours: SwapHours = 0
    gift_more_hours: MoreHours = 0
    gift_readdress: Readdress = "never"
    gift_keep: Readdress = "never"
    gift_to_charity: YesNo = "no"
    gift_onward: PassOn = "never"
    gift_other: Other = "disabled"
    gift_other_told: YesNo = "no"
    gift_note_to_shop: YesNo = "no"
    gift_surcharge: Surcharge = "shop"
    gift_surcharge_max_minor: SurchargeMost = 0


class GiftPolicyChanges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What of a preset is set otherwise; None: as the preset has it."""

    gift_open_for_hours: GiftHours | None = None
    gift_open_for_hours_min: GiftHours | None = None
    gift_open_for_hours_max: GiftHours | None = None
    gift_price_max_minor: GiftPrice | None = None
    gift_excludes: Excludes | None = None
    greeting_characters_max: GreetingCharacters | None = None
    gift_withdraw: Withdraw | None = None
    gift_undo_minutes: UndoMinutes | None = None
    gift_style: Style | None = None
    gift_swap_answer_hours: SwapHours | None = None
    gift_more_hours: MoreHours | None = None
    gift_readdress: Readdress | None = None
    gift_keep: Readdress | None = None
    gift_to_charity: YesNo | None = None
    gift_onward: PassOn | None = None
    gift_other: Other | None = None
    gift_other_told: YesNo | None = None
    gift_note_to_shop: YesNo | None = None
    gift_surcharge: Surcharge | None = None
    gift_surcharge_max_minor: SurchargeMost | None = None
