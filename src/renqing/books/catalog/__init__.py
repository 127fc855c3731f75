"""The catalogue: what is for sale, in which styles, at what price, and what may be a gift."""

from renqing.books.catalog.model import Offer
from renqing.books.catalog.store import offers, styles

__all__ = ["Offer", "offers", "styles"]
