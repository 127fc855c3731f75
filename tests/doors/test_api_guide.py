"""The session of the API guide runs as it stands there."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from open_house import open_house

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"


async def test_the_session_of_the_guide_runs_as_it_stands(database_url, tmp_path):
    session = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    async with open_house(database_url, tmp_path, by_itself=True) as doors:
        here = session.replace("http://127.0.0.1:8420", doors.url)
        said: dict = {}
        await asyncio.to_thread(exec, compile(here, str(GUIDE), "exec"), said)
        assert said["claimed"]["order_id"] == said["gift"]["order_id"]


async def test_every_route_that_the_guide_names_is_there(doors):
    words = GUIDE.read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:GET|POST|PUT|DELETE|PATCH) (/v1/[^`…]*)`", words))
    assert named
    assert named <= set(doors.document["paths"])
