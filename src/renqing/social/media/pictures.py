"""A picture made anew: what comes out is pixels and nothing else.

Whatever the file was besides a picture (a page, an archive, a script, a second picture, the place where it was taken)
is not in the one that is kept, because nothing of it is copied: it is decoded within limits, turned as the camera was
held, made smaller where it is large, and encoded. SVG is a program, and no picture here.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from renqing.social.media.model import PIXELS_MAX, SIDE_MAX, Developed, NotAPicture

FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 84
# A file that breaks a decoder raises what its author chose: whichever it is, the file is no picture.
_BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError)


def develop(body: bytes) -> Developed:
    """Raises NotAPicture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _develop(body)
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as bomb:
        raise NotAPicture("too_many_pixels") from bomb
    except (*_BROKEN, Warning, ArithmeticError) as broken:
        raise NotAPicture("not_a_picture") from broken


def _develop(body: bytes) -> Developed:
    with Image.open(io.BytesIO(body), formats=FORMATS) as found:
        if found.width * found.height > PIXELS_MAX:  # said by the head, before a pixel is unfolded
            raise NotAPicture("too_many_pixels")
        if found.format == "JPEG":
            found.draft("RGB", (SIDE_MAX, SIDE_MAX))
        turned = ImageOps.exif_transpose(found)
        plain = _on_paper(turned)
    plain.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    kept = io.BytesIO()
    plain.save(kept, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return Developed("image/jpeg", kept.getvalue(), plain.width, plain.height)


def _on_paper(picture: Image.Image) -> Image.Image:
    """Without an alpha channel, a palette or a profile: what was see-through lies on white."""
    if "A" in picture.getbands() or "transparency" in picture.info:
        shown = picture.convert("RGBA")
        paper = Image.new("RGB", shown.size, "white")
        paper.paste(shown, mask=shown.getchannel("A"))
        return paper
    fresh = Image.new("RGB", picture.size)
    fresh.paste(picture.convert("RGB"))
    return fresh
