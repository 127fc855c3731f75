"""What a process carries: only what its work needs."""

import subprocess
import sys

import pytest

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


@pytest.mark.parametrize("module", ["renqing.doors.cli.serve", "renqing.doors.cli.worker", "renqing.foundation.logs"])
def test_a_process_that_nobody_watches_carries_no_colours(module: str):
    assert not loaded_by(module) & {"rich", "pygments"}
    assert "rich" in loaded_by(module, "import rich.console"), "whoever wants colours later has them"


def test_a_server_carries_no_migration_and_takes_the_dictionary_only_when_it_starts():
    loaded = loaded_by("renqing.main")
    assert loaded >= PAGES
    assert not loaded & {DICTIONARY, *MIGRATIONS}
