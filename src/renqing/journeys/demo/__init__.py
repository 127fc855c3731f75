"""The demo world as data: TOML files that anybody can read and change. ``reading.py`` turns them into drafts."""
