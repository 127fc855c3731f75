"""Structured logs: one JSON object a line, no personal field, token or address in it.

Callers log plain facts by name: ids, kinds, counts, durations. A name that could hold something personal or secret
is withheld whatever its value, so that a slip shows itself as a slip and leaks nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import asyncpg

# Its console for developers, which nothing here uses, would bring Rich into every server: 5 MB each.
_rich = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

del sys.modules["rich"]
if _rich is not None:
    sys.modules["rich"] = _rich

_NEVER = frozenset(
    {
        "phone",
        "name",
        "address",
        "token",
        "code",
        "password",
        "greeting",
        "body",
        "cookie",
        "secret",
        "key",
        "url",
        "text",
    }
)


def _only_plain_facts(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for field in _NEVER & event.keys():
        event[field] = "(withheld)"
    return event


def _without_rows(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """PostgreSQL's complaint may quote the row it is about: which law was broken stays, the row's values go."""
    said = event.get("exc_info")
    failure = sys.exc_info()[1] if said is True else said
    while isinstance(failure, BaseException):
        if isinstance(failure, asyncpg.PostgresError):
            failure.detail = None
        failure = failure.__cause__ or failure.__context__
    return event


def set_up_logs(*, process: str, level: str = "info") -> None:
    """Write this process's logs to standard error as JSON lines."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_plain_facts,
            _without_rows,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
