"""What is taken for a picture, a voice or a video, what is kept of it, and how many one person keeps."""

from __future__ import annotations

import base64
import io
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import TEST_KEYS
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from recordings import bomb, box, element, film, fragmented, mp4, ogg, picture, track, webm
from town import Town, build_town

from renqing.foundation.ground import Ground
from renqing.social import media
from renqing.social.media import BYTES_MAX, MediaFull, MediaNotTaken, MediaUnknown, Prepared, containers, pictures
from renqing.social.media.model import BYTES_A_PERSON_MAX, FILES_A_DAY_MAX, PIXELS_MAX, SIDE_MAX

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)


# what is taken --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "body", "type_", "milliseconds"),
    [
        ("voice", webm(2_300), "audio/webm", 2_300),
        ("voice", webm(60_000), "audio/webm", 60_000),
        ("voice", webm(60_900), "audio/webm", 60_900),
        ("voice", webm(500, duration=struct.pack(">d", 3_000.0)), "audio/webm", 3_000),
        ("voice", webm(500, duration=struct.pack(">f", 1_000.0)), "audio/webm", 1_000),
        ("voice", webm(2_000, scale=2_000_000), "audio/webm", 4_000),
        ("voice", ogg(1_500), "audio/ogg", 1_500),
        ("voice", mp4(), "audio/mp4", 2_000),
        ("voice", mp4(track(1, b"mp4a", lasts=90_000, scale=48_000, wide=True)), "audio/mp4", 1_875),
        ("voice", fragmented(3_000), "audio/mp4", 3_000),
        ("voice", fragmented(3_000, each=True), "audio/mp4", 3_000),
        ("voice", fragmented(3_000, times=False), "audio/mp4", 3_000),
        ("video", webm(3_000, codecs=((1, b"V_VP9"), (2, b"A_OPUS"))), "video/webm", 3_000),
        ("video", webm(3_000, codecs=((1, b"V_VP8\0\0"),)), "video/webm", 3_000),
        ("video", film(29_000), "video/mp4", 29_000),
        ("video", film(30_900), "video/mp4", 30_900),
    ],
    ids=lambda one: str(one)[:20],
)
def test_a_recording_is_what_its_container_says(kind: Any, body: bytes, type_: str, milliseconds: int):
    prepared = media.prepare(kind, body)
    assert (prepared.kind, prepared.type, prepared.milliseconds) == (kind, type_, milliseconds)


def part(head: bytes, more: bytes = b"") -> bytes:
    return box(b"moof", box(b"traf", box(b"tfhd", head) + more))


def endless_part() -> bytes:
    return part(struct.pack(">II", 0, 1), box(b"trun", struct.pack(">II", 0x100, 2**31)))


def nested(depth: int) -> bytes:
    inside = b""
    for _ in range(depth):
        inside = box(b"moov", inside)
    return box(b"ftyp", b"isom") + inside


def _broken() -> list[tuple[str, bytes]]:
    whole = mp4()
    return [
        ("words", b"hello, I am a voice"),
        ("a picture", picture()),
        ("a page", b"<html><script>alert(1)</script></html>"),
        ("a video", webm(codecs=((1, b"V_VP9"), (2, b"A_OPUS")))),
        ("a film", film()),
        ("another codec", webm(codecs=((2, b"A_PCM"),))),
        ("matroska", webm(doc_type=b"matroska")),
        ("no track", webm(codecs=())),
        ("no block", webm().replace(b"\xa3\x08", b"\xec\x08")),
        ("cut off", webm()[:-3]),
        ("cut off in a length", webm()[:41]),
        ("cut off in a number", webm()[: webm().index(b"\x18\x53\x80\x67") + 7]),
        ("no block at all", webm()[: webm().index(b"\x1f\x43\xb6\x75")]),
        ("endless time", webm(500, duration=struct.pack(">d", float("inf")))),
        ("no time", webm(500, duration=struct.pack(">d", float("nan"))).replace(b"\xa3", b"\xec")),
        ("no id", b"\x1a\x45\xdf\xa3\x81\x00\x00\x00"),
        ("another stream", ogg(serials=(7, 7, 8))),
        ("vorbis", ogg(head=b"\x01vorbis")),
        ("ogg cut off", ogg()[:-1]),
        ("ogg without sound", ogg(-10)),
        ("mp4 cut off", whole[:-1]),
        ("mp4 without a film", box(b"ftyp", b"isom\0\0\0\0")),
        ("subtitles", mp4(track(1, b"tx3g", lasts=10))),
        ("no scale", mp4(track(1, b"mp4a", lasts=10, scale=0))),
        ("a box within itself", nested(9)),
        ("a box far within itself", nested(40)),
        ("a part of no track", box(b"ftyp", b"isom") + part(struct.pack(">II", 0, 9))),
        ("a box smaller than its head", box(b"ftyp", b"isom") + struct.pack(">I4s", 4, b"moov")),
        ("a long box that is longer than all of it", box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"moov", 99)),
        ("more samples than there are", box(b"ftyp", b"isom") + box(b"moov", track(1, b"mp4a")) + endless_part()),
    ]  # fmt: skip


@pytest.mark.parametrize(("what", "body"), _broken(), ids=[what for what, _ in _broken()])
def test_what_is_no_recording_is_said_to_be_none(what: str, body: bytes):
    with pytest.raises(MediaNotTaken) as refused:
        media.prepare("voice", body)
    assert refused.value.facts["reason"] == "not_audio", what


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("voice", b"", "empty"),
        ("voice", bytes(BYTES_MAX["voice"]), "not_audio"),
        ("voice", film(), "not_audio"),
        ("voice", webm(62_000), "too_long"),
        ("voice", ogg(61_900), "too_long"),
        ("voice", bytes(BYTES_MAX["voice"] + 1), "too_large"),
        ("video", film(30_901), "too_long"),
        ("video", film(31_000), "too_long"),
        ("video", webm(), "not_video"),
        ("video", mp4(), "not_video"),
        ("video", bytes(BYTES_MAX["video"] + 1), "too_large"),
        ("picture", bytes(BYTES_MAX["picture"] + 1), "too_large"),
        ("picture", webm(), "not_a_picture"),
    ],
    ids=lambda one: str(one)[:20],
)
def test_what_is_not_taken_says_why(kind: Any, body: bytes, reason: str):
    with pytest.raises(MediaNotTaken) as refused:
        media.prepare(kind, body)
    megabytes, seconds = {"picture": (8, 0), "voice": (2, 60), "video": (10, 30)}[kind]
    most = {"empty": megabytes, "too_large": megabytes, "not_a_picture": 40}.get(reason, seconds)
    facts = repr({"kind": kind, "reason": reason, "max": most})
    assert repr(refused.value.facts) == facts, "a person reads 10 MB, and not 10.0"


@given(st.sampled_from([webm(300), ogg(300), mp4(), fragmented(1_000), film(300)]), st.data())
def test_a_file_that_was_tampered_with_is_read_or_refused_and_breaks_no_reader(whole: bytes, data: st.DataObject):
    body = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    for kind in media.KINDS:
        try:
            prepared = media.prepare(kind, bytes(body[:cut]))
        except MediaNotTaken:
            continue
        assert prepared.body


def test_where_and_by_whom_a_recording_was_made_is_blotted_out():
    assert b"+30.2741" in film() and b"+30.2741" not in media.prepare("video", film()).body
    tags = element(0x1254C367, element(0x7373, b"canary of a telephone"))
    tagged = webm(500, more=tags)
    kept = media.prepare("voice", tagged)
    assert b"canary" in tagged and b"canary" not in kept.body
    assert len(kept.body) == len(tagged) and containers.look_into(kept.body).milliseconds == 500


# pictures -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        picture(),
        picture(kind="PNG"),
        picture(kind="WEBP"),
        picture(mode="RGBA", kind="PNG"),
        picture(mode="L", kind="PNG"),
        picture(mode="P", kind="PNG", transparency=0),
        picture(mode="CMYK"),
    ],
    ids=["jpeg", "png", "webp", "see-through", "grey", "palette", "cmyk"],
)
def test_a_picture_is_made_anew_whatever_it_was(body: bytes):
    prepared = media.prepare("picture", body)
    with Image.open(io.BytesIO(prepared.body)) as kept:
        assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (60, 40))
        assert (prepared.kind, prepared.type) == ("picture", "image/jpeg")
        assert (prepared.width, prepared.height) == (60, 40)


def test_a_large_picture_is_made_smaller_and_keeps_its_shape():
    prepared = media.prepare("picture", picture((4_000, 2_000)))
    assert (prepared.width, prepared.height) == (SIDE_MAX, SIDE_MAX // 2)


def test_a_picture_that_claims_to_be_larger_than_any_is_refused_by_its_head_alone():
    with pytest.raises(MediaNotTaken) as refused:
        media.prepare("picture", bomb(60_000, 60_000))
    assert refused.value.facts["reason"] == "too_many_pixels"


def test_a_picture_stands_as_the_camera_was_held_and_says_no_place():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "canary of a camera"
    exif.get_ifd(0x8825)[2] = (30.0, 16.0, 27.0)
    body = picture(exif=exif)
    prepared = media.prepare("picture", body)
    assert b"canary" in body and b"canary" not in prepared.body and b"Exif" not in prepared.body
    assert (prepared.width, prepared.height) == (40, 60)


def test_a_picture_that_unfolds_to_too_much_is_refused_before_it_does(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "PIXELS_MAX", 60 * 40 - 1)
    with pytest.raises(MediaNotTaken) as refused:
        media.prepare("picture", picture())
    assert refused.value.facts["reason"] == "too_many_pixels"
    assert PIXELS_MAX < Image.MAX_IMAGE_PIXELS * 2  # type: ignore[operator] # the library's own fuse is behind ours


# keeping --------------------------------------------------------------------------------------------------------------
@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def kept(town: Town, owner_id: int, body: bytes = b"x", kind: Any = "picture") -> int:
    prepared = Prepared(kind, "image/jpeg", body, milliseconds=0 if kind == "picture" else 900)
    media_id = town.ground.ids.new()
    await town.ground.db.run(lambda tx: media.keep(tx, media_id, owner_id, prepared))
    return media_id


async def test_one_person_keeps_so_many_files_a_day_and_so_many_bytes(town: Town):
    for _ in range(FILES_A_DAY_MAX):
        await kept(town, town.an)
    with pytest.raises(MediaFull) as refused:
        await kept(town, town.an)
    assert refused.value.facts["reason"] == "day"
    await kept(town, town.bo)
    town.ground.clock.move(timedelta(days=1, seconds=1))  # type: ignore[attr-defined]
    await kept(town, town.an)
    full = "UPDATE media_file SET bytes = $1 WHERE owner_id = $2"
    await town.ground.db.run(lambda tx: tx.execute(full, BYTES_A_PERSON_MAX, town.bo))
    with pytest.raises(MediaFull) as refused:
        await kept(town, town.bo)
    assert refused.value.facts["reason"] == "bytes"


async def test_a_file_is_used_once_by_who_made_it_for_what_it_is(town: Town):
    media_id, db = await kept(town, town.an), town.ground.db
    for owner_id, kind in ((town.bo, "picture"), (town.an, "voice")):
        with pytest.raises(MediaUnknown):
            await db.run(lambda tx, who=owner_id, what=kind: media.use(tx, who, {media_id: what}))
    await db.run(lambda tx: media.use(tx, town.an, {}))
    await db.run(lambda tx: media.use(tx, town.an, {media_id: "picture"}))
    with pytest.raises(MediaUnknown):
        await db.run(lambda tx: media.use(tx, town.an, {media_id: "picture"}))
    await db.run(lambda tx: media.drop_unused(tx, [media_id]))  # its day is over, and it is in use
    assert (await media.by_id(db, media_id)) is not None


# links ----------------------------------------------------------------------------------------------------------------
def test_a_link_opens_one_file_for_a_day_or_two():
    path = media.link(TEST_KEYS, 7, NOW)
    _, _, media_id, until, signature = path.split("/")
    assert path == media.link(TEST_KEYS, 7, NOW + timedelta(hours=1)), "the same all day, so that it may be kept"
    assert media.is_open(TEST_KEYS, int(media_id), int(until), signature, NOW + timedelta(days=1))
    assert not media.is_open(TEST_KEYS, int(media_id), int(until), signature, NOW + timedelta(days=2))
    last = datetime.fromtimestamp(int(until), UTC)
    assert media.is_open(TEST_KEYS, 7, int(until), signature, last - timedelta(microseconds=1))
    assert not media.is_open(TEST_KEYS, 7, int(until), signature, last)
    assert not media.is_open(TEST_KEYS, 8, int(until), signature, NOW)
    assert not media.is_open(TEST_KEYS, 7, int(until) + 86_400, signature, NOW)
    assert not media.is_open(TEST_KEYS, 7, int(until), "", NOW)


def test_a_link_is_signed_for_nothing_but_a_kept_file_and_stays_good_with_the_next_release():
    path = media.link(TEST_KEYS, 7, NOW)
    _, _, media_id, until, signature = path.split("/")
    whole = TEST_KEYS.keyed_hash("link of a kept file", f"{media_id}:{until}")
    assert base64.urlsafe_b64decode(signature) == whole[:18]
    other = base64.urlsafe_b64encode(TEST_KEYS.keyed_hash("session", f"{media_id}:{until}")[:18]).decode()
    assert not media.is_open(TEST_KEYS, 7, int(until), other, NOW)
