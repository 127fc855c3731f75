"""The end of a history: everything is healed and drained, and then nothing may be left to explain.

The bank is honest again and every letter arrives; time passes until no deadline is left. Then our own check finds
nothing, our clearing account and the bank's statement agree line by line, and nothing is pending past its deadline.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from renqing.doors.cli.storming.history import History, Surprise
from renqing.doors.cli.storming.listening import TAKES, differs
from renqing.doors.cli.storming.model import GIVEN_BACK
from renqing.doors.cli.storming.stage import POISON
from renqing.doors.cli.storming.town import switch_on
from renqing.doors.cli.storming.weather import Deed
from renqing.views.check import check

_WAITS = (*(timedelta(minutes=10),) * 4, *(timedelta(hours=7),) * 4, *(timedelta(days=2),) * 24)
_PENDING = """
    SELECT (SELECT count(*) FROM timer WHERE set_aside_at IS NULL AND kind <> 'forget_webhooks')
         + (SELECT count(*) FROM outbox_fact WHERE told_at IS NULL)
         + (SELECT count(*) FROM payment_refund WHERE state <> 'done')
         + (SELECT count(*) FROM webhook_delivery WHERE state <> 'delivered')"""
_LEFT = """
    SELECT string_agg(what, E'\\n' ORDER BY what) FROM (
      SELECT 'timer ' || kind || ' ' || key || ' due ' || due_at || ': ' || coalesce(last_error, '') AS what
        FROM timer WHERE set_aside_at IS NULL AND kind <> 'forget_webhooks'
      UNION ALL SELECT 'timer set aside ' || kind || ': ' || coalesce(last_error, '')
        FROM timer WHERE set_aside_at IS NOT NULL AND kind <> $1
      UNION ALL SELECT 'fact ' || kind || ': ' || coalesce(last_error, '') FROM outbox_fact WHERE told_at IS NULL
      UNION ALL SELECT 'delivery ' || event_id || ' ' || state || ' of endpoint ' || endpoint_id
        FROM webhook_delivery WHERE state <> 'delivered'
      UNION ALL SELECT 'refund ' || id || ' ' || state FROM payment_refund WHERE state <> 'done'
      UNION ALL SELECT 'intent ' || id || ' asked and open' FROM payment_intent WHERE state = 'open'
      UNION ALL SELECT 'order ' || id || ' in state ' || state FROM order_order WHERE state IN (10, 12, 30)
      UNION ALL SELECT 'gift ' || id || ' in state ' || state FROM gift_gift WHERE state IN (0, 10, 180)
      UNION ALL SELECT 'case ' || id || ' ' || state FROM aftersale_case WHERE state IN ('MERCHANT_PROCESSING',
          'USER_WAIT_RETURN', 'MERCHANT_WAIT_RECEIPT', 'PLATFORM_REFUNDING')) x"""
_CLEARING = """
    SELECT string_agg(e.key || ' ' || -p.amount, ',' ORDER BY e.key) FROM ledger_posting p
      JOIN ledger_entry e ON e.id = p.entry_id JOIN ledger_account a ON a.id = p.account_id
     WHERE a.kind = 'clearing'"""


async def heal(history: History) -> None:
    """Let everything come to rest, and hold it to everything that was promised. Raises Surprise."""
    try:
        await _come_to_rest(history)
    except Surprise:
        raise
    except Exception as failure:
        raise history.surprise(f"healing broke: {failure!r}") from failure
    left = await history.stage.observer.ask(_LEFT, POISON)
    if left:
        raise history.surprise(f"left pending:\n{left}")
    history.fired["rest_of_many_given_back"] += sum(
        order.gift is not None and order.gift.state == GIVEN_BACK and bool(order.gift.claimers)
        for order in history.world.orders.values()
    )
    await _books_are_right(history)
    await _bank_agrees(history)
    for program in history.stage.programs.everybody.values():
        why = differs(program, history.world.orders.values())
        if why:
            raise history.surprise(f"{program.url}: {why}")


async def _come_to_rest(history: History) -> None:
    stage = history.stage
    await stage.bank.switch({})
    programs = stage.programs.everybody.values()
    for program in programs:
        program.mood = TAKES
    history.note("--- healed")
    for wait in _WAITS:
        await switch_on(stage.ground, [program.endpoint_id for program in programs], replay=True)
        stage.clock.machine.move(wait)
        await history.post.deliver()
        await history.settle([history.world], moves_alone=True)
        await history.work(Deed("work"))
        if not await stage.observer.ask(_PENDING):
            break


async def _books_are_right(history: History) -> None:
    wrong = {found.id: found.shown for found in (await check(history.stage.ground)).findings if not found.holds}
    if wrong:
        raise history.surprise(f"renqing check differs: {wrong}")


async def _bank_agrees(history: History) -> None:
    """Every line of the bank's statement is one posting of our clearing account, and the other way round."""
    orders = {str(order.intent_id): order.id for order in history.world.orders.values()}
    theirs = Counter(
        f"paid:{orders.get(line.intent_id)} {line.amount}"
        if line.refund_id is None
        else f"refunded:{line.refund_id} {line.amount}"
        for line in history.stage.bank.movements()
    )
    ours = Counter((await history.stage.observer.ask(_CLEARING) or "").split(","))
    ours.pop("", None)
    if ours != theirs:
        raise history.surprise(f"bank and clearing differ: {theirs - ours} only there, {ours - theirs} only here")
