"""Who sends slowly, endlessly or too much, to a real server: cut off, told so, and nobody else notices."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import selectors
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from patience import until
from serving import Serving, serving

from renqing.doors.patience import HEAD_BYTES_MAX

SLOW = 500
WAITS_SECONDS = 4
GROWTH_KB_MAX = 60_000
HEAD = b"GET /readyz HTTP/1.1\r\nHost: renqing\r\n"
SIGN_IN = b"POST /v1/sign-ins HTTP/1.1\r\nHost: renqing\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n"


NO_REQUESTS = [
    b"POST /v1/sign-ins HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    b"POST /v1/sign-ins HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    b"POST /v1/sign-ins HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/sign-ins HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /v1/sign-ins HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET /readyz HTTP/1.1\r\nHost : a\r\n\r\n",
    b"GET /readyz\nHTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00" * 1_000,
]


@pytest.fixture
def server(database_url, tmp_path):
    with serving(database_url, tmp_path, RENQING_REQUEST_SECONDS_MAX=str(WAITS_SECONDS)) as one:
        yield one
        assert "request_failed" not in one.log.read_text(encoding="utf-8"), "none of it is our own fault"


def closed_within(wires: list[socket.socket], seconds_max: float, drip: bytes) -> tuple[int, float]:
    """Send one byte a second on every wire; how many the server ended, and after how long the last."""
    began, ended = time.monotonic(), 0
    watching = selectors.DefaultSelector()
    for wire in wires:
        wire.settimeout(0)
        watching.register(wire, selectors.EVENT_READ)
    next_drip, last = began, 0.0
    while ended < len(wires) and time.monotonic() - began < seconds_max:
        if time.monotonic() >= next_drip:
            next_drip += 1
            for wire in wires:
                with contextlib.suppress(OSError):
                    wire.send(drip)
        for ready, _ in watching.select(0.1):
            said = b""
            with contextlib.suppress(ConnectionError):
                said = ready.fileobj.recv(65_536)
            if not said:
                watching.unregister(ready.fileobj)
                ended, last = ended + 1, time.monotonic() - began
    return ended, last


def p99_ms(server: Serving, count: int = 200) -> float:
    """How long others wait for an answer, at the 99th of a hundred."""
    took = []
    for _ in range(count):
        began = time.perf_counter()
        assert server.status("GET", "/v1/products") == 200
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[int(count * 0.99) - 1]


@pytest.mark.parametrize("half", [HEAD, SIGN_IN + b"Content-Length: 100\r\n\r\n{"], ids=["heads", "bodies"])
def test_five_hundred_who_send_a_byte_a_second_are_cut_off_and_nobody_else_waits(server, half):
    quiet = p99_ms(server)
    wires = [server.open() for _ in range(SLOW)]
    try:
        for wire in wires:
            wire.sendall(half)
        with ThreadPoolExecutor(1) as beside:
            slow = beside.submit(closed_within, wires, 3 * WAITS_SECONDS, b"X")
            loud = p99_ms(server)
            ended, last = slow.result()
        assert ended == SLOW
        assert last < 2 * WAITS_SECONDS
        assert loud < 5 * quiet + 50, f"p99 {quiet:.1f} ms became {loud:.1f} ms"
    finally:
        for wire in wires:
            wire.close()
    assert server.answers()


def test_who_keeps_a_connection_between_requests_is_not_taken_for_slow(server):
    asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=2 * WAITS_SECONDS)
    for _ in range(3):
        asking.request("GET", "/readyz")
        assert asking.getresponse().read()
    kept = asking.sock
    with pytest.raises(TimeoutError):
        kept.recv(1)  # the server neither speaks nor ends it, for twice the time that a request may take
    asking.request("GET", "/readyz")
    assert asking.getresponse().status == 200
    assert asking.sock is kept
    asking.close()


def test_who_never_reads_the_answer_is_cut_off(server):
    with server.open() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        ask = b"GET /openapi.json HTTP/1.1\r\nHost: renqing\r\n\r\n"
        wire.settimeout(0)
        give_up_at = time.monotonic() + 3 * WAITS_SECONDS

        def is_cut() -> bool:
            try:
                wire.send(ask)
            except BlockingIOError:
                return False
            except ConnectionError:
                return True
            return False

        until(is_cut, seconds_max=give_up_at - time.monotonic())
    assert server.answers()


def test_a_head_without_an_end_is_refused_before_it_fills_the_memory(server):
    before = server.memory_kb()
    for endless in (b"X-Long: " + b"a" * 50_000_000, b"X: y\r\n" * 5_000_000, b""):
        said = server.said_to((HEAD + endless) if endless else b"GET /" + b"a" * 50_000_000)
        assert said[:12] in (b"HTTP/1.1 431", b"HTTP/1.1 400", b""), said[:100]
        assert server.answers()
    assert server.memory_kb() - before < GROWTH_KB_MAX
    assert server.status("GET", "/readyz", x_long="a" * (HEAD_BYTES_MAX // 2)) == 200


def test_what_is_too_long_too_deep_or_doubly_said_is_refused(server):
    before = server.memory_kb()
    bomb = gzip.compress(b"{" + b" " * 100_000_000 + b"}")
    asked = {"content_type": "application/json", "idempotency_key": "k"}
    form = "application/x-www-form-urlencoded"
    tries = [
        ("POST", "/v1/sign-ins", b"[" * 500_000, asked),
        ("POST", "/v1/sign-ins", b'{"phone":' * 100_000, asked),
        ("POST", "/v1/sign-ins", b'{"phone": NaN, "code": Infinity}', asked),
        ("POST", "/v1/sign-ins", b'{"phone": "13800000001", "code": "\\ud800"}', asked),
        ("POST", "/v1/sign-ins", b'{"phone": "13800000001", "code": "\xff\xfe"}', asked),
        ("POST", "/v1/sign-ins", b"{}" + b" " * 1_100_000, asked),
        ("POST", "/v1/sign-ins", bomb, {**asked, "content_encoding": "gzip"}),
        ("POST", "/sign-in/phone", b"&".join(b"a%d=1" % n for n in range(100_000)), {"content_type": form}),
        ("POST", "/sign-in/phone", b"phone=" + b"1" * 900_000, {"content_type": form}),
        ("POST", "/sign-in/phone", parts(20_000), {"content_type": "multipart/form-data; boundary=b"}),
        ("POST", "/sign-in/phone", b"--b\r\n" * 100, {"content_type": "multipart/form-data; boundary=b"}),
        ("POST", "/sign-in/phone", b"x", {"content_type": "multipart/form-data"}),
        ("GET", "/v1/products?" + "&".join(f"a{n}=1" for n in range(8_000)), None, {}),
        ("GET", "/v1/products?query=" + "%E7%A4%BC" * 5_000, None, {}),
        ("GET", "/v1/products?limit=1&limit=100000", None, {}),
        ("GET", "/search?q=" + "%F0%9F%8E%81" * 2_000, None, {}),
    ]
    for method, path, body, headers in tries:
        began = time.monotonic()
        status = status_of(server, method, path, body, headers)
        where = f"{method} {path[:40]} {(body or b'')[:30]!r}: {status}"
        assert 200 <= status < 500, where
        assert method == "GET" or status >= 400, where
        assert time.monotonic() - began < 10, where
    assert server.answers()
    assert server.memory_kb() - before < GROWTH_KB_MAX


def parts(count: int) -> bytes:
    """A form of many files."""
    one = b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nx\r\n'
    return one * count + b"--b--\r\n"


def status_of(server: Serving, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> int:
    """The status, where the server may answer and end before it was sent everything."""
    try:
        return server.status(method, path, body, **headers)
    except ConnectionError:
        return 413


def test_a_field_said_twice_is_heard_once_and_never_as_both(server):
    twice = b'{"phone": "13800000001", "phone": "1", "password": "x"}'
    asked = {"content_type": "application/json", "idempotency_key": "twice"}
    first = server.status("POST", "/v1/sign-ins/by-password", twice, **asked)
    last = server.status("POST", "/v1/sign-ins/by-password", b'{"phone": "1", "password": "x"}', **asked)
    assert first == last == 422


def test_what_is_no_request_is_refused_and_the_connection_ends(server):
    for raw in NO_REQUESTS:
        said = server.said_to(raw, seconds_max=3 * WAITS_SECONDS)
        assert said[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 411", b"HTTP/1.1 413", b""), (raw, said[:200])
    assert server.answers()


def test_a_spoofed_address_buys_no_more_tries(database_url, tmp_path):
    """Behind no proxy nobody's word for an address is taken; behind one, only the proxy's own."""
    spoofs = ("x_forwarded_for", "forwarded", "x_real_ip", "client_ip", "true_client_ip", "cf_connecting_ip")
    with serving(database_url, tmp_path) as server:
        assert tries_until_refused(server, spoofs) == 30
        assert server.status("GET", "/metrics", x_forwarded_for="127.0.0.1") == 404
    with serving(database_url, tmp_path, RENQING_TRUSTED_PROXIES="127.0.0.1") as server:
        said = {"x_forwarded_for": "203.0.113.9"}  # what the proxy adds stands last
        for n in range(30):
            spoofed = {"x_forwarded_for": f"198.51.100.{n}, {said['x_forwarded_for']}"}
            assert ask_for_code(server, n, **spoofed) in (200, 201)
        assert ask_for_code(server, 30, x_forwarded_for="198.51.100.77, 203.0.113.9") == 429
        assert ask_for_code(server, 31, x_forwarded_for="203.0.113.10") in (200, 201)


def ask_for_code(server: Serving, n: int, **headers: str) -> int:
    body = json.dumps({"phone": f"138000{n:05d}"}).encode()
    asked = {"content_type": "application/json", "idempotency_key": f"code-{n}"}
    return server.status("POST", "/v1/sign-in-codes", body, **asked, **headers)


def tries_until_refused(server: Serving, spoofs: tuple[str, ...]) -> int:
    for n in range(100):
        if ask_for_code(server, n, **dict.fromkeys(spoofs, f"203.0.113.{n}")) == 429:
            return n
    raise AssertionError("nobody was refused")
