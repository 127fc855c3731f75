"""Which addresses of other machines this house may call, and how an address that people type must look. Pure.

An address that somebody else chose is a way into the operator's own network (server-side request forgery), so the rule
is what may be called, not what may not: a plain https address of a public machine. Each part is judged as it is
written here, strictly, since every library reads what is odd in a way of its own: `127.1`, `0x7f.1`, `2130706433` and
`[::ffff:10.0.0.1]` are all somebody's loopback or inside.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

URL_CHARACTERS_MAX = 500
PORTS = frozenset({443, 8443})
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)", re.ASCII)  # a last label like this makes some resolvers read an address
_PLAIN = re.compile(r"[!-~]+", re.ASCII)
_OUR_OWN_NAMES = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "arpa",
    "test",
    "invalid",
    "onion",
)
_LOOPBACKS = frozenset({"127.0.0.1", "::1", "localhost"})

# What the registries call global and is still no machine of somebody else's.
_NOT_FOR_US_V4 = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, of which some count as global
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("168.63.129.16/32"),  # Azure's metadata and health service
)
_UNICAST_V6 = IPv6Network("2000::/3")  # what is handed out; NAT64, mapped and compatible addresses lie outside
_NOT_FOR_US_V6 = (
    IPv6Network("2001::/23"),  # protocol assignments: Teredo, ORCHID, benchmarks
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4: an IPv4 address in disguise
    IPv6Network("2620:4f:8000::/48"),  # AS112, answers for private addresses
    IPv6Network("3fff::/20"),  # documentation
)


class UrlRefused(Exception):
    """This address is not called. ``reason`` is a word of the catalogue: characters, scheme, port, host, inside."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Target(NamedTuple):
    """A machine to call, and whether TLS speaks for its name. ``target`` is the path with its query."""

    tls: bool
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The ``Host`` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def is_public(address: str) -> bool:
    """Whether an IP address, spelled as a resolver answers it, is a public machine's."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not any(ip in net for net in _NOT_FOR_US_V4)
    return _is_public_v6(ip)


def _is_public_v6(ip: IPv6Address) -> bool:
    return ip.scope_id is None and ip in _UNICAST_V6 and ip.is_global and not any(ip in net for net in _NOT_FOR_US_V6)


def judge_url(url: str, *, loopback: bool = False) -> Target:
    """Where an address leads. ``loopback``: plain http to this machine is allowed too (demo, tests). Raises UrlRefused.

    A name is judged as a name here; what it resolves to is judged by whoever connects, each time.
    """
    if not _PLAIN.fullmatch(url) or len(url) > URL_CHARACTERS_MAX or "\\" in url:
        raise UrlRefused("characters")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or ""), parts.port
    except ValueError as odd:
        raise UrlRefused("host") from odd
    if parts.scheme not in ("https", "http"):
        raise UrlRefused("scheme")
    if "@" in parts.netloc or "%" in parts.netloc or parts.fragment:
        raise UrlRefused("characters")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if loopback and host in _LOOPBACKS:
        tls = parts.scheme == "https"
        return Target(tls, host, port or (443 if tls else 80), target)
    if parts.scheme != "https":
        raise UrlRefused("scheme")
    if (port or 443) not in PORTS:
        raise UrlRefused("port")
    _judge_host(host)
    return Target(tls=True, host=host, port=port or 443, target=target)


def _judge_host(host: str) -> None:
    """A public IP address in its usual spelling, or a name of two labels or more that no resolver takes for one."""
    try:
        ip_address(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
        if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or _NUMBER.fullmatch(labels[-1]):
            raise UrlRefused("host") from None
        if len(labels) < 2 or labels[-1] in _OUR_OWN_NAMES:
            raise UrlRefused("inside") from None
    else:
        if not is_public(host):
            raise UrlRefused("inside")
