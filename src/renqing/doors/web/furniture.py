"""What every page stands on: our own files, kept for a year under an address that changes with them, and pictures."""

from __future__ import annotations

import gzip
import mimetypes
from functools import cache

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of
from renqing.doors.web.rendering import MEDIA_FOLDER, STATIC_FOLDER
from renqing.foundation.errors import NotFound
from renqing.trade import pictures

allow(Audience.PUBLIC, "GET /static/{version:str}/{file:path}", "GET /media/{file:path}", "GET /favicon.ico")

FOR_A_YEAR = "public, max-age=31536000, immutable"
FOR_A_MONTH = "public, max-age=2592000"
FOR_A_DAY = "public, max-age=86400"
# Made by the house, and still no document: shown by itself it runs nothing and asks nothing.
_OF_A_SHOP = {"Cache-Control": FOR_A_MONTH, "Content-Security-Policy": "default-src 'none'; sandbox"}
_SQUEEZED = frozenset({".css", ".js", ".svg", ".txt"})


class _File(msgspec.Struct, frozen=True):
    body: bytes
    squeezed: bytes | None
    media_type: str


@cache
def _files() -> dict[str, _File]:
    """Every static file, read once: a path that is not one of these is no path."""
    found = {}
    for file in STATIC_FOLDER.rglob("*"):
        if file.is_file():
            body = file.read_bytes()
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            text = file.suffix in _SQUEEZED
            found[file.relative_to(STATIC_FOLDER).as_posix()] = _File(
                body,
                gzip.compress(body, mtime=0) if text else None,
                f"{kind}; charset=utf-8" if text else kind,
            )
    return found


@get("/static/{version:str}/{file:path}")
async def static_file(request: AnyRequest, version: FromPath[str], file: FromPath[str]) -> Response[bytes]:  # noqa: ARG001 - it names the age
    """One of our files. Any version answers the newest: a page that is open longer than a release still works."""
    return _answer(request, file.lstrip("/"), FOR_A_YEAR)


@cache
def _pictures() -> frozenset[str]:
    """The keys of every picture that comes with the house: another key is no file."""
    return frozenset(file.relative_to(MEDIA_FOLDER).as_posix() for file in MEDIA_FOLDER.rglob("*") if file.is_file())


@get("/media/{file:path}", sync_to_thread=True)
def picture(request: AnyRequest, file: FromPath[str]) -> Response[bytes]:
    """A picture by its key: one that comes with the house, or a shop's. A key never gets another, so it may be kept."""
    key = file.lstrip("/")
    if pictures.is_key(key):
        kept = house_of(request).shelf.get(key)
        if kept is None:
            raise NotFound
        return Response(kept, media_type="image/jpeg", headers=_OF_A_SHOP)
    if key not in _pictures():
        raise NotFound
    kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
    return Response((MEDIA_FOLDER / key).read_bytes(), media_type=kind, headers={"Cache-Control": FOR_A_MONTH})


@get("/favicon.ico")
async def favicon(request: AnyRequest) -> Response[bytes]:
    """The mark, for what asks by the old name."""
    return _answer(request, "favicon.svg", FOR_A_DAY)


def _answer(request: AnyRequest, path: str, keep: str) -> Response[bytes]:
    found = _files().get(path)
    if found is None:
        raise NotFound
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding"}
    if found.squeezed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.squeezed, media_type=found.media_type, headers=headers)
    return Response(found.body, media_type=found.media_type, headers=headers)


routes = [static_file, picture, favicon]
