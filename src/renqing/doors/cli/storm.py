"""``renqing storm``: seeded histories of journeys and faults against a house of their own, judged step by step."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from renqing.doors.cli.benching.stage import own_stage
from renqing.doors.cli.plain import words
from renqing.doors.cli.roof import Roof, roof_of
from renqing.doors.cli.storming.callbacks import hear_many
from renqing.doors.cli.storming.fleet import Field, Fleet, be_quiet, make_template, own_database, play, play_all
from renqing.doors.cli.storming.kills import kill_and_count
from renqing.doors.cli.storming.races import RACERS, RACES, RaceOff, race
from renqing.doors.cli.storming.stage import Stage, staged
from renqing.doors.cli.supervise import end_on_signals
from renqing.doors.cli.terminal import console, error_console, refuse, step
from renqing.foundation.ids import seeded_chance
from renqing.foundation.starting import CannotStart

TEMPLATE = "storm_template"
SURPRISED = 1
ENOUGH_HISTORIES = 100  # from so many on every fault must have fired
_ROOM_BYTES_MIN = 2 * 1024**3


storm = typer.Typer(invoke_without_command=True, pretty_exceptions_enable=False, add_completion=False)


@storm.callback()
def play_histories(
    context: typer.Context,
    *,
    minutes: Annotated[float, typer.Option(min=0.05, max=10_000, help="How long to go on.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Play this seed alone: what a surprise printed.")] = 0,
    begin: Annotated[int, typer.Option(min=1, help="The first seed; the others follow.")] = 1,
    histories: Annotated[int, typer.Option(min=0, help="So many histories, however long it takes.")] = 0,
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="Steps of a history.")] = 200,
    processes: Annotated[int, typer.Option(min=1, max=64, help="One a core is a good number.")] = 2,
) -> None:
    """Kill, cut, delay, repeat and race a house of its own, and judge every answer. Ends with 1 on a surprise."""
    end_on_signals()  # whatever is asked for: what was started here ends with us
    if context.invoked_subcommand is not None:
        return
    try:
        with _field(roof_of(context)) as ground:
            if seed:
                be_quiet()
                fleet = Fleet()
                fleet.add(play(ground, seed, steps))
            else:
                seeds = range(begin, begin + histories) if histories else count(begin)
                limit = None if histories else minutes * 60
                with step("cli.storm.step") as how_far:
                    fleet = play_all(
                        ground,
                        seeds,
                        steps=steps,
                        processes=processes,
                        seconds_max=limit,
                        told=lambda so_far: how_far(f"{so_far.histories}"),
                    )
    except CannotStart as why:
        refuse(str(why))
    _show(fleet)


@storm.command("races")
def run_races(
    context: typer.Context,
    rounds: Annotated[int, typer.Argument(min=1, max=100_000, help="Rounds of each race.")] = 200,
    names: Annotated[list[str] | None, typer.Option("--only", help=f"Which: {', '.join(RACES)}.")] = None,
) -> None:
    """Fifty at once for every guarded resource: exactly as many win as may. Ends with 1 where that is not so."""
    unknown = sorted(set(names or ()) - set(RACES))
    if unknown:
        refuse(words("cli.storm.unknown", names=", ".join(unknown), known=", ".join(RACES)))

    async def run(stage: Stage) -> None:
        with step("cli.storm.races", rounds=rounds) as how_far:
            await race(stage, names or list(RACES), rounds, lambda name, number: how_far(f"{name} {number}"))

    try:
        _on_a_stage(roof_of(context), run)
    except RaceOff as off:
        refuse(str(off), status=SURPRISED)
    console.print(words("cli.storm.raced", races=len(names or RACES), rounds=rounds, racers=RACERS))


@storm.command("callbacks")
def hear_callbacks(
    context: typer.Context,
    count: Annotated[int, typer.Argument(min=100, max=10_000_000, help="Callbacks in all.")] = 100_000,
    seed: Annotated[int, typer.Option(min=1, help="How they are shuffled.")] = 1,
) -> None:
    """Tell each payment fifty times, shuffled and at once. Ends with 1 where one is not booked exactly once."""

    async def run(stage: Stage) -> None:
        with step("cli.storm.callbacks", n=f"{count:,}"):
            booked = await hear_many(stage, count, seeded_chance(seed))
        heard = ", ".join(f"{effect} {times:,}" for effect, times in sorted(booked.effects.items()))
        facts = {"n": f"{booked.callbacks:,}", "payments": f"{booked.payments:,}", "double": booked.double}
        console.print(words("cli.storm.heard", heard=heard, **facts))
        if booked.double or booked.effects["capture"] != booked.payments:
            raise typer.Exit(SURPRISED)

    _on_a_stage(roof_of(context), run)


@storm.command("kills")
def kill_and_look(
    context: typer.Context,
    count: Annotated[int, typer.Argument(min=1, max=100_000, help="How often something is killed.")] = 500,
    writes: Annotated[int, typer.Option(min=1, help="Acknowledged orders before each kill.")] = 2_000,
) -> None:
    """Kill servers, worker, sandbox and PostgreSQL of a real house under load. Ends with 1 where a yes was lost."""
    try:
        with (
            step("cli.storm.kills", n=count, writes=f"{count * writes:,}"),
            own_stage(roof_of(context), server_processes=2) as stage,
        ):
            toll = asyncio.run(kill_and_count(stage, count, writes))
    except (CannotStart, AssertionError) as why:
        refuse(str(why), status=SURPRISED)
    for victim, seconds in sorted(toll.back.items()):
        middle, worst = sorted(seconds)[len(seconds) // 2], max(seconds)
        facts = {"victim": victim, "n": toll.kills[victim], "middle": f"{middle:.2f}", "worst": f"{worst:.2f}"}
        console.print(words("cli.storm.back", **facts))
    done = {"n": sum(toll.kills.values()), "writes": f"{len(toll.acknowledged):,}", "repeated": f"{toll.repeated:,}"}
    console.print(
        words("cli.storm.counted", lost=toll.lost, doubled=toll.doubled, seconds=f"{toll.seconds:.0f}", **done)
    )
    if toll.lost or toll.doubled:
        raise typer.Exit(SURPRISED)


def _on_a_stage(roof: Roof, story: Callable[[Stage], Awaitable[None]]) -> None:
    """Tell a story on a stage of its own, with as many connections as racers."""

    async def tell(ground: Field) -> None:
        async with (
            own_database(ground) as dsn,
            staged(dsn, 1, ground.open_bank, Path(ground.folder), pool_size=RACERS) as stage,
        ):
            await story(stage)

    try:
        with _field(roof) as ground:
            asyncio.run(tell(ground))
    except CannotStart as why:
        refuse(str(why))


@contextmanager
def _field(roof: Roof) -> Iterator[Field]:
    """A PostgreSQL of its own in memory where there is room, gone with the storm."""
    home = Path(tempfile.mkdtemp(prefix="renqing-storm-", dir=_memory()))
    home.chmod(0o755)
    server = roof.postgres(home)
    try:
        with step("cli.storm.begin"):
            server.start()
            server.ensure_database(TEMPLATE)
            asyncio.run(make_template(server.dsn(TEMPLATE)))
        marker = "storm_database"
        yield Field(server.dsn(marker).replace(marker, "{database}"), TEMPLATE, str(home), roof.storm_bank())
    finally:
        server.stop()
        shutil.rmtree(server.data_folder, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def _memory() -> Path | None:
    """Where there is room in memory, unless somebody said where to put what is for a while."""
    if "TMPDIR" in os.environ:
        return None
    shared = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > _ROOM_BYTES_MIN else None


def _show(fleet: Fleet) -> None:
    for name, times in sorted(fleet.fired.items()):
        console.print(f"  {name} [dim]{times:,}[/]")
    facts = {"n": fleet.histories, "steps": f"{fleet.steps:,}", "seconds": f"{fleet.seconds:.0f}"}
    for ran in fleet.surprises:
        error_console.print(ran.why, markup=False)
        error_console.print(words("cli.storm.replay", seed=ran.seed, steps=ran.steps), style="red")
    if fleet.surprises:
        refuse(words("cli.storm.surprised", surprises=len(fleet.surprises), **facts), status=SURPRISED)
    seldom = fleet.never() if fleet.histories >= ENOUGH_HISTORIES else {}
    if seldom:
        named = ", ".join(f"{name} {times}" for name, times in seldom.items())
        refuse(words("cli.storm.never", names=named, **facts), status=SURPRISED)
    console.print(words("cli.storm.calm", **facts))
