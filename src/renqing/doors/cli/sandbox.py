"""``renqing sandbox``: the sandbox bank, a payment company of its own to try things out with."""

from __future__ import annotations

import socket

import uvicorn

from renqing.doors.cli.plain import end, settings_or_end, words
from renqing.doors.cli.ports import WAITING_CONNECTIONS_MAX, listen
from renqing.doors.cli.readiness import say_ready
from renqing.doors.one_piece import InOnePiece
from renqing.foundation.logs import set_up_logs

# By name: the bank is a program of its own, and no door knows a provider.
APPLICATION = "renqing.providers.sandbox_channel.bank.app:from_environment"
IDLE_SECONDS_MAX = 75
LEAVE_SECONDS_MAX = 3


def sandbox(fd: int | None = None) -> None:
    """Run the sandbox bank: a cashier page, signed callbacks, and switches that make it misbehave. Never real money.

    With --fd it listens on a socket that it inherited, without it on the host and sandbox port of the settings.
    """
    settings = settings_or_end()
    if settings.mode == "production":
        end(words("cli.sandbox.production"))
    if not settings.sandbox_secret.strip(" ,"):
        end(words("cli.sandbox.no_secret"))
    set_up_logs(process="sandbox", level=settings.log_level)
    listening = listen(settings.host, settings.sandbox_port) if fd is None else socket.socket(fileno=fd)
    config = uvicorn.Config(
        APPLICATION,
        factory=True,
        loop="uvloop",
        http=InOnePiece,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=WAITING_CONNECTIONS_MAX,
        timeout_keep_alive=IDLE_SECONDS_MAX,
        timeout_graceful_shutdown=LEAVE_SECONDS_MAX,
    )
    _Bank(config).run(sockets=[listening])


class _Bank(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        say_ready()
