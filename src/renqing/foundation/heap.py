"""The memory of a process that has started: what it has loaded stays, so the collector looks at what comes after it.

Modules, routes and catalogues are some hundred thousand objects that live as long as the process. Python's collector
walks them all in every full collection, and looks for cycles after every 700 new objects: under load that was a fifth
of a server's time (``docs/decisions/heap.md``). What loading took and let go of is given back to the system.
"""

from __future__ import annotations

import ctypes
import gc

# New objects until the young are looked through, and how many such looks until the older ones are.
YOUNG_MAX = 20_000
LOOKS_UNTIL_OLDER = 20
OLDER_LOOKS_UNTIL_ALL = 20


def settle_heap() -> None:
    """Leave out of every collection what is there now. Once, when the process is ready to work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, LOOKS_UNTIL_OLDER, OLDER_LOOKS_UNTIL_ALL)
    give_back()


def give_back() -> bool:
    """Let the C library return to the system what it keeps and nobody uses; not every one can. Whether it did."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))
