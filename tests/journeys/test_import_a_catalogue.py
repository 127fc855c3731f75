"""A catalogue is taken over whole or not at all, and its faults are told by file and line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from renqing.books import people
from renqing.books.catalog import At, Catalogue, Fault, faults_of
from renqing.doors.files.litemall import read_litemall
from renqing.doors.files.plain_csv import COLUMNS, read_plain_csv
from renqing.foundation.ground import Ground
from renqing.foundation.text import knows
from renqing.journeys.import_a_catalogue import (
    FAULTS_TOLD_MAX,
    CatalogueNotValid,
    ImportACatalogue,
    import_a_catalogue,
)
from renqing.views.import_target import import_target

ROOT = Path(__file__).parents[2]
LITEMALL = ROOT.parent / "shared/data/litemall_catalog"
EXAMPLE = ROOT / "docs/examples/catalogue.csv"
NEW_SHOP = people.NewShop("进口铺", "Imports")
ROW = {"product_id": "p1", "sku_id": "s1", "category": "茶", "title_zh": "茶", "price": "10"}

needs_litemall = pytest.mark.skipif(not LITEMALL.is_dir(), reason=f"the litemall data is not at {LITEMALL}")


async def take_over(ground: Ground, catalogue: Catalogue, shop: str = "进口铺") -> Any:
    target = await import_target(ground, shop)
    found = target.shop_ids[0] if target.shop_ids else None
    ask = ImportACatalogue(catalogue, shop_id=found, new_shop=None if found else people.NewShop(shop))
    return await import_a_catalogue(ground, ask)


async def everything(ground: Ground) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that an import could write."""
    tables = ["catalog_category", "catalog_brand", "catalog_product", "catalog_sku", "catalog_review", "stock_item"]
    tables += ["stock_movement", "people_shop", "people_person", "outbox_fact"]
    return {name: [tuple(row) for row in await ground.db.fetch(f"SELECT * FROM {name} ORDER BY 1")] for name in tables}


async def refused(ground: Ground, catalogue: Catalogue) -> list[Fault]:
    """The faults an import is refused with; proves that it wrote nothing and that each fault has its words."""
    before = await everything(ground)
    with pytest.raises(CatalogueNotValid) as refusal:
        await import_a_catalogue(ground, ImportACatalogue(catalogue, new_shop=NEW_SHOP))
    assert await everything(ground) == before
    faults: list[Fault] = refusal.value.facts["faults"]
    assert faults == told(catalogue)
    return faults


def told(catalogue: Catalogue) -> list[Fault]:
    """The faults a catalogue would be refused with; each has its words."""
    faults = faults_of(catalogue)
    assert all(knows(f"import.fault.reason.{fault.reason}") for fault in faults)
    return faults


def plain(folder: Path, rows: Sequence[dict[str, str]], columns: Sequence[str] = COLUMNS) -> Path:
    """A plain CSV file of these rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    file = folder / "goods.csv"
    file.write_text(text.getvalue(), encoding="utf-8")
    return file


# the real catalogue -------------------------------------------------------------------------------------------------
@needs_litemall
async def test_the_real_catalogue_comes_in_whole(ground: Ground) -> None:
    done = await take_over(ground, read_litemall(LITEMALL))
    assert (done.products_new, done.skus_new, done.categories, done.brands, done.reviews_new) == (239, 244, 93, 49, 994)
    counted = await ground.db.fetchrow(
        """SELECT (SELECT count(*) FROM catalog_product WHERE on_sale) AS on_sale,
                  (SELECT sum(products_on_sale) FROM catalog_category) AS counted,
                  (SELECT sum(on_hand) FROM stock_item) AS pieces,
                  (SELECT count(*) FROM catalog_review WHERE stars IS NOT NULL) AS starred,
                  (SELECT count(*) FROM catalog_product WHERE detail_zh ~* '<(img|video|script|a) ') AS fetching"""
    )
    assert dict(counted) == {
        "on_sale": 238,
        "counted": 238,
        "pieces": done.pieces_received,
        "starred": 1,
        "fetching": 0,
    }
    assert done.pieces_received == 24_761  # the sum of the file's `number`


@needs_litemall
async def test_the_real_catalogue_twice_doubles_nothing(ground: Ground) -> None:
    catalogue = read_litemall(LITEMALL)
    await take_over(ground, catalogue)
    before = await everything(ground)
    again = await take_over(ground, catalogue)
    after = await everything(ground)
    assert (again.products_new, again.products_changed, again.products_same) == (0, 0, 239)
    assert (again.skus_new, again.pieces_received, again.reviews_new) == (0, 0, 0)
    assert len(after.pop("outbox_fact")) == len(before.pop("outbox_fact")) + 1
    assert after == before


@needs_litemall
async def test_prices_are_exact_to_the_fen(ground: Ground) -> None:
    await take_over(ground, read_litemall(LITEMALL))
    rows = await ground.db.fetch("SELECT source_id, price FROM catalog_sku")
    with (LITEMALL / "goods_product.csv").open(encoding="utf-8", newline="") as file:
        written = {row["id"]: row["price"] for row in csv.DictReader(file)}
    assert {row["source_id"]: f"{row['price'] // 100}.{row['price'] % 100:02d}" for row in rows} == written


@needs_litemall
async def test_a_broken_row_of_the_real_catalogue_is_told_by_file_and_line(ground: Ground, tmp_path: Path) -> None:
    for name in ("goods.csv", "category.csv", "brand.csv", "goods_product.csv", "goods_specification.csv"):
        (tmp_path / name).write_bytes((LITEMALL / name).read_bytes())
    styles = (tmp_path / "goods_product.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    styles[7] = styles[7].replace(",899.00,", ",八百,")
    styles[8] = styles[8].replace(",1006007,", ",1006007,extra,")
    (tmp_path / "goods_product.csv").write_text("".join(styles), encoding="utf-8")
    goods = (tmp_path / "goods.csv").read_text(encoding="utf-8").replace(",1008009,0,", ",99,0,", 1)
    (tmp_path / "goods.csv").write_text(goods, encoding="utf-8")
    faults = await refused(ground, read_litemall(tmp_path))
    assert [(fault.at, fault.column, fault.reason) for fault in faults if fault.reason != "missing"] == [
        (At("goods.csv", 2), "category_id", "unknown"),
        (At("goods_product.csv", 8), "price", "not_money"),
        (At("goods_product.csv", 9), "", "cells"),
    ]
    assert [fault.column for fault in faults if fault.reason == "missing"] == ["goods_product"]


@needs_litemall
async def test_a_fault_on_the_last_step_leaves_nothing_behind(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> int:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("renqing.journeys.import_a_catalogue._reviews", fails)
    before = await everything(ground)
    with pytest.raises(RuntimeError):
        await take_over(ground, read_litemall(LITEMALL))
    assert await everything(ground) == before


def test_a_folder_without_its_tables_says_which(tmp_path: Path) -> None:
    faults = told(read_litemall(tmp_path))
    assert {fault.at.file for fault in faults} == {"goods.csv", "goods_product.csv", "category.csv"}
    assert {fault.reason for fault in faults} == {"file_missing"}


# the plain format ---------------------------------------------------------------------------------------------------
async def test_the_documented_example_comes_in(ground: Ground) -> None:
    done = await take_over(ground, read_plain_csv(EXAMPLE, "CNY"))
    assert (done.products_new, done.skus_new, done.pieces_received, done.categories) == (3, 6, 765, 5)
    rows = await ground.db.fetch(
        """SELECT p.source_id, p.giftable, p.price_min, p.price_max, c.name_en, s.specs, s.price, s.original_price,
                  s.on_sale
             FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id
             JOIN catalog_sku s ON s.product_id = p.id ORDER BY p.source_id DESC, s.place"""
    )
    assert [tuple(row) for row in rows][:3] == [
        ("T-001", True, 12800, 23800, "Green tea", ["50 g"], 12800, 15800, True),
        ("T-001", True, 12800, 23800, "Green tea", ["100 g"], 23800, 29800, True),
        ("T-001", True, 12800, 23800, "Green tea", ["250 g"], 54800, 68800, False),
    ]
    assert [row["giftable"] for row in rows][3:] == [False, True, True]


def test_the_documentation_names_every_column() -> None:
    text = (ROOT / "docs/import-csv.md").read_text(encoding="utf-8")
    assert [column for column in COLUMNS if f"`{column}`" not in text] == []


async def test_a_changed_file_changes_what_differs_and_keeps_the_stock(ground: Ground, tmp_path: Path) -> None:
    rows = [{**ROW, "sku_id": f"s{n}", "specs": f"号={n}", "stock": "5"} for n in (1, 2)]
    await take_over(ground, read_plain_csv(plain(tmp_path, rows), "CNY"))
    changed = [
        {**rows[0], "price": "12.34", "stock": "900"},
        {**rows[0], "sku_id": "s3", "specs": "号=3", "stock": "7"},
    ]
    done = await take_over(ground, read_plain_csv(plain(tmp_path, changed), "CNY"))
    assert (done.products_changed, done.skus_new, done.pieces_received) == (1, 1, 7)
    kept = await ground.db.fetch(
        """SELECT s.source_id, s.price, s.on_sale, i.on_hand FROM catalog_sku s JOIN stock_item i ON i.sku_id = s.id
            ORDER BY s.source_id"""
    )
    assert [tuple(row) for row in kept] == [("s1", 1234, True, 5), ("s2", 1000, False, 5), ("s3", 1000, True, 7)]


async def test_a_category_of_the_same_names_is_taken(ground: Ground, tmp_path: Path) -> None:
    await take_over(ground, read_plain_csv(EXAMPLE, "CNY"))
    before = await ground.db.fetchval("SELECT count(*) FROM catalog_category")
    await take_over(ground, read_plain_csv(plain(tmp_path, [{**ROW, "category": "茶 > 绿茶"}]), "CNY"), "别家")
    assert await ground.db.fetchval("SELECT count(*) FROM catalog_category") == before


async def test_jewellery_and_education_are_marked_by_their_names(ground: Ground, tmp_path: Path) -> None:
    rows = [
        {**ROW, "category": "珠宝首饰 > 耳饰"},
        {**ROW, "product_id": "p2", "category": "生活 > 兴趣课程"},
        {**ROW, "product_id": "p3", "category": "生活 > 杯子"},
    ]
    await take_over(ground, read_plain_csv(plain(tmp_path, rows), "CNY"))
    marks = await ground.db.fetch("SELECT name_zh, gift_forbidden FROM catalog_category")
    assert {row["name_zh"]: row["gift_forbidden"] for row in marks} == {
        "珠宝首饰": "jewellery", "耳饰": None, "生活": None, "兴趣课程": "education", "杯子": None,
    }  # fmt: skip


FAULTS = [
    ({"price": "abc"}, "price", "not_money"),
    ({"price": "1,299.00"}, "price", "not_money"),
    ({"price": "NaN"}, "price", "not_money"),
    ({"price": "1e3"}, "price", "not_money"),
    ({"price": "1.005"}, "price", "too_many_decimals"),
    ({"price": "0"}, "price", "not_a_price"),
    ({"price": "-5"}, "price", "not_a_price"),
    ({"price": "99999999999999999"}, "price", "not_a_price"),
    ({"price": "10", "original_price": "9.99"}, "original_price", "below_price"),
    ({"stock": "-1"}, "stock", "outside"),
    ({"stock": "99999999999"}, "stock", "outside"),
    ({"stock": "1.5"}, "stock", "not_whole"),
    ({"title_zh": ""}, "title_zh", "missing"),
    ({"title_zh": "长" * 121}, "title_zh", "too_long"),
    ({"title_zh": "响\x07铃"}, "title_zh", "control_character"),
    ({"category": ""}, "category", "unknown"),
    ({"category": "一>二>三>四>五>六>七"}, "category", "too_deep"),
    ({"category": "茶 > 绿茶", "category_en": "Tea"}, "category_en", "steps_differ"),
    ({"product_id": ""}, "product_id", "missing"),
    ({"sku_id": ""}, "sku_id", "missing"),
    ({"specs": "颜色"}, "specs", "not_a_pair"),
    ({"attributes": "=棉"}, "attributes", "not_a_pair"),
    ({"on_sale": "maybe"}, "on_sale", "not_yes_or_no"),
    ({"giftable": "2"}, "giftable", "not_yes_or_no"),
    ({"sku_on_sale": "no"}, "sku_id", "none_on_sale"),
    ({"brand": "牌" * 61}, "brand", "too_long"),
    ({"pictures": "|".join(f"p{n}.webp" for n in range(21))}, "pictures", "too_many"),
]


@pytest.mark.parametrize(("wrong", "column", "reason"), FAULTS, ids=lambda value: str(value)[:30])
def test_a_wrong_row_is_told_with_its_line(tmp_path: Path, wrong: dict[str, str], column: str, reason: str) -> None:
    good = {**ROW, "product_id": "p0", "detail_zh": "两\n行"}
    faults = told(read_plain_csv(plain(tmp_path, [good, {**ROW, **wrong}]), "CNY"))
    assert 2 not in [fault.at.line for fault in faults]
    assert (At("goods.csv", 4), column, reason) in [(fault.at, fault.column, fault.reason) for fault in faults]


async def test_all_wrong_rows_are_told_at_once_up_to_a_limit(ground: Ground, tmp_path: Path) -> None:
    rows = [{**ROW, "product_id": f"p{n}", "price": "no"} for n in range(150)]
    with pytest.raises(CatalogueNotValid) as refusal:
        await take_over(ground, read_plain_csv(plain(tmp_path, rows), "CNY"))
    assert (len(refusal.value.facts["faults"]), refusal.value.facts["count"]) == (FAULTS_TOLD_MAX, 150)
    assert [fault.at.line for fault in refusal.value.facts["faults"]] == list(range(2, 102))


async def test_rows_of_a_product_that_disagree_are_refused_and_nothing_is_written(
    ground: Ground, tmp_path: Path
) -> None:
    rows = [
        {**ROW, "specs": "颜色=白"},
        {**ROW, "sku_id": "s2", "specs": "颜色=黑", "title_zh": "别的"},
        {**ROW, "sku_id": "s3", "specs": "尺寸=M"},
        {**ROW, "sku_id": "s4", "specs": "颜色=白"},
        {**ROW, "sku_id": "s2", "specs": "颜色=红"},
    ]
    faults = await refused(ground, read_plain_csv(plain(tmp_path, rows), "CNY"))
    assert [(fault.at.line, fault.column, fault.reason) for fault in faults] == [
        (2, "sku_id", "repeated"),
        (2, "sku_id", "source_id_repeated"),
        (3, "title_zh", "differs"),
        (4, "specs", "names_differ"),
    ]


ENCODINGS: list[tuple[str, Callable[[str], bytes], str]] = [
    ("GBK", lambda text: text.encode("gbk"), "encoding_gbk"),
    ("UTF-16 with its mark", lambda text: text.encode("utf-16"), "encoding_utf16"),
    ("UTF-16 without its mark", lambda text: text.encode("utf-16-le"), "encoding_utf16"),
    ("no text at all", lambda text: text.encode() + b"\xff\xfe\xfd", "encoding_unknown"),
]


@pytest.mark.parametrize(("_name", "encode", "reason"), ENCODINGS, ids=lambda value: str(value)[:24])
def test_a_file_in_the_wrong_encoding_says_what_to_do(
    tmp_path: Path, _name: str, encode: Callable[[str], bytes], reason: str
) -> None:
    file = tmp_path / "goods.csv"
    file.write_bytes(encode(EXAMPLE.read_text(encoding="utf-8")))
    assert [fault.reason for fault in told(read_plain_csv(file, "CNY"))] == [reason]


async def test_the_mark_that_spreadsheets_write_is_no_fault(ground: Ground, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    assert (await take_over(ground, read_plain_csv(file, "CNY"))).products_new == 3


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", "", "no_heading"),
        ("product_id,sku_id,category,title_zh\np,s,c,t\n", "price", "column_missing"),
        ("product_id,sku_id,category,title_zh,price,prise\np,s,c,t,1,1\n", "prise", "column_unknown"),
        ("product_id,sku_id,category,title_zh,price,price\np,s,c,t,1,1\n", "price", "repeated"),
        ("product_id,sku_id,category,title_zh,price\np,s,c,t,1,9\n", "", "cells"),
        ('product_id,sku_id,category,title_zh,price\np,s,c,"t,1\n', "", "broken_csv"),
        ("product_id,sku_id,category,title_zh,price\n", "product", "missing"),
    ],
)
def test_a_file_of_the_wrong_shape_is_told(tmp_path: Path, text: str, column: str, reason: str) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(text, encoding="utf-8")
    faults = told(read_plain_csv(file, "CNY"))
    assert [(fault.column, fault.reason) for fault in faults] == [(column, reason)]


async def test_a_new_shop_is_opened_with_the_import_and_owned(ground: Ground) -> None:
    done = await take_over(ground, read_plain_csv(EXAMPLE, "CNY"))
    staff = await ground.db.fetch("SELECT shop_id, role FROM people_staff")
    assert [tuple(row) for row in staff] == [(done.shop_id, "owner")]


async def test_a_new_shop_may_be_somebodys(ground: Ground) -> None:
    owner = await ground.db.run(lambda tx: people.join(tx, name="掌柜"))
    ask = ImportACatalogue(read_plain_csv(EXAMPLE, "CNY"), new_shop=NEW_SHOP, owner_id=owner.id)
    done = await import_a_catalogue(ground, ask)
    assert await people.role_of(ground.db, done.shop_id, owner.id) is people.Role.OWNER
    assert await ground.db.fetchval("SELECT count(*) FROM people_person") == 1


async def test_an_import_into_a_shop_that_is_not_there_changes_nothing(ground: Ground) -> None:
    before = await everything(ground)
    with pytest.raises(people.ShopUnknown):
        await import_a_catalogue(ground, ImportACatalogue(read_plain_csv(EXAMPLE, "CNY"), shop_id=77))
    assert await everything(ground) == before
