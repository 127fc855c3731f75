"""The catalogue keeps products whole, versions them, cuts their words, and forbids what may not be given."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renqing.books import catalog, people
from renqing.books.catalog import CategoryDraft, ProductDraft, SkuDraft, clean_detail, may_be_gift, picture_of
from renqing.books.catalog.words import Found, product_words, query_words, stem
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.money import AMOUNT_MINOR_MAX

replace = msgspec.structs.replace


async def shop_and_category(tx: Tx) -> tuple[int, int]:
    owner = await people.join(tx, name="店主")
    shop = await people.open_shop(tx, people.NewShop("小店"), owner.id)
    return shop.id, await catalog.save_category(tx, CategoryDraft(name_zh="茶", name_en="Tea"))


def draft_in(shop_id: int, category_id: int, **changes: Any) -> ProductDraft:
    plain = ProductDraft(
        shop_id=shop_id,
        category_id=category_id,
        title_zh="青瓷杯",
        spec_names=("颜色",),
        skus=(
            SkuDraft(price=12900, original_price=15900, specs=("红",), source_id="r"),
            SkuDraft(price=13900, original_price=13900, specs=("蓝",), source_id="b"),
        ),
    )
    return replace(plain, **changes)


async def rows(ground: Ground) -> list[tuple[Any, ...]]:
    kept = await ground.db.fetch("SELECT * FROM catalog_product ORDER BY id")
    kept += await ground.db.fetch("SELECT * FROM catalog_sku ORDER BY id")
    kept += await ground.db.fetch("SELECT * FROM catalog_category ORDER BY id")
    kept += await ground.db.fetch("SELECT id FROM outbox_fact ORDER BY id")
    return [tuple(row) for row in kept]


async def counts(ground: Ground) -> list[tuple[int, int]]:
    """What each category says it has on sale, beside what it has."""
    found = await ground.db.fetch(
        """SELECT products_on_sale, (SELECT count(*) FROM catalog_product p WHERE p.category_id = c.id AND p.on_sale)
             FROM catalog_category c ORDER BY id"""
    )
    return [(row[0], row[1]) for row in found]


# products -----------------------------------------------------------------------------------------------------------
async def test_a_product_is_kept_as_it_was_drafted(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        brand = await catalog.save_brand(tx, catalog.BrandDraft(name_zh="梅坞"))
        draft = draft_in(
            shop_id,
            tea,
            brand_id=brand,
            pictures=("http://far/1.png", "emoji/1f375.webp"),
            attributes=(("材质", "瓷"), ("产地", "龙泉")),
            detail_zh="<p>好<script>alert(1)</script></p>",
        )
        saved = await catalog.save_product(tx, draft)
        kept = await catalog.get_product(tx, shop_id, saved.product_id)
    assert saved.how == "new"
    assert saved.new_sku_ids == saved.sku_ids
    assert (kept.price_min, kept.price_max, kept.giftable, kept.detail_zh) == (12900, 13900, True, "<p>好</p>")
    assert (kept.pictures, kept.attributes, kept.brand_id) == (draft.pictures, draft.attributes, brand)
    assert [(sku.specs, sku.price, sku.original_price) for sku in kept.skus] == [
        (("红",), 12900, 15900),
        (("蓝",), 13900, 13900),
    ]


async def test_an_offer_tells_what_is_sold_now(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        pictures = ("http://far/1.png", "emoji/1f375.webp")
        saved = await catalog.save_product(tx, draft_in(shop_id, tea, title_en="Cup", pictures=pictures))
        red, blue = saved.sku_ids
        offers = await catalog.offers(tx, [blue, 1, red])
        await catalog.take_off_sale(tx, shop_id, [saved.product_id])
        after = await catalog.offers(tx, [red])
        styles = await catalog.styles(tx, saved.product_id)
    assert offers.keys() == {red, blue}
    assert offers[red] == catalog.Offer(
        red, saved.product_id, shop_id, "青瓷杯", "Cup", ("红",), "emoji/1f375.webp", 12900, 15900, "CNY",
        on_sale=True, giftable=True, gift_forbidden=None,
    )  # fmt: skip
    assert not after[red].on_sale
    assert [style.sku_id for style in styles] == [red, blue]


async def test_saving_the_same_again_moves_nothing(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        draft = draft_in(shop_id, tea, source="s", source_id="1")
        first = await catalog.save_product(tx, draft)
    before = await rows(ground)
    ground.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    async with ground.db.transaction() as tx:
        again = await catalog.save_product(tx, draft)
    assert again == replace(first, how="same", new_sku_ids=())
    assert await rows(ground) == before


async def test_a_style_that_is_not_named_any_more_goes_off_sale_and_stays(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        draft = draft_in(shop_id, tea, source="s", source_id="1")
        first = await catalog.save_product(tx, draft)
        second = await catalog.save_product(tx, replace(draft, skus=draft.skus[1:]))
        kept = await catalog.get_product(tx, shop_id, first.product_id)
    assert (second.how, second.sku_ids) == ("changed", first.sku_ids[1:])
    assert {sku.id: sku.on_sale for sku in kept.skus} == {first.sku_ids[0]: False, first.sku_ids[1]: True}
    assert (kept.price_min, kept.price_max) == (13900, 13900)


async def test_an_edit_of_a_version_that_somebody_changed_meanwhile_is_refused(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        saved = await catalog.save_product(tx, draft_in(shop_id, tea))
        seen = (await catalog.get_product(tx, shop_id, saved.product_id)).changed_at
    ground.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
    edit = draft_in(shop_id, tea, id=saved.product_id, seen_changed_at=seen, title_zh="青瓷大杯")
    async with ground.db.transaction() as tx:
        assert (await catalog.save_product(tx, edit)).how == "changed"
    before = await rows(ground)
    with pytest.raises(catalog.ProductChangedMeanwhile):
        async with ground.db.transaction() as tx:
            await catalog.save_product(tx, replace(edit, title_zh="青瓷小杯"))
    assert await rows(ground) == before


async def test_only_a_changed_price_of_a_style_is_a_new_version(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        draft = draft_in(shop_id, tea, source="s", source_id="1")
        saved = await catalog.save_product(tx, draft)
        seen = (await catalog.get_product(tx, shop_id, saved.product_id)).changed_at
    ground.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
    dearer = (draft.skus[0], replace(draft.skus[1], original_price=14000))
    async with ground.db.transaction() as tx:
        assert (await catalog.save_product(tx, replace(draft, skus=dearer))).how == "changed"
        assert (await catalog.get_product(tx, shop_id, saved.product_id)).changed_at > seen


async def test_a_foreign_product_or_style_is_not_changed(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        other_id = (await people.open_shop(tx, people.NewShop("别家"), (await people.join(tx, name="别人")).id)).id
        mine = await catalog.save_product(tx, draft_in(shop_id, tea))
        theirs = await catalog.save_product(tx, draft_in(other_id, tea))
    before = await rows(ground)
    async with ground.db.transaction() as tx:
        assert await catalog.take_off_sale(tx, shop_id, [theirs.product_id]) == []
        assert await catalog.allow_gifts(tx, shop_id, [theirs.product_id], allowed=False) == []
    with pytest.raises(catalog.ProductNotFound):
        async with ground.db.transaction() as tx:
            await catalog.save_product(tx, draft_in(shop_id, tea, id=theirs.product_id, title_zh="抢来的"))
    foreign = (SkuDraft(id=theirs.sku_ids[0], price=1, original_price=1, specs=("红",)),)
    with pytest.raises(FieldNotValid):
        async with ground.db.transaction() as tx:
            await catalog.save_product(tx, draft_in(shop_id, tea, id=mine.product_id, skus=foreign))
    with pytest.raises(catalog.ProductNotFound):
        async with ground.db.transaction() as tx:
            await catalog.get_product(tx, shop_id, theirs.product_id)
    assert await rows(ground) == before


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"title_zh": " "}, "title_zh", "missing"),
    ({"title_zh": "长" * 121}, "title_zh", "too_long"),
    ({"title_en": "x" * 201}, "title_en", "too_long"),
    ({"brief_zh": "坏\x00"}, "brief_zh", "control_character"),
    ({"brief_zh": "坏\ud800"}, "brief_zh", "control_character"),
    ({"skus": ()}, "skus", "missing"),
    ({"spec_names": ("颜色", "颜色")}, "spec_names", "repeated"),
    ({"spec_names": ()}, "skus.0.specs", "does_not_fit_names"),
    ({"currency": "XXX"}, "currency", "unknown"),
    ({"popularity": -1}, "popularity", "negative"),
    ({"attributes": (("", "x"),)}, "attributes", "missing"),
    ({"pictures": ("a.png",) * 21}, "pictures", "too_many"),
    ({"category_id": 99}, "category_id", "unknown"),
    ({"brand_id": 99}, "brand_id", "unknown"),
    ({"skus": (SkuDraft(price=0, original_price=1, specs=("红",)),)}, "skus.0.price", "outside"),
    ({"skus": (SkuDraft(price=-5, original_price=1, specs=("红",)),)}, "skus.0.price", "outside"),
    ({"skus": (SkuDraft(price=2**63, original_price=2**63, specs=("红",)),)}, "skus.0.price", "outside"),
    ({"skus": (SkuDraft(price=5, original_price=4, specs=("红",)),)}, "skus.0.original_price", "below_price"),
    ({"skus": (SkuDraft(price=5, original_price=5, specs=("红",)),) * 2}, "skus", "repeated"),
    ({"skus": (SkuDraft(price=5, original_price=5, specs=("红",), on_sale=False),)}, "skus", "none_on_sale"),
]


async def test_a_product_that_breaks_a_limit_is_refused_with_field_and_reason(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        await catalog.save_product(tx, draft_in(shop_id, tea))
    before = await rows(ground)
    for changes, field, reason in WRONG:
        with pytest.raises(FieldNotValid) as refusal:
            async with ground.db.transaction() as tx:
                await catalog.save_products(tx, [draft_in(shop_id, tea), replace(draft_in(shop_id, tea), **changes)])
        assert (refusal.value.facts["field"], refusal.value.facts["reason"]) == (field, reason), changes
    with pytest.raises(FieldNotValid):
        async with ground.db.transaction() as tx:
            await catalog.save_products(tx, [draft_in(shop_id, tea, source="s", source_id="1")] * 2)
    assert await rows(ground) == before


async def test_one_product_is_not_changed_twice_in_a_set(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        assert await catalog.save_products(tx, []) == []
        saved = await catalog.save_product(tx, draft_in(shop_id, tea, source="s", source_id="1"))
    before = await rows(ground)
    for names in ({"source": "s", "source_id": "1"}, {"id": saved.product_id}):
        twice = [draft_in(shop_id, tea, title_zh=title, **names) for title in ("甲", "乙")]
        with pytest.raises(FieldNotValid) as refusal:
            async with ground.db.transaction() as tx:
                await catalog.save_products(tx, twice)
        assert refusal.value.facts == {"field": "source_id", "reason": "repeated"}
        assert await rows(ground) == before


async def test_a_brand_that_is_not_there_is_not_changed(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        brand = await catalog.save_brand(tx, catalog.BrandDraft(name_zh="梅坞"))
    drafts = [catalog.BrandDraft(name_zh="改名", id=brand), catalog.BrandDraft(name_zh="没有", id=404)]
    with pytest.raises(FieldNotValid) as refusal:
        async with ground.db.transaction() as tx:
            await catalog.save_brands(tx, drafts)
    assert refusal.value.facts == {"field": "id", "reason": "unknown", "place": 1}
    names = await ground.db.fetch("SELECT name_zh FROM catalog_brand")
    assert [row["name_zh"] for row in names] == ["梅坞"]


async def test_the_dearest_price_there_can_be_is_kept(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        most = SkuDraft(price=AMOUNT_MINOR_MAX, original_price=AMOUNT_MINOR_MAX, specs=("金",))
        saved = await catalog.save_product(tx, draft_in(shop_id, tea, skus=(most,)))
        assert (await catalog.styles(tx, saved.product_id))[0].price == AMOUNT_MINOR_MAX


async def test_a_category_knows_how_many_products_it_has_on_sale(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        cups = await catalog.save_category(tx, CategoryDraft(name_zh="杯", parent_id=tea))
        saved = await catalog.save_products(
            tx, [draft_in(shop_id, tea, source="s", source_id=str(n)) for n in range(5)]
        )
        await catalog.take_off_sale(tx, shop_id, [saved[0].product_id, saved[1].product_id])
        await catalog.put_on_sale(tx, shop_id, [saved[1].product_id])
        await catalog.save_products(
            tx, [draft_in(shop_id, cups, source="s", source_id=str(n), on_sale=n != 4) for n in (2, 3, 4)]
        )
    assert await counts(ground) == [(1, 1), (2, 2)]


async def test_counts_stay_true_when_two_shops_save_at_once(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        cups = await catalog.save_category(tx, CategoryDraft(name_zh="杯", parent_id=tea))

    async def save(n: int) -> None:
        async def story(tx: Tx) -> None:
            order = (tea, cups) if n % 2 else (cups, tea)
            drafts = [draft_in(shop_id, category, source=f"s{n}", source_id=str(category)) for category in order]
            await catalog.save_products(tx, drafts)

        await ground.db.run(story)

    await asyncio.gather(*(save(n) for n in range(8)))
    assert await counts(ground) == [(8, 8), (8, 8)]


async def test_a_product_without_a_style_on_sale_is_not_put_on_sale(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        gone = (SkuDraft(price=5, original_price=5, specs=("红",), on_sale=False),)
        saved = await catalog.save_product(tx, draft_in(shop_id, tea, skus=gone, on_sale=False))
        assert await catalog.put_on_sale(tx, shop_id, [saved.product_id]) == []


async def test_each_change_of_a_product_leaves_a_fact(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        saved = await catalog.save_product(tx, draft_in(shop_id, tea))
        for _ in range(2):
            await catalog.take_off_sale(tx, shop_id, [saved.product_id])
            await catalog.allow_gifts(tx, shop_id, [saved.product_id], allowed=False)
    facts = await ground.db.fetch(
        """SELECT payload->>'what' AS what FROM outbox_fact
            WHERE kind = 'ProductChanged' AND subject_id = $1 ORDER BY id""",
        saved.product_id,
    )
    assert [fact["what"] for fact in facts] == ["saved", "taken_off_sale", "gifts_refused"]


# categories ---------------------------------------------------------------------------------------------------------
async def test_a_mark_forbids_gifts_of_everything_below(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        gold = await catalog.save_category(tx, CategoryDraft(name_zh="珠宝", gift_forbidden="jewellery"))
        rings = await catalog.save_category(tx, CategoryDraft(name_zh="戒指", parent_id=gold))
        saved = await catalog.save_product(tx, draft_in(shop_id, rings))
        below = (await catalog.styles(tx, saved.product_id))[0].gift_forbidden
        await catalog.save_category(tx, CategoryDraft(name_zh="戒指", id=rings, parent_id=tea))
        moved = (await catalog.styles(tx, saved.product_id))[0].gift_forbidden
    assert (below, moved) == ("jewellery", None)


async def test_a_branch_moves_whole(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        ids = [await catalog.save_category(tx, CategoryDraft(name_zh="甲"))]
        for name in ("乙", "丙"):
            ids.append(await catalog.save_category(tx, CategoryDraft(name_zh=name, parent_id=ids[-1])))
        other = await catalog.save_category(tx, CategoryDraft(name_zh="丁"))
        await catalog.save_category(tx, CategoryDraft(name_zh="乙", id=ids[1], parent_id=other))
        paths = await tx.fetch("SELECT name_zh, path FROM catalog_category")
        ways = await catalog.categories_by_name(tx)
    assert {row["name_zh"]: row["path"] for row in paths} == {
        "甲": [ids[0]], "丁": [other], "乙": [other, ids[1]], "丙": [other, ids[1], ids[2]],
    }  # fmt: skip
    assert ways == {("甲",): ids[0], ("丁",): other, ("丁", "乙"): ids[1], ("丁", "乙", "丙"): ids[2]}


async def test_the_tree_has_no_circle_and_is_not_too_deep(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        ids: list[int] = []
        for n in range(6):
            parent = ids[-1] if ids else None
            ids.append(await catalog.save_category(tx, CategoryDraft(name_zh=f"第{n}层", parent_id=parent)))
    before = await rows(ground)
    wrong = [
        (CategoryDraft(name_zh="太深", parent_id=ids[-1]), "too_deep"),
        (CategoryDraft(name_zh="圈", id=ids[0], parent_id=ids[2]), "circle"),
        (CategoryDraft(name_zh="自己", id=ids[0], parent_id=ids[0]), "circle"),
        (CategoryDraft(name_zh="没有", parent_id=99), "unknown"),
        (CategoryDraft(name_zh="没有", id=99), "unknown"),
        (CategoryDraft(name_zh=""), "missing"),
    ]
    for draft, reason in wrong:
        with pytest.raises(FieldNotValid) as refusal:
            async with ground.db.transaction() as tx:
                await catalog.save_category(tx, draft)
        assert refusal.value.facts["reason"] == reason
    assert await rows(ground) == before


# rules --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given_", "why"),
    [
        ({}, ""),
        ({"original_price": 1_000_000}, ""),
        ({"original_price": 1_000_001}, "price"),
        ({"forbidden": "jewellery"}, "category"),
        ({"forbidden": "education", "shop_allows": False, "giftable": False}, "category"),
        ({"shop_allows": False, "giftable": False}, "shop"),
        ({"giftable": False}, "merchant"),
    ],
)
def test_what_may_be_a_gift(given_: dict[str, Any], why: str) -> None:
    fine = {"giftable": True, "shop_allows": True, "forbidden": None, "original_price": 1, "price_max": 1_000_000}
    assert may_be_gift(**{**fine, **given_}) == why


HTML = [
    ("<p>好</p>", "<p>好</p>"),
    ("好<script>alert(1)</script>", "好"),
    ('<p onclick="x()" style="color:red" class="a">好</p>', "<p>好</p>"),
    ('<a href="javascript:x">去</a>', "去"),
    ('<p><img src="http://far/1.png"></p><p>好</p>', "<p>好</p>"),
    ('<img src="//far/1.png" onerror="x()">', ""),
    ('<img src="/media/../secret.png">', ""),
    ('<img src="data:image/png;base64,AAAA">', ""),
    ('<IMG SRC="/media/emoji/1f375.webp" width=9>', '<img src="/media/emoji/1f375.webp">'),
    ('<img alt=">" src="http://far/1.png">', ""),
    ('<iframe src="http://far"></iframe><video src="http://far/v.mp4"></video>好', "好"),
    ("<!-- 备注 --><p><span><strong> </strong></span>&nbsp;\u200d</p>", ""),
    ("<style>p{background:url(http://far)}</style><p>好</p>", "<p>好</p>"),
    ('<svg><a xlink:href="http://far">好</a></svg>', ""),
    ("<table><tr><td colspan=2>一</td></tr></table>", '<table><tbody><tr><td colspan="2">一</td></tr></tbody></table>'),
]


@pytest.mark.parametrize(("written", "kept"), HTML)
def test_detail_keeps_nothing_that_runs_or_asks_another_host(written: str, kept: str) -> None:
    assert clean_detail(written) == kept
    assert clean_detail(kept) == kept


@given(st.text(alphabet="<>/=\"'& imgsrcpsvgonx:hte\u200d", max_size=120))
def test_no_detail_asks_another_host(written: str) -> None:
    kept = clean_detail(written)
    assert "<script" not in kept
    assert "<img" not in kept


def test_pages_get_only_pictures_of_this_host() -> None:
    elsewhere = ["http://far/1.png", "//far/2.png", "/etc/passwd", "../x.png", "a b.png"]
    assert picture_of(*elsewhere, "emoji/1f375.webp") == "emoji/1f375.webp"
    assert picture_of("http://far/1.png", "") == ""


# words --------------------------------------------------------------------------------------------------------------
NASTY = [
    "it's \\ 'quoted'",
    "'",
    "\\",
    "a:b*c!&|()",
    "<->",
    "１２３ＡＢＣ",
    "茶" * 120,
    "\u3000\t",
    "🍵 emoji",
    "x" * 120,
]


async def test_any_text_can_be_kept_and_asked_for(ground: Ground) -> None:
    random = Random(7)  # noqa: S311 - the same strange texts every time
    strange = ["".join(chr(random.randrange(33, 0x2FFF)) for _ in range(40)) for _ in range(300)]
    async with ground.db.transaction() as tx:
        for text in [*NASTY, *strange]:
            words, asked = product_words(Found([text])), query_words(text)
            matches = await tx.fetchval("SELECT $1::text::tsvector @@ $2::text::tsquery", words, asked)
            assert matches == bool(asked), text


LOOKED_FOR = [
    ("手工龙井绿茶礼盒", "龙井", True),
    ("手工龙井绿茶礼盒", "茶", True),
    ("手工龙井绿茶礼盒", "绿茶 礼盒", True),
    ("手工龙井绿茶礼盒", "礼盒绿茶", True),
    ("手工龙井绿茶礼盒", "红茶", False),
    ("Hand-made Longjing Green-Tea Boxes", "green tea box", True),
    ("Hand-made Longjing Green-Tea Boxes", "LONG", True),
    ("Hand-made Longjing Green-Tea Boxes", "the teas", True),
    ("Hand-made Longjing Green-Tea Boxes", "coffee", False),
    ("Tom's strawberries", "strawberry", True),
    ("Tom's strawberries", "toms", True),
    ("ＭＵＪＩ 棉袜", "muji", True),
]


async def test_people_find_what_they_look_for(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        for title, query, found in LOOKED_FOR:
            words, asked = product_words(Found([title])), query_words(query)
            matches = await tx.fetchval("SELECT $1::text::tsvector @@ $2::text::tsquery", words, asked)
            assert matches is found, (title, query)


def test_a_query_that_says_nothing_asks_for_nothing() -> None:
    assert [query_words(query) for query in ("", "  ", "!!!", "——", "🎁")] == [""] * 5
    assert query_words("的") != ""


def test_the_last_word_is_begun_whole_or_left_out() -> None:
    assert query_words("green tea") == "'green' & 'tea':*"
    assert query_words("green tea", last="whole") == "'green' & 'tea'"
    assert query_words("green tea", last="left out") == "'green'"
    assert (
        query_words("tea", last="left out") == query_words("", last="whole") == query_words("", last="left out") == ""
    )


@given(st.text(max_size=30))
def test_a_word_is_cut_to_its_stem_once(token: str) -> None:
    assert len(stem(token)) <= len(token)


# reviews ------------------------------------------------------------------------------------------------------------
async def test_a_review_of_a_source_comes_in_once(ground: Ground) -> None:
    async with ground.db.transaction() as tx:
        shop_id, tea = await shop_and_category(tx)
        saved = await catalog.save_product(tx, draft_in(shop_id, tea))
        review = catalog.ReviewDraft(product_id=saved.product_id, body="好", made_at=tx.now, source_id="1")
        added = [await catalog.add_reviews(tx, [review, replace(review, source_id="")]) for _ in range(2)]
        assert await tx.fetchval("SELECT count(*) FROM catalog_review") == 3
    assert added == [2, 1]
    for wrong in ({"body": ""}, {"stars": 6}, {"stars": 0}, {"body": "长" * 2001}):
        with pytest.raises(FieldNotValid):
            async with ground.db.transaction() as tx:
                await catalog.add_reviews(tx, [replace(review, **wrong)])
