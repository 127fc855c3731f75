"""Notices: what happened to what is yours, in an inbox.

Promises:
1. A person is told a fact once (N2), whoever tells it how often.
2. A notice holds what its reader may see and nothing else (N4): the table in ``model.py`` is the law, checked at
   every telling.
3. Names are looked up when a notice is read, so nothing personal stays in it.
4. Only its person sees, counts and reads a notice.
"""

from renqing.social.notices.actions import mark_all_read, mark_read, tell
from renqing.social.notices.model import (
    KINDS,
    PAGE_MAX,
    UNREAD_SHOWN_MAX,
    LivePing,
    NewNotice,
    Notice,
    NoticeUnknown,
)
from renqing.social.notices.store import forget, page, unread

__all__ = [
    "KINDS",
    "PAGE_MAX",
    "UNREAD_SHOWN_MAX",
    "LivePing",
    "NewNotice",
    "Notice",
    "NoticeUnknown",
    "forget",
    "mark_all_read",
    "mark_read",
    "page",
    "tell",
    "unread",
]
