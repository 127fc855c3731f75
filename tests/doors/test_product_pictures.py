"""A shop's own pictures: handed over, named by a product, shown to everybody; and who may not."""

from __future__ import annotations

from callers import page
from counter import add_clerk
from recordings import picture

from renqing.trade.pictures import actions

JPEG = b"\xff\xd8\xff"


def shelf_files(doors):
    folder = doors.house.settings.home_path / "media"
    return [file for file in folder.rglob("*") if file.is_file()]


async def test_a_picture_that_a_shop_hands_over_shows_its_product_to_everybody(doors):
    owner, nobody = await doors.caller(doors.town.owner_id), await doors.caller()
    shop = f"/v1/shops/{doors.town.shop_id}"
    kept = await owner.ok("POST", f"{shop}/pictures", raw=picture((3_000, 1_500)))
    assert (kept["width"], kept["height"], kept["path"]) == (1_600, 800, f"/media/{kept['key']}")
    category = await doors.house.ground.db.fetchval("SELECT min(id) FROM catalog_category")
    ware = {"category_id": str(category), "title_zh": "茶盘", "skus": [{"price": 8_800}], "pictures": [kept["key"]]}
    made = await owner.ok("POST", f"{shop}/products", ware)
    assert (await nobody.ok("GET", f"/v1/products/{made['id']}"))["pictures"] == [kept["key"]]
    seen = await doors.client.get(f"/products/{made['id']}")
    assert f'src="{kept["path"]}"' in seen.text
    shown = await doors.client.get(kept["path"])
    assert (shown.status_code, shown.headers["content-type"], shown.content[:3]) == (200, "image/jpeg", JPEG)
    assert "sandbox" in shown.headers["content-security-policy"]


async def test_the_same_picture_is_kept_once_and_each_shop_has_its_own(doors):
    owner = await doors.caller(doors.town.owner_id)
    path = f"/v1/shops/{doors.town.shop_id}/pictures"
    first = await owner.ok("POST", path, raw=picture(), key="once")
    assert [await owner.ok("POST", path, raw=picture(), key=key) for key in ("once", "again")] == [first, first]
    assert await owner.refused("POST", path, raw=picture((9, 9)), key="once") == (422, "key_reused")
    assert await doors.house.ground.db.fetchval("SELECT count(*) FROM picture_picture") == 1
    assert first["key"].startswith(f"shop/{doors.town.shop_id}/")


async def test_only_a_shops_people_hand_over_pictures_and_others_leave_nothing(doors):
    path = f"/v1/shops/{doors.town.shop_id}/pictures"
    stranger = await doors.caller(doors.town.bo)
    assert await stranger.refused("POST", path, raw=picture()) == (404, "not_found")
    assert shelf_files(doors) == []
    await add_clerk(doors.town, doors.town.bo)
    assert (await stranger.ok("POST", path, raw=picture()))["width"] == 60


async def test_what_is_no_picture_or_one_too_many_is_refused_and_nothing_is_kept(doors, monkeypatch):
    owner = await doors.caller(doors.town.owner_id)
    path = f"/v1/shops/{doors.town.shop_id}/pictures"
    for body, reason in ((b"<svg/>", "not_a_picture"), (b"", "empty"), (bytes(8_000_001), "too_large")):
        said = await owner.call("POST", path, raw=body)
        assert (said.status, said.code, said.body["facts"]["reason"]) == (422, "media_not_taken", reason)
    assert shelf_files(doors) == []
    kept = await owner.ok("POST", path, raw=picture())
    monkeypatch.setattr(actions, "PICTURES_MAX", 1)
    full = await owner.call("POST", path, raw=picture((9, 9)))
    assert (full.status, full.code, full.body["facts"]) == (429, "pictures_full", {"max": 1})
    assert "1" in full.body["title"]
    assert (await owner.ok("POST", path, raw=picture()))["key"] == kept["key"], "one that is there takes no room"
    assert len(shelf_files(doors)) == 1


async def test_a_key_of_no_picture_is_not_found_whatever_it_looks_like(doors):
    for key in (f"shop/1/{'0' * 40}.jpg", f"shop/1/../../{'0' * 40}.jpg", "shop/1/x.jpg", f"shop/0/{'a' * 40}.jpg"):
        assert (await doors.client.get(f"/media/{key}")).status_code == 404


async def test_the_desk_shows_what_is_there_and_where_more_goes(doors):
    owner = await doors.caller(doors.town.owner_id)
    desk = await page(doors, owner, f"/desk/shops/{doors.town.shop_id}/products/{doors.town.product_id}")
    assert "data-pictures" in desk.text and "product-pictures.js" in desk.text


async def test_what_a_page_asks_for_by_itself_is_refused_in_the_language_of_the_page(doors):
    owner = await doors.caller(doors.town.owner_id)
    for language, words in (("en", "JPEG, PNG or WebP"), ("zh", "请选 JPEG、PNG 或 WebP")):
        said = await doors.client.post(
            f"/v1/shops/{doors.town.shop_id}/pictures",
            content=b"no picture",
            headers={
                "cookie": f"renqing={owner.token}; renqing_language={language}",
                "idempotency-key": f"in-{language}",
                "content-type": "image/jpeg",
            },
        )
        assert (said.status_code, words in said.json()["title"]) == (422, True), said.text
