"""A picture, a voice, a video and a note go with a gift, and are seen and heard by those who may."""

from __future__ import annotations

from typing import Any

from callers import give
from recordings import film, picture, webm

from renqing.doors.web.kept import part_of
from renqing.social.media import DROP_MEDIA


async def put(caller: Any, kind: str, body: bytes, **more: Any) -> Any:
    return await caller.ok("POST", "/v1/media", raw=body, params={"kind": kind}, **more)


async def fetched(doors: Any, path: str, **headers: str) -> Any:
    return await doors.client.get(path, headers=headers)


async def test_what_is_put_with_a_gift_is_there_for_who_opened_it_and_for_nobody_before(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    files = {
        kind: await put(an, kind, body) for kind, body in (("voice", webm()), ("video", film()), ("picture", picture()))
    }
    wrapped = {
        "voice_id": files["voice"]["id"],
        "video_id": files["video"]["id"],
        "cover_picture_id": files["picture"]["id"],
        "inside_note": "  想你了\n保重  ",
    }
    gift = await give(doors, an, doors.town.bo, doors.town.red, **wrapped)
    closed = await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert closed["kind"] == "envelope" and "inside" not in closed and "想你了" not in str(closed)
    assert (await fetched(doors, closed["cover_picture"])).headers["content-type"] == "image/jpeg"
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    opened = await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert opened["inside"]["note"] == "想你了\n保重" and opened["inside"]["voice"]["milliseconds"] == 2_000
    heard = await fetched(doors, opened["inside"]["voice"]["path"])
    assert (heard.status_code, heard.headers["content-type"], heard.content) == (200, "audio/webm", webm())
    asked = {"gift_id": gift["gift_id"], "address_id": str(doors.town.addresses[doors.town.bo])}
    await bo.ok("POST", "/v1/gifts/claims", asked)
    for reader in (an, bo):
        seen = await reader.ok("GET", f"/v1/gifts/{gift['gift_id']}")
        assert (
            seen["inside"]["video"]["type"] == "video/mp4"
            and seen["inside"]["note"]
            and seen["inside"]["cover_picture"]
        )


async def test_a_page_plays_the_voice_and_shows_the_note_once_it_is_open(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    wrapped = {"voice_id": (await put(an, "voice", webm()))["id"], "inside_note": "<b>纸条</b>"}
    gift = await give(doors, an, doors.town.bo, doors.town.red, **wrapped)
    cookie = {"cookie": f"renqing={bo.token}"}
    page = (await doors.client.get(f"/gifts/{gift['gift_id']}", headers=cookie)).text
    assert "data-voice" not in page and "纸条" not in page
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    page = (await doors.client.get(f"/gifts/{gift['gift_id']}", headers=cookie)).text
    assert "data-voice" in page and "&lt;b&gt;纸条&lt;/b&gt;" in page


async def test_a_desk_that_refuses_shows_again_what_was_put_in_and_nothing_of_others(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    mine, theirs = await put(an, "voice", webm()), await put(bo, "voice", webm())
    form = {"sku": str(doors.town.red), "to": "link", "cover": "thanks", "greeting": "长" * 101, "hours": "24"}
    form |= {"expected_total": "12900", "shares": "1", "once": "a-key", "inside_note": "还在"}
    for voice, is_there in ((mine, True), (theirs, False)):
        answer = await doors.client.post(
            "/wrap", data={**form, "voice": voice["id"]}, headers={"cookie": f"renqing={an.token}"}
        )
        assert answer.status_code == 409 and "还在" in answer.text
        assert (f"/kept/{voice['id']}/" in answer.text) is is_there


async def test_the_same_key_is_answered_with_the_same_file_and_keeps_one(doors):
    an = await doors.caller(doors.town.an)
    one, other = [await put(an, "voice", webm(), key="once") for _ in range(2)]
    assert one["id"] == other["id"]
    assert (await an.refused("POST", "/v1/media", raw=webm(500), params={"kind": "voice"}, key="once"))[
        1
    ] == "key_reused"
    assert len(files_of(doors)) == 1


def files_of(doors: Any) -> list[Any]:
    folder = doors.house.settings.home_path / "media"
    return [file for file in folder.rglob("*") if file.is_file()]


async def test_what_nothing_used_in_a_day_is_dropped_with_its_bytes(doors):
    an = await doors.caller(doors.town.an)
    unused, used = [await put(an, "picture", picture((n, n))) for n in (10, 20)]
    await give(doors, an, doors.town.bo, doors.town.red, cover_picture_id=used["id"])
    assert len(files_of(doors)) == 2
    await doors.pass_time(days=1, seconds=1)
    assert [file.name.rpartition("-")[2] for file in files_of(doors)] == [used["id"]]
    assert (await fetched(doors, unused["path"])).status_code == 404
    kinds = await doors.house.ground.db.fetch("SELECT 1 FROM timer WHERE kind = $1", DROP_MEDIA)
    assert not kinds


async def test_who_is_erased_takes_their_files_along(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red, cover_picture_id=(await put(an, "picture", picture()))["id"])
    await put(an, "voice", webm())
    await bo.ok("POST", "/v1/gifts/refusals", {"gift_id": gift["gift_id"], "sentence": "have_one"})
    await doors.settle()
    name = (await an.ok("GET", "/v1/me"))["name"]
    await an.ok("POST", "/v1/me/erasure", {"name": name})
    await doors.settle()
    assert files_of(doors) == []
    assert await doors.house.ground.db.fetchval("SELECT count(*) FROM media_file") == 0
    cover = await doors.house.ground.db.fetchval("SELECT cover FROM gift_gift WHERE id = $1", int(gift["gift_id"]))
    assert cover == "just-because"


async def test_a_player_is_given_the_part_it_asks_for(doors):
    an = await doors.caller(doors.town.an)
    path, whole = (await put(an, "voice", webm()))["path"], webm()
    part = await fetched(doors, path, range="bytes=10-19")
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    beyond = await fetched(doors, path, range=f"bytes={len(whole)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")


def test_parts_are_read_as_the_standard_says():
    assert part_of("", 10) is None and part_of("bytes=-", 10) is None and part_of("items=0-1", 10) is None
    assert part_of("bytes=0-", 10) == range(10)
    assert part_of("bytes=2-99", 10) == range(2, 10)
    assert part_of("bytes=-3", 10) == range(7, 10)
    assert part_of("bytes=-30", 10) == range(10)
    assert not part_of("bytes=9-3", 10)
