"""A request made into a page, and a form into what it says: the reader's language and light, keys, where to go next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from renqing.books.people import SignedIn
from renqing.doors import problems
from renqing.doors.api.wire import AnyRequest, house_of, reader_of
from renqing.doors.problems import words_of
from renqing.doors.web.rendering import Shell, Unread, render, sayer
from renqing.foundation.clock import SystemClock
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.once import Once, once
from renqing.foundation.text import Language, knows
from renqing.views.gift_inside import cover_picture
from renqing.views.me_page import waiting

HTML = "text/html; charset=utf-8"
THEME_COOKIE = "renqing_theme"
TOLD_COOKIE = "renqing_told"  # a key of the catalogue, told once on the next page
THEMES = ("light", "dark")
FIELD_CHARACTERS_MAX = 8_000
YEAR_SECONDS = 365 * 24 * 3600
TOLD_SECONDS = 30
SEE_OTHER = 303

Form = dict[str, str]


# who reads -----------------------------------------------------------------------------------------------------------
def reader_or_nobody(request: AnyRequest) -> SignedIn | None:
    """Who is signed in, where somebody is."""
    reader: SignedIn | None = getattr(request.state, "reader", None)
    return reader


def language_of(request: AnyRequest) -> Language:
    """The language the reader chose, else their account's, else what their browser asks for."""
    return problems.language_of(request)


def bare_shell(request: AnyRequest) -> Shell:
    """What a page says without asking the database: for errors, and where it is the database that failed."""
    house = house_of(request)
    clock = house.ground.clock
    theme = request.cookies.get(THEME_COOKIE, "")
    return Shell(
        language=language_of(request),
        now=clock.now(),
        ids=house.ground.ids,
        offset=timedelta(minutes=house.ground.policy.utc_offset_minutes),
        theme=theme if theme in THEMES else "",
        reader=reader_or_nobody(request),
        demo=house.settings.is_demo,
        clock_moved=clock.offset if isinstance(clock, SystemClock) else timedelta(),
        path=request.url.path,
        kept=partial(cover_picture, house.ground),
    )


async def shell_of(request: AnyRequest) -> Shell:
    """What every page says of its reader."""
    shell = bare_shell(request)
    if shell.reader is None:
        return shell
    waits = await waiting(house_of(request).ground, shell.reader.person_id)
    unread = Unread(notices=waits.notices, chats=waits.chats, gifts=waits.gifts, cart=waits.cart)
    return msgspec.structs.replace(shell, unread=unread)


# what is answered ----------------------------------------------------------------------------------------------------
def is_part(request: AnyRequest) -> bool:
    """Whether htmx or our own script asks for a part of a page."""
    return request.headers.get("hx-request") == "true"


async def page(request: AnyRequest, template: str, /, status: int = 200, **values: Any) -> Response[str]:
    """A page."""
    key = request.cookies.get(TOLD_COOKIE, "")
    shell = await shell_of(request)
    if key.startswith("told.") and knows(key) and not is_part(request):
        values["told"] = sayer(shell.language)(key)
        response = Response(render(template, shell, values), status_code=status, media_type=HTML)
        response.delete_cookie(TOLD_COOKIE)
        return response
    return Response(render(template, shell, values), status_code=status, media_type=HTML)


async def refused(
    request: AnyRequest, refusal: Refusal, template: str, /, status: int = 422, **values: Any
) -> Response[str]:
    """The page again, saying what stopped it; what was typed stays."""
    return await page(request, template, status=status, problem=words_of(refusal, language_of(request)), **values)


def go(request: AnyRequest, path: str, told: str = "") -> Response[str]:
    """On to another page of ours, or to a cashier. ``told``: a key below ``told.`` that the next page says once."""
    cookies = []
    if told:
        cookies.append(
            Cookie(key=TOLD_COOKIE, value=f"told.{told}", max_age=TOLD_SECONDS, httponly=True, samesite="lax")
        )
    if is_part(request):
        return Response("", status_code=200, headers={"HX-Redirect": path}, cookies=cookies, media_type=HTML)
    return Response("", status_code=SEE_OTHER, headers={"Location": path}, cookies=cookies, media_type=HTML)


def own_path(given: str) -> str:
    """Where a sign-in leads back to: a path of this house and nothing else."""
    if not given.startswith("/") or given.startswith(("//", "/\\")) or any(sign in given for sign in "\r\n\t\\"):
        return "/"
    return quote(given, safe="/?&=%#:,.-_~+")


# what a form says ----------------------------------------------------------------------------------------------------
async def form_of(request: AnyRequest) -> Form:
    """The fields of a form, each once and of a sane length. Raises FieldNotValid."""
    form: Form = {}
    for name, value in (await request.form()).multi_items():
        if not isinstance(value, str) or len(value) > FIELD_CHARACTERS_MAX or "\0" in value:
            raise FieldNotValid(field=str(name)[:40], reason="characters")
        form[str(name)] = value.replace("\r\n", "\n")
    return form


async def many_of(request: AnyRequest, name: str) -> list[str]:
    """Every value of a field that may stand more than once."""
    return [value for field, value in (await request.form()).multi_items() if field == name and isinstance(value, str)]


def whole(form: Mapping[str, str], name: str, *, least: int = 0, most: int = 2**53) -> int:
    """A whole number out of a form. Raises FieldNotValid."""
    given = form.get(name, "").strip()
    if not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
        raise FieldNotValid(field=name, reason="out_of_range", min=least, max=most)
    return int(given)


def deed(request: AnyRequest, form: Form, step: str = "") -> Once:
    """The form as one request: its hidden key, bound to the reader, the route and what it says."""
    said = {name: value for name, value in sorted(form.items()) if name != "once"}
    key = form.get("once", "") + (f":{step}" if step else "")
    return once(reader_of(request).person_id, key, f"POST {request.url.path}", said)


def my_id(request: AnyRequest) -> int:
    """The reader's id."""
    return reader_of(request).person_id
