"""Me: who I am, what waits, my account, my password, and how these pages speak and look to me."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.datastructures import Cookie

from renqing.books.people import CODE_LIVES
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.sign_ins import CODES, SIGN_INS
from renqing.doors.api.wire import AnyRequest, house_of, spend
from renqing.doors.problems import LANGUAGE_COOKIE, words_of
from renqing.doors.web.shell import (
    THEME_COOKIE,
    THEMES,
    YEAR_SECONDS,
    deed,
    form_of,
    go,
    is_part,
    language_of,
    my_id,
    own_path,
    page,
    reader_or_nobody,
)
from renqing.doors.web.signing_in import let_in, out
from renqing.foundation.errors import Refusal
from renqing.foundation.text import LANGUAGES
from renqing.journeys.change_my_face import ChangeFace, change_my_face
from renqing.journeys.erase_a_person import EraseMe, erase_a_person
from renqing.journeys.set_a_password import SetPassword, set_a_password
from renqing.journeys.sign_in_by_phone import AskForCode, send_a_code
from renqing.views.balances import kept_for
from renqing.views.me_page import me_page
from renqing.views.my_account import my_account
from renqing.views.my_phone import my_phone

allow(Audience.ANYONE, "GET /me", "POST /settings")
allow(
    Audience.PERSON,
    "POST /me/name",
    "GET /me/account",
    "GET /me/password",
    "POST /me/password/code",
    "POST /me/password",
    "GET /me/erase",
    "POST /me/erase",
    "POST /me/erase/code",
)

# The movements that a person's account knows by name: ``account.kind.<kind>``.
KINDS = frozenset(
    {
        "order_paid",
        "order_settled",
        "refund",
        "refund_done",
        "late_payment",
        "refund_kept",
        "balance_returned",
        "balance_ended",
    }
)


@get("/me")
async def me(request: AnyRequest) -> Response[str]:
    """The reader's page; for nobody, the way in and how the pages look."""
    reader = reader_or_nobody(request)
    found = None if reader is None else await me_page(house_of(request).ground, reader.person_id)
    kept = {} if reader is None else await kept_for(house_of(request).ground, reader.person_id)
    return await page(request, "me.html", tab="me", page=found, kept=kept)


@post("/settings")
async def settings(request: AnyRequest) -> Response[str]:
    """In which language and light the pages come, on this device; the language in one's account too."""
    form = await form_of(request)
    response = go(request, own_path(form.get("back", "/me")))
    reader = reader_or_nobody(request)
    for language in LANGUAGES:
        if form.get("language") == language:
            response.cookies.append(_year(LANGUAGE_COOKIE, language))
            if reader is not None and reader.language != language:
                ask = ChangeFace(reader.person_id, language=language)
                await change_my_face(house_of(request).ground, ask, deed(request, form))
    theme = form.get("theme", "")
    if theme in THEMES:
        response.cookies.append(_year(THEME_COOKIE, theme))
    elif theme == "auto":
        response.delete_cookie(THEME_COOKIE)
    return response


def _year(name: str, value: str) -> Cookie:
    return Cookie(key=name, value=value, max_age=YEAR_SECONDS, httponly=True, samesite="lax")


@post("/me/name")
async def rename(request: AnyRequest) -> Response[str]:
    """The name that others see."""
    form = await form_of(request)
    ground = house_of(request).ground
    try:
        ask = ChangeFace(my_id(request), name=form.get("name", ""))
        await change_my_face(ground, ask, deed(request, form))
    except Refusal as refusal:
        found = await me_page(ground, my_id(request))
        words = words_of(refusal, language_of(request))
        kept = await kept_for(ground, my_id(request))
        return await page(request, "me.html", status=422, tab="me", page=found, kept=kept, problem=words)
    return go(request, "/me", "name_kept")


@get("/me/account")
async def account(request: AnyRequest) -> Response[str]:
    """What the house owes the reader, and every movement."""
    found = await my_account(house_of(request).ground, my_id(request), request.query_params.get("after"))
    template = "account_more.html" if is_part(request) else "account.html"
    return await page(request, template, tab="me", page=found, kinds=KINDS)


# the password ---------------------------------------------------------------------------------------------------------
@get("/me/password")
async def password(request: AnyRequest) -> Response[str]:
    """Where a password is set, by a code to one's own phone."""
    return await page(request, "password.html", tab="me", sent=False)


@post("/me/password/code")
async def password_code(request: AnyRequest) -> Response[str]:
    """Send the code."""
    form = await form_of(request)
    house = house_of(request)
    spend(request, CODES)
    try:
        phone = await my_phone(house.ground, my_id(request))
        await send_a_code(house.ground, house.messages, AskForCode(phone, language_of(request)), deed(request, form))
    except Refusal as refusal:
        words = words_of(refusal, language_of(request))
        return await page(request, "password.html", status=409, tab="me", sent=False, problem=words)
    minutes = int(CODE_LIVES.total_seconds()) // 60
    return await page(request, "password.html", tab="me", sent=True, minutes=minutes)


@post("/me/password")
async def set_password(request: AnyRequest) -> Response[str]:
    """Keep it; every other sign-in ends."""
    form = await form_of(request)
    try:
        ask = SetPassword(my_id(request), form.get("code", ""), form.get("password", ""))
        made = await set_a_password(house_of(request).ground, ask, deed(request, {"once": form.get("once", "")}))
    except Refusal as refusal:
        words = words_of(refusal, language_of(request))
        return await page(request, "password.html", status=422, tab="me", sent=True, problem=words)
    return let_in(request, go(request, "/me", "password_kept"), made)


# being forgotten ------------------------------------------------------------------------------------------------------
async def _erase_page(
    request: AnyRequest, *, status: int = 200, problem: str = "", sent: bool = False
) -> Response[str]:
    found = await me_page(house_of(request).ground, my_id(request))
    kept = await kept_for(house_of(request).ground, my_id(request))
    return await page(request, "erase.html", status=status, tab="me", page=found, kept=kept, problem=problem, sent=sent)


@get("/me/erase")
async def erasing(request: AnyRequest) -> Response[str]:
    """What being forgotten means, and where it is asked for."""
    return await _erase_page(request)


@post("/me/erase/code")
async def erase_code(request: AnyRequest) -> Response[str]:
    """Send the code that proves who asks."""
    form = await form_of(request)
    house = house_of(request)
    spend(request, CODES)
    try:
        phone = await my_phone(house.ground, my_id(request))
        await send_a_code(house.ground, house.messages, AskForCode(phone, language_of(request)), deed(request, form))
    except Refusal as refusal:
        return await _erase_page(request, status=409, problem=words_of(refusal, language_of(request)))
    return await _erase_page(request, sent=True)


@post("/me/erase")
async def erase(request: AnyRequest) -> Response[str]:
    """Forget the reader, and this browser's sign-in."""
    form = await form_of(request)
    spend(request, SIGN_INS)
    try:
        ask = EraseMe(my_id(request), form.get("name", ""), form.get("code", "").strip())
        await erase_a_person(house_of(request).ground, ask)
    except Refusal as refusal:
        words = words_of(refusal, language_of(request))
        return await _erase_page(request, status=422, problem=words, sent="code" in form)
    return out(request, "erased")


routes = [
    me,
    settings,
    rename,
    account,
    password,
    password_code,
    set_password,
    erasing,
    erase_code,
    erase,
]
