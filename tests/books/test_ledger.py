"""The ledger: what a batch does is what one by one would do, and the schema itself refuses everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interleaving import one_after_the_other

from renqing.books import ledger
from renqing.books.ledger import AccountName, Entry, FundsShort, Leg, Verdict
from renqing.books.ledger.rules import is_balanced, repeats_no_key
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotNow
from renqing.foundation.ground import Ground
from renqing.foundation.money import AMOUNT_MINOR_MAX
from renqing.views.check import check

CHANNEL = ledger.clearing(1, "CNY")
PEOPLE = [ledger.person_balance(number, "CNY") for number in (1, 2, 3)]


def entry(key: str, *legs: tuple[AccountName, int]) -> Entry:
    return Entry("test", "test", 1, key, tuple(Leg(*leg) for leg in legs))


def paid_in(key: str, person: AccountName, amount: int) -> Entry:
    return entry(key, (CHANNEL, -amount), (person, amount))


async def post(ground: Ground, *entries: Entry) -> list[Verdict]:
    return await ground.db.run(lambda tx: ledger.post(tx, entries), actor=5)


async def balances(ground: Ground) -> dict[AccountName, tuple[int, int]]:
    return {name: await ledger.balance_of(ground.db, name) for name in (CHANNEL, *PEOPLE)}


# what one by one would do --------------------------------------------------------------------------------------------
@dataclass
class Model:
    """The ledger as a dictionary: entries are judged one by one."""

    balance: dict[AccountName, int] = field(default_factory=dict)
    held: dict[AccountName, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def post(self, asked: Entry) -> Verdict:
        if asked.key in self.keys:
            return Verdict.KNOWN
        change: dict[AccountName, int] = {}
        for leg in asked.legs:
            change[leg.account] = change.get(leg.account, 0) + leg.amount
        for account, amount in change.items():
            free = self.balance.get(account, 0) - self.held.get(account, 0) + amount
            if free < 0 and amount < 0 and not account.may_overdraw:
                return Verdict.REFUSED
        for account, amount in change.items():
            self.balance[account] = self.balance.get(account, 0) + amount
        self.keys.add(asked.key)
        return Verdict.POSTED


AMOUNTS = st.integers(1, 60)
MOVES = st.one_of(
    st.tuples(st.just("in"), st.sampled_from(PEOPLE), AMOUNTS),
    st.tuples(st.just("out"), st.sampled_from(PEOPLE), AMOUNTS),
    st.tuples(st.just("over"), st.permutations(PEOPLE), AMOUNTS),
    st.tuples(st.just("through"), st.permutations(PEOPLE), AMOUNTS),
)
KEYS = st.integers(1, 12)


def entry_of(key: int, move: tuple[str, Any, int]) -> Entry:
    what, who, amount = move
    match what:
        case "in":
            return paid_in(f"k{key}", who, amount)
        case "out":
            return entry(f"k{key}", (who, -amount), (CHANNEL, amount))
        case "over":
            return entry(f"k{key}", (who[0], -amount), (who[1], amount))
        case _:
            return entry(f"k{key}", (who[0], -amount), (who[1], amount), (who[1], -amount), (who[2], amount))


@st.composite
def batches(draw: st.DrawFn) -> list[list[Entry]]:
    return [
        [entry_of(key, draw(MOVES)) for key in draw(st.lists(KEYS, min_size=1, max_size=8, unique=True))]
        for _ in range(draw(st.integers(1, 5)))
    ]


@given(said=batches(), holds=st.lists(st.integers(1, 30), max_size=2))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_batch_answers_and_leaves_what_one_by_one_would(
    ground: Ground, said: list[list[Entry]], holds: list[int]
):
    """Each example runs in a transaction that is taken back: the database stays empty."""

    async def story(tx: Tx) -> None:
        model = Model()
        for person in PEOPLE:
            model.post(paid_in(f"start {person.owner_id}", person, 40))
            await ledger.post(tx, [paid_in(f"start {person.owner_id}", person, 40)])
        for number, (person, amount) in enumerate(zip(PEOPLE, holds, strict=False)):
            await ledger.hold(tx, person, amount, "test", number)
            model.held[person] = amount
        for batch in said:
            assert await ledger.post(tx, batch) == [model.post(asked) for asked in batch]
        for name in (CHANNEL, *PEOPLE):
            assert await ledger.balance_of(tx, name) == (model.balance.get(name, 0), model.held.get(name, 0))
        await postings_lead_to_balances(tx)
        raise Over

    with pytest.raises(Over):
        await ground.db.run(story)


class Over(NotNow):
    """Takes an example back."""


async def postings_lead_to_balances(tx: Tx) -> None:
    rows = await tx.fetch(
        """SELECT a.id, a.balance, array_agg(p.amount ORDER BY p.entry_id, p.n) AS amounts,
                  array_agg(p.balance_after ORDER BY p.entry_id, p.n) AS after
           FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id GROUP BY a.id"""
    )
    for row in rows:
        so_far = 0
        for amount, after in zip(row["amounts"], row["after"], strict=True):
            so_far += amount
            assert after == so_far
        assert row["balance"] == so_far


# verdicts ------------------------------------------------------------------------------------------------------------
async def test_an_entry_that_would_overdraw_is_refused_alone(ground: Ground):
    an, bo, _ = PEOPLE
    verdicts = await post(
        ground,
        paid_in("1", an, 10),
        entry("2", (an, -11), (bo, 11)),
        entry("3", (bo, -1), (an, 1)),
        entry("4", (an, -10), (bo, 10)),
        entry("5", (bo, -10), (CHANNEL, 10)),
    )
    assert verdicts == [Verdict.POSTED, Verdict.REFUSED, Verdict.REFUSED, Verdict.POSTED, Verdict.POSTED]
    assert (await balances(ground))[bo] == (0, 0)
    assert await ground.db.fetchval("SELECT count(*) FROM ledger_entry") == 3


async def test_a_refused_entry_may_be_posted_later_under_its_key(ground: Ground):
    an, bo, _ = PEOPLE
    asked = entry("once", (an, -5), (bo, 5))
    assert await post(ground, asked) == [Verdict.REFUSED]
    assert await post(ground, paid_in("in", an, 5), asked) == [Verdict.POSTED, Verdict.POSTED]
    assert await post(ground, asked) == [Verdict.KNOWN]


async def test_what_is_held_cannot_be_posted_away(ground: Ground):
    an, bo, _ = PEOPLE
    await post(ground, paid_in("in", an, 10))
    await ground.db.run(lambda tx: ledger.hold(tx, an, 4, "case", 1))
    assert await post(ground, entry("7", (an, -7), (bo, 7))) == [Verdict.REFUSED]
    assert await post(ground, entry("6", (an, -6), (bo, 6))) == [Verdict.POSTED]
    assert await ledger.balance_of(ground.db, an) == (4, 4)


async def test_nothing_posts_nothing(ground: Ground):
    assert await post(ground) == []


@pytest.mark.parametrize(
    "legs",
    [
        (),
        ((CHANNEL, -5),),
        ((CHANNEL, -5), (PEOPLE[0], 4)),
        ((CHANNEL, 0), (PEOPLE[0], 0)),
        ((CHANNEL, -5), (ledger.person_balance(1, "JPY"), 5)),
        ((CHANNEL, -AMOUNT_MINOR_MAX - 1), (PEOPLE[0], AMOUNT_MINOR_MAX + 1)),
    ],
)
async def test_an_entry_that_is_not_balanced_never_reaches_the_database(
    ground: Ground, legs: Sequence[tuple[AccountName, int]]
):
    assert not is_balanced(entry("k", *legs))
    with pytest.raises(AssertionError):
        await post(ground, entry("k", *legs))
    assert await ground.db.fetchval("SELECT count(*) FROM ledger_account") == 0


def test_an_entry_is_balanced_currency_by_currency_up_to_the_most_we_count():
    assert is_balanced(entry("k", (CHANNEL, -AMOUNT_MINOR_MAX), (PEOPLE[0], AMOUNT_MINOR_MAX)))
    yen = (ledger.clearing(1, "JPY"), -3), (ledger.person_balance(1, "JPY"), 3)
    assert is_balanced(entry("k", (CHANNEL, -5), (PEOPLE[0], 5), *yen))
    assert not is_balanced(entry("k", (CHANNEL, -3), (PEOPLE[0], 5), *yen))


async def test_one_event_is_not_booked_twice_in_a_set(ground: Ground):
    twice = [paid_in("k", PEOPLE[0], 5), paid_in("k", PEOPLE[1], 5)]
    assert not repeats_no_key(twice)
    with pytest.raises(AssertionError):
        await post(ground, *twice)


async def test_an_entry_names_its_cause_and_its_actor(ground: Ground):
    await post(ground, Entry("order_paid", "order", 77, "paid:77", (Leg(CHANNEL, -5), Leg(PEOPLE[0], 5))))
    row = await ground.db.fetchrow("SELECT kind, cause_kind, cause_id, actor_id, key, made_at FROM ledger_entry")
    assert row is not None
    assert tuple(row.values()) == ("order_paid", "order", 77, 5, "paid:77", ground.clock.now())


# races ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("winner", [1, 2])
async def test_of_two_who_spend_the_same_money_the_first_gets_it(ground: Ground, winner: int):
    an = PEOPLE[0]
    await post(ground, paid_in("in", an, 10), paid_in("bo", PEOPLE[1], 1), paid_in("cai", PEOPLE[2], 1))
    verdicts = await one_after_the_other(
        ground.db,
        ("SELECT 1 FROM ledger_account WHERE owner_kind = $1 FOR NO KEY UPDATE", "person"),
        lambda: post(ground, entry("first", (an, -10), (PEOPLE[winner], 10))),
        lambda: post(ground, entry("second", (an, -10), (PEOPLE[3 - winner], 10))),
    )
    assert verdicts == [[Verdict.POSTED], [Verdict.REFUSED]]
    assert await ledger.balance_of(ground.db, PEOPLE[winner]) == (11, 0)
    assert await ledger.balance_of(ground.db, PEOPLE[3 - winner]) == (1, 0)
    assert (await check(ground, ["M1", "M2", "M3", "M4"])).is_clean


async def test_many_who_post_at_once_leave_exact_balances(ground: Ground):
    an, bo, cai = PEOPLE
    await post(ground, *(paid_in(f"in {name.owner_id}", name, 100) for name in PEOPLE))
    moves = [entry(f"m{n}", (PEOPLE[n % 3], -7), (PEOPLE[(n + 1 + n % 2) % 3], 7)) for n in range(60)]
    verdicts = await asyncio.gather(*(post(ground, move) for move in moves))
    assert {verdict for (verdict,) in verdicts} <= {Verdict.POSTED, Verdict.REFUSED}
    said = await balances(ground)
    assert sum(said[name][0] for name in (an, bo, cai)) == 300
    assert said[CHANNEL] == (-300, 0)
    assert all(said[name][0] >= 0 for name in PEOPLE)
    assert (await check(ground, ["M1", "M2", "M3", "M4"])).is_clean


async def test_fifty_who_book_the_same_event_book_it_once(ground: Ground):
    verdicts = await asyncio.gather(
        *(post(ground, paid_in("paid:1", PEOPLE[0], 10)) for _ in range(50)), return_exceptions=True
    )
    assert verdicts.count([Verdict.POSTED]) == 1
    assert verdicts.count([Verdict.KNOWN]) == 49
    assert await ledger.balance_of(ground.db, PEOPLE[0]) == (10, 0)


async def test_an_account_is_opened_once_by_however_many(ground: Ground):
    await asyncio.gather(*(post(ground, paid_in(f"in {n}", PEOPLE[n % 3], 1)) for n in range(30)))
    assert await ground.db.fetchval("SELECT count(*) FROM ledger_account") == 4


# holds ---------------------------------------------------------------------------------------------------------------
async def test_a_hold_is_taken_or_released_once(ground: Ground):
    an = PEOPLE[0]
    await post(ground, paid_in("in", an, 10))
    await ground.db.run(lambda tx: ledger.hold(tx, an, 4, "case", 1))
    await ground.db.run(lambda tx: ledger.hold(tx, an, 4, "case", 1))
    await ground.db.run(lambda tx: ledger.hold(tx, an, 5, "case", 2))
    assert await ledger.balance_of(ground.db, an) == (10, 9)
    assert await ground.db.run(lambda tx: ledger.held_for(tx, "case", 2)) == 5
    assert await ground.db.run(lambda tx: ledger.release_hold(tx, "case", 1)) == 4
    assert await ground.db.run(lambda tx: ledger.release_hold(tx, "case", 1)) == 0
    assert await ground.db.run(lambda tx: ledger.take_hold(tx, "case", 2)) == 5
    assert await ledger.balance_of(ground.db, an) == (10, 0)
    assert await ground.db.run(lambda tx: ledger.held_for(tx, "case", 2)) == 0
    ends = await ground.db.fetch("SELECT state, ended_at FROM ledger_hold ORDER BY cause_id")
    assert [tuple(end.values()) for end in ends] == [("released", ground.clock.now()), ("taken", ground.clock.now())]
    assert (await check(ground, ["M4"])).is_clean


async def test_more_than_is_free_cannot_be_held(ground: Ground):
    an = PEOPLE[0]
    await post(ground, paid_in("in", an, 10))
    await ground.db.run(lambda tx: ledger.hold(tx, an, 6, "case", 1))
    with pytest.raises(FundsShort) as short:
        await ground.db.run(lambda tx: ledger.hold(tx, an, 5, "case", 2))
    assert short.value.facts == {"account": "person:1"}
    assert await ledger.balance_of(ground.db, an) == (10, 6)
    assert await ground.db.fetchval("SELECT count(*) FROM ledger_hold") == 1


async def test_a_cause_whose_hold_has_ended_is_not_told_that_it_holds(ground: Ground):
    an = PEOPLE[0]
    await post(ground, paid_in("in", an, 10))
    await ground.db.run(lambda tx: ledger.hold(tx, an, 4, "case", 1))
    await ground.db.run(lambda tx: ledger.release_hold(tx, "case", 1))
    with pytest.raises(AssertionError, match="released"):
        await ground.db.run(lambda tx: ledger.hold(tx, an, 4, "case", 1))


async def test_of_a_hold_and_a_posting_for_the_same_money_the_later_is_refused(ground: Ground):
    an, bo, _ = PEOPLE
    await post(ground, paid_in("in", an, 10), paid_in("bo", bo, 1))
    held, verdicts = await one_after_the_other(
        ground.db,
        ("SELECT 1 FROM ledger_account WHERE owner_kind = $1 FOR NO KEY UPDATE", "person"),
        lambda: ground.db.run(lambda tx: ledger.hold(tx, an, 10, "case", 1)),
        lambda: post(ground, entry("away", (an, -1), (bo, 1))),
    )
    assert held is None
    assert verdicts == [Verdict.REFUSED]
    assert await ledger.balance_of(ground.db, an) == (10, 10)


# the law in the schema -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "crime",
    [
        "UPDATE ledger_posting SET amount = 7",
        "DELETE FROM ledger_posting",
        "TRUNCATE ledger_posting",
        "UPDATE ledger_entry SET actor_id = 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry CASCADE",
        "UPDATE ledger_entry SET key = 'another' WHERE false",
    ],
)
async def test_entries_and_postings_are_never_changed(ground: Ground, crime: str):
    await post(ground, paid_in("in", PEOPLE[0], 10))
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await ground.db.pool.execute(crime)
    assert await ledger.balance_of(ground.db, PEOPLE[0]) == (10, 0)


@pytest.mark.parametrize(
    ("crime", "law"),
    [
        (
            "INSERT INTO ledger_posting SELECT entry_id, 3, account_id, currency, 5, 5 FROM ledger_posting WHERE n = 2",
            "zero",
        ),
        (
            "INSERT INTO ledger_posting SELECT entry_id, 3, account_id, 'USD', 5, 5 FROM ledger_posting WHERE n = 2",
            "zero|foreign",
        ),
        (
            "INSERT INTO ledger_posting SELECT entry_id, 3, account_id, currency, 0, 5 FROM ledger_posting",
            "amount_check|duplicate",
        ),
        ("UPDATE ledger_account SET balance = -1 WHERE kind = 'balance'", "no_overdraft"),
        ("UPDATE ledger_account SET held = 11 WHERE kind = 'balance'", "no_overdraft"),
        ("UPDATE ledger_account SET held = -1", "held_check"),
        ("INSERT INTO ledger_entry SELECT 1, kind, cause_kind, cause_id, 1, key, made_at FROM ledger_entry", "key"),
        (
            "INSERT INTO ledger_account SELECT 1, owner_kind, owner_id, kind, currency FROM ledger_account LIMIT 1",
            "null|unique|duplicate",
        ),
    ],
)
async def test_the_schema_refuses_what_the_rules_refuse(ground: Ground, crime: str, law: str):
    await post(ground, paid_in("in", PEOPLE[0], 10))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await ground.db.pool.execute(crime)
    assert (await check(ground, ["M1", "M2", "M3", "M4"])).is_clean


@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("(in1, 3, cny, 'CNY', 5, 0), (in2, 3, cny, 'CNY', -5, 0)", "zero"),  # zero over both entries, not in each
        ("(in1, 3, cny, 'CNY', 5, 0), (in1, 4, jpy, 'JPY', -5, 0)", "zero"),  # zero over both currencies
        ("(in1, 3, cny, 'CNY', 5, 0), (in1, 4, cny, 'CNY', -4, 0)", "zero"),
        ("(in1, 3, cny, 'CNY', 5, 0), (in1, 4, cny, 'CNY', -6, 0)", "zero"),
        ("(in1, 3, cny, 'CNY', 0, 0)", "ledger_posting_amount_check"),
        ("(in1, 3, cny, 'JPY', 5, 0), (in1, 4, cny, 'JPY', -5, 0)", "ledger_posting_account_id_currency_fkey"),
        ("(404, 3, cny, 'CNY', 5, 0), (404, 4, cny, 'CNY', -5, 0)", "ledger_posting_entry_id_fkey"),
    ],
)
async def test_postings_are_whole_in_each_entry_and_currency(ground: Ground, crime: str, law: str):
    yen = entry("yen", (ledger.clearing(1, "JPY"), -10), (ledger.person_balance(1, "JPY"), 10))
    await post(ground, paid_in("in1", PEOPLE[0], 10), paid_in("in2", PEOPLE[0], 10), yen)
    for row in await ground.db.fetch("SELECT key, id FROM ledger_entry"):
        crime = crime.replace(row["key"], str(row["id"]))
    for row in await ground.db.fetch("SELECT currency, id FROM ledger_account WHERE kind = 'balance'"):
        crime = crime.replace(row["currency"].lower(), str(row["id"]))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await ground.db.pool.execute(f"INSERT INTO ledger_posting VALUES {crime}")
    assert await ground.db.fetchval("SELECT count(*) FROM ledger_posting") == 6


@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("UPDATE ledger_hold SET amount = 0", "ledger_hold_amount_check"),
        ("UPDATE ledger_hold SET state = 'gone'", "ledger_hold_state_check"),
        (
            "INSERT INTO ledger_hold SELECT 1, account_id, 1, cause_kind, cause_id, state, made_at FROM ledger_hold",
            "cause",
        ),
    ],
)
async def test_the_schema_refuses_a_hold_of_nothing_of_no_state_or_of_a_cause_that_holds(
    ground: Ground, crime: str, law: str
):
    await post(ground, paid_in("in", PEOPLE[0], 10))
    await ground.db.run(lambda tx: ledger.hold(tx, PEOPLE[0], 4, "case", 1))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await ground.db.pool.execute(crime)


async def test_a_cause_holds_in_each_account_and_each_kind_of_cause_for_itself(ground: Ground):
    an, bo, _ = PEOPLE
    await post(ground, paid_in("an", an, 10), paid_in("bo", bo, 10))
    for account, kind in ((an, "case"), (bo, "case"), (an, "other")):
        await ground.db.run(lambda tx, account=account, kind=kind: ledger.hold(tx, account, 4, kind, 1))
    assert [await ledger.balance_of(ground.db, name) for name in (an, bo)] == [(10, 8), (10, 4)]


async def test_postings_of_an_unknown_account_are_refused_as_a_whole(ground: Ground):
    await post(ground, paid_in("in", PEOPLE[0], 10))
    account = await ground.db.fetchval("SELECT id FROM ledger_account WHERE kind = 'balance'")
    with pytest.raises(asyncpg.CheckViolationError):
        await ground.db.fetch(
            """SELECT * FROM ledger_post(ARRAY[9]::bigint[], ARRAY['k'], ARRAY['t'], ARRAY[1]::bigint[], ARRAY['key'],
                      ARRAY[1, 1], ARRAY[$1, 404]::bigint[], ARRAY[5, -5]::bigint[], 0, now())""",
            account,
        )
    assert await ground.db.fetchval("SELECT count(*) FROM ledger_entry") == 1


# statements ----------------------------------------------------------------------------------------------------------
async def test_a_statement_is_read_page_by_page_newest_first(ground: Ground):
    an = PEOPLE[0]
    for n in range(1, 6):
        await post(ground, paid_in(f"in {n}", an, n))
    first = await ledger.statement(ground.db, an, limit=2)
    assert [(line.amount, line.balance_after) for line in first] == [(5, 15), (4, 10)]
    rest = await ledger.statement(ground.db, an, before=(first[-1].entry_id, first[-1].n), limit=9)
    assert [line.amount for line in rest] == [3, 2, 1]
    through = entry("through", (an, 7), (an, -7))
    await post(ground, through)
    both = await ledger.statement(ground.db, an, limit=2)
    assert [(line.n, line.amount, line.balance_after) for line in both] == [(2, -7, 15), (1, 7, 22)]
    rest = await ledger.statement(ground.db, an, before=(both[0].entry_id, both[0].n), limit=1)
    assert rest == both[1:], "a page may end within an entry"
    assert await ledger.statement(ground.db, PEOPLE[1]) == []


async def test_a_page_of_a_statement_has_fifty_lines_where_nobody_says(ground: Ground):
    await post(ground, *(paid_in(f"in {n}", PEOPLE[0], n) for n in range(1, 52)))
    lines = await ledger.statement(ground.db, PEOPLE[0])
    assert [line.amount for line in lines] == [*range(51, 1, -1)]


async def test_an_account_says_since_when_it_is_open(ground: Ground):
    await post(ground, paid_in("in", PEOPLE[0], 10))
    rows = await ground.db.fetch("SELECT opened_at FROM ledger_account")
    assert [row["opened_at"] for row in rows] == [ground.clock.now()] * 2


async def test_an_account_that_was_never_opened_is_empty(ground: Ground):
    assert await ledger.balance_of(ground.db, ledger.shop_balance(9, "CNY")) == (0, 0)
