"""Claim cards as a PDF to print: A4, ten cards the size of a bank card on a page, each with its QR code.

Written by hand, since it needs so little: rectangles, lines, and text in two fonts that every reader of PDF brings
along, one for Chinese (Adobe-GB1, which readers replace with a font of their own) and one for digits. Pure.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from renqing.doors.web.qr import qr_rows

PAGE_WIDTH, PAGE_HEIGHT = 595.28, 841.89
CARD_WIDTH, CARD_HEIGHT = 242.0, 153.0  # 85 by 54 millimetres
COLUMNS, ROWS = 2, 5
A_PAGE = COLUMNS * ROWS
_LEFT = (PAGE_WIDTH - COLUMNS * CARD_WIDTH) / 2
_TOP = (PAGE_HEIGHT - ROWS * CARD_HEIGHT) / 2
_QR = 74.0
_MASK = 3  # any mask is read; to look for the best of eight would take eight times as long
_FONTS = {
    "F1": b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H/DescendantFonts[5 0 R]>>",
    "F2": b"<</Type/Font/Subtype/Type1/BaseFont/Courier-Bold>>",
}
_DESCENDANT = (
    b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
    b"/Supplement 4>>/DW 1000/W[1 95 500]/FontDescriptor 6 0 R>>"
)
_DESCRIPTOR = (
    b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880"
    b"/Descent -120/CapHeight 880/StemV 93>>"
)
_FIRST_PAGE = 7  # 1 catalogue, 2 pages, 3 and 4 fonts, 5 and 6 what the first of them is made of


class CardFace(msgspec.Struct, frozen=True):
    """What stands on a card: lines of words, its number and PIN as they are typed, and where its QR code leads."""

    shop: str
    title: str
    number: str
    pin: str
    how: str
    labels: tuple[str, str]
    link: str


def card_pdf(faces: Sequence[CardFace]) -> bytes:
    """The whole file."""
    pages = [_page(faces[start : start + A_PAGE]) for start in range(0, len(faces), A_PAGE)]
    kids = b" ".join(b"%d 0 R" % (_FIRST_PAGE + 2 * n) for n in range(len(pages)))
    made = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, len(pages)),
        _FONTS["F1"],
        _FONTS["F2"],
        _DESCENDANT,
        _DESCRIPTOR,
    ]
    for n, content in enumerate(pages):
        made.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.2f %.2f]/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>"
            b"/Contents %d 0 R>>" % (PAGE_WIDTH, PAGE_HEIGHT, _FIRST_PAGE + 2 * n + 1)
        )
        packed = zlib.compress(content)
        made.append(b"<</Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (len(packed), packed))
    return _file(made)


def _file(objects: Sequence[bytes]) -> bytes:
    """Objects with the table that says where each begins."""
    out, places = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), []
    for number, made in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, made)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _page(faces: Sequence[CardFace]) -> bytes:
    drawn = []
    for place, face in enumerate(faces):
        row, column = divmod(place, COLUMNS)
        drawn.append(_card(face, _LEFT + column * CARD_WIDTH, PAGE_HEIGHT - _TOP - (row + 1) * CARD_HEIGHT))
    return b"\n".join(drawn)


def _card(face: CardFace, x: float, y: float) -> bytes:
    """One card, its lower left corner at (x, y)."""
    inner, top = x + 14, y + CARD_HEIGHT
    return b"\n".join(
        (
            b"0.85 0.82 0.78 RG 0.4 w %.2f %.2f %.2f %.2f re S" % (x, y, CARD_WIDTH, CARD_HEIGHT),
            b"0.784 0.196 0.122 rg %.2f %.2f %.2f 5 re f" % (x + 0.4, top - 5.2, CARD_WIDTH - 0.8),
            _text("F1", 12, inner, top - 27, _fit(face.shop, 17)),
            _text("F1", 9, inner, top - 43, _fit(face.title, 23), grey=True),
            _text("F1", 8, inner, top - 66, face.labels[0], grey=True),
            _text("F2", 12.5, inner, top - 80, face.number),
            _text("F1", 8, inner, top - 98, face.labels[1], grey=True),
            _text("F2", 15, inner, top - 113, face.pin),
            _text("F1", 7, inner, y + 14, _fit(face.how, 44), grey=True),
            _qr(face.link, x + CARD_WIDTH - _QR - 12, top - 53 - _QR),
        )
    )


def _fit(words: str, widest: int) -> str:
    """Words cut to so many signs of full width; a sign of Latin is half of one."""
    kept, width = "", 0.0
    for sign in words:
        width += 0.5 if ord(sign) < 0x100 else 1.0
        if width > widest:
            return f"{kept}…"
        kept += sign
    return kept


def _text(font: str, size: float, x: float, y: float, words: str, *, grey: bool = False) -> bytes:
    shade = b"0.45 0.41 0.37 rg" if grey else b"0.16 0.14 0.12 rg"
    said = words.encode("utf-16-be" if font == "F1" else "ascii").hex().upper().encode()
    return b"%b BT /%b %.1f Tf %.2f %.2f Td <%b> Tj ET" % (shade, font.encode(), size, x, y, said)


def _qr(link: str, x: float, y: float) -> bytes:
    """A QR code of rectangles, runs of a row as one."""
    rows = qr_rows(link, mask=_MASK)
    unit = _QR / len(rows)
    drawn = [b"0.16 0.14 0.12 rg"]
    for n, row in enumerate(rows):
        start = 0
        while (start := row.find(1, start)) >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            place = (x + start * unit, y + _QR - (n + 1) * unit, (end - start) * unit, unit)
            drawn.append(b"%.3f %.3f %.3f %.3f re" % place)
            start = end
    drawn.append(b"f")
    return b"\n".join(drawn)
