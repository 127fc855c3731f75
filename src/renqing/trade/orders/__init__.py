"""Orders: what was bought from whom, for whom, and how far it is. States carry WeChat Shop's numbers.

Promises:
1. An order moves only along the table in ``model.py``; a move that lost its race changes nothing.
2. Its total is the sum of its lines and freight, as they were when it was placed.
3. Who pays and who owns the goods are two columns: on a gift the owner is the recipient, once claimed.
4. An address is sealed and bound to its order.
5. What was refunded never passes what was paid.
6. Parts of an order are orders of their own; what they have, what went back and what is left are its total.
7. An order of several shops is no shop's and is never shipped: what each shop has of it becomes the shop's own order,
   all at once, when it gets its owner; their totals are the whole's, to the fen.
8. What somebody chose instead of what they were given is an order of its own, of the same shop and for no more; the
   gift's own order keeps what was given, and what is left of its total goes back.
9. A shop's present costs nothing: it is to be shipped from the start, was never paid, and nothing of it is refunded.
"""

from renqing.trade.orders.actions import (
    assign_to_recipient,
    change_style,
    close,
    exchange,
    hand_out,
    mark_paid,
    mark_received,
    mark_settled,
    place,
    record_freight_back,
    record_issued,
    record_lateness,
    record_refund,
    record_rest_refunds,
    record_shipped,
    split,
)
from renqing.trade.orders.model import (
    QUANTITY_MAX,
    SEVERAL_SHOPS,
    Destination,
    Exchange,
    HandedOut,
    Line,
    NewOrder,
    Order,
    OrderClosed,
    OrderDivided,
    OrderNotReady,
    OrderPaid,
    OrderReceived,
    OrderSplit,
    OrderState,
    OrderUnknown,
    Part,
    Section,
    Split,
)
from renqing.trade.orders.rules import rest_of, share_of
from renqing.trade.orders.section_store import sections_of
from renqing.trade.orders.store import (
    by_ids,
    count_open,
    count_unpaid,
    customers_among,
    destination,
    destinations,
    forget,
    get,
    ids_of_owner,
    lines,
    lines_of,
    lock_many,
    titles,
)

__all__ = [
    "QUANTITY_MAX",
    "SEVERAL_SHOPS",
    "Destination",
    "Exchange",
    "HandedOut",
    "Line",
    "NewOrder",
    "Order",
    "OrderClosed",
    "OrderDivided",
    "OrderNotReady",
    "OrderPaid",
    "OrderReceived",
    "OrderSplit",
    "OrderState",
    "OrderUnknown",
    "Part",
    "Section",
    "Split",
    "assign_to_recipient",
    "by_ids",
    "change_style",
    "close",
    "count_open",
    "count_unpaid",
    "customers_among",
    "destination",
    "destinations",
    "exchange",
    "forget",
    "get",
    "hand_out",
    "ids_of_owner",
    "lines",
    "lines_of",
    "lock_many",
    "mark_paid",
    "mark_received",
    "mark_settled",
    "place",
    "record_freight_back",
    "record_issued",
    "record_lateness",
    "record_refund",
    "record_rest_refunds",
    "record_shipped",
    "rest_of",
    "sections_of",
    "share_of",
    "split",
    "titles",
]
