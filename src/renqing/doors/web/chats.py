"""Chats: the list, one thread that stays live, words and product cards; and the beginning of one with a friend."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.shell import HTML, Form, deed, form_of, go, is_part, language_of, my_id, page, whole
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.read_a_chat import ReadChat, read_a_chat
from renqing.journeys.say_in_a_chat import SayInChat, say_in_a_chat
from renqing.views.chat_page import thread_page, threads_page
from renqing.views.friends_page import friends_page, person_page
from renqing.views.product_page import product_page

allow(
    Audience.PERSON,
    "GET /chats",
    "GET /chats/{thread_id:str}",
    "GET /chats/{thread_id:str}/since",
    "POST /chats/{thread_id:str}/say",
    "POST /chats/{thread_id:str}/read",
    "GET /people/{person_id:str}/chat",
    "POST /people/{person_id:str}/say",
    "GET /products/{product_id:str}/tell",
    "POST /products/{product_id:str}/tell",
)

NO_CONTENT = 204


@get("/chats")
async def chats(request: AnyRequest) -> Response[str]:
    """The reader's threads."""
    found = await threads_page(house_of(request).ground, my_id(request), request.query_params.get("cursor"))
    template = "chats_more.html" if is_part(request) else "chats.html"
    return await page(request, template, tab="chat", threads=found, page=None, open_id=0)


@get("/chats/{thread_id:str}")
async def chat(request: AnyRequest, thread_id: FromPath[str]) -> Response[str]:
    """A thread, its end first; ``before`` shows what was said earlier."""
    ground, reader = house_of(request).ground, my_id(request)
    before = parse_id(request.query_params.get("before", ""))
    found = await thread_page(ground, reader, id_in(thread_id), before=before)
    if is_part(request):
        return await page(request, "chat_earlier.html", page=found)
    threads = await threads_page(ground, reader)
    return await page(request, "chats.html", tab="chat", threads=threads, page=found, open_id=found.thread_id)


@get("/chats/{thread_id:str}/since")
async def since(request: AnyRequest, thread_id: FromPath[str]) -> Response[str]:
    """What was said after a number; nothing where nothing was."""
    after = parse_id(request.query_params.get("after", "")) or 0
    found = await thread_page(house_of(request).ground, my_id(request), id_in(thread_id), after=after)
    if not found.messages:
        return Response("", status_code=NO_CONTENT, media_type=HTML)
    return await page(request, "chat_since.html", page=found)


@post("/chats/{thread_id:str}/say")
async def say(request: AnyRequest, thread_id: FromPath[str]) -> Response[str]:
    """Say something."""
    form, number = await form_of(request), id_in(thread_id)
    ask = SayInChat(my_id(request), thread_id=number, body=form.get("body", ""))
    return await _said(request, ask, form, f"/chats/{number}/say", f"/chats/{number}")


@post("/people/{person_id:str}/say")
async def say_to(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """The first words to a friend: their thread begins."""
    form, number = await form_of(request), id_in(person_id)
    ask = SayInChat(my_id(request), person_id=number, body=form.get("body", ""))
    return await _said(request, ask, form, f"/people/{number}/say", "")


async def _said(request: AnyRequest, ask: SayInChat, form: Form, action: str, stay: str) -> Response[str]:
    """The empty form again, with another key, and word to the thread that something was said in it."""
    problem, status = "", 200
    try:
        said = await say_in_a_chat(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        problem, status = words_of(refusal, language_of(request)), 409
    else:
        if not is_part(request) or not stay:
            return go(request, f"/chats/{said.thread_id}")
    typed = form.get("body", "") if problem else ""
    response = await page(request, "chat_write.html", status=status, action=action, typed=typed, problem=problem)
    if not problem:
        response.headers["HX-Trigger"] = f"live-message-{ask.thread_id}"
    return response


@post("/chats/{thread_id:str}/read")
async def read(request: AnyRequest, thread_id: FromPath[str]) -> Response[str]:
    """The reader has seen a thread up to a message. Repeating it is reading again."""
    form = await form_of(request)
    await read_a_chat(house_of(request).ground, ReadChat(my_id(request), id_in(thread_id), whole(form, "n")))
    return Response("", status_code=NO_CONTENT, media_type=HTML)


@get("/people/{person_id:str}/chat")
async def chat_with(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """Our thread, or an empty one that begins with the first words."""
    ground, reader = house_of(request).ground, my_id(request)
    found = await person_page(ground, reader, id_in(person_id))
    if found.thread_id is not None:
        return go(request, f"/chats/{found.thread_id}")
    threads = await threads_page(ground, reader)
    return await page(request, "chat_first.html", tab="chat", threads=threads, person=found.person, open_id=0)


# show a product to somebody ------------------------------------------------------------------------------------------
@get("/products/{product_id:str}/tell")
async def whom_to_tell(request: AnyRequest, product_id: FromPath[str]) -> Response[str]:
    """Whom to show a product."""
    ground, reader = house_of(request).ground, my_id(request)
    found = await product_page(ground, id_in(product_id))
    near = await friends_page(ground, reader)
    return await page(request, "tell.html", tab="market", product=found, near=near)


@post("/products/{product_id:str}/tell")
async def tell(request: AnyRequest, product_id: FromPath[str]) -> Response[str]:
    """Put its card into a chat."""
    form, number = await form_of(request), id_in(product_id)
    person, thread = parse_id(form.get("person", "")), parse_id(form.get("thread", ""))
    ask = SayInChat(my_id(request), thread_id=thread, person_id=person, kind="product", about_id=number)
    said = await say_in_a_chat(house_of(request).ground, ask, deed(request, form))
    return go(request, f"/chats/{said.thread_id}")


routes = [chats, chat, since, say, say_to, read, chat_with, whom_to_tell, tell]
