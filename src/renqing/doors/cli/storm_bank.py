"""What a storm needs of the payment company that it plays against."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from renqing.foundation.clock import Clock
from renqing.foundation.ids import Ids
from renqing.trade.payments.ports import PaymentChannel

Hear = Callable[[Mapping[str, str], bytes], Awaitable[int]]


class Movement(Protocol):
    """Money that moved at the bank: a payment is above zero, a refund below."""

    @property
    def intent_id(self) -> str: ...

    @property
    def refund_id(self) -> str | None: ...

    @property
    def amount(self) -> int: ...


class StormBank(Protocol):
    """A whole bank with its own books, in this process."""

    @property
    def channel(self) -> PaymentChannel: ...

    async def pay(self, intent_id: int) -> bool:
        """The person pays at the cashier; False where there is nothing to pay any more."""
        ...

    async def switch(self, changes: Mapping[str, Any], intent_id: int | None = None) -> None: ...

    async def deliver(self) -> int:
        """Try every callback that is due; how many tries."""
        ...

    def movements(self) -> Sequence[Movement]: ...

    def restart(self) -> None: ...

    def close(self) -> None: ...


class OpenBank(Protocol):
    """Makes a bank whose books are in ``file``; ``hear`` is given its callbacks and answers their status."""

    def __call__(self, file: Path, *, clock: Clock, ids: Ids, hear: Hear) -> StormBank: ...
