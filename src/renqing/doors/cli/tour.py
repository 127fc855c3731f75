"""``renqing tour``: play the main stories over HTTP against a running demo; show what everybody saw and what moved."""

from __future__ import annotations

from typing import Annotated

import httpx
import typer

from renqing.doors.cli.plain import words
from renqing.doors.cli.running import noted_running
from renqing.doors.cli.terminal import console, refuse, safe_settings
from renqing.doors.cli.touring.company import gather_company
from renqing.doors.cli.touring.playbill import GROUPS, STORIES, WAYS, chosen
from renqing.doors.cli.touring.players import gather
from renqing.doors.cli.touring.programs import ANSWER_SECONDS_MAX, TourStopped
from renqing.doors.cli.touring.showing import mark, show
from renqing.doors.cli.touring.stage import Stage, Told
from renqing.foundation.clock import monotonic_seconds

FIGURES_OFF = 1
KNOWN = ", ".join((*GROUPS, *STORIES))


def tour(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which: {KNOWN}. None: all.")] = None,
    url: Annotated[str, typer.Option(help="The house to play in. Without it: the one that runs in this folder.")] = "",
) -> None:
    """Play stories against a running demo: of the gift loop, and (gifts) of each of the ten ways to give.

    Ends with 1 where anything is not as it should be.
    """
    unknown = sorted(set(names or ()) - {*GROUPS, *STORIES})
    if unknown:
        refuse(words("tour.unknown", names=", ".join(unknown), known=KNOWN))
    at = url or _running_here()
    began = monotonic_seconds()
    try:
        with httpx.Client(base_url=at, timeout=ANSWER_SECONDS_MAX, trust_env=False, headers=_language()) as client:
            told = _play(client, chosen(names or []))
    except TourStopped as why:
        refuse(str(why), status=FIGURES_OFF)
    _sum_up(told, monotonic_seconds() - began)


def _language() -> dict[str, str]:
    return {"accept-language": words("tour.language")}


def _running_here() -> str:
    running = noted_running(safe_settings().home_path)
    if running is None:
        refuse(words("tour.nothing_runs"))
    return running.url


def _play(client: httpx.Client, names: list[str]) -> list[Told]:
    with console.status(words("tour.gathering")):
        players = gather(client)
        company = gather_company(client, players) if WAYS.keys() & set(names) else None
    cast = {"giver": players.giver.name, "recipient": players.recipient.name, "shop": players.shop_name}
    console.print(words("tour.cast", product=players.product, **cast), markup=False)
    if company is not None:
        also = {"friend": company.friend.name, "third": company.third.name}
        console.print(words("tour.company", **also, other=company.other.name, street=company.street.name), markup=False)
    told = []
    for n, name in enumerate(names, 1):
        told.append(STORIES[name](Stage(players, company)))
        show(n, told[-1])
    return told


def _sum_up(told: list[Told], seconds: float) -> None:
    faults = sum(story.faults for story in told)
    figures = sum(len(story.sights) + len(story.moved.by_account) for story in told)
    console.print()
    key = "tour.off" if faults else "tour.right"
    said = words(key, n=len(told), figures=figures, faults=faults, seconds=f"{seconds:.1f}")
    console.print(mark(right=not faults), said)
    if faults:
        raise typer.Exit(FIGURES_OFF)
