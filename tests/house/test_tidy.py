"""The plan of the house, held by a machine: this test reads the source itself. Each finding says why it matters."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import renqing
from renqing.foundation.settings import Policy, Settings

SOURCE = Path(renqing.__file__).parent
TESTS = Path(__file__).parents[1]
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
ROOM_FLOORS = ("books", "trade", "social")


class File(NamedTuple):
    """A source file: where it is from the package on, its text and its tree."""

    place: str
    text: str
    tree: ast.Module

    def within(self, *places: str) -> bool:
        return any(self.place == place or self.place.startswith(f"{place}/") for place in places)


@cache
def files(folder: Path) -> tuple[File, ...]:
    found = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(File(path.relative_to(folder).as_posix(), text, ast.parse(text)))
    assert found, f"{folder} has source in it"
    return tuple(found)


Finder = Callable[[File], Iterator[tuple[int, str]]]


def all_findings(folder: Path, finder: Finder) -> list[str]:
    return [f"{file.place}:{line}: {what}" for file in files(folder) for line, what in finder(file)]


def explained(why: str, findings: list[str]) -> str:
    return "\n".join([why, *findings])


# size ----------------------------------------------------------------------------------------------------------------
def long_functions(file: File) -> Iterator[tuple[int, str]]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield node.lineno, f"{node.name} has {lines} lines"


def long_files(file: File) -> Iterator[tuple[int, str]]:
    lines = file.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield 1, f"{lines} lines"


@pytest.mark.parametrize("folder", [SOURCE, TESTS], ids=["source", "tests"])
def test_functions_fit_on_a_screen_and_files_in_a_head(folder: Path):
    found = all_findings(folder, long_functions)
    assert not found, explained(f"A function over {FUNCTION_LINES_MAX} lines is two stories: split it.", found)
    found = all_findings(folder, long_files)
    assert not found, explained(f"A file over {FILE_LINES_MAX} lines is two rooms: split it.", found)


# imports -------------------------------------------------------------------------------------------------------------
def imports_inside(file: File) -> Iterator[tuple[int, str]]:
    for function in ast.walk(file.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node.lineno, "an import inside a function"


def test_a_file_says_at_its_top_what_it_needs():
    found = all_findings(SOURCE, imports_inside)
    assert not found, explained("An import inside a function hides an arrow, often one that points up.", found)


def imported(file: File) -> Iterator[tuple[int, str]]:
    """The line and the full name of everything a file imports."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def provider_imports(file: File) -> Iterator[tuple[int, str]]:
    if not file.within("building.py", "command_line.py", "providers"):
        for line, name in imported(file):
            if name.startswith("renqing.providers"):
                yield line, f"imports {name}"


def test_only_the_roof_knows_the_ways_out():
    found = all_findings(SOURCE, provider_imports)
    assert not found, explained(
        "Providers are plugged in by building.py and command_line.py; others know their ports.", found
    )


# time and chance -----------------------------------------------------------------------------------------------------
CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.monotonic",
    "time.perf_counter",
}  # fmt: skip
CHANCES = ("random", "uuid", "secrets")


def other_clocks(file: File) -> Iterator[tuple[int, str]]:
    if file.within("foundation/clock.py"):
        return
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if f"{owner}.{node.attr}" in CLOCKS:
                yield node.lineno, f"{owner}.{node.attr}"


def test_one_clock_tells_the_time():
    found = all_findings(SOURCE, other_clocks)
    why = "Time is read in foundation/clock.py alone: else no test can set it and no deadline meets its own clock."
    assert not found, explained(why, found)


def other_chances(file: File) -> Iterator[tuple[int, str]]:
    if not file.within("foundation/ids.py"):
        for line, name in imported(file):
            if name.split(".")[0] in CHANCES or name == "os.urandom":
                yield line, f"imports {name}"
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Attribute) and node.attr == "urandom":
                yield node.lineno, "os.urandom"


def test_chance_has_one_door():
    found = all_findings(SOURCE, other_chances)
    why = "Randomness comes from foundation/ids.py alone: else a seed does not replay a storm."
    assert not found, explained(why, found)


# commits and SQL -----------------------------------------------------------------------------------------------------
_COMMITS = {"commit", "transaction", "begin", "start_transaction", "autocommit"}
# The sandbox's bank is a company of its own, with books of its own that this database never sees.
MAY_COMMIT = (
    "foundation/database.py",
    "foundation/migrate.py",
    "foundation/migrations",
    "providers/sandbox_channel/bank",
)


def other_commits(file: File) -> Iterator[tuple[int, str]]:
    if file.within(*MAY_COMMIT):
        return
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _COMMITS:
            yield node.lineno, f".{node.func.attr}()"
    for node in strings(file):
        if re.match(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b\s*(;|$)", node.value):
            yield node.lineno, repr(node.value)


def test_journeys_commit_through_the_database_alone():
    found = all_findings(SOURCE, other_commits)
    why = "Transactions are opened and ended in foundation/database.py alone: one journey, one commit, then the yes."
    assert not found, explained(why, found)


_SQL = re.compile(
    r"^\s*\(?\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|UPDATE\s+\w+\s+\w+\s+SET\s|DELETE\s+FROM\s|TRUNCATE\s|COPY\s+\w"
    r"|(CREATE|ALTER|DROP)\s+(TABLE|INDEX|FUNCTION|TRIGGER|DATABASE|ROLE|SEQUENCE)\s|WITH\s+\w+\s*(\([^)]*\))?\s*AS\s)",
)
PING = "SELECT 1"  # asks whether the database is there, and no table
MAY_SPEAK_SQL = (
    "foundation",
    "views",
    "providers/postgres.py",  # brings the server up
    "providers/postgres_backup.py",  # asks the server about its log
    "providers/sandbox_channel/bank",  # the bank's own books
    "providers/messages.py",  # the sandbox's phones: a table of this provider's own
    "doors/cli/benching",  # measures the limit: the same SQL without the house
    "doors/cli/storming",  # looks past our views at what is so, and only looks
)


def sql_elsewhere(file: File) -> Iterator[tuple[int, str]]:
    if file.within(*MAY_SPEAK_SQL) or is_store(file):
        return
    for node in strings(file):
        if _SQL.match(node.value) and node.value != PING:
            yield node.lineno, " ".join(node.value.split())[:60]


def is_store(file: File) -> bool:
    """A room's SQL stands in its ``store.py``, or a part of it in ``<part>_store.py`` beside."""
    floor, *rest = file.place.split("/")
    return floor in ROOM_FLOORS and len(rest) == 2 and re.fullmatch(r"(\w+_)?store\.py", rest[1]) is not None


def strings(file: File) -> Iterator[ast.Constant]:
    """Every string that is no docstring."""
    docstrings = {id(doc) for doc in docstrings_of(file.tree)}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node


def docstrings_of(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def test_sql_stands_in_stores_views_and_the_foundation():
    found = all_findings(SOURCE, sql_elsewhere)
    why = "A room's tables are written by its store alone, and views only read: SQL elsewhere is a second owner."
    assert not found, explained(why, found)


def writes_in_views(file: File) -> Iterator[tuple[int, str]]:
    if file.within("views"):
        for node in strings(file):
            if re.search(r"\b(INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|TRUNCATE\s+\w)\b", node.value):
                yield node.lineno, " ".join(node.value.split())[:60]


def test_views_only_read():
    found = all_findings(SOURCE, writes_in_views)
    assert not found, explained("A view changes nothing: a write that joins rooms is a journey.", found)


# rooms ---------------------------------------------------------------------------------------------------------------
def rooms() -> list[Path]:
    return sorted(
        folder for floor in ROOM_FLOORS for folder in (SOURCE / floor).iterdir() if (folder / "__init__.py").is_file()
    )


@pytest.mark.parametrize("room", rooms(), ids=lambda room: f"{room.parent.name}/{room.name}")
def test_a_room_has_a_front_door_that_numbers_its_promises(room: Path):
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    promises = [int(n) for n in re.findall(r"^(\d+)\. ", ast.get_docstring(tree) or "", re.MULTILINE)]
    assert promises, f"{room.name}: the docstring of its front door numbers what the room promises"
    assert promises == list(range(1, len(promises) + 1)), f"{room.name}: its promises are numbered {promises}"
    names = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
    assert names, f"{room.name}: __all__ says what the room shows"
    said = ast.literal_eval(names[0].value)
    there = {name.asname or name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names}
    assert set(said) == there - {"annotations"}, f"{room.name}: __all__ and the front door's imports are the same"


@pytest.mark.parametrize("room", rooms(), ids=lambda room: f"{room.parent.name}/{room.name}")
def test_a_room_has_no_more_files_than_a_plan_of_it(room: Path):
    have = {path.stem for path in room.glob("*.py")}
    assert {"__init__", "model", "rules", "actions", "store"} - have <= {"rules"}, f"{room.name} has {sorted(have)}"
    assert len(have) <= 8, f"{room.name} has {len(have)} files: it is two rooms"


def private_doors(file: File) -> Iterator[tuple[int, str]]:
    """Imports that pass a room's front door by. Its ports are for whoever implements them."""
    own = "/".join(file.place.split("/")[:2])
    for line, name in imported(file):
        parts = name.split(".")
        inside = len(parts) > 4 and parts[0] == "renqing" and parts[1] in ROOM_FLOORS
        if inside and "/".join(parts[1:3]) != own and parts[3] != "ports":
            yield line, f"imports {name}"


def test_a_room_is_entered_by_its_front_door():
    found = all_findings(SOURCE, private_doors)
    why = "What a room shows is in its __init__; everything behind it is its own affair."
    assert not found, explained(why, found)


# leftovers -----------------------------------------------------------------------------------------------------------
_LEFT = re.compile(r"\b(TODO|FIXME|HACK|NotImplementedError)\b")


def leftovers(file: File) -> Iterator[tuple[int, str]]:
    if file.place != "house/test_tidy.py":
        for line, text in enumerate(file.text.splitlines(), 1):
            if _LEFT.search(text):
                yield line, text.strip()[:80]


def test_nothing_is_left_for_later():
    found = all_findings(SOURCE, leftovers) + all_findings(TESTS, leftovers)
    assert not found, explained("What is not done is an issue, not a comment.", found)


def sleeps(file: File) -> Iterator[tuple[int, str]]:
    """Sleeps of a fixed time in tests; ``asyncio.sleep(0)`` gives way and waits for nothing."""
    if file.place == "patience.py":
        return
    for node in ast.walk(file.tree):
        is_sleep = isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "asyncio.sleep", "sleep")
        if is_sleep and ast.unparse(node.args[0]) != "0":
            yield node.lineno, ast.unparse(node)


RACES = (
    "books", "foundation", "house", "interleaving.py", "crowd.py", "channel.py", "stories.py", "storms", "trade",
    "journeys", "social",
)  # fmt: skip


def test_no_race_is_decided_by_sleeping():
    found = [
        f"{file.place}:{line}: {what}" for file in files(TESTS) if file.within(*RACES) for line, what in sleeps(file)
    ]
    assert not found, explained("A test that sleeps proves luck: wait for a fact, or hold a lock.", found)


# settings ------------------------------------------------------------------------------------------------------------
READ_BY_A_PROPERTY = {"home", "mode", "public_url"}  # home_path, is_demo, has_tls


def reads(file: File) -> Iterator[ast.Attribute]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node


@cache
def attributes_read() -> frozenset[str]:
    """The names of attributes that are read anywhere, but where settings are defined."""
    return frozenset(
        node.attr for file in files(SOURCE) if not file.within("foundation/settings.py") for node in reads(file)
    )


@pytest.mark.parametrize("settings", [Settings, Policy])
def test_every_setting_has_an_effect(settings: type[Settings | Policy]):
    within = {node.attr for file in files(SOURCE) if file.within("foundation/settings.py") for node in reads(file)}
    unused = set(settings.__struct_fields__) - attributes_read() - (within & READ_BY_A_PROPERTY)
    assert not unused, f"An operator sets what nothing reads: {sorted(unused)}"


# the reader itself ---------------------------------------------------------------------------------------------------
FAULTS = [
    (long_functions, "journeys/a.py", "def story():\n" + "    x = 1\n" * FUNCTION_LINES_MAX),
    (long_files, "journeys/a.py", "x = 1\n" * (FILE_LINES_MAX + 1)),
    (imports_inside, "journeys/a.py", "def story():\n    import json\n"),
    (imports_inside, "journeys/a.py", "async def story():\n    if True:\n        from a import b\n"),
    (provider_imports, "journeys/a.py", "from renqing.providers.postgres import EmbeddedPostgres\n"),
    (other_clocks, "social/gifts/rules.py", "from datetime import datetime\nx = datetime.now()\n"),
    (other_clocks, "social/gifts/rules.py", "import datetime\nx = datetime.datetime.now()\n"),
    (other_clocks, "doors/a.py", "import time\nx = time.monotonic()\n"),
    (other_chances, "journeys/a.py", "from uuid import uuid4\n"),
    (other_chances, "journeys/a.py", "import random\n"),
    (other_chances, "journeys/a.py", "import os\nx = os.urandom(4)\n"),
    (other_commits, "journeys/a.py", "async def f(conn):\n    async with conn.transaction():\n        pass\n"),
    (other_commits, "journeys/a.py", "await_(conn.commit())\n"),
    (other_commits, "journeys/a.py", "run('COMMIT')\n"),
    (sql_elsewhere, "journeys/a.py", "x = 'SELECT a FROM b'\n"),
    (sql_elsewhere, "social/gifts/actions.py", "x = f'UPDATE gift_gift SET state = {y}'\n"),
    (sql_elsewhere, "doors/a.py", 'x = """\n    WITH a AS (SELECT 1) DELETE FROM b"""\n'),
    (sql_elsewhere, "books/ledger/rules.py", "x = 'delete'\ny = 'INSERT INTO a VALUES (1)'\n"),
    (writes_in_views, "views/a.py", "x = 'WITH a AS (DELETE FROM b RETURNING 1) SELECT * FROM a'\n"),
    (private_doors, "journeys/a.py", "from renqing.social.gifts.store import by_id\n"),
    (leftovers, "journeys/a.py", "x = 1  # " + "TO" + "DO: mend\n"),
    (sleeps, "journeys/test_a.py", "import asyncio\nasyncio.sleep(0.1)\n"),
]


@pytest.mark.parametrize(("finder", "place", "text"), FAULTS)
def test_each_fault_would_be_found(finder: Finder, place: str, text: str):
    assert list(finder(File(place, text, ast.parse(text))))


def test_what_is_in_its_place_is_not_found():
    sound = "from datetime import datetime\nimport secrets\nx = datetime.now()\ny = 'SELECT a FROM b'\n"
    for place, finder in (("foundation/clock.py", other_clocks), ("foundation/ids.py", other_chances)):
        assert not list(finder(File(place, sound, ast.parse(sound))))
    for place in ("social/gifts/store.py", "books/people/sign_in_store.py", "views/market.py", "foundation/once.py"):
        assert not list(sql_elsewhere(File(place, sound, ast.parse(sound))))
    docstring = '"""SELECT is a word too."""\n\ndef update():\n    """UPDATE a SET b."""\n'
    assert not list(sql_elsewhere(File("journeys/a.py", docstring, ast.parse(docstring))))


def test_the_history_of_the_schema_is_one_line():
    """Two steps that follow the same one would leave it to chance which schema a house has."""
    steps = {}
    for file in (SOURCE / "foundation/migrations/versions").glob("*.py"):
        said = dict(re.findall(r'^(revision|down_revision) = (?:"(\d+)"|None)$', file.read_text("utf-8"), re.MULTILINE))
        steps[said["down_revision"]] = said["revision"]
        assert file.with_suffix(".sql").exists() and file.name.startswith(f"{said['revision']}_"), file.name
    line = [""]
    while line[-1] in steps:
        line.append(steps[line[-1]])
    assert len(line) == len(list((SOURCE / "foundation/migrations/versions").glob("*.sql"))) + 1, steps
