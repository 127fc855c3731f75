"""What may be told to whom. Pure."""

from __future__ import annotations

from renqing.social.notices.model import KINDS, NewNotice


def check(notice: NewNotice) -> None:
    """A notice of a known kind holds exactly the facts of its kind, and leads to a page of this house."""
    assert notice.kind in KINDS, f"no kind of notice is called {notice.kind}"
    assert notice.facts.keys() == KINDS[notice.kind], f"{notice.kind} tells {sorted(notice.facts)}"
    assert notice.link[:1] == "/" != notice.link[1:2], "a notice leads to a page of this house"
