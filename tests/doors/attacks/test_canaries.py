"""Values that can be looked for, in every personal field, on a whole running house: where they are not to be found.

What is sealed or secret stands in no file of the house but the keys' owner's answer: no table, no log of changes, no
temporary file, no log, no measure. What people write for others stands in the database and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from patience import until
from upkeep import Up

from renqing.doors.cli.house import DATABASE
from renqing.providers.postgres import EmbeddedPostgres

pytestmark = pytest.mark.timeout(300)

PHONE = "13877771234"
SEALED = {
    "phone": PHONE,
    "addressee": "canary-addressee",
    "street": "canary-street-17",
    "password": "canary password of mine",
}
WRITTEN = {"name": "canary-name", "greeting": "canary-greeting", "note": "canary-note"}


class Program:
    """Somebody's program against a running house."""

    def __init__(self, port: int) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
        self._asked = 0
        self.token = ""

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        self._asked += 1
        headers = {"idempotency-key": f"canary-{self._asked}"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        answer = self._client.request(method, path, json=body, headers=headers)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json()

    def text(self, path: str) -> str:
        return self._client.get(path).text

    def pay(self, order_id: str) -> None:
        ready = self.ok("POST", f"/v1/orders/{order_id}/payments", {})
        assert httpx.post(ready["cashier_url"], trust_env=False).status_code == 303


def live(program: Program) -> dict[str, str]:
    """The main stories of somebody whose every field is a canary; the tokens that they were given."""
    program.ok("POST", "/v1/sign-in-codes", {"phone": PHONE})
    code = code_in(program.ok("GET", f"/v1/demo/phones/{PHONE}")[0]["words"])
    made = program.ok("POST", "/v1/sign-ins", {"phone": PHONE, "code": code, "name": WRITTEN["name"]})
    program.token = made["token"]
    asked = {"region_code": 330106109, "name": SEALED["addressee"], "phone": PHONE, "detail": SEALED["street"]}
    address = program.ok("POST", "/v1/addresses", asked)["id"]
    product = program.ok("GET", "/v1/products?limit=1")["products"][0]
    shown = program.ok("GET", f"/v1/products/{product['id']}")
    sku = next(one["id"] for one in shown["styles"])
    order = {"lines": [{"sku_id": sku}], "address_id": address, "note": WRITTEN["note"]}
    program.pay(program.ok("POST", "/v1/orders", order)["order_id"])
    gift = program.ok("POST", "/v1/gifts", {"sku_id": sku, "cover": "thanks", "greeting": WRITTEN["greeting"]})
    program.pay(gift["order_id"])
    tokens = {"sign-in": made["token"]}
    read = lambda: program.ok("GET", f"/v1/gifts/{gift['gift_id']}").get("link_token")  # noqa: E731 - asked until paid
    tokens["link"] = until(read)
    program.ok("POST", "/v1/demo/clock", {"seconds": 61})
    program.ok("POST", "/v1/sign-in-codes", {"phone": PHONE})
    code = code_in(program.ok("GET", f"/v1/demo/phones/{PHONE}")[0]["words"])
    program.token = program.ok("PUT", "/v1/me/password", {"code": code, "password": SEALED["password"]})["token"]
    tokens["sign-in by code"] = program.token
    refused = program._client.post(
        "/v1/sign-ins/by-password",
        json={"phone": PHONE, "password": SEALED["password"] + "!"},
        headers={"idempotency-key": "wrong"},
    )
    assert refused.status_code == 403
    return tokens


def code_in(words: str) -> str:
    return next(
        part for part in words.replace("，", " ").replace(",", " ").split() if part.isdigit() and len(part) == 6
    )


@pytest.fixture(scope="module")
def house(up_in: Callable[..., Up]) -> Iterator[Up]:
    up = up_in("canaries").start().wait_until_up()
    yield up
    if up.process is not None and up.process.poll() is None:
        up.stop()


def files_with(folder: Path, value: str) -> list[str]:
    """The files below a folder that hold a value, as text or as the hex of its bytes."""
    looked_for = (value.encode(), value.encode().hex().encode())
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            said = file.read_bytes()
            if any(one in said for one in looked_for):
                found.append(file.relative_to(folder).as_posix())
    return found


def test_what_is_sealed_or_secret_is_in_no_file_and_what_was_written_only_in_the_database(house: Up):
    program = Program(house.port)
    tokens = live(program)
    assert set(tokens) == {"sign-in", "link", "sign-in by code"}
    house.write_down("CHECKPOINT")
    metrics = program.text("/metrics")
    assert "renqing_requests_total" in metrics
    dumped = dump(house)
    for name, value in {**SEALED, **tokens}.items():
        assert files_with(house.home, value) == [], name
        assert value not in dumped and value.encode().hex() not in dumped, name
        assert value not in metrics and value not in house.said(), name
    for name, value in WRITTEN.items():
        assert value in dumped, "the instrument sees what is there"
        found = files_with(house.home, value)
        assert found, "in the files of the database too"
        assert [file for file in found if not file.startswith("postgres/")] == [], name
        assert [file for file in found if "log" in Path(file).parts[:2] or file.endswith(".log")] == [], name
        assert value not in metrics and value not in house.said(), name


def dump(house: Up) -> str:
    """What ``pg_dump`` writes of the whole database."""
    server = EmbeddedPostgres(house.home)
    return server.run("pg_dump", "--inserts", server.dsn(DATABASE)).stdout
