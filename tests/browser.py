"""People with browsers in a house that runs: server, worker and sandbox are processes of their own, as at home.

A ``Reader`` is one person's browser. It remembers every console error, every failed script and every request that
left the house, and says so at the end of its test.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
from patience import until
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from renqing.providers.postgres import EmbeddedPostgres

UP_SECONDS_MAX = 90
PHONE = (375, 812)
DESK = (1440, 900)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium(playwright: Playwright) -> str | None:
    """A Chromium of this machine: the one that is named, one on the PATH, or playwright's own."""
    named = os.environ.get("RENQING_CHROMIUM") or next(
        (found for name in _NAMES if (found := shutil.which(name))), None
    )
    if named is None and Path(playwright.chromium.executable_path).exists():
        named = playwright.chromium.executable_path
    return named


def launch(playwright: Playwright, chromium: str) -> Browser:
    """Start it; the first start on a busy machine takes its time."""
    return playwright.chromium.launch(
        executable_path=chromium,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        timeout=120_000,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _make_database(postgres: EmbeddedPostgres, name: str) -> None:
    admin = await asyncpg.connect(postgres.dsn())
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE renqing_template")
    finally:
        await admin.close()


@contextmanager
def running_house(postgres: EmbeddedPostgres, folder: Path) -> Iterator[str]:
    """``renqing up`` with its demo world on a database of its own; its address."""
    database = f"pages_{os.getpid()}"
    asyncio.run(_make_database(postgres, database))
    url = f"http://127.0.0.1:{(port := _free_port())}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RENQING_", "DATABASE_URL"))}
    with (folder / "up.out").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "renqing", "up"],
            env={
                **kept,
                "RENQING_HOME": str(folder / "home"),
                "RENQING_PORT": str(port),
                "RENQING_SANDBOX_PORT": str(_free_port()),
                "DATABASE_URL": postgres.dsn(database),
                "LANG": "C.UTF-8",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        until(lambda: _is_ready(url, process, folder / "up.out"), seconds_max=UP_SECONDS_MAX)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _is_ready(url: str, process: subprocess.Popen[bytes], output: Path) -> bool:
    assert process.poll() is None, f"the house did not come up:\n{output.read_text('utf-8', 'replace')}"
    try:
        ready = httpx.get(f"{url}/readyz", trust_env=False, timeout=5).status_code == 200
        return ready and bool(httpx.get(f"{url}/v1/demo/people", trust_env=False, timeout=5).json())
    except httpx.HTTPError:
        return False


@dataclass
class Reader:
    """One person's browser, on a phone or at a desk, in one language."""

    url: str
    context: BrowserContext
    language: str
    page: Page
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of the house."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def become(self, name: str) -> Reader:
        """Be somebody of the demo world, with one tap, and begin at the market."""
        self.go("/demo")
        self.page.locator(".demo-person", has_text=name).first.click()
        self.page.wait_for_url(lambda url: "/demo" not in url)
        self.go("/")
        return self

    def be(self, person_id: str) -> Reader:
        """Be somebody of the demo world without looking at its page: for tests that are about another one."""
        form = {"once": f"be-{person_id}-{id(self)}", "person": person_id, "next": "/"}
        reply = self.context.request.post(f"{self.url}/demo/be", form=form, max_redirects=0)
        assert reply.status == 303, reply.text()
        return self

    def expect(self, status: int) -> None:
        """A refusal is coming, which the browser's console will mention."""
        self.expected.append(f"the server responded with a status of {status}")

    def check(self) -> None:
        """Nothing went wrong that was not asked for, and nothing left the house."""
        assert not self.faults, "\n".join(self.faults)


@dataclass
class Street:
    """Where browsers come from; what each of them met is looked at in the end."""

    url: str
    browser: Browser
    readers: list[Reader] = field(default_factory=list)

    def reader(self, size: tuple[int, int] = PHONE, language: str = "zh", **options: object) -> Reader:
        """A new browser that nobody has used."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN" if language == "zh" else "en-US",
            has_touch=size[0] < 900,
            service_workers="block",
            **options,  # type: ignore[arg-type]
        )
        context.set_default_timeout(30_000)
        context.add_cookies([{"name": "renqing_language", "value": language, "url": self.url}])
        reader = Reader(self.url, context, language, context.new_page())
        _watch(reader)
        self.readers.append(reader)
        return reader

    def close(self) -> None:
        """Everybody goes home."""
        for reader in self.readers:
            reader.context.close()


def _watch(reader: Reader) -> None:
    page, host = reader.page, urlsplit(reader.url).hostname

    def heard(said: object) -> None:
        text = f"console {said.type}: {said.text}"  # type: ignore[attr-defined]
        if said.type in ("error", "warning") and not any(one in text for one in reader.expected):  # type: ignore[attr-defined]
            reader.faults.append(f"{text} ({page.url})")

    def asked(request: object) -> None:
        parts = urlsplit(request.url)  # type: ignore[attr-defined]
        if parts.scheme not in ("data", "blob") and parts.hostname != host:
            reader.faults.append(f"left the house: {request.url} (from {page.url})")  # type: ignore[attr-defined]

    page.on("console", heard)
    page.on("request", asked)
    page.on("pageerror", lambda error: reader.faults.append(f"script: {error} ({page.url})"))
