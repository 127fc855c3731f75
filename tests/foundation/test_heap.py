"""A process that is ready no longer walks what it has loaded, and still finds the circles that come after."""

import subprocess
import sys

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
