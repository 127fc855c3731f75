"""The catalogue: what is for sale, in which styles, at what price, and what may be a gift.

Promises:
1. A product is saved whole or not at all; an edit of a version that somebody else changed meanwhile is refused.
2. Nothing is deleted: a style that its product no longer names goes off sale, and orders keep pointing at it.
3. What comes from a source keeps its identity there: saved again it changes, and where nothing differs nothing moves.
4. A category's mark (jewellery, education) forbids gifts of everything below it.
5. Detail is sanitised when it is written, and a picture that pages get is always one of this host.
6. A product's words, price range and place in its category's count are written with it, in the same transaction.
"""

from renqing.books.catalog.actions import (
    add_reviews,
    allow_gifts,
    put_on_sale,
    save_brand,
    save_brands,
    save_categories,
    save_category,
    save_product,
    save_products,
    take_off_sale,
)
from renqing.books.catalog.model import (
    BrandDraft,
    CatalogueImported,
    CategoryDraft,
    FieldFault,
    GiftForbidden,
    GiftRefusal,
    Offer,
    Product,
    ProductChanged,
    ProductChangedMeanwhile,
    ProductDraft,
    ProductNotFound,
    ReviewDraft,
    Saved,
    Sku,
    SkuDraft,
)
from renqing.books.catalog.rules import (
    clean_detail,
    faults_of_brand,
    faults_of_category,
    faults_of_product,
    faults_of_review,
    is_local_picture,
    may_be_gift,
    picture_of,
)
from renqing.books.catalog.store import get_product, offers, styles
from renqing.books.catalog.words import query_words

__all__ = [
    "BrandDraft",
    "CatalogueImported",
    "CategoryDraft",
    "FieldFault",
    "GiftForbidden",
    "GiftRefusal",
    "Offer",
    "Product",
    "ProductChanged",
    "ProductChangedMeanwhile",
    "ProductDraft",
    "ProductNotFound",
    "ReviewDraft",
    "Saved",
    "Sku",
    "SkuDraft",
    "add_reviews",
    "allow_gifts",
    "clean_detail",
    "faults_of_brand",
    "faults_of_category",
    "faults_of_product",
    "faults_of_review",
    "get_product",
    "is_local_picture",
    "may_be_gift",
    "offers",
    "picture_of",
    "put_on_sale",
    "query_words",
    "save_brand",
    "save_brands",
    "save_categories",
    "save_category",
    "save_product",
    "save_products",
    "styles",
    "take_off_sale",
]
