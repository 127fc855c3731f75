"""`renqing reload`: fresh processes take over under load, beside old ones, and no request fails."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest
from patience import until
from upkeep import FORKED, Up, children_of

from renqing.doors.cli.running import Running, note_running, noted_running

pytestmark = pytest.mark.timeout(300)
CALLERS = 6
WHOLE = {"serve": 2, "worker": 1, **dict.fromkeys(FORKED, 1)}  # what a renewal replaces


@pytest.fixture(scope="module")
def house(up_in: Callable[..., Up], folder: Path) -> Iterator[Up]:
    folder.joinpath("before").mkdir()  # a place where what comes in front of the code is found, empty for now
    up = up_in("reloaded", RENQING_SERVER_PROCESSES="2", PYTHONPATH=str(folder / "before")).start().wait_until_up()
    yield up
    if up.process is not None and up.process.poll() is None:
        up.stop()


def renqing(house: Up, *arguments: str, **settings: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "renqing", *arguments],
        env={**house.environment, **settings},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
    )
    return ended.returncode, ended.stdout


def workers_of(house: Up) -> dict[str, set[int]]:
    """The processes that a renewal replaces, by their command."""
    found: dict[str, set[int]] = {kind: set() for kind in WHOLE}
    for pid, command in children_of(house.pid).items():
        for kind, pids in found.items():
            if f"-m renqing {kind}" in command:
                pids.add(pid)
    return found


class Load:
    """Callers who keep their connections: reads and writes, as fast as they are answered."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: Counter[str] = Counter()
        self.ended = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(n,), daemon=True) for n in range(CALLERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self.ended.set()
        for thread in self._threads:
            thread.join(30)

    def _call(self, n: int) -> None:
        calling = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        token = sign_in(calling, f"caller-{n}")
        turn = 0
        while not self.ended.is_set():
            turn += 1
            try:
                if turn % 4:
                    calling.request("GET", "/v1/products?limit=2")
                else:
                    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"read-{n}-{turn}"}
                    headers["Content-Type"] = "application/json"
                    calling.request("POST", "/v1/notices/reading", body=b'{"up_to": "1"}', headers=headers)
                answer = calling.getresponse()
                answer.read()
                self.answers["fine" if answer.status < 300 else f"status {answer.status}"] += 1
            except (OSError, http.client.HTTPException) as failure:
                self.answers[repr(failure)] += 1
                calling.close()


def sign_in(calling: http.client.HTTPConnection, key: str) -> str:
    calling.request("GET", "/v1/demo/people")
    person = json.loads(calling.getresponse().read())[0]
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    calling.request("POST", "/v1/demo/sign-ins", body=json.dumps({"person_id": person["id"]}), headers=headers)
    return str(json.loads(calling.getresponse().read())["token"])


@contextmanager
def open_stream(port: int, **headers: str) -> Iterator[http.client.HTTPResponse]:
    calling = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    token = sign_in(calling, "listener")
    calling.request("GET", "/v1/live", headers={"Authorization": f"Bearer {token}", **headers})
    try:
        yield calling.getresponse()
    finally:
        calling.close()


def test_every_process_is_replaced_under_load_beside_a_changed_schema_and_no_request_fails(house: Up):
    before = workers_of(house)
    assert {kind: len(pids) for kind, pids in before.items()} == WHOLE
    with Load(house.port) as load, open_stream(house.port) as stream:
        until(lambda: load.answers["fine"] > 50)
        house.write_down("ALTER TABLE catalog_product ADD COLUMN of_the_next_release text")
        seen = load.answers["fine"]
        until(lambda: load.answers["fine"] > seen + 50)  # the old code goes on beside the new schema
        status, said = renqing(house, "reload")
        assert status == 0, said
        assert b"event: hello" in stream.read(), "the stream came to its end in order: its page comes back"
        seen = load.answers["fine"]
        until(lambda: load.answers["fine"] > seen + 50)
    assert set(load.answers) == {"fine"}, load.answers
    after = workers_of(house)
    assert {kind: len(pids) for kind, pids in after.items()} == WHOLE
    for kind, pids in after.items():
        assert not pids & before[kind]
    assert house.process is not None
    assert house.process.poll() is None
    house.write_down("ALTER TABLE catalog_product DROP COLUMN of_the_next_release")
    figures = figures_of(house)
    answered = sum(value for name, value in figures.items() if name.startswith("renqing_requests_total"))
    assert answered >= load.answers["fine"], "what the processes that left have counted still counts"
    until(lambda: figures_of(house).get("renqing_streams_open", 0) == 0)
    connections = sum(value for name, value in figures_of(house).items() if name.startswith("renqing_pool_"))
    assert 0 < connections <= 2 * 16 + 8, "those that left hold none any more"


def figures_of(house: Up) -> dict[str, float]:
    """What /metrics says, of all processes together."""
    asking = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
    asking.request("GET", "/metrics")
    lines = asking.getresponse().read().decode().splitlines()
    asking.close()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_a_page_that_comes_back_is_told_to_look_again(house: Up):
    with open_stream(house.port, **{"Last-Event-ID": "here"}) as stream:
        frames = b"".join(stream.readline() for _ in range(8))
    assert b"event: hello" in frames
    assert b"event: again" in frames


def test_code_that_does_not_start_replaces_nothing_and_the_old_goes_on(house: Up, tmp_path):
    before = workers_of(house)
    mend = take_the_keys(house)
    try:
        status, said = renqing(house, "reload")
        assert status == 1
        assert "old ones go on" in said
    finally:
        mend()
    assert workers_of(house) == before
    assert house.answers()
    noted = noted_running(house.home)
    assert noted is not None
    assert noted.not_renewed == 1
    status, said = renqing(house, "reload")
    assert status == 0, said


@pytest.mark.skipif(not FORKED, reason="each process loads for itself")
def test_a_release_that_does_not_load_replaces_nothing_either(house: Up, folder: Path):
    before = workers_of(house)
    broken = folder / "before" / "sitecustomize.py"
    broken.write_text('import sys\nif "loader" in sys.orig_argv:\n    raise SystemExit("half a release")\n')
    try:
        status, said = renqing(house, "reload")
    finally:
        broken.unlink()
    assert status == 1
    assert "old ones go on" in said
    assert "A fresh loader did not become ready" in house.said() and "half a release" in house.said()
    assert workers_of(house) == before


def test_a_house_says_that_it_is_up_once_each_of_its_processes_can_do_its_work(house: Up):
    """One server answers for all: whoever reloads, or moves its keys away, must not meet one that has not begun."""
    house.stop()
    house.start()
    late = until(lambda: house.child("sandbox"))
    os.kill(late, signal.SIGSTOP)
    until(house.answers)
    with pytest.raises(AssertionError):
        until(lambda: "Renqing is up" in house.said(), seconds_max=2)
    os.kill(late, signal.SIGCONT)
    house.wait_until_up()


def take_the_keys(house: Up) -> Callable[[], None]:
    """A fresh process refuses to start without them, running ones have read theirs."""
    keys = house.home / "keys"
    away = keys.with_name("keys.away")
    keys.rename(away)

    def mend() -> None:
        away.rename(keys)

    return mend


def test_a_house_that_does_not_run_or_lacks_a_step_of_the_schema_is_not_reloaded(house: Up, folder):
    status, said = renqing(house, "reload", RENQING_HOME=str(folder / "nobody"))
    assert status == 1
    assert "No house runs" in said
    number = house.write_down("SELECT version_num FROM alembic_version")
    house.write_down("UPDATE alembic_version SET version_num = '0000'")
    before = workers_of(house)
    try:
        status, said = renqing(house, "reload", LANG="zh_CN.UTF-8")
        assert status == 1
        assert "renqing migrate" in said
    finally:
        house.write_down(f"UPDATE alembic_version SET version_num = '{number}'")
    assert workers_of(house) == before


def test_whoever_has_the_number_of_a_house_that_died_is_left_alone(house: Up, folder: Path):
    left = folder / "left"
    left.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        note_running(left, Running(stranger.pid, "http://127.0.0.1:1", 1, 1, renewed=0))
        status, said = renqing(house, "reload", RENQING_HOME=str(left))
        assert (status, stranger.poll()) == (1, None)
        assert "No house runs" in said
        stranger.communicate(b"\n")
    assert stranger.returncode == 0
