"""What can be done to people, their circles, addresses and shops. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from renqing.books.people import rules, store
from renqing.books.people.model import (
    ADDRESSES_MAX,
    FRIENDS_MAX,
    GROUP_MEMBERS_MAX,
    GROUPS_MAX,
    NAME_CHARACTERS_MAX,
    PLATFORM,
    Address,
    AddressChanged,
    BlockChanged,
    FriendAsked,
    FriendshipEnded,
    FriendsMade,
    FriendState,
    Group,
    GroupChanged,
    NewAddress,
    NewShop,
    NotFriends,
    Person,
    PersonChanged,
    PersonJoined,
    Role,
    Shop,
    ShopChanged,
    StaffChanged,
    TooManyKept,
)
from renqing.foundation import outbox
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid, NotNow
from renqing.foundation.lines import line
from renqing.foundation.secrets import Keys
from renqing.foundation.text import Language


class PhoneTaken(NotNow):
    """This phone is somebody's already: only staff and imports hear this, never a visitor."""

    code = "phone_taken"


def phone_hash(keys: Keys, digits: str) -> bytes:
    """What stands for a phone where it is looked for."""
    return keys.keyed_hash("phone", digits)


# persons ----------------------------------------------------------------------------------------------------------
async def join(tx: Tx, *, name: str, phone: str | None = None, avatar: str = "", language: Language = "zh") -> Person:
    """Somebody new. Raises PhoneTaken, FieldNotValid."""
    digits = None if phone is None else rules.phone(phone)
    person = Person(tx.ids.new(), rules.check_name(name), rules.check_avatar(avatar), language)
    if not await store.insert_person(tx, person, digits, None if digits is None else phone_hash(tx.keys, digits)):
        raise PhoneTaken
    await outbox.leave(tx, PersonJoined(subject_id=person.id))
    return person


async def change_person(
    tx: Tx, person_id: int, *, name: str | None = None, avatar: str | None = None, language: Language | None = None
) -> Person:
    """Change what others see of somebody; what is None stays. Raises PersonUnknown, FieldNotValid."""
    await store.lock_people(tx, [person_id])
    before = await store.get_person(tx, person_id)
    after = Person(
        person_id,
        before.name if name is None else rules.check_name(name),
        before.avatar if avatar is None else rules.check_avatar(avatar),
        language or before.language,
    )
    changed = [field for field in ("name", "avatar", "language") if getattr(before, field) != getattr(after, field)]
    if changed:
        await store.update_person(tx, after)
        await outbox.leave(tx, PersonChanged(subject_id=person_id, what=changed))
    return after


# friends and blocks -----------------------------------------------------------------------------------------------
async def ask_friend(tx: Tx, asker_id: int, asked_id: int) -> FriendState:
    """Ask somebody to be friends; an ask that meets theirs is a yes. Answers how the asker's side stands.

    Somebody who blocked the asker sees and hears nothing, and the asker cannot tell. Raises PersonUnknown.
    """
    if asker_id == asked_id:
        raise FieldNotValid(field="person_id", reason="oneself")
    await store.lock_people(tx, [asker_id, asked_id])
    if await store.is_blocked(tx, by=asked_id, who=asker_id):
        return FriendState.ASKED
    before = await store.friend_state(tx, asker_id, asked_id)
    mine, theirs = rules.befriend(before, "ask")
    if before is mine:
        return FriendState(mine) if mine else FriendState.ASKED
    if before is None:
        await room_for_a_friend(tx, asker_id)
    await store.set_block(tx, asker_id, asked_id, blocked=False)  # who asks wants them back
    await _write_both(tx, asker_id, asked_id, mine, theirs)
    if mine is FriendState.FRIENDS:
        await outbox.leave(tx, FriendsMade(subject_id=asked_id, asker_id=asked_id, accepted_by=asker_id))
        return FriendState.FRIENDS
    await outbox.leave(tx, FriendAsked(subject_id=asked_id, asker_id=asker_id, asked_id=asked_id))
    return FriendState.ASKED


async def answer_friend(tx: Tx, person_id: int, asker_id: int, verb: Literal["accept", "decline"]) -> None:
    """Say yes or no to an ask; the asker hears only of a yes. Raises FriendMoveNotPossible, PersonUnknown."""
    await store.lock_people(tx, [person_id, asker_id])
    before = await store.friend_state(tx, person_id, asker_id)
    mine, theirs = rules.befriend(before, verb)
    if before is mine:
        return
    await _write_both(tx, person_id, asker_id, mine, theirs)
    if mine is FriendState.FRIENDS:
        await outbox.leave(tx, FriendsMade(subject_id=asker_id, asker_id=asker_id, accepted_by=person_id))
    else:
        ended = FriendshipEnded(subject_id=person_id, person_id=person_id, friend_id=asker_id, why="decline")
        await outbox.leave(tx, ended)


async def unfriend(tx: Tx, person_id: int, friend_id: int) -> None:
    """End a friendship or take back an ask; nobody is told. Raises FriendMoveNotPossible, PersonUnknown."""
    await store.lock_people(tx, [person_id, friend_id])
    before = await store.friend_state(tx, person_id, friend_id)
    mine, theirs = rules.befriend(before, "unfriend")
    if before is mine:
        return
    await _write_both(tx, person_id, friend_id, mine, theirs)
    ended = FriendshipEnded(subject_id=person_id, person_id=person_id, friend_id=friend_id, why="unfriend")
    await outbox.leave(tx, ended)


async def befriend(tx: Tx, one_id: int, other_id: int) -> None:
    """Two people who already said yes elsewhere: a world that is set up, an import."""
    await store.lock_people(tx, [one_id, other_id])
    await _write_both(tx, one_id, other_id, FriendState.FRIENDS, FriendState.FRIENDS)


async def block(tx: Tx, person_id: int, blocked_id: int) -> None:
    """Keep somebody away: it ends a friendship and every ask, and they are not told. Raises PersonUnknown."""
    if person_id == blocked_id:
        raise FieldNotValid(field="person_id", reason="oneself")
    await store.lock_people(tx, [person_id, blocked_id])
    if not await store.set_block(tx, person_id, blocked_id, blocked=True):
        return
    if await store.friend_state(tx, person_id, blocked_id) is not None:
        await _write_both(tx, person_id, blocked_id, None, None)
        ended = FriendshipEnded(subject_id=person_id, person_id=person_id, friend_id=blocked_id, why="block")
        await outbox.leave(tx, ended)
    await outbox.leave(tx, BlockChanged(subject_id=person_id, blocked_id=blocked_id, blocked=True))


async def unblock(tx: Tx, person_id: int, blocked_id: int) -> None:
    """Let somebody near again; the friendship does not come back by itself. Raises PersonUnknown."""
    await store.lock_people(tx, [person_id, blocked_id])
    if await store.set_block(tx, person_id, blocked_id, blocked=False):
        await outbox.leave(tx, BlockChanged(subject_id=person_id, blocked_id=blocked_id, blocked=False))


async def _write_both(tx: Tx, one_id: int, other_id: int, ones: FriendState | None, others: FriendState | None) -> None:
    await store.set_friend_state(tx, one_id, other_id, ones)
    await store.set_friend_state(tx, other_id, one_id, others)


async def room_for_a_friend(tx: Tx, person_id: int) -> None:
    """Whether somebody may ask one more. Raises TooManyKept."""
    if await store.count_friend_rows(tx, person_id) >= FRIENDS_MAX:
        raise TooManyKept(what="friends", max=FRIENDS_MAX)


# groups -----------------------------------------------------------------------------------------------------------
async def make_group(tx: Tx, made_by: int, name: str, friend_ids: Sequence[int]) -> Group:
    """A group of somebody and their friends. Raises NotFriends, FieldNotValid, TooManyKept."""
    title = line(name, field="name", most=NAME_CHARACTERS_MAX)
    await _only_friends(tx, made_by, friend_ids)
    everybody = sorted({made_by, *friend_ids})
    if len(everybody) > GROUP_MEMBERS_MAX:
        raise TooManyKept(what="group_members", max=GROUP_MEMBERS_MAX)
    if await store.count_groups(tx, made_by) >= GROUPS_MAX:
        raise TooManyKept(what="groups", max=GROUPS_MAX)
    group = Group(tx.ids.new(), title, made_by)
    await store.insert_group(tx, group)
    await store.insert_members(tx, group.id, everybody)
    await outbox.leave(tx, GroupChanged(subject_id=group.id, what="made", person_ids=everybody))
    return group


async def add_to_group(tx: Tx, group_id: int, member_id: int, friend_ids: Sequence[int]) -> list[int]:
    """A member brings friends; answers who is new. Raises GroupUnknown, NotFriends, TooManyKept."""
    await store.get_group(tx, group_id, member_id, lock=True)
    await _only_friends(tx, member_id, friend_ids)
    there = await store.members(tx, group_id)
    if len({*there, *friend_ids}) > GROUP_MEMBERS_MAX:
        raise TooManyKept(what="group_members", max=GROUP_MEMBERS_MAX)
    added = await store.insert_members(tx, group_id, sorted(set(friend_ids)))
    if added:
        await outbox.leave(tx, GroupChanged(subject_id=group_id, what="joined", person_ids=added))
    return added


async def leave_group(tx: Tx, group_id: int, member_id: int) -> None:
    """Somebody goes. Raises GroupUnknown."""
    await store.get_group(tx, group_id, member_id, lock=True)
    await store.delete_member(tx, group_id, member_id)
    await outbox.leave(tx, GroupChanged(subject_id=group_id, what="left", person_ids=[member_id]))


async def _only_friends(tx: Tx, person_id: int, friend_ids: Sequence[int]) -> None:
    if not friend_ids or person_id in friend_ids:
        raise FieldNotValid(field="person_ids", reason="friends")
    if await store.friends_among(tx, person_id, friend_ids) != set(friend_ids):
        raise NotFriends


# addresses --------------------------------------------------------------------------------------------------------
async def add_address(tx: Tx, person_id: int, address: NewAddress) -> Address:
    """Keep an address; the first is the default one. Raises FieldNotValid, TooManyKept, PersonUnknown."""
    kept = await _judged(tx, address)
    await store.lock_people(tx, [person_id])
    there = await store.address_ids(tx, person_id)
    if len(there) >= ADDRESSES_MAX:
        raise TooManyKept(what="addresses", max=ADDRESSES_MAX)
    address_id = tx.ids.new()
    await store.insert_address(tx, address_id, person_id, kept)
    if kept.is_default or not there:
        await store.set_default_address(tx, person_id, address_id)
    await outbox.leave(tx, AddressChanged(subject_id=address_id, person_id=person_id, what="kept"))
    return await store.open_address(tx, person_id, address_id)


async def change_address(tx: Tx, person_id: int, address_id: int, address: NewAddress) -> Address:
    """Write an address anew. Raises AddressUnknown, FieldNotValid."""
    kept = await _judged(tx, address)
    await store.lock_people(tx, [person_id])
    await store.open_address(tx, person_id, address_id)
    await store.update_address(tx, address_id, kept)
    if kept.is_default:
        await store.set_default_address(tx, person_id, address_id)
    await outbox.leave(tx, AddressChanged(subject_id=address_id, person_id=person_id, what="changed"))
    return await store.open_address(tx, person_id, address_id)


async def prefer_address(tx: Tx, person_id: int, address_id: int) -> None:
    """Make one of somebody's addresses the default. Raises AddressUnknown."""
    await store.lock_people(tx, [person_id])
    if not (await store.open_address(tx, person_id, address_id)).is_default:
        await store.set_default_address(tx, person_id, address_id)
        await outbox.leave(tx, AddressChanged(subject_id=address_id, person_id=person_id, what="default"))


async def remove_address(tx: Tx, person_id: int, address_id: int) -> None:
    """Forget an address; the newest that stays takes its place as the default. Raises AddressUnknown."""
    await store.lock_people(tx, [person_id])
    gone = await store.open_address(tx, person_id, address_id)
    await store.remove_address(tx, address_id)
    rest = await store.address_ids(tx, person_id)
    if gone.is_default and rest:
        await store.set_default_address(tx, person_id, rest[0])
    await outbox.leave(tx, AddressChanged(subject_id=address_id, person_id=person_id, what="removed"))


async def note_address_read(tx: Tx, reader_id: int, order_id: int, why: str) -> None:
    """P1: somebody reads another person's address, for this order and this reason. Say so before showing it."""
    await store.insert_address_read(tx, reader_id, order_id, why)


async def _judged(tx: Tx, address: NewAddress) -> NewAddress:
    kept = rules.address(address)
    if not await store.is_finest_region(tx, kept.region_code):
        raise FieldNotValid(field="region_code", reason="region")
    return kept


# shops and staff --------------------------------------------------------------------------------------------------
async def open_shop(tx: Tx, shop: NewShop, owner_id: int) -> Shop:
    """A new shop and its owner. Raises FieldNotValid, PersonUnknown."""
    kept = _judged_shop(shop)
    await store.get_person(tx, owner_id)
    shop_id = tx.ids.new()
    await store.insert_shop(tx, shop_id, kept)
    await outbox.leave(tx, ShopChanged(subject_id=shop_id, what=["opened"]))
    await add_staff(tx, shop_id, owner_id, Role.OWNER)
    return await store.get_shop(tx, shop_id)


async def change_shop(tx: Tx, shop_id: int, shop: NewShop) -> Shop:
    """Write a shop's face anew, and whether its goods may be gifts. Raises ShopUnknown, FieldNotValid."""
    before = await store.get_shop(tx, shop_id)
    kept = _judged_shop(shop)
    await store.update_shop(tx, shop_id, kept)
    changed = [field for field in NewShop.__struct_fields__ if getattr(before, field) != getattr(kept, field)]
    if changed:
        await outbox.leave(tx, ShopChanged(subject_id=shop_id, what=changed))
    return await store.get_shop(tx, shop_id)


async def add_staff(tx: Tx, shop_id: int, person_id: int, role: Role) -> None:
    """Give somebody a role; ``PLATFORM`` has operators and nothing else. Raises ShopUnknown, PersonUnknown."""
    if (shop_id == PLATFORM) != (role is Role.OPERATOR):
        raise FieldNotValid(field="role", reason="role")
    if shop_id != PLATFORM:
        await store.get_shop(tx, shop_id)
    await store.get_person(tx, person_id)
    if await store.set_staff(tx, shop_id, person_id, role):
        await outbox.leave(tx, StaffChanged(subject_id=shop_id, person_id=person_id, role=role.value))


async def remove_staff(tx: Tx, shop_id: int, person_id: int) -> None:
    """Take somebody's role away, from their next request on; one they do not have is no matter."""
    if await store.set_staff(tx, shop_id, person_id, None):
        await outbox.leave(tx, StaffChanged(subject_id=shop_id, person_id=person_id, role=None))


def _judged_shop(shop: NewShop) -> NewShop:
    return msgspec.structs.replace(
        shop,
        name_zh=line(shop.name_zh, field="name_zh", most=NAME_CHARACTERS_MAX),
        name_en=line(shop.name_en, field="name_en", least=0, most=NAME_CHARACTERS_MAX),
        brief_zh=line(shop.brief_zh, field="brief_zh", least=0, most=200),
        brief_en=line(shop.brief_en, field="brief_en", least=0, most=400),
        logo=rules.check_avatar(shop.logo, field="logo"),
    )
