"""The process that loads a release once, and those forked from it: whose children they are, and what they share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import until
from upkeep import children_of

from renqing.doors.cli import forking
from renqing.doors.cli.children import Child, Loader
from renqing.doors.cli.forking import NotForked, can_fork
from renqing.doors.cli.lifeline import make_lifeline

pytestmark = pytest.mark.skipif(not can_fork(), reason="only Linux lets a supervisor adopt what was forked for it")

# The real loader with nothing to load, and a process that is told how to end.
BARE = """
import os, signal, sys, threading
from renqing.doors.cli import loader

def wait():
    signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))
    print(os.getpgid(0) == os.getpid(), *sorted(thread.name for thread in threading.enumerate()), flush=True)
    os.write(int(os.environ["SUPERVISOR_READY_FD"]), b"1")
    while True:
        signal.pause()

loader.settings_or_end = loader.load = lambda: None
loader.process_of = lambda arguments: wait
loader.loader(int(sys.argv[-1]))
"""


class Bare:
    """A loader with nothing to load, and its supervisor's side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lifeline, self.kept_open = make_lifeline()
        self.loader = Loader("loader", (), folder / "loader.log")
        self.loader.start(os.environ, self.lifeline)
        until(lambda: self.loader.can_fork)

    def fork(self, name: str) -> Child:
        child = Child(name, ("worker",), self.folder / f"{name}.log", is_forked=True)
        child.start(os.environ, self.lifeline, self.loader)
        return child


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bare]:
    monkeypatch.setattr("renqing.doors.cli.children.RENQING", (sys.executable, "-c", BARE))
    made = Bare(tmp_path)
    yield made
    if made.loader.process is not None:
        made.loader.process.kill()
        made.loader.process.wait()


def test_what_is_forked_is_the_supervisors_own_and_outlives_the_loader(bare: Bare):
    asked, killed, left = (bare.fork(name) for name in ("asked", "killed", "left"))
    everybody = [asked, killed, left]
    until(lambda: all(child.is_ready for child in everybody))
    for child in everybody:
        assert child.log_file.read_text() == "True MainThread lifeline\n", "a group, a log and a lifeline of its own"
    processes = [child.process for child in everybody if child.process is not None]
    shown = children_of(os.getpid())
    assert all(shown[process.pid].endswith(" worker") for process in processes), "and ps says what it is"
    assert bare.loader.process is not None
    bare.loader.process.kill()
    assert bare.loader.process.wait(10) == -signal.SIGKILL
    assert [process.poll() for process in processes] == [None, None, None]
    processes[0].send_signal(signal.SIGUSR1)
    processes[1].kill()
    assert [process.wait(10) for process in processes[:2]] == [7, -signal.SIGKILL]
    with pytest.raises(subprocess.TimeoutExpired):
        processes[2].wait(0)
    os.close(bare.kept_open)
    assert processes[2].wait(10) == -signal.SIGTERM, "it ends with its supervisor"


def test_a_loader_ends_with_its_supervisor_and_what_nobody_knows_of_ends_too(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(forking, "KNOWN", b"?")
    unknown = bare.fork("unknown")
    assert unknown.process is not None
    assert unknown.process.wait(10) == 1
    assert "nobody knows" in unknown.last_words()
    assert bare.loader.asking is not None and bare.loader.process is not None
    bare.loader.asking.close()
    assert bare.loader.process.wait(10) == 0


def test_a_loader_that_does_not_answer_is_ended_and_forks_nobody(bare: Bare, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(forking, "FORK_SECONDS_MAX", 0.2)
    assert bare.loader.process is not None
    bare.loader.process.send_signal(signal.SIGSTOP)
    with pytest.raises(NotForked):
        bare.fork("never")
    assert bare.loader.process.wait(10) == -signal.SIGKILL
    with pytest.raises(NotForked):
        bare.fork("never")
    assert "worker" not in " ".join(children_of(os.getpid()).values())


LOADED = """
import os, random, sys, threading
from pathlib import Path
from renqing.doors.cli import loader
from renqing.foundation.ids import NodeIds
from renqing.main import create_app_from_environment

loader.load()
app = create_app_from_environment()
assert "rjieba" in sys.modules, "the dictionary"
assert threading.active_count() == len(os.listdir("/proc/self/task")) == 1, "a thread would be lost in a fork"
held = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
assert not [what for what in held if what.startswith(("socket:", "anon_inode:"))], held
for number in range(2):
    if os.fork() == 0:
        assert create_app_from_environment() is app
        os.write(1, f"{NodeIds(1).token()} {random.random()}\\n".encode())  # in one piece: the other writes too
        os._exit(0)
assert [os.wait()[1] for _ in range(2)] == [0, 0]
"""


def test_what_is_loaded_before_a_fork_is_of_no_process_alone():
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    words = told.stdout.split()
    assert len(set(words)) == len(words) == 4, "each draws secrets and chances of its own"
