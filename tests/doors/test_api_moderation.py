"""What is held of a gift is withheld from everybody but its giver until an operator decides; nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from callers import give, make_operator
from open_house import open_house
from recordings import picture, webm

WORD = "代开发票"
LINE = f"生日快乐，需要{WORD}找我"


@pytest_asyncio.fixture
async def desk(doors) -> Any:
    operator = await make_operator(doors)
    await operator.ok("POST", "/v1/operator/moderation-words", {"word": f" {WORD} "})
    return operator


async def waiting(desk: Any) -> list[Any]:
    return list((await desk.ok("GET", "/v1/operator/moderation"))["waiting"])


async def decide(desk: Any, piece_id: str, decision: str, reason: str = "") -> Any:
    asked = {"decision": decision, "reason": reason}
    return await desk.post(f"/v1/operator/moderation/{piece_id}/decision", asked)


async def test_a_gift_is_sent_with_its_line_withheld_until_it_is_approved(doors, desk):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift = await give(doors, an, doors.town.bo, doors.town.red, greeting=LINE, inside_note=f"也{WORD}")
    path = f"/v1/gifts/{gift['gift_id']}"
    sent = await an.ok("GET", path)
    assert sent["state"] == 10 and sent["greeting"] == ""
    assert [(one["piece"], one["state"]) for one in sent["held"]] == [("greeting", "held"), ("note", "held")]
    page = (await doors.client.get(f"/gifts/{gift['gift_id']}", headers={"cookie": f"renqing={an.token}"})).text
    assert LINE in page.replace("\u2009", "")
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    asked = {"gift_id": gift["gift_id"], "address_id": str(doors.town.addresses[doors.town.bo])}
    order_id = (await bo.ok("POST", "/v1/gifts/claims", asked))["order_id"]
    for there in (path, "/v1/gifts/received", f"/v1/orders/{order_id}", "/v1/threads", "/v1/notices"):
        assert WORD not in str(await bo.ok("GET", there)), there
    line, note = await waiting(desk)
    assert (line["piece"], line["body"], line["why"]) == ("greeting", LINE, WORD)
    for piece in (line, note):
        assert (await decide(desk, piece["id"], "approved")).status == 200
    await doors.settle()
    got = await bo.ok("GET", path)
    assert got["greeting"] == LINE and got["inside"]["note"] == f"也{WORD}"
    assert (await an.ok("GET", path))["held"] == []
    kinds = [one["kind"] for one in (await an.ok("GET", "/v1/notices"))["notices"]]
    assert kinds.count("gift_piece_approved") == 2
    again = await decide(desk, line["id"], "refused", "晚了")
    assert (again.status, again.code) == (409, "piece_decided_already")


async def test_what_is_refused_stays_out_and_its_giver_reads_why(doors, desk):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift = await give(doors, an, doors.town.bo, doors.town.red, greeting=LINE)
    (piece,) = await waiting(desk)
    nameless = await decide(desk, piece["id"], "refused")
    assert (nameless.status, nameless.code) == (422, "field_not_valid")
    assert (await decide(desk, piece["id"], "refused", "像是广告")).status == 200
    await doors.settle()
    sent = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert sent["held"] == [{"piece": "greeting", "state": "refused", "reason": "像是广告"}]
    told = (await an.ok("GET", "/v1/notices"))["notices"][0]
    assert told["kind"] == "gift_piece_refused" and "像是广告" in str(told)
    assert "像是广告" not in str(await bo.ok("GET", "/v1/notices"))
    assert await waiting(desk) == []
    assert (await desk.ok("GET", "/v1/operator/moderation"))["decided"][0]["reason"] == "像是广告"


async def test_a_word_that_is_taken_off_the_list_holds_nothing_more(doors, desk):
    an = await doors.caller(doors.town.an)
    await desk.ok("DELETE", f"/v1/operator/moderation-words/{WORD}")
    gift = await give(doors, an, doors.town.bo, doors.town.red, greeting=LINE)
    assert (await an.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["greeting"] == LINE
    assert (await desk.ok("GET", "/v1/operator/moderation"))["words"] == []


async def test_where_files_wait_for_a_look_they_are_shown_once_somebody_has(database_url, tmp_path):
    async with open_house(database_url, tmp_path) as doors:
        object.__setattr__(doors.house.moderator, "files_wait", True)
        desk, (an, bo) = await make_operator(doors), await doors.callers(doors.town.an, doors.town.bo)
        files = {
            kind: (await an.ok("POST", "/v1/media", raw=body, params={"kind": kind}))["id"]
            for kind, body in (("voice", webm()), ("picture", picture()))
        }
        wrapped = {"voice_id": files["voice"], "cover_picture_id": files["picture"]}
        gift = await give(doors, an, doors.town.bo, doors.town.red, **wrapped)
        await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
        got = await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}")
        assert got["cover"] == "thanks" and got["inside"]["voice"] is None
        for piece in await waiting(desk):
            assert (await doors.client.get(piece["path"])).status_code == 200
            await decide(desk, piece["id"], "approved")
        got = await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}")
        assert got["cover"] == f"own-{files['picture']}" and got["inside"]["voice"]["milliseconds"] == 2_000


async def test_an_operator_decides_and_keeps_the_words_on_the_desk(doors, desk):
    an = await doors.caller(doors.town.an)
    await give(doors, an, doors.town.bo, doors.town.red, greeting=LINE)
    (piece,) = await waiting(desk)
    cookie, place = {"cookie": f"renqing={desk.token}"}, "/desk/operator/moderation"
    page = (await doors.client.get(place, headers=cookie)).text
    assert LINE in page and WORD in page
    said = {"once": "a", "verdict": "refused", "reason": ""}
    assert (await doors.client.post(f"{place}/{piece['id']}", data=said, headers=cookie)).status_code == 422
    said = {"once": "b", "verdict": "approved"}
    assert (await doors.client.post(f"{place}/{piece['id']}", data=said, headers=cookie)).status_code == 303
    for n, (on, word, status) in enumerate((("1", "…", 422), ("1", "新词", 303), ("0", "新词", 303))):
        said = {"once": f"words-{n}", "on": on, "word": word}
        assert (await doors.client.post(f"{place}/words", data=said, headers=cookie)).status_code == status
    assert await waiting(desk) == []


@pytest.mark.parametrize("held", [True, False])
async def test_who_is_erased_takes_what_waits_along(doors, desk, held):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red, greeting=LINE)
    if not held:
        await decide(desk, (await waiting(desk))[0]["id"], "refused", "广告")
    await bo.ok("POST", "/v1/gifts/refusals", {"gift_id": gift["gift_id"], "sentence": "have_one"})
    await doors.settle()
    await an.ok("POST", "/v1/me/erasure", {"name": (await an.ok("GET", "/v1/me"))["name"]})
    await doors.settle()
    bodies = await doors.house.ground.db.fetch("SELECT body FROM moderation_piece")
    assert [row["body"] for row in bodies] == ([] if held else [""])
