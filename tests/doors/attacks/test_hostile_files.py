"""Files that are not what they say: what is kept is never what was sent, and what is no picture is refused."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import pytest
from moved import everything, moved
from PIL import Image
from recordings import bomb, chunk, picture, webm

SCRIPT = b"<script>alert('canary')</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


HOSTILE = [
    ("svg", SVG, "not_a_picture"),
    ("svg behind a prolog", b'<?xml version="1.0"?>' + SVG, "not_a_picture"),
    ("a page", b"<!doctype html>" + SCRIPT, "not_a_picture"),
    ("a page behind a picture's mark", b"GIF89a/*" + SCRIPT + b"*/=1;", "not_a_picture"),
    ("gif", picture(kind="GIF", mode="P"), "not_a_picture"),
    ("tiff", picture(kind="TIFF"), "not_a_picture"),
    ("postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not_a_picture"),
    ("an archive", b"PK\x03\x04" + bytes(60), "not_a_picture"),
    ("a pixel bomb", bomb(60_000, 60_000), "too_many_pixels"),
    ("a bomb of one line", bomb(2_000_000_000, 1), "too_many_pixels"),
    ("a head without a picture", picture(kind="PNG")[:40], "not_a_picture"),
    ("a picture cut off", picture((400, 400))[:300], "not_a_picture"),
    ("nothing", b"", "empty"),
    ("a voice", webm(), "not_a_picture"),
]


@pytest.mark.parametrize(("what", "body", "reason"), HOSTILE, ids=[what for what, _, _ in HOSTILE])
async def test_what_is_no_picture_is_refused_and_leaves_nothing(doors, what: str, body: bytes, reason: str):
    an = await doors.caller(doors.town.an)
    before = await everything(doors.house.ground)
    answer = await an.call(
        "POST", "/v1/media", raw=body, params={"kind": "picture"}, headers={"content-type": "image/jpeg"}
    )
    assert (answer.status, answer.code, answer.body["facts"]["reason"]) == (422, "media_not_taken", reason), what
    assert not moved(before, await everything(doors.house.ground))
    assert files_below(doors.house.settings.home_path / "media") == []


def files_below(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


async def shown(doors: Any, body: bytes) -> Any:
    an = await doors.caller(doors.town.an)
    kept = await an.ok("POST", "/v1/media", raw=body, params={"kind": "picture"})
    return await doors.client.get(kept["path"])


@pytest.mark.parametrize("where", ["behind it", "in a comment", "in its text"])
async def test_a_picture_that_is_a_page_too_is_a_picture_alone(doors, where: str):
    body = {
        "behind it": picture() + SCRIPT + b"PK\x03\x04",
        "in a comment": picture()[:2] + b"\xff\xfe" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT + picture()[2:],
        "in its text": picture(kind="PNG")[:33] + chunk(b"tEXt", b"Comment\0" + SCRIPT) + picture(kind="PNG")[33:],
    }[where]
    answer = await shown(doors, body)
    assert answer.status_code == 200 and b"canary" not in answer.content and b"PK" not in answer.content
    with Image.open(io.BytesIO(answer.content)) as kept:
        assert kept.format == "JPEG" and not kept.info.get("comment") and not kept.getexif()


async def test_a_file_of_somebodys_runs_nothing_and_is_taken_for_nothing_else(doors):
    answer = await shown(doors, picture())
    assert answer.headers["content-type"] == "image/jpeg" and answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"].startswith("private")


async def test_a_link_that_we_did_not_make_opens_nothing(doors):
    an = await doors.caller(doors.town.an)
    one, other = [await an.ok("POST", "/v1/media", raw=picture((n, n)), params={"kind": "picture"}) for n in (8, 9)]
    _, _, media_id, until, signature = one["path"].split("/")
    forged = [
        f"/kept/{other['id']}/{until}/{signature}",
        f"/kept/{media_id}/{int(until) + 86_400}/{signature}",
        f"/kept/{media_id}/{until}/{signature[:-1]}",
        f"/kept/{media_id}/{until}/%C3%A9",
        f"/kept/../{media_id}/{until}/{signature}",
        f"/kept/{media_id}/x/{signature}",
    ]
    for path in forged:
        assert (await doors.client.get(path)).status_code == 404, path
    await doors.pass_time(days=2)
    assert (await doors.client.get(one["path"])).status_code == 404


async def test_more_bytes_than_any_file_may_have_are_not_read_to_their_end(doors):
    an = await doors.caller(doors.town.an)
    answer = await an.call("POST", "/v1/media", raw=bytes(10_500_000), params={"kind": "video"})
    assert answer.status == 413
    answer = await an.call("POST", "/v1/media", raw=bytes(8_000_001), params={"kind": "picture"})
    assert (answer.status, answer.body["facts"]["reason"]) == (422, "too_large")
