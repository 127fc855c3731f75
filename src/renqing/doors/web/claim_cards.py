"""Claim cards: the page where somebody types a number and a PIN, and the desk's files to print."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import status_of, words_of
from renqing.doors.web.card_sheet import CardFace, card_pdf
from renqing.doors.web.desk_frame import ground_of
from renqing.doors.web.rendering import sayer
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page
from renqing.foundation.errors import Refusal
from renqing.journeys.open_a_card import OpenACard, open_a_card
from renqing.social.cards import spaced_number
from renqing.views.shop_cards import CardSheet, card_sheet

_CARDS = "/desk/shops/{shop_id:str}/activities/{activity_id:str}/cards"
allow(Audience.ANYONE, "GET /card")
allow(Audience.PERSON, "POST /card")
allow(
    Audience.STAFF,
    f"GET {_CARDS}/{{batch_id:str}}/pdf",
    f"GET {_CARDS}/{{batch_id:str}}/csv",
)

TYPED_CHARACTERS_MAX = 40


@get("/card")
async def card_page(request: AnyRequest) -> Response[str]:
    """Where a card is typed; a scan has filled in the number."""
    number = request.query_params.get("number", "")[:TYPED_CHARACTERS_MAX]
    return await _card(request, {"number": spaced_number(number) if number.isdigit() else ""})


async def _card(request: AnyRequest, form: Form, problem: str = "", status: int = 200) -> Response[str]:
    return await page(request, "claim_card.html", status=status, tab="gift", form=form, problem=problem)


@post("/card")
async def type_card(request: AnyRequest) -> Response[str]:
    """On to what the card is for; what was typed of the number stays where it was not right."""
    form = await form_of(request)
    try:
        ask = OpenACard(my_id(request), form.get("number", ""), form.get("pin", ""))
        opened = await open_a_card(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _card(request, form, words_of(refusal, language_of(request)), status_of(type(refusal)))
    return go(request, f"/p/{opened.code}")


async def _sheet(request: AnyRequest, shop_id: str, activity_id: str, batch_id: str) -> CardSheet:
    return await card_sheet(ground_of(request), my_id(request), id_in(shop_id), id_in(activity_id), id_in(batch_id))


@get(f"{_CARDS}/{{batch_id:str}}/pdf")
async def pdf(
    request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str], batch_id: FromPath[str]
) -> Response[bytes]:
    """The cards that are not used yet, to print and cut."""
    sheet = await _sheet(request, shop_id, activity_id, batch_id)
    language, own = language_of(request), house_of(request).own_url
    say = sayer(language)
    is_english = language == "en"
    shop = (sheet.shop.name_en if is_english else "") or sheet.shop.name_zh
    title = (sheet.activity.title_en if is_english else "") or sheet.activity.title_zh
    faces = [
        CardFace(
            shop=say("cards.face.shop", shop=shop),
            title=title,
            number=spaced_number(card.number),
            pin=f"{card.pin[:3]} {card.pin[3:]}",
            how=say("cards.face.how", url=f"{own}/card"),
            labels=(say("cards.number"), say("cards.pin")),
            link=f"{own}/card?number={card.number}",
        )
        for card in sheet.cards
        if not card.is_used
    ]
    return _file(await asyncio.to_thread(card_pdf, faces), "application/pdf", f"cards-{sheet.batch_id}.pdf")


@get(f"{_CARDS}/{{batch_id:str}}/csv")
async def csv(
    request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str], batch_id: FromPath[str]
) -> Response[bytes]:
    """Every card of the batch, for a printer's own layout. Digits only: nothing that a table would run."""
    sheet = await _sheet(request, shop_id, activity_id, batch_id)
    own = house_of(request).own_url
    rows = ["n,number,pin,url,used"]
    rows += [
        f"{card.n},{card.number},{card.pin},{own}/card?number={card.number},{int(card.is_used)}" for card in sheet.cards
    ]
    return _file(("\ufeff" + "\r\n".join(rows) + "\r\n").encode(), "text/csv", f"cards-{sheet.batch_id}.csv")


def _file(made: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made, media_type=media_type, headers=headers)


routes = [card_page, type_card, pdf, csv]
