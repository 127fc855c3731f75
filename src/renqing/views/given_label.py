"""What a product's label says of giving: how often friends gave it, and how many people did.

Of friends it counts those who let it, and says nothing below three of them, so that it never points at one. What
somebody gave who blocks the reader, or whom the reader blocks, is not in it. The reader's own gifts are not either.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.foundation.ground import Ground
from renqing.social import peace


class GivenLabel(msgspec.Struct, frozen=True):
    """``friends`` friends gave it ``friends_times`` times, both 0 below ``FRIENDS_SHOWN_MIN`` friends.

    ``people``: so many at least gave it, one leading digit; 0 below ``PEOPLE_SHOWN_MIN``.
    """

    friends: int = 0
    friends_times: int = 0
    people: int = 0


NOTHING = GivenLabel()

_FRIENDS = """
SELECT g.product_id, count(*) AS friends, sum(g.times)::bigint AS times
  FROM peace_given g
  JOIN people_friend f ON f.person_id = $1 AND f.friend_id = g.giver_id AND f.state = 'friends'
  JOIN peace_rule r ON r.person_id = g.giver_id AND r.is_counted
 WHERE g.product_id = ANY ((SELECT $2::bigint[])::bigint[])
   AND NOT EXISTS (SELECT 1 FROM people_block b WHERE (b.person_id, b.blocked_id) IN
                     ((f.person_id, f.friend_id), (f.friend_id, f.person_id)))
 GROUP BY g.product_id HAVING count(*) >= $3
"""
_PEOPLE = "SELECT product_id, givers FROM peace_tally WHERE product_id = ANY ((SELECT $1::bigint[])::bigint[])"
# What most friends gave, of what may still be bought.
_GIVEN_MOST = """
SELECT g.product_id
  FROM people_friend f
  JOIN peace_rule r ON r.person_id = f.friend_id AND r.is_counted
  JOIN peace_given g ON g.giver_id = f.friend_id
  JOIN catalog_product p ON p.id = g.product_id AND p.on_sale
 WHERE f.person_id = $1 AND f.state = 'friends'
   AND NOT EXISTS (SELECT 1 FROM people_block b WHERE (b.person_id, b.blocked_id) IN
                     ((f.person_id, f.friend_id), (f.friend_id, f.person_id)))
 GROUP BY g.product_id HAVING count(*) >= $2 ORDER BY count(*) DESC, sum(g.times) DESC, g.product_id LIMIT $3
"""


async def given_labels(ground: Ground, reader_id: int | None, product_ids: Sequence[int]) -> dict[int, GivenLabel]:
    """The labels of products for a reader, of those that have something to say. Nobody has no friends."""
    givers = {row["product_id"]: peace.rounded(row["givers"]) for row in await ground.db.fetch(_PEOPLE, product_ids)}
    if reader_id is None:
        return {product_id: GivenLabel(people=many) for product_id, many in givers.items() if many}
    rows = await ground.db.fetch(_FRIENDS, reader_id, product_ids, peace.FRIENDS_SHOWN_MIN)
    friends = {row["product_id"]: (row["friends"], row["times"]) for row in rows}
    labels = {
        product_id: GivenLabel(*friends.get(product_id, (0, 0)), people=givers.get(product_id, 0))
        for product_id in {*givers, *friends}
    }
    return {product_id: label for product_id, label in labels.items() if label != NOTHING}


async def friends_are_giving(ground: Ground, reader_id: int, limit: int) -> list[int]:
    """The products that most of the reader's friends gave, the most given first."""
    rows = await ground.db.fetch(_GIVEN_MOST, reader_id, peace.FRIENDS_SHOWN_MIN, limit)
    return [row["product_id"] for row in rows]
