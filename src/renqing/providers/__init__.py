"""Ways out: payment channels, carriers, messages, media, and the PostgreSQL we bring along. Only the roof plugs them in."""
