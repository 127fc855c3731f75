"""People of the demo world as programs: each signs in with one tap and speaks ``/v1`` like anybody's app."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from renqing.doors.cli.terminal import words
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.ids import random_bytes

WAIT_SECONDS_MAX = 60
LOOK_EVERY_SECONDS = 0.15
REQUEST_SECONDS_MAX = 30


class TourStopped(Exception):
    """A step did not answer as it should; the message says which and how."""


@dataclass(slots=True)
class Player:
    """Somebody who is signed in. Paths are below the house's address."""

    http: httpx.Client
    id: str
    name: str
    shop_ids: list[str]
    token: str = ""

    def get(self, path: str) -> Any:
        """Read something. Raises TourStopped where it is refused."""
        return self._said("GET", path, None)

    def do(self, path: str, body: Any = None) -> Any:
        """Do something, with a key of its own. Raises TourStopped where it is refused."""
        return self._said("POST", path, body)

    def may_not(self, path: str) -> str:
        """The code with which reading something is refused. Raises TourStopped where it is not."""
        answer = self.http.get(path, headers=self._headers())
        if answer.is_success:
            raise TourStopped(words("cli.tour.not_refused", who=self.name, path=path))
        return str(answer.json()["code"])

    def pay(self, order_id: str) -> None:
        """Go to the cashier and tap its one button, as a person would."""
        cashier = self.do(f"/v1/orders/{order_id}/payments", {"return_path": "/"})["cashier_url"]
        paid = self.http.post(cashier)
        if paid.status_code not in {httpx.codes.SEE_OTHER, httpx.codes.FOUND, httpx.codes.OK}:
            raise TourStopped(words("cli.tour.refused", who=self.name, what="cashier", why=paid.status_code))
        self.wait(f"/v1/orders/{order_id}/payment", lambda said: said["standing"] == "paid")

    def wait(self, path: str, until: Callable[[Any], bool]) -> Any:
        """Read until it is so, for what the worker and the channel do in their own time. Raises TourStopped."""
        end = monotonic_seconds() + WAIT_SECONDS_MAX
        said = self.get(path)
        while not until(said):
            if monotonic_seconds() > end:
                raise TourStopped(words("cli.tour.waited", who=self.name, path=path, seconds=WAIT_SECONDS_MAX))
            time.sleep(LOOK_EVERY_SECONDS)
            said = self.get(path)
        return said

    def _said(self, method: str, path: str, body: Any) -> Any:
        answer = self.http.request(method, path, json=body, headers=self._headers())
        if not answer.is_success:
            raise TourStopped(words("cli.tour.refused", who=self.name, what=f"{method} {path}", why=answer.text[:300]))
        return answer.json() if answer.content else None

    def _headers(self) -> dict[str, str]:
        headers = {"Idempotency-Key": f"tour-{random_bytes(12).hex()}"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


@dataclass(slots=True)
class Cast:
    """Who plays: a giver and a friend who takes gifts, both with an address; the keeper of each shop; the operator."""

    nobody: Player
    giver: Player
    friend: Player
    keepers: dict[str, Player]
    operator: Player


def open_house(url: str) -> httpx.Client:
    """A client that follows no redirects: where a cashier leads is looked at, not walked."""
    return httpx.Client(base_url=url, timeout=REQUEST_SECONDS_MAX, trust_env=False)


def cast_of(http: httpx.Client) -> Cast:
    """Choose the players. Raises TourStopped where the house is no demo or its world is too small."""
    nobody = Player(http, "", words("cli.tour.somebody"), [])
    people = [Player(http, one["id"], one["name"], one["shop_ids"]) for one in nobody.get("/v1/demo/people")]
    operators = [one["id"] for one in nobody.get("/v1/demo/people") if one["is_operator"]]
    for player in people:
        player.token = nobody.do("/v1/demo/sign-ins", {"person_id": player.id})["token"]
    customers = [one for one in people if not one.shop_ids and one.id not in operators and one.get("/v1/addresses")]
    pairs = [(giver, friend) for giver in customers for friend in customers if friend.id in _friends_of(giver)]
    if not pairs or not operators:
        raise TourStopped(words("cli.tour.too_small"))
    giver, friend = pairs[0]
    return Cast(
        nobody=nobody,
        giver=giver,
        friend=friend,
        keepers={shop_id: one for one in people for shop_id in one.shop_ids},
        operator=next(one for one in people if one.id in operators),
    )


def _friends_of(player: Player) -> set[str]:
    return {one["id"] for one in player.get("/v1/friends")["friends"]}
