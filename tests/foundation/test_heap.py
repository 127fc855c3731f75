"""A process that is ready no longer walks what it has loaded, and still finds the circles that come after."""

import subprocess
import sys

import pytest

READY = """
import gc, weakref
from renqing.doors.cli.readiness import say_ready

class Thing:
    pass

def circle():
    thing = Thing()
    thing.itself = thing
    return weakref.ref(thing)

say_ready()
assert gc.get_freeze_count() > 1_000, gc.get_freeze_count()
assert gc.isenabled()
first = circle()
assert first() is not None
for _ in range(3):
    kept = [[] for _ in range(gc.get_threshold()[0] + 1)]
assert first() is None, "nobody looked"
"""


def test_what_was_loaded_is_left_alone_and_what_comes_after_is_not():
    told = subprocess.run([sys.executable, "-c", READY], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


LET_GO = """
import re
from pathlib import Path
from renqing.foundation.heap import give_back

def resident_kb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

blocks = [bytes(2_000) for _ in range(20_000)]
last = bytes(2_000)
blocks.clear()
before = resident_kb()
assert give_back()
assert before - resident_kb() > 20_000, (before, resident_kb())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads how much is resident from /proc")
def test_what_was_let_go_of_is_given_back_to_the_system():
    """Forty megabytes are free, and the last block above them keeps the C library from seeing it by itself."""
    told = subprocess.run([sys.executable, "-c", LET_GO], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
