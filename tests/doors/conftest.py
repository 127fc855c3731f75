"""A house with its doors open, for the tests of programs that call it."""

from __future__ import annotations

import pytest_asyncio
from open_house import open_house
from upkeep import folder, up_in  # noqa: F401 - fixtures of this folder's tests


@pytest_asyncio.fixture
async def doors(database_url, tmp_path):
    async with open_house(database_url, tmp_path) as opened:
        yield opened
