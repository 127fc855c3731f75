"""``renqing import``: take over a catalogue from files, whole or not at all.

Ends with 0 when it is in, 1 when the files have faults (a table names them all), 2 when it could not start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from renqing.books import people
from renqing.books.catalog import Catalogue, Fault
from renqing.doors.cli.house import database_of, ground_on, known_keys
from renqing.doors.cli.plain import CANNOT_START, words
from renqing.doors.cli.roof import Roof, roof_of
from renqing.doors.cli.terminal import console, error_console, refuse, safe_settings
from renqing.doors.files.litemall import SHOP_EN, SHOP_ZH, read_litemall
from renqing.doors.files.plain_csv import read_plain_csv
from renqing.foundation.database import DatabaseAway
from renqing.foundation.ground import Ground
from renqing.foundation.settings import Settings
from renqing.foundation.starting import CannotStart
from renqing.foundation.text import knows
from renqing.journeys.import_a_catalogue import (
    CatalogueImportedNow,
    CatalogueNotValid,
    ImportACatalogue,
    Step,
    import_a_catalogue,
)
from renqing.views.import_target import import_target

FAULTY = 1

import_ = typer.Typer(name="import", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@import_.callback()
def _import() -> None:
    """Take over a catalogue from files: everything or, where a line is wrong, nothing. Safe to repeat."""


@import_.command()
def litemall(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A folder of litemall's tables: goods.csv, goods_product.csv …")],
    *,
    shop: Annotated[
        str, typer.Option("--shop", help="The shop that sells it: a name or an id; opened if new.")
    ] = SHOP_ZH,
) -> None:
    """Take over litemall's tables (goods, styles, categories, brands, attributes, reviews)."""
    english = SHOP_EN if shop == SHOP_ZH else ""
    _take_over(roof_of(context), shop, english, folder.name, lambda _: read_litemall(folder), opens=True)


@import_.command()
def csv(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file as docs/import-csv.md describes it.")],
    *,
    shop: Annotated[str, typer.Option("--shop", help="The shop that sells it: a name or an id.")],
    new_shop: Annotated[bool, typer.Option("--new-shop", help="Open the shop if there is none of this name.")] = False,
) -> None:
    """Take over one plain CSV file, one row a style."""
    _take_over(
        roof_of(context),
        shop,
        "",
        file.name,
        lambda settings: read_plain_csv(file, settings.policy.currency),
        opens=new_shop,
    )


def _take_over(
    roof: Roof, shop: str, english: str, name: str, read: Callable[[Settings], Catalogue], *, opens: bool
) -> None:
    settings = safe_settings()
    with console.status(words("import.reading", name=name)):
        catalogue = read(settings)
    try:
        with database_of(settings, roof) as dsn:
            asyncio.run(_run(dsn, settings, shop, english, catalogue, opens=opens))
    except CatalogueNotValid as faulty:
        _show_faults(faulty)
        raise typer.Exit(FAULTY) from faulty
    except CannotStart as why:
        refuse(str(why), status=CANNOT_START)
    except (OSError, DatabaseAway, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
        refuse(words("cli.database_away", why=away), status=CANNOT_START)


async def _run(dsn: str, settings: Settings, shop: str, english: str, catalogue: Catalogue, *, opens: bool) -> None:
    async with ground_on(dsn, settings, known_keys(settings)) as ground:
        ask = await _aim(ground, shop, english, catalogue, opens=opens)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        ) as progress:
            imported = await import_a_catalogue(ground, ask, _watch(progress))
    _show_done(shop, imported)


async def _aim(ground: Ground, shop: str, english: str, catalogue: Catalogue, *, opens: bool) -> ImportACatalogue:
    """Which shop it goes to; a new one is opened by the import itself, so that a faulty file opens none."""
    target = await import_target(ground, shop)
    if len(target.shop_ids) > 1:
        refuse(
            words("import.shop_ambiguous", n=len(target.shop_ids), name=shop, ids=", ".join(map(str, target.shop_ids)))
        )
    if target.shop_ids:
        return ImportACatalogue(catalogue, shop_id=target.shop_ids[0])
    if not opens:
        refuse(words("import.shop_unknown", name=shop))
    return ImportACatalogue(catalogue, new_shop=people.NewShop(shop, english), owner_id=target.operator_id)


def _watch(progress: Progress) -> Callable[[Step, int, int], None]:
    bars: dict[Step, TaskID] = {}

    def tell(step: Step, done: int, of: int) -> None:
        if step not in bars:
            bars[step] = progress.add_task(words(f"import.step.{step}"), total=of)
        progress.update(bars[step], completed=done)

    return tell


def _show_done(shop: str, imported: CatalogueImportedNow) -> None:
    console.print(
        words(
            "import.done",
            shop=shop,
            products_new=imported.products_new,
            products_changed=imported.products_changed,
            products_same=imported.products_same,
            skus_new=imported.skus_new,
            pieces=imported.pieces_received,
            categories=imported.categories,
            brands=imported.brands,
            reviews=imported.reviews_new,
        ),
        style="green",
        markup=False,
    )
    for note in imported.notes:
        console.print(f"· {words(f'import.note.{note.what}', n=note.count)}", style="dim", markup=False)


def _show_faults(faulty: CatalogueNotValid) -> None:
    """A table of what is wrong, by file and line, and what to do."""
    faults: list[Fault] = faulty.facts["faults"]
    count: int = faulty.facts["count"]
    table = Table(show_lines=False)
    for heading in ("file", "line", "column", "what", "value"):
        table.add_column(
            words(f"import.fault.{heading}"), justify="right" if heading == "line" else "left", overflow="fold"
        )
    for fault in faults:
        line = str(fault.at.line) if fault.at.line else ""
        cells = (fault.at.file, line, fault.column, reason_of(fault), fault.value)
        table.add_row(*(Text(_printable(cell)) for cell in cells))
    error_console.print(table)
    if count > len(faults):
        error_console.print(words("import.fault.more", n=count - len(faults)), markup=False)
    error_console.print(words("error.catalogue_not_valid", n=count, count=count), style="red", markup=False)


def _printable(text: str) -> str:
    """A cell as it may be shown: what a file holds shall not steer the terminal."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)


def reason_of(fault: Fault) -> str:
    """Why a row cannot be taken over, in words."""
    key = f"import.fault.reason.{fault.reason}"
    assert knows(key), f"{key} has no words"
    return words(key, limit=fault.limit)
