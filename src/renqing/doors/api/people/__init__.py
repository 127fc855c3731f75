"""What people's apps call: buying, giving, claiming, friends, chats and notices."""
