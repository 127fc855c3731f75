"""CSV files as rows that know their line, and cells that say what is wrong with them.

Readers never stop at the first fault: they note it with file, line and column, put something harmless in its place,
and read on, so that one look tells everything.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import msgspec

from renqing.books.catalog import At, Fault, Note
from renqing.foundation.money import AMOUNT_MINOR_MAX, MINOR_DIGITS

FILE_BYTES_MAX = 256 * 1024 * 1024
CELL_CHARACTERS_MAX = 1_000_000
VALUE_SHOWN_MAX = 60
CHINA = timezone(timedelta(hours=8))
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(slots=True)
class Findings:
    """What a reader found wrong, and what it read otherwise than it stands."""

    faults: list[Fault] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def fault(self, at: At, column: str, reason: str, value: str = "", limit: int | None = None) -> None:
        """Note one fault."""
        self.faults.append(Fault(at, column, reason, value[:VALUE_SHOWN_MAX], limit))

    def count(self, what: str, by: int = 1) -> None:
        """Count something that is no fault but worth saying."""
        self.counts[what] = self.counts.get(what, 0) + by

    def notes(self) -> list[Note]:
        """What was counted."""
        return [Note(what, count) for what, count in self.counts.items()]


@dataclass(frozen=True, slots=True)
class Cells:
    """One row. Each reading of a cell notes its own fault."""

    at: At
    values: dict[str, str]
    findings: Findings

    def text(self, column: str) -> str:
        """The cell without the white space around it; empty where the file has no such column."""
        return self.values.get(column, "").strip()

    def money(self, column: str, currency: str, otherwise: int) -> int:
        """A decimal amount as exact minor units. ``otherwise`` where it is none."""
        written = self.text(column)
        if not _NUMBER.fullmatch(written):
            self.findings.fault(self.at, column, "not_money", written)
            return otherwise
        minor = Decimal(written) * 10 ** MINOR_DIGITS[currency]
        if minor != minor.to_integral_value():
            self.findings.fault(self.at, column, "too_many_decimals", written, MINOR_DIGITS[currency])
            return otherwise
        if not 0 < minor <= AMOUNT_MINOR_MAX:
            self.findings.fault(self.at, column, "not_a_price", written)
            return otherwise
        return int(minor)

    def whole(self, column: str, otherwise: int = 0) -> int:
        """A whole number, ``otherwise`` where the cell is empty or is none."""
        written = self.text(column)
        if not written:
            return otherwise
        if not _WHOLE.fullmatch(written):
            self.findings.fault(self.at, column, "not_whole", written)
            return otherwise
        return int(written)

    def texts(self, column: str) -> tuple[str, ...]:
        """A JSON list of texts; empty where the cell is."""
        written = self.text(column)
        if not written:
            return ()
        try:
            return tuple(msgspec.json.decode(written, type=list[str]))
        except msgspec.DecodeError:
            self.findings.fault(self.at, column, "not_a_list", written)
            return ()

    def moment(self, column: str) -> datetime | None:
        """A date and time as clocks in China showed it."""
        written = self.text(column)
        try:
            return datetime.fromisoformat(written).replace(tzinfo=CHINA)
        except ValueError:
            self.findings.fault(self.at, column, "not_a_time", written)
            return None


def read_table(
    folder: Path,
    name: str,
    findings: Findings,
    *,
    required: Sequence[str],
    known: Sequence[str] | None = None,
    optional: bool = False,
) -> Iterator[Cells]:
    """The rows of a CSV file with a heading. With ``known`` a column that is not among them is a fault.

    A file that is missing (unless ``optional``), too large, not UTF-8 or without its columns is one fault and no rows.
    """
    text = _text(folder / name, name, findings, optional=optional)
    if text is None:
        return
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    heading = [cell.strip() for cell in next(reader, [])]
    if not _heading_fits(heading, At(name, 1), findings, required, known):
        return
    line = reader.line_num + 1
    try:
        for values in reader:
            at, line = At(name, line), reader.line_num + 1
            if not any(values):
                continue
            if len(values) != len(heading):
                findings.fault(at, "", "cells", str(len(values)), len(heading))
                continue
            yield Cells(at, dict(zip(heading, values, strict=True)), findings)
    except csv.Error as broken:
        findings.fault(At(name, line), "", "broken_csv", str(broken))


def _heading_fits(
    heading: Sequence[str], at: At, findings: Findings, required: Sequence[str], known: Sequence[str] | None
) -> bool:
    before = len(findings.faults)
    if not any(heading):
        findings.fault(at, "", "no_heading")
        return False
    for column in required:
        if column not in heading:
            findings.fault(at, column, "column_missing")
    for place, column in enumerate(heading):
        if known is not None and column not in known:
            findings.fault(at, column, "column_unknown")
        elif column in heading[:place]:
            findings.fault(at, column, "repeated")
    return len(findings.faults) == before


def _text(path: Path, name: str, findings: Findings, *, optional: bool) -> str | None:
    """The file as text: UTF-8, with the mark that spreadsheets write before it or without."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            findings.fault(At(name, 0), "", "file_too_large", str(path.stat().st_size), FILE_BYTES_MAX)
            return None
        raw = path.read_bytes()
    except FileNotFoundError:
        if not optional:
            findings.fault(At(name, 0), "", "file_missing")
        return None
    except OSError as refused:
        findings.fault(At(name, 0), "", "file_unreadable", str(refused.strerror))
        return None
    if raw.startswith(_WIDE_MARKS) or b"\0" in raw[:4096]:
        findings.fault(At(name, 1), "", "encoding_utf16")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        findings.fault(At(name, line), "", "encoding_gbk" if _is_gbk(raw) else "encoding_unknown")
        return None


def _is_gbk(raw: bytes) -> bool:
    """Whether this reads as what Chinese Windows calls ANSI."""
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True
