"""``renqing sandbox``: the sandbox bank, a payment company of its own to try things out with."""

from __future__ import annotations

import socket
from typing import Annotated

import typer
import uvicorn

from renqing.doors.cli.ports import WAITING_CONNECTIONS_MAX, listen
from renqing.doors.cli.terminal import refuse, safe_settings, words
from renqing.foundation.logs import set_up_logs

# By name: the bank is a program of its own, and no door knows a provider.
APPLICATION = "renqing.providers.sandbox_channel.bank.app:from_environment"
IDLE_SECONDS_MAX = 75
LEAVE_SECONDS_MAX = 3


def sandbox(
    fd: Annotated[
        int | None, typer.Option(help="A listening socket that was inherited. Without it: host and sandbox port.")
    ] = None,
) -> None:
    """Run the sandbox bank: a cashier page, signed callbacks, and switches that make it misbehave. Never real money."""
    settings = safe_settings()
    if settings.mode == "production":
        refuse(words("cli.sandbox.production"))
    if not settings.sandbox_secret.strip(" ,"):
        refuse(words("cli.sandbox.no_secret"))
    set_up_logs(process="sandbox", level=settings.log_level)
    listening = listen(settings.host, settings.sandbox_port) if fd is None else socket.socket(fileno=fd)
    config = uvicorn.Config(
        APPLICATION,
        factory=True,
        loop="uvloop",
        http="httptools",
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
    uvicorn.Server(config).run(sockets=[listening])
