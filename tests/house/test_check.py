"""For every invariant a planted fault that exactly this check finds, on a town where every story was told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import timedelta

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from conftest import NOON, TEMPLATE, TEST_KEYS
from outside import listen
from planted_borne import BELOW_ZERO, BORNE
from planted_choices import CHOSEN
from planted_claims import KEPT, PASSED_ON
from planted_draws import DRAWN, WON
from planted_funds import FUNDS
from planted_kept import KEPT_FOR
from planted_late import LATE
from planted_lucky import LUCKY
from planted_sets import SETS
from planted_surcharges import SURCHARGED
from planted_words import WORDS
from planted_yearly import YEARLY
from stories import tell_all
from town import Town, build_town, place

from renqing.books import people
from renqing.foundation import checks
from renqing.foundation.clock import SetClock
from renqing.foundation.database import Database, Snapshot, open_pool
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.foundation.ids import SeededIds
from renqing.foundation.settings import Settings
from renqing.foundation.text import catalogue
from renqing.journeys.keep_a_check import KeepACheck, keep_a_check
from renqing.providers.postgres import EmbeddedPostgres
from renqing.views.check import ALL, InvariantUnknown, check
from renqing.views.check.invariant import Law
from renqing.views.last_check import last_check

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKED = [
    *("M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M13"),
    *("S1", "S2", "S3", "S4", "S5", "S6"),
    *("G1", "G2", "G3", "G5", "G6", "G7", "G8", "G9", "G21", "G22"),
    *("G4", "G11", "G24", "G12", "G23", "G25", "G27", "G28", "G13", "G26", "G14", "G15", "G16", "G17", "G18"),
    *("V1", "V2", "V3"),
    *("X1", "X2"),
    *("N1", "N5"),
]

# An entry that moves 100 fen between two accounts, true to every law of the ledger itself.
# Money goes to or comes from an account that nothing else says anything of.
_MOVES = """
    INSERT INTO ledger_account (id, owner_kind, owner_id, kind, currency, opened_at)
      VALUES (1, 'platform', 0, 'balance', 'CNY', now());
    INSERT INTO ledger_entry VALUES (1, 'planted', 'order', <order>, 0, 'planted', now());
    INSERT INTO ledger_posting
      SELECT 1, row_number() OVER (ORDER BY m.amount), a.id, a.currency, m.amount, a.balance + m.amount
        FROM (VALUES ('<away>', -100), ('<to>', 100)) AS m (kind, amount)
        JOIN ledger_account a ON a.owner_kind || ' ' || a.kind = m.kind;
    UPDATE ledger_account a SET balance = p.balance_after
      FROM ledger_posting p WHERE p.entry_id = 1 AND p.account_id = a.id
"""


def moves(order: str, away: str, to: str) -> str:
    """100 fen of an order go from one account to another."""
    return _MOVES.replace("<order>", order).replace("<away>", away).replace("<to>", to)


# id: {what somebody did to the data: how}. Triggers are off while it is planted, as a superuser's would be.
PLANTED: dict[str, dict[str, str]] = {
    "M1": {
        "a posting too many": """
            INSERT INTO ledger_account (id, owner_kind, owner_id, kind, currency, opened_at, balance)
              VALUES (1, 'platform', 0, 'balance', 'CNY', now(), 5);
            INSERT INTO ledger_posting SELECT id, 5, 1, 'CNY', 5, 5 FROM ledger_entry WHERE key = 'paid:<done>'""",
        "an entry without postings": "INSERT INTO ledger_entry VALUES (1, 'empty', 'test', 1, 0, 'empty', now())",
    },
    "M2": {
        "two postings that cancel out are gone": """
            DELETE FROM ledger_posting p USING ledger_entry e
             WHERE e.id = p.entry_id AND e.key = 'paid:<done>' AND n IN (2, 3)""",
    },
    "M3": {
        "a balance is raised": "UPDATE ledger_account SET balance = balance + 1 WHERE owner_kind = 'shop'",
        "a balance on the way is rewritten": """
            UPDATE ledger_posting p SET balance_after = p.balance_after + 1 FROM ledger_entry e
             WHERE e.id = p.entry_id AND e.key = 'paid:<done>' AND n = 4""",
        "a posting is rewritten together with its counterpart": """
            UPDATE ledger_posting p SET amount = amount + sign(amount) FROM ledger_entry e
             WHERE e.id = p.entry_id AND e.key = 'paid:<done>' AND n IN (2, 3)""",
    },
    "M4": {
        "more is held than its holds say": "UPDATE ledger_account SET held = held + 1 WHERE owner_kind = 'shop'",
        "a hold was let go by hand": "UPDATE ledger_hold SET state = 'released', ended_at = now() WHERE state = 'live'",
        "a shop may overdraw": "UPDATE ledger_account SET may_overdraw = true WHERE owner_kind = 'shop'",
        "more is held than is there": """
            ALTER TABLE ledger_account DROP CONSTRAINT no_overdraft;
            INSERT INTO ledger_hold SELECT 1, id, balance, 'planted', 1, 'live', now()
              FROM ledger_account WHERE owner_kind = 'shop';
            UPDATE ledger_account SET held = held + balance WHERE owner_kind = 'shop'""",
        "an account was below zero": BELOW_ZERO,
    },
    "M5": {
        "a line is worth more than its order says": """
            UPDATE order_line SET unit_price = unit_price + 1, amount = (unit_price + 1) * quantity
             WHERE order_id = <to_pay>""",
        "an amount is no whole number": "ALTER TABLE shipping_rate ALTER COLUMN fee TYPE numeric",
        "the platform takes more than its share": moves("<done>", "shop balance", "platform fee"),
        "a total that is not goods and freight": """
            ALTER TABLE order_order DROP CONSTRAINT order_order_check;
            UPDATE order_order SET freight_amount = 1 WHERE id = <to_pay>""",
        "an entry in another currency than its order": """
            UPDATE order_order SET currency = 'EUR' WHERE id = <late>;
            UPDATE payment_intent SET currency = 'EUR' WHERE order_id = <late>""",
    },
    "M6": {
        "charged twice": moves("<done>", "channel clearing", "platform balance"),
        "more is asked for than the order costs": """
            UPDATE payment_intent SET amount = amount + 1 WHERE order_id = <to_pay>""",
        "a refund that nobody booked is done": """
            UPDATE payment_refund SET state = 'done', done_at = now()
             WHERE cause_kind = 'gift' AND cause_id = <withdrawn>""",
        "a refund that was booked is forgotten": """
            UPDATE payment_refund SET state = 'due' WHERE cause_kind = 'gift' AND cause_id = <refused>""",
    },
    "M7": {
        "an order forgets what was refunded": "UPDATE order_order SET refunded_amount = 0 WHERE id = <refunded>",
    },
    "M8": {
        "escrow lost some of a gift": moves("<claimed_order>", "platform escrow", "platform balance"),
        "a waiting gift has no deadline": "DELETE FROM timer WHERE kind = 'expire_gift'",
        "its deadline was set aside": "UPDATE timer SET set_aside_at = now() WHERE kind = 'expire_gift'",
    },
    "M13": BORNE,
    "S1": {
        "pieces appear": "UPDATE stock_item SET on_hand = on_hand + 1 WHERE sku_id = <red>",
        "a movement is gone": "DELETE FROM stock_movement WHERE reason = 'received' AND sku_id = <red>",
    },
    "S2": {
        "held without a hold": "UPDATE stock_item SET held = held + 1 WHERE sku_id = <red>",
        "more is held than is there": """
            ALTER TABLE stock_item DROP CONSTRAINT no_oversell;
            INSERT INTO stock_movement SELECT 1, sku_id, held - 1 - on_hand, 'written_off', 'test', 1, 0, now()
              FROM stock_item WHERE sku_id = <dear>;
            UPDATE stock_item SET on_hand = held - 1 WHERE sku_id = <dear>""",
    },
    "S3": {
        "a released hold was taken too": """
            UPDATE stock_hold SET state = 'taken'
             WHERE id = (SELECT min(id) FROM stock_hold WHERE state = 'released')""",
        "pieces left for an order that held none": """
            UPDATE stock_movement SET cause_id = 1 WHERE reason = 'shipped' AND cause_id = <done>""",
    },
    "S4": {
        "a closed order still holds": """
            INSERT INTO stock_hold VALUES (1, <red>, <late>, 1, 'live', now());
            UPDATE stock_item SET held = held + 1 WHERE sku_id = <red>""",
    },
    "S5": {
        "an open order holds too much": """
            UPDATE stock_hold SET quantity = quantity + 1 WHERE order_id = <claimed_order> AND state = 'live';
            UPDATE stock_item SET held = held + 1 WHERE sku_id = <red>""",
        "an order that waits for payment holds nothing": """
            UPDATE stock_item SET held = held - 1 WHERE sku_id = <blue>;
            UPDATE stock_hold SET state = 'released', ended_at = now() WHERE order_id = <to_pay>""",
        "what an activity still gives is not held": """
            UPDATE stock_item SET held = held - 1 WHERE sku_id = <dear>;
            UPDATE stock_hold SET state = 'released', ended_at = now() WHERE order_id = <given> AND state = 'live'""",
        "pieces are held for no order": """
            INSERT INTO stock_hold VALUES (1, <red>, 1, 1, 'live', now());
            UPDATE stock_item SET held = held + 1 WHERE sku_id = <red>""",
    },
    "S6": {
        "items are locked as they come": """
            DO $do$ BEGIN
              EXECUTE replace(pg_get_functiondef('stock_hold_lines'::regproc), 'ORDER BY sku_id FOR', 'FOR');
            END $do$""",
    },
    "G1": {
        "the fact names another claimer": """
            UPDATE outbox_fact SET payload = payload || '{"claimed_by": <an>}'
             WHERE kind = 'GiftClaimed' AND subject_id = <claimed>""",
        "the order belongs to somebody else": """
            UPDATE order_order SET owner_id = <an> WHERE id = <claimed_order>""",
        "a share that nobody claimed": """
            INSERT INTO gift_share SELECT gift_id, 3, <cai>, order_id, claimed_at
              FROM gift_share WHERE gift_id = <shared> LIMIT 1""",
        "a share is of another tier": "UPDATE gift_tier SET sku_id = 1 WHERE gift_id = <tiered> AND n = 2",
        "tiers that do not make the shares": "UPDATE gift_tier SET shares = shares + 1 WHERE n = 2",
        "a gift miscounts its shares": "UPDATE gift_gift SET shares_claimed = 1 WHERE id = <shared>",
        "a claimed share without its fact": """
            UPDATE outbox_fact SET subject_id = 1 WHERE kind = 'GiftClaimed' AND subject_id = <shared>""",
    },
    "G2": {
        "an ended gift went back a step": "UPDATE gift_gift SET state = 180 WHERE id = <expired>",
        "a waiting gift has an end": "UPDATE gift_gift SET ended_at = now() WHERE id = <waiting>",
    },
    "G3": {
        "what went back was for something else": """
            UPDATE payment_refund SET cause_id = 1 WHERE cause_kind = 'gift' AND cause_id = <refused>""",
        "what went back was for a gift that is claimed": """
            UPDATE payment_refund SET cause_kind = 'gift', cause_id = <claimed> WHERE cause_kind = 'late_payment'""",
    },
    "G5": {
        "a notice says a phone": """
            UPDATE notice_notice SET facts = facts || '{"phone": "13800000001"}' WHERE kind = 'gift_claimed'""",
        "a fact says an address": """
            UPDATE outbox_fact SET payload = payload || '{"address_id": 7}' WHERE kind = 'GiftClaimed'""",
        "a recipient is told an amount": """
            UPDATE notice_notice SET facts = facts || '{"amount": 12900}' WHERE kind = 'gift_ready'""",
        "an unclaimed gift has an address": """
            UPDATE order_order SET address_sealed = '\\x01' WHERE id = <waiting_order>""",
        "a gift knows a phone": "ALTER TABLE gift_gift ADD COLUMN recipient_phone text",
        "a gift card talks": "UPDATE chat_message SET body = '文三路 1 号' WHERE kind = 'gift'",
    },
    "G6": {
        "the order of a claimed gift waits to be claimed": """
            UPDATE order_order SET state = 12 WHERE id = <claimed_order>""",
        "claimed and withdrawn": """
            INSERT INTO outbox_fact VALUES (1, 'GiftWithdrawn', <claimed>, 0, '{}', now(), now())""",
    },
    "G7": {
        "the deadline was moved": """
            UPDATE gift_gift SET expires_at = expires_at + interval '1 day' WHERE id = <waiting>""",
        "claimed after its time": "UPDATE gift_gift SET claimed_at = expires_at WHERE id = <claimed>",
        "refused after its time": "UPDATE gift_gift SET ended_at = expires_at WHERE id = <refused>",
        "expired before its time": "UPDATE gift_gift SET ended_at = expires_at - interval '1 s' WHERE id = <expired>",
    },
    "G8": {
        "a claimed gift's link lives": """
            UPDATE gift_gift SET token_hash = decode(repeat('ab', 32), 'hex') WHERE id = <claimed>""",
        "an ended gift's token is still sealed": "UPDATE gift_gift SET token_sealed = '\\x01' WHERE id = <refused>",
        "the token itself is kept": "UPDATE gift_gift SET token_hash = 'seeded-token-00001' WHERE id = <waiting>",
    },
    "G21": KEPT,
    "G22": PASSED_ON,
    "G23": CHOSEN,
    "G9": {
        "a claim was answered with another order": """
            UPDATE once_answer SET answer = '{"gift_id":<claimed>,"order_id":<to_pay>}'
             WHERE answer = '{"gift_id":<claimed>,"order_id":<claimed_order>}'""",
        "somebody else was told that they have it": """
            INSERT INTO once_answer SELECT <an>, 'planted', fingerprint, answer, made_at
              FROM once_answer WHERE answer = '{"gift_id":<claimed>,"order_id":<claimed_order>}'""",
    },
    "G4": WON,
    "G11": DRAWN,
    "G12": {
        "an order has the other style though nobody agreed": """
            UPDATE swap_request SET old_sku_id = new_sku_id, new_sku_id = old_sku_id WHERE order_id = <swapped>""",
        "an end that nobody was told of": """
            UPDATE outbox_fact SET subject_id = 1
             WHERE kind = 'SwapMoved' AND subject_id = <swapped> AND payload ->> 'state' = '4'""",
        "somebody agreed after the deadline": """
            UPDATE swap_request SET ended_at = answer_by WHERE order_id = <swapped>""",
    },
    "G13": {
        "nobody knows when it comes": "DELETE FROM schedule_delivery WHERE gift_id = <scheduled>",
        "a moment for a gift that came": """
            INSERT INTO schedule_delivery SELECT <came>, giver_id, deliver_at, time_zone
              FROM schedule_delivery WHERE gift_id = <scheduled>""",
        "a moment for a gift that has none": """
            INSERT INTO schedule_delivery SELECT <waiting>, giver_id, deliver_at, time_zone
              FROM schedule_delivery WHERE gift_id = <scheduled>""",
        "its timer is lost": "DELETE FROM timer WHERE kind = 'deliver_gift'",
        "its timer rings at another moment": """
            UPDATE timer SET due_at = due_at + interval '1 hour' WHERE kind = 'deliver_gift'""",
        "its timer was set aside": "UPDATE timer SET set_aside_at = now() WHERE kind = 'deliver_gift'",
        "it should have come long ago": """
            UPDATE schedule_delivery SET deliver_at = '2026-11-23T04:00:00Z' WHERE gift_id = <scheduled>;
            UPDATE timer SET due_at = '2026-11-23T04:00:00Z' WHERE kind = 'deliver_gift'""",
        "it came before its moment": """
            UPDATE outbox_fact SET payload = jsonb_set(payload, '{deliver_at}', '"2027-01-01T00:00:00Z"')
             WHERE kind = 'GiftScheduled' AND subject_id = <came>""",
    },
    "G26": YEARLY,
    "G14": WORDS,
    "G15": {
        "one more is counted than was taken": """
            UPDATE activity_activity SET taken = taken + 1, stock = stock + 1 WHERE id = <given>""",
        "a present is somebody else's order": """
            UPDATE activity_present SET person_id = <cai> WHERE order_id = <present>""",
        "a present of no activity": """
            UPDATE activity_present SET order_id = 1 WHERE order_id = <present>""",
        "taken before it began": """
            UPDATE activity_activity SET starts_at = starts_at + interval '1 hour' WHERE id = <given>""",
        "its end was told to nobody": """
            UPDATE outbox_fact SET subject_id = 1 WHERE kind = 'ActivityEnded' AND subject_id = <stopped>""",
        "out of time before its time": "UPDATE activity_activity SET ended_how = 'time' WHERE id = <stopped>",
        "an activity without a deadline": "DELETE FROM timer WHERE kind = 'end_activity' AND key = <given>",
        "more people are chosen than there are pieces": """
            INSERT INTO activity_guest SELECT <given>, n, now() FROM generate_series(1, 2) n""",
    },
    "G16": {
        "more cards than pieces": "UPDATE card_batch SET cards = 3 WHERE activity_id = <carded>;"
        "INSERT INTO card_card SELECT '999999999999', batch_id, 9, activity_id, pin_hash FROM card_card LIMIT 1",
        "a card is gone": "DELETE FROM card_card WHERE used_by IS NULL",
        "taken without a card": "UPDATE card_card SET used_by = NULL, used_at = NULL",
        "taken before the card was used": "UPDATE card_card SET used_at = used_at + interval '1 second'",
        "used and locked": "UPDATE card_card SET locked_until = now() WHERE used_by IS NOT NULL",
    },
    "V1": {
        "a use is gone": "DELETE FROM voucher_use WHERE voucher_id = <voucher>",
        "a use was counted that nobody redeemed": "UPDATE voucher_voucher SET used = 2 WHERE id = <voucher>",
        "a use was redeemed after its time": """
            UPDATE voucher_use SET used_at = used_at + interval '1000 days' WHERE voucher_id = <voucher>""",
        "a use at another shop": "UPDATE voucher_use SET shop_id = shop_id + 1 WHERE voucher_id = <voucher>",
    },
    "V2": {
        "somebody else holds it": "UPDATE voucher_voucher SET holder_id = <bo> WHERE id = <voucher>",
        "one of a paid order is gone": "DELETE FROM voucher_voucher WHERE id = <voucher_used>",
        "one returned to who never gave it": """
            UPDATE order_order SET owner_id = <bo> WHERE id IN (SELECT order_id FROM voucher_return)""",
        "one more than was bought": """
            INSERT INTO voucher_voucher (id, order_id, line_n, piece, terms_id, sku_id, shop_id, holder_id, payer_id,
              amount, currency, uses, used, state, why, issued_at, expires_at, ended_at, code_hash)
            SELECT 1, order_id, 2, 1, terms_id, sku_id, shop_id, holder_id, payer_id, amount, currency, 5, 0, 'expired',
                   'expired', issued_at, issued_at + interval '1 s', issued_at + interval '2 s', sha256('planted')
              FROM voucher_voucher WHERE id = <voucher_used>""",
    },
    "V3": {
        "another sum went back than was unused": """
            UPDATE voucher_voucher SET refunded_amount = refunded_amount - 1 WHERE id = <voucher_back>""",
        "a good one has no end": "DELETE FROM timer WHERE kind = 'expire_voucher'",
        "its end was set aside": "UPDATE timer SET set_aside_at = now() WHERE kind = 'expire_voucher'",
        "it was given back too late": "UPDATE voucher_voucher SET ended_at = expires_at WHERE id = <voucher_back>",
        "its order is done while it is good": """
            UPDATE order_order SET state = 100
             WHERE id = (SELECT order_id FROM voucher_voucher WHERE id = <voucher>)""",
    },
    "G17": FUNDS,
    "G18": SETS,
    "G24": LUCKY,
    "G25": LATE,
    "G27": KEPT_FOR,
    "G28": SURCHARGED,
    "X1": {
        "an order that nobody was answered": """
            DELETE FROM once_answer WHERE answer LIKE '%"order_id":<to_pay>,"intent_id"%'""",
        "a present that nobody was answered": """
            DELETE FROM once_answer WHERE answer LIKE '%"order_id":<present>}'""",
        "two keys placed one order": """
            INSERT INTO once_answer SELECT subject_id, 'planted', fingerprint, answer, made_at
              FROM once_answer WHERE answer LIKE '%"order_id":<to_pay>,"intent_id"%'""",
        "a request without its fingerprint": "UPDATE once_answer SET fingerprint = '' WHERE answer LIKE '%parcel_id%'",
    },
    "X2": {
        "a yes to what is not there": """
            UPDATE once_answer SET answer = regexp_replace(answer, '"parcel_id":\\d+', '"parcel_id":1')""",
    },
    "N1": {
        "a delivery is gone with its whole line": """
            DELETE FROM webhook_delivery d USING webhook_delivery t
             WHERE t.kind = 'gift.claimed' AND d.endpoint_id = t.endpoint_id AND d.subject_id = t.subject_id""",
        "a delivery tells what was never told": """
            INSERT INTO webhook_delivery
              SELECT 1, endpoint_id, 1, kind, subject_id, n + 1, 'e', replace(replace(body, event_id, 'e'),
                     '"sequence":' || n, '"sequence":' || n + 1), state, tries, loans, next_at, lent_until, last_status,
                     last_why, made_at, delivered_at
                FROM webhook_delivery ORDER BY endpoint_id, subject_id, n DESC LIMIT 1;
            UPDATE webhook_line l SET last_n = last_n + 1 FROM webhook_delivery d
             WHERE d.id = 1 AND d.endpoint_id = l.endpoint_id AND d.subject_id = l.subject_id""",
    },
    "N5": {
        "two deliveries changed their places": """
            ALTER TABLE webhook_delivery DROP CONSTRAINT numbered_in_its_line;
            UPDATE webhook_delivery SET n = 3 - n WHERE n < 3;
            ALTER TABLE webhook_delivery ADD CONSTRAINT numbered_in_its_line UNIQUE (endpoint_id, subject_id, n)""",
        "a line forgot a number": "UPDATE webhook_line SET last_n = last_n + 1",
        "a line is gone": "DELETE FROM webhook_line",
        "a delivery waits for ever": """
            UPDATE webhook_delivery SET state = 'waiting', next_at = NULL WHERE kind = 'gift.paid'""",
        "a delivery is due before its turn": """
            UPDATE webhook_delivery SET state = 'waiting', next_at = CASE WHEN n IN (1, 2) THEN now() END""",
    },
}


@dataclass(slots=True)
class Scene:
    """A town where everything was told, and the ids that the plants name."""

    town: Town
    ids: dict[str, int]

    @property
    def ground(self) -> Ground:
        return self.town.ground

    def fill(self, planting: str) -> str:
        return re.sub(r"<(\w+)>", lambda name: str(self.ids[name[1]]), planting)


class Planted(Database):
    """A database whose snapshots are one open transaction: what was planted in it is seen, and then undone."""

    def __init__(self, conn: asyncpg.pool.PoolConnectionProxy, ground: Ground) -> None:
        super().__init__(ground.db.pool, ground.clock, ground.ids, ground.keys)
        self._conn = conn

    @asynccontextmanager
    async def snapshot(self, *, seconds_max: float) -> AsyncIterator[Snapshot]:
        yield Snapshot(self._conn, seconds_max)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(postgres: EmbeddedPostgres) -> AsyncIterator[Scene]:
    """Every story told once; each test plants in a transaction that it takes back."""
    admin = await asyncpg.connect(postgres.dsn())
    await admin.execute(f"CREATE DATABASE told TEMPLATE {TEMPLATE}")
    pool = await open_pool(postgres.dsn("told"), size=20)
    clock, ids = SetClock(NOON), SeededIds()
    ground = Ground(Database(pool, clock, ids, TEST_KEYS), clock, ids, TEST_KEYS, Settings(mode="test"))
    try:
        town = await build_town(ground)
        for owner in (town.shop_id, people.PLATFORM):
            await listen(town, owner)
        clock.move(timedelta(minutes=2))
        told = await tell_all(town)
        known = {name: getattr(town, name) for name in ("an", "bo", "cai", "owner_id", "red", "blue", "dear")}
        known |= {f.name: getattr(told, f.name) for f in fields(told) if f.type == "int"}
        for gift in ("claimed", "waiting"):
            known[f"{gift}_order"] = await pool.fetchval("SELECT order_id FROM gift_gift WHERE id = $1", known[gift])
        yield Scene(town, known)
    finally:
        pool.terminate()
        await admin.execute("DROP DATABASE told WITH (FORCE)")
        await admin.close()


async def found_after(scene: Scene, planting: str, *, mode: str = "test") -> dict[str, int]:
    """The invariants that differ once something was planted, with how often; nothing of it stays."""
    async with scene.ground.db.pool.acquire() as conn:
        undone = conn.transaction()
        await undone.start()
        try:
            await conn.execute("SET LOCAL session_replication_role = replica")
            await conn.execute(scene.fill(planting))
            ground = replace(
                scene.ground,
                db=Planted(conn, scene.ground),
                settings=Settings(mode=mode),  # type: ignore[arg-type]
            )
            run = await check(ground)
        finally:
            await undone.rollback()
    return {found.id: found.differences for found in run.findings if not found.holds}


async def test_every_id_that_was_asked_for_has_an_invariant_and_a_planted_fault() -> None:
    assert [invariant.id for invariant in ALL] == ASKED
    assert set(PLANTED) == set(ASKED)
    assert {key for key in catalogue() if re.fullmatch(r"check\.[MSGVXN]\d+", key)} == {f"check.{id_}" for id_ in ASKED}


async def test_a_town_where_every_story_was_told_is_clean(scene: Scene) -> None:
    run = await check(scene.ground)
    assert [(found.id, found.shown) for found in run.findings if not found.holds] == []
    assert run.is_clean
    empty = [found.id for found in run.findings if not found.looked_at]
    assert empty == ["S6"], "every other invariant had something to look at"


PLANTS = [
    pytest.param(id_, sql, id=f"{id_}: {what}") for id_, plants in PLANTED.items() for what, sql in plants.items()
]


@pytest.mark.parametrize(("id_", "planting"), PLANTS)
async def test_a_planted_fault_is_found_by_exactly_its_check(scene: Scene, id_: str, planting: str) -> None:
    assert set(await found_after(scene, planting)) == {id_}


LAWS = sorted({law for invariant in ALL for law in invariant.laws})


def broken(law: Law) -> str:
    """How somebody takes a law of the schema out of force."""
    return {
        "trigger": f"ALTER TABLE {law.place} DISABLE TRIGGER {law.name}",
        "constraint": f"ALTER TABLE {law.place} DROP CONSTRAINT {law.name} CASCADE",
        "index": f"DROP INDEX {law.name}",
        "function": f"""DO $do$ BEGIN
            EXECUTE format('ALTER FUNCTION %s RENAME TO gone', '{law.name}'::regproc); END $do$""",
    }[law.sort]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: f"{law.sort} {law.place} {law.name}")
async def test_a_law_out_of_force_is_found_by_whatever_it_holds(scene: Scene, law: Law) -> None:
    found = await found_after(scene, broken(law))
    assert found == {invariant.id: 1 for invariant in ALL if law in invariant.laws}


async def test_a_law_that_says_something_else_is_found(scene: Scene) -> None:
    toothless = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
                   $do$ BEGIN RETURN NULL; END $do$"""
    assert set(await found_after(scene, toothless)) == {
        "G1",
        "G11",
        "G15",
        "G17",
        "G18",
        "G23",
        "G25",
        "M2",
        "S1",
        "V1",
        "V2",
    }
    always = """ALTER TABLE stock_item DROP CONSTRAINT no_oversell;
                ALTER TABLE stock_item ADD CONSTRAINT no_oversell CHECK (true)"""
    assert set(await found_after(scene, always)) == {"S2"}
    unproven = """ALTER TABLE stock_item DROP CONSTRAINT no_oversell;
                  ALTER TABLE stock_item ADD CONSTRAINT no_oversell CHECK (on_hand - held >= 0) NOT VALID"""
    assert set(await found_after(scene, unproven)) == {"S2"}


async def test_a_database_that_does_not_commit_to_disk_is_found_where_it_must(scene: Scene) -> None:
    assert await found_after(scene, "SELECT 1", mode="demo") == {"X2": 3}, "this test server forgets on purpose"
    assert await found_after(scene, "SELECT 1", mode="test") == {}


async def test_a_gift_that_nobody_swept_is_found_an_hour_after_its_time(scene: Scene) -> None:
    clock = scene.ground.clock
    expires_at = await scene.ground.db.fetchval("SELECT expires_at FROM gift_gift WHERE id = $1", scene.ids["waiting"])
    assert isinstance(clock, SetClock)
    before = clock.now()
    try:
        clock.move(expires_at + timedelta(hours=1) - before)
        assert (await check(scene.ground)).is_clean
        clock.move(timedelta(seconds=1))
        run = await check(scene.ground)
        assert [(found.id, found.differences) for found in run.findings if not found.holds] == [("M8", 1)]
    finally:
        clock.move(before - clock.now())


async def test_more_differences_than_are_shown_are_counted(scene: Scene) -> None:
    found = await found_after(scene, "UPDATE once_answer SET fingerprint = ''")
    kept = await scene.ground.db.fetchval("SELECT count(*) FROM once_answer")
    assert kept > checks.SHOWN_MAX
    assert found == {"X1": kept}


async def test_only_what_was_asked_for_is_run(scene: Scene) -> None:
    run = await check(scene.ground, ["S2", "M1"])
    assert [found.id for found in run.findings] == ["M1", "S2"]
    with pytest.raises(InvariantUnknown) as unknown:
        await check(scene.ground, ["M1", "M99"])
    assert unknown.value.facts["ids"] == "M99"


async def test_a_check_sees_one_moment_while_others_write(scene: Scene) -> None:
    """What commits between two queries of a run is not half seen."""
    async with scene.ground.db.snapshot(seconds_max=60) as still:
        count = await still.fetchval("SELECT count(*) FROM order_order")
        await place(scene.town, scene.town.bo, scene.town.blue)
        assert await still.fetchval("SELECT count(*) FROM order_order") == count
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await still.fetchval("UPDATE stock_item SET held = held RETURNING 1")
    assert (await check(scene.ground)).is_clean


async def test_outcomes_are_kept_for_operators_alone(scene: Scene) -> None:
    ground, town = scene.ground, scene.town
    operator = await ground.db.run(lambda tx: people.join(tx, name="Operator"))
    await ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, operator.id, people.Role.OPERATOR))
    assert await last_check(ground, operator.id) is None
    run = await check(ground, ["M1", "S6"])
    with pytest.raises(NotFound):
        await keep_a_check(ground, KeepACheck(run, town.owner_id), town.key(town.owner_id))
    assert await last_check(ground, operator.id) is None
    await keep_a_check(ground, KeepACheck(run, operator.id), town.key(operator.id))
    assert await last_check(ground, operator.id) == run
    with pytest.raises(NotFound):
        await last_check(ground, town.owner_id)


async def test_only_the_latest_outcomes_are_kept(scene: Scene) -> None:
    ground = scene.ground
    run = await check(ground, ["S6"])
    for turn in range(checks.RUNS_KEPT_MAX + 2):
        later = msgspec.structs.replace(run, began_at=run.began_at + timedelta(seconds=turn + 1))
        await ground.db.run(lambda tx, later=later: checks.keep(tx, later))
    assert await ground.db.fetchval("SELECT count(*) FROM check_run") == checks.RUNS_KEPT_MAX
    assert await checks.last(ground.db) == later
