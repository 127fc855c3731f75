"""The watch of ``renqing up``: children and PostgreSQL that end are started again; one Ctrl-C ends all of them."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Literal

from prometheus_client import multiprocess

from renqing.doors.cli.children import Child, Loader, end_all, tell_new_lines
from renqing.doors.cli.forking import NotForked
from renqing.doors.cli.plain import ending
from renqing.doors.cli.roof import LocalPostgres
from renqing.foundation.clock import monotonic_seconds

LOOK_EVERY_SECONDS = 0.2
ASK_POSTGRES_EVERY_SECONDS = 1.0

RENEWED_SECONDS_MAX = 60.0
LEAVING_SECONDS_MAX = 15.0
NOT_RENEWED = frozenset({"sandbox"})  # the demo's bank: nobody's requests wait for its code
RENEW = signal.SIGUSR2

Tell = Callable[[str, str, str], None]
Outcome = Literal["renewed", "not_renewed"]


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
        self._renewal: Iterator[None] | None = None
        self._beside: list[Child] = []  # while a child is renewed: the one that comes, then the one that leaves
        self._loader = next((child for child in children if isinstance(child, Loader)), None)

    def start(self) -> None:
        """Start every child; those that the loader forks come once it has loaded, while we look."""
        for child in self.children:
            self._start(child, self._loader)

    def _start(self, child: Child, loader: Loader | None) -> None:
        if loader is None or not child.is_forked:
            child.start(self._environment, self._lifeline)
        elif loader.can_fork:
            with suppress(NotForked):  # that loader is ended, and the next look is at another
                child.start(self._environment, self._lifeline, loader)

    @property
    def is_ready(self) -> bool:
        """Whether every child has said that it can do its work."""
        return all(child.is_ready for child in self.children)

    @property
    def has_a_server(self) -> bool:
        """Whether somebody who takes requests has said that it can."""
        return any(child.command[0] == "serve" and child.is_ready for child in self.children)

    def look(self, tell: Tell) -> None:
        """One look round: say what was warned of, mend what ended. Raises KeepsDying."""
        self._keep_postgres(tell)
        now = monotonic_seconds()
        for child in self.children:
            tell_new_lines(child, tell)
            if child.process is None:
                if now >= child.start_again_at:
                    self._start(child, self._loader)
            elif (status := child.process.poll()) is not None:
                self._forget(child.process.pid)
                tell(child.name, "restarted", ending(status))
                child.note_death()
        if self._renewal is not None and next(self._renewal, self) is self:
            self._renewal = None

    def renew(self, tell: Tell, done: Callable[[Outcome], None]) -> None:
        """Replace every child by a fresh process of the code that is installed now, one at a time, while it goes on.

        A new one is ready before the old one is asked to leave. Where one does not become ready, it is ended, the old
        ones stay, and ``done`` is told so.
        """
        if self._renewal is None:
            self._renewal = self._renew_each(tell, done)

    def _renew_each(self, tell: Tell, done: Callable[[Outcome], None]) -> Iterator[None]:
        fresh = None if self._loader is None else self._loader.successor()
        outcome: Outcome = "renewed"
        if fresh is not None:
            outcome = yield from self._bring(fresh, None)
        for child in self.children:
            if child.name in NOT_RENEWED or child is self._loader or outcome == "not_renewed":
                continue
            other = child.successor()
            outcome = yield from self._bring(other, fresh)
            if outcome == "renewed":
                child.hand_over_to(other)
            yield from self._see_off(other)
            tell(child.name, outcome, "" if outcome == "renewed" else other.last_words())
        if fresh is not None and self._loader is not None:
            has_loaded = fresh.can_fork
            if outcome == "renewed":
                self._loader.hand_over_to(fresh)
            yield from self._see_off(fresh)
            if outcome == "renewed" or not has_loaded:
                tell(fresh.name, outcome, "" if outcome == "renewed" else fresh.last_words())
        done(outcome)

    def _bring(self, other: Child, loader: Loader | None) -> Generator[None, None, Outcome]:
        self._beside.append(other)
        self._start(other, loader)
        yield from _until(lambda one: one.is_ready or not one.is_alive, other, RENEWED_SECONDS_MAX)
        return "renewed" if other.is_alive and other.is_ready else "not_renewed"

    def _see_off(self, other: Child) -> Iterator[None]:
        if other.process is not None:
            other.process.send_signal(signal.SIGTERM)
            yield from _until(lambda one: not one.is_alive, other, LEAVING_SECONDS_MAX)
            other.process.kill()
            other.process.wait()
            self._forget(other.process.pid)
        self._beside.remove(other)

    def _forget(self, pid: int) -> None:
        multiprocess.mark_process_dead(pid, str(self._metrics_folder))  # type: ignore[no-untyped-call]

    def keep(self, tell: Tell) -> None:
        """Look round until a signal raises KeyboardInterrupt. Raises KeepsDying."""
        while True:
            self.look(tell)
            time.sleep(LOOK_EVERY_SECONDS)

    def end(self) -> None:
        """End the children, then PostgreSQL. A second signal kills what is still there."""
        everybody = [*self.children, *self._beside]
        kill_at_the_next_signal(everybody)
        end_all(everybody)

    def _keep_postgres(self, tell: Tell) -> None:
        now = monotonic_seconds()
        if self._postgres is None or now < self._ask_postgres_at:
            return
        if not self._postgres.is_ready():
            self._postgres.start()
            tell("postgres", "postgres_back", "")
        self._ask_postgres_at = monotonic_seconds() + ASK_POSTGRES_EVERY_SECONDS


def _until(fact: Callable[[Child], bool], child: Child, seconds_max: float) -> Iterator[None]:
    give_up_at = monotonic_seconds() + seconds_max
    while not fact(child) and monotonic_seconds() < give_up_at:
        yield


def end_on_signals() -> None:
    """Let SIGTERM and a closed terminal end this process as Ctrl-C does, even where a shell had them ignored."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def renew_on_signal(renew: Callable[[], None]) -> None:
    """Let ``RENEW`` ask for fresh processes. Not SIGHUP: that one says that the terminal was closed."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        renew()

    signal.signal(RENEW, ask)


def kill_at_the_next_signal(children: Sequence[Child]) -> None:
    """The end has begun: whoever asks again wants it now."""

    def kill(_number: int, _frame: FrameType | None) -> None:
        for child in children:
            if child.process is not None and child.is_alive:
                child.process.kill()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, kill)
