"""Structured logs: one JSON object a line, no personal field, token or address in it.

Values are logged by name from an allow-list of plain facts (ids, codes, counts, durations); anything else a
caller passes is refused in tests and dropped at run time by ``_only_plain_facts``.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

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


def set_up_logs(*, process: str, level: str = "info") -> None:
    """Write this process's logs to standard error as JSON lines."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_plain_facts,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
