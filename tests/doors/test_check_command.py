"""``renqing check`` as an operator runs it, in a process of its own beside a house that works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TEST_KEYS
from counter import buy
from town import Town, build_town

from renqing.foundation import checks
from renqing.foundation.ground import Ground
from renqing.foundation.secrets import write_keys
from renqing.views.check.run import ALL


@pytest.fixture
async def town(ground: Ground) -> Town:
    town = await build_town(ground)
    await buy(town, town.an, town.red)
    return town


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    write_keys(TEST_KEYS, tmp_path / "keys")
    return tmp_path / "keys"


def renqing_check(dsn: str, keys: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENQING_")}
    ours = {"RENQING_MODE": "test", "RENQING_DATABASE_URL": dsn, "RENQING_KEYS_FILE": str(keys), "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "renqing", "check", *arguments],
        env={**kept, **ours, "COLUMNS": "140"},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_a_clean_house_ends_with_0_and_the_outcome_is_kept(town: Town, keys: Path):
    ended = renqing_check(town.ground.settings.database_url, keys)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for invariant in ("M1", "S6", "G9", "X2"):
        assert invariant in ended.stdout
    assert "Everything holds" in ended.stdout
    kept = await checks.last(town.ground.db)
    assert kept is not None
    assert kept.is_clean
    assert [found.id for found in kept.findings] == [one.id for one in ALL]


async def test_a_difference_ends_with_1_and_says_what_and_what_should_be(town: Town, keys: Path):
    await town.ground.db.pool.execute("UPDATE stock_item SET on_hand = 11 WHERE sku_id = $1", town.red)
    ended = renqing_check(town.ground.settings.database_url, keys)
    assert ended.returncode == 1
    assert f"S1  item {town.red}: 11 on hand; should be 10 by its movements" in ended.stdout
    assert "1 invariant does not hold" in ended.stdout
    assert not (await checks.last(town.ground.db)).is_clean  # type: ignore[union-attr]


async def test_one_json_object_for_programs(town: Town, keys: Path):
    await town.ground.db.pool.execute("UPDATE stock_item SET on_hand = 11 WHERE sku_id = $1", town.red)
    ended = renqing_check(town.ground.settings.database_url, keys, "--json", "--no-keep", "s1", "M1")
    assert ended.returncode == 1
    said = json.loads(ended.stdout)
    assert (said["clean"], [found["id"] for found in said["findings"]]) == (False, ["M1", "S1"])
    found = said["findings"][1]
    assert (found["differences"], found["looked_at"] > 0, "movements" in found["sentence"]) == (1, True, True)
    assert found["shown"] == [{"about": f"item {town.red}", "has": "11 on hand", "should": "10 by its movements"}]
    assert await checks.last(town.ground.db) is None


async def test_a_database_that_can_only_be_read_is_checked_all_the_same(town: Town, keys: Path):
    url = town.ground.settings.database_url
    read_only = f"{url}{'&' if '?' in url else '?'}options=-c%20default_transaction_read_only%3Don"
    ended = renqing_check(read_only, keys, "M1")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "only be read" in ended.stderr
    assert await checks.last(town.ground.db) is None


async def test_what_cannot_be_checked_ends_with_2_and_says_why(town: Town, keys: Path, tmp_path: Path):
    url = town.ground.settings.database_url
    unknown = renqing_check(url, keys, "M1", "Z9")
    assert (unknown.returncode, "no invariant Z9" in unknown.stderr, "M1, M2" in unknown.stderr) == (2, True, True)
    keyless = renqing_check(url, tmp_path / "nowhere")
    assert (keyless.returncode, "no key file" in keyless.stderr) == (2, True)
    away = renqing_check("postgresql://127.0.0.1:1/none", keys)
    assert (away.returncode, "does not answer" in away.stderr) == (2, True)


async def test_a_database_without_our_schema_is_named_as_such(town: Town, keys: Path):
    await town.ground.db.pool.execute("UPDATE alembic_version SET version_num = 'another'")
    ended = renqing_check(town.ground.settings.database_url, keys)
    assert (ended.returncode, "renqing migrate" in ended.stderr) == (2, True)
