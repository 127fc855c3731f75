"""Claim cards over HTTP, on the page where they are typed, and in the files that are printed."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from open_house import Caller

from renqing.doors.web.card_sheet import A_PAGE, CardFace, card_pdf


async def printed(doors: Any, owner: Caller, count: int = 2) -> tuple[dict[str, Any], str, list[dict[str, Any]]]:
    """An activity by cards, the path of its batch, and the cards."""
    base = f"/v1/shops/{doors.town.shop_id}/activities"
    ends_at = (doors.house.ground.clock.now() + timedelta(days=1)).isoformat()
    asked = {"name": "卡", "sku_id": str(doors.town.red), "stock": 3, "audience": "cards", "ends_at": ends_at}
    made = await owner.ok("POST", base, asked)
    batches = f"{base}/{made['id']}/card-batches"
    batch = await owner.ok("POST", batches, {"cards": count})
    assert await owner.refused("POST", batches, {"cards": 3}) == (409, "activity_full")
    assert await owner.refused("POST", batches, {"cards": 0}) == (422, "body_not_valid")
    return made, f"{batches}/{batch['id']}", await owner.ok("GET", f"{batches}/{batch['id']}")


async def test_a_card_is_printed_typed_and_its_present_taken(doors):
    town = doors.town
    owner, an, bo = await doors.callers(town.owner_id, town.an, town.bo)
    made, path, (card, other) = await printed(doors, owner)
    assert card["url"].endswith(f"/card?number={card['number']}") and card["pin"] not in card["url"]
    typed = {"number": card["number"], "pin": card["pin"]}
    opened = await an.ok("POST", "/v1/claim-cards/openings", typed)
    assert opened == {"present_code": made["code"]}
    address = {"address_id": str(town.addresses[town.an])}
    await an.ok("POST", f"/v1/presents/{made['code']}/taking", address)
    assert await bo.refused("POST", "/v1/claim-cards/openings", typed) == (409, "card_used")
    second = {"number": other["number"], "pin": other["pin"]}
    assert await an.refused("POST", "/v1/claim-cards/openings", second) == (409, "card_one_each")
    wrong = {**second, "pin": f"{(int(other['pin']) + 1) % 10**6:06d}"}
    for _ in range(5):
        assert await bo.refused("POST", "/v1/claim-cards/openings", wrong) == (422, "card_not_right")
    locked = await bo.call("POST", "/v1/claim-cards/openings", body=second)
    assert (locked.status, locked.code, locked.headers["retry-after"]) == (429, "card_locked", "3600")
    assert [one["is_used"] for one in await owner.ok("GET", path)] == [True, False]
    (batch,) = await owner.ok("GET", path.rpartition("/")[0])
    assert (batch["used"], batch["cards"]) == (1, 2)


async def test_a_card_is_typed_on_its_page_which_a_scan_fills_in(doors):
    town = doors.town
    owner, an = await doors.callers(town.owner_id, town.an)
    made, _, (card, _) = await printed(doors, owner)
    browser = {"accept": "text/html", "cookie": f"renqing={an.token}; renqing_language=zh"}
    scanned = await doors.client.get(f"/card?number={card['number']}", headers=browser)
    spaced = re.sub(r"(\d{4})(?=\d)", r"\1 ", card["number"])
    assert scanned.status_code == 200 and f'value="{spaced}"' in scanned.text and card["pin"] not in scanned.text
    assert "登录后使用" in (await doors.client.get("/card", headers={"accept": "text/html"})).text
    form = {"once": "typed-1", "number": spaced, "pin": "1"}
    odd = await doors.client.post("/card", headers=browser, data=form)
    assert odd.status_code == 422 and "6" in odd.text and spaced in odd.text
    done = await doors.client.post("/card", headers=browser, data={**form, "once": "typed-2", "pin": card["pin"]})
    assert (done.status_code, done.headers["location"]) == (303, f"/p/{made['code']}")
    assert "收下礼物" in (await doors.client.get(f"/p/{made['code']}", headers=browser)).text


async def test_the_desk_makes_cards_and_hands_out_their_files_to_staff_alone(doors):
    town = doors.town
    owner, an = await doors.callers(town.owner_id, town.an)
    made, path, cards = await printed(doors, owner)
    here = f"/desk/shops/{town.shop_id}/activities/{made['id']}"
    desk = {"accept": "text/html", "cookie": f"renqing={owner.token}; renqing_language=zh"}
    for count, status in (("1", 303), ("1", 422), ("x", 422)):
        form = {"once": f"cards-{count}-{status}", "cards": count}
        assert (await doors.client.post(f"{here}/cards", headers=desk, data=form)).status_code == status
    shown = (await doors.client.get(here, headers=desk)).text
    batch = path.rpartition("/")[2]
    assert f'href="{here}/cards/{batch}/pdf"' in shown and cards[0]["pin"] not in shown
    pdf = await doors.client.get(f"{here}/cards/{batch}/pdf", headers=desk)
    assert pdf.headers["content-type"] == "application/pdf" and pdf.content.startswith(b"%PDF-")
    csv = await doors.client.get(f"{here}/cards/{batch}/csv", headers=desk)
    lines = csv.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "n,number,pin,url,used" and len(lines) == 3
    assert lines[1].split(",")[:3] == ["1", cards[0]["number"], cards[0]["pin"]]
    assert "no-store" in csv.headers["cache-control"]
    stranger = {"accept": "text/html", "cookie": f"renqing={an.token}"}
    for kind in ("pdf", "csv"):
        assert (await doors.client.get(f"{here}/cards/{batch}/{kind}", headers=stranger)).status_code == 404
        assert (await doors.client.get(f"{here}/cards/404/{kind}", headers=desk)).status_code == 404


def faces(count: int) -> list[CardFace]:
    return [
        CardFace(
            shop="山茶铺 · 礼物卡",
            title="青瓷杯，一个名字非常非常非常非常非常非常非常非常长的商品",
            number=f"1234 5678 {n:04d}",
            pin="012 345",
            how="扫码，或打开 http://example.com/card，输入卡号和密码领取",
            labels=("卡号", "密码"),
            link=f"http://example.com/card?number=12345678{n:04d}",
        )
        for n in range(count)
    ]


def test_a_file_of_cards_has_ten_on_a_page_and_every_object_where_its_table_says():
    made = card_pdf(faces(A_PAGE + 1))
    assert made.count(b"/Type/Page/") == 2
    start = int(made.rpartition(b"startxref\n")[2].split(b"\n")[0])
    assert made[start:].startswith(b"xref")
    places = [int(line[:10]) for line in made[start:].splitlines()[3:] if line.endswith(b"00000 n ")]
    assert [made[place:].split(b" ")[0] for place in places] == [b"%d" % n for n in range(1, len(places) + 1)]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no reader of PDF on this machine")
def test_a_reader_of_pdf_finds_number_pin_and_chinese_words(tmp_path: Path):
    file = tmp_path / "cards.pdf"
    file.write_bytes(card_pdf(faces(1)))
    said = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True)
    assert "1234 5678 0000" in said.stdout and "012 345" in said.stdout
    assert "卡号" in said.stdout and "密码" in said.stdout and said.stderr == ""
