"""What a demo has and nothing else: be somebody with one tap, the sandbox's phones, its switches, and the clock.

Clearly a demo on every page; in any other mode there are no such pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from litestar import Response, get, post

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.shell import Form, form_of, go, language_of, own_path, page, whole
from renqing.doors.web.signing_in import let_in
from renqing.foundation.errors import NotSure, Refusal
from renqing.foundation.once import Once, once
from renqing.journeys.move_the_demo_clock import move_the_demo_clock
from renqing.journeys.sign_in_to_the_demo import SignInToTheDemo, sign_in_to_the_demo
from renqing.views.demo_people import demo_people
from renqing.views.sandbox_phone import Received, sandbox_phone

allow(Audience.DEMO, "GET /demo", "POST /demo/be", "POST /demo/clock", "POST /demo/switches")

HOUR = 3600
STEPS = (HOUR, 24 * HOUR, 7 * 24 * HOUR)
STEP_MAX = 366 * 24 * HOUR
# What the panel can turn; the sandbox knows more (docs of the sandbox channel).
NUMBERS = {"duplicate": (0, 1, 3), "delay_seconds": (0, 5, 60), "reorder": (0, 1, 3)}
CHOICES = {
    "contradict": ("", "amount", "currency", "state", "intent"),
    "forge": ("", "signature", "stale", "unsigned", "altered"),
    "answer": ("", "silent", "fail_before", "fail_after", "refuse", "contradict"),
    "refunds": ("done", "processing", "failed", "closed"),
}


@runtime_checkable
class Switchable(Protocol):
    """A channel that misbehaves on request."""

    async def switches(self) -> dict[str, Any]: ...

    async def switch(self, changes: Mapping[str, Any]) -> dict[str, Any]: ...


@get("/demo")
async def demo(request: AnyRequest) -> Response[str]:
    """Everybody there is to be, and what can be turned."""
    return await _panel(request, request.query_params.get("phone", "").strip(), request.query_params.get("next", ""))


async def _panel(request: AnyRequest, phone: str = "", where: str = "", problem: str = "") -> Response[str]:
    house = house_of(request)
    messages: list[Received] = []
    if phone:
        try:
            messages = await sandbox_phone(house.ground, phone)
        except Refusal as refusal:
            problem = problem or words_of(refusal, language_of(request))
    return await page(
        request,
        "demo.html",
        people=await demo_people(house.ground),
        phone=phone,
        messages=messages,
        next=own_path(where or "/"),
        steps=STEPS,
        switches=await _switches(request),
        numbers=NUMBERS,
        choices=CHOICES,
        problem=problem,
    )


async def _switches(request: AnyRequest) -> dict[str, Any] | None:
    """How the sandbox is switched; None where this channel has no switches or does not answer."""
    channel = house_of(request).channels[house_of(request).channel_named(None)]
    if not isinstance(channel, Switchable):
        return None
    try:
        in_force: dict[str, Any] = (await channel.switches())["in_force"]
        return in_force
    except NotSure:
        return None


@post("/demo/be")
async def be(request: AnyRequest) -> Response[str]:
    """Be somebody."""
    form = await form_of(request)
    ask = SignInToTheDemo(id_in(form.get("person", "")))
    made = await sign_in_to_the_demo(house_of(request).ground, ask, _anybody(request, form))
    return let_in(request, go(request, own_path(form.get("next", "/"))), made)


@post("/demo/clock")
async def move_clock(request: AnyRequest) -> Response[str]:
    """Move the house's clock on: deadlines that it passes fall due."""
    form = await form_of(request)
    seconds = whole(form, "seconds", most=STEP_MAX)
    await move_the_demo_clock(house_of(request).ground, seconds, _anybody(request, form))
    return go(request, "/demo", "clock_moved")


@post("/demo/switches")
async def turn(request: AnyRequest) -> Response[str]:
    """Turn the sandbox's switches."""
    form = await form_of(request)
    channel = house_of(request).channels[house_of(request).channel_named(None)]
    changes: dict[str, Any] = {name: whole(form, name, most=max(values)) for name, values in NUMBERS.items()}
    changes |= {name: form.get(name, values[0]) for name, values in CHOICES.items() if form.get(name) in values}
    changes["lose"] = form.get("lose") == "yes"
    try:
        if isinstance(channel, Switchable):
            await channel.switch(changes)
    except Refusal as refusal:
        return await _panel(request, problem=words_of(refusal, language_of(request)))
    return go(request, "/demo", "switched")


def _anybody(request: AnyRequest, form: Form) -> Once:
    """The request of whoever plays: its key is bound to the form, as strangers' keys are."""
    bound = house_of(request).ground.keys.keyed_hash("anonymous_key", form.get("once", "")).hex()
    said = {name: value for name, value in sorted(form.items()) if name != "once"}
    return once(0, bound, f"POST {request.url.path}", said)


routes = [demo, be, move_clock, turn]
