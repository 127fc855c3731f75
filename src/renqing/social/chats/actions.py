"""What can be done in chats. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation import outbox
from renqing.foundation.database import Tx
from renqing.social.chats import rules, store
from renqing.social.chats.model import Message, MessageSaid, Saying, ThreadOpened


async def open_direct(tx: Tx, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The one thread of each pair of people, opened where it is missing."""
    asked = {rules.pair(one, other): (one, other) for one, other in pairs}
    wanted = [(tx.ids.new(), pair, one, other) for pair, (one, other) in asked.items()]
    found = await store.insert_pairs(tx, wanted)
    fresh = {thread_id for thread_id, _, _, _ in wanted} & set(found.values())
    await outbox.leave(
        tx,
        *(
            ThreadOpened(subject_id=thread_id, person_ids=[one, other])
            for thread_id, _, one, other in wanted
            if thread_id in fresh
        ),
    )
    return {(one, other): found[rules.pair(one, other)] for one, other in pairs}


async def open_group(tx: Tx, group_id: int, person_ids: Sequence[int]) -> int:
    """The thread of a group that was just made."""
    thread_id = tx.ids.new()
    await store.insert_group_thread(tx, thread_id, group_id)
    await store.insert_members(tx, [(thread_id, person_id) for person_id in person_ids], from_n=0)
    await outbox.leave(tx, ThreadOpened(subject_id=thread_id, person_ids=list(person_ids)))
    return thread_id


async def let_into_group(tx: Tx, group_id: int, person_ids: Sequence[int]) -> int:
    """People come into a group's thread; they see what is said from now on. Raises ThreadUnknown."""
    thread_id, last_n = await store.lock_group_thread(tx, group_id)
    await store.insert_members(tx, [(thread_id, person_id) for person_id in person_ids], from_n=last_n)
    return thread_id


async def let_out_of_group(tx: Tx, group_id: int, person_id: int) -> None:
    """Somebody goes, and sees nothing of it any more. Raises ThreadUnknown."""
    thread_id, _ = await store.lock_group_thread(tx, group_id)
    await store.delete_member(tx, thread_id, person_id)


async def say(tx: Tx, sayings: Sequence[Saying]) -> list[Message]:
    """Say things in order. Whether each author may is judged before. Raises FieldNotValid."""
    if not sayings:
        return []
    said = await store.insert_messages(tx, [rules.saying(asked) for asked in sayings])
    await outbox.leave(
        tx,
        *(
            MessageSaid(
                subject_id=message.thread_id,
                thread_id=message.thread_id,
                message_id=message.id,
                author_id=message.author_id,
            )
            for message in said
        ),
    )
    return said


async def read_up_to(tx: Tx, thread_id: int, person_id: int, n: int) -> None:
    """Somebody has read a thread up to its ``n``-th message. Raises ThreadUnknown."""
    await store.membership(tx, thread_id, person_id)
    await store.set_read_to(tx, thread_id, person_id, n)
