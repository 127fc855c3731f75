"""An answer leaves in one piece, and a head whose body comes later does not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from renqing.doors.one_piece import InOnePiece

ASK = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
WAITING = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]}
HELLO = {"type": "http.response.body", "body": b"hello"}
App = Callable[[Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class Wire(asyncio.Transport):
    """What the kernel was handed, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        """Everything that is asked was given at once."""

    resume_reading = pause_reading


async def say_hello(_scope: Any, _receive: Any, send: Any) -> None:
    await send(START)
    await send(HELLO)


async def told(app: App, asked: bytes) -> Wire:
    """What a connection says to these bytes, until all of them are answered."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", server_header=False, date_header=False)
    config.load()
    wire, state = Wire(), ServerState()
    connection = InOnePiece(config, state, {})
    connection.connection_made(wire)
    connection.data_received(asked)
    while state.tasks:
        await asyncio.gather(*state.tasks)
    connection.connection_lost(None)
    return wire


async def test_head_and_body_are_one_piece():
    assert (await told(say_hello, ASK)).pieces == [HEAD + b"hello"]


async def test_requests_sent_together_are_answered_in_turn_a_piece_each():
    assert (await told(say_hello, ASK * 3)).pieces == [HEAD + b"hello"] * 3


async def test_a_head_does_not_wait_for_a_body_that_comes_later():
    came = asyncio.Event()

    async def stream(_scope: Any, _receive: Any, send: Any) -> None:
        await send(START)
        await came.wait()
        await send(HELLO)

    asyncio.get_running_loop().call_later(0, asyncio.get_running_loop().call_soon, came.set)
    assert (await told(stream, ASK)).pieces == [HEAD, b"hello"]


async def test_an_answer_without_a_body_goes_out_before_the_connection_is_closed():
    wire = await told(say_hello, b"HEAD / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
    assert wire.pieces == [HEAD.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")]
    assert wire.is_closed


async def test_who_waits_to_be_told_to_go_on_is_told_at_once():
    async def read_and_say_hello(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(START)
        await send(HELLO)

    wire = await told(read_and_say_hello, WAITING + b"ok")
    assert wire.pieces == [b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"hello"]
