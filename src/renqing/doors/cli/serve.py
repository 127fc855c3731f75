"""``renqing serve``: one server process. ``renqing up`` starts as many as the settings say, on one shared socket."""

from __future__ import annotations

import resource
import socket

import uvicorn

from renqing.doors.cli.plain import settings_or_end
from renqing.doors.cli.ports import WAITING_CONNECTIONS_MAX, listen
from renqing.doors.cli.readiness import say_ready
from renqing.doors.leaving import LastAnswers, LeavingServer
from renqing.foundation.logs import set_up_logs

# By name: the roof is above the doors, and only a server process needs it.
APPLICATION = "renqing.main:create_app_from_environment"
CONNECTIONS_MAX = 10_000  # open event streams count too; there are fewer of them (live.STREAMS_MAX)
FILES_BESIDE_CONNECTIONS = 256  # to PostgreSQL, to channels, logs
IDLE_SECONDS_MAX = 75  # longer than the usual reverse proxy keeps a connection, so that it is the proxy who closes
LEAVE_SECONDS_MAX = 3


def serve(fd: int | None = None) -> None:
    """Answer requests: the pages, the /v1 interface and callbacks. Behind a process manager, or by `renqing up`.

    With --fd it listens on a socket that it inherited, without it on the host and port of the settings.
    """
    settings = settings_or_end()
    set_up_logs(process="server", level=settings.log_level)
    _allow_open_files()
    listening = listen(settings.host, settings.port) if fd is None else socket.socket(fileno=fd)
    config = uvicorn.Config(
        APPLICATION,
        factory=True,
        loop="uvloop",
        http=LastAnswers,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        backlog=WAITING_CONNECTIONS_MAX,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=IDLE_SECONDS_MAX,
        timeout_graceful_shutdown=LEAVE_SECONDS_MAX,
    )
    server = LeavingServer(config, seconds_max=settings.request_seconds_max, when_ready=say_ready)
    server.run(sockets=[listening])


def _allow_open_files() -> None:
    """Take as many open files as connections may need, where the system lets us: it usually begins at 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + FILES_BESIDE_CONNECTIONS
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
