"""Freight, parcels and carrier news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renqing.foundation.ground import Ground
from renqing.foundation.money import AMOUNT_MINOR_MAX
from renqing.foundation.text import knows
from renqing.trade import shipping
from renqing.trade.shipping import actions, rules
from renqing.trade.shipping.model import AHEAD_MAX, CARRIERS, EVERYWHERE, NEXT, News, ParcelState, QuoteAsk, Rate

HANGZHOU_STREET = 330106109
SHOP, OTHER_SHOP = 9001, 9002
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

RATES = [
    Rate(EVERYWHERE, fee=1200, free_from=9900),
    Rate(330000, fee=800),
    Rate(330100, fee=500, free_from=5000),
    Rate(330106, delivers=False),
    Rate(330106109, fee=100),
    Rate(65, fee=2500),
]


@pytest.mark.parametrize(
    ("region_code", "goods_amount", "fee", "delivers"),
    [
        (None, 100, 1200, True),  # where is not known: the everywhere rate
        (None, 9900, 0, True),  # free from exactly that amount
        (None, 9899, 1200, True),
        (110101001, 100, 1200, True),  # no closer rate
        (330203, 100, 800, True),  # the province
        (330203, 99_999, 800, True),  # a closer rate without a free amount is never free
        (330102, 4999, 500, True),  # the city before the province
        (330102, 5000, 0, True),
        (330106, 100, 0, False),  # the county is not served
        (330106001, 100, 0, False),  # nor its streets
        (HANGZHOU_STREET, 100, 100, True),  # but this one
        (650102, 100, 2500, True),  # a province written in two digits
        (65, 100, 2500, True),
        (6501, 100, 2500, True),
    ],
)
def test_the_closest_region_decides_freight(
    region_code: int | None, goods_amount: int, fee: int, *, delivers: bool
) -> None:
    answer = rules.quote(RATES, QuoteAsk(SHOP, region_code, goods_amount))
    assert (answer.fee, answer.delivers) == (fee, delivers)


def test_a_shop_that_said_nothing_delivers_for_free() -> None:
    assert rules.quote([], QuoteAsk(SHOP, HANGZHOU_STREET, 1)) == shipping.Quote(fee=0, delivers=True)


@given(
    region=st.integers(min_value=110000, max_value=659999),
    rates=st.lists(
        st.builds(
            Rate,
            region_code=st.integers(min_value=0, max_value=659999),
            fee=st.integers(min_value=0, max_value=10_000),
            free_from=st.none() | st.integers(min_value=0, max_value=10_000),
            delivers=st.booleans(),
        ),
        max_size=8,
        unique_by=lambda rate: rules.region_prefix(rate.region_code),
    ),
    goods=st.integers(min_value=1, max_value=20_000),
)
def test_freight_does_not_depend_on_the_order_of_rates(region: int, rates: list[Rate], goods: int) -> None:
    ask = QuoteAsk(SHOP, region, goods)
    assert rules.quote(rates, ask) == rules.quote(list(reversed(rates)), ask)
    assert 0 <= rules.quote(rates, ask).fee <= max([0, *(rate.fee for rate in rates)])


_PLACE = {"field": "region_code", "reason": "outside nine digits"}
_FEE = {"field": "fee", "reason": "negative or too large"}
_FREE = {"field": "free_from", "reason": "negative or too large"}


@pytest.mark.parametrize(
    ("rate", "facts"),
    [
        (Rate(-1), _PLACE),
        (Rate(1_000_000_000), _PLACE),
        (Rate(0, fee=-1), _FEE),
        (Rate(0, fee=AMOUNT_MINOR_MAX + 1), _FEE),
        (Rate(0, free_from=-1), _FREE),
        (Rate(0, free_from=AMOUNT_MINOR_MAX + 1), _FREE),
        (Rate(0, free_from=2**63), _FREE),
    ],
)
def test_a_rate_outside_its_limits_is_refused_by_name(rate: Rate, facts: dict[str, str]) -> None:
    with pytest.raises(shipping.RateNotValid) as refused:
        rules.check_rate(rate)
    assert refused.value.facts == facts


def test_a_rate_at_its_limits_is_a_rate() -> None:
    rules.check_rate(Rate(0, fee=0, free_from=0))
    rules.check_rate(Rate(999_999_999, fee=AMOUNT_MINOR_MAX, free_from=AMOUNT_MINOR_MAX))


def test_people_type_carriers_and_numbers_as_they_like() -> None:
    assert rules.carrier_and_number(" sf ", " sf 1234 5678 ") == ("SF", "SF12345678")


@pytest.mark.parametrize("number", ["", "123", "1" * 41, "12 3", "SF1234;DROP", "顺丰1234", "１２３４５"])
def test_a_number_that_no_carrier_prints_is_refused(number: str) -> None:
    with pytest.raises(shipping.TrackingNumberNotValid):
        rules.carrier_and_number("SF", number)


@pytest.mark.parametrize("carrier", ["", "DHL", "SF2", "顺丰"])
def test_an_unknown_carrier_is_refused(carrier: str) -> None:
    with pytest.raises(shipping.CarrierUnknown) as refused:
        rules.carrier_and_number(carrier, "SF1234")
    assert refused.value.facts == {"carrier": carrier, "carriers": ", ".join(CARRIERS)}


def test_a_refusal_repeats_twenty_characters_of_a_carrier_and_the_length_of_a_number() -> None:
    with pytest.raises(shipping.CarrierUnknown) as refused:
        rules.carrier_and_number("D" * 500, "SF1234")
    assert refused.value.facts["carrier"] == "D" * 20
    with pytest.raises(shipping.TrackingNumberNotValid) as wrong:
        rules.carrier_and_number("SF", " 1 2 3 ")
    assert wrong.value.facts == {"length": 3}


@pytest.mark.parametrize("lines", [[], [(1, 0)], [(1, -1)], [(1, 1), (1, 1)]])
def test_a_parcel_that_carries_nothing_or_one_line_twice_is_refused(lines: list[tuple[int, int]]) -> None:
    with pytest.raises(shipping.ParcelLinesNotValid) as refused:
        rules.check_parcel_lines([shipping.ParcelLine(n, quantity) for n, quantity in lines])
    assert refused.value.facts == {"lines": len(lines)}


def test_a_parcel_carries_each_line_once_and_a_piece_at_least() -> None:
    rules.check_parcel_lines([shipping.ParcelLine(1, 1)])
    rules.check_parcel_lines([shipping.ParcelLine(1, 2), shipping.ParcelLine(2, 1)])


def test_every_parcel_state_is_reachable_and_the_end_stays() -> None:
    reached = {ParcelState.SHIPPED}
    while more := {after for state in reached for after in NEXT[state]} - reached:
        reached |= more
    assert reached == set(ParcelState)
    assert NEXT[ParcelState.DELIVERED] == frozenset()


@given(st.lists(st.sampled_from(list(ParcelState)), max_size=30))
def test_a_parcel_never_moves_backwards(said: list[ParcelState]) -> None:
    order = list(ParcelState)
    state = ParcelState.SHIPPED
    for one in said:
        after = rules.state_after(state, News(one, "", NOON))
        assert order.index(after) >= order.index(state)
        assert after is (one if one in NEXT[state] else state)
        state = after
    assert order.index(state) == max([0, *(order.index(one) for one in said)])


def test_every_edge_of_a_parcel_is_taken_by_its_news() -> None:
    for state, nexts in NEXT.items():
        for after in ParcelState:
            assert (rules.state_after(state, News(after, "", NOON)) is not state) == (after in nexts)


def test_news_from_the_future_is_refused() -> None:
    rules.check_news(News(ParcelState.IN_TRANSIT, "杭州", NOON + AHEAD_MAX), NOON)
    with pytest.raises(shipping.NewsNotValid) as refused:
        rules.check_news(News(ParcelState.IN_TRANSIT, "杭州", NOON + AHEAD_MAX + timedelta(microseconds=1)), NOON)
    assert refused.value.facts == {"field": "happened_at", "reason": "in the future"}


def test_a_place_that_is_a_novel_is_refused() -> None:
    rules.check_news(News(ParcelState.IN_TRANSIT, "路" * 120, NOON), NOON)
    with pytest.raises(shipping.NewsNotValid) as refused:
        rules.check_news(News(ParcelState.IN_TRANSIT, "路" * 121, NOON), NOON)
    assert refused.value.facts == {"field": "place", "reason": "too long", "max": 120}


async def _shop(ground: Ground, *shop_ids: int) -> None:
    async with ground.db.transaction() as tx:
        for shop_id in shop_ids:
            await tx.execute(
                "INSERT INTO people_shop (id, name_zh, opened_at) VALUES ($1, '茶铺', $2)", shop_id, tx.now
            )


async def _order(ground: Ground, order_id: int, shop_id: int = SHOP) -> None:
    async with ground.db.transaction() as tx:
        await tx.execute(
            """INSERT INTO people_person (id, name, joined_at) VALUES (77, '小林', $1) ON CONFLICT DO NOTHING""", tx.now
        )
        await tx.execute(
            """INSERT INTO order_order (id, shop_id, payer_id, owner_id, purpose, state, currency, goods_amount,
                 freight_amount, total_amount, fee_ppm, placed_at, pay_by)
               VALUES ($1, $2, 77, 77, 'self', 20, 'CNY', 100, 0, 100, 0, $3, $3)""",
            order_id,
            shop_id,
            tx.now,
        )


async def test_a_rate_is_kept_replaced_and_taken_back(ground: Ground) -> None:
    await _shop(ground, SHOP, OTHER_SHOP)
    async with ground.db.transaction() as tx:
        await shipping.set_rate(tx, SHOP, Rate(EVERYWHERE, fee=1000))
        await shipping.set_rate(tx, SHOP, Rate(EVERYWHERE, fee=1200, free_from=9900))
        await shipping.set_rate(tx, SHOP, Rate(330000, delivers=False))
        await shipping.set_rate(tx, OTHER_SHOP, Rate(330000, fee=7))
    asks = [QuoteAsk(SHOP, HANGZHOU_STREET, 1), QuoteAsk(OTHER_SHOP, HANGZHOU_STREET, 1), QuoteAsk(SHOP, None, 1)]
    assert await shipping.quotes(ground.db, asks) == [
        shipping.Quote(fee=0, delivers=False),
        shipping.Quote(fee=7, delivers=True),
        shipping.Quote(fee=1200, delivers=True),
    ]
    async with ground.db.transaction() as tx:
        assert await shipping.remove_rate(tx, SHOP, 330000)
        assert not await shipping.remove_rate(tx, SHOP, 330000)
    assert await shipping.quote(ground.db, SHOP, HANGZHOU_STREET, 1) == shipping.Quote(fee=1200, delivers=True)


async def test_a_tracking_number_names_one_parcel(ground: Ground) -> None:
    await _shop(ground, SHOP)
    await _order(ground, 1)
    await _order(ground, 2)
    async with ground.db.transaction() as tx:
        parcel = await shipping.ship(tx, 1, SHOP, "sf", "SF 1000 0001", [shipping.ParcelLine(1, 1)])
    with pytest.raises(shipping.TrackingNumberTaken):
        async with ground.db.transaction() as tx:
            await shipping.ship(tx, 2, SHOP, "SF", "sf10000001", [shipping.ParcelLine(1, 1)])
    assert await ground.db.fetchval("SELECT count(*) FROM shipping_parcel") == 1
    assert await ground.db.fetchval("SELECT count(*) FROM shipping_parcel_line") == 1
    assert await shipping.find(ground.db, "SF", "SF10000001") == parcel
    async with ground.db.transaction() as tx:  # another carrier may print the same number
        await shipping.ship(tx, 2, SHOP, "YTO", "SF10000001", [shipping.ParcelLine(1, 1)])


async def test_repeated_and_late_news_moves_nothing(ground: Ground) -> None:
    await _shop(ground, SHOP)
    await _order(ground, 1)
    async with ground.db.transaction() as tx:
        parcel = await shipping.ship(
            tx, 1, SHOP, "SF", "SF1001", [shipping.ParcelLine(1, 2), shipping.ParcelLine(2, 1)]
        )
        assert parcel.lines == (shipping.ParcelLine(1, 2), shipping.ParcelLine(2, 1))
        leaving = News(ParcelState.IN_TRANSIT, "杭州转运中心", tx.now + timedelta(minutes=1))
        arrived = News(ParcelState.DELIVERED, "深圳", tx.now + timedelta(minutes=5))
        first, moved = await shipping.hear(tx, parcel.id, arrived)
        assert (first.state, moved) == (ParcelState.DELIVERED, True)
        again, moved = await shipping.hear(tx, parcel.id, arrived)
        assert (again, moved) == (first, False)
        late, moved = await shipping.hear(tx, parcel.id, leaving)
        assert (late.state, late.delivered_at, moved) == (ParcelState.DELIVERED, first.delivered_at, False)
        assert [event.state for event in late.events] == [
            ParcelState.SHIPPED,
            ParcelState.IN_TRANSIT,
            ParcelState.DELIVERED,
        ]
        second_delivery = News(ParcelState.DELIVERED, "深圳前台", tx.now + timedelta(minutes=6))
        known, moved = await shipping.hear(tx, parcel.id, second_delivery)
        assert (known.delivered_at, moved) == (first.delivered_at, False)


async def test_a_number_can_be_mended_until_the_carrier_speaks(ground: Ground) -> None:
    await _shop(ground, SHOP)
    await _order(ground, 1)
    async with ground.db.transaction() as tx:
        parcel = await shipping.ship(tx, 1, SHOP, "SF", "SF1001", [shipping.ParcelLine(1, 1)])
        other = await shipping.ship(tx, 1, SHOP, "SF", "SF1002", [shipping.ParcelLine(1, 1)])
        with pytest.raises(shipping.TrackingNumberTaken):
            await shipping.correct(tx, parcel.id, "SF", other.tracking_number)
        mended = await shipping.correct(tx, parcel.id, "JD", "JD2001")
        assert (mended.carrier, mended.tracking_number) == ("JD", "JD2001")
        await shipping.hear(tx, parcel.id, News(ParcelState.IN_TRANSIT, "", tx.now))
        with pytest.raises(shipping.ParcelUnderway):
            await shipping.correct(tx, parcel.id, "JD", "JD2002")
    known = await shipping.get(ground.db, parcel.id)
    assert known is not None and known.tracking_number == "JD2001"


def test_every_carrier_and_state_has_its_words() -> None:
    assert all(knows(f"carrier.{code}") for code in CARRIERS)
    assert all(knows(f"parcel.state.{state.value}") for state in ParcelState)


async def test_rates_parcels_and_news_have_their_limits(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    await _shop(ground, SHOP)
    await _order(ground, 1)
    monkeypatch.setattr(actions, "RATES_A_SHOP_MAX", 1)
    monkeypatch.setattr(actions, "PARCELS_AN_ORDER_MAX", 1)
    monkeypatch.setattr(actions, "EVENTS_A_PARCEL_MAX", 2)
    async with ground.db.transaction() as tx:
        await shipping.set_rate(tx, SHOP, Rate(EVERYWHERE, fee=1))
        await shipping.set_rate(tx, SHOP, Rate(EVERYWHERE, fee=2))  # the same region again is no new rate
        with pytest.raises(shipping.RateNotValid):
            await shipping.set_rate(tx, SHOP, Rate(330000, fee=1))
        parcel = await shipping.ship(tx, 1, SHOP, "SF", "SF1001", [shipping.ParcelLine(1, 1)])
        with pytest.raises(shipping.TooManyParcels):
            await shipping.ship(tx, 1, SHOP, "SF", "SF1002", [shipping.ParcelLine(1, 1)])
        news = News(ParcelState.IN_TRANSIT, "杭州", tx.now)
        await shipping.hear(tx, parcel.id, news)
        with pytest.raises(shipping.NewsNotValid):
            await shipping.hear(tx, parcel.id, News(ParcelState.DELIVERED, "深圳", tx.now))
        again, moved = await shipping.hear(tx, parcel.id, news)  # what is known is no new news
        assert (again.state, moved) == (ParcelState.IN_TRANSIT, False)
        for unknown in (shipping.hear(tx, 424242, news), shipping.correct(tx, 424242, "SF", "SF1009")):
            with pytest.raises(shipping.ParcelNotFound):
                await unknown
