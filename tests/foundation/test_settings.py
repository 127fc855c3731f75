from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from renqing.foundation.money import MINOR_DIGITS
from renqing.foundation.settings import Settings, UnsafeSettings, check_safe, read_settings

SAFE = {
    "RENQING_MODE": "production",
    "DATABASE_URL": "postgresql://somewhere/else",
    "RENQING_PUBLIC_URL": "https://gifts.example",
    "RENQING_MESSAGES_URL": "https://carrier.example/send",
    "RENQING_MESSAGES_SECRET": "a secret of 24 characters",
}


@pytest.fixture
def safe(tmp_path: Path) -> dict[str, str]:
    keys = tmp_path / "keys"
    keys.write_text("there", encoding="utf-8")
    return {**SAFE, "RENQING_KEYS_FILE": str(keys)}


def test_production_starts_with_what_it_needs(safe: dict[str, str]):
    check_safe(read_settings(safe))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"RENQING_KEYS_FILE": ""}, "RENQING_KEYS_FILE"),
        ({"RENQING_KEYS_FILE": "/nowhere/keys"}, "RENQING_KEYS_FILE"),
        ({"RENQING_PUBLIC_URL": ""}, "RENQING_PUBLIC_URL"),
        ({"RENQING_PUBLIC_URL": "http://gifts.example"}, "RENQING_PUBLIC_URL"),
        ({"RENQING_MESSAGES_URL": ""}, "RENQING_MESSAGES_URL"),
        ({"RENQING_MESSAGES_URL": "http://carrier.example"}, "RENQING_MESSAGES_URL"),
        ({"RENQING_MESSAGES_SECRET": "short"}, "RENQING_MESSAGES_SECRET"),
        ({"RENQING_SANDBOX_URL": "http://127.0.0.1:8421"}, "RENQING_SANDBOX_"),
        ({"RENQING_SANDBOX_SECRET": "any"}, "RENQING_SANDBOX_"),
    ],
)
def test_production_refuses_what_would_lose_or_leak(safe: dict[str, str], change: dict[str, str], named: str):
    settings = read_settings(safe | change)
    with pytest.raises(UnsafeSettings, match=named):
        check_safe(settings)


def test_production_refuses_a_python_that_leaves_assertions_out(safe: dict[str, str]):
    asked = "from renqing.foundation.settings import check_safe, read_settings; check_safe(read_settings())"
    for flags, refused in ((["-O"], True), ([], False)):
        done = subprocess.run(
            [sys.executable, *flags, "-c", asked],
            env={**os.environ, **safe},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ("PYTHONOPTIMIZE" in done.stderr, done.returncode != 0) == (refused, refused), done.stderr


def test_every_currency_that_we_count_in_can_be_chosen():
    for currency in MINOR_DIGITS:
        assert read_settings({"RENQING_POLICY_CURRENCY": currency}).policy.currency == currency


def test_every_fault_is_named_at_once():
    with pytest.raises(UnsafeSettings) as unsafe:
        check_safe(Settings(mode="production", sandbox_secret="any"))
    assert str(unsafe.value).count("\n- ") == 5


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_only_production_needs_all_that(mode: str):
    check_safe(read_settings({"RENQING_MODE": mode}))


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"RENQING_MOOD": "good"}, "RENQING_MOOD"),
        ({"RENQING_POLICY_FEE": "1"}, "RENQING_POLICY_FEE"),
        ({"RENQING_PORT": "many"}, "port"),
        ({"RENQING_MODE": "staging"}, "mode"),
        ({"RENQING_POLICY_GIFT_WITHDRAW": "sometimes"}, "gift_withdraw"),
        ({"RENQING_POLICY_PLATFORM_FEE_PPM": "1000001"}, "platform_fee_ppm"),
        ({"RENQING_POLICY_PLATFORM_FEE_PPM": "-1"}, "platform_fee_ppm"),
        ({"RENQING_POLICY_PAY_WITHIN_MINUTES": "0"}, "pay_within_minutes"),
        ({"RENQING_POLICY_GIFT_OPEN_FOR_HOURS_MAX": "721"}, "gift_open_for_hours_max"),
        ({"RENQING_POLICY_GIFT_OPEN_FOR_HOURS_MIN": "48"}, "GIFT_OPEN_FOR_HOURS"),
        ({"RENQING_POLICY_CURRENCY": "ABC"}, "currency"),
    ],
)
def test_a_setting_that_is_unknown_or_malformed_is_refused(environment: dict[str, str], why: str):
    with pytest.raises(UnsafeSettings, match=why):
        read_settings(environment)


def test_settings_and_policy_are_read_as_what_they_are():
    settings = read_settings(
        {
            "RENQING_PORT": "9000",
            "RENQING_POLICY_PLATFORM_FEE_PPM": "30000",
            "DATABASE_URL": "postgresql://here",
            "PATH": "x",
        }
    )
    assert (settings.port, settings.policy.platform_fee_ppm, settings.database_url) == (
        9000,
        30_000,
        "postgresql://here",
    )


def test_our_own_name_for_the_database_wins():
    settings = read_settings({"RENQING_DATABASE_URL": "postgresql://ours", "DATABASE_URL": "postgresql://any"})
    assert settings.database_url == "postgresql://ours"


def test_a_storms_crash_point_is_no_setting():
    assert read_settings({"RENQING_CRASH_AT": "before_commit"}) == Settings()


def test_cookies_are_secure_where_there_is_tls():
    assert Settings(public_url="https://gifts.example").has_tls
    assert not Settings(public_url="http://127.0.0.1:8420").has_tls
