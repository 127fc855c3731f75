"""Re-derive every total of the house from first records, one query an invariant.

The invariants and their ids are the catalogue of ``docs/promises.md``. Where an invariant is about more than what is
stored (the order of locks, who may see what, when a yes is said), its query checks the side of it that the database
holds, and its sentence says so. All queries see one unmoving snapshot, so the house may go on while it is checked.
Each walks its tables once, whatever their size.
"""

from renqing.views.check.run import ALL, InvariantUnknown, check

__all__ = ["ALL", "InvariantUnknown", "check"]
