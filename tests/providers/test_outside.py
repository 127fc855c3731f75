"""The one way out to addresses that somebody else chose, against servers, resolvers and certificates that mean harm."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from renqing.providers.outside import GuardedOutside, resolve
from renqing.trade.webhooks.ports import ANSWER_BYTES_MAX, OutsideFailed

NAME = "hooks.example.com"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """Answers every connection with the same bytes, and keeps what it was sent."""

    def __init__(self, answer: bytes, *, then: bytes = b"", is_endless: bool = False, hangs: bool = False) -> None:
        self.answer, self.then, self.is_endless, self.hangs = answer, then, is_endless, hangs
        self.asked: list[bytes] = []
        self.sent = 0
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self.asked.append(head + await reader.readexactly(length))
            writer.write(self.answer)
            await writer.drain()
            while self.is_endless:
                writer.write(self.then)
                self.sent += len(self.then)
                await writer.drain()
                await asyncio.sleep(0)
            if self.hangs:
                await reader.read()
        writer.close()


@contextlib.asynccontextmanager
async def serving(server: Server, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    listener = await asyncio.start_server(server, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


def here(server: Server, path: str = "/hooks") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


async def fails(outside: GuardedOutside, url: str) -> str:
    with pytest.raises(OutsideFailed) as failed:
        await outside.post(url, {"content-type": "application/json"}, b"{}")
    return failed.value.why


def answering(*addresses: list[str]):
    """A resolver whose answers change from one time to the next."""
    asked = []

    async def answer(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return addresses[min(len(asked), len(addresses)) - 1]

    answer.asked = asked
    return answer


# what is sent --------------------------------------------------------------------------------------------------------
async def test_a_body_is_posted_as_it_is_and_the_status_told():
    async with serving(Server(OK)) as server:
        assert await GuardedOutside(loopback=True).post(here(server, "/a?b=c"), {"x-y": "z"}, "名".encode()) == 200
    (asked,) = server.asked
    assert asked.startswith(b"POST /a?b=c HTTP/1.1\r\n") and asked.endswith("\r\n\r\n名".encode())
    assert f"\r\nhost: 127.0.0.1:{server.port}\r\n".encode() in asked and b"\r\nx-y: z\r\n" in asked


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 503),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 202),
        (b"HTTP/1.0 200\r\n\r\nuntil the end", 200),
    ],
)
async def test_answers_of_every_shape_are_understood(answer, status):
    hangs = status in (204, 503, 202)
    async with serving(Server(answer, hangs=hangs)) as server:
        assert await GuardedOutside(loopback=True, seconds_max=3).post(here(server), {}, b"{}") == status


async def test_no_proxy_is_taken_from_the_environment(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with serving(Server(OK)) as server:
        assert await GuardedOutside(loopback=True).post(here(server), {}, b"{}") == 200


# where it leads ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_told_as_it_is_and_not_followed(status):
    async with serving(Server(OK)) as inside:
        leads = f"HTTP/1.1 {status} Found\r\nlocation: {here(inside)}\r\ncontent-length: 0\r\n\r\n".encode()
        async with serving(Server(leads)) as server:
            assert await GuardedOutside(loopback=True).post(here(server), {}, b"{}") == status
        assert inside.asked == []


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://127.1:{port}/",
            "http://2130706433:{port}/",
            "http://0x7f000001:{port}/",
            "http://017700000001:{port}/",
        ),
        *("https://127.0.0.1:{port}@hooks.example.com/", "http://[::ffff:127.0.0.1]:{port}/", "http://0.0.0.0:{port}/"),
        *("file:///etc/passwd", "gopher://127.0.0.1:{port}/", "http://hooks.example.com:{port}/", "https://10.0.0.1/"),
        *("https://169.254.169.254/", "http://127.0.0.1:{port}/\r\nx: y", "ftp://127.0.0.1:{port}/"),
    ],
)
async def test_an_address_that_leads_inside_is_refused_before_anybody_is_asked(url):
    resolver = answering(["127.0.0.1"])
    async with serving(Server(OK)) as server:
        assert await fails(GuardedOutside(loopback=True, resolver=resolver), url.format(port=server.port)) == "refused"
    assert server.asked == [] and resolver.asked == []


async def test_in_production_not_even_this_machine_is_called():
    async with serving(Server(OK)) as server:
        for url in (here(server), f"https://127.0.0.1:{server.port}/", f"http://localhost:{server.port}/"):
            assert await fails(GuardedOutside(loopback=False), url) == "refused"
    assert server.asked == []


@pytest.mark.parametrize(
    "found",
    [
        *(["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"], ["fd00:ec2::254"]),
        *(
            ["100.64.0.9"],
            ["64:ff9b::a00:1"],
            ["2002:7f00:1::"],
            ["8.8.8.8", "10.0.0.1"],
            ["0.0.0.0"],  # noqa: S104 - an address to refuse
            ["fe80::1%eth0"],
        ),
    ],
    ids=str,
)
async def test_a_name_that_leads_inside_by_one_of_its_addresses_is_not_called(found):
    outside = GuardedOutside(loopback=True, resolver=answering(found))
    assert await fails(outside, f"https://{NAME}/") == "inside"


async def test_a_name_of_this_machine_leads_to_this_machine_alone():
    outside = GuardedOutside(loopback=True, resolver=answering(["10.0.0.1"]))
    assert await fails(outside, "http://localhost:9000/") == "inside"


async def test_a_name_that_answers_differently_a_moment_later_is_resolved_once_and_its_first_answer_called(monkeypatch):
    called = []

    async def connect(host, port, **_how):
        called.append((host, port))
        raise ConnectionRefusedError

    monkeypatch.setattr("renqing.providers.outside.asyncio.open_connection", connect)
    resolver = answering(["93.184.216.34", "2606:4700:4700::1111"], ["127.0.0.1"])
    outside = GuardedOutside(loopback=False, resolver=resolver)
    assert await fails(outside, f"https://{NAME}:8443/") == "connect"
    assert called == [("93.184.216.34", 8443), ("2606:4700:4700::1111", 8443)] and resolver.asked == [(NAME, 8443)]
    assert await fails(outside, f"https://{NAME}/") == "inside"
    assert len(called) == 2


@pytest.mark.parametrize("trouble", [OSError("no such name"), UnicodeError("label too long")], ids=str)
async def test_a_name_that_nobody_knows_is_said_to_be_unknown(trouble):
    async def answer(_host, _port):
        raise trouble

    assert await fails(GuardedOutside(loopback=False, resolver=answer), f"https://{NAME}/") == "dns"
    assert await fails(GuardedOutside(loopback=False, resolver=answering([])), f"https://{NAME}/") == "dns"


async def test_this_machines_resolver_answers_numbers():
    assert set(await resolve("localhost", 443)) <= {"127.0.0.1", "::1"}


# who answers ---------------------------------------------------------------------------------------------------------
def certificate(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for a name, and a client's that trusts whoever signed it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_general(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return pem + secret, pem  # type: ignore[return-value]


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def contexts(tmp_path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    whole, pem = certificate(name)
    file = tmp_path / "server.pem"
    file.write_bytes(whole)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=pem.decode())


async def test_tls_is_verified_against_the_name_though_a_number_is_called(tmp_path, monkeypatch):
    theirs, ours = contexts(tmp_path, NAME)
    server = Server(OK)
    opened = asyncio.open_connection

    async def connect(_public, _port, **how):
        return await opened("127.0.0.1", server.port, **how)

    async with serving(server, theirs):
        monkeypatch.setattr("renqing.providers.outside.asyncio.open_connection", connect)
        outside = GuardedOutside(loopback=False, resolver=answering(["93.184.216.34"]), tls=ours)
        assert await outside.post(f"https://{NAME}/x", {}, b"{}") == 200
        assert f"\r\nhost: {NAME}\r\n".encode() in server.asked[0]
        assert await fails(outside, "https://other.example.com/x") == "tls"
        strangers = GuardedOutside(loopback=False, resolver=answering(["93.184.216.34"]))
        assert await fails(strangers, f"https://{NAME}/x") == "tls"
    assert len(server.asked) == 1


# how long and how much -----------------------------------------------------------------------------------------------
async def test_whoever_says_nothing_or_goes_on_for_ever_is_left_in_time():
    outside = GuardedOutside(loopback=True, seconds_max=0.3)
    for answer in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1"):
        async with serving(Server(answer, hangs=True)) as server:
            assert await fails(outside, here(server)) == "slow"
    async with serving(Server(b"HTTP/1.1 200 OK\r\nx: ", then=b"y\r\nx: ", is_endless=True)) as server:
        assert await fails(outside, here(server)) in ("broken", "slow")


async def test_an_endless_body_is_read_to_its_limit_and_no_further():
    async with serving(Server(b"HTTP/1.1 200 OK\r\n\r\n", then=b"x" * 1000, is_endless=True)) as server:
        assert await GuardedOutside(loopback=True).post(here(server), {}, b"{}") == 200
    assert server.sent < 100 * ANSWER_BYTES_MAX


@pytest.mark.parametrize(
    "answer",
    [
        *(
            b"",
            b"SSH-2.0-OpenSSH\r\n\r\n",
            b"HTTP/1.1 2OO OK\r\n\r\n",
            b"HTTP/1.1 200OK\r\n\r\n",
            b"HTTP/2 200\r\n\r\n",
        ),
        *(b"HTTP/1.1 099 x\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 9, b"x" * 20_000),
    ],
    ids=lambda answer: str(answer[:30]),
)
async def test_what_is_no_answer_is_none(answer):
    async with serving(Server(answer)) as server:
        assert await fails(GuardedOutside(loopback=True, seconds_max=2), here(server)) == "broken"


async def test_nobody_there_is_told_as_it_is():
    async with serving(Server(OK)) as server:
        pass
    assert await fails(GuardedOutside(loopback=True), here(server)) == "connect"
