"""What a recording is, read from its container: WebM, Ogg and MP4, as browsers record them.

A recorder that streams says no duration, so it is counted from what is in the file: the last block of a WebM, the last
granule of an Ogg, the fragments of an MP4. Sizes are held to the file, elements are counted, and what does not parse to
its end is not media. Where somebody was and with which telephone (tags of WebM, user data of MP4) is blotted out in
place. Sources: RFC 9559 and RFC 8794 (Matroska, EBML), RFC 3533 and RFC 7845 (Ogg, Opus), ISO/IEC 14496-12.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

ELEMENTS_MAX = 200_000
DEPTH_MAX = 8


class NotMedia(Exception):
    """It is none of the containers, or broken."""


class Container(NamedTuple):
    """What is in a recording. ``format`` is the second half of its media type; ``body`` says nothing of its maker."""

    format: str
    has_audio: bool
    has_video: bool
    milliseconds: int
    body: bytes


def look_into(body: bytes) -> Container:
    """Raises NotMedia."""
    reader = next((reader for starts, reader in _READERS if starts(body)), None)
    if reader is None:
        raise NotMedia
    try:
        found = reader(body)
    except (struct.error, IndexError, ValueError, OverflowError, ZeroDivisionError) as broken:
        raise NotMedia from broken
    if not (found.has_audio or found.has_video):
        raise NotMedia
    return found


# WebM -----------------------------------------------------------------------------------------------------------------
_EBML, _DOC_TYPE, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x4282, 0x18538067, 0x1F43B675
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _TRACK_TYPE, _CODEC = 0x1654AE6B, 0xAE, 0x83, 0x86
_TIME, _SIMPLE_BLOCK, _GROUP, _BLOCK, _BLOCK_LASTS = 0xE7, 0xA3, 0xA0, 0xA1, 0x9B
_TAGS, _ATTACHMENTS, _VOID = 0x1254C367, 0x1941A469, 0xEC
_INSIDE = {_EBML, _SEGMENT, _CLUSTER, _INFO, _TRACKS, _TRACK, _GROUP}
_SEEN_IN, _HEARD_IN = 1, 2  # types of tracks
_CODECS = {b"A_OPUS", b"A_VORBIS", b"V_VP8", b"V_VP9", b"V_AV1"}


class _Element(NamedTuple):
    id: int
    at: int  # of its head
    start: int
    end: int


def _number(body: bytes, at: int, longest: int, *, marked: bool) -> tuple[int, int]:
    """A variable-length number and where it ends; its length mark stays in an id."""
    first = body[at]
    length = 9 - first.bit_length()
    if not 0 < length <= longest:
        raise NotMedia
    whole = body[at : at + length]
    if len(whole) < length:
        raise NotMedia
    value = int.from_bytes(whole, "big")
    return (value if marked else value & ((1 << 7 * length) - 1)), at + length


def _elements(body: bytes) -> Iterator[_Element]:
    """Every element in the order of the file; what holds others is walked into."""
    at = count = 0
    while at < len(body):
        name, after = _number(body, at, 4, marked=True)
        size, start = _number(body, after, 8, marked=False)
        endless = size == (1 << 7 * (start - after)) - 1 and name in (_SEGMENT, _CLUSTER)
        end = len(body) if endless else start + size
        count += 1
        if end > len(body) or count > ELEMENTS_MAX:
            raise NotMedia
        yield _Element(name, at, start, end)
        at = start if name in _INSIDE else end


class _Recorded:
    """What a WebM says, while it is read."""

    def __init__(self, body: bytes) -> None:
        self.clean = bytearray(body)
        self.scale, self.says, self.last, self.time, self.blocks = 1_000_000, 0.0, 0, 0, 0
        self.kinds: set[int] = set()

    def hear(self, one: _Element, inside: bytes) -> None:
        """One element of the file."""
        match one.id:
            case i if (i == _DOC_TYPE and _word(inside) != b"webm") or (i == _CODEC and _word(inside) not in _CODECS):
                raise NotMedia
            case i if i in (_SIMPLE_BLOCK, _BLOCK):
                _, after = _number(inside, 0, 8, marked=False)
                self.last = max(self.last, self.time + struct.unpack_from(">h", inside, after)[0])
                self.blocks += 1
            case i if i in (_TAGS, _ATTACHMENTS):
                _blot_webm(self.clean, one)
            case _:
                self._note(one.id, inside)

    def _note(self, name: int, inside: bytes) -> None:
        if name == _SCALE:
            self.scale = int.from_bytes(inside, "big")
        elif name == _DURATION:
            self.says = struct.unpack(">d" if len(inside) == 8 else ">f", inside)[0]
        elif name == _TRACK_TYPE:
            self.kinds.add(int.from_bytes(inside, "big"))
        elif name == _TIME:
            self.time = int.from_bytes(inside, "big")


def _word(inside: bytes) -> bytes:
    return inside.rstrip(b"\0")


def _webm(body: bytes) -> Container:
    heard = _Recorded(body)
    for one in _elements(body):
        heard.hear(one, body[one.start : one.end] if one.id not in _INSIDE else b"")
    milliseconds = int(max(heard.last, heard.says) * heard.scale / 1_000_000)
    if not heard.blocks or milliseconds < 0:
        raise NotMedia
    return Container(
        "webm", _HEARD_IN in heard.kinds, _SEEN_IN in heard.kinds, max(milliseconds, 1), bytes(heard.clean)
    )


def _blot_webm(clean: bytearray, one: _Element) -> None:
    """An element becomes a void one of the same length."""
    length = one.end - one.at
    clean[one.at : one.end] = bytes([_VOID, 0x01]) + (length - 9).to_bytes(7, "big") + bytes(length - 9)


# Ogg ------------------------------------------------------------------------------------------------------------------
_OPUS_RATE = 48_000


def _ogg(body: bytes) -> Container:
    at, serial, skipped, granule, pages = 0, None, 0, 0, 0
    while at < len(body):
        capture, version, _flags, where, stream, _page, _crc, parts = struct.unpack_from("<4sBBqIIIB", body, at)
        start = at + 27 + parts
        lengths = body[at + 27 : start]
        end = start + sum(lengths)
        if capture != b"OggS" or version or len(lengths) < parts or end > len(body) or pages > ELEMENTS_MAX:
            raise NotMedia
        if serial is None:
            serial = stream
            if not body[start:end].startswith(b"OpusHead"):
                raise NotMedia
            skipped = struct.unpack_from("<H", body, start + 10)[0]
        if stream != serial:
            raise NotMedia
        granule = max(granule, where)
        at, pages = end, pages + 1
    milliseconds = max(0, granule - skipped) * 1000 // _OPUS_RATE
    return Container("ogg", has_audio=True, has_video=False, milliseconds=milliseconds, body=body)


# MP4 ------------------------------------------------------------------------------------------------------------------
_BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"}
_BLOTTED = {b"udta", b"meta", b"uuid"}
_AUDIO, _VIDEO = {b"mp4a", b"Opus"}, {b"avc1", b"avc3", b"hvc1", b"hev1", b"vp09", b"av01"}


class _Track:
    """What an MP4 says of one track, while it is read."""

    def __init__(self) -> None:
        self.id, self.scale, self.lasts, self.each, self.codec = 0, 0, 0, 0, b""


class _Movie:
    """What an MP4 says, while it is read: tracks by id, and of a fragment the track and the time that it goes on at."""

    def __init__(self, body: bytes) -> None:
        self.body, self.clean = body, bytearray(body)
        self.tracks: list[_Track] = []
        self.each: dict[int, int] = {}
        self.part = _Track()
        self.part_each = self.part_at = 0
        self.boxes = 0

    def walk(self, at: int, end: int, depth: int = 0) -> None:
        """The boxes from ``at`` to ``end``, and those inside them."""
        if depth > DEPTH_MAX:
            raise NotMedia
        while at < end:
            size, name = struct.unpack_from(">I4s", self.body, at)
            start = at + 8
            if size == 1:
                size, start = struct.unpack_from(">Q", self.body, start)[0], at + 16
            stop = end if size == 0 else at + size
            self.boxes += 1
            if stop > end or stop < start or self.boxes > ELEMENTS_MAX:
                raise NotMedia
            if name == b"trak":
                self.tracks.append(_Track())
            if name in _BOXES:
                self.walk(start, stop, depth + 1)
            elif name in _BLOTTED:
                self.clean[at + 4 : at + 8] = b"free"
                self.clean[start:stop] = bytes(stop - start)
            elif name in _HEARD:
                _HEARD[name](self, start, stop)
            at = stop


def _mdhd(movie: _Movie, at: int, _end: int) -> None:
    wide = movie.body[at] == 1
    scale, lasts = struct.unpack_from(">IQ" if wide else ">II", movie.body, at + (20 if wide else 12))
    movie.tracks[-1].scale, movie.tracks[-1].lasts = scale, 0 if lasts in (2**32 - 1, 2**64 - 1) else lasts


def _tkhd(movie: _Movie, at: int, _end: int) -> None:
    movie.tracks[-1].id = struct.unpack_from(">I", movie.body, at + (20 if movie.body[at] == 1 else 12))[0]


def _stsd(movie: _Movie, at: int, end: int) -> None:
    movie.tracks[-1].codec = movie.body[at + 12 : min(at + 16, end)]


def _trex(movie: _Movie, at: int, _end: int) -> None:
    track, _, each = struct.unpack_from(">III", movie.body, at + 4)
    movie.each[track] = each


def _tfhd(movie: _Movie, at: int, _end: int) -> None:
    flags, track = struct.unpack_from(">II", movie.body, at)
    movie.part = next(one for one in movie.tracks if one.id == track)
    passed = 8 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
    movie.part_each = struct.unpack_from(">I", movie.body, at + passed)[0] if flags & 8 else movie.each.get(track, 0)
    movie.part_at = movie.part.lasts


def _tfdt(movie: _Movie, at: int, _end: int) -> None:
    movie.part_at = struct.unpack_from(">Q" if movie.body[at] == 1 else ">I", movie.body, at + 4)[0]


def _trun(movie: _Movie, at: int, end: int) -> None:
    flags, samples = struct.unpack_from(">II", movie.body, at)
    first = at + 8 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
    width = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    if samples > ELEMENTS_MAX or first + samples * width > end:
        raise NotMedia
    if flags & 0x100:
        lasts = sum(struct.unpack_from(">I", movie.body, first + n * width)[0] for n in range(samples))
    else:
        lasts = samples * movie.part_each
    movie.part_at += lasts
    movie.part.lasts = max(movie.part.lasts, movie.part_at)


_HEARD: dict[bytes, Callable[[_Movie, int, int], None]] = {
    b"mdhd": _mdhd,
    b"tkhd": _tkhd,
    b"stsd": _stsd,
    b"trex": _trex,
    b"tfhd": _tfhd,
    b"tfdt": _tfdt,
    b"trun": _trun,
}


def _mp4(body: bytes) -> Container:
    movie = _Movie(body)
    try:
        movie.walk(0, len(body))
    except StopIteration as strange:
        raise NotMedia from strange
    codecs = {track.codec for track in movie.tracks}
    if not movie.tracks or codecs - _AUDIO - _VIDEO:
        raise NotMedia
    milliseconds = max(track.lasts * 1000 // track.scale for track in movie.tracks)
    return Container("mp4", bool(codecs & _AUDIO), bool(codecs & _VIDEO), milliseconds, bytes(movie.clean))


_READERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Container]], ...] = (
    (lambda body: body.startswith(_EBML.to_bytes(4, "big")), _webm),
    (lambda body: body.startswith(b"OggS"), _ogg),
    (lambda body: body[4:8] == b"ftyp", _mp4),
)
