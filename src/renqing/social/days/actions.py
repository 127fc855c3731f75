"""What can be done with days. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.social.days import rules, store
from renqing.social.days.model import LOOK_AT_DAYS, Birthday, ComingDay, Day, DayComes, NewNote, NotedDay


async def keep_birthday(tx: Tx, person_id: int, day: Day, *, is_shown: bool) -> Birthday:
    """Somebody says when their birthday is, and whether their friends see it. Raises FieldNotValid."""
    birthday = Birthday(person_id, rules.check_day(day), is_shown)
    await store.put_birthday(tx, birthday)
    return birthday


async def take_birthday_back(tx: Tx, person_id: int) -> None:
    """Nothing of it is kept."""
    await store.delete_birthday(tx, person_id)


async def note(tx: Tx, new: NewNote) -> NotedDay:
    """Note a day about a friend. Raises FieldNotValid, DaysFull."""
    checked = NewNote(new.owner_id, new.friend_id, rules.check_name(new.name), rules.check_day(new.day))
    rules.check_room(await store.lock_owner(tx, new.owner_id))
    return await store.insert_note(tx, checked)


async def remove(tx: Tx, owner_id: int, note_id: int) -> None:
    """It is noted no more. Raises DayUnknown."""
    await store.delete_note(tx, owner_id, note_id)


async def hear_of(tx: Tx, person_id: int, days_before: int | None, time_zone: str) -> None:
    """Somebody is reminded from now on, in the mornings of their wall; None: no more. Raises FieldNotValid."""
    if days_before is None:
        await store.put_watch(tx, person_id, None)
        await drop_timers(tx, LOOK_AT_DAYS, [person_id])
        return
    await store.put_watch(tx, person_id, rules.check_before(days_before))
    await watch_next(tx, person_id, time_zone)


async def watch_next(tx: Tx, person_id: int, time_zone: str) -> None:
    """Look again on their next morning."""
    await set_timers(tx, [Deadline(LOOK_AT_DAYS, person_id, rules.looks_next(time_zone, tx.now))])


async def tell_of(tx: Tx, person_id: int, days: Sequence[ComingDay]) -> None:
    """Days are near of which somebody asked to hear; each is told once a year of its own. Leaves DayComes."""
    new = await store.insert_told(tx, person_id, days) if days else []
    facts = [
        DayComes(
            subject_id=person_id, told_id=person_id, who_id=one.known.who_id, is_birthday=one.known.note_id is None
        )
        for one in new
    ]
    await leave(tx, *facts)


async def forget(tx: Tx, person_id: int) -> None:
    """Nothing is left of somebody's days, nor of those that others noted about them."""
    await store.delete_all(tx, person_id)
    await drop_timers(tx, LOOK_AT_DAYS, [person_id])
