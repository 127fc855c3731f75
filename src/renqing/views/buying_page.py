"""Before the order: what will be bought, to which address, for how much. And the wrapping desk, the same for a gift.

Freight is asked of the shop for the address that is chosen; a gift's address is not known yet, so the shop's rate for
everywhere stands. The journey asks again and refuses a total that has changed meanwhile.
"""

from __future__ import annotations

import msgspec

from renqing.books import catalog, people
from renqing.books.people import Address, Person
from renqing.foundation.errors import NotFound
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.ground import Ground
from renqing.social import gifts
from renqing.trade import engravings, shipping, vouchers

NEAR_SHOWN_MAX = 60
STYLES_SHOWN_MAX = 40


class NotForSale(NotFound):
    """There is no such style, or it is off sale."""

    code = "not_for_sale"


class Wanted(msgspec.Struct, frozen=True):
    """The style somebody is about to pay for. ``price`` a piece, in minor units."""

    sku_id: int
    product_id: int
    shop_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    price: int
    currency: str
    shop_name_zh: str
    shop_name_en: str


class BuyingPage(msgspec.Struct, frozen=True):
    """An order before it is placed. ``chosen`` None: there is no address yet, and freight is the shop's usual one.

    ``voucher``: what it promises where it is one; then nothing is sent, and no address is asked for.
    ``engraving``: what the product takes, where it takes words.
    """

    wanted: Wanted
    quantity: int
    addresses: list[Address]
    chosen: Address | None
    delivers: bool
    freight: int
    total: int
    voucher: vouchers.Terms | None = None
    engraving: engravings.Terms | None = None


class NearPerson(msgspec.Struct, frozen=True):
    """Somebody who can be given to: a friend, or a member of a group of mine (then ``through`` names it)."""

    person: Person
    through: str


class NearGroup(msgspec.Struct, frozen=True):
    """A group of mine, whose members can be given to: who comes first."""

    id: int
    name: str
    members: int


class TierStyle(msgspec.Struct, frozen=True):
    """A style of the same shop that may be a tier of the gift. ``total`` for one share of it, with its freight."""

    sku_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    price: int
    total: int


class WrappingDesk(msgspec.Struct, frozen=True):
    """A gift before it is wrapped. ``gift_refusal`` says why it may not be one; ``policy`` is what it will be under.

    ``writes_cards``: its shop lays a card of paper into the parcel. ``engraving``: what the product takes.
    ``surcharge_most``: so much may be allowed for a place that costs more; 0: no place does, or none may be.
    """

    wanted: Wanted
    freight: int
    total: int
    near: list[NearPerson]
    groups: list[NearGroup]
    gift_refusal: str
    policy: GiftPolicy
    styles: list[TierStyle]
    voucher: vouchers.Terms | None = None
    writes_cards: bool = False
    engraving: engravings.Terms | None = None
    surcharge_most: int = 0


_NEAR = """
SELECT p.id, p.name, p.avatar, p.language, n.through FROM (
  SELECT DISTINCT ON (id) id, through, rank FROM (
    SELECT f.friend_id AS id, '' AS through, 0 AS rank FROM people_friend f
     WHERE f.person_id = $1 AND f.state = 'friends'
    UNION ALL
    SELECT o.person_id, g.name, 1 FROM people_member m JOIN people_member o ON o.group_id = m.group_id
      JOIN people_group g ON g.id = m.group_id WHERE m.person_id = $1 AND o.person_id <> $1) a
   ORDER BY id, rank) n
  JOIN people_person p ON p.id = n.id
 WHERE NOT EXISTS (SELECT 1 FROM people_block b
                    WHERE (b.person_id, b.blocked_id) IN (($1, p.id), (p.id, $1)))
 ORDER BY n.rank, (SELECT max(g.id) FROM gift_gift g WHERE g.giver_id = $1 AND g.recipient_id = p.id) DESC NULLS LAST,
       p.name, p.id
 LIMIT $2
"""


_GROUPS = """
SELECT g.id, g.name, (SELECT count(*) FROM people_member o WHERE o.group_id = g.id)::int AS members
  FROM people_member m JOIN people_group g ON g.id = m.group_id WHERE m.person_id = $1 ORDER BY g.id DESC LIMIT $2
"""


_STYLES = """
SELECT s.id, p.title_zh, p.title_en, s.specs, s.price
  FROM catalog_product p JOIN catalog_sku s ON s.product_id = p.id
 WHERE p.shop_id = $1 AND p.on_sale AND s.on_sale AND p.currency = $2 AND s.id <> $3
   AND EXISTS (SELECT 1 FROM voucher_terms v WHERE v.product_id = p.id) = $6
 ORDER BY p.id = $4 DESC, p.popularity DESC, p.id DESC, s.place, s.id LIMIT $5
"""


async def buying_page(
    ground: Ground, buyer_id: int, sku_id: int, quantity: int, address_id: int | None = None
) -> BuyingPage:
    """What the buyer is about to order. Raises NotForSale, AddressUnknown."""
    wanted = await wanted_of(ground, sku_id)
    voucher = await _voucher(ground, wanted)
    if voucher is not None:
        goods = wanted.price * quantity
        return BuyingPage(wanted, quantity, [], None, True, 0, goods, voucher)  # noqa: FBT003 - as the page names it
    addresses, chosen = await chosen_address(ground, buyer_id, address_id)
    goods = wanted.price * quantity
    region = chosen.region_code if chosen else None
    quote = await shipping.quote(ground.db, wanted.shop_id, region, goods)
    total = goods + quote.fee
    terms = await words_taken(ground, wanted.product_id)
    return BuyingPage(wanted, quantity, addresses, chosen, quote.delivers, quote.fee, total, None, terms)


async def words_taken(ground: Ground, product_id: int) -> engravings.Terms | None:
    """Which words a product takes; None where it takes none."""
    terms = (await engravings.terms_of(ground.db, [product_id])).get(product_id)
    return terms if terms is not None and terms.characters_max else None


async def _voucher(ground: Ground, wanted: Wanted) -> vouchers.Terms | None:
    return (await vouchers.terms_of_products(ground.db, [wanted.product_id])).get(wanted.product_id)


async def chosen_address(ground: Ground, buyer_id: int, address_id: int | None) -> tuple[list[Address], Address | None]:
    """The buyer's addresses, and the one that is asked for or comes first. Raises AddressUnknown."""
    addresses = (await people.addresses_of(ground.db, ground.keys, [buyer_id]))[buyer_id]
    if address_id is None:
        return addresses, addresses[0] if addresses else None
    chosen = next((one for one in addresses if one.id == address_id), None)
    if chosen is None:
        raise people.AddressUnknown
    return addresses, chosen


async def wrapping_desk(ground: Ground, giver_id: int, sku_id: int) -> WrappingDesk:
    """What the giver is about to give, and to whom they could. Raises NotForSale."""
    wanted = await wanted_of(ground, sku_id)
    offer = (await ground.db.run(lambda tx: catalog.offers(tx, [sku_id])))[sku_id]
    shop = await people.get_shop(ground.db, wanted.shop_id)
    policy = await gifts.policy_of_shop(ground.db, wanted.shop_id, ground.policy)
    refusal = refusal_of(offer, policy, shop_allows=shop.gifts_allowed)
    voucher = await _voucher(ground, wanted)
    quote = await shipping.quote(ground.db, wanted.shop_id, None, wanted.price)
    freight = quote.fee if voucher is None else 0
    near, groups = await near_to(ground, giver_id)
    styles = await _tier_styles(ground, wanted, policy) if not refusal else []
    cards = shop.writes_cards and voucher is None
    takes = (await engravings.terms_of(ground.db, [wanted.product_id])).get(wanted.product_id)
    total = wanted.price + freight
    most = 0 if voucher else await _surcharge_most(ground, wanted, freight, policy)
    return WrappingDesk(wanted, freight, total, near, groups, refusal, policy, styles, voucher, cards, takes, most)


async def _surcharge_most(ground: Ground, wanted: Wanted, freight: int, policy: GiftPolicy) -> int:
    """What the dearest place of the shop costs more than its usual rate, as far as the policy lets it be allowed."""
    dearest = await ground.db.fetchval(
        """SELECT coalesce(max(fee), 0)::bigint FROM shipping_rate
            WHERE shop_id = $1 AND delivers AND (free_from IS NULL OR free_from > $2)""",
        wanted.shop_id,
        wanted.price,
    )
    return max(0, min(int(dearest) - freight, policy.gift_surcharge_max_minor))


async def near_to(ground: Ground, giver_id: int) -> tuple[list[NearPerson], list[NearGroup]]:
    """Whom somebody could give to: people, and groups of their own."""
    rows = await ground.db.fetch(_NEAR, giver_id, NEAR_SHOWN_MAX)
    near = [NearPerson(Person(row["id"], row["name"], row["avatar"], row["language"]), row["through"]) for row in rows]
    mine = await ground.db.fetch(_GROUPS, giver_id, NEAR_SHOWN_MAX)
    return near, [NearGroup(*row.values()) for row in mine]


def refusal_of(offer: catalog.Offer, policy: GiftPolicy, *, shop_allows: bool) -> str:
    """Why this may not be a gift of its shop; empty where it may."""
    return catalog.may_be_gift(
        giftable=offer.giftable,
        shop_allows=shop_allows,
        forbidden=gifts.may_not(policy, offer.gift_forbidden),
        original_price=offer.original_price,
        price_max=policy.gift_price_max_minor,
    )


async def _tier_styles(ground: Ground, wanted: Wanted, policy: GiftPolicy) -> list[TierStyle]:
    """Other styles of the shop that may be given, those of the same product first."""
    voucher = await _voucher(ground, wanted)
    asked = (wanted.shop_id, wanted.currency, wanted.sku_id, wanted.product_id, STYLES_SHOWN_MAX, voucher is not None)
    rows = await ground.db.fetch(_STYLES, *asked)
    offers = await ground.db.run(lambda tx: catalog.offers(tx, [row["id"] for row in rows])) if rows else {}
    quotes = await shipping.quotes(ground.db, [shipping.QuoteAsk(wanted.shop_id, None, row["price"]) for row in rows])
    return [
        TierStyle(
            row["id"],
            row["title_zh"],
            row["title_en"],
            list(row["specs"]),
            row["price"],
            row["price"] + (quote.fee if voucher is None else 0),
        )
        for row, quote in zip(rows, quotes, strict=True)
        if not refusal_of(offers[row["id"]], policy, shop_allows=True)
    ]


async def wanted_of(ground: Ground, sku_id: int) -> Wanted:
    """A style that is on sale. Raises NotForSale."""
    row = await ground.db.fetchrow(
        """SELECT s.id, s.product_id, p.shop_id, p.title_zh, p.title_en, s.specs,
                  coalesce(nullif(s.picture, ''), p.pictures[1], '') AS picture, s.price, p.currency,
                  h.name_zh AS shop_zh, h.name_en AS shop_en
             FROM catalog_sku s JOIN catalog_product p ON p.id = s.product_id JOIN people_shop h ON h.id = p.shop_id
            WHERE s.id = $1 AND s.on_sale AND p.on_sale""",
        sku_id,
    )
    if row is None:
        raise NotForSale
    return Wanted(
        sku_id=row["id"],
        product_id=row["product_id"],
        shop_id=row["shop_id"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        specs=list(row["specs"]),
        picture=catalog.picture_of(row["picture"]),
        price=row["price"],
        currency=row["currency"],
        shop_name_zh=row["shop_zh"],
        shop_name_en=row["shop_en"],
    )
