"""Lay out mutmut's copies of the source with every mutant in them, and run none: quick.py judges most of them first."""

from __future__ import annotations

from pathlib import Path

from mutmut import __main__ as mutmut
from mutmut.mutation.trampoline import set_mutant_under_test

if __name__ == "__main__":
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    print(mutmut.create_mutants(1))
