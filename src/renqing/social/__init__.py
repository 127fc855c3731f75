"""Social: what happens between people. Gifts, chats and notices; likes, notes, live rooms and promoters come here."""
