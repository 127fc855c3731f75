"""One party's program: it calls the public interface as anybody's would, and waits, with a bound, for what comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from renqing.doors.cli.plain import words
from renqing.doors.cli.terminal import console
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.ids import random_bytes

T = TypeVar("T")
ANSWER_SECONDS_MAX = 15.0
LOOK_EVERY_SECONDS = 0.1
WAIT_SECONDS_MAX = 45.0


class TourStopped(Exception):
    """The house did not do what the tour needs; the message says what, for people."""


class Program:
    """Calls the house as somebody, or as nobody."""

    def __init__(self, client: httpx.Client, name: str = "", token: str = "", person_id: str = "") -> None:
        self._client = client
        self._token = token
        self.name = name
        self.person_id = person_id

    def get(self, path: str, **query: Any) -> Any:
        """Read something."""
        return self._call("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, body: Any = None) -> Any:
        """Do something."""
        return self._call("POST", path, json=body)

    def put(self, path: str, body: Any = None) -> Any:
        """Set something."""
        return self._call("PUT", path, json=body)

    def delete(self, path: str) -> Any:
        """Take something away."""
        return self._call("DELETE", path)

    def refusal_of(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and code of something that the house should not do; (0, "") where it did."""
        reply = self._send(method, path, json=body)
        return (reply.status_code, str(reply.json()["code"])) if reply.status_code >= 400 else (0, "")

    def pay_at(self, cashier_url: str) -> None:
        """Press the cashier's one button, as the payer's browser does."""
        try:
            reply = self._client.post(cashier_url, follow_redirects=False)
        except httpx.HTTPError as away:
            raise TourStopped(words("tour.no_answer", url=cashier_url)) from away
        if not reply.is_redirect:
            raise TourStopped(words("tour.refused", what=f"POST {cashier_url}", why=str(reply.status_code)))

    def _call(self, method: str, path: str, **sent: Any) -> Any:
        reply = self._send(method, path, **sent)
        if reply.is_success:
            return reply.json() if reply.content else None
        title = reply.json().get("title", "") if "json" in reply.headers.get("content-type", "") else ""
        asked, why = f"{self.name}: {method} {path}", f"{reply.status_code} {title}"
        raise TourStopped(words("tour.refused", what=asked, why=why))

    def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        if method != "GET":
            headers["idempotency-key"] = f"tour-{random_bytes(16).hex()}"
        try:
            return self._client.request(method, path, headers=headers, **sent)
        except httpx.HTTPError as away:
            raise TourStopped(words("tour.no_answer", url=self._client.base_url)) from away


def wait_for(what: str, look: Callable[[], T | None]) -> T:
    """What ``look`` finds once it is there, asked again and again within ``WAIT_SECONDS_MAX``. Raises TourStopped."""
    began = monotonic_seconds()
    label = words(f"tour.wait.{what}")
    with console.status(label) as status:
        while True:
            found = look()
            if found is not None:
                return found
            waited = monotonic_seconds() - began
            if waited > WAIT_SECONDS_MAX:
                raise TourStopped(words("tour.waited", what=label, seconds=round(waited)))
            status.update(f"{label} {waited:.0f} s")
            time.sleep(LOOK_EVERY_SECONDS)
