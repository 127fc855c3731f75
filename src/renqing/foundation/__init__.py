"""The ground: money, time, ids, errors, the database, and what makes writes safe to repeat."""
