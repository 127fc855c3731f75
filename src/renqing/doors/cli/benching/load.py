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

from renqing.doors.cli.benching.stage import Spent, Stage
from renqing.foundation.starting import CannotStart

# wrk says what it saw as JSON: errors count, and nothing is read out of a table made for people.
_SCRIPT = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local turn = 0
request = function() turn = turn + 1; return wrk.format("GET", paths[turn %% #paths + 1]) end
done = function(summary, latency, requests)
  io.write(string.format('JSON {"requests":%%d,"micros":%%d,"p50":%%d,"p99":%%d,"bad":%%d}\\n', summary.requests,
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
    spent: Spent

    def cpu(self) -> dict[str, float]:
        """CPU microseconds an operation."""
        return {
            "app_cpu_us": round(self.spent.app_seconds / self.requests * 1e6, 1),
            "pg_cpu_us": round(self.spent.pg_seconds / self.requests * 1e6, 1),
        }


def wrk(stage: Stage, paths: Sequence[str], *, connections: int, seconds: int) -> Rate:
    """GET these paths in turn. Raises CannotStart where wrk is missing."""
    program = shutil.which("wrk")
    if program is None:
        raise CannotStart("wrk is not installed: it is in Debian's and Homebrew's packages as 'wrk'")
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder) / "paths", Path(folder) / "load.lua"
        listed.write_text("\n".join(paths), encoding="utf-8")
        script.write_text(_SCRIPT % listed, encoding="utf-8")
        command = [program, "-t2", f"-c{connections}", "-s", str(script)]
        subprocess.run([*command, "-d2s", stage.url], check=True, capture_output=True)  # warm
        before = stage.spent()
        done = subprocess.run([*command, f"-d{seconds}s", stage.url], check=True, capture_output=True, text=True)
        spent = stage.spent().since(before)
    said: dict[str, Any] = msgspec.json.decode(done.stdout.rpartition("JSON ")[2].strip())
    return Rate(
        requests=said["requests"],
        bad=said["bad"],
        ops_per_second=round(said["requests"] / said["micros"] * 1e6, 1),
        p50_ms=said["p50"] / 1000,
        p99_ms=said["p99"] / 1000,
        spent=spent,
    )


def pgbench(stage: Stage, scripts: Sequence[str], *, clients: int, seconds: int) -> float:
    """Transactions a second of these SQL scripts, chosen at random, prepared, over the same socket."""
    program = stage.postgres.tool("pgbench")
    parts = stage.dsn.removeprefix("postgresql://").split("?")[1].split("&")
    where = dict(part.split("=", 1) for part in parts)
    with tempfile.TemporaryDirectory() as folder:
        files: list[str] = []
        for place, script in enumerate(scripts):
            file = Path(folder) / f"{place}.sql"
            file.write_text(script, encoding="utf-8")
            files += ["-f", str(file)]
        command = [str(program), "-n", "-M", "prepared", f"-c{clients}", "-j1", f"-T{seconds}", "-U", "postgres"]
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
