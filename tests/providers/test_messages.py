"""Words to phones: a signed gateway that is believed only when it says so, and sandbox phones outside production."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from contextlib import asynccontextmanager

import msgspec
import pytest

from renqing.books.people import MessageNotSent
from renqing.foundation.ground import Ground
from renqing.foundation.settings import Settings, UnsafeSettings, check_safe
from renqing.providers.gateway_messages import GatewayMessages
from renqing.providers.messages import SandboxMessages, plug_messages
from renqing.views.sandbox_phone import SHOWN_MAX, sandbox_phone

SECRET = "a secret that the gateway shares"
PHONE = "13812345678"


class Gateway:
    """A message gateway that notes what it gets and answers as it is told."""

    def __init__(self, answer):
        self.answer = answer
        self.heard = []

    async def serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        pairs = (line.split(": ", 1) for line in head.splitlines()[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        self.heard.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def gateway(answer):
    told = Gateway(answer)
    server = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    async with server:
        told.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/codes"
        yield told


def sender(ground, url):
    return GatewayMessages(url, SECRET, ground.clock, ground.ids)


async def test_a_message_goes_out_signed(ground):
    async with gateway(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n") as there:
        messages = sender(ground, there.url)
        await messages.send(PHONE, "验证码 123456")
        await messages.close()
    ((headers, body),) = there.heard
    assert msgspec.json.decode(body) == {"phone": "+8613812345678", "words": "验证码 123456"}
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET.encode(), said, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"].removeprefix("v1,") == expected
    assert int(headers["webhook-timestamp"]) == int(ground.clock.machine_now().timestamp())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", "status_500"),
        (b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n", "status_403"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", "status_302"),
        (b"", "RemoteProtocolError"),
        (b"nonsense\r\n\r\n", "RemoteProtocolError"),
    ],
)
async def test_what_the_gateway_did_not_take_is_not_called_sent(ground, answer, why):
    async with gateway(answer) as there:
        messages = sender(ground, there.url)
        with pytest.raises(MessageNotSent) as not_sent:
            await messages.send(PHONE, "验证码 123456")
        await messages.close()
    assert not_sent.value.facts == {"why": why}
    assert len(there.heard) == 1, "and nobody tried twice behind the person's back"


async def test_a_gateway_that_is_not_there_is_not_sure(ground):
    messages = sender(ground, "http://127.0.0.1:1/")
    with pytest.raises(MessageNotSent) as not_sent:
        await messages.send(PHONE, "x")
    assert "127.0.0.1" not in str(not_sent.value.facts)
    await messages.close()


async def test_a_sandbox_phone_keeps_its_latest_messages_for_every_process(ground):
    one, other = SandboxMessages(ground.db), SandboxMessages(ground.db)
    for n in range(SHOWN_MAX + 3):
        await (one if n % 2 else other).send(PHONE, f"第 {n} 条")
    await one.send("13900000000", "别人的")
    received = [message.words for message in await sandbox_phone(ground, "+86 138 1234 5678")]
    assert received == [f"第 {n} 条" for n in range(SHOWN_MAX + 2, 2, -1)]
    assert await ground.db.fetchval("SELECT count(*) FROM sandbox_message") == SHOWN_MAX + 1


async def test_production_has_a_gateway_or_does_not_start(ground):
    def in_mode(**settings):
        return Ground(ground.db, ground.clock, ground.ids, ground.keys, Settings(**settings))

    with pytest.raises(UnsafeSettings, match="RENQING_MESSAGES_URL"):
        plug_messages(in_mode(mode="production"))
    for wrong in ({}, {"messages_url": "http://plain/", "messages_secret": SECRET}, {"messages_url": "https://x/"}):
        with pytest.raises(UnsafeSettings, match="RENQING_MESSAGES_URL"):
            check_safe(Settings(mode="production", **wrong))
    assert isinstance(plug_messages(in_mode(mode="demo")), SandboxMessages)
    real = plug_messages(in_mode(mode="production", messages_url="https://gateway.example/", messages_secret=SECRET))
    assert isinstance(real, GatewayMessages)
    await real.close()
