"""The watch of ``renqing up``: children and PostgreSQL that end are started again; one Ctrl-C ends all of them."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from prometheus_client import multiprocess

from renqing.doors.cli.children import Child, end_all, tell_new_lines
from renqing.doors.cli.roof import LocalPostgres
from renqing.foundation.clock import monotonic_seconds

LOOK_EVERY_SECONDS = 0.2
ASK_POSTGRES_EVERY_SECONDS = 1.0

Tell = Callable[[str, str, str], None]


class Watch:
    """Keeps ``children`` and ``postgres`` alive until the process is asked to end."""

    def __init__(
        self,
        children: Sequence[Child],
        environment: Mapping[str, str],
        lifeline: int,
        postgres: LocalPostgres | None,
        metrics_folder: Path,
    ) -> None:
        self.children = children
        self._environment = environment
        self._lifeline = lifeline
        self._postgres = postgres
        self._metrics_folder = metrics_folder
        self._ask_postgres_at = 0.0

    def start(self) -> None:
        """Start every child."""
        for child in self.children:
            child.start(self._environment, self._lifeline)

    def look(self, tell: Tell) -> None:
        """One look round: say what was warned of, mend what ended. Raises KeepsDying."""
        self._keep_postgres(tell)
        now = monotonic_seconds()
        for child in self.children:
            tell_new_lines(child, tell)
            if child.process is None:
                if now >= child.start_again_at:
                    child.start(self._environment, self._lifeline)
            elif (status := child.process.poll()) is not None:
                multiprocess.mark_process_dead(child.process.pid, str(self._metrics_folder))  # type: ignore[no-untyped-call]
                tell(child.name, "restarted", _ending(status))
                child.note_death()

    def keep(self, tell: Tell) -> None:
        """Look round until a signal raises KeyboardInterrupt. Raises KeepsDying."""
        while True:
            self.look(tell)
            time.sleep(LOOK_EVERY_SECONDS)

    def end(self) -> None:
        """End the children, then PostgreSQL. A second signal kills what is still there."""
        kill_at_the_next_signal(self.children)
        end_all(self.children)

    def _keep_postgres(self, tell: Tell) -> None:
        now = monotonic_seconds()
        if self._postgres is None or now < self._ask_postgres_at:
            return
        if not self._postgres.is_ready():
            self._postgres.start()
            tell("postgres", "postgres_back", "")
        self._ask_postgres_at = monotonic_seconds() + ASK_POSTGRES_EVERY_SECONDS


def end_on_signals() -> None:
    """Let SIGTERM and a closed terminal end this process as Ctrl-C does, even where a shell had them ignored."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def kill_at_the_next_signal(children: Sequence[Child]) -> None:
    """The end has begun: whoever asks again wants it now."""

    def kill(_number: int, _frame: FrameType | None) -> None:
        for child in children:
            if child.process is not None and child.is_alive:
                child.process.kill()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, kill)


def _ending(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
