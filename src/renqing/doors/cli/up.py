"""``renqing up``: everything, with one command.

The order is: refuse what is unsafe, hold the home folder, keys, PostgreSQL, schema, demo world, sockets, processes.
Every step can be interrupted or killed and done again, and nothing is told to be up before it answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import shutil
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import typer
from rich.text import Text

from renqing.doors.cli.children import Child, KeepsDying, Loader
from renqing.doors.cli.forking import can_fork
from renqing.doors.cli.house import DATABASE, environment_of, ground_on, known_keys, run_missing_steps
from renqing.doors.cli.lifeline import VARIABLE, make_lifeline
from renqing.doors.cli.plain import keys_file, words
from renqing.doors.cli.ports import listen_as_before
from renqing.doors.cli.roof import LocalPostgres, Roof, roof_of
from renqing.doors.cli.running import AlreadyRunning, Running, alone_in, forget_running, note_running, noted_running
from renqing.doors.cli.summary import show_summary
from renqing.doors.cli.supervise import Outcome, Watch, end_on_signals, renew_on_signal
from renqing.doors.cli.terminal import console, error_console, refuse, safe_settings, shown, step
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.ids import random_bytes
from renqing.foundation.schema import has_people
from renqing.foundation.secrets import Keys, fresh_keys, write_keys
from renqing.foundation.settings import Settings
from renqing.foundation.starting import CannotStart
from renqing.journeys.demo.reading import people_of_the_demo
from renqing.journeys.make_the_demo_world import make_the_demo_world

FAILED = 1
ANSWER_SECONDS_MAX = 60
LOOK_FIRST_SECONDS = 0.05  # somebody waits for the house
NAMES_SHOWN = 6
_ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on


def up(context: typer.Context) -> None:
    """Bring everything up: database, schema, demo world, server, worker. Ctrl-C ends it; the data stay."""
    settings = safe_settings()
    home = settings.home_path
    console.goes_on = error_console.goes_on = True  # a closed pipe or a full disk must not take the house with it
    end_on_signals()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with alone_in(home):
            _bring_up(settings, home, roof_of(context))
    except AlreadyRunning:
        running = noted_running(home)
        refuse(
            words("cli.up.already", url=running.url if running else home, pid=running.pid if running else "?"),
            status=FAILED,
        )
    except KeepsDying as dying:
        refuse(words("cli.up.keeps_dying", name=dying.name, words=dying.last_words), status=FAILED)
    except CannotStart as why:
        refuse(str(why), status=FAILED)
    except PermissionError as denied:
        refuse(words("cli.up.not_ours", file=denied.filename), status=FAILED)
    except typer.Exit:
        raise  # whoever asked for it has said why
    except Exception as failure:  # noqa: BLE001 - the framework ends without a word after a broken pipe
        error_console.print(traceback.format_exc(), markup=False)
        refuse(words("cli.up.failed", why=type(failure).__name__), status=FAILED)
    except KeyboardInterrupt as asked:
        console.print(words("cli.up.stopped", home=shown(home), signal=asked), markup=False)


def _bring_up(settings: Settings, home: Path, roof: Roof) -> None:
    keys_are_new = _make_keys(settings)
    keys = known_keys(settings)
    with _database(settings, home, roof) as (postgres, dsn):
        settings = msgspec.structs.replace(
            settings, home=str(home), database_url=dsn, keys_file=str(keys_file(settings))
        )
        with step("cli.step.migrate"):
            run_missing_steps(settings, dsn)
        if keys_are_new and asyncio.run(has_people(dsn)):
            keys_file(settings).unlink()
            raise CannotStart(words("cli.up.keys_gone", file=keys_file(settings)))
        if settings.is_demo:
            with step("cli.step.demo") as say:
                asyncio.run(_make_demo(settings, keys, say))
        _keep_up(settings, home, postgres)


async def _make_demo(settings: Settings, keys: Keys, say: Callable[[str], None]) -> None:
    async with ground_on(settings.database_url, settings, keys) as ground:
        await make_the_demo_world(ground, say)


def _make_keys(settings: Settings) -> bool:
    """Keys for a first start outside production. Whether they were made now."""
    file = keys_file(settings)
    if settings.mode == "production" or file.exists():
        return False
    write_keys(fresh_keys(), file)
    console.print(words("cli.up.keys_made", file=shown(file)), style="dim", markup=False)
    return True


@contextlib.contextmanager
def _database(settings: Settings, home: Path, roof: Roof) -> Iterator[tuple[LocalPostgres | None, str]]:
    if settings.database_url:
        yield None, settings.database_url
        return
    postgres = roof.postgres(home)
    try:
        with step("cli.step.postgres"):
            postgres.start()
            postgres.ensure_database(DATABASE)
        if postgres.is_elsewhere:
            console.print(words("cli.up.elsewhere", folder=postgres.data_folder), style="dim", markup=False)
        yield postgres, postgres.dsn(DATABASE)
    finally:
        postgres.stop()


def _keep_up(settings: Settings, home: Path, postgres: LocalPostgres | None) -> None:
    """Sockets, processes, and the watch over them until the end is asked for."""
    asked_port = settings.port
    listening = _listen(home, "server", settings.host, settings.port)
    # A demo brings its own bank, unless the settings name another's.
    brings_bank = settings.is_demo and not settings.sandbox_url
    sandbox = _listen(home, "sandbox", settings.host, settings.sandbox_port) if brings_bank else None
    settings = _with_addresses(settings, home, listening, sandbox)
    logs, metrics = _make_folders(home)
    lifeline, _kept_open = make_lifeline()
    environment = {
        **os.environ,
        **environment_of(settings),
        VARIABLE: str(lifeline),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }
    watch = Watch(_children(settings, logs, listening, sandbox), environment, lifeline, postgres, metrics)
    try:
        note = Running(os.getpid(), settings.public_url, asked_port, settings.port, settings.sandbox_url, renewed=0)
        renew_on_signal(lambda: watch.renew(_tell, partial(_note_renewal, home)))  # before anybody knows whom to ask
        note_running(home, note)
        with step("cli.step.server"):
            watch.start()
            _wait_until_up(settings, watch, logs)
        show_summary(settings, home, [person.name for person in people_of_the_demo().person[:NAMES_SHOWN]])
        watch.keep(_tell)
    finally:
        console.print(words("cli.up.stopping"))
        watch.end()
        forget_running(home)


def _note_renewal(home: Path, outcome: Outcome) -> None:
    note = noted_running(home)
    if note is not None:
        note_running(home, msgspec.structs.replace(note, **{outcome: getattr(note, outcome) + 1}))


def _listen(home: Path, name: str, host: str, asked: int) -> socket.socket:
    listening = listen_as_before(home, name, host, asked, was_killed=noted_running(home) is not None)
    got = listening.getsockname()[1]
    if got != asked:
        console.print(words("cli.up.port_taken", wanted=asked, got=got), style="yellow", markup=False)
    return listening


def _with_addresses(
    settings: Settings, home: Path, listening: socket.socket, sandbox: socket.socket | None
) -> Settings:
    """The settings with the ports that we got, and the addresses that follow from them."""
    port = listening.getsockname()[1]
    host = _reachable(settings.host)
    settings = msgspec.structs.replace(settings, port=port, public_url=settings.public_url or f"http://{host}:{port}")
    if sandbox is None:
        return settings
    sandbox_port = sandbox.getsockname()[1]
    return msgspec.structs.replace(
        settings,
        sandbox_port=sandbox_port,
        sandbox_url=f"http://{host}:{sandbox_port}",
        sandbox_public_url=settings.sandbox_public_url or f"http://{host}:{sandbox_port}",
        sandbox_secret=settings.sandbox_secret or _kept_secret(home / "sandbox_secret"),
    )


def _kept_secret(file: Path) -> str:
    """A secret that this installation keeps from its first start on."""
    if not file.exists():
        half = file.with_name(f".{file.name}.new")
        half.touch(mode=0o600)
        half.write_text(random_bytes(32).hex(), encoding="utf-8")
        half.rename(file)
    return file.read_text(encoding="utf-8").strip()


def _make_folders(home: Path) -> tuple[Path, Path]:
    logs, metrics = home / "logs", home / "metrics"
    logs.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(mode=0o700)
    return logs, metrics


def _children(settings: Settings, logs: Path, listening: socket.socket, sandbox: socket.socket | None) -> list[Child]:
    children: list[Child] = [Loader("loader", (), logs / "loader.log")] if can_fork() else []
    if sandbox is not None:
        fd = sandbox.fileno()
        children.append(Child("sandbox", ("sandbox", "--fd", str(fd)), logs / "sandbox.log", (fd,)))
    fd = listening.fileno()
    several = settings.server_processes > 1
    for n in range(1, settings.server_processes + 1):
        name = f"server-{n}" if several else "server"
        children.append(Child(name, ("serve", "--fd", str(fd)), logs / f"{name}.log", (fd,), is_forked=True))
    return [*children, Child("worker", ("worker",), logs / "worker.log", is_forked=True)]


def _wait_until_up(settings: Settings, watch: Watch, logs: Path) -> None:
    """Until it answers and each process said that it can do its work: one server answers for all of them.

    Where it answers and one of them still has not begun by the end, the house is up and the watch goes on with it.
    """
    host, is_answered = _reachable(settings.host), False
    give_up_at = monotonic_seconds() + ANSWER_SECONDS_MAX
    while monotonic_seconds() < give_up_at:
        watch.look(_tell)
        # Before one of them can, whoever asks waits, and the watch with it.
        is_answered = is_answered or (watch.has_a_server and _answers(host, settings.port))
        if is_answered and watch.is_ready:
            return
        time.sleep(LOOK_FIRST_SECONDS)
    if not is_answered:
        raise CannotStart(words("cli.up.not_answering", seconds=ANSWER_SECONDS_MAX, logs=logs))
    for child in watch.children:
        if not child.is_ready:
            _tell(child.name, "warning", words("cli.up.not_begun", seconds=ANSWER_SECONDS_MAX, log=child.log_file))


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in _ANYWHERE else host


def _answers(host: str, port: int) -> bool:
    asking = http.client.HTTPConnection(host, port, timeout=2)
    try:
        asking.request("GET", "/readyz")
        return asking.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def _tell(name: str, level: str, said: str) -> None:
    """One readable line on the terminal."""
    if level == "restarted":
        console.print(words("cli.up.restarted", name=name, status=said), style="yellow", markup=False)
    elif level in {"renewed", "not_renewed"}:
        console.print(words(f"cli.up.{level}", name=name, words=said), style="yellow", markup=False)
    elif level == "postgres_back":
        console.print(words("cli.up.postgres_back"), style="yellow", markup=False)
    else:
        style = {"plain": "dim", "warning": "yellow"}.get(level, "red")
        console.print(Text.assemble((f"{name}  ", "dim"), (said, style)))
