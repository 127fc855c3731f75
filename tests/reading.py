"""Everything that somebody can read in a house, by page and by interface: to look for what is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator

from open_house import Caller, OpenHouse
from world import fill, names_in

from renqing.main import routes_of

STREAMS = {"/v1/live", "/metrics"}


async def all_that_reads(
    doors: OpenHouse, reader: Caller, ids: dict[str, str], token: str = "", language: str = "zh"
) -> AsyncIterator[tuple[str, str]]:
    """(door, what it says) of every GET whose ids are known, and of the looks behind a link."""
    page = {"accept": "text/html", "cookie": f"renqing={reader.token}; renqing_language={language}"}
    program = {"authorization": f"Bearer {reader.token}", "accept-language": language}
    for method, path, _ in routes_of(doors.app):
        if method != "GET" or path in STREAMS or set(names_in(path)) - set(ids):
            continue
        is_page = not path.startswith("/v1/")
        answer = await doors.client.get(fill(path, ids), headers=page if is_page else program)
        yield f"GET {path} {answer.status_code}", answer.text + str(dict(answer.headers))
    if token:
        looked = await doors.client.post("/g/look", data={"token": token}, headers=page)
        yield "POST /g/look", looked.text
        asked = await doors.client.post("/v1/gifts/lookups", json={"token": token}, headers=program)
        yield "POST /v1/gifts/lookups", asked.text
