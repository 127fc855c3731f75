"""Grabs at lucky packs over HTTP: as many people as vouchers, a hundred in each pack, 256 at once.

As ``hot_gift`` in all else. A grab issues a voucher where a claim sends a parcel, and who grabs last ends a pack: it is
shown, and its seed with it. No pack has more than a hundred, so many are hot at once, as on an evening of packs.
"""

from __future__ import annotations

import asyncio
from typing import Any

from renqing.doors.cli.benching.contract import Ask
from renqing.doors.cli.benching.hot_gift import CONNECTIONS, WARM_CLAIMS, play, prepare, requests_of, settings_of
from renqing.doors.cli.benching.meter import metered
from renqing.doors.cli.benching.stage import Stage
from renqing.doors.cli.house import ground_on
from renqing.social.lucky import PACK_MAX
from renqing.views.check import check

PACKS_MAX = 1_000

_DEALT = """SELECT count(*) FROM gift_share s JOIN voucher_voucher v ON v.order_id = s.order_id
             WHERE s.gift_id = ANY($1) AND v.holder_id = s.person_id"""
_PEOPLE = "SELECT count(DISTINCT (gift_id, person_id)) FROM gift_share WHERE gift_id = ANY($1)"
_OVER = "SELECT count(*) FROM lucky_pack WHERE gift_id = ANY($1) AND seed IS NOT NULL"


def hot_grabs(stage: Stage, ask: Ask) -> dict[str, Any]:
    """Many packs; everybody grabs, and there is a voucher for each."""
    warm_packs = WARM_CLAIMS // PACK_MAX
    warm_people, warm_links = asyncio.run(prepare(stage, warm_packs * PACK_MAX, warm_packs, lucky=True))
    warm = play(stage, requests_of(warm_people, warm_links, "grab-warm", with_address=False))
    packs = min(PACKS_MAX, round(warm.claimed / warm.micros * 1e6 * ask.seconds * ask.size / PACK_MAX))
    crowd, links = asyncio.run(prepare(stage, packs * PACK_MAX, packs, lucky=True))
    with metered(stage) as meter:
        seen = play(stage, requests_of(crowd, links, "grab-run", with_address=False))
    wrong = asyncio.run(_wrong(stage, [*warm_links, *links], warm.claimed + seen.claimed))
    return {
        "ops_per_second": round(seen.claimed / seen.micros * 1e6, 1),
        "p50_ms": seen.p50 / 1000,
        "p99_ms": seen.p99 / 1000,
        **meter.per(seen.claimed),
        "limit_per_second": None,
        "ratio": None,
        "exact": not wrong and not seen.bad and not warm.bad and seen.claimed == packs * PACK_MAX,
        "wrong": wrong,
        "grabs": seen.claimed,
        "packs": packs,
        "connections": CONNECTIONS,
    }


async def _wrong(stage: Stage, packs: list[int], acknowledged: int) -> list[str]:
    """What does not add up, by name."""
    async with ground_on(stage.dsn, settings_of(stage), stage.keys) as ground:
        counts = {
            "vouchers held by who grabbed them": (await ground.db.fetchval(_DEALT, packs), acknowledged),
            "distinct people a pack": (await ground.db.fetchval(_PEOPLE, packs), acknowledged),
            "packs that are over and shown": (await ground.db.fetchval(_OVER, packs), len(packs)),
        }
        run = await check(ground)
    wrong = [f"{count} {what}, not {wanted}" for what, (count, wanted) in counts.items() if count != wanted]
    return wrong + [f"check {found.id}" for found in run.findings if not found.holds]
