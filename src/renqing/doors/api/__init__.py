"""JSON for apps under ``/v1``: one folder or file an audience. No rule, no SQL, no commit: parse, call, shape."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from renqing.doors.api import docs, market
from renqing.doors.api.people import buying, giving

routes: list[ControllerRouterHandler] = [*docs.routes, *market.routes, *buying.routes, *giving.routes]
