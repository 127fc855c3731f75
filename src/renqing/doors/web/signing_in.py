"""Come in and go: a phone and a code, a password, and the cookie that a sign-in is kept in."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.datastructures import Cookie

from renqing.doors.access import Audience, allow, cookie_name, token_of
from renqing.doors.api.people.sign_ins import CODES, SIGN_INS
from renqing.doors.api.wire import AnyRequest, house_of, spend
from renqing.doors.problems import words_of
from renqing.doors.web.shell import Form, form_of, go, language_of, my_id, own_path, page, reader_or_nobody
from renqing.foundation.errors import Refusal
from renqing.foundation.once import Once, once
from renqing.journeys.sign_in_by_password import SignInByPassword, sign_in_by_password
from renqing.journeys.sign_in_by_phone import AskForCode, LetIn, SignInByPhone, send_a_code, sign_in_by_phone
from renqing.journeys.sign_out import sign_out, sign_out_everywhere

allow(Audience.ANYONE, "GET /sign-in", "POST /sign-in/code", "POST /sign-in/phone", "POST /sign-in/password")
allow(Audience.PERSON, "POST /sign-out", "POST /sign-out/everywhere")


@get("/sign-in")
async def sign_in_page(request: AnyRequest) -> Response[str]:
    """The way in; who is in already goes on."""
    where = own_path(request.query_params.get("next", "/"))
    if reader_or_nobody(request) is not None:
        return go(request, where)
    how = "password" if request.query_params.get("how") == "password" else "code"
    return await _page(request, {"next": where}, how)


async def _page(request: AnyRequest, form: Form, how: str, *, sent: bool = False, problem: str = "") -> Response[str]:
    where = own_path(form.get("next", "/"))
    status = 422 if problem else 200
    values = {"how": how, "sent": sent, "next": where, "form": form, "problem": problem}
    return await page(request, "sign_in.html", status=status, **values)


@post("/sign-in/code")
async def send_code(request: AnyRequest) -> Response[str]:
    """Send a code, in the same words whether anybody has this phone."""
    form = await form_of(request)
    house, language = house_of(request), language_of(request)
    try:
        spend(request, CODES)
        ask = AskForCode(form.get("phone", ""), language)
        await send_a_code(house.ground, house.messages, ask, _stranger(request, form))
    except Refusal as refusal:
        return await _page(request, form, "code", problem=words_of(refusal, language))
    return await _page(request, form, "code", sent=True)


@post("/sign-in/phone")
async def by_phone(request: AnyRequest) -> Response[str]:
    """Come in with the code; somebody new joins."""
    form = await form_of(request)
    language = language_of(request)
    try:
        spend(request, SIGN_INS)
        ask = SignInByPhone(form.get("phone", ""), form.get("code", "").strip(), language=language)
        made = await sign_in_by_phone(house_of(request).ground, ask, _stranger(request, form))
    except Refusal as refusal:
        return await _page(request, form, "code", sent=True, problem=words_of(refusal, language))
    return let_in(request, go(request, own_path(form.get("next", "/"))), made)


@post("/sign-in/password")
async def by_password(request: AnyRequest) -> Response[str]:
    """Come in with a password."""
    form = await form_of(request)
    try:
        spend(request, SIGN_INS)
        ask = SignInByPassword(form.get("phone", ""), form.get("password", ""))
        made = await sign_in_by_password(house_of(request).ground, ask, _stranger(request, form))
    except Refusal as refusal:
        return await _page(request, form, "password", problem=words_of(refusal, language_of(request)))
    return let_in(request, go(request, own_path(form.get("next", "/"))), made)


def _stranger(request: AnyRequest, form: Form) -> Once:
    """The request of somebody not known yet: the form's key, bound to the phone it names.

    Nothing of it can be read or guessed from what is kept.
    """
    keys = house_of(request).ground.keys
    who = form.get("phone", "")
    said = "\0".join(f"{name}={value}" for name, value in sorted(form.items()))
    bound = keys.keyed_hash("anonymous_key", f"{form.get('once', '')}\0{who}").hex()
    return once(0, bound, f"POST {request.url.path}", keys.keyed_hash("anonymous_form", said).hex())


def let_in(request: AnyRequest, response: Response[str], made: LetIn) -> Response[str]:
    """Keep the sign-in in this browser: ours alone, unseen by scripts, and over TLS wherever there is TLS."""
    house = house_of(request)
    seconds = int((made.expires_at - house.ground.clock.now()).total_seconds())
    response.cookies.append(
        Cookie(
            key=cookie_name(house),
            value=made.token,
            path="/",
            max_age=max(0, seconds),
            httponly=True,
            secure=house.settings.has_tls,
            samesite="lax",
        )
    )
    return response


@post("/sign-out")
async def leave(request: AnyRequest) -> Response[str]:
    """This device forgets who was here."""
    token = token_of(request)
    assert token is not None, "whoever is signed in came with a token"
    await sign_out(house_of(request).ground, my_id(request), token)
    return out(request)


@post("/sign-out/everywhere")
async def leave_everywhere(request: AnyRequest) -> Response[str]:
    """Every device does."""
    await sign_out_everywhere(house_of(request).ground, my_id(request))
    return out(request)


def out(request: AnyRequest, told: str = "signed_out") -> Response[str]:
    """The home page, with this browser's sign-in taken away."""
    house = house_of(request)
    gone = Cookie(key=cookie_name(house), value="", max_age=0, httponly=True, samesite="lax")
    gone.secure = house.settings.has_tls
    response = go(request, "/", told)
    response.cookies.append(gone)
    return response


routes = [sign_in_page, send_code, by_phone, by_password, leave, leave_everywhere]
