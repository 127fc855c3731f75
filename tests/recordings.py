"""Recordings and pictures made byte by byte: small, true to their formats, and as wrong as a test asks for."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image


# WebM -----------------------------------------------------------------------------------------------------------------
def element(name: int, inside: bytes, *, endless: bool = False) -> bytes:
    """An EBML element; ``endless``: of a size that nobody knew when it began."""
    head = name.to_bytes((name.bit_length() + 7) // 8, "big")
    return head + (b"\x01" + b"\xff" * 7 if endless else b"\x08" + len(inside).to_bytes(4, "big")) + inside


def number(name: int, value: int) -> bytes:
    return element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def webm(
    milliseconds: int = 2_000,
    *,
    codecs: tuple[tuple[int, bytes], ...] = ((2, b"A_OPUS"),),
    doc_type: bytes = b"webm",
    more: bytes = b"",
    scale: int = 1_000_000,
    duration: bytes = b"",
) -> bytes:
    """As a browser records: no duration, clusters of a second, a block every 100 ms."""
    tracks = [
        element(0xAE, number(0xD7, n) + number(0x83, kind) + element(0x86, codec))
        for n, (kind, codec) in enumerate(codecs, 1)
    ]
    clusters = b""
    for start in range(0, milliseconds + 1, 1_000):
        blocks = [
            element(0xA3, b"\x81" + struct.pack(">h", at - start) + b"\x80" + b"opus")
            for at in range(start, min(start + 1_000, milliseconds + 1), 100)
        ]
        clusters += element(0x1F43B675, number(0xE7, start) + b"".join(blocks))
    info = element(0x1549A966, number(0x2AD7B1, scale) + (element(0x4489, duration) if duration else b""))
    return element(0x1A45DFA3, element(0x4282, doc_type)) + element(
        0x18538067, info + element(0x1654AE6B, b"".join(tracks)) + more + clusters, endless=True
    )


# Ogg ------------------------------------------------------------------------------------------------------------------
def ogg(milliseconds: int = 2_000, *, head: bytes = b"OpusHead", serials: tuple[int, ...] = (7, 7, 7)) -> bytes:
    """Three pages: head, tags, sound."""
    skipped = 312
    opus = head + b"\x01\x01" + struct.pack("<HIhB", skipped, 48_000, 0, 0)
    pages = ((2, 0, opus), (0, 0, b"OpusTags" + b"\0" * 8), (4, skipped + milliseconds * 48, b"sound" * 20))
    return b"".join(
        struct.pack("<4sBBqIIIB", b"OggS", 0, flags, where, serial, n, 0, 1) + bytes([len(inside)]) + inside
        for n, ((flags, where, inside), serial) in enumerate(zip(pages, serials, strict=True))
    )


# MP4 ------------------------------------------------------------------------------------------------------------------
def box(name: bytes, inside: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(inside), name) + inside


def track(number_: int, codec: bytes, *, scale: int = 1_000, lasts: int = 0, wide: bool = False) -> bytes:
    """One track. ``wide``: with 64-bit times."""
    if wide:
        media = struct.pack(">IQQIQ", 1 << 24, 0, 0, scale, lasts)
        head = struct.pack(">IQQI", 1 << 24, 0, 0, number_)
    else:
        media, head = struct.pack(">IIIII", 0, 0, 0, scale, lasts), struct.pack(">IIII", 0, 0, 0, number_)
    described = box(b"stsd", struct.pack(">II", 0, 1) + box(codec, b"\0" * 8))
    return box(b"trak", box(b"tkhd", head) + box(b"mdia", box(b"mdhd", media) + box(b"minf", box(b"stbl", described))))


def mp4(*tracks: bytes, more: bytes = b"") -> bytes:
    """A film whose tracks say how long they last."""
    made = tracks or (track(1, b"mp4a", lasts=2_000),)
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", b"".join(made) + more) + box(b"mdat", b"sound")


def fragmented(milliseconds: int = 2_000, *, codec: bytes = b"mp4a", each: bool = False, times: bool = True) -> bytes:
    """As Safari records: an empty film, then its parts. ``each``: every sample says how long it lasts."""
    moov = box(b"moov", track(1, codec) + box(b"mvex", box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 100, 0, 0))))
    parts = b""
    for start in range(0, milliseconds, 1_000):
        samples = 10
        run = struct.pack(">II", 0x101 if each else 0x1, samples) + struct.pack(">I", 0)
        run += struct.pack(">I", 100) * samples if each else b""
        head = struct.pack(">II", 0, 1) if start else struct.pack(">III", 8, 1, 100)
        time = box(b"tfdt", struct.pack(">II", 0, start)) if times else b""
        parts += box(b"moof", box(b"traf", box(b"tfhd", head) + time + box(b"trun", run))) + box(b"mdat", b"sound")
    return box(b"ftyp", b"iso5\0\0\0\0") + moov + parts


def film(milliseconds: int = 2_000) -> bytes:
    """A video with sound, as telephones make them, with the place where it was made."""
    place = box(b"udta", box(b"\xa9xyz", b"+30.2741+120.1551/"))
    return mp4(track(1, b"avc1", lasts=milliseconds), track(2, b"mp4a", lasts=milliseconds), more=place)


# pictures -------------------------------------------------------------------------------------------------------------
def picture(size: tuple[int, int] = (60, 40), mode: str = "RGB", kind: str = "JPEG", **more: Any) -> bytes:
    """A picture in two colours."""
    made = Image.new(mode, size, 200 if mode in ("L", "P") else (200, 60, 40, 255)[: len(mode)])
    file = io.BytesIO()
    made.save(file, kind, **more)
    return file.getvalue()


def chunk(name: bytes, inside: bytes) -> bytes:
    return struct.pack(">I", len(inside)) + name + inside + struct.pack(">I", zlib.crc32(name + inside))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes whose head promises more pixels than a server has memory for."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 50_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
