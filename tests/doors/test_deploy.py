"""What is shipped for deployment works: nginx before a real house, the units, and the container's steps."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from patience import until
from upkeep import free_port

from renqing.foundation.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="deployment is described for Linux")


class Proxied:
    """A house behind nginx, as a browser reaches it."""

    def __init__(self, url: str, plain_url: str, house_port: int, certificate: Path) -> None:
        self.url, self.plain_url, self.house_port = url, plain_url, house_port
        self.trust = ssl.create_default_context(cafile=str(certificate))

    def client(self, **asked: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.trust, trust_env=False, timeout=20, headers=asked)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key


def configuration(folder: Path, ports: dict[str, int], certificate: Path, key: Path) -> Path:
    """The shipped file with this test's ports, name and certificate, in an nginx of its own."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    replaced = {
        r"listen \[::\]:\d+[^;]*;": "",
        r"listen 80;": f"listen 127.0.0.1:{ports['plain']};",
        r"listen 443 ": f"listen 127.0.0.1:{ports['tls']} ",
        r"127\.0\.0\.1:8420": f"127.0.0.1:{ports['house']}",
        r"shop\.example\.com": "127.0.0.1",
        r"/etc/ssl/renqing/fullchain\.pem": str(certificate),
        r"/etc/ssl/renqing/privkey\.pem": str(key),
    }
    for pattern, by in replaced.items():
        text, found = re.subn(pattern, by, text)
        assert found or "[" in pattern, pattern
    whole = folder / "whole.conf"
    whole.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n"
        f"access_log off;\n"
        + "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + f"{text}\n}}\n",
        encoding="utf-8",
    )
    return whole


@pytest.fixture(scope="module")
def proxied(up_in, folder) -> Iterator[Proxied]:
    if not Path(NGINX).exists():
        pytest.skip("nginx is not installed")
    ports = {"plain": free_port(), "tls": free_port(), "house": free_port()}
    url = f"https://127.0.0.1:{ports['tls']}"
    certificate, key = make_certificate(folder)
    house = up_in("proxied", ports["house"], RENQING_PUBLIC_URL=url, RENQING_TRUSTED_PROXIES="127.0.0.1").start()
    whole = configuration(folder, {**ports, "house": house.wait_until_up().port}, certificate, key)
    subprocess.run([NGINX, "-t", "-c", str(whole)], check=True, capture_output=True)
    nginx = subprocess.Popen([NGINX, "-c", str(whole)])
    try:
        made = Proxied(url, f"http://127.0.0.1:{ports['plain']}", house.port, certificate)
        with made.client() as client:
            until(lambda: _answers(client))
        yield made
    finally:
        nginx.terminate()
        nginx.wait(10)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def sign_in(client: httpx.Client) -> str:
    person = client.get("/v1/demo/people").json()[0]
    said = client.post("/v1/demo/sign-ins", json={"person_id": person["id"]}, headers={"idempotency-key": "in"})
    assert said.status_code == 201, said.text
    return str(said.json()["token"])


def test_people_reach_the_pages_over_tls_alone(proxied):
    assert httpx.get(f"{proxied.plain_url}/", trust_env=False).headers["location"] == "https://127.0.0.1/"
    with proxied.client(accept="text/html") as client:
        page = client.get("/")
        assert page.status_code == 200 and "strict-transport-security" in page.headers
        assert not re.findall(r"http://127\.0\.0\.1", page.text)


def test_a_form_of_our_own_page_is_taken_and_anothers_is_refused(proxied):
    with proxied.client() as client:
        token = sign_in(client)
        asked = {"authorization": f"Bearer {token}", "idempotency-key": "own"}
        path, body = "/v1/notices/reading", {"up_to": "1"}
        assert client.post(path, json=body, headers={**asked, "origin": proxied.url}).status_code == 200
        assert client.post(path, json=body, headers={**asked, "origin": "https://elsewhere.example"}).status_code == 403


def test_the_live_stream_is_passed_on_at_once(proxied):
    with proxied.client() as client:
        token = sign_in(client)
        with client.stream("GET", "/v1/live", headers={"authorization": f"Bearer {token}"}) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert "event: hello" in next(stream.iter_text())


def test_the_measures_are_not_for_the_world(proxied):
    with proxied.client() as client:
        assert client.get("/metrics").status_code == 404
    assert httpx.get(f"http://127.0.0.1:{proxied.house_port}/metrics", trust_env=False).status_code == 200


def test_a_caller_cannot_claim_to_be_somebody_else(proxied):
    statuses = []
    with proxied.client() as client:
        for n in range(40):
            claims = {"x-forwarded-for": f"203.0.113.{n}", "x-real-ip": f"203.0.113.{n}", "idempotency-key": f"c{n}"}
            asked = {"phone": f"+86138{n:08d}"}
            statuses.append(client.post("/v1/sign-in-codes", json=asked, headers=claims).status_code)
    assert 429 in statuses and statuses.count(429) >= 40 - 30, statuses


def test_what_is_too_large_stops_at_the_proxy_and_callbacks_reach_the_house(proxied):
    with proxied.client() as client:
        assert client.post("/v1/orders", content=b"x" * 1_200_000).status_code == 413
        forged = client.post("/callbacks/payments/sandbox", content=b"{}")
        assert (forged.status_code, forged.json()["code"]) == (401, "callback_forged")


def test_the_units_are_understood(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text(encoding="utf-8").replace("/opt/renqing/.venv/bin/renqing", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    said = subprocess.run(
        [program, "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stderr) == (0, "")


def test_what_is_deployed_is_what_is_tested():
    """The lock without the tools holds the same versions, by the same hashes."""
    tested = (DEPLOY.parent / "requirements.lock").read_text(encoding="utf-8").splitlines()
    deployed = (DEPLOY / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert set(deployed) <= set(tested) and len(deployed) < len(tested)


def test_every_setting_that_is_shipped_exists():
    known = set(Settings.__struct_fields__)
    for file in (DEPLOY / "renqing.env", DEPLOY / "Containerfile", DEPLOY / "systemd/renqing.service"):
        for name in re.findall(r"RENQING_(\w+)=", file.read_text(encoding="utf-8")):
            assert name.lower() in known, (file.name, name)
