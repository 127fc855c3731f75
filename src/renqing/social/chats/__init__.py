"""Chats: threads of two or of a group, and what is said in them: words, product cards, gift cards.

Promises:
1. Two people have one direct thread, whoever opens it first and however many open it at once.
2. Only members read and write a thread; everybody else learns that there is none.
3. Messages are numbered in their thread without gaps, in the order in which they became true.
4. A reader's place only moves forward; what is unread is counted by a subtraction, however long the thread is.
5. Who comes into a group sees what is said from then on; who left sees nothing of it.
6. A fact about a message holds no word of it.
"""

from renqing.social.chats.actions import let_into_group, let_out_of_group, open_direct, open_group, read_up_to, say
from renqing.social.chats.model import (
    BODY_CHARACTERS_MAX,
    PAGE_MAX,
    ChatClosed,
    Membership,
    Message,
    MessageKind,
    MessageSaid,
    Saying,
    ThreadUnknown,
)
from renqing.social.chats.rules import unread
from renqing.social.chats.store import forget, members_of, membership, messages, threads_of_groups, unread_in_all

__all__ = [
    "BODY_CHARACTERS_MAX",
    "PAGE_MAX",
    "ChatClosed",
    "Membership",
    "Message",
    "MessageKind",
    "MessageSaid",
    "Saying",
    "ThreadUnknown",
    "forget",
    "let_into_group",
    "let_out_of_group",
    "members_of",
    "membership",
    "messages",
    "open_direct",
    "open_group",
    "read_up_to",
    "say",
    "threads_of_groups",
    "unread",
    "unread_in_all",
]
