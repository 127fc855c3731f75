"""Files that people put with gifts, for who was shown their link. Parts of them too: players ask for parts."""

from __future__ import annotations

import re

from litestar import Response, get
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.views.kept_media import kept_file

allow(Audience.PUBLIC, "GET /kept/{media_id:str}/{until:str}/{signature:str}")

# A file of somebody's is no document: shown by itself it runs nothing, asks nothing and is nobody's origin.
_SAFE = {
    "Cache-Control": "private, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline",
    "Accept-Ranges": "bytes",
}
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")
PARTIAL, NO_SUCH_PART = 206, 416


@get("/kept/{media_id:str}/{until:str}/{signature:str}")
async def kept(
    request: AnyRequest, media_id: FromPath[str], until: FromPath[str], signature: FromPath[str]
) -> Response[bytes]:
    """The file, or the part of it that was asked for."""
    house = house_of(request)
    found = await kept_file(house.ground, house.shelf, id_in(media_id), id_in(until), signature)
    headers = {**_SAFE, "ETag": f'"{found.digest[:32]}"'}
    size = len(found.body)
    part = part_of(request.headers.get("range", ""), size)
    if part is None:
        return Response(found.body, media_type=found.type, headers=headers)
    if not part:
        return Response(
            b"",
            status_code=NO_SUCH_PART,
            media_type=found.type,
            headers={**headers, "Content-Range": f"bytes */{size}"},
        )
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return Response(found.body[part.start : part.stop], status_code=PARTIAL, media_type=found.type, headers=headers)


def part_of(asked: str, size: int) -> range | None:
    """The bytes that a ``Range`` header asks for (RFC 9110); None for the whole, empty where none are there."""
    said = _RANGE.fullmatch(asked.strip())
    if said is None or said.groups() == ("", ""):
        return None
    first, last = said.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    return range(min(int(first), size), min(int(last) + 1, size) if last else size)


routes = [kept]
