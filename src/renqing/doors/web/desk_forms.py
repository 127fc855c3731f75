"""What the desks' forms say: amounts as people type them, a product with its styles, a freight rate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from renqing.books import catalog
from renqing.doors.api.wire import AnyRequest
from renqing.doors.web.shell import Form
from renqing.foundation.errors import FieldNotValid, NotValid
from renqing.foundation.ids import parse_id
from renqing.foundation.money import AMOUNT_MINOR_MAX, MINOR_DIGITS
from renqing.trade import shipping

DETAIL_CHARACTERS_MAX = 200_000
FIELDS_MAX = 2_000
NEW_STYLES = 3  # empty rows below the styles that are there
_AMOUNT = re.compile(r"(\d{1,13})(?:\.(\d{1,4}))?")


class AmountTextNotValid(NotValid):
    """What was typed is no amount of this currency. Fact: ``text``."""

    code = "amount_text_not_valid"


class StyleEdit(msgspec.Struct):
    """A style's row as it is typed."""

    id: str = ""
    specs: str = ""
    price: str = ""
    original: str = ""
    on: bool = True


class ProductEdit(msgspec.Struct):
    """A product's form as it is typed, so that a refusal loses nothing."""

    title_zh: str = ""
    title_en: str = ""
    brief_zh: str = ""
    brief_en: str = ""
    category_id: str = ""
    brand_id: str = ""
    detail_zh: str = ""
    detail_en: str = ""
    pictures: str = ""
    spec_names: str = ""
    on_sale: bool = True
    giftable: bool = True
    seen: str = ""
    skus: list[StyleEdit] = []


def amount_in(text: str, currency: str) -> int:
    """``129`` or ``129.00`` as minor units, exactly. Raises AmountTextNotValid."""
    digits: int = MINOR_DIGITS[currency]
    found = _AMOUNT.fullmatch(text.strip().replace(",", "").replace("，", ""))
    if found is None or not text.isascii() or len(found[2] or "") > digits:
        raise AmountTextNotValid(text=text[:20])
    minor: int = int(found[1]) * int(10**digits) + int((found[2] or "").ljust(digits, "0") or 0)
    if minor > AMOUNT_MINOR_MAX:
        raise AmountTextNotValid(text=text[:20])
    return minor


def amount_out(minor: int, currency: str) -> str:
    """Minor units as they are typed."""
    digits = MINOR_DIGITS[currency]
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)


async def long_form(request: AnyRequest) -> Form:
    """A form whose fields may be as long as a product's detail. Raises FieldNotValid."""
    items = list((await request.form()).multi_items())
    if len(items) > FIELDS_MAX:
        raise FieldNotValid(field="form", reason="too_many")
    form: Form = {}
    for name, value in items:
        if not isinstance(value, str) or len(value) > DETAIL_CHARACTERS_MAX or "\0" in value:
            raise FieldNotValid(field=str(name)[:40], reason="characters")
        form[str(name)] = value.replace("\r\n", "\n")
    return form


def edit_of(product: catalog.Product | None) -> ProductEdit:
    """A kept product as its form; an empty form for a new one."""
    if product is None:
        return ProductEdit(skus=[StyleEdit() for _ in range(NEW_STYLES)])
    kept = [
        StyleEdit(
            str(sku.id),
            " / ".join(sku.specs),
            amount_out(sku.price, product.currency),
            amount_out(sku.original_price, product.currency),
            sku.on_sale,
        )
        for sku in product.skus
    ]
    return ProductEdit(
        title_zh=product.title_zh,
        title_en=product.title_en,
        brief_zh=product.brief_zh,
        brief_en=product.brief_en,
        category_id=str(product.category_id),
        brand_id=str(product.brand_id or ""),
        detail_zh=product.detail_zh,
        detail_en=product.detail_en,
        pictures="\n".join(product.pictures),
        spec_names=" / ".join(product.spec_names),
        on_sale=product.on_sale,
        giftable=product.giftable,
        seen=product.changed_at.isoformat(),
        skus=kept + ([StyleEdit() for _ in range(NEW_STYLES)] if product.spec_names else []),
    )


def typed_product(form: Mapping[str, str]) -> ProductEdit:
    """A product's form as it came."""
    skus: list[StyleEdit] = []
    while f"sku-{len(skus)}-id" in form and len(skus) < FIELDS_MAX:
        row = f"sku-{len(skus)}-"
        skus.append(
            StyleEdit(
                form[row + "id"],
                form.get(row + "specs", ""),
                form.get(row + "price", ""),
                form.get(row + "original", ""),
                row + "on" in form,
            )
        )
    words = {
        name: form.get(name, "")
        for name in ProductEdit.__struct_fields__
        if name not in ("on_sale", "giftable", "skus")
    }
    return ProductEdit(**words, on_sale="on_sale" in form, giftable="giftable" in form, skus=skus)


def draft_of(edit: ProductEdit, shop_id: int, known: catalog.Product | None, currency: str) -> catalog.ProductDraft:
    """The draft that a form asks for; what the form does not show stays as it is kept. Raises NotValid kinds."""
    names = _parts(edit.spec_names)
    category_id = parse_id(edit.category_id)
    if category_id is None:
        raise FieldNotValid(field="category_id", reason="missing")
    if edit.brand_id and parse_id(edit.brand_id) is None:
        raise FieldNotValid(field="brand_id", reason="unknown")
    return catalog.ProductDraft(
        shop_id=shop_id,
        id=known.id if known else None,
        seen_changed_at=_instant(edit.seen) if known else None,
        category_id=category_id,
        brand_id=parse_id(edit.brand_id) if edit.brand_id else None,
        title_zh=edit.title_zh.strip(),
        title_en=edit.title_en.strip(),
        brief_zh=edit.brief_zh.strip(),
        brief_en=edit.brief_en.strip(),
        detail_zh=edit.detail_zh,
        detail_en=edit.detail_en,
        unit=known.unit if known else "",
        attributes=known.attributes if known else (),
        pictures=tuple(line.strip() for line in edit.pictures.splitlines() if line.strip()),
        spec_names=names,
        on_sale=edit.on_sale,
        giftable=edit.giftable,
        currency=known.currency if known else currency,
        skus=tuple(_style(row, known, currency) for row in edit.skus if _is_filled(row)),
    )


def _is_filled(row: StyleEdit) -> bool:
    return bool(row.id or row.specs.strip() or row.price.strip())


def _style(row: StyleEdit, known: catalog.Product | None, currency: str) -> catalog.SkuDraft:
    kept = {str(sku.id): sku for sku in known.skus} if known else {}
    sku = kept.get(row.id)
    if row.id and sku is None:
        raise FieldNotValid(field="skus", reason="unknown")
    price = amount_in(row.price, known.currency if known else currency)
    original = amount_in(row.original, known.currency if known else currency) if row.original.strip() else price
    return catalog.SkuDraft(
        id=sku.id if sku else None,
        price=price,
        original_price=max(price, original),
        specs=_parts(row.specs),
        picture=sku.picture if sku else "",
        on_sale=row.on,
    )


def _parts(text: str) -> tuple[str, ...]:
    """``红 / L`` as its parts; a slash without blanks belongs to its word."""
    return tuple(part.strip() for part in re.split(r"\s+/\s+", text.strip()) if part.strip())


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as wrong:
        raise FieldNotValid(field="seen", reason="unknown") from wrong


def rate_of(form: Mapping[str, str], currency: str) -> shipping.Rate:
    """A freight rate out of its form. Raises NotValid kinds."""
    given = (form.get("finer") or form.get("region_code") or "").strip()
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise FieldNotValid(field="region_code", reason="region")
    code = int(given.ljust(6, "0")) if 0 < len(given) < 6 and given != "0" else int(given)
    if "refuses" in form:
        return shipping.Rate(code, delivers=False)
    fee = form.get("fee", "").strip()
    free_from = form.get("free_from", "").strip()
    return shipping.Rate(
        code,
        fee=amount_in(fee, currency) if fee else 0,
        free_from=amount_in(free_from, currency) if free_from else None,
    )
