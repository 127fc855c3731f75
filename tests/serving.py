"""A real server process on a test's database, and raw sockets to it: for what no well-behaved client sends."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from open_house import KEYS
from patience import until
from upkeep import free_port

from renqing.foundation.secrets import write_keys


@dataclass
class Serving:
    """``renqing serve``, and what it can be asked."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def open(self, seconds_max: float = 20.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds_max)

    def said_to(self, raw: bytes, seconds_max: float = 20.0) -> bytes:
        """All that is answered to these bytes, until the server ends it."""
        with self.open(seconds_max) as wire:
            said = b""
            with contextlib.suppress(ConnectionError):
                wire.sendall(raw)
            with contextlib.suppress(ConnectionError):
                while part := wire.recv(65_536):
                    said += part
            return said

    def status(self, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
        """The status of one whole request."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            asking.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            return asking.getresponse().status
        finally:
            asking.close()

    def answers(self) -> bool:
        try:
            return self.status("GET", "/readyz") == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def memory_kb(self) -> int:
        """What is resident."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@contextlib.contextmanager
def serving(database_url: str, folder: Path, **settings: str) -> Iterator[Serving]:
    """Serve a demo house on this database for as long as the block lasts."""
    if not (folder / "keys").exists():
        write_keys(KEYS, folder / "keys")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RENQING_", "DATABASE_URL"))}
    port = free_port()
    environment = {
        "RENQING_HOME": str(folder),
        "RENQING_KEYS_FILE": str(folder / "keys"),
        "RENQING_DATABASE_URL": database_url,
        "RENQING_PORT": str(port),
        **settings,
    }
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "renqing", "serve"], env=kept | environment, stdout=output, stderr=output
        )
    one = Serving(port, process, log)
    try:
        until(lambda: process.poll() is not None or one.answers(), seconds_max=60)
        assert process.poll() is None, log.read_text(encoding="utf-8")
        yield one
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
