"""Every bench by its name, in the order in which they run. One line a bench."""

from __future__ import annotations

from renqing.doors.cli.benching.contract import Bench
from renqing.doors.cli.benching.footprint import footprint
from renqing.doors.cli.benching.hot_draw import hot_draw_entries
from renqing.doors.cli.benching.hot_gift import hot_gift_claims, many_hot_gifts
from renqing.doors.cli.benching.hot_grab import hot_grabs
from renqing.doors.cli.benching.large_bench import large_catalogue
from renqing.doors.cli.benching.large_gift import large_gift_claims
from renqing.doors.cli.benching.ledger_bench import ledger_postings
from renqing.doors.cli.benching.live_bench import live_updates
from renqing.doors.cli.benching.market_benches import product_detail, product_list
from renqing.doors.cli.benching.timers_bench import timers
from renqing.doors.cli.benching.whole_order import whole_order

BENCHES: dict[str, Bench] = {
    "footprint": footprint,  # first: it is about servers that nothing was asked of yet
    "product_detail": product_detail,
    "product_list": product_list,
    "whole_order": whole_order,
    "hot_gift_claims": hot_gift_claims,
    "many_hot_gifts": many_hot_gifts,
    "large_gift_claims": large_gift_claims,
    "hot_draw_entries": hot_draw_entries,
    "hot_grabs": hot_grabs,
    "ledger_postings": ledger_postings,
    "timers": timers,
    "live_updates": live_updates,
    "large_catalogue": large_catalogue,
}
