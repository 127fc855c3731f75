"""The house's own plan, read from its source: each rule explains itself where it is broken."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "renqing"
FILES = sorted(file for file in SOURCE.rglob("*.py") if "versions" not in file.parts)
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
ROOM_FILES_MAX = 7
ROOMS = sorted(
    folder
    for floor in ("books", "trade", "social")
    for folder in (SOURCE / floor).iterdir()
    if folder.is_dir() and not folder.name.startswith("__")
)
SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+(\w+\s+)?SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS)",
    re.DOTALL | re.IGNORECASE,
)


def name_of(file: Path) -> str:
    return file.relative_to(SOURCE).as_posix()


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def functions_of(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def names_used(tree: ast.Module) -> Iterator[str]:
    """Dotted names as they stand in the code: ``datetime.now``, ``random.random``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def imports_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_fits_in_a_head_and_a_function_on_a_screen(file: Path):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_LINES_MAX, f"{name_of(file)} is longer than {FILE_LINES_MAX} lines: split it"
    for function in functions_of(ast.parse(text)):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        assert lines <= FUNCTION_LINES_MAX, f"{name_of(file)}: {function.name} has {lines} lines: give its steps names"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_nothing_is_imported_inside_a_function(file: Path):
    for function in functions_of(tree_of(file)):
        inside = [node.lineno for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not inside, f"{name_of(file)}, line {inside}: imports stand at the top, where the floors are checked"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_time_and_chance_come_from_one_place_each(file: Path):
    tree, where = tree_of(file), name_of(file)
    used, imported = set(names_used(tree)), set(imports_of(tree))
    if where != "foundation/clock.py":
        asked = used & {"datetime.now", "datetime.utcnow", "date.today", "time.time", "time.time_ns", "time.monotonic"}
        assert not asked, f"{where} asks the time by {asked}: only foundation/clock.py does, so that tests can set it"
    if where != "foundation/ids.py":
        rolled = imported & {"random", "uuid", "secrets", "uuid.uuid4", "os.urandom"} | used & {"os.urandom"}
        assert not rolled, f"{where} draws by {rolled}: only foundation/ids.py does, so that a seed replays"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_only_the_database_file_opens_and_ends_transactions(file: Path):
    where = name_of(file)
    if where in {"foundation/database.py", "foundation/migrate.py"} or "sandbox_channel/bank" in where:
        return  # the bank is a company outside, with a database of its own
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}:
            pytest.fail(f"{where}, line {node.lineno}: a journey ends its transaction by returning or raising")


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_only_the_roof_knows_providers(file: Path):
    where = name_of(file)
    if where in {"main.py", "__main__.py"} or where.startswith("providers/"):
        return
    known = [one for one in imports_of(tree_of(file)) if one.startswith("renqing.providers")]
    assert not known, f"{where} imports {known}: a provider is plugged in by main.py, behind its room's port"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_place_is_left_for_later(file: Path):
    found = re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b|NotImplementedError", file.read_text(encoding="utf-8"))
    assert not found, f"{name_of(file)}: {found}: finish it, or say in the docs that it is not there"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_sql_stands_in_stores_views_and_the_foundation(file: Path):
    where = name_of(file)
    allowed = where.startswith(("foundation/", "views/", "doors/cli/benching/", "providers/"))
    if allowed or file.name in {"store.py", "sign_in_store.py"} or file.name.endswith("_store.py"):
        return
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            pytest.fail(f"{where}, line {node.lineno}: SQL belongs into the room's store.py or into a view")


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.parent.name}.{room.name}")
def test_a_room_has_a_front_door_with_numbered_promises(room: Path):
    front = tree_of(room / "__init__.py")
    words = ast.get_docstring(front) or ""
    assert re.search(r"^1\. ", words, re.MULTILINE), (
        f"{room.name}: its __init__ says what the room promises, in numbered sentences"
    )
    assigned = (target for node in front.body if isinstance(node, ast.Assign) for target in node.targets)
    names = {target.id for target in assigned if isinstance(target, ast.Name)}
    assert "__all__" in names, f"{room.name}: its __init__ names what others may use, in __all__"
    assert len(list(room.glob("*.py"))) <= ROOM_FILES_MAX + 1, (
        f"{room.name}: more than {ROOM_FILES_MAX} files; split the room"
    )


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.parent.name}.{room.name}")
def test_a_room_is_entered_by_its_front_door(room: Path):
    inner = f"renqing.{room.parent.name}.{room.name}."
    behind = {"actions", "store", "rules", "model", "sign_ins", "sign_in_store", "words"}
    for file in FILES:
        if room in file.parents:
            continue
        used = [one for one in imports_of(tree_of(file)) if one.startswith(inner) and one.split(".")[3] in behind]
        assert not used, f"{name_of(file)} reaches past the front door: {used}"


def test_every_setting_is_read_somewhere():
    settings = tree_of(SOURCE / "foundation" / "settings.py")
    rest = "\n".join(file.read_text(encoding="utf-8") for file in FILES if file.name != "settings.py")
    own = (SOURCE / "foundation" / "settings.py").read_text(encoding="utf-8")
    for node in settings.body:
        if isinstance(node, ast.ClassDef) and node.name in {"Policy", "Settings"}:
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    name = field.target.id
                    used = re.search(rf"\.{name}\b", rest) or re.search(rf"(self|settings)\.{name}\b", own)
                    assert used, f"{node.name}.{name} is offered to operators and read by nobody"
