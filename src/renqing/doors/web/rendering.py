"""How a page is made: templates, words in the reader's language, money, time, tiles and the addresses of our files.

Nothing here knows a request. What every page says about its reader is a ``Shell``; ``shell.py`` makes one of a request.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from renqing.books.people import SignedIn
from renqing.foundation.ids import Ids
from renqing.foundation.money import MINOR_DIGITS, SYMBOLS
from renqing.foundation.text import Language, say

FOLDER = Path(__file__).parent
STATIC_FOLDER = FOLDER / "static"
MEDIA_FOLDER = FOLDER / "media"
HUES = 24
THIN = "\N{THIN SPACE}"
_HAN = "\u3400-\u9fff\u3040-\u30ff\uf900-\ufaff"
_MEETS = re.compile(f"(?<=[{_HAN}])(?=[A-Za-z0-9@#$¥€£+-])|(?<=[A-Za-z0-9@#$%+])(?=[{_HAN}])")


class Unread(msgspec.Struct, frozen=True):
    """What waits for the reader, as the tabs count it."""

    notices: int = 0
    chats: int = 0
    gifts: int = 0
    cart: int = 0


class Shell(msgspec.Struct, frozen=True):
    """What every page says: for whom, in which language and light, and at which time of the house."""

    language: Language
    now: datetime
    ids: Ids
    offset: timedelta
    theme: str = ""
    reader: SignedIn | None = None
    unread: Unread = Unread()
    demo: bool = False
    clock_moved: timedelta = timedelta()
    path: str = "/"
    kept: Callable[[str], str] = str  # a cover that is somebody's own picture as the path that shows it


# our own files -----------------------------------------------------------------------------------------------------
@cache
def static_version() -> str:
    """A digest of every static file: it stands in their addresses, so that they may be kept for a year."""
    digest = hashlib.sha256()
    for file in sorted(STATIC_FOLDER.rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(STATIC_FOLDER).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def static_url(path: str) -> str:
    """The address of one of our files. A file that is not there is a programmer's error."""
    assert _is_there(path), f"there is no static file {path}"
    return f"/static/{static_version()}/{path}"


@cache
def _is_there(path: str) -> bool:
    return (STATIC_FOLDER / path).is_file()


# words -------------------------------------------------------------------------------------------------------------
def spaced(words: str) -> str:
    """Chinese and Latin set apart by a thin space, where we control the text."""
    return _MEETS.sub(THIN, words)


def sayer(language: Language) -> Callable[..., str]:
    """``t(key, **facts)`` of one page."""

    def t(key: str, /, **facts: Any) -> str:
        if facts.get("name") == "":  # a giver who would rather not say who they are
            facts["name"] = say("nameless", language)
        words = say(key, language, **facts)
        return spaced(words) if language == "zh" else words

    return t


def split_money(amount: int, currency: str) -> tuple[str, str, str]:
    """Symbol with sign, whole units, and minor digits with their point."""
    digits = MINOR_DIGITS[currency]
    whole, minor = divmod(abs(amount), 10**digits)
    return ("-" if amount < 0 else "") + SYMBOLS[currency], f"{whole:,}", f".{minor:0{digits}d}" if digits else ""


def money(amount: int, currency: str, cls: str = "") -> Markup:
    """An amount as people read it: the symbol and the fen smaller."""
    sign, whole, minor = split_money(amount, currency)
    return Markup(  # noqa: S704 - every part is escaped
        f'<span class="money{" " + escape(cls) if cls else ""}"><span class="money__sign">{escape(sign)}</span>'
        f'{whole}<span class="money__minor">{minor}</span></span>'
    )


def percent_text(share_bp: int) -> str:
    """Hundredths of a percent as people write them: ``500`` is ``5``, ``1250`` is ``12.5``."""
    whole, rest = divmod(share_bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)


def money_text(amount: int, currency: str) -> str:
    """An amount inside a sentence or on a button; whole yuan stand without their zeros."""
    sign, whole, minor = split_money(amount, currency)
    return sign + whole + ("" if not minor.strip(".0") else minor)


def hue(number: int) -> str:
    """The tile's hue class of an id. Ids are made in time's order, so their bits are mixed first."""
    mixed = (number ^ (number >> 22)) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    return f"hue-{(mixed >> 40) % HUES}"


def initial(name: str) -> str:
    """The first letter or character of a name or title."""
    return next((sign.upper() for sign in name if sign.isalnum()), "·")


def picture_url(key: str) -> str:
    """The address of a picture: keys of ``/media/`` as they are kept."""
    return key if key.startswith("/") else f"/media/{key}"


@pass_context
def called(context: Context, row: Any, name: str) -> str:
    """``row.<name>_zh`` or ``_en`` in the reader's language; where English is missing, the Chinese."""
    chinese: str = getattr(row, f"{name}_zh")
    if context["language"] == "zh":
        return chinese
    return getattr(row, f"{name}_en") or chinese


@pass_context
def many(context: Context, count: int) -> str:
    """A big round number as it is said: 4万, 40,000."""
    if context["language"] == "zh" and count >= 10_000:
        return f"{count // 10_000}万"
    return f"{count:,}"


@pass_context
def moment(context: Context, at: datetime) -> str:
    """A moment on the operator's clock; local-time.js says it on the reader's."""
    zone = timezone(context["offset"])
    here, today = at.astimezone(zone), context["now"].astimezone(zone)
    if here.date() == today.date():
        return f"{here:%H:%M}"
    return f"{here.month}-{here.day} {here:%H:%M}" if here.year == today.year else f"{here:%Y-%m-%d}"


@pass_context
def left(context: Context, at: datetime) -> str:
    """How long there is until ``at``."""
    t = sayer(context["language"])
    seconds = max(0, int((at - context["now"]).total_seconds()))
    days, hours, minutes = seconds // 86_400, seconds % 86_400 // 3_600, seconds % 3_600 // 60
    if days:
        return t("countdown.days", days=days, hours=hours)
    return (
        t("countdown.hours", hours=hours, minutes=minutes) if hours else t("countdown.minutes", minutes=max(1, minutes))
    )


def iso(at: datetime) -> str:
    """RFC 3339, for programs."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


@cache
def environment() -> Environment:
    """The templates, compiled once. A name that a template does not know is an error, never an empty place."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["static"] = static_url
    made.filters |= {
        "called": called,
        "hue": hue,
        "initial": initial,
        "iso": iso,
        "left": left,
        "many": many,
        "moment": moment,
        "money": money,
        "money_text": money_text,
        "percent": percent_text,
        "picture": picture_url,
        "spaced": spaced,
    }
    return made


def render(template: str, shell: Shell, values: Mapping[str, Any]) -> str:
    """A page or a part of one."""
    unread = shell.unread
    standing = {
        "t": sayer(shell.language),
        "language": shell.language,
        "now": shell.now,
        "now_ms": int(shell.now.timestamp() * 1000),
        "offset": shell.offset,
        "theme": shell.theme,
        "reader": shell.reader,
        "counts": {"notices": shown(unread.notices), "cart": shown(unread.cart)},
        "demo": shell.demo,
        "clock_moved": _moved(shell),
        "path": shell.path,
        "new_key": shell.ids.token,
        "cover_src": lambda cover: shell.kept(cover) or static_url(f"covers/{cover}.svg"),
        "problem": "",
        "told": "",
        "tabs_list": (
            ("market", "/", ""),
            ("chat", "/chats", shown(unread.chats)),
            ("gift", "/gifts", shown(unread.gifts)),
            ("me", "/me", ""),
        ),
    }
    return environment().get_template(template).render({**standing, **values})


def shown(count: int) -> str:
    """A count on a dot; nothing where nothing waits."""
    return "99+" if count > 99 else str(count or "")


def _moved(shell: Shell) -> str:
    """How far the demo's clock is moved, in words; empty where it is not."""
    hours = int(shell.clock_moved.total_seconds()) // 3_600
    if not hours:
        return ""
    t = sayer(shell.language)
    days, rest = divmod(hours, 24)
    return t("demo.moved_days", n=days, hours=rest) if days else t("demo.moved_hours", n=hours)
