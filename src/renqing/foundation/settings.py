"""What an operator can set, read once at the start from ``RENQING_*`` variables, and refused where unsafe.

``demo`` has one-tap sign-in, a clock that can be moved and the sandbox's switches, and shows that it is a demo.
``production`` has none of them and does not start with a setting that would lose or leak anything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from renqing.foundation.gift_policy import GiftPolicy, MoreHours, PassOn, Readdress, SurchargeMost, SwapHours, YesNo
from renqing.foundation.money import PPM

PREFIX = "RENQING_"
MESSAGES_SECRET_MIN = 24
Ratio = Annotated[int, Meta(ge=0, le=PPM)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Span = Annotated[int, Meta(ge=1, le=100_000)]  # of time, in whatever unit the name says


class UnsafeSettings(Exception):
    """The settings would lose or leak something. The message lists each one with its mend."""


class Policy(GiftPolicy, frozen=True, kw_only=True):
    """Rules an operator may change. Defaults are what the named systems do (docs/decisions/policy.md).

    Those of gifts stand in ``GiftPolicy``: they are the house's preset, and a shop may have another.
    """

    gift_swap_answer_hours: SwapHours = 24
    gift_more_hours: MoreHours = 24
    gift_readdress: Readdress = "until_opened"
    gift_keep: Readdress = "until_opened"
    gift_to_charity: YesNo = "yes"
    gift_onward: PassOn = "once"
    gift_surcharge_max_minor: SurchargeMost = 5_000
    platform_fee_ppm: Ratio = 50_000
    pay_within_minutes: Span = 15
    receive_after_days: Span = 10
    aftersale_within_days: Span = 7
    aftersale_answer_within_days: Span = 2
    aftersale_return_within_days: Span = 7
    aftersale_receipt_within_days: Span = 10
    ship_within_hours: Span = 48
    refund_ask_days: Annotated[int, Meta(ge=1, le=30)] = 3  # a giver's ask waits so long, then silence declines
    stock_low_at: Count = 5
    gift_award_hours: Annotated[int, Meta(ge=1, le=720)] = 24  # a draw's winner claims within these
    gift_award_hours_min: Annotated[int, Meta(ge=1, le=720)] = 1  # between a draw and its gift's deadline
    gift_schedule_days_max: Annotated[int, Meta(ge=1, le=3_660)] = 366  # how far ahead a gift may be sent
    fund_days_max: Annotated[int, Meta(ge=1, le=365)] = 30  # how long several people may collect for one gift
    gift_shares_max: Annotated[int, Meta(ge=1, le=100_000)] = 1_000
    present_price_max_minor: Annotated[int, Meta(ge=1, le=10**12)] = 2_000_000  # of what a shop gives away
    files_wait_for_operator: bool = False  # pictures and recordings in gifts are shown once somebody has looked
    payment_first_query_seconds: Span = 30
    abuse_gifts_unanswered_max: Count = 20  # people named within a day of whom none took a gift
    abuse_orders_unpaid_max: Count = 10  # orders within an hour that were never paid
    abuse_reporters_max: Count = 3  # people who reported somebody within a week
    abuse_link_openers_max: Count = 20  # different people who open a gift's link, for each of its shares
    abuse_link_hold_hours: Annotated[int, Meta(ge=0, le=72)] = 2  # so long such a gift waits for its giver; 0: not
    abuse_accounts_max: Count = 5  # accounts that had shares of one gift sent to one phone
    currency: Literal["CNY", "USD", "EUR", "GBP", "HKD", "JPY", "KRW"] = "CNY"
    utc_offset_minutes: Annotated[int, Meta(ge=-720, le=840)] = (
        480  # the clock that pages show where a browser does not say its own: China
    )


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one installation; every field is a variable ``RENQING_<NAME>``."""

    mode: Literal["demo", "production", "test"] = "demo"
    home: str = ".renqing"
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8420
    public_url: str = ""
    server_processes: int = 1
    pool_size: int = 16
    keys_file: str = ""
    sandbox_port: int = 8421
    sandbox_url: str = ""
    sandbox_public_url: str = ""
    sandbox_secret: str = ""
    messages_url: str = ""  # the gateway that carries sign-in codes to phones
    messages_secret: str = ""
    trusted_proxies: str = ""
    request_seconds_max: Span = 30  # for a request to arrive whole, and for an answer of which no byte is taken
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    policy: Policy = Policy()

    @property
    def home_path(self) -> Path:
        """The folder of this installation's data, absolute."""
        return Path(self.home).expanduser().resolve()

    @property
    def is_demo(self) -> bool:
        return self.mode == "demo"

    @property
    def has_tls(self) -> bool:
        """Whether people reach the pages over TLS; then cookies are Secure and named ``__Host-``."""
        return self.public_url.startswith("https://")


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises UnsafeSettings for an unknown or malformed variable."""
    source = os.environ if environment is None else environment
    given: dict[str, Any] = {}
    policy: dict[str, Any] = {}
    for name, value in source.items():
        if not name.startswith(PREFIX) or name == f"{PREFIX}CRASH_AT":
            continue
        field = name.removeprefix(PREFIX).lower()
        if field.startswith("policy_"):
            policy[field.removeprefix("policy_")] = value
        else:
            given[field] = value
    unknown = given.keys() - set(Settings.__struct_fields__)
    unknown |= {f"policy_{field}" for field in policy.keys() - set(Policy.__struct_fields__)}
    if unknown:
        raise UnsafeSettings(f"unknown settings: {', '.join(sorted(PREFIX + field.upper() for field in unknown))}")
    if "database_url" not in given and source.get("DATABASE_URL"):
        given["database_url"] = source["DATABASE_URL"]
    try:
        settings = msgspec.convert({**given, "policy": policy}, Settings, strict=False)
    except msgspec.ValidationError as wrong:
        raise UnsafeSettings(str(wrong)) from wrong
    rules = settings.policy
    if not rules.gift_open_for_hours_min <= rules.gift_open_for_hours <= rules.gift_open_for_hours_max:
        raise UnsafeSettings("RENQING_POLICY_GIFT_OPEN_FOR_HOURS: must lie between its _MIN and its _MAX")
    return settings


def check_safe(settings: Settings) -> None:
    """Refuse to start production with settings that lose or leak. Raises UnsafeSettings naming every one."""
    if settings.mode != "production":
        return
    faults = []
    if not settings.database_url:
        faults.append(
            "DATABASE_URL: name a PostgreSQL 15 or newer that you back up; the embedded one is for trying out"
        )
    if not settings.keys_file or not Path(settings.keys_file).is_file():
        faults.append(
            "RENQING_KEYS_FILE: name a file made by `renqing keys`, kept outside the database and its backups"
        )
    if not settings.has_tls:
        faults.append("RENQING_PUBLIC_URL: must be the https:// address people use; sign-ins need TLS")
    if not settings.messages_url.startswith("https://") or len(settings.messages_secret) < MESSAGES_SECRET_MIN:
        faults.append(
            "RENQING_MESSAGES_URL, RENQING_MESSAGES_SECRET: name the https:// address of the gateway that carries "
            f"sign-in codes to phones, and a secret of {MESSAGES_SECRET_MIN} characters or more that you share with it"
        )
    if settings.sandbox_url or settings.sandbox_secret:
        faults.append("RENQING_SANDBOX_*: the sandbox channel is not money; unset it")
    if sys.flags.optimize:
        faults.append(
            "PYTHONOPTIMIZE, -O: unset it; without assertions a mistake of ours would be written, not stopped"
        )
    if faults:
        raise UnsafeSettings("production does not start:\n- " + "\n- ".join(faults))
