"""Keep days: one's own birthday and who sees it, days about friends, and whether one is reminded of them.

Each is one transaction on the asker's own rows alone. A day is noted about a friend; who is a friend no more keeps what
they noted, and it is not shown among coming days. The friend hears of none of it. Rules that give something on a day
look at it again when it is moved, and are over when it is noted no more.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.propose_yearly_gifts import set_birthday_rules
from renqing.social import days, peace, yearly


class KeepMyBirthday(msgspec.Struct, frozen=True):
    """When somebody's birthday is, and whether their friends see it; ``day`` None: it is kept no more."""

    person_id: int
    day: days.Day | None
    is_shown: bool = False


class BirthdayKept(msgspec.Struct, frozen=True):
    """Whether friends see it now."""

    is_shown: bool


class NoteADay(msgspec.Struct, frozen=True):
    """A day about a friend, and what it is."""

    person_id: int
    friend_id: int
    name: str
    day: days.Day


class DayNoted(msgspec.Struct, frozen=True):
    """The day."""

    day_id: int


class Reminding(msgspec.Struct, frozen=True):
    """So many days before somebody is reminded now; None: they are not."""

    days_before: int | None


async def keep_my_birthday(ground: Ground, ask: KeepMyBirthday, once: Once) -> BirthdayKept:
    """Raises FieldNotValid."""

    async def story(tx: Tx) -> BirthdayKept:
        if ask.day is None:
            await days.take_birthday_back(tx, ask.person_id)
        else:
            await days.keep_birthday(tx, ask.person_id, ask.day, is_shown=ask.is_shown)
        await set_birthday_rules(tx, ask.person_id)
        return BirthdayKept(is_shown=ask.day is not None and ask.is_shown)

    return await run_once(ground.db, once, BirthdayKept, story)


async def note_a_day(ground: Ground, ask: NoteADay, once: Once) -> DayNoted:
    """Raises NotFriends, FieldNotValid, DaysFull."""

    async def story(tx: Tx) -> DayNoted:
        if not await people.are_friends(tx, ask.person_id, ask.friend_id):
            raise people.NotFriends
        new = days.NewNote(ask.person_id, ask.friend_id, ask.name, ask.day)
        return DayNoted((await days.note(tx, new)).id)

    return await run_once(ground.db, once, DayNoted, story)


async def note_a_day_no_more(ground: Ground, person_id: int, day_id: int, once: Once) -> DayNoted:
    """Raises DayUnknown."""

    async def story(tx: Tx) -> DayNoted:
        await days.remove(tx, person_id, day_id)
        await yearly.drop_of_note(tx, day_id)
        return DayNoted(day_id)

    return await run_once(ground.db, once, DayNoted, story)


async def be_reminded(ground: Ground, person_id: int, days_before: int | None, once: Once) -> Reminding:
    """So many days before, in the mornings of one's wall; None: not at all. Raises FieldNotValid."""

    async def story(tx: Tx) -> Reminding:
        await days.hear_of(tx, person_id, days_before, (await peace.rule_of(tx, person_id)).time_zone)
        return Reminding(days_before)

    return await run_once(ground.db, once, Reminding, story)
