"""Every page of the house, and how a failure is told to a person."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.types import ControllerRouterHandler

from renqing.doors.problems import answer_json

routes: list[ControllerRouterHandler] = []


def answer_failure(request: Request[Any, Any, Any], failure: Exception) -> Response[Any]:
    """A page for people, problem details for programs."""
    return answer_json(request, failure)
