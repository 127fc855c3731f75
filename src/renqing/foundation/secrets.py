"""Sealed personal fields and keyed hashes. Keys live outside the database.

A sealed field is ``key number (1 byte) | nonce (12) | AES-256-GCM``, bound to its table, column and row, so
that a value moved to another row does not open. A keyed hash finds a row by a value that the table does not hold.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from renqing.foundation.ids import random_bytes

_NONCE_BYTES = 12
_KEY_BYTES = 32
_KEYS_READY_MAX = 32  # secrets of a house: sealing and hashing keys, a channel's old and new one


class SealBroken(Exception):
    """A sealed value does not open: tampered with, moved to another row, or its key is gone."""


@dataclass(frozen=True, slots=True)
class Keys:
    """``sealing`` by number (the highest seals, all open), and the key of keyed hashes."""

    sealing: dict[int, bytes]
    hashing: bytes

    def seal(self, plain: str, *, place: str, row: int) -> bytes:
        """Seal text for ``place`` (``table.column``) of ``row``."""
        number = max(self.sealing)
        nonce = random_bytes(_NONCE_BYTES)
        bound = f"{place}:{row}".encode()
        return bytes([number]) + nonce + _cipher(self.sealing[number]).encrypt(nonce, plain.encode(), bound)

    def open(self, sealed: bytes, *, place: str, row: int) -> str:
        """What was sealed for exactly this place and row. Raises SealBroken."""
        key = self.sealing.get(sealed[0]) if len(sealed) > _NONCE_BYTES else None
        if key is None:
            raise SealBroken(place)
        nonce, cipher = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return _cipher(key).decrypt(nonce, cipher, f"{place}:{row}".encode()).decode()
        except InvalidTag as broken:
            raise SealBroken(place) from broken

    def keyed_hash(self, purpose: str, value: str) -> bytes:
        """32 bytes that stand for a secret or personal value; another purpose gives other bytes."""
        return keyed_mac(self.hashing, f"{purpose}\0{value}".encode())


def keyed_mac(key: bytes, said: bytes) -> bytes:
    """HMAC-SHA256 by a key of the house's. Making a key ready costs twice what hashing a few words with it does."""
    mac = _ready_mac(key).copy()
    mac.update(said)
    return mac.digest()


@lru_cache(_KEYS_READY_MAX)
def _ready_mac(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")


@lru_cache(_KEYS_READY_MAX)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def same_bytes(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)


def fresh_keys() -> Keys:
    """New random keys: a first start in demo mode, and tests."""
    return Keys({1: random_bytes(_KEY_BYTES)}, random_bytes(_KEY_BYTES))


def write_keys(keys: Keys, file: Path) -> None:
    """Write a key file that only its owner can read: ``seal 1 BASE64`` and ``hash BASE64`` lines."""
    lines = [f"seal {number} {base64.b64encode(key).decode()}" for number, key in sorted(keys.sealing.items())]
    lines.append(f"hash {base64.b64encode(keys.hashing).decode()}")
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_keys(file: Path) -> Keys:
    """Read a key file. Raises ValueError with the line that is wrong."""
    sealing: dict[int, bytes] = {}
    hashing = b""
    for place, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            number, key = _read_line(line)
        except ValueError as wrong:
            raise ValueError(f"{file}, line {place}: expected 'seal NUMBER KEY' or 'hash KEY' in base64") from wrong
        if number is None:
            hashing = key
        else:
            sealing[number] = key
    if not sealing or not hashing or any(len(key) != _KEY_BYTES for key in (*sealing.values(), hashing)):
        raise ValueError(f"{file}: needs at least one sealing key and one hash key of {_KEY_BYTES} bytes each")
    return Keys(sealing, hashing)


def _read_line(line: str) -> tuple[int | None, bytes]:
    """A sealing key with its number, or the hash key with none. Raises ValueError."""
    match line.split():
        case ["seal", number, key]:
            return int(number), base64.b64decode(key, validate=True)
        case ["hash", key]:
            return None, base64.b64decode(key, validate=True)
        case _:
            raise ValueError("neither of the two")
