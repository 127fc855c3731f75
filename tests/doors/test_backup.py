"""Backup and restore, drilled: a real embedded server that syncs, real writes, and homes that begin empty."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from conftest import TEST_KEYS
from counter import buy
from household import worker_of
from patience import until
from recordings import picture
from town import Town, build_town

from renqing.doors.cli.house import DATABASE
from renqing.foundation.clock import SystemClock
from renqing.foundation.database import Database, next_node, open_pool
from renqing.foundation.erasures import list_everywhere, read_erasures
from renqing.foundation.ground import Ground
from renqing.foundation.ids import NodeIds
from renqing.foundation.migrate import migrate
from renqing.foundation.once import once
from renqing.foundation.secrets import fresh_keys, write_keys
from renqing.foundation.settings import Settings
from renqing.journeys.erase_a_person import EraseMe, erase_a_person
from renqing.journeys.keep_media import KeepMedia, keep_media
from renqing.journeys.keep_product_pictures import KeepPicture, keep_product_picture
from renqing.providers.media_files import FolderShelf
from renqing.providers.postgres import EmbeddedPostgres, HalfRestored
from renqing.providers.postgres_backup import PostgresBackups

pytestmark = pytest.mark.timeout(300)


class Home:
    """A home folder with its keys, and what commands say of it."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        write_keys(TEST_KEYS, home / "keys")

    @property
    def server(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.home)

    def run(self, *arguments: object, language: str = "C.UTF-8", **settings: str) -> tuple[int, str]:
        """``renqing`` with these arguments: its status, and what it said."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RENQING_", "DATABASE_URL"))}
        ours = {"RENQING_MODE": "test", "RENQING_HOME": str(self.home), "LANG": language, "COLUMNS": "200"}
        ended = subprocess.run(
            [sys.executable, "-m", "renqing", *map(str, arguments)],
            env={**kept, **ours, **settings},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
        )
        return ended.returncode, ended.stdout

    @asynccontextmanager
    async def ground(self) -> AsyncIterator[Ground]:
        pool = await open_pool(self.server.dsn(DATABASE), size=4)
        clock, ids = SystemClock(), NodeIds(await next_node(pool))
        settings = Settings(mode="test", database_url=self.server.dsn(DATABASE), home=str(self.home))
        try:
            yield Ground(Database(pool, clock, ids, TEST_KEYS), clock, ids, TEST_KEYS, settings)
        finally:
            pool.terminate()

    def asked(self, sql: str) -> object:
        """One value of the running server's database."""

        async def go() -> object:
            conn = await asyncpg.connect(self.server.dsn(DATABASE))
            try:
                return await conn.fetchval(sql)
            finally:
                await conn.close()

        return asyncio.run(go())

    def archive(self, backups: Path) -> None:
        """Let what is written until now arrive in the backup folder at once, not within the minute."""
        piece = self.asked("SELECT pg_walfile_name(pg_create_restore_point('here') - 1)")
        self.asked("SELECT pg_switch_wal()")
        until((backups / "wal" / f"{piece}.gz").exists, seconds_max=60)


class Drill:
    """A house that was backed up between its orders, and what was known at each moment."""

    def __init__(self, folder: Path) -> None:
        self.house = Home(folder / "house")
        self.backups = folder / "backups"
        self.moments: dict[str, datetime] = {}

    def play(self) -> None:
        """One order, a backup, two orders, a moment, one order, the end."""
        self.house.server.start()
        self.house.server.ensure_database(DATABASE)
        asyncio.run(migrate(self.house.server.dsn(DATABASE)))
        town = asyncio.run(self._open())
        asyncio.run(self._buy(town, 1))
        asyncio.run(self._put_pictures(town, town.an, town.cai))
        asyncio.run(self._put_shop_picture(town))
        self.moments["too early"] = self.now()
        self.first = self.house.run("backup", self.backups)
        asyncio.run(self._buy(town, 2))
        asyncio.run(self._put_pictures(town, town.an))
        self.moments["between"] = self.now()
        asyncio.run(self._buy(town, 1))
        asyncio.run(self._erase(town, town.cai, "蔡"))
        self.house.archive(self.backups)
        self.moments["end"] = self.now()

    def now(self) -> datetime:
        return self.house.asked("SELECT clock_timestamp()")  # type: ignore[return-value]

    async def _open(self) -> Town:
        async with self.house.ground() as ground:
            return await build_town(ground)

    async def _buy(self, town: Town, times: int) -> None:
        async with self.house.ground() as ground:
            town.ground = ground
            for _ in range(times):
                await buy(town, town.an, town.red)

    async def _put_pictures(self, town: Town, *owners: int) -> None:
        async with self.house.ground() as ground:
            for owner in owners:
                ask = KeepMedia(owner, "picture", picture())
                key = once(owner, f"picture-{ground.ids.new()}", "here", None)
                await keep_media(ground, FolderShelf(self.house.home), ask, key)

    async def _put_shop_picture(self, town: Town) -> None:
        async with self.house.ground() as ground:
            ask = KeepPicture(town.owner_id, town.shop_id, picture((30, 30)))
            key = once(town.owner_id, f"picture-{ground.ids.new()}", "here", None)
            await keep_product_picture(ground, FolderShelf(self.house.home), ask, key)

    async def _erase(self, town: Town, person_id: int, name: str) -> None:
        async with self.house.ground() as ground:
            await erase_a_person(ground, EraseMe(person_id, name))
            await worker_of(ground).drain()


@pytest.fixture(scope="module")
def drill(folder: Path) -> Iterator[Drill]:
    played = Drill(folder)
    try:
        played.play()
        yield played
    finally:
        played.house.server.remove()


@pytest.fixture
def new_home(folder: Path) -> Iterator[Callable[[str], Home]]:
    """Makes homes without data, and removes what became of them."""
    made: list[Home] = []

    def make(name: str) -> Home:
        made.append(Home(folder / name))
        return made[-1]

    yield make
    for home in made:
        EmbeddedPostgres(home.home, is_restoring=True).remove()
        shutil.rmtree(home.home)


def orders_in(home: Home) -> int:
    home.server.start()
    return int(str(home.asked("SELECT count(*) FROM order_order")))


def test_a_backup_is_whole_and_says_where_it_is_and_that_the_keys_are_not_in_it(drill: Drill):
    status, said = drill.first
    assert status == 0, said
    assert "are not in the backup" in said
    (base,) = PostgresBackups(drill.house.home, drill.backups, SystemClock()).bases()
    assert base.name in said
    assert (drill.backups / "base" / base.name / "backup_manifest").is_file()
    assert (drill.backups / "wal" / f"{base.wal_from}.gz").is_file()
    everything = [file for file in drill.backups.rglob("*") if file.is_file()]
    secret = (drill.house.home / "keys").read_bytes().split()[2]
    assert not [file for file in everything if secret in file.read_bytes()]
    assert not [file for file in everything if file.name == "keys"]


def test_files_come_back_of_who_is_not_forgotten_and_a_restore_says_which_no_backup_has(drill, new_home):
    assert "3 new pictures or recordings" in drill.first[1]
    home = new_home("with-files")
    status, said = home.run("restore", drill.backups)
    assert status == 0, said
    assert "2 pictures or recordings are back" in said, "a person's and a shop's; who was erased had the third"
    assert "One picture or recording came after the last backup" in said
    home.server.start()
    files = {file.name for file in (home.home / "media").rglob("*") if file.is_file()}
    rows = home.asked("SELECT array_agg(digest || '-' || id) FROM media_file")
    shops = home.asked("SELECT array_agg(split_part(key, '/', 3)) FROM picture_picture")
    assert len(files) == 2 and files <= {*rows, *shops} and {*shops} < files
    assert [file.stat().st_mode & 0o777 for file in (home.home / "media").rglob(files.pop())] == [0o600]


def test_restored_to_a_moment_exactly_what_was_written_until_then_is_there_and_it_adds_up(drill, new_home):
    home = new_home("then")
    status, said = home.run("restore", drill.backups, "--to", drill.moments["between"].isoformat())
    assert status == 0, said
    said_then = said
    assert orders_in(home) == 3
    status, said = home.run("check")
    assert status == 0, said
    assert home.asked("SELECT pg_is_in_recovery()") is False
    assert orders_in(drill.house) == 4, "the house that was backed up goes on untouched"
    assert "One person who was erased since was forgotten again" in said_then
    assert home.asked("SELECT count(*) FROM people_person WHERE name = '蔡'") == 0, "they were there at that moment"
    assert len(read_erasures(home.home)) == 1, "the next restore knows as well"
    facts_that_wait_are_told_once_and_harm_nothing(home)


def facts_that_wait_are_told_once_and_harm_nothing(home: Home) -> None:
    waiting = "SELECT count(*) FROM outbox_fact WHERE told_at IS NULL"
    assert int(str(home.asked(waiting))) > 0

    async def work() -> None:
        async with home.ground() as ground:
            await worker_of(ground).drain()

    asyncio.run(work())
    told = home.asked("SELECT count(*) FROM notice_notice")
    asyncio.run(work())
    assert home.asked(waiting) == 0
    assert home.asked("SELECT count(*) FROM notice_notice") == told
    status, said = home.run("check")
    assert status == 0, said


@pytest.mark.parametrize("to", ["", "later"])
def test_without_a_moment_or_with_one_after_the_last_change_everything_comes_back(drill, new_home, to: str):
    home = new_home(f"all-{to}")
    moment = drill.moments["end"] + timedelta(days=1)
    status, said = home.run("restore", drill.backups, *(["--to", moment.isoformat()] if to else []))
    assert status == 0, said
    assert orders_in(home) == 4


def test_a_restored_house_needs_a_backup_folder_of_its_own_and_then_has_one(drill, new_home, folder):
    home = new_home("again")
    assert home.run("restore", drill.backups)[0] == 0
    home.server.start()
    status, said = home.run("backup", drill.backups)
    assert status == 2
    assert "another house" in said
    status, said = home.run("backup", folder / "backups-again")
    assert status == 0, said
    shutil.rmtree(folder / "backups-again")


def test_a_restore_says_in_both_languages_why_it_does_not_begin_and_leaves_the_home_as_it_was(drill, new_home, folder):
    home = new_home("refused")
    early = drill.moments["too early"].isoformat()
    other = new_home("other-keys")
    write_keys(fresh_keys(), other.home / "keys")
    none = new_home("no-keys")
    (none.home / "keys").unlink()
    for asked, arguments, language, words in [
        (home, [drill.backups, "--to", early], "en", "No backup in"),
        (home, [drill.backups, "--to", early], "zh", "更早完成的备份"),
        (home, [folder / "nowhere"], "en", "no backup in"),
        (home, [drill.backups, "--to", "2026-11-26T12:00:00"], "zh", "没有时区"),
        (home, [drill.backups, "--to", "yesterday"], "en", "cannot be read"),
        (drill.house, [drill.backups], "zh", "已经有数据"),
        (other, [drill.backups], "en", "does not hold the keys of this backup"),
        (none, [drill.backups], "zh", "没有密钥文件"),
    ]:
        status, said = asked.run("restore", *arguments, language=f"{language}.UTF-8")
        assert (status, words in said) == (2, True), said
    for untouched in (home, other, none):
        assert not EmbeddedPostgres(untouched.home).place.data.exists()


def test_a_database_of_the_operators_own_is_backed_up_by_its_own_means_and_the_words_say_how(new_home, folder):
    home = new_home("own")
    for command in ("backup", "restore"):
        status, said = home.run(command, folder / "any", DATABASE_URL="postgresql://db.example/renqing")
        assert status == 2
        assert "DATABASE_URL" in said
        assert "docs/operating.md" in said
    assert not (folder / "any").exists()


def test_a_house_that_does_not_run_is_not_backed_up(new_home, folder):
    status, said = new_home("still").run("backup", folder / "any")
    assert status == 2
    assert "does not run" in said
    assert not (folder / "any").exists()


def test_a_damaged_backup_is_refused_and_what_it_left_is_never_served(drill, new_home, folder):
    damaged = folder / "damaged"
    shutil.copytree(drill.backups, damaged)
    (base,) = PostgresBackups(drill.house.home, damaged, SystemClock()).bases()
    victim = max((damaged / "base" / base.name / "base").rglob("*"), key=lambda file: file.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    damaged.chmod(0o755)
    _give_as(drill.backups, damaged)
    home = new_home("of-damaged")
    status, said = home.run("restore", damaged)
    assert status == 2
    assert "checksum mismatch" in said
    with pytest.raises(HalfRestored):
        home.server.start()
    status, said = home.run("restore", drill.backups)
    assert status == 0, said
    assert orders_in(home) == 4
    shutil.rmtree(damaged)


def test_old_backups_are_forgotten_with_the_log_that_only_they_needed_and_the_newest_never(drill, new_home):
    backups = PostgresBackups(drill.house.home, drill.backups, SystemClock())
    (first,) = backups.bases()
    later = datetime.now(UTC) + timedelta(days=400)
    assert backups.forget_before(later) == [], "the only one is the newest"
    status, said = drill.house.run("backup", drill.backups)
    assert status == 0, said
    assert "Forgot" not in said, "it is not a day old"
    assert backups.forget_before(later) == [first]
    (kept,) = backups.bases()
    assert not (drill.backups / "base" / first.name).exists()
    pieces = sorted(file.name for file in (drill.backups / "wal").iterdir() if file.name.endswith(".gz"))
    assert pieces[0].startswith(kept.wal_from)
    home = new_home("of-the-newest")
    status, said = home.run("restore", drill.backups)
    assert status == 0, said
    assert orders_in(home) == 4


def test_who_is_erased_is_listed_in_the_backup_folder_too_and_never_only_half(drill):
    listed = read_erasures(drill.house.home)
    assert len(listed) == 1
    assert read_erasures(drill.backups) == listed
    away = drill.backups.with_name("away")
    drill.backups.rename(away)
    try:
        with pytest.raises(NotADirectoryError):
            list_everywhere(drill.house.home, listed)
        list_everywhere(drill.house.home, [])
    finally:
        away.rename(drill.backups)


def test_after_the_restore_of_a_database_of_ones_own_the_erased_are_forgotten_again(drill):
    dsn = drill.house.server.dsn(DATABASE)
    before = len(read_erasures(drill.house.home))
    status, said = drill.house.run("forget", RENQING_DATABASE_URL=dsn, LANG="zh_CN.UTF-8")
    assert status == 0, said
    assert "又忘记了 0 位" in said, "who is erased already is left as they are"
    assert len(read_erasures(drill.house.home)) == before


def test_a_piece_of_the_log_is_kept_once_and_another_of_its_name_is_refused(drill, tmp_path):
    script = drill.house.server.place.root / "keep-wal"
    kept = max((drill.backups / "wal").glob("*.gz"))
    same, other = tmp_path / "same", tmp_path / "other"
    same.write_bytes(subprocess.run(["gzip", "-dc", kept], capture_output=True, check=True).stdout)
    other.write_bytes(b"another history")
    before = kept.read_bytes()
    for piece, status in ((same, 0), (other, 1)):
        assert subprocess.run(["sh", script, piece, kept.stem], check=False).returncode == status
    assert kept.read_bytes() == before


def _give_as(model: Path, copied: Path) -> None:
    """Give a copied backup folder to whom the model belongs."""
    for path in [model, *model.rglob("*")]:
        there = copied / path.relative_to(model)
        if there.exists():
            os.chown(there, path.stat().st_uid, path.stat().st_gid)
