"""Ways out: payment channels, messages, and the PostgreSQL that comes along. Only the roof plugs them in."""
