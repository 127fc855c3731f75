"""The sandbox bank as a program: killed at any moment, it comes back with its truth and finishes telling it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from bankside import PAID, SECRET, Shop, listening

from renqing.foundation.clock import SystemClock
from renqing.foundation.ids import NodeIds
from renqing.providers.sandbox_channel import SandboxChannel
from renqing.trade.payments.ports import ChannelRefused, ChannelSilent, OpenPayment, RefundAsk

WAIT_SECONDS_MAX = 60


class Company:
    """The program on an inherited socket that dies with it, so that a dead bank refuses at once."""

    def __init__(self, home: Path, shop: Shop) -> None:
        self.home = home
        self.shop = shop
        self.port = 0
        with self._listening() as place:
            self.port = place.getsockname()[1]
        url = f"http://127.0.0.1:{self.port}"
        self.channel = SandboxChannel(url, SECRET, SystemClock(), NodeIds(1), answer_seconds_max=30)
        self.process: subprocess.Popen[bytes] | None = None

    def _listening(self) -> socket.socket:
        place = socket.socket()
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", self.port))
        place.listen(128)
        return place

    def start(self, **more: str) -> None:
        settings = {"RENQING_HOME": str(self.home), "RENQING_SANDBOX_SECRET": SECRET, "RENQING_MODE": "test", **more}
        plain = {name: value for name, value in os.environ.items() if not name.startswith("RENQING_")}
        with self._listening() as place:  # who asks before the program is up waits in its queue
            fd = place.fileno()
            command = [sys.executable, "-m", "renqing", "sandbox", "--fd", str(fd)]
            self.process = subprocess.Popen(command, env=plain | settings, pass_fds=(fd,))

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(WAIT_SECONDS_MAX)

    async def ended(self) -> int:
        assert self.process is not None
        return await asyncio.to_thread(self.process.wait, WAIT_SECONDS_MAX)

    async def open(self, intent_id: int) -> None:
        told, back = f"{self.shop.url}/told", f"{self.shop.url}/back"
        await self.channel.open(OpenPayment(intent_id, PAID, "CNY", "睡衣", told, back))

    async def delivered(self, intent_id: int) -> list[str]:
        """What became of the callbacks about an intent, once none waits."""
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while True:
                letters = await self.channel.deliveries(intent_id)
                if letters and all(letter["outcome"] != "waiting" for letter in letters):
                    return [letter["outcome"] for letter in letters]


@pytest_asyncio.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    shop = Shop()
    async with listening(shop) as shop.url:
        made = Company(tmp_path / "家 of the bank", shop)
        try:
            yield made
        finally:
            if made.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    made.kill()
            made.channel.close_connections()


async def test_a_bank_killed_in_the_middle_of_many_payments_keeps_every_answer_it_gave(company: Company) -> None:
    company.start()
    paid: set[int] = set()
    unsure: set[int] = set()
    enough = asyncio.Event()

    async def buy(first: int) -> None:
        for intent_id in range(first, first + 100):
            try:
                await company.open(intent_id)
                await company.channel.pay(intent_id)
            except ChannelSilent:
                unsure.add(intent_id)
                return
            paid.add(intent_id)
            if len(paid) >= 60:
                enough.set()

    buyers = [asyncio.create_task(buy(1000 * n + 1)) for n in range(1, 17)]
    await asyncio.wait_for(enough.wait(), WAIT_SECONDS_MAX)
    company.kill()
    await asyncio.gather(*buyers)
    assert len(paid) >= 60 and unsure, "it was killed with payments before and in the middle"

    company.start()
    for intent_id in paid:
        assert (await company.channel.query(intent_id)).state == "paid"
    for intent_id in unsure:  # nobody knew; asking again with the same id settles it
        await company.open(intent_id)
        assert (await company.channel.pay(intent_id)).state == "paid"
    lines = await company.channel.statement()
    assert sorted(int(line.intent_id) for line in lines) == sorted(paid | unsure)
    assert {line.amount for line in lines} == {PAID}
    for intent_id in paid | unsure:
        assert await company.delivered(intent_id) == ["delivered"]
    told = {
        company.channel.read_callback(heard.headers, heard.raw, SystemClock().machine_now()).intent_id
        for heard in company.shop.heard
    }
    assert told == paid | unsure


@pytest.mark.parametrize(("moment", "state"), [("sandbox_before_commit:3", "open"), ("sandbox_after_commit:3", "paid")])
async def test_a_bank_that_dies_around_its_commit_did_all_or_nothing(company: Company, moment: str, state: str) -> None:
    company.start(RENQING_CRASH_AT=moment)  # the first commit is its start's, the second opens, the third pays
    await company.open(7)
    with pytest.raises(ChannelSilent):
        await company.channel.pay(7)
    assert await company.ended() == 137
    company.start()
    assert (await company.channel.query(7)).state == state
    assert (await company.channel.pay(7)).state == "paid"
    assert [line.amount for line in await company.channel.statement()] == [PAID]
    assert await company.delivered(7) == ["delivered"]


async def test_switches_refunds_and_callbacks_that_wait_outlive_the_process(company: Company) -> None:
    company.start()
    await company.channel.switch({"delay_seconds": 3600}, 7)
    await company.open(7)
    await company.channel.pay(7)
    company.kill()
    company.start()
    assert (await company.channel.switches(7))["switched"] == {"delay_seconds": 3600}
    told = f"{company.shop.url}/told"
    assert (await company.channel.refund(RefundAsk(70, 7, 900, "CNY", told))).state == "done"
    assert not company.shop.heard
    assert await company.channel.deliver(ahead_seconds=3600) == 2
    with pytest.raises(ChannelRefused):
        await company.channel.refund(RefundAsk(71, 7, PAID, "CNY", told))


async def test_the_program_ends_cleanly_when_asked_and_leaves_no_one_waiting(company: Company) -> None:
    company.start()
    await company.channel.switch({"answer": "silent", "answer_on": ["open"]})
    asking = asyncio.create_task(company.open(7))
    while (await company.channel.query(7)).state == "unknown":
        assert not asking.done()
    assert company.process is not None
    company.process.send_signal(signal.SIGTERM)
    with pytest.raises(ChannelSilent):
        await asking
    assert await company.ended() in {0, -signal.SIGTERM}


@pytest.mark.parametrize("settings", [{"RENQING_SANDBOX_SECRET": " , "}, {"RENQING_MODE": "production"}])
async def test_the_program_does_not_start_where_it_would_be_unsafe(company: Company, settings: dict[str, str]) -> None:
    company.start(**settings)
    assert await company.ended() == 2
    assert not (company.home / "sandbox").exists()
