"""Load from existing generators: wrk for HTTP, pgbench for the same SQL alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from renqing.doors.cli.benching.meter import Meter, metered
from renqing.doors.cli.benching.stage import Stage
from renqing.foundation.starting import CannotStart

# Each thread begins somewhere else, so that two never ask for the same at the same time by their script alone.
_GET = """
local requests, turn = {}, 0
init = function()
  for line in io.lines("%s") do
    local path, token = line:match("^(%%S+)%%s*(%%S*)$")
    local headers = token ~= "" and {Authorization = "Bearer " .. token} or nil
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
  turn = math.floor(tonumber(tostring({}):match("0x%%x+")) / 16) %% #requests
end
request = function() turn = turn + 1; return requests[turn %% #requests + 1] end
"""
# wrk says what it saw as JSON: errors count, and nothing is read out of a table made for people.
_DONE = """
done = function(summary, latency, requests)
  io.write(string.format('JSON {"requests":%d,"micros":%d,"p50":%d,"p99":%d,"bad":%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.status + summary.errors.timeout))
end
"""


class Rate(msgspec.Struct, frozen=True):
    """What a load generator saw, and what the house spent meanwhile."""

    requests: int
    bad: int
    ops_per_second: float
    p50_ms: float
    p99_ms: float
    meter: Meter

    def said(self) -> dict[str, Any]:
        """What every bench says of it: rate, waits, and what an operation cost and wrote."""
        return {
            "ops_per_second": self.ops_per_second,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
            **self.meter.per(self.requests),
            "exact": self.bad == 0,
        }


def wrk(stage: Stage, paths: Sequence[str], *, connections: int, seconds: int) -> Rate:
    """GET these paths in turn, each followed by a space and a sign-in token where its reader is somebody."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "paths"
        listed.write_text("\n".join(paths), encoding="utf-8")
        script = _GET % listed
        return wrk_script(stage, script, connections=connections, seconds=seconds, writes=False, warm=min(2, seconds))


def wrk_script(
    stage: Stage, script: str, *, connections: int, seconds: int, writes: bool = True, threads: int = 2, warm: int = 2
) -> Rate:
    """Run a script of wrk's, without a ``done`` of its own. Raises CannotStart where wrk is missing.

    ``warm`` seconds go before and are not counted; each of the ``threads`` has its own copy of the script's variables.
    """
    program = shutil.which("wrk")
    if program is None:
        raise CannotStart("wrk is not installed: it is in Debian's and Homebrew's packages as 'wrk'")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "load.lua"
        file.write_text(script + _DONE, encoding="utf-8")
        command = [program, f"-t{threads}", f"-c{connections}", "-s", str(file)]
        if warm:
            _said_by([*command, f"-d{warm}s", stage.url])
        with metered(stage, writes=writes) as meter:
            told = _said_by([*command, f"-d{seconds}s", stage.url])
    said: dict[str, Any] = msgspec.json.decode(told.rpartition("JSON ")[2].strip())
    return Rate(
        requests=said["requests"],
        bad=said["bad"],
        ops_per_second=round(said["requests"] / said["micros"] * 1e6, 1),
        p50_ms=said["p50"] / 1000,
        p99_ms=said["p99"] / 1000,
        meter=meter,
    )


def _said_by(command: Sequence[str]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise CannotStart(f"wrk failed: {(done.stderr or done.stdout)[-800:]}")
    return done.stdout


def pgbench(stage: Stage, scripts: Sequence[str], *, clients: int, seconds: int) -> float:
    """Transactions a second of these SQL scripts, chosen at random, prepared, over the same socket.

    Each client has a variable ``c`` that begins at 0, to count with.
    """
    program = stage.postgres.tool("pgbench")
    parts = stage.dsn.removeprefix("postgresql://").split("?")[1].split("&")
    where = dict(part.split("=", 1) for part in parts)
    with tempfile.TemporaryDirectory() as folder:
        files: list[str] = []
        for place, script in enumerate(scripts):
            file = Path(folder) / f"{place}.sql"
            file.write_text(script, encoding="utf-8")
            files += ["-f", str(file)]
        command = [
            str(program),
            "-n",
            "-M",
            "prepared",
            f"-c{clients}",
            "-j1",
            f"-T{seconds}",
            "-D",
            "c=0",
            "-U",
            "postgres",
        ]
        done = subprocess.run(
            [*command, "-h", where["host"], "-p", where["port"], *files, "renqing"],
            check=False,
            capture_output=True,
            text=True,
        )
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or found is None:
        raise CannotStart(f"pgbench failed: {done.stderr[-800:]}")
    return float(found[1])
