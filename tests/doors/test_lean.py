"""What a process carries: only what its work needs."""

import subprocess
import sys

import pytest

from renqing.doors.cli.processes import process_of

# What each would cost a process, in megabytes: the reason for this test.
DICTIONARY, PAGES, MIGRATIONS = "rjieba", {"litestar", "jinja2"}, {"alembic", "sqlalchemy", "mako"}


def loaded_by(module: str, then: str = "") -> set[str]:
    """The packages that a fresh interpreter has loaded once it has loaded ``module`` and done something with it."""
    ask = f"import sys, {module}; {then or 'pass'}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return set(told.stdout.split())


@pytest.mark.parametrize("module", ["renqing.building", "renqing.doors.cli.worker"])
def test_a_worker_carries_no_dictionary_no_page_and_no_migration(module: str):
    loaded = loaded_by(module)
    assert not loaded & {DICTIONARY, *PAGES, *MIGRATIONS}


def test_a_servers_doors_bring_nothing_that_no_door_uses():
    loaded = loaded_by("renqing.main", "renqing.main.create_app(renqing.main.read_settings({}))")
    assert not loaded & {"pydantic", "pydantic_core", "attrs", DICTIONARY, *MIGRATIONS}


PROCESSES = {
    "server": ("renqing.__main__", "import renqing.doors.cli.serve, renqing.main"),
    "worker": ("renqing.__main__", "import renqing.doors.cli.worker, renqing.building"),
    "sandbox": ("renqing.__main__", "import renqing.doors.cli.sandbox, renqing.providers.sandbox_channel.bank.app"),
}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_that_nobody_watches_carries_no_terminal_and_no_decoder(name: str):
    loaded = loaded_by(*PROCESSES[name])
    assert not loaded & {"typer", "rich", "pygments", "httpx", "PIL"}


def test_whoever_wants_colours_beside_the_logs_has_them():
    assert not loaded_by("renqing.foundation.logs") & {"rich", "pygments"}
    assert "rich" in loaded_by("renqing.foundation.logs", "import rich.console")


@pytest.mark.parametrize(
    ("arguments", "is_process"),
    [
        (["serve"], True),
        (["serve", "--fd", "5"], True),
        (["sandbox", "--fd", "6"], True),
        (["worker"], True),
        (["loader", "--fd", "6"], True),
        (["loader"], False),
        (["worker", "--fd", "6"], False),
        (["serve", "--fd", "five"], False),
        (["serve", "--help"], False),
        (["up"], False),
        ([], False),
    ],
)
def test_what_is_exactly_a_process_starts_without_the_command_line(arguments: list[str], *, is_process: bool):
    assert (process_of(arguments) is not None) is is_process


def test_a_server_carries_no_migration_and_takes_the_dictionary_only_when_it_starts():
    loaded = loaded_by("renqing.main")
    assert loaded >= PAGES
    assert not loaded & {DICTIONARY, *MIGRATIONS}
